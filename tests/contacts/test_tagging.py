"""Tags themselves: renamed, merged, described, counted, put on many."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.factories import NOW, make_contact, make_contacts

from xinfeng.contacts import jobs, merging
from xinfeng.contacts.actions import put_tag, take_tag
from xinfeng.contacts.models import Contact, Tag, TagChange, TagFact, TagKind
from xinfeng.contacts.reads import ContactQuery, contacts_by_id, search_contacts, tags
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.contacts.tagging import (
    add_tag,
    describe_tag,
    history_of_tag,
    merge_tags,
    rename_tag,
    start_merging_tags,
    tag_many,
    tag_row,
    tag_rows,
)
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import lens


def id_of(name: str) -> int:
    return Tag.objects.get(name=name).pk


def tags_of(contact_id: int) -> list[str]:
    return sorted(set(contacts_by_id([contact_id])[0].tags) - {"测试"})


def many(ids: list[int], tag_id: int, *, added: bool = True) -> int:
    with bulk_transaction() as raw:
        return tag_many(raw, ids, tag_id, added=added, actor="li", reason="分群", now=NOW)


def test_a_renamed_tag_stays_on_its_people_and_remembers(db: None) -> None:
    one = make_contact(tags=("母婴",))
    rename_tag(id_of("母婴"), "  母婴   用品 ", actor="li", now=NOW)
    assert tags_of(one) == ["母婴 用品"]
    [change] = history_of_tag(id_of("母婴 用品"))
    assert (change.what, change.before, change.after, change.actor) == ("renamed", "母婴", "母婴 用品", "li")


def test_a_name_that_is_taken_a_blank_one_and_an_unknown_tag_are_refused(db: None) -> None:
    make_contact(tags=("甲", "乙"))
    with pytest.raises(Conflict, match="tag.exists"):
        rename_tag(id_of("甲"), "乙", actor="li", now=NOW)
    for name in ("", "  ", "x" * 41, "a\x00"):
        with pytest.raises(InvalidInput, match="tag.name"):
            rename_tag(id_of("甲"), name, actor="li", now=NOW)
    with pytest.raises(NotFound, match="tag.unknown"):
        rename_tag(10**6, "丙", actor="li", now=NOW)
    rename_tag(id_of("甲"), "甲", actor="li", now=NOW)
    assert not TagChange.objects.exists()


def test_merging_moves_everybody_and_leaves_facts(db: None) -> None:
    first, both, none = make_contact(tags=("甲",)), make_contact(tags=("甲", "乙")), make_contact()
    old, new = id_of("甲"), id_of("乙")
    assert merge_tags(old, new, actor="li", now=NOW) == 2
    assert [tags_of(one) for one in (first, both, none)] == [["乙"], ["乙"], []]
    facts = TagFact.objects.filter(actor="li").order_by("contact_id", "tag_id")
    assert sorted(facts.values_list("contact_id", "tag_id", "added")) == sorted(
        [(first, old, False), (first, new, True), (both, old, False)]
    )
    assert Tag.objects.get(pk=old).merged_into_id == new
    assert [row.name for row in tag_rows() if row.name in "甲乙"] == ["乙"]
    assert tag_row(new).formerly == ("甲",)
    assert "甲" not in [one.name for one in tags()]
    assert [one.what for one in history_of_tag(old)] == ["merged"]


def test_the_old_name_leads_to_the_new_tag_everywhere(db: None) -> None:
    make_contact(tags=("甲", "乙", "丙"))
    merge_tags(id_of("甲"), id_of("乙"), actor="li", now=NOW)
    merge_tags(id_of("乙"), id_of("丙"), actor="li", now=NOW)
    one, other = make_contacts(2)
    assert put_tag(one, "甲", actor="li", now=NOW)
    with bulk_transaction() as raw:
        [made] = upsert_contacts(
            raw, [ContactRecord(external_id="M9", tags=("甲", "丙"))], actor="li", now=NOW
        )
    assert tags_of(one) == ["丙"] and tags_of(made.contact_id or 0) == ["丙"]
    assert many([other], id_of("甲")) == 1 and tags_of(other) == ["丙"]
    assert {row.id for row in search_contacts(ContactQuery(tag="甲")).rows} >= {one, other}
    assert take_tag(one, "乙", actor="li", now=NOW) and tags_of(one) == []
    with pytest.raises(NotFound, match="tag.unknown"):
        merge_tags(id_of("甲"), id_of("丙"), actor="li", now=NOW)


def test_a_tag_cannot_be_merged_with_itself_or_away_from_its_rule(db: None) -> None:
    rule = add_tag("规则标签", kind=TagKind.RULE, actor="li")
    other = add_tag("别的", actor="li")
    for pair in ((rule, other), (other, rule)):
        with pytest.raises(Conflict, match="tag.by_rule"):
            merge_tags(*pair, actor="li", now=NOW)
    with pytest.raises(InvalidInput, match="tag.same"):
        merge_tags(other, other, actor="li", now=NOW)


def test_many_people_are_tagged_at_once_each_with_a_fact(db: None) -> None:
    ids = make_contacts(3)
    tag = add_tag("高意向", actor="li")
    put_tag(ids[0], "高意向", actor="zhao", now=NOW)
    assert many([*ids, 10**12], tag) == 2
    assert many(ids, tag) == 0
    assert many(ids, tag, added=False) == 3
    assert TagFact.objects.filter(tag_id=tag, actor="li", reason="分群", added=True).count() == 2
    assert many([], tag) == 0
    with pytest.raises(NotFound, match="tag.unknown"):
        many(ids, 10**6)


def test_merged_rows_are_passed_over_when_many_are_tagged(db: None) -> None:
    one, other = make_contacts(2)
    merging.merge(one, other, how="manual", actor="li", reason="", now=NOW)
    assert many([one, other], add_tag("甲", actor="li")) == 1


def test_a_merge_of_people_is_undone_though_their_tags_were_merged_since(db: None) -> None:
    one, other = make_contact(), make_contact(tags=("甲",))
    add_tag("乙", actor="li")
    merge_id = merging.merge(one, other, how="manual", actor="li", reason="", now=NOW)
    merge_tags(id_of("甲"), id_of("乙"), actor="li", now=NOW)
    merging.undo(merge_id, actor="li", reason="", now=NOW)
    assert (tags_of(one), tags_of(other)) == ([], ["乙"])


def test_tags_are_described_and_made_ahead(db: None) -> None:
    tag = add_tag("甲", description="第一", actor="li")
    describe_tag(tag, " 说明  ", actor="li", now=NOW)
    assert tag_row(tag).description == "说明"
    with pytest.raises(InvalidInput, match="tag.description"):
        describe_tag(tag, "x" * 201, actor="li", now=NOW)
    with pytest.raises(Conflict, match="tag.exists"):
        add_tag("甲", actor="li")
    assert [row.name for row in tag_rows(search="甲")] == ["甲"]
    assert tag_rows(search="%") == [] and tag_rows(kind="rule") == []


def test_a_large_merge_leaves_the_moving_to_a_job(db: None) -> None:
    make_contact(tags=("甲", "乙"))
    start_merging_tags(id_of("甲"), id_of("乙"), actor="li", now=NOW)
    assert {"contacts.move_tagged", "contacts.find_suggestions"} <= set(jobs.app.tasks)
    with connection.cursor() as cursor:
        cursor.execute("select task_name, args->>'tag_id' from procrastinate_jobs")
        assert cursor.fetchall() == [("contacts.move_tagged", str(id_of("甲")))]


def test_tags_are_counted_in_the_lens(committed_db: str) -> None:
    make_contacts(2, tags=("甲",))
    make_contact(tags=("甲", "乙"))
    copy = lens()
    copy.refresh()
    counts = {row.name: row.contacts for row in tag_rows(copy)}
    assert (counts["甲"], counts["乙"], counts["测试"]) == (3, 1, 3)
    assert Contact.objects.count() == 3
