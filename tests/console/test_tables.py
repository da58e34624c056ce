"""Search, filters, sorting and paging come from the address and go back into it."""

import pytest
from django.test import RequestFactory

from xinfeng.console.components import Column, Empty, Filter, Listing, Query, Table
from xinfeng.kernel.errors import InvalidInput

COLUMNS = (Column("name", "名称", sortable=True), Column("note", "备注"))
FILTERS = (Filter("state", "状态", (("draft", "草稿"), ("running", "发送中"))),)


def read(query: str) -> Query:
    return Query.read(RequestFactory().get(f"/x?{query}"), columns=COLUMNS, filters=FILTERS, sort="-name")


def table(query: Query, listing: Listing) -> Table:
    return Table("t", COLUMNS, query, listing, "row.html", Empty("空"), FILTERS)


def test_an_empty_address_gives_the_defaults():
    query = read("")
    assert (query.sort, query.descending, query.page, query.per_page, query.narrowed) == (
        "name",
        True,
        1,
        25,
        False,
    )


def test_what_the_reader_asked_for_is_read_and_written_back():
    query = read("q=+茶+&state=draft&sort=name&per=50&page=3")
    assert (query.search, query.filters, query.offset) == ("茶", {"state": "draft"}, 100)
    assert read(query.address(page=3).removeprefix("?")) == query


@pytest.mark.parametrize(
    "query",
    [
        "sort=note",
        "sort=id;drop",
        "state=gone",
        "page=0",
        "page=-1",
        "page=²",
        "page=99999999999",
        "per=10",
        "per=x",
    ],
)
def test_values_that_were_not_offered_are_refused(query):
    with pytest.raises(InvalidInput):
        read(query)


def test_a_changed_filter_or_order_starts_at_the_first_page():
    assert "page" not in read("page=4").address(state="draft")


def test_a_second_click_on_a_header_turns_the_order():
    shown = table(read("sort=name"), Listing([], total=0))
    assert shown.heads[0].order == "ascending"
    assert "sort=-name" in shown.heads[0].url
    assert shown.heads[1].url == ""


def test_numbered_pages_leave_gaps_around_the_present_one():
    shown = table(read("page=5"), Listing([1] * 25, total=500))
    assert shown.pages == [1, None, 4, 5, 6, None, 20]
    assert (shown.first_row, shown.last_row) == (101, 125)


def test_the_last_page_has_no_next():
    shown = table(read("page=2"), Listing([1] * 5, total=30))
    assert shown.next_url == ""
    assert "page=1" in shown.previous_url


def test_keyset_paging_goes_on_with_the_cursor_and_back_to_the_start():
    first = table(read("q=茶"), Listing([1], next_after="abc"))
    assert "after=abc" in first.next_url and "q=" in first.next_url
    assert first.previous_url == ""
    later = table(read("after=abc"), Listing([1]))
    assert later.next_url == "" and "after" not in later.previous_url and later.previous_url
