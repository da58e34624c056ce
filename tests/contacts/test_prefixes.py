"""A deployment's own table of number ranges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.factories import make_contact

from xinfeng.contacts import prefixes
from xinfeng.contacts.models import Contact
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.prefixes import RangeKind, shipped

DAY = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _put_back(db: None) -> Iterator[None]:
    yield
    prefixes.use_shipped()


def _file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ranges.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_file_takes_the_place_of_ours_and_new_contacts_follow_it(tmp_path: Path) -> None:
    assert Contact.objects.get(pk=make_contact(phone="15412345678")).carrier == Carrier.UNKNOWN
    made = prefixes.replace(
        _file(tmp_path, "号段,运营商,类型\n154,广电,\n1541235,联通,虚拟\n"),
        drawn_up=DAY,
        source=" 工信部  2026 ",
    )
    assert (made.drawn_up, made.source, len(made.ranges)) == (DAY, "工信部 2026", 2)
    assert prefixes.table().of("15412350000").kind is RangeKind.VIRTUAL
    assert Contact.objects.get(pk=make_contact(phone="15412345679")).carrier == Carrier.BROADNET
    assert Contact.objects.get(pk=make_contact(phone="15412350001")).carrier == Carrier.UNICOM
    prefixes.use_shipped()
    assert prefixes.table() is shipped()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n154,移动\n",
        "prefix,carrier\n154,nobody\n",
        "prefix,carrier\n154,移动\n15,移动\n",
        "prefix,carrier\n154,移动\n155\n",
        "prefix,carrier,kind\n154,移动,玩具\n",
        'prefix,carrier\n"154\n移动',
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"prefixes\.unreadable"):
        prefixes.replace(_file(tmp_path, text), drawn_up=DAY, source="test")
    assert prefixes.table() is shipped()


def test_another_encoding_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"prefixes\.unreadable"):
        prefixes.replace(_file(tmp_path, "号段,运营商\n154,广电\n", "gbk"), drawn_up=DAY, source="test")
