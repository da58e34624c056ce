"""Province and city by a number's first seven digits: approximate, replaceable, overruled by what is stated."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import NOW

from xinfeng.contacts import regions
from xinfeng.contacts.actions import add_contact, edit_contact
from xinfeng.contacts.enriching import enrich
from xinfeng.contacts.models import Contact
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.regions import Region, region_of
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import InvalidInput

BEIJING, URUMQI, NOWHERE = "13800138000", "13900000000", "19999999999"


@pytest.fixture(autouse=True)
def shipped() -> Iterator[None]:
    yield
    regions.use_shipped()


def put(*records: ContactRecord) -> list[str]:
    with bulk_transaction() as raw:
        return [one.change for one in upsert_contacts(raw, records, actor="li", now=NOW)]


def place() -> tuple[str | None, str | None, bool]:
    one = Contact.objects.get()
    return one.province, one.city, one.region_guessed


def test_the_table_knows_where_it_is_from() -> None:
    table = regions.table()
    assert table.drawn_up == date(2023, 12, 31) and "phone.dat" in table.source
    assert table.prefixes() > 490_000
    assert region_of(BEIJING) == Region("北京", "北京")
    assert region_of(NOWHERE) is None


@given(st.from_regex(r"1[0-9]{10}", fullmatch=True))
def test_any_number_has_a_region_or_none(number: str) -> None:
    region = region_of(number)
    assert region is None or (region.province and region.city)


def test_a_new_contact_is_placed_by_her_number_and_marked(db: None) -> None:
    put(ContactRecord(phone=BEIJING))
    assert place() == ("北京", "北京", True)


def test_nothing_is_guessed_for_a_number_nobody_placed(db: None) -> None:
    put(ContactRecord(phone=NOWHERE))
    assert place() == (None, None, False)


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ({"province": "上海", "city": "上海"}, ("上海", "上海", False)),
        ({"province": "上海"}, ("上海", None, False)),
        ({"city": "北京"}, ("北京", "北京", False)),
        ({"city": "深圳"}, (None, "深圳", False)),
        ({"name": "王明"}, ("北京", "北京", True)),
    ],
)
def test_what_is_stated_takes_the_place_of_a_guess(
    db: None, stated: dict[str, str], kept: tuple[str | None, str | None, bool]
) -> None:
    put(ContactRecord(phone=BEIJING))
    put(ContactRecord(phone=BEIJING, **stated))  # type: ignore[arg-type]
    assert place() == kept
    contact = Contact.objects.get()
    Contact.objects.all().delete()
    edited = add_contact(ContactRecord(phone=BEIJING), source_tags=(), actor="li", now=NOW)
    edit_contact(edited, ContactRecord(**stated), actor="li", now=NOW)  # type: ignore[arg-type]
    assert place() == kept == (contact.province, contact.city, contact.region_guessed)


def test_a_guess_never_takes_the_place_of_what_is_stated(db: None) -> None:
    put(ContactRecord(phone=BEIJING, external_id="M1", city="深圳"))
    assert place() == (None, "深圳", False)
    assert put(ContactRecord(phone=BEIJING)) == ["same"]
    put(ContactRecord(phone=URUMQI, external_id="M1"))
    assert place() == (None, "深圳", False)


def test_a_guess_follows_the_number(db: None) -> None:
    put(ContactRecord(phone=BEIJING, external_id="M1"))
    put(ContactRecord(phone=URUMQI, external_id="M1"))
    assert place() == ("新疆", "乌鲁木齐", True)
    edit_contact(Contact.objects.get().pk, ContactRecord(phone=BEIJING), actor="li", now=NOW)
    assert place() == ("北京", "北京", True)
    put(ContactRecord(phone=NOWHERE, external_id="M1"))
    assert place() == (None, None, False)


def test_a_guess_that_was_there_is_the_same_again(db: None) -> None:
    assert put(ContactRecord(phone=BEIJING)) == ["new"]
    assert put(ContactRecord(phone=BEIJING)) == ["same"]


def test_enriching_fills_what_is_empty_and_nothing_else(db: None) -> None:
    put(
        ContactRecord(phone=BEIJING),
        ContactRecord(phone=URUMQI, city="深圳"),
        ContactRecord(external_id="M1"),
    )
    Contact.objects.filter(province="北京").update(province=None, city=None, region_guessed=False)
    assert enrich(actor="li", now=NOW) == 1
    assert enrich(actor="li", now=NOW) == 0
    placed = Contact.objects.order_by("id").values_list("province", "city", "region_guessed")
    assert list(placed) == [("北京", "北京", True), (None, "深圳", False), (None, None, False)]


def test_the_table_can_be_replaced_and_guesses_made_again(db: None, tmp_path: Path) -> None:
    put(ContactRecord(phone=BEIJING))
    file = tmp_path / "own.csv"
    file.write_text("﻿号段,省份,城市\n1380013,广东省,深圳市\n\n1390000,上海市,上海市\n", encoding="utf-8")
    table = regions.replace(file, drawn_up=date(2026, 1, 1), source="工信部码号资源  2026")
    assert (table.prefixes(), table.source, table.drawn_up.year) == (2, "工信部码号资源 2026", 2026)
    assert region_of(BEIJING) == Region("广东", "深圳") and region_of(URUMQI) == Region("上海", "上海")
    assert enrich(actor="li", now=NOW) == 0
    assert enrich(actor="li", now=NOW, again=True) == 1
    assert place() == ("广东", "深圳", True)
    assert regions.use_shipped().prefixes() > 490_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b,c\n",
        "号段,省份,城市\n13800,北京,北京\n",
        "号段,省份,城市\n1380013\n",
        "号段,省份,城市\n1380013,,北京\n",
        "号段,省份,城市\n1380013,北京,\n",
        "号段,省份,城市\n1200013,北京,北京\n",
        "号段,省份,城市\n１３８００１３,北京,北京\n",
        "号段,省份,城市\n1380013,#codes,北京\n",
        "号段,省份,城市\n1380013,北\x00京,北京\n",
        "号段,省份,城市\n1380013," + "京" * 21 + ",北京\n",
    ],
)
def test_a_table_that_is_none_is_refused_and_the_old_one_stays(text: str, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        regions.replace(file, drawn_up=date(2026, 1, 1), source="x")
    assert caught.value.code == "regions.unreadable"
    assert region_of(BEIJING) == Region("北京", "北京")


def test_other_bytes_and_missing_sources_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_bytes("号段,省份,城市\n1380013,北京,北京\n".encode("gbk"))
    with pytest.raises(InvalidInput, match=r"regions\.unreadable"):
        regions.replace(file, drawn_up=date(2026, 1, 1), source="x")
    with pytest.raises(InvalidInput, match=r"regions\.source"):
        regions.replace(file, drawn_up=date(2026, 1, 1), source="  ")
