"""Rules that name segments and tags: what they mean together, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories import NOW, make_contact, make_contacts

from xinfeng.contacts.models import Tag, TagKind
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.lens.engine import Lens
from xinfeng.segments import actions, reads, references, rule_tags
from xinfeng.segments.models import Segment, TagRule

HANGZHOU = {"all": [{"attribute": "city", "op": "is", "value": "杭州"}]}
BOUGHT = {"all": [{"event": "purchase", "measure": "count", "op": "at_least", "value": 1}]}


def inside(segment: Segment, op: str = "in") -> dict[str, Any]:
    return {"segment": segment.pk, "op": op}


def made(name: str, rule: Any) -> Segment:
    return actions.create_segment(name=name, rule=rule, actor="ada")


def fault_of(rule: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        made("新的", rule)
    return caught.value


def test_segments_of_every_kind_can_be_named(mirror: Lens) -> None:
    here = make_contacts(3, city="杭州")
    there = make_contact(city="宁波")
    dynamic = made("杭州", HANGZHOU)
    listed = actions.create_list(name="名单", contact_ids=[here[0], there], actor="ada")
    snapshot = actions.freeze_segment(dynamic.pk, name="快照", lens=mirror, actor="ada", now=NOW)
    later = make_contact(city="杭州")
    nested = made("杭州，不在名单", {"all": [inside(dynamic), inside(listed, "not_in")]})
    deeper = made("再套一层", {"all": [inside(nested), {"not": inside(snapshot)}]})
    mirror.refresh()

    def who(segment: Segment) -> set[int]:
        return set(mirror.rows(reads.audience(mirror, segment, NOW)).column("contact_id").to_pylist())

    assert who(nested) == {here[1], here[2], later}
    assert who(deeper) == {later}
    assert "属于分群「杭州」" in reads.reading(nested)


@pytest.mark.usefixtures("db")
class TestWhatIsRefused:
    def test_a_tag_there_is_not_is_no_way_to_mean_everybody(self) -> None:
        fault = fault_of({"all": [HANGZHOU, {"not": {"tag": 999_999, "op": "has"}}]})
        assert (fault.code, fault.params) == ("rule.tag_missing", {"path": "rule.all[1].not", "id": 999_999})
        with pytest.raises(InvalidInput, match=r"rule\.tag_missing"):
            rule_tags.define(name="新的", rule={"tag": 999_999, "op": "has_not"}, actor="ada")

    def test_a_segment_that_is_missing_or_put_away_is_named(self) -> None:
        fault = fault_of({"all": [HANGZHOU, {"segment": 999_999, "op": "in"}]})
        assert (fault.code, fault.params["path"]) == ("rule.segment_missing", "rule.all[1]")
        away = made("旧的", HANGZHOU)
        actions.archive_segment(away.pk, actor="ada")
        fault = fault_of({"any": [{"not": inside(away)}]})
        assert (fault.code, fault.params["path"]) == ("rule.segment_archived", "rule.any[0].not")
        assert fault.params["name"] == "旧的"

    def test_a_segment_whose_own_rule_is_broken_is_named(self) -> None:
        broken = made("坏的", HANGZHOU)
        Segment.objects.filter(pk=broken.pk).update(rule={"attribute": "attr_gone", "op": "is_set"})
        fault = fault_of(inside(broken))
        assert (fault.code, fault.params["name"]) == ("rule.segment_faulty", "坏的")

    def test_a_segment_cannot_come_back_to_itself(self) -> None:
        first = made("甲", HANGZHOU)
        second = made("乙", {"all": [inside(first)]})
        third = made("丙", {"any": [inside(second), HANGZHOU]})
        for rule in (inside(first), {"not": inside(second)}, {"all": [HANGZHOU, inside(third)]}):
            with pytest.raises(InvalidInput) as caught:
                actions.update_segment(first.pk, name="甲", rule=rule, actor="ada")
            assert caught.value.code == "rule.circle"
        first.refresh_from_db()
        assert first.rule == HANGZHOU

    def test_a_circle_that_two_people_made_at_once_is_refused_when_it_is_asked(self) -> None:
        first, second = made("甲", HANGZHOU), made("乙", HANGZHOU)
        Segment.objects.filter(pk=first.pk).update(rule=inside(second))
        Segment.objects.filter(pk=second.pk).update(rule=inside(first))
        with pytest.raises(InvalidInput) as caught:
            references.named_by(reads.parse_rule(inside(first)))
        assert caught.value.code == "rule.segment_circle"
        assert caught.value.params["names"] == "甲 → 乙"

    def test_chains_and_repetitions_have_an_end(self) -> None:
        last = made("0", HANGZHOU)
        for number in range(1, references.LONGEST_CHAIN):
            last = made(str(number), {"all": [inside(last)]})
        made("最长", inside(last))
        last = made("多一层", inside(last))
        assert fault_of(inside(last)).code == "rule.segments_too_deep"
        wide = made("宽", {"any": [HANGZHOU] * 60})
        wider = made("更宽", {"any": [inside(wide)] * 8})
        assert fault_of({"any": [inside(wider)] * 2}).code == "rule.too_many_conditions"
        many = [made(f"第 {number}", HANGZHOU) for number in range(references.MOST_SEGMENTS + 1)]
        assert fault_of({"any": [inside(one) for one in many]}).code == "rule.segments_too_deep"

    def test_a_segment_in_use_cannot_be_put_away(self) -> None:
        used = made("被引用", HANGZHOU)
        user = made("引用者", inside(used))
        with pytest.raises(Conflict) as caught:
            actions.archive_segment(used.pk, actor="ada")
        assert caught.value.code == "segment.in_use" and "引用者" in caught.value.params["names"]
        actions.archive_segment(user.pk, actor="ada")
        actions.archive_segment(used.pk, actor="ada")


@pytest.mark.usefixtures("db")
class TestProfiling:
    def test_it_is_seen_through_segments_and_tags(self) -> None:
        plain, habits = made("杭州", HANGZHOU), made("买过", BOUGHT)
        by_habit = rule_tags.define(name="买过的", rule=BOUGHT, actor="ada")
        by_city = rule_tags.define(name="杭州的", rule=HANGZHOU, actor="ada")
        by_hand = Tag.objects.create(name="手工")
        orphan = Tag.objects.create(name="无主", kind=TagKind.RULE)

        def told(rule: Any) -> bool:
            return references.rule_profiles(reads.parse_rule(rule))

        assert not told(inside(plain)) and told(inside(habits)) and told(inside(habits, "not_in"))
        assert told({"tag": by_habit.tag_id, "op": "has"}) and told({"tag": by_habit.tag_id, "op": "has_not"})
        assert not told({"tag": by_city.tag_id, "op": "has"}) and not told({"tag": by_hand.pk, "op": "has"})
        assert told({"tag": orphan.pk, "op": "has"})
        nested = made("套", {"all": [inside(made("标签", {"tag": by_habit.tag_id, "op": "has"}))]})
        assert reads.profiles(nested) and not reads.profiles(plain)

    def test_lists_do_not_and_what_cannot_be_read_does(self) -> None:
        assert not reads.profiles(actions.create_list(name="名单", contact_ids=[], actor="ada"))
        broken = made("坏的", HANGZHOU)
        broken.rule = {"attribute": "attr_gone", "op": "is_set"}
        assert reads.profiles(broken)


def test_a_snapshot_remembers_how_its_people_were_chosen(mirror: Lens) -> None:
    frozen = [
        actions.freeze_segment(made(name, rule).pk, name=f"{name} 快照", lens=mirror, actor="ada", now=NOW)
        for name, rule in (("杭州", HANGZHOU), ("买过", BOUGHT))
    ]
    assert [reads.profiles(one) for one in frozen] == [False, True]
    assert references.rule_profiles(reads.parse_rule(inside(frozen[1])))


@pytest.mark.usefixtures("db")
def test_a_tag_that_was_merged_leads_to_where_it_went() -> None:
    old, new = Tag.objects.create(name="老客"), Tag.objects.create(name="老客户")
    Tag.objects.filter(pk=old.pk).update(merged_into=new)
    rule = reads.parse_rule({"all": [{"tag": old.pk, "op": "has"}, {"tag": new.pk, "op": "has"}]})
    assert references.named_by(rule).tags == {old.pk: new.pk}
    assert TagRule.objects.count() == 0
