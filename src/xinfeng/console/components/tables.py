"""Tables with search, filters, sorting and paging: one way for every list of the console.

A view names its columns and filters, reads a `Query` from the request, asks its slice, and answers with
`answer_with_table`: the whole page, or only the table when htmx asks for it. Paging is by offset (`total` is
known and pages are numbered) or by keyset (`next_after` is an opaque cursor; for lists without end).
Everything is in the address, so a list can be bookmarked, sent to a colleague, and works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xinfeng.console.components.parts import Empty, Text
from xinfeng.console.middleware import wants_fragment
from xinfeng.kernel.errors import InvalidInput

PER_PAGE = (25, 50, 100)
SEARCH_LENGTH = 100
LAST_PAGE = 100_000


@dataclass(frozen=True)
class Column:
    """One column. `key` is what `Query.sort` holds when the reader sorts by it."""

    key: str
    label: Text
    sortable: bool = False
    numeric: bool = False
    hide_on_phone: bool = False


@dataclass(frozen=True)
class Filter:
    """A choice in the toolbar; `choices` are (value, label) and the empty value means: all."""

    name: str
    label: Text
    choices: Sequence[tuple[str, Text]]


@dataclass(frozen=True)
class Query:
    """What the reader asked for. Values are checked against columns and filters, never trusted further."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    page: int = 1
    after: str = ""
    per_page: int = PER_PAGE[0]
    kept: Mapping[str, str] = field(default_factory=dict)
    """Other parameters of the address that sorting, searching and paging must carry along."""

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    @classmethod
    def read(
        cls,
        request: HttpRequest,
        *,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        sort: str = "",
        keep: Sequence[str] = (),
    ) -> Query:
        """From `?q=&sort=-created&page=2&after=&per=50&<filter>=`. Raises InvalidInput on values not offered."""
        asked = request.GET
        order = asked.get("sort", sort)
        key = order.removeprefix("-")
        if key and key not in {column.key for column in columns if column.sortable}:
            raise InvalidInput("request.filter", name="sort")
        return cls(
            search=asked.get("q", "").strip()[:SEARCH_LENGTH],
            filters={one.name: _choice(one, asked.get(one.name, "")) for one in filters},
            sort=key,
            descending=order.startswith("-"),
            page=_page_number(asked.get("page", "1")),
            after=asked.get("after", "")[:400],
            per_page=_per_page(asked.get("per", str(PER_PAGE[0]))),
            kept={name: asked[name][:SEARCH_LENGTH] for name in keep if name in asked},
        )

    def address(self, **changes: Any) -> str:
        """The query string after `changes`; whatever narrows or reorders the list starts at its beginning."""
        values: dict[str, Any] = {
            **self.kept,
            "q": self.search,
            **self.filters,
            "sort": ("-" if self.descending else "") + self.sort if self.sort else "",
            "per": "" if self.per_page == PER_PAGE[0] else self.per_page,
            **changes,
        }
        return "?" + urlencode({name: value for name, value in values.items() if value not in ("", None)})

    @property
    def narrowed(self) -> bool:
        return bool(self.search or any(self.filters.values()))


@dataclass(frozen=True)
class Listing:
    """The rows of one page. Give `total` for numbered pages, or `next_after` for keyset paging.

    `approximate` marks a total that is an estimate; it is shown with 约.
    """

    rows: Sequence[Any]
    total: int | None = None
    next_after: str = ""
    approximate: bool = False


@dataclass(frozen=True)
class Head:
    """A column's header as the template needs it."""

    column: Column
    url: str
    order: str


@dataclass(frozen=True)
class Table:
    """Everything `{% table %}` shows. `row_template` gets each row as `row` and renders one `<tr>`."""

    id: str
    columns: Sequence[Column]
    query: Query
    listing: Listing
    row_template: str
    empty: Empty
    filters: Sequence[Filter] = ()
    search_label: Text = ""
    """Placeholder of the search box; empty means: this list has no search."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """More values for `row_template`."""

    @property
    def heads(self) -> list[Head]:
        return [self._head(column) for column in self.columns]

    def _head(self, column: Column) -> Head:
        if not column.sortable:
            return Head(column, "", "")
        current = self.query.sort == column.key
        turned = f"-{column.key}" if current and not self.query.descending else column.key
        order = ("descending" if self.query.descending else "ascending") if current else "none"
        return Head(column, self.query.address(sort=turned), order)

    @property
    def fields(self) -> list[tuple[Filter, str]]:
        """Each filter with its present value."""
        return [(one, self.query.filters.get(one.name, "")) for one in self.filters]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the search form must carry along besides its own fields."""
        order = ("-" if self.query.descending else "") + self.query.sort if self.query.sort else ""
        per = "" if self.query.per_page == PER_PAGE[0] else str(self.query.per_page)
        return [
            (name, value)
            for name, value in (("sort", order), ("per", per), *self.query.kept.items())
            if value
        ]

    @property
    def bare_url(self) -> str:
        """The list without search and filters."""
        cleared = {one.name: "" for one in self.filters}
        return self.query.address(q="", **cleared)

    @property
    def first_row(self) -> int:
        return self.query.offset + 1

    @property
    def last_row(self) -> int:
        return self.query.offset + len(self.listing.rows)

    @property
    def pages(self) -> list[int | None]:
        """Page numbers to offer; None is a gap."""
        if self.listing.total is None:
            return []
        last = self.last_page
        near = {1, last, *range(self.query.page - 1, self.query.page + 2)}
        shown: list[int | None] = []
        for number in sorted(page for page in near if 1 <= page <= last):
            if shown and shown[-1] is not None and number - shown[-1] > 1:
                shown.append(None)
            shown.append(number)
        return shown

    @property
    def last_page(self) -> int:
        return max(1, -(-(self.listing.total or 0) // self.query.per_page))

    @property
    def page_links(self) -> list[tuple[int | None, str]]:
        return [(page, self.query.address(page=page) if page else "") for page in self.pages]

    @property
    def previous_url(self) -> str:
        if self.listing.total is None:
            return self.query.address() if self.query.after else ""
        return self.query.address(page=self.query.page - 1) if self.query.page > 1 else ""

    @property
    def next_url(self) -> str:
        if self.listing.total is None:
            return self.query.address(after=self.listing.next_after) if self.listing.next_after else ""
        return self.query.address(page=self.query.page + 1) if self.query.page < self.last_page else ""

    @property
    def per_page_links(self) -> list[tuple[int, str, bool]]:
        return [(size, self.query.address(per=size), size == self.query.per_page) for size in PER_PAGE]


def answer_with_table(
    request: HttpRequest, template: str, table: Table, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The page around `table` (as `table` in `template`), or only the table when htmx asks for it."""
    if wants_fragment(request) and request.headers.get("HX-Target") == table.id:
        return render(request, "components/table.html", {"table": table, **table.context})
    return render(request, template, {**(context or {}), "table": table})


def _choice(one: Filter, value: str) -> str:
    if value and value not in {offered for offered, _ in one.choices}:
        raise InvalidInput("request.filter", name=one.name)
    return value


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6) or not 1 <= int(text) <= LAST_PAGE:
        raise InvalidInput("request.page")
    return int(text)


def _per_page(text: str) -> int:
    if text not in {str(size) for size in PER_PAGE}:
        raise InvalidInput("request.filter", name="per")
    return int(text)
