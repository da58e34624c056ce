"""Contracts with partners: filed with their file, ended with a reason, in force on days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.factories import NOW

from xinfeng.consent import contracts
from xinfeng.consent.contracts import ContractState, ContractTerms
from xinfeng.consent.models import SharingContract
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, XinfengError

TODAY = date(2026, 11, 20)
TERMS = ContractTerms(
    partner="晨光文具",
    title="会员联合营销数据共享协议",
    number="XF-2026-017",
    scope="双方共同会员，联合促销",
    purposes=["marketing"],
    fields=["phone", "name"],
    starts_on=date(2026, 1, 1),
    ends_on=date(2026, 12, 31),
)


def file(terms: ContractTerms = TERMS, chunks: Iterable[bytes] = (b"%PDF-", b"1.7")) -> SharingContract:
    return contracts.file_contract(terms, chunks, file_name="../合同.pdf", actor="li", now=NOW)


def kept() -> list[Path]:
    return sorted((xinfeng_settings.load().uploads / "contracts").glob("*"))


def test_the_file_is_kept_and_read_again_as_it_was(db: None) -> None:
    contract = file()
    assert contract.file_name == "合同.pdf"
    assert Path(contract.file_path).stat().st_mode & 0o777 == 0o600
    assert b"".join(contracts.read_file(contract, actor="wang")) == b"%PDF-1.7"
    assert AuditEntry.objects.filter(action="contract.read", actor="wang").count() == 1


def test_a_file_that_was_changed_or_lost_is_told(db: None) -> None:
    contract = file()
    Path(contract.file_path).write_bytes(b"%PDF-1.8")
    with pytest.raises(Conflict, match="file_changed"):
        contracts.read_file(contract, actor="li")
    Path(contract.file_path).unlink()
    with pytest.raises(NotFound):
        contracts.read_file(contract, actor="li")


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2025, 12, 31), ContractState.PLANNED),
        (date(2026, 1, 1), ContractState.IN_FORCE),
        (date(2026, 11, 30), ContractState.IN_FORCE),
        (date(2026, 12, 1), ContractState.ENDING_SOON),
        (date(2026, 12, 31), ContractState.ENDING_SOON),
        (date(2027, 1, 1), ContractState.EXPIRED),
    ],
)
def test_a_contract_is_in_force_on_its_days(db: None, day: date, state: ContractState) -> None:
    contract = file()
    assert contracts.state_of(contract, day) == state
    usable = state in contracts.USABLE
    assert (contracts.usable(day) == [contract]) == usable
    assert (contracts.ending_soon(day) == [contract]) == (state == ContractState.ENDING_SOON)
    if usable:
        assert contracts.contract_in_force(contract.pk, day) == contract
    else:
        with pytest.raises(Conflict, match="not_in_force") as caught:
            contracts.contract_in_force(contract.pk, day)
        assert caught.value.params == {"number": "XF-2026-017", "state": state.value}


def test_ending_needs_a_reason_and_happens_once(db: None) -> None:
    contract = file()
    with pytest.raises(InvalidInput):
        contracts.end_contract(contract.pk, reason=" ", actor="li", now=NOW)
    contracts.end_contract(contract.pk, reason="对方停止合作", actor="li", now=NOW)
    with pytest.raises(Conflict, match="ended_already"):
        contracts.end_contract(contract.pk, reason="再一次", actor="li", now=NOW)
    with pytest.raises(Conflict, match="not_in_force"):
        contracts.contract_in_force(contract.pk, TODAY)
    assert contracts.usable(TODAY) == []
    with pytest.raises(NotFound):
        contracts.end_contract(contract.pk + 1, reason="x", actor="li", now=NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"partner": " "}, "contract.incomplete"),
        ({"scope": ""}, "contract.incomplete"),
        ({"purposes": []}, "contract.incomplete"),
        ({"fields": []}, "contract.incomplete"),
        ({"partner": "长" * 33}, "contract.too_long"),
        ({"number": "a\x00"}, "contract.too_long"),
        ({"ends_on": TERMS.starts_on - timedelta(days=1)}, "contract.term"),
        ({"purposes": ["anything"]}, "consent.purpose"),
        ({"fields": ["phone", "attr:x'--"]}, "contract.field"),
    ],
)
def test_contracts_that_cannot_be_filed_leave_nothing(db: None, change: dict[str, object], code: str) -> None:
    before = kept()
    with pytest.raises(InvalidInput) as caught:
        file(replace(TERMS, **change))  # type: ignore[arg-type]
    assert caught.value.code == code
    assert kept() == before


@pytest.mark.parametrize(
    ("chunks", "code"), [([], "file.empty"), ([b"x" * (1 << 20)] * 31, "file.too_large")]
)
def test_files_that_cannot_be_kept_leave_nothing(db: None, chunks: list[bytes], code: str) -> None:
    before = kept()
    with pytest.raises(InvalidInput) as caught:
        file(chunks=chunks)
    assert caught.value.code == code
    assert kept() == before


def test_a_number_is_filed_once(db: None) -> None:
    file()
    before = kept()
    with pytest.raises(XinfengError, match="exists"):
        file()
    assert kept() == before
