"""Uploaded lists, the overlap of two segments, and the RFM grid."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import NOW, make_contact, make_contacts, make_event, phone

from xinfeng.contacts.models import EventKind
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.lens.engine import Lens
from xinfeng.segments import actions, lists, reads, rfm
from xinfeng.segments.lists import Named, create_list_from, misses_csv
from xinfeng.segments.models import ListMiss, Segment
from xinfeng.segments.overlap import Part, Size, overlap, rule_of

HANGZHOU = {"all": [{"attribute": "city", "op": "is", "value": "杭州"}]}


def members(mirror: Lens, segment: Segment) -> set[int]:
    mirror.refresh()
    return set(mirror.rows(reads.audience(mirror, segment, NOW)).column("contact_id").to_pylist())


class TestUploading:
    def test_rows_find_people_by_number_or_member_id(self, mirror: Lens) -> None:
        number = phone()
        one, other = make_contact(phone=number), make_contact(external_id="V-7")
        rows = [
            Named(2, number),
            Named(3, f"+86 {number[:3]} {number[3:]}"),
            Named(4, "", "V-7"),
            Named(5, "V-7"),
            Named(6, phone()),
            Named(7),
            Named(8, "=cmd|'/c calc'!A1"),
            Named(9, unreadable=True),
        ]
        done = create_list_from(rows, name="上传", actor="ada")
        assert (done.rows, done.members, done.missed) == (8, 2, 4)
        assert members(mirror, done.segment) == {one, other}
        assert lists.misses_of(done.segment.pk) == 4

    def test_what_was_missed_can_be_downloaded_and_is_harmless_to_spreadsheets(self, db: None) -> None:
        stranger = phone()
        done = create_list_from(
            [Named(2, stranger), Named(3, '=HYPERLINK("x")'), Named(4)], name="上传", actor="ada"
        )
        text = b"".join(misses_csv(done.segment.pk, language="zh-hans")).decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text))
        assert header == ["手机号", "会员号", "行号", "原因"]
        assert [row[0] for row in rows] == [stranger, '\'=HYPERLINK("x")', ""]
        assert [row[2] for row in rows] == ["2", "3", "4"]
        kept = ListMiss.objects.first()
        assert kept is not None and stranger.encode() not in bytes(kept.row_sealed)

    def test_nothing_is_kept_when_it_is_too_long_or_empty_or_its_name_taken(self, db: None) -> None:
        with pytest.raises(InvalidInput, match=r"segment\.list_too_long"):
            create_list_from((Named(line, phone()) for line in range(5)), name="长", actor="ada", at_most=4)
        with pytest.raises(InvalidInput, match=r"segment\.list_empty"):
            create_list_from([], name="空", actor="ada")
        actions.create_segment(name="占用", rule=HANGZHOU, actor="ada")
        with pytest.raises(Conflict):
            create_list_from([Named(1, phone())], name="占用", actor="ada")
        assert Segment.objects.count() == 1 and not ListMiss.objects.exists()

    def test_many_rows_are_matched_in_steps(self, mirror: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lists, "STEP", 3)
        numbers = [phone() for _ in range(8)]
        ids = {make_contact(phone=number) for number in numbers}
        rows = [Named(line, number) for line, number in enumerate([*numbers, *numbers, "x", "y", "z"])]
        done = create_list_from(rows, name="上传", actor="ada")
        assert (done.rows, done.members, done.missed) == (19, 8, 3)
        assert members(mirror, done.segment) == ids
        assert (
            len(list(csv.reader(io.StringIO(b"".join(misses_csv(done.segment.pk, language="en")).decode()))))
            == 4
        )

    @given(st.text(max_size=300), st.text(max_size=300))
    def test_any_cell_is_a_member_or_a_miss(self, first: str, second: str) -> None:
        assert lists._index(first) is None or len(first) >= 11
        assert not lists._harmless(second).startswith(("=", "+", "-", "@", "\t", "\r"))

    def test_odd_cells_lead_to_nobody(self, db: None) -> None:
        odd = ["\0", "a\0b", "x" * 5000, "１３９" * 50, "'; drop table contact; --", "😀", "\u202e139"]
        done = create_list_from(
            [Named(line, cell, cell) for line, cell in enumerate(odd)], name="怪", actor="ada"
        )
        assert (done.members, done.missed) == (0, len(odd))
        assert b"".join(misses_csv(done.segment.pk, language="en")).count(b"\n") >= len(odd)

    def test_old_misses_are_forgotten(self, db: None) -> None:
        done = create_list_from([Named(1, phone())], name="上传", actor="ada")
        created = done.segment.created_at
        assert lists.drop_old_misses(now=created + timedelta(days=29)) == 0
        assert lists.drop_old_misses(now=created + timedelta(days=31)) == 1


def test_two_segments_are_laid_over_each_other(mirror: Lens) -> None:
    both = make_contacts(2, city="杭州", level="金")
    make_contact(city="杭州")
    make_contacts(3, level="金", consent=())
    make_contact(city="宁波")
    city = actions.create_segment(name="杭州", rule=HANGZHOU, actor="ada")
    gold = actions.create_segment(
        name="金卡", rule={"attribute": "level", "op": "is", "value": "金"}, actor="ada"
    )
    mirror.refresh()
    found = overlap(mirror, city, gold, "marketing", NOW)
    assert (found.first_only, found.both, found.second_only) == (Size(1, 1), Size(2, 2), Size(3, 0))
    assert (found.first, found.second, found.either) == (Size(3, 3), Size(5, 2), Size(6, 3))
    nobody = actions.create_list(name="空", contact_ids=[], actor="ada")
    assert overlap(mirror, city, nobody, "marketing", NOW).both == Size(0, 0)
    sizes = {}
    for part in Part:
        rule = rule_of(part, city.pk, gold.pk)
        made = actions.create_segment(name=part.value, rule=rule, actor="ada")
        sizes[part] = members(mirror, made)
    assert sizes[Part.BOTH] == set(both)
    assert [len(sizes[part]) for part in Part] == [2, 1, 3, 6]


class TestGrid:
    def test_every_cell_counts_whom_its_rule_describes(self, mirror: Lens) -> None:
        for number in range(30):
            contact = make_contact()
            for k in range(number % 6):
                make_event(
                    contact,
                    at=NOW - timedelta(days=(number * 7 + k * 11) % 400, hours=number),
                    amount_fen=None if k == 3 else number * 1500,
                )
        make_event(make_contact(), kind=EventKind.VIEW)
        limits = rfm.Limits(recency=(30, 90), frequency=(2, 4), monetary=(20_000, 60_000))
        mirror.refresh()
        counts = rfm.counts(mirror, limits, NOW)
        rows, columns, sheets = limits.shape
        seen = 0
        for r in range(rows):
            for f in range(columns):
                for m in range(sheets):
                    cell = rfm.Cell(r, f, m)
                    rule = reads.parse_rule(rfm.rule_of(cell, limits))
                    people = mirror.scalar(reads.rule_audience(mirror, rule, NOW).count())
                    assert counts.get(cell, 0) == people
                    seen += people
        assert seen == sum(counts.values()) > 10

    @pytest.mark.parametrize(
        "changes",
        [
            {"recency": ()},
            {"recency": (90, 30)},
            {"recency": (30, 30)},
            {"recency": (0,)},
            {"frequency": (1, 2)},
            {"monetary": (1, 2, 3, 4, 5)},
            {"monetary": (10**15,)},
            {"window": 0},
            {"window": 90},
            {"window": 10_000},
        ],
    )
    def test_limits_that_make_no_grid_are_refused(self, changes: dict[str, tuple[int, ...]]) -> None:
        with pytest.raises(InvalidInput):
            rfm.Limits(**changes)  # type: ignore[arg-type]

    @pytest.mark.parametrize("cell", [rfm.Cell(3, 0, 0), rfm.Cell(0, -1, 0), rfm.Cell(0, 0, 9)])
    def test_there_is_no_cell_outside_the_grid(self, cell: rfm.Cell) -> None:
        with pytest.raises(InvalidInput):
            rfm.rule_of(cell, rfm.Limits())
