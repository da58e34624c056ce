"""Telecom's and Unicom's common platform interface (document V1.0.4): JSON over HTTP with an access token. Pure.

The chatbot's secrets are arguments of what needs them and stand in no repr, error or address. Statuses and codes: see
reference 9.2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.maap.messages import CARD, CHIPS, PLAIN, RESPONSE
from xinfeng.protocols.maap.parcel import (
    DELIVERED,
    DISPLAYED,
    FALLEN_BACK,
    REVOKED,
    SENT,
    Parcel,
    bare,
    handset,
    tel,
)
from xinfeng.protocols.vendor import HttpRequest, Sent, VendorReceipt, VendorReply, dump, load, objects, word

TAP = "\x1f"
"""Between the label of a tapped button and its data."""
TOKEN_EXPIRED = "42001"
BUSY = "-1"
UNKNOWN = "-2"
_REPORTS = ["sent", "delivered", "displayed", "failed", "deliveredToNetwork"]
LONGEST_SHOWN = 500
"""Characters of what is neither a text nor a tap."""
_STATS = {
    "sent": SENT,
    "delivered": DELIVERED,
    "displayed": DISPLAYED,
    "deliveredtonetwork": FALLEN_BACK,
    "revokeok": REVOKED,
}


@dataclass(frozen=True, slots=True)
class Chatbot:
    """An account. `host` as in the Host header; `address`: `sip:…@botplatform.rcs…`; `bare_token`: the header holds the
    token alone, as some platforms want it."""

    host: str
    address: str
    app_id: str
    app_key: str = field(repr=False)
    version: str = "v1"
    bare_token: bool = False

    @property
    def root(self) -> str:
        return f"/bot/{self.version}/{quote(self.address, safe='')}"


def ask_for_token(bot: Chatbot, *, now: datetime) -> HttpRequest:
    """Platforms allow about 2,000 of these a day; a token lives for two hours."""
    body = dump({"appId": bot.app_id, "appKey": bot.app_key}).encode()
    return _post(bot, "/accessToken", body, now=now)


def read_token(status: int, body: bytes) -> tuple[str, int]:
    """The token and its life in seconds. Raises RemoteProtocolError `vendor.refused` with `vendor_code`."""
    answer = _answer(status, body)
    token, code = word(answer, "accessToken", at_most=2000), word(answer, "errorCode")
    if code not in ("", "0") or not token:
        raise RemoteProtocolError("vendor.refused", vendor_code=code or "no_token")
    expires = word(answer, "expires")
    return token, int(expires) if expires.isdecimal() and len(expires) < 7 else 7200


def send(
    bot: Chatbot,
    token: str,
    numbers: Sequence[str],
    parcel: Parcel,
    *,
    message_id: str,
    now: datetime,
) -> HttpRequest:
    """The same message to all of these numbers of the mainland. `message_id` (a UUID) is ours and comes back in every
    report; it is also the conversation's."""
    contents: list[dict[str, Any]] = [
        {"contentType": CARD, "contentEncoding": "utf8", "contentText": parcel.message}
    ]
    if parcel.chips is not None:
        contents.append({"contentType": CHIPS, "contentEncoding": "utf8", "contentText": parcel.chips})
    body = {
        "messageId": message_id,
        "messageList": contents,
        "destinationAddress": [tel(number) for number in numbers],
        "senderAddress": bot.address,
        "conversationId": message_id,
        "contributionId": message_id,
        "serviceCapability": [{"capabilityId": "ChatbotSA", "version": '+g.gsma.rcs.botversion="#=1"'}],
        "trafficType": parcel.traffic,
        "smsSupported": bool(parcel.sms),
        "storeSupported": True,
        "imFormat": "IM",
        "reportRequest": _REPORTS,
    }
    if parcel.sms:
        body["smsContent"] = parcel.sms
    return _post(bot, "/messages", dump(body).encode("utf-8", "replace"), token=token, now=now)


def revoke(
    bot: Chatbot, token: str, numbers: Sequence[str], *, message_id: str, now: datetime
) -> HttpRequest:
    """Take back what no handset has fetched yet."""
    body = {
        "messageId": message_id,
        "destinationAddress": [tel(number) for number in numbers],
        "status": "RevokeRequested",
    }
    return _post(bot, "/revoke", dump(body).encode(), token=token, now=now)


def read_send(status: int, body: bytes, numbers: Sequence[str], *, message_id: str) -> list[Sent]:
    """What became of each number: one answer for all. Raises RemoteProtocolError for an answer that says nothing
    definite: then any of them may have been sent to."""
    if status == 401:
        return [Sent("", TOKEN_EXPIRED)] * len(numbers)
    if status == 429:
        return [Sent("", "HTTP.429")] * len(numbers)
    answer = _answer(status, body)
    code = word(answer, "errorCode", at_most=20)
    if code == "0":
        return [Sent(message_id, 0)] * len(numbers)
    if not code:
        return [Sent("", "vendor.no_code", known=False)] * len(numbers)
    return [Sent("", code, known=code != UNKNOWN)] * len(numbers)


def is_genuine(signature: str, *, token: str, timestamp: str, nonce: str) -> bool:
    """Whether a push comes from the platform: SHA-256 over the three in the order of their text."""
    return hmac.compare_digest(signed(token, timestamp, nonce).encode(), signature.lower().encode())


def signed(token: str, timestamp: str, nonce: str) -> str:
    """The signature of a push, in hexadecimal."""
    return hashlib.sha256("".join(sorted((token, timestamp, nonce))).encode()).hexdigest()


def read_receipts(told: Any) -> list[VendorReceipt]:
    """A push to `…/status`, as parsed JSON. What says neither a message nor a number is left out."""
    if not isinstance(told, Mapping):
        raise RemoteProtocolError("vendor.shape")
    found = []
    for entry in objects(told.get("deliveryInfoList") or []):
        reference = word(entry, "messageId", at_most=64)
        number = handset(*(word(entry, name, at_most=80) for name in ("senderAddress", "destinationAddress")))
        if not (reference and number):
            continue
        status = word(entry, "status", at_most=30).lower()
        stat = _STATS.get(status) or (
            f"MAAP:{word(entry, 'errorCode', at_most=20) or 'failed'}" if status == "failed" else SENT
        )
        found.append(VendorReceipt(reference, number, stat, "", moment(word(entry, "dateTime"))))
    return found


def read_replies(told: Any) -> list[VendorReply]:
    """A push to `…/messages`, as parsed JSON. A tapped button reads as `tapped` makes it."""
    if not isinstance(told, Mapping):
        raise RemoteProtocolError("vendor.shape")
    number = bare(word(told, "senderAddress", at_most=80))
    reference = word(told, "messageId", at_most=64)
    if not (number and reference):
        return []
    to = word(told, "destinationAddress", at_most=80)
    found = []
    for index, entry in enumerate(objects(told.get("messageList") or [])):
        encoding = word(entry, "contentEncoding")
        text = said(word(entry, "contentType"), entry.get("contentText"), encoding=encoding)
        if text:
            found.append(VendorReply(f"{reference}:{index}", number, to[:30], text))
    return found


def said(content_type: str, content: Any, *, encoding: str = "") -> str:
    """What a handset sent: a text as it is, a tapped button as its label with the data behind it (`label\\x1fdata`),
    anything else (a file, a place) as what it is with the beginning of it, for a person to look at. Empty for nothing.

    Platforms write a tap as an object or as the text of one, types in either case, texts plain or in base64.
    """
    kind = content_type.strip().lower()
    if isinstance(content, str) and encoding.strip().lower() == "base64":
        content = _from_base64(content)
    if kind.startswith(RESPONSE):
        response = _object(content).get("response")
        tap = _object(response).get("reply") or _object(response).get("action")
        if isinstance(tap, Mapping):
            data = word(_object(tap.get("postback")), "data", at_most=2048)
            return f"{word(tap, 'displayText').replace(TAP, ' ')}{TAP}{data}"
    elif isinstance(content, str) and (kind.startswith(PLAIN) or not kind):
        return content[:20_000].replace(TAP, " ")  # nobody types a tap
    if not content:
        return ""
    shown = content if isinstance(content, str) else dump(content)
    return f"[{content_type[:80]}] {shown[:LONGEST_SHOWN]}".replace(TAP, " ")


def _object(value: Any) -> Mapping[str, Any]:
    """An object that stands there, or as text; an empty one for anything else."""
    if isinstance(value, str):
        try:
            value = load(value.encode("utf-8", "replace"))
        except RemoteProtocolError:
            return {}
    return value if isinstance(value, Mapping) else {}


def _from_base64(text: str) -> str:
    """What is behind it, lines or not; what is no base64 was plain all along."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except ValueError:
        return text


def moment(text: str) -> str:
    """ISO 8601 as YYMMDDHHMM in China's zone; empty for what is no such time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return f"{at.astimezone(SHANGHAI) if at.tzinfo else at:%y%m%d%H%M}"


def _answer(status: int, body: bytes) -> Mapping[str, Any]:
    if status != 200:
        raise RemoteProtocolError("vendor.server_error", status=status)
    answer = load(body)
    if not isinstance(answer, Mapping):
        raise RemoteProtocolError("vendor.shape")
    return answer


def _post(bot: Chatbot, path: str, body: bytes, *, now: datetime, token: str = "") -> HttpRequest:
    headers = {
        "host": bot.host,
        "content-type": "application/json",
        "date": format_datetime(now, usegmt=True),
        "content-length": str(len(body)),
    }
    if token:
        headers["authorization"] = token if bot.bare_token else f"accessToken {token}"
    return HttpRequest("POST", bot.root + path, tuple(headers.items()), body)
