"""One 5G message on its way: the finished objects of the GSMA, the SMS it falls back to, and the words of its fate."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from xinfeng.protocols.maap.messages import RichMessage, gsma_chips, gsma_message

RICH = 0x201
"""`coding` of a SubmitItem whose content is a `Parcel`, packed."""

LARGEST_BATCH = 100
"""Numbers in one request (China Mobile's document; the other names none)."""

DELIVERED = "DELIVRD"
DISPLAYED = "DISPLAYED"
"""The handset showed it: read, as far as a carrier can know."""
FALLEN_BACK = "FALLBACK"
"""The platform handed the SMS to the SMS centre; whether that arrived is not told."""
SENT = "ACCEPTD"
REVOKED = "REVOKED"


class Parcel(NamedTuple):
    """`sms` empty: nothing to fall back to. `traffic`: advertisement, payment, premium or subscription."""

    message: dict[str, Any]
    chips: dict[str, Any] | None
    sms: str
    traffic: str = "advertisement"

    def pack(self) -> bytes:
        """As the content of a SubmitItem."""
        return json.dumps(self, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @classmethod
    def unpack(cls, content: bytes) -> Parcel:
        return cls(*json.loads(content))


def parcel_of(message: RichMessage, *, sms: str, traffic: str = "advertisement") -> Parcel:
    """A finished message, ready to be sent."""
    return Parcel(gsma_message(message), gsma_chips(message), sms, traffic)


def tel(number: str) -> str:
    """A number as the platforms write it."""
    return f"tel:+86{number}"


def handset(*addresses: str) -> str:
    """The first that is a mainland mobile; else the first that is a number at all. Documents differ in which field of a
    push is the reader and which the chatbot."""
    numbers = [number for one in addresses if (number := bare(one))]
    return next((one for one in numbers if _is_mobile(one)), numbers[0] if numbers else "")


_is_mobile = re.compile(r"1[3-9][0-9]{9}").fullmatch


def bare(address: str) -> str:
    """The number in `tel:+86…`, `+86…` or a bare number; empty for what is none."""
    number = address.removeprefix("tel:").removeprefix("sip:").partition("@")[0].removeprefix("+86")
    return number if number.lstrip("+").isdigit() and len(number) <= 21 else ""
