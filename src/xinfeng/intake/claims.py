"""What an importer claims about consent, for a whole file or row by row.

A claim is a legal statement: who agreed, to what, where, when, in which wording, and what proves it (PIPL art. 14
and 17; the sender must be able to hand the proof over). No claim: contacts without consent; they are kept, and
nobody can write to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from xinfeng.consent.contracts import EVIDENCE_MARK
from xinfeng.consent.evidence import check_reference
from xinfeng.consent.ledger import IMPORT_PREFIX
from xinfeng.consent.purposes import check
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.purposes import MESSAGE_PURPOSES

LONGEST_SOURCE = 80 - len(IMPORT_PREFIX)
LONGEST_EVIDENCE = 500


@dataclass(frozen=True, slots=True)
class ConsentClaim:
    """Everything but the purpose may be left to columns of the file, which go before the batch's words.

    `source`: where they agreed ("门店入会表"); `given_at`: when; `evidence`: what proves it ("档案 2025-A-17").
    `notice_key` and `notice_version` name the published wording they agreed to.
    """

    purpose: str
    source: str = ""
    notice_key: str = ""
    notice_version: str = ""
    given_at: datetime | None = None
    evidence: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"given_at": self.given_at.isoformat() if self.given_at else None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ConsentClaim:
        given_at = value.get("given_at")
        return cls(**{**value, "given_at": datetime.fromisoformat(given_at) if given_at else None})


class RowClaim(NamedTuple):
    """What the columns of one row say about consent; None where they say nothing."""

    granted: bool | None = None
    at: datetime | None = None
    source: str | None = None
    evidence: str | None = None
    notice: str | None = None


class Refusal(NamedTuple):
    """That somebody said no, as a file tells: `at` None where it doesn't tell when."""

    purposes: tuple[str, ...]
    at: datetime | None
    source: str
    evidence: str


def refusal(claim: ConsentClaim | None, *, at: datetime | None, source: str) -> Refusal:
    """What a row amounts to whose person has opted out: a no to marketing, and to what the file claims of the others.

    It needs no claim and no proof: a no holds without them. `source`: where the file is from, at most
    `LONGEST_SOURCE` characters, for where no claim names one.
    """
    purposes = [one for one in MESSAGE_PURPOSES if one == "marketing" or (claim and one == claim.purpose)]
    stated = claim.source if claim and claim.source else source
    return Refusal(tuple(purposes), at, IMPORT_PREFIX + stated, claim.evidence if claim else "")


class Grant(NamedTuple):
    """A complete claim for one contact."""

    purpose: str
    at: datetime
    source: str
    evidence: str
    notice_id: int | None


def check_claim(claim: ConsentClaim, *, columns: frozenset[str], now: datetime) -> None:
    """Refuse a claim that would leave rows incomplete; `columns` are the consent fields the file has.

    Raises InvalidInput: `consent.purpose`, `consent.incomplete` (missing), `consent.time_in_future`,
    `consent.too_long` (field), `consent.evidence_identifies`.
    """
    check(claim.purpose)
    given = {"consent_at": claim.given_at, "consent_source": claim.source, "consent_evidence": claim.evidence}
    missing = [name for name, value in given.items() if not value and name not in columns]
    if missing:
        raise InvalidInput("consent.incomplete", missing=missing)
    if claim.given_at is not None and claim.given_at > now:
        raise InvalidInput("consent.time_in_future")
    if len(claim.source) > LONGEST_SOURCE:
        raise InvalidInput("consent.too_long", field="consent_source", longest=LONGEST_SOURCE)
    if len(claim.evidence) > LONGEST_EVIDENCE:
        raise InvalidInput("consent.too_long", field="consent_evidence", longest=LONGEST_EVIDENCE)
    check_reference(claim.evidence)
    if bool(claim.notice_key) != bool(claim.notice_version):
        raise InvalidInput("consent.incomplete", missing=["consent_notice"])


def settle(
    claim: ConsentClaim, row: RowClaim, *, notices: Mapping[str, int], now: datetime, contract: str = ""
) -> Grant | None:
    """The grant a row amounts to; None if the row says the person did not agree.

    `contract`: the number of the agreement under which a partner passes the row on. Then the row must carry a proof
    of its own (else `partner.no_proof`), and the evidence begins with the number.

    `notices`: ids of the published wordings for this purpose, by `key version`. Raises InvalidInput as
    `check_claim` does, and `consent.notice_unknown`; a row whose own words are incomplete is a bad row.
    """
    if contract and not row.evidence:
        raise InvalidInput("partner.no_proof")
    if row.granted is False:
        return None
    at = row.at or claim.given_at
    source = row.source or claim.source
    evidence = row.evidence or claim.evidence
    if contract and row.evidence:
        evidence = contract + EVIDENCE_MARK + row.evidence
    if at is None or not source or not evidence:
        given = {"consent_at": at, "consent_source": source, "consent_evidence": evidence}
        raise InvalidInput("consent.incomplete", missing=[name for name, value in given.items() if not value])
    if at > now:
        raise InvalidInput("consent.time_in_future")
    if len(source) > LONGEST_SOURCE:
        raise InvalidInput("consent.too_long", field="consent_source", longest=LONGEST_SOURCE)
    if len(evidence) > LONGEST_EVIDENCE:
        raise InvalidInput("consent.too_long", field="consent_evidence", longest=LONGEST_EVIDENCE)
    check_reference(evidence)
    notice = _notice(claim, row.notice)
    if notice and notice not in notices:
        raise InvalidInput("consent.notice_unknown")
    return Grant(claim.purpose, at, IMPORT_PREFIX + source, evidence, notices.get(notice))


def _notice(claim: ConsentClaim, stated: str | None) -> str:
    if not stated:
        return f"{claim.notice_key} {claim.notice_version}".strip()
    return stated if " " in stated or not claim.notice_key else f"{claim.notice_key} {stated}"
