"""What every provider is: questions about numbers, answered one by one, or refused as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cryptography.hazmat.primitives import hashes

from xinfeng.hygiene.states import Answer
from xinfeng.kernel.errors import ProviderFailure


class Question(StrEnum):
    """What can be asked about a number: how it fares, who serves it, whether it was given to somebody else since."""

    STATUS = "status"
    CARRIER = "carrier"
    REASSIGNED = "reassigned"


@dataclass(frozen=True, slots=True)
class Asked:
    """A bare number, and since when it has been hers as far as we know (REASSIGNED only)."""

    number: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came back for one number: `code` is the provider's own word. No `answer`: `fault` says why not."""

    answer: Answer | None
    code: str = ""
    fault: str = ""


UNANSWERED = Result(None, "", "missing")
"""The provider left this number out of its reply."""


class LookupFailure(ProviderFailure):
    """The whole call failed. `untouched`: the provider has certainly not looked at any number, so nothing can have
    been charged and the same numbers may be asked about again.

    Codes: `lookup.unreachable`, `lookup.private_address`, `lookup.throttled`, `lookup.unavailable`,
    `lookup.no_balance`, `lookup.unauthorized`, `lookup.rejected`, `lookup.timeout`, `lookup.garbled`.
    """

    def __init__(self, code: str, /, *, untouched: bool, retryable: bool, **params: object) -> None:
        super().__init__(code, retryable=retryable, **params)
        self.untouched = untouched


class Provider(Protocol):
    """`ask` gives one result for each number, in their order; raises LookupFailure. `batch`: so many at once."""

    @property
    def batch(self) -> int: ...
    @property
    def questions(self) -> frozenset[Question]: ...
    def ask(self, question: Question, numbers: Sequence[Asked]) -> list[Result]: ...


def disguised(number: str, form: str) -> str:
    """The number as a vendor wants it: `plain`, or its lowercase hex digest by `md5`, `sha256` or `sm3`."""
    if form == "plain":
        return number
    if form == "md5":
        return hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()
    if form == "sha256":
        return hashlib.sha256(number.encode()).hexdigest()
    digest = hashes.Hash(hashes.SM3())
    digest.update(number.encode())
    return digest.finalize().hex()
