"""Tags that keep themselves up to date, and tags put on whole segments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.factories import NOW, make_contact, make_contacts, make_event

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import NewEntry
from xinfeng.contacts.models import Contact, Tag, TagFact, TagKind
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import Lens
from xinfeng.segments import actions, rule_tags
from xinfeng.segments.models import TaggingState, TagRule

HANGZHOU = {"all": [{"attribute": "city", "op": "is", "value": "杭州"}]}
SILENT = {"all": [{"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 90}]}


def refuse_profiling(contact_id: int) -> None:
    with bulk_transaction() as connection:
        entry = NewEntry(contact_id, "profiling", False, NOW, "form:test", None, "test", "test")
        append_entries(connection, [entry], now=NOW)


def tagged(tag_id: int) -> set[int]:
    return set(Contact.objects.filter(tags__contains=[tag_id]).values_list("id", flat=True))


def defined(name: str = "杭州客户", rule: Any = HANGZHOU) -> TagRule:
    return rule_tags.define(name=name, rule=rule, actor="ada")


def has(tag_id: int) -> dict[str, Any]:
    return {"tag": tag_id, "op": "has"}


def test_a_run_writes_only_what_changed(mirror: Lens) -> None:
    here = make_contacts(3, city="杭州")
    moving = make_contact(city="宁波")
    row = defined()
    assert rule_tags.run(row.pk, lens=mirror, now=NOW) == rule_tags.Ran(3, 0, 3)
    assert tagged(row.tag_id) == set(here)
    assert rule_tags.run(row.pk, lens=mirror, now=NOW) == rule_tags.Ran(0, 0, 3)
    Contact.objects.filter(pk=here[0]).update(city="宁波")
    Contact.objects.filter(pk=moving).update(city="杭州")
    assert rule_tags.run(row.pk, lens=mirror, now=NOW) == rule_tags.Ran(1, 1, 3)
    assert tagged(row.tag_id) == {here[1], here[2], moving}
    facts = list(TagFact.objects.filter(tag_id=row.tag_id).order_by("id"))
    assert [fact.added for fact in facts].count(False) == 1 and len(facts) == 5
    assert {fact.actor for fact in facts} == {f"rule:{row.pk}"}
    assert {fact.reason for fact in facts} == {"城市是「杭州」"}
    row.refresh_from_db()
    assert (row.size, row.added, row.removed, row.fault, row.last_run_at) == (3, 1, 1, None, NOW)


def test_time_alone_moves_people(mirror: Lens) -> None:
    quiet = make_contact()
    make_event(quiet, at=NOW - timedelta(days=80))
    row = defined("沉默 90 天", SILENT)
    assert rule_tags.run(row.pk, lens=mirror, now=NOW).size == 0
    assert rule_tags.run(row.pk, lens=mirror, now=NOW + timedelta(days=20)).size == 1


def test_who_refused_to_be_profiled_gets_no_tag_by_habits_and_loses_it(mirror: Lens) -> None:
    one, other = make_contact(city="杭州"), make_contact(city="杭州")
    for contact in (one, other):
        make_event(contact, at=NOW - timedelta(days=200))
    silent, city = defined("沉默", SILENT), defined()
    assert rule_tags.run(silent.pk, lens=mirror, now=NOW).size == 2
    refuse_profiling(other)
    assert rule_tags.run(silent.pk, lens=mirror, now=NOW) == rule_tags.Ran(0, 1, 1)
    assert tagged(silent.tag_id) == {one}
    assert (
        rule_tags.run(city.pk, lens=mirror, now=NOW).size == 2
    )  # what she stated about herself is no profile


def test_rules_run_in_the_order_in_which_they_need_each_other(mirror: Lens) -> None:
    make_contacts(2, city="杭州")
    first = defined()
    second = defined("再下一步", {"all": [has(first.tag_id)]})
    segment = actions.create_segment(name="用标签", rule=has(second.tag_id), actor="ada")
    third = defined("第三步", {"segment": segment.pk, "op": "in"})
    TagRule.objects.filter(pk=first.pk).update(last_run_at=NOW)  # by age alone it would come last
    done = rule_tags.run_all(lens=mirror, now=NOW)
    assert list(done) == [first.pk, second.pk, third.pk]
    assert [result.size for result in done.values() if isinstance(result, rule_tags.Ran)] == [2, 2, 2]


def test_a_faulty_rule_stops_no_other_and_says_what_is_wrong(mirror: Lens) -> None:
    make_contact(city="杭州")
    broken, fine = defined("坏的"), defined()
    TagRule.objects.filter(pk=broken.pk).update(rule={"attribute": "attr_gone", "op": "is_set"})
    done = rule_tags.run_all(lens=mirror, now=NOW)
    assert done[broken.pk] == "rule.unknown_attribute" and done[fine.pk] == rule_tags.Ran(1, 0, 1)
    broken.refresh_from_db()
    assert broken.fault is not None and broken.fault["code"] == "rule.unknown_attribute"


def test_switched_off_a_tag_is_kept_or_taken_off(mirror: Lens) -> None:
    make_contacts(2, city="杭州")
    row = defined()
    rule_tags.run(row.pk, lens=mirror, now=NOW)
    assert rule_tags.switch_off(row.pk, actor="ada", keep_tag=True, lens=mirror, now=NOW) == 0
    assert len(tagged(row.tag_id)) == 2
    with pytest.raises(Conflict) as caught:
        rule_tags.run(row.pk, lens=mirror, now=NOW)
    assert caught.value.code == "tag_rule.off"
    assert rule_tags.run_all(lens=mirror, now=NOW) == {}
    assert rule_tags.switch_off(row.pk, actor="ada", keep_tag=False, lens=mirror, now=NOW) == 2
    assert tagged(row.tag_id) == set()
    rule_tags.switch_on(row.pk, actor="ada")
    assert rule_tags.run(row.pk, lens=mirror, now=NOW).added == 2


@pytest.mark.parametrize("deed", ["switch_off", "change"])
def test_a_rule_that_is_taken_back_while_it_runs_goes_no_further(
    mirror: Lens, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    monkeypatch.setattr(rule_tags, "STEP", 2)
    make_contacts(6, city="杭州")
    row = defined()

    def take_back(done: int, _of: int) -> None:
        if done == 2 and deed == "change":
            rule_tags.change(row.pk, rule={"attribute": "city", "op": "is", "value": "宁波"}, actor="ada")
        elif done == 2:
            rule_tags.switch_off(row.pk, actor="ada", keep_tag=False, lens=mirror, now=NOW)

    ran = rule_tags.run(row.pk, lens=mirror, now=NOW, progress=take_back)
    assert ran.added == 2
    assert len(tagged(row.tag_id)) == (2 if deed == "change" else 0)
    row.refresh_from_db()
    assert row.size == (None if deed == "change" else 0)


def test_many_people_are_tagged_in_steps(mirror: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_tags, "STEP", 4)
    ids = make_contacts(10, city="杭州")
    Contact.objects.filter(pk__in=ids[:3]).update(city="宁波")
    row = defined()
    told: list[tuple[int, int]] = []
    rule_tags.run(row.pk, lens=mirror, now=NOW, progress=lambda done, of: told.append((done, of)))
    assert told == [(4, 7), (7, 7)]


@pytest.mark.usefixtures("db")
class TestDefining:
    def test_a_rule_cannot_go_by_its_own_tag(self) -> None:
        row = defined()
        for rule in (has(row.tag_id), {"not": {"any": [HANGZHOU, has(row.tag_id)]}}):
            with pytest.raises(InvalidInput) as caught:
                rule_tags.change(row.pk, rule=rule, actor="ada")
            assert caught.value.code == "rule.circle"

    def test_nor_by_one_that_goes_by_it(self) -> None:
        first = defined("甲")
        second = defined("乙", has(first.tag_id))
        segment = actions.create_segment(name="分群", rule=has(second.tag_id), actor="ada")
        for rule in (has(second.tag_id), {"segment": segment.pk, "op": "not_in"}):
            with pytest.raises(InvalidInput) as caught:
                rule_tags.change(first.pk, rule=rule, actor="ada")
            assert caught.value.code == "rule.circle"
        third = defined("丙", {"segment": segment.pk, "op": "in"})
        with pytest.raises(InvalidInput):  # and a segment can't close the circle either
            actions.update_segment(segment.pk, name="分群", rule=has(third.tag_id), actor="ada")

    def test_a_tag_that_people_put_on_by_hand_is_not_taken_over(self) -> None:
        Tag.objects.create(name="老客", kind=TagKind.MANUAL)
        with pytest.raises(Conflict) as caught:
            defined("老客")
        assert caught.value.code == "tag_rule.tag_taken"
        defined("新标签")
        with pytest.raises(Conflict):
            defined(" 新标签 ")

    @pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\0b"])
    def test_odd_names_are_refused(self, name: str) -> None:
        with pytest.raises(InvalidInput):
            defined(name)
        assert not TagRule.objects.exists()

    def test_a_rule_that_is_not_there_is_unknown(self) -> None:
        with pytest.raises(NotFound):
            rule_tags.change(0, rule=HANGZHOU, actor="ada")

    def test_they_are_listed_page_by_page(self) -> None:
        for number in range(4):
            defined(f"标签 {number}")
        rows, total = rule_tags.rules(limit=3)
        assert ([row.tag.name for row in rows], total) == (["标签 0", "标签 1", "标签 2"], 4)
        assert rule_tags.rules(search="标签 3\0")[1] == 1


class TestBulk:
    def test_a_segment_is_tagged_and_untagged(self, mirror: Lens) -> None:
        ids = make_contacts(3, city="杭州")
        make_contact(city="宁波")
        segment = actions.create_segment(name="杭州", rule=HANGZHOU, actor="ada")
        asked = actions.tag_segment(segment.pk, tag="会员日", added=True, actor="ada", reason="会员日活动")
        done = actions.run_tagging(asked.pk, lens=mirror, now=NOW)
        assert (done.state, done.total, done.done, done.changed) == (TaggingState.DONE, 3, 3, 3)
        assert tagged(asked.tag_id) == set(ids)
        fact = TagFact.objects.filter(tag_id=asked.tag_id).first()
        assert fact is not None and (fact.actor, fact.reason) == ("ada", "会员日活动")
        assert actions.run_tagging(asked.pk, lens=mirror, now=NOW).changed == 3  # done is done
        off = actions.tag_segment(segment.pk, tag="会员日", added=False, actor="ada")
        assert actions.run_tagging(off.pk, lens=mirror, now=NOW).changed == 3
        assert tagged(asked.tag_id) == set()

    def test_who_refused_to_be_profiled_is_passed_over_where_habits_chose(self, mirror: Lens) -> None:
        one, other = make_contact(), make_contact()
        for contact in (one, other):
            make_event(contact, at=NOW - timedelta(days=200))
        refuse_profiling(other)
        segment = actions.create_segment(name="沉默", rule=SILENT, actor="ada")
        asked = actions.tag_segment(segment.pk, tag="唤回", added=True, actor="ada")
        actions.run_tagging(asked.pk, lens=mirror, now=NOW)
        assert tagged(asked.tag_id) == {one}

    def test_a_broken_rule_ends_in_a_failure_that_is_told(self, mirror: Lens) -> None:
        segment = actions.create_segment(name="杭州", rule=HANGZHOU, actor="ada")
        asked = actions.tag_segment(segment.pk, tag="会员日", added=True, actor="ada")
        type(segment).objects.filter(pk=segment.pk).update(rule={"attribute": "attr_gone", "op": "is_set"})
        done = actions.run_tagging(asked.pk, lens=mirror, now=NOW)
        assert done.state == TaggingState.FAILED and done.fault == {"code": "rule.unknown_attribute"}

    @pytest.mark.usefixtures("db")
    def test_what_a_rule_keeps_is_not_for_hands(self) -> None:
        row = defined()
        segment = actions.create_segment(name="杭州", rule=HANGZHOU, actor="ada")
        with pytest.raises(Conflict) as caught:
            actions.tag_segment(segment.pk, tag=row.tag.name, added=True, actor="ada")
        assert caught.value.code == "tag_rule.by_hand"
        with pytest.raises(NotFound):
            actions.tag_segment(segment.pk, tag="没有这个", added=False, actor="ada")
        assert not Tag.objects.filter(name="没有这个").exists()
