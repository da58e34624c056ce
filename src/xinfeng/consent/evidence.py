"""What may stand as evidence in the ledger: a reference to where the proof lies, never who it is about.

An entry is kept when a person is erased, so its evidence must not say who she is: no phone number, no identity card
number, no e-mail address. Doors check what they are given; the proof itself stays where it can be erased.
"""

from __future__ import annotations

import re

from xinfeng.kernel.errors import InvalidInput

_looks_like_a_number = re.compile(r"(?<!\d)(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)").search
_looks_like_mail = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+").search
_cards = re.compile(
    r"(?<!\d)\d{6}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
).findall
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def check_reference(text: str) -> str:
    """The evidence as given. Raises InvalidInput `consent.evidence_identifies` (kind: phone, mail, card)."""
    if _looks_like_a_number(text):
        raise InvalidInput("consent.evidence_identifies", kind="phone")
    if "@" in text and _looks_like_mail(text):
        raise InvalidInput("consent.evidence_identifies", kind="mail")
    if any(map(_is_card, _cards(text))):
        raise InvalidInput("consent.evidence_identifies", kind="card")
    return text


def _is_card(number: str) -> bool:
    """A resident identity card number by its check digit (GB 11643); order numbers of that length are let be."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECK[total % 11] == number[-1].upper()
