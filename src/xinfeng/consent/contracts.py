"""Agreements under which partners pass on personal data (PIPL, Art 23; 网络数据安全管理条例, Art 12).

A contract is filed with its file, kept and digested, and ended with a reason; it is never changed or deleted, because
imports lean on it and records of data that was passed on are kept for three years and more.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db import transaction

from xinfeng.consent.exhibits import Exhibitor, Reference
from xinfeng.consent.ledger import IMPORT_PREFIX
from xinfeng.consent.models import SharingContract
from xinfeng.consent.purposes import check
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

LARGEST_FILE = 30 << 20
LONGEST_PARTNER = 32
"""With `partner:` before it, it becomes a tag."""
LONGEST_NUMBER = 60
LONGEST_TITLE = 120
LONGEST_SCOPE = 5_000
EVIDENCE_MARK = ": "
"""Stands in evidence between the contract's number and the partner's own reference."""
WARN_DAYS = 30
"""A contract that ends within so many days is shown as ending soon."""

_is_field = re.compile(r"[a-z_]{1,30}|attr:[a-z][a-z0-9_]{0,39}").fullmatch
_PIECE = 1 << 16


class ContractState(StrEnum):
    PLANNED = "planned"
    IN_FORCE = "in_force"
    ENDING_SOON = "ending_soon"
    EXPIRED = "expired"
    ENDED = "ended"


USABLE = (ContractState.IN_FORCE, ContractState.ENDING_SOON)


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What a contract says. `scope`: whose data, and what for, in words; `fields` as in `intake.mapping`; the days
    are the enterprise's, both inclusive."""

    partner: str
    title: str
    number: str
    scope: str
    purposes: Sequence[str]
    fields: Sequence[str]
    starts_on: date
    ends_on: date


def file_contract(
    terms: ContractTerms, chunks: Iterable[bytes], *, file_name: str, actor: str, now: datetime
) -> SharingContract:
    """Keep a signed contract and its file.

    Raises InvalidInput: `contract.incomplete` (missing), `contract.too_long` (field, longest), `contract.term`,
    `contract.field` (field), `consent.purpose`, `file.empty`, `file.too_large`; Conflict `contract.exists` (number).
    Then nothing is kept.
    """
    terms = _checked(terms)
    folder = xinfeng_settings.load().uploads / "contracts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{secrets.token_hex(16)}.contract"
    try:
        digest = _store(chunks, path)
        with transaction.atomic():
            if SharingContract.objects.filter(number=terms.number).exists():
                raise Conflict("contract.exists", number=terms.number)
            contract = SharingContract.objects.create(
                partner=terms.partner,
                title=terms.title,
                number=terms.number,
                scope=terms.scope,
                purposes=list(terms.purposes),
                fields=list(terms.fields),
                starts_on=terms.starts_on,
                ends_on=terms.ends_on,
                file_name=Path(file_name.replace("\x00", "")).name[:255] or "contract",
                file_path=str(path),
                file_digest=digest,
                created_by=actor,
            )
            audit.record(
                actor=actor, action="contract.file", kind="contract", subject=contract.pk, number=terms.number
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return contract


def end_contract(contract_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Nothing more is imported under it from now on.

    Raises InvalidInput `contract.no_reason`, NotFound `contract.unknown`, Conflict `contract.ended_already`.
    """
    if not reason.strip():
        raise InvalidInput("contract.no_reason")
    with transaction.atomic():
        contract = SharingContract.objects.select_for_update().filter(pk=contract_id).first()
        if contract is None:
            raise NotFound("contract.unknown", id=contract_id)
        if contract.ended_at is not None:
            raise Conflict("contract.ended_already", number=contract.number)
        contract.ended_at, contract.ended_by, contract.ended_reason = now, actor, reason.strip()[:200]
        contract.save(update_fields=["ended_at", "ended_by", "ended_reason"])
        audit.record(
            actor=actor,
            action="contract.end",
            kind="contract",
            subject=contract_id,
            reason=reason.strip()[:200],
        )


def contract_of(contract_id: int) -> SharingContract:
    """Raises NotFound `contract.unknown`."""
    contract = SharingContract.objects.filter(pk=contract_id).first()
    if contract is None:
        raise NotFound("contract.unknown", id=contract_id)
    return contract


def contract_numbered(number: str) -> SharingContract:
    """Raises NotFound `contract.unknown`."""
    contract = SharingContract.objects.filter(number=number.strip()[:LONGEST_NUMBER]).first()
    if contract is None:
        raise NotFound("contract.unknown", number=number[:LONGEST_NUMBER])
    return contract


def contract_in_force(contract_id: int, day: date) -> SharingContract:
    """The contract, if data may be taken in under it on `day`.

    Raises NotFound `contract.unknown`, Conflict `contract.not_in_force` (number, state).
    """
    contract = contract_of(contract_id)
    state = state_of(contract, day)
    if state not in USABLE:
        raise Conflict("contract.not_in_force", number=contract.number, state=state.value)
    return contract


def state_of(contract: SharingContract, day: date) -> ContractState:
    """Where a contract stands on a day."""
    if contract.ended_at is not None:
        return ContractState.ENDED
    if day < contract.starts_on:
        return ContractState.PLANNED
    if day > contract.ends_on:
        return ContractState.EXPIRED
    soon = contract.ends_on - day <= timedelta(days=WARN_DAYS)
    return ContractState.ENDING_SOON if soon else ContractState.IN_FORCE


def contracts() -> list[SharingContract]:
    """All of them, the latest first."""
    return list(SharingContract.objects.order_by("-pk"))


def usable(day: date) -> list[SharingContract]:
    """Those under which data may be taken in on `day`, by partner."""
    return list(
        SharingContract.objects.filter(ended_at=None, starts_on__lte=day, ends_on__gte=day).order_by(
            "partner", "number"
        )
    )


def ending_soon(day: date) -> list[SharingContract]:
    """Those in force that end within WARN_DAYS, the first to end first."""
    last = day + timedelta(days=WARN_DAYS)
    return sorted((one for one in usable(day) if one.ends_on <= last), key=lambda one: one.ends_on)


def read_file(contract: SharingContract, *, actor: str) -> Iterator[bytes]:
    """The contract's file as it was filed. Raises NotFound `contract.file_gone`, Conflict `contract.file_changed`."""
    path = Path(contract.file_path)
    if not path.is_file():
        raise NotFound("contract.file_gone", number=contract.number)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").digest() != bytes(contract.file_digest):
            raise Conflict("contract.file_changed", number=contract.number)
    audit.record(actor=actor, action="contract.read", kind="contract", subject=contract.pk)
    return _pieces(path)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _checked(terms: ContractTerms) -> ContractTerms:
    words = {
        "partner": (terms.partner, LONGEST_PARTNER),
        "title": (terms.title, LONGEST_TITLE),
        "number": (terms.number, LONGEST_NUMBER),
        "scope": (terms.scope, LONGEST_SCOPE),
    }
    tidy = {}
    for name, (value, longest) in words.items():
        value = value.strip() if name == "scope" else " ".join(value.split())
        if not value:
            raise InvalidInput("contract.incomplete", missing=name)
        if len(value) > longest or "\x00" in value:
            raise InvalidInput("contract.too_long", field=name, longest=longest)
        tidy[name] = value
    if terms.ends_on < terms.starts_on:
        raise InvalidInput("contract.term")
    purposes = list(dict.fromkeys(check(one) for one in terms.purposes))
    fields = list(dict.fromkeys(terms.fields))
    for name, listed in (("purposes", purposes), ("fields", fields)):
        if not listed:
            raise InvalidInput("contract.incomplete", missing=name)
    for field in fields:
        if not _is_field(field):
            raise InvalidInput("contract.field", field=field[:60])
    return ContractTerms(
        **tidy, purposes=purposes, fields=fields, starts_on=terms.starts_on, ends_on=terms.ends_on
    )


def _store(chunks: Iterable[bytes], path: Path) -> bytes:
    digest = hashlib.sha256()
    size = 0
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_FILE:
                raise InvalidInput("file.too_large", at_most=LARGEST_FILE)
            digest.update(chunk)
            file.write(chunk)
    if size == 0:
        raise InvalidInput("file.empty")
    return digest.digest()


def number_in(evidence: str) -> str:
    """The contract number that evidence begins with, "" if it begins with none."""
    number, colon, _ = evidence.partition(EVIDENCE_MARK)
    return number if colon else ""


def _show(references: Sequence[Reference]) -> Iterator[Mapping[str, Any]]:
    by_number: dict[str, list[int]] = {}
    for one in references:
        if number := number_in(one.evidence):
            by_number.setdefault(number, []).append(one.seq)
    for contract in SharingContract.objects.filter(number__in=by_number).order_by("pk"):
        for seq in by_number[contract.number]:
            yield {
                "seq": seq,
                "contract": contract.number,
                "partner": contract.partner,
                "title": contract.title,
                "starts_on": contract.starts_on.isoformat(),
                "ends_on": contract.ends_on.isoformat(),
                "file_sha256": bytes(contract.file_digest).hex(),
            }


CONTRACTS = Exhibitor("contracts", IMPORT_PREFIX, _show)
"""What evidence that begins with a contract's number refers to; the file itself is named by its digest."""
