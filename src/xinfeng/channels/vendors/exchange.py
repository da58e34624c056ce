"""What a line must know of a vendor: what fits into one request, how it is written, and what an answer says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from xinfeng.channels.models import RICH_KINDS, ChannelKind
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.protocols import aliyun, tencent
from xinfeng.protocols.aliyun import codes as aliyun_codes
from xinfeng.protocols.tencent import codes as tencent_codes
from xinfeng.protocols.traffic import SubmitItem
from xinfeng.protocols.vendor import HttpRequest, Sent, Templated, carrier_id


class Opening(Protocol):
    """What an account needs before it can ask for anything: a token, fetched over a line and shared by all."""

    @property
    def done(self) -> bool:
        """Whether requests can be made at present."""

    def ask(self, now: datetime) -> HttpRequest | None:
        """The request for what is missing; None where nothing is, or another line has just asked."""

    def heard(self, status: int, body: bytes) -> None:
        """The answer to it. Raises RemoteProtocolError; `vendor_code` in it: the account was refused."""

    def unheard(self) -> None:
        """There will be no answer."""

    def is_over(self, code: str, ours: str) -> bool:
        """Whether a request was refused with this code because what was fetched no longer holds; forgets it then."""


class Exchange(Protocol):
    """One account's way of asking. `opening` None: requests need nothing but the account's secret; `largest`: numbers in
    one request."""

    opening: Opening | None
    largest: int

    def key(self, item: SubmitItem) -> bytes:
        """The same for items that one request can be about, if their numbers differ."""

    def request(self, items: Sequence[SubmitItem], *, ours: str, now: datetime, nonce: str) -> HttpRequest:
        """The request. Raises LocalProtocolError for items it can't be made of."""

    def read(self, status: int, body: bytes, numbers: Sequence[str], *, ours: str) -> list[Sent]:
        """What became of each number. Raises RemoteProtocolError for an answer that says nothing definite."""

    def kept(self, reference: str, number: str) -> bytes:
        """What a receipt about this number will be found by."""

    def is_about_one(self, code: str) -> bool:
        """Whether the refusal of a whole request may be about a single number in it."""

    def is_about_account(self, code: str) -> bool:
        """Whether no request of this account will fare better until somebody has put something right."""


def kept(kind: str, reference: str, number: str) -> bytes:
    """What an accepted number is kept under and its receipt found by, at a vendor of this kind. The reference of Alibaba
    Cloud and of the 5G platforms stands for a whole request; a keyed digest tells its numbers apart and says nothing of
    them to whoever lacks the key."""
    if kind != ChannelKind.ALIYUN and kind not in RICH_KINDS:
        return carrier_id(reference, b"")
    try:
        bare = parse_mainland(number)
    except InvalidInput:
        bare = number
    return carrier_id(reference, vault().phone_index(bare))


def templated(item: SubmitItem) -> Templated:
    """What an item says."""
    return Templated.unpack(item[1])


_code = re.compile(rb'\["(?:[^"\\]|\\.)*"').match
"""The code of a `Templated`, packed."""


class AliyunExchange:
    """A request is about one template; signature and values may differ from number to number."""

    opening: Opening | None = None
    largest = aliyun.LARGEST_BATCH

    def __init__(self, who: aliyun.Credentials, *, extension: str) -> None:
        self._who = who
        self._extension = extension

    def key(self, item: SubmitItem) -> bytes:
        found = _code(item[1])
        return found[0] if found else item[1]

    def request(self, items: Sequence[SubmitItem], *, ours: str, now: datetime, nonce: str) -> HttpRequest:
        texts = [(item[0], templated(item)) for item in items]
        return aliyun.send(self._who, texts, extension=self._extension, ours=ours, now=now, nonce=nonce)

    def read(self, status: int, body: bytes, numbers: Sequence[str], *, ours: str) -> list[Sent]:
        return aliyun.read_send(status, body, numbers)

    def kept(self, reference: str, number: str) -> bytes:
        return kept(ChannelKind.ALIYUN, reference, number)

    def is_about_one(self, code: str) -> bool:
        return aliyun_codes.is_about_one(code)

    def is_about_account(self, code: str) -> bool:
        return aliyun_codes.is_about_account(code)


class TencentExchange:
    """A request is about one text to many numbers: template, signature and values are the same for all."""

    opening: Opening | None = None
    largest = tencent.LARGEST_BATCH

    def __init__(self, who: tencent.Credentials, *, extension: str) -> None:
        self._who = who
        self._extension = extension

    def key(self, item: SubmitItem) -> bytes:
        return item[1]

    def request(self, items: Sequence[SubmitItem], *, ours: str, now: datetime, nonce: str) -> HttpRequest:
        numbers, text = [item[0] for item in items], templated(items[0])
        return tencent.send(self._who, numbers, text, extension=self._extension, ours=ours, now=now)

    def read(self, status: int, body: bytes, numbers: Sequence[str], *, ours: str) -> list[Sent]:
        return tencent.read_send(status, body, numbers)

    def kept(self, reference: str, number: str) -> bytes:
        return kept(ChannelKind.TENCENT, reference, number)

    def is_about_one(self, code: str) -> bool:
        return tencent_codes.is_about_one(code)

    def is_about_account(self, code: str) -> bool:
        return tencent_codes.is_about_account(code)
