"""A deployment's own table of number ranges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.factories import make_contact

from xinfeng.contacts import prefixes
from xinfeng.contacts.models import Contact
from xinfeng.contacts.number_files import LARGEST_FILE, faults_of
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.prefixes import RangeKind, shipped

DAY, TODAY = date(2026, 11, 1), date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _put_back(db: None) -> Iterator[None]:
    yield
    prefixes.use_shipped(actor="test")


def _file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ranges.csv"
    path.write_bytes(text.encode(encoding))
    return path


def _replace(path: Path, *, drawn_up: date = DAY, source: str = "test") -> prefixes.Replaced:
    return prefixes.replace(path, drawn_up=drawn_up, source=source, actor="li", today=TODAY)


def test_a_file_takes_the_place_of_ours_and_new_contacts_follow_it(tmp_path: Path) -> None:
    assert Contact.objects.get(pk=make_contact(phone="15412345678")).carrier == Carrier.UNKNOWN
    path = _file(tmp_path, "号段,运营商,类型\n154,广电,\n1541235,联通,虚拟\n")
    made = _replace(path, source=" 工信部  2026 ")
    assert (made.table.drawn_up, made.table.source, len(made.table.ranges)) == (DAY, "工信部 2026", 2)
    assert (made.added, made.removed, made.changed) == (2, len(shipped().ranges), 0)
    assert AuditEntry.objects.get(action="prefixes.replace").detail["source"] == "工信部 2026"
    assert prefixes.table().of("15412350000").kind is RangeKind.VIRTUAL
    assert Contact.objects.get(pk=make_contact(phone="15412345679")).carrier == Carrier.BROADNET
    assert Contact.objects.get(pk=make_contact(phone="15412350001")).carrier == Carrier.UNICOM
    prefixes.use_shipped(actor="li")
    assert prefixes.table() is shipped()


@pytest.mark.parametrize("text", ["", "a,b\n154,移动\n", 'prefix,carrier\n"154\n移动', "\0\0\0"])
def test_what_is_no_such_file_changes_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"prefixes\.unreadable"):
        _replace(_file(tmp_path, text))
    assert prefixes.table() is shipped()


def test_every_row_that_is_wrong_is_named_and_none_is_taken(tmp_path: Path) -> None:
    text = (
        "prefix,carrier,kind\n139,移动,\n154,nobody,\n\n12,移动,\n155\n13a,移动,\n156,移动,玩具\n139,移动,\n139,联通,\n"
        "１５７,移动,\n15412345,移动,\n"
    )
    with pytest.raises(InvalidInput) as caught:
        _replace(_file(tmp_path, text))
    assert caught.value.code == "prefixes.rows"
    assert [(one.line, one.code, one.shown) for one in faults_of(caught.value)] == [
        (3, "carrier", "nobody"),
        (5, "prefix", "12"),
        (6, "columns", ""),
        (7, "prefix", "13a"),
        (8, "kind", "玩具"),
        (10, "twice", "139"),
        (11, "prefix", "１５７"),
        (12, "prefix", "15412345"),
    ]
    assert caught.value.params["count"] == 8
    assert faults_of(caught.value)[0].words("zh").startswith("第 3 行“nobody”：不认识这个运营商")
    assert prefixes.table() is shipped()


def test_of_a_thousand_wrong_rows_the_first_are_named_and_all_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        _replace(_file(tmp_path, "prefix,carrier\n" + "9,移动\n" * 1000))
    assert (caught.value.params["count"], len(faults_of(caught.value))) == (1000, 20)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    ("end", "comma"), [("\n", ","), ("\r\n", ","), ("\r\n", ";"), ("\n", "\t"), ("\n", "，")]
)
def test_any_spreadsheet_in_china_can_write_it(tmp_path: Path, encoding: str, end: str, comma: str) -> None:
    lines = ["号段,运营商,类型", "154,广电,", "1540,中国移动,虚拟运营商", " 154 , 广电 ,普通", ""]
    text = end.join(lines).replace(",", comma)
    made = _replace(_file(tmp_path, text, encoding)).table
    assert len(made.ranges) == 2
    assert made.of("15400000000").carrier is Carrier.MOBILE  # the longest prefix holds
    assert made.of("15410000000").carrier is Carrier.BROADNET


def test_a_table_of_nothing_and_a_table_of_tomorrow_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"prefixes\.empty"):
        _replace(_file(tmp_path, "prefix,carrier\n\n"))
    with pytest.raises(InvalidInput, match=r"prefixes\.future"):
        _replace(_file(tmp_path, "prefix,carrier\n139,移动\n"), drawn_up=date(2026, 11, 23))
    with pytest.raises(InvalidInput, match=r"prefixes\.source"):
        _replace(_file(tmp_path, "prefix,carrier\n139,移动\n"), source="a\x00b")
    assert prefixes.table() is shipped()


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as large:
        large.truncate(LARGEST_FILE + 1)
    with pytest.raises(InvalidInput, match=r"prefixes\.too_large"):
        _replace(path)
