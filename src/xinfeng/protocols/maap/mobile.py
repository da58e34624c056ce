"""China Mobile's platform interface (OMA netapi messaging, XML over HTTP with a signed date). Pure.

See reference 9.3. Field spellings differ between versions of the document: `Chatbot.sms_element` is one of them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.maap.csp import moment, said
from xinfeng.protocols.maap.messages import CARD, CHIPS
from xinfeng.protocols.maap.parcel import (
    DELIVERED,
    DISPLAYED,
    FALLEN_BACK,
    SENT,
    Parcel,
    bare,
    handset,
    tel,
)
from xinfeng.protocols.vendor import HttpRequest, Sent, VendorReceipt, VendorReply, dump, load

NAMESPACE = "urn:oma:xml:rest:netapi:messaging:1"
FLOW_CONTROL = "POL0009"
OK = "SVC1000"
_BOUNDARY = "next"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has none of (2.2)."""
_REPORTS = ("Sent", "Delivered", "Displayed", "Failed", "SMS")
_STATS = {
    "messagesent": SENT,
    "deliveredtoterminal": DELIVERED,
    "messagedisplayed": DISPLAYED,
    "deliveredtonetwork": FALLEN_BACK,
}


@dataclass(frozen=True, slots=True)
class Chatbot:
    """An account. `hashed_twice`: the password is hashed before it is hashed with the date, as most manuals have it."""

    host: str
    address: str
    app_id: str
    password: str = field(repr=False)
    name: str = ""
    path: str = "/messaging/group/plain/outbound"
    hashed_twice: bool = True
    sms_element: str = "smsBodyText"


def authorization(bot: Chatbot, date: str) -> str:
    """The Authorization header that goes with this Date header."""
    secret = bot.password
    if bot.hashed_twice:
        secret = hashlib.sha256(secret.encode()).hexdigest()
    proof = hashlib.sha256((secret + date).encode()).hexdigest()
    return "Basic " + base64.b64encode(f"{bot.app_id}:{proof}".encode()).decode()


def send(
    bot: Chatbot, numbers: Sequence[str], parcel: Parcel, *, message_id: str, now: datetime
) -> HttpRequest:
    """The same message to all of these numbers of the mainland. `message_id` (a UUID) is ours, comes back in every
    report, and is the correlator by which the platform knows a request again."""
    content_type, content = _content(parcel)
    addresses = "".join(f"<destinationAddress>{tel(number)}</destinationAddress>" for number in numbers)
    fallback = f"<shortMessageSupported>{'true' if parcel.sms else 'false'}</shortMessageSupported>"
    if parcel.sms:
        fallback += f"<{bot.sms_element}>{_cdata(parcel.sms)}</{bot.sms_element}>"
    reports = "".join(f"<reportRequest>{one}</reportRequest>" for one in _REPORTS)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<msg:outboundMessageRequest xmlns:msg="{NAMESPACE}">'
        f"<address>{tel(numbers[0])}</address>{addresses}"
        f"<senderAddress>{escape(bot.address)}</senderAddress><senderName>{escape(bot.name)}</senderName>"
        "<outboundIMMessage><imFormat>IM</imFormat>"
        f"<contentType>{escape(content_type)}</contentType><contentEncoding>utf8</contentEncoding>"
        f"<conversationID>{message_id}</conversationID><contributionID>{message_id}</contributionID>"
        "<serviceCapability><capabilityId>ChatbotSA</capabilityId>"
        '<version>+g.gsma.rcs.botversion="#=1"</version></serviceCapability>'
        f"<messageId>{message_id}</messageId><bodyText>{_cdata(content)}</bodyText>"
        f"<storeSupported>true</storeSupported>{fallback}<trafficType>{parcel.traffic}</trafficType>{reports}"
        f"</outboundIMMessage><clientCorrelator>{message_id}</clientCorrelator>"
        "</msg:outboundMessageRequest>"
    )
    return _request(bot, "POST", f"{bot.path}/{quote(bot.address, safe='')}/requests", body, now=now)


def revoke(bot: Chatbot, *, message_id: str, now: datetime) -> HttpRequest:
    """Take back what no handset has fetched yet."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><msg:messageStatusReport xmlns:msg="{NAMESPACE}">'
        "<status>RevokeRequested</status></msg:messageStatusReport>"
    )
    target = f"{bot.path}/{quote(bot.address, safe='')}/requests/{message_id}/status"
    return _request(bot, "PUT", target, body, now=now)


def read_send(status: int, body: bytes, numbers: Sequence[str], *, message_id: str) -> list[Sent]:
    """What became of each number: one answer for all. 2xx: taken. Raises RemoteProtocolError for an answer that says
    nothing definite: then any of them may have been sent to."""
    if status in (200, 201):
        code = _error(body)
        return [Sent("", code) if code else Sent(message_id, 0)] * len(numbers)
    if status in (401, 429):  # whatever the body says: the account is not taken, or there was too much
        return [Sent("", f"HTTP.{status}")] * len(numbers)
    if 400 <= status < 500:
        return [Sent("", _error(body) or f"HTTP.{status}")] * len(numbers)
    raise RemoteProtocolError("vendor.server_error", status=status)


def read_receipts(body: bytes) -> list[VendorReceipt]:
    """A push to DeliveryInfoNotification. Raises RemoteProtocolError `vendor.not_xml`."""
    root = _parsed(body)
    outer = _text(root, "messageId")
    found = []
    for info in _all(root, "deliveryInfo"):
        reference = (_text(info, "messageId") or outer)[:64]
        number = handset(_text(info, "address"), _text(root, "senderAddress"))
        if not (reference and number):
            continue
        status = _text(info, "deliveryStatus").lower()
        stat = _STATS.get(status) or (
            f"MAAP:{(_text(info, 'text') or _text(info, 'description'))[:20] or 'failed'}"
            if status == "deliveryimpossible"
            else SENT
        )
        found.append(VendorReceipt(reference, number, stat, "", moment(_text(root, "dateTime"))))
    return found


def read_replies(body: bytes) -> list[VendorReply]:
    """A push to InboundMessageNotification. Raises RemoteProtocolError `vendor.not_xml`."""
    root = _parsed(body)
    number, reference = bare(_text(root, "senderAddress")), _text(root, "messageId")[:64]
    if not (number and reference):
        return []
    words = said(_text(root, "contentType"), _text(root, "bodyText"), encoding=_text(root, "contentEncoding"))
    return [VendorReply(reference, number, _text(root, "destinationAddress")[:30], words)] if words else []


def _content(parcel: Parcel) -> tuple[str, str]:
    card = dump(parcel.message)
    if parcel.chips is None:
        return CARD, card
    pieces = []
    for kind, text in ((CARD, card), (CHIPS, dump(parcel.chips))):
        pieces.append(
            f"--{_BOUNDARY}\r\nContent-Type: {kind}\r\n"
            'Content-Disposition: inline; filename="Message"\r\n'
            f"Content-Length: {len(text.encode('utf-8', 'replace'))}\r\n\r\n{text}\r\n"
        )
    return f'multipart/mixed; boundary="{_BOUNDARY}"', "".join(pieces) + f"--{_BOUNDARY}--"


def _cdata(text: str) -> str:
    """Text that can't end its own section; characters that XML has none of are left out."""
    kept = _NO_XML.sub("", text)
    return "<![CDATA[" + kept.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _request(bot: Chatbot, method: str, target: str, body: str, *, now: datetime) -> HttpRequest:
    content, date = body.encode("utf-8", "replace"), format_datetime(now, usegmt=True)
    headers = {
        "host": bot.host,
        "content-type": "application/xml; charset=utf-8",
        "date": date,
        "authorization": authorization(bot, date),
        "content-length": str(len(content)),
    }
    return HttpRequest(method, target, tuple(headers.items()), content)


def _error(body: bytes) -> str:
    """The code of an answer that refuses, in XML or JSON; empty where there is none, or it says that all is well."""
    code = ""
    if body.lstrip()[:1] == b"{":
        try:
            answer = load(body)
        except RemoteProtocolError:
            return ""
        if isinstance(answer, Mapping):
            code = str(answer.get("code") or answer.get("messageId") or "")
    elif body.strip():
        try:
            code = _text(_parsed(body), "messageId", within=("serviceException", "policyException"))
        except RemoteProtocolError:
            return ""
    return code[:20] if code[:3] in ("SVC", "POL") and code != OK else ""


def _parsed(body: bytes) -> ElementTree.Element:
    """Without entities of its own: a document type is refused, so nothing in it can grow or point elsewhere."""
    if b"<!DOCTYPE" in body.upper() or b"<!ENTITY" in body.upper():
        raise RemoteProtocolError("vendor.not_xml")
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise RemoteProtocolError("vendor.not_xml") from None


def _all(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Elements of this name wherever they stand; namespaces differ between documents."""
    return [one for one in root.iter() if one.tag.rpartition("}")[2] == name]


def _text(root: ElementTree.Element, name: str, *, within: Sequence[str] = ()) -> str:
    roots = [one for outer in within for one in _all(root, outer)] if within else [root]
    for one in roots:
        for found in _all(one, name):
            return (found.text or "").strip()
    return ""
