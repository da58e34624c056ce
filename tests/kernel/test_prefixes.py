"""Whose a range of numbers is: the table we ship, and what a file may say."""

from __future__ import annotations

from datetime import date

import pytest

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.prefixes import PrefixRange, PrefixTable, RangeKind, dump, load, shipped


@pytest.mark.parametrize(
    ("number", "carrier", "virtual"),
    [
        ("13800138000", Carrier.MOBILE, False),
        ("13400138000", Carrier.MOBILE, False),
        ("13490138000", Carrier.TELECOM, False),
        ("17030138000", Carrier.MOBILE, True),
        ("17010138000", Carrier.TELECOM, True),
        ("17090138000", Carrier.UNICOM, True),
        ("17100138000", Carrier.UNICOM, True),
        ("17405138000", Carrier.TELECOM, False),
        ("17406138000", Carrier.UNKNOWN, False),
        ("18600138000", Carrier.UNICOM, False),
        ("19200138000", Carrier.BROADNET, False),
        ("15400138000", Carrier.UNKNOWN, False),
        ("14010138000", Carrier.UNICOM, False),
    ],
)
def test_carrier_by_the_longest_prefix(number: str, carrier: Carrier, virtual: bool) -> None:
    assert shipped().carrier_of(number) is carrier
    assert shipped().of(number).virtual is virtual


def test_every_range_answers_for_its_own_numbers() -> None:
    prefixes = [entry.prefix for entry in shipped().ranges]
    assert len(prefixes) == len(set(prefixes))
    longer = {p for p in prefixes if len(p) > 3}
    for entry in shipped().ranges:
        number = next(
            number
            for digit in "0123456789"
            if not any(
                (number := f"{entry.prefix}{digit}00000000"[:11]).startswith(p)
                for p in longer - {entry.prefix}
            )
        )
        assert shipped().of(number) == entry


def test_the_longest_of_up_to_seven_digits_holds_and_the_others_are_not_looked_at() -> None:
    table = PrefixTable(
        [
            PrefixRange("139", Carrier.MOBILE),
            PrefixRange("1391", Carrier.UNICOM),
            PrefixRange("1391234", Carrier.TELECOM, RangeKind.IOT),
        ],
        drawn_up=date(2026, 11, 1),
        source="test",
    )
    assert table.width == 7
    assert [int(table.carrier_of(number)) for number in ("13900000000", "13910000000", "13912340000")] == [
        1,
        2,
        3,
    ]
    assert table.of("1391234").kind is RangeKind.IOT
    assert table.carrier_of("15000000000") is Carrier.UNKNOWN


def test_what_is_written_is_read_again_with_its_date_and_source() -> None:
    table = shipped()
    again = load(dump(table.ranges, drawn_up=table.drawn_up, source=table.source))
    assert again.ranges == table.ranges
    assert (again.drawn_up, again.source) == (date(2023, 3, 31), table.source)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "134 mobile mobile",
        "#xinfeng prefixes 1\n134 mobile mobile",
        "#xinfeng prefixes 1\n#date 2026-11-01\n#source x\n134 nobody mobile",
        "#xinfeng prefixes 1\n#date 2026-11-01\n#source x\n134 mobile toy",
        "#xinfeng prefixes 1\n#date 2026-11-01\n#source x\n13 mobile mobile",
        "#xinfeng prefixes 1\n#date 2026-11-01\n#source x\n13400000 mobile mobile",
        "#xinfeng prefixes 1\n#date yesterday\n#source x\n134 mobile mobile",
        "#xinfeng prefixes 1\n#date 2026-11-01\n#source x\n134 mobile mobile\n134 unicom mobile",
    ],
)
def test_a_file_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"prefixes\."):
        load(text)


@pytest.mark.parametrize("source", ["", "  ", "x" * 301, "two\x00halves"])
def test_a_source_is_said_in_a_line(source: str) -> None:
    with pytest.raises(InvalidInput, match=r"prefixes\.source"):
        dump([], drawn_up=date(2026, 11, 1), source=source)
