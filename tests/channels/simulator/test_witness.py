from pathlib import Path

import pytest

from xinfeng.channels.simulator import witness
from xinfeng.channels.simulator.log import AcceptanceLog, concatenation
from xinfeng.kernel.text import Encoding, contents

LONG = "长" * 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def write(path: Path, number: str, text: str, *, reference: int = 1, only: tuple[int, ...] = ()) -> None:
    log = AcceptanceLog(path)
    parts = contents(text, encoding=Encoding.UCS2, reference=reference)
    for index, content in enumerate(parts, start=1):
        if index in only or not only:
            submission = (7, (number,), "1069", 1, len(parts), index, int(len(parts) > 1), 8, content, b"")
            log.write(at=1.5, account="900001", accepted=[(submission, number, bytes(7) + bytes([index]))])
    log.close()


def test_who_got_what_how_often(path: Path) -> None:
    write(path, "13800138000", "甲")
    write(path, "13800138000", "乙")
    write(path, "13800138001", "甲")
    write(path, "13800138001", "甲")
    assert witness.deliveries_by_number(path) == {
        "13800138000": {"甲": 1, "乙": 1},
        "13800138001": {"甲": 2},
    }
    assert witness.duplicates(path) == {"13800138001": {"甲": 2}}
    assert witness.totals(path) == witness.Totals(
        submits=4, messages=4, incomplete=0, numbers=2, duplicates=1
    )


def test_long_messages_are_put_together(path: Path) -> None:
    write(path, "13800138000", LONG)
    assert witness.deliveries_by_number(path) == {"13800138000": {LONG: 1}}
    assert witness.duplicates(path) == {}


def test_the_same_long_message_under_another_reference_is_a_duplicate(path: Path) -> None:
    write(path, "13800138000", LONG, reference=1)
    write(path, "13800138000", LONG, reference=2)
    assert witness.deliveries_by_number(path) == {"13800138000": {LONG: 2}}
    assert witness.totals(path).duplicates == 2, "two parts came twice"


def test_a_part_that_came_twice_is_a_duplicate_though_the_message_is_whole_once(path: Path) -> None:
    write(path, "13800138000", LONG, only=(1,))
    write(path, "13800138000", LONG)
    assert witness.deliveries_by_number(path) == {"13800138000": {LONG: 1}}
    assert witness.duplicates(path) == {"13800138000": {"长" * 67: 2}}
    assert witness.totals(path).incomplete == 1


def test_a_missing_part_leaves_a_message_incomplete(path: Path) -> None:
    write(path, "13800138000", LONG, only=(2,))
    assert witness.deliveries_by_number(path) == {}
    assert witness.incomplete_by_number(path) == {"13800138000": ["长" * 33]}


def test_a_torn_last_line_and_a_missing_log_are_no_error(path: Path) -> None:
    assert witness.totals(path).submits == 0
    write(path, "13800138000", "甲")
    with path.open("ab") as log:
        log.write(b'{"at":1.5,"acc')
    assert [entry.number for entry in witness.accepted(path)] == ["13800138000"]


def test_hostile_numbers_cannot_break_the_log(path: Path) -> None:
    hostile = '1","number":"2\n{}'
    write(path, hostile, "甲")
    assert list(witness.deliveries_by_number(path)) == [hostile]


@pytest.mark.parametrize(
    ("tp_udhi", "content", "expected"),
    [
        (0, b"\x05\x00\x03\x01\x02\x01", (0, 1, 1)),
        (1, b"\x05\x00\x03\x07\x02\x01x", (7, 2, 1)),
        (0x40, b"\x05\x00\x03\x07\x02\x01x", (7, 2, 1)),
        (1, b"\x06\x08\x04\x01\x07\x02\x01x", (0x107, 2, 1)),
        (1, b"\x05\x00\x03\x07\x02\x09x", (0, 1, 1)),
        (1, b"", (0, 1, 1)),
    ],
)
def test_parts_are_known_by_their_header(
    tp_udhi: int, content: bytes, expected: tuple[int, int, int]
) -> None:
    assert concatenation(tp_udhi, content) == expected
