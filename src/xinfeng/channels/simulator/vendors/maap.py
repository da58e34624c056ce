"""5G messaging platforms: Telecom's and Unicom's (JSON), and China Mobile's (XML); reference, section 9.

Tokens and signed dates are verified for real. A receipt code of the behaviour becomes what such a platform tells: DELIVRD
and DISPLAYED (delivered, then displayed), FALLBACK (handed to the SMS centre), any other a failure with that code. A
reply `tap:<label>` taps the suggestion of that label in the last message to the number.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from secrets import token_hex
from time import time
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from xinfeng.channels.simulator.vendors.options import VendorOptions
from xinfeng.channels.simulator.vendors.vendor import Order, Said, Told, Vendor, is_mobile

_CLOCK_S = 15 * 60
_MOST_NUMBERS = 100
_MOST_KEPT = 100_000
_TAP = "tap:"
_RESPONSE = "application/vnd.gsma.botsuggestion.response.v1.0+json"


class Platform(Vendor):
    """A vendor whose messages are cards. `messages`: what was accepted, the latest last; `tokens`: whose each is."""

    def __init__(self, options: VendorOptions) -> None:
        super().__init__(options)
        self.messages: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._last: OrderedDict[str, str] = OrderedDict()
        self.tokens: dict[str, str] = {}
        self.tokens_given = 0

    def text_of(self, order: Order) -> str | None:
        """The words on the cards."""
        return order.values["words"]

    def take(self, account: str, numbers: Sequence[str], message: dict[str, Any], *, reference: str) -> None:
        """Accept a message to these numbers."""
        whole = self.options.testify_all
        words = testimony(**message) if whole else "\n".join(_words(message["card"]))
        self.messages[reference] = message
        for number in numbers:
            self._last[number] = reference
            self._last.move_to_end(number)
        for kept in (self.messages, self._last):
            while len(kept) > _MOST_KEPT:
                kept.popitem(last=False)
        orders = [Order(number, "", "rich", {"words": words}) for number in numbers]
        self.accept(account, orders, [reference] * len(orders), ours=reference, extension="")

    def tap(self, number: str, label: str) -> dict[str, Any] | None:
        """What a handset answers when a suggestion of its last message is tapped; None: there is none of that label."""
        message = self.messages.get(self._last.get(number, ""))
        for suggestion in _suggestions(message) if message else ():
            kind, content = next(iter(suggestion.items()))
            if content["displayText"] == label:
                kept = {name: content[name] for name in ("displayText", "postback")}
                return {"response": {kind: kept}}
        return None

    def behaves_with(self, numbers: Sequence[str]) -> str:
        """The code that a request to these is refused with; empty: none."""
        refused = self.behaviour.refuse_numbers
        return self.refusal() or next((refused[one] for one in numbers if one in refused), "")


def testimony(card: Mapping[str, Any], chips: Mapping[str, Any] | None, sms: str) -> str:
    """Everything of a message that reaches a reader, as the log has it where it keeps all: cards with their pictures and
    buttons, chips, and the SMS behind them."""
    return json.dumps([card, chips, sms], ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _cards(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    message = card["message"]
    if "generalPurposeCard" in message:
        return [message["generalPurposeCard"]["content"]]
    return list(message["generalPurposeCardCarousel"]["content"])


def _words(card: Mapping[str, Any]) -> Iterator[str]:
    for one in _cards(card):
        yield from (one[name] for name in ("title", "description") if one.get(name))


def _suggestions(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in _cards(message["card"]):
        yield from one.get("suggestions", ())
    yield from (message["chips"] or {}).get("suggestions", ())


def _numbers(addresses: Sequence[Any]) -> list[str] | None:
    """Mainland mobiles of `tel:+86…`; None where one is none."""
    found = [str(one).removeprefix("tel:+86") for one in addresses]
    return found if all(is_mobile(one) for one in found) else None


def _is_now(date: str) -> bool:
    try:
        return abs(parsedate_to_datetime(date).timestamp() - time()) < _CLOCK_S
    except ValueError:
        return False


class CspDesk:
    """Telecom's and Unicom's interface."""

    receipts_at_once, replies_at_once = 100, 1

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def answer(
        self, target: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> tuple[int, dict[str, Any] | str, int]:
        pieces = target.split("/")
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        if len(pieces) != 5 or pieces[1] != "bot":
            return 404, {"errorCode": 46001, "errorMessage": "not found"}, 0
        if not isinstance(given, dict):
            return _says(47001)
        if not _is_now(headers.get("date", "")):
            return _says(40001)
        match pieces[4]:
            case "accessToken":
                return self._token(given)
            case "messages":
                return self._send(unquote(pieces[3]), headers.get("authorization", ""), given, now)
        return _says(46001)

    def _token(self, given: Mapping[str, Any]) -> tuple[int, dict[str, Any] | str, int]:
        app_id, key = str(given.get("appId", "")), given.get("appKey")
        if key is None or self._platform.accounts.get(app_id) != key:
            self._platform.counters.unsigned += 1
            return _says(40001)
        token = token_hex(16)
        if self._platform.behaviour.single_token:
            for older in [one for one, owner in self._platform.tokens.items() if owner == app_id]:
                del self._platform.tokens[older]
        self._platform.tokens[token] = app_id
        self._platform.tokens_given += 1
        return 200, {"accessToken": token, "expires": 7200, "errorCode": 0, "errorMessage": ""}, 0

    def _send(
        self, chatbot: str, authorization: str, given: Mapping[str, Any], now: float
    ) -> tuple[int, dict[str, Any] | str, int]:
        platform = self._platform
        account = platform.tokens.get(authorization.removeprefix("accessToken "))
        if account is None:
            return _says(42001)
        if platform.too_fast(account, now):
            return _says(60001)
        numbers, message = _numbers(given.get("destinationAddress") or ()), _contents(given)
        reference = given.get("messageId")
        if not numbers or message is None or not reference or given.get("senderAddress") != chatbot:
            platform.counters.refused += 1
            return _says(40003)
        if len(numbers) > _MOST_NUMBERS:
            return _says(45001)
        if code := platform.behaves_with(numbers):
            platform.counters.refused += len(numbers)
            if code == "42001":
                platform.tokens.clear()
            return _says(int(code)) if code.lstrip("-").isdigit() else (int(code[-3:]), {}, 0)
        platform.take(account, numbers, message, reference=reference)
        return 200, {"messageId": reference, "errorCode": 0, "errorMessage": "success"}, len(numbers)

    def push_headers(self) -> Sequence[tuple[str, str]]:
        """Signed with the token that was agreed."""
        stamp, nonce = str(int(time() * 1000)), token_hex(8)
        told = "".join(sorted((self._platform.options.push_token, stamp, nonce)))
        return (
            ("content-type", "application/json"),
            ("signature", hashlib.sha256(told.encode()).hexdigest()),
            ("timestamp", stamp),
            ("nonce", nonce),
        )

    def tell_receipts(self, told: Sequence[Told]) -> bytes:
        """The body of a push."""
        entries = []
        for one in told:
            for status in _told(one.code, {"DELIVRD": "delivered", "DISPLAYED": "displayed"}):
                entry = {
                    "messageId": one.reference,
                    "dateTime": _stamp(one.done_at),
                    "status": {"FALLBACK": "deliveredToNetwork"}.get(status, status),
                    "errorCode": 0,
                    "destinationAddress": "sip:simulated",
                    "senderAddress": f"tel:+86{one.number}",
                }
                if status not in ("sent", "delivered", "displayed", "FALLBACK"):
                    entry |= {"status": "failed", "errorCode": status}
                entries.append(entry)
        return json.dumps({"deliveryInfoList": entries}).encode()

    def tell_replies(self, said: Sequence[Said]) -> bytes:
        """The body of a push: one reply."""
        [one] = said
        tapped = self._platform.tap(one.number, one.text[len(_TAP) :]) if one.text.startswith(_TAP) else None
        return json.dumps(
            {
                "messageId": f"mo-{one.id}",
                "messageList": [
                    {"contentType": _RESPONSE, "contentText": tapped}
                    if tapped
                    else {"contentType": "text/plain", "contentText": one.text}
                ],
                "dateTime": _stamp(one.at),
                "senderAddress": f"tel:+86{one.number}",
                "destinationAddress": "sip:simulated",
            }
        ).encode()

    def taken(self, status: int, body: bytes) -> bool:
        """Whether the other side has what was pushed."""
        return status == 200


def _says(code: int) -> tuple[int, dict[str, Any] | str, int]:
    return 200, {"errorCode": code, "errorMessage": str(code)}, 0


def _contents(given: Mapping[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] = {"card": None, "chips": None, "sms": given.get("smsContent", "")}
    for one in given.get("messageList") or ():
        kind = str(one.get("contentType", ""))
        name = (
            "card"
            if kind.startswith("application/vnd.gsma.botmessage.v1.0+json")
            else "chips"
            if kind.startswith("application/vnd.gsma.botsuggestion.v1.0+json")
            else ""
        )
        if name:
            found[name] = one.get("contentText")
    return found if _is_card(found["card"]) else None


def _is_card(card: Any) -> bool:
    try:
        return bool(_cards(card))
    except (KeyError, TypeError):
        return False


def _told(code: str, known: Mapping[str, str]) -> list[str]:
    """What a platform tells one after the other."""
    if code == "DISPLAYED":
        return ["sent", known["DELIVRD"], known["DISPLAYED"]]
    return ["sent", known.get(code, code)]


def _stamp(at: float) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).isoformat(timespec="milliseconds")


class MobileDesk:
    """China Mobile's interface."""

    receipts_at_once, replies_at_once = 1, 1

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def answer(
        self, target: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> tuple[int, dict[str, Any] | str, int]:
        platform = self._platform
        account = self._account(headers)
        if not account:
            platform.counters.unsigned += 1
            return 401, _exception("service", "SVC4001"), 0
        chatbot = re.fullmatch(r"/messaging/[\w/.-]+/outbound/([^/]+)/requests", target)
        if platform.too_fast(account, now):
            return 403, _exception("policy", "POL0009"), 0
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return 400, _exception("service", "SVC0002"), 0
        numbers = _numbers([one.text for one in root.iter("destinationAddress")])
        message, reference = _parts(root), root.findtext(".//messageId") or ""
        sender = root.findtext("senderAddress")
        if (
            chatbot is None
            or not numbers
            or message is None
            or not reference
            or sender != unquote(chatbot[1])
        ):
            platform.counters.refused += 1
            return 400, _exception("service", "SVC0004" if not numbers else "SVC0002"), 0
        if len(numbers) > _MOST_NUMBERS:
            return 400, _exception("service", "SVC0002"), 0
        if code := platform.behaves_with(numbers):
            platform.counters.refused += len(numbers)
            return 400, _exception("policy" if code.startswith("POL") else "service", code), 0
        platform.take(account, numbers, message, reference=reference)
        return (
            201,
            f"<resourceReference><resourceURL>/{reference}</resourceURL></resourceReference>",
            len(numbers),
        )

    def _account(self, headers: Mapping[str, str]) -> str:
        """Whose request it is; empty where it proves nothing."""
        date = headers.get("date", "")
        try:
            proof = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        except ValueError:
            return ""
        account, _, digest = proof.partition(":")
        password = self._platform.accounts.get(account)
        if password is None or not _is_now(date):
            return ""
        once = hashlib.sha256(password.encode()).hexdigest()
        return account if hashlib.sha256((once + date).encode()).hexdigest() == digest else ""

    def push_headers(self) -> Sequence[tuple[str, str]]:
        """What is pushed is XML; nothing signs it."""
        return (("content-type", "application/xml"),)

    def tell_receipts(self, told: Sequence[Told]) -> bytes:
        """The body of a push: one message, all that is known of it."""
        [one] = told
        known = {"DELIVRD": "DeliveredToTerminal", "DISPLAYED": "MessageDisplayed"}
        infos = ""
        for status in _told(one.code, known):
            text = ""
            named = {"sent": "MessageSent", "FALLBACK": "DeliveredToNetwork"}.get(status, status)
            if named not in ("MessageSent", "DeliveredToNetwork", *known.values()):
                named, text = "DeliveryImpossible", f"<text>{escape(status)}</text>"
            infos += (
                f"<deliveryInfo><address>tel:+86{one.number}</address><messageId>{one.reference}</messageId>"
                f"<deliveryStatus>{named}</deliveryStatus>{text}</deliveryInfo>"
            )
        return (
            '<msg:deliveryInfoNotification xmlns:msg="urn:oma:xml:rest:netapi:messaging:1">'
            f"<dateTime>{_stamp(one.done_at)}</dateTime>{infos}</msg:deliveryInfoNotification>"
        ).encode()

    def tell_replies(self, said: Sequence[Said]) -> bytes:
        """The body of a push: one reply."""
        [one] = said
        tapped = self._platform.tap(one.number, one.text[len(_TAP) :]) if one.text.startswith(_TAP) else None
        kind, text = (_RESPONSE, json.dumps(tapped)) if tapped else ("text/plain", one.text)
        return (
            '<msg:inboundMessageNotification xmlns:msg="urn:oma:xml:rest:netapi:messaging:1"><inboundMessage>'
            f"<destinationAddress>sip:simulated</destinationAddress><senderAddress>tel:+86{one.number}</senderAddress>"
            f"<inboundIMMessage><contentType>{kind}</contentType><contentEncoding>utf8</contentEncoding>"
            f"<bodyText>{escape(text)}</bodyText></inboundIMMessage><messageId>mo-{one.id}</messageId>"
            "</inboundMessage></msg:inboundMessageNotification>"
        ).encode()

    def taken(self, status: int, body: bytes) -> bool:
        """Whether the other side has what was pushed."""
        return status in (200, 204)


def _exception(kind: str, code: str) -> str:
    return (
        f"<requestError><{kind}Exception><messageId>{code}</messageId><text>{code}</text></{kind}Exception>"
        "</requestError>"
    )


def _parts(root: ElementTree.Element) -> dict[str, Any] | None:
    """Card and chips of a request, with the SMS behind them."""
    kind, text = root.findtext(".//contentType") or "", root.findtext(".//bodyText") or ""
    sms = root.findtext(".//smsBodyText") or root.findtext(".//smBodyText") or ""
    pieces = [text]
    if kind.startswith("multipart/mixed"):
        boundary = kind.partition('boundary="')[2].rstrip('"')
        lines = re.split(rf"(?m)^--{re.escape(boundary)}(?:--)?\s*$", text.replace("\r\n", "\n"))
        pieces = [one.partition("\n\n")[2].strip() for one in lines[1:-1]]
    try:
        contents = [json.loads(one) for one in pieces]
    except ValueError:
        return None
    found: dict[str, Any] = {"card": None, "chips": None, "sms": sms}
    for content in contents:
        found["card" if "message" in content else "chips"] = content
    return found if _is_card(found["card"]) else None
