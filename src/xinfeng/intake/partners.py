"""Imports of what a partner passes on: only under a contract in force, only what it covers, with a proof for each row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from xinfeng.consent.contracts import contract_in_force
from xinfeng.consent.models import SharingContract
from xinfeng.intake import mapping as mapping_rules
from xinfeng.intake.claims import ConsentClaim
from xinfeng.intake.mapping import OPTED_OUT, SKIP
from xinfeng.kernel.errors import InvalidInput

TAG_PREFIX = "partner:"
PROOF = "consent_evidence"


def check_partner(
    contract_id: int, *, mapping: Mapping[str, str], claim: ConsentClaim | None, day: date
) -> SharingContract:
    """The contract, if a file with these columns and this claim may be taken in under it.

    Raises what `contract_in_force` raises, and InvalidInput: `partner.no_claim`, `partner.purpose` (number, purpose),
    `partner.no_proof_column`, `partner.fields` (number, columns: those it doesn't cover).
    """
    contract = contract_in_force(contract_id, day)
    if claim is None:
        raise InvalidInput("partner.no_claim")
    if claim.purpose not in contract.purposes:
        raise InvalidInput("partner.purpose", number=contract.number, purpose=claim.purpose)
    if PROOF not in mapping.values():
        raise InvalidInput("partner.no_proof_column")
    uncovered = [column for column, field in mapping.items() if not _covers(contract, column, field)]
    if uncovered:
        raise InvalidInput("partner.fields", number=contract.number, columns=uncovered[:20])
    return contract


def _covers(contract: SharingContract, column: str, field: str) -> bool:
    """What is said about consent is the proof the contract asks for; everything else must be listed."""
    if field in (SKIP, OPTED_OUT) or field.startswith("consent_"):
        return True
    if field.startswith("new:"):
        field = f"attr:{mapping_rules.attribute_key(column)}"
    return field in contract.fields


def tag_of(contract: SharingContract) -> str:
    """The source tag on everybody who came from this partner."""
    return TAG_PREFIX + contract.partner
