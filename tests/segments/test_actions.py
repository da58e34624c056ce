"""Segments as people work with them: saved, counted, frozen, put away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from xinfeng.consent.models import Standing
from xinfeng.contacts.models import Attribute, Contact, Tag
from xinfeng.hygiene.models import NumberState
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import Lens
from xinfeng.segments import actions, reads
from xinfeng.segments.models import Freezing, Segment, SegmentKind, SegmentMember, SegmentSize
from xinfeng.segments.ready_made import READY_MADE

NOW = datetime(2026, 5, 1, tzinfo=UTC)
IN_HANGZHOU = {"all": [{"attribute": "city", "op": "is", "value": "杭州"}]}


def add_contact(
    contact_id: int, *, city: str = "杭州", phone: bool = True, granted: bool = True, suppressed: Any = None
) -> None:
    Contact.objects.create(
        id=contact_id,
        city=city,
        phone_index=contact_id.to_bytes(16) if phone else None,
        joined_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
    Standing.objects.create(
        contact_id=contact_id, purpose="marketing", granted=granted, suppressed=suppressed
    )


def test_known_minors_and_numbers_in_quarantine_are_out_of_reach(mirror: Lens) -> None:
    for contact_id in (1, 2, 3):
        add_contact(contact_id)
        Standing.objects.create(contact_id=contact_id, purpose="service", granted=True)
    Contact.objects.filter(pk=1).update(birthday=NOW.date().replace(year=NOW.year - 10))
    Contact.objects.filter(pk=2).update(birthday=NOW.date().replace(year=NOW.year - 30))
    NumberState.objects.create(contact_id=3, quarantined=True, quarantine="failures", quarantined_at=NOW)
    mirror.refresh()
    rule = reads.parse_rule(IN_HANGZHOU)
    assert reads.live_numbers(mirror, rule, "marketing", NOW).reachable == 1
    assert reads.live_numbers(mirror, rule, "service", NOW).reachable == 2


def members_of(mirror: Lens, segment: Segment) -> list[int]:
    mirror.refresh()
    return sorted(mirror.rows(reads.audience(mirror, segment, NOW)).column("contact_id").to_pylist())


def test_live_numbers_tell_who_can_be_reached(mirror: Lens) -> None:
    add_contact(1)
    add_contact(2, phone=False)
    add_contact(3, granted=False)
    add_contact(4, suppressed="complaint")
    add_contact(5, city="宁波")
    add_contact(6)
    mirror.refresh()
    numbers = reads.live_numbers(mirror, reads.parse_rule(IN_HANGZHOU), "marketing", NOW)
    assert (numbers.size, numbers.reachable) == (5, 2)
    assert numbers.sample[:2] == [6, 1]
    assert sorted(numbers.sample) == [1, 2, 3, 4, 6]
    nobody = reads.parse_rule({"attribute": "city", "op": "is", "value": "三亚"})
    assert reads.live_numbers(mirror, nobody, "marketing", NOW) == reads.LiveNumbers(0, 0, [])
    with pytest.raises(InvalidInput, match=r"consent\.purpose"):
        reads.live_numbers(mirror, nobody, "xxx", NOW)


def test_a_snapshot_keeps_who_was_in(mirror: Lens) -> None:
    add_contact(1)
    add_contact(2)
    segment = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
    snapshot = actions.freeze_segment(segment.pk, name="杭州 5 月", lens=mirror, actor="ada", now=NOW)
    Contact.objects.filter(pk=2).update(city="宁波")
    add_contact(3)
    assert members_of(mirror, segment) == [1, 3]
    assert members_of(mirror, snapshot) == [1, 2]
    assert snapshot.kind == SegmentKind.SNAPSHOT
    assert SegmentMember.objects.filter(segment=snapshot).count() == 2
    with pytest.raises(Conflict):
        actions.update_segment(snapshot.pk, name="x", rule=IN_HANGZHOU, actor="ada")


def test_a_snapshot_asked_for_is_made_once_however_often_it_is_run(mirror: Lens) -> None:
    add_contact(1)
    segment = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
    asked = actions.ask_to_freeze(segment.pk, name=" 杭州 5 月 ", actor="ada")
    done = actions.run_freezing(asked.pk, lens=mirror, now=NOW)
    assert (done.state, done.total) == ("done", 1) and done.snapshot is not None
    assert (done.snapshot.name, members_of(mirror, done.snapshot)) == ("杭州 5 月", [1])
    assert actions.run_freezing(asked.pk, lens=mirror, now=NOW).snapshot_id == done.snapshot_id
    assert Segment.objects.filter(kind=SegmentKind.SNAPSHOT).count() == 1


def test_one_that_was_broken_off_begins_anew_and_a_fault_is_kept(mirror: Lens) -> None:
    segment = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
    broken = actions.ask_to_freeze(segment.pk, name="快照", actor="ada")
    Freezing.objects.filter(pk=broken.pk).update(state="running", total=7)
    done = actions.run_freezing(broken.pk, lens=mirror, now=NOW)
    assert (done.state, done.total) == ("done", 0)
    with pytest.raises(Conflict, match="name_taken"):
        actions.ask_to_freeze(segment.pk, name="快照", actor="ada")
    late = actions.ask_to_freeze(segment.pk, name="快照二", actor="ada")
    actions.create_list(name="快照二", contact_ids=[], actor="ada")
    failed = actions.run_freezing(late.pk, lens=mirror, now=NOW)
    assert failed.state == "failed" and failed.fault["code"] == "segment.name_taken"
    assert failed.snapshot_id is None
    with pytest.raises(NotFound):
        actions.run_freezing(10**9, lens=mirror, now=NOW)


def test_a_list_has_each_contact_once(mirror: Lens) -> None:
    for contact_id in (1, 2, 3):
        add_contact(contact_id)
    segment = actions.create_list(name="名单", contact_ids=[3, 1, 3, 99], actor="ada")
    assert members_of(mirror, segment) == [1, 3]  # and nobody whom there is not


def test_sizes_are_kept_over_time(mirror: Lens) -> None:
    segment = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
    actions.record_size(segment.pk, lens=mirror, purpose="marketing", now=NOW)
    add_contact(1)
    actions.record_size(segment.pk, lens=mirror, purpose="marketing", now=NOW)
    sizes = SegmentSize.objects.filter(segment=segment).order_by("id").values_list("size", "reachable")
    assert list(sizes) == [(0, 0), (1, 1)]


def test_custom_attributes_can_be_asked_about_once_declared(mirror: Lens) -> None:
    rule = {"attribute": "attr_points", "op": "at_least", "value": 10}
    with pytest.raises(InvalidInput):
        actions.create_segment(name="积分", rule=rule, actor="ada")
    add_contact(1)
    Contact.objects.filter(pk=1).update(attrs={"points": 12})
    Attribute.objects.create(key="points", label="积分", kind="number")
    segment = actions.create_segment(name="积分", rule=rule, actor="ada")
    assert members_of(mirror, segment) == [1]
    assert reads.reading(segment) == "积分至少 10"


@pytest.mark.usefixtures("db")
class TestSaving:
    def test_a_faulty_rule_changes_nothing(self) -> None:
        segment = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
        with pytest.raises(InvalidInput):
            actions.update_segment(segment.pk, name="新名", rule={"any": []}, actor="ada")
        segment.refresh_from_db()
        assert (segment.name, segment.rule) == ("杭州", IN_HANGZHOU)

    def test_names_are_taken_once(self) -> None:
        first = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
        with pytest.raises(Conflict):
            actions.create_segment(name=" 杭州 ", rule=IN_HANGZHOU, actor="ada")
        assert actions.update_segment(first.pk, name="杭州", rule={"all": []}, actor="ada").rule == {
            "all": []
        }

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", "\0"])
    def test_odd_names_are_refused(self, name: str) -> None:
        with pytest.raises(InvalidInput):
            actions.create_segment(name=name, rule=IN_HANGZHOU, actor="ada")

    def test_an_archived_segment_can_come_back(self) -> None:
        segment = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
        actions.archive_segment(segment.pk, actor="ada")
        assert reads.segments() == []
        assert reads.segments(archived=True) == [segment]
        actions.archive_segment(segment.pk, archived=False, actor="ada")
        assert reads.segments() == [segment]
        with pytest.raises(NotFound):
            actions.archive_segment(0, actor="ada")

    def test_ready_made_segments_are_added_once(self) -> None:
        assert len(actions.install_ready_made(actor="ada")) == len(READY_MADE) >= 12
        assert actions.install_ready_made(actor="ada") == []

    def test_every_deed_is_audited(self) -> None:
        segment = actions.create_segment(name="杭州", rule=IN_HANGZHOU, actor="ada")
        actions.update_segment(segment.pk, name="杭州", rule={"all": []}, actor="bob")
        with connection.cursor() as cursor:
            cursor.execute("select action, actor from audit_entry where object_kind = 'segment' order by id")
            assert cursor.fetchall() == [("segment.create", "ada"), ("segment.update", "bob")]

    def test_tags_are_read_by_name(self) -> None:
        tag = Tag.objects.create(name="老客")
        segment = actions.create_segment(name="老客", rule={"tag": tag.pk, "op": "has"}, actor="ada")
        assert reads.reading(segment) == "有标签「老客」"
