"""Accounts with the carriers' 5G messaging platforms: Telecom's and Unicom's (JSON, access token) and China Mobile's
(XML, signed date), over the HTTP lines of `channels.vendors`.

The channel's secret is the AppKey or password; behind it, on a line of its own, the token by which the platform signs
what it pushes, where one was agreed. Pictures are fetched by the platforms from `media_address`, our own public address
(`pages.media`): that holds for both dialects, needs no copy of a picture kept elsewhere, and what a digest names never
changes.
"""

from __future__ import annotations

import hashlib
import re
import time
from abc import abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from xinfeng.channels.fields import Fault, Reader, number, one_of, text, yes_or_no
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.vendors.config import Question, VendorConfig
from xinfeng.channels.vendors.exchange import Exchange, Opening, kept
from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols.maap import csp, mobile
from xinfeng.protocols.maap.messages import LONGEST_DESCRIPTION, Card, RichMessage
from xinfeng.protocols.maap.parcel import LARGEST_BATCH, RICH, Parcel, parcel_of
from xinfeng.protocols.traffic import SubmitItem
from xinfeng.protocols.vendor import HttpRequest, Sent

TRAFFIC = ("advertisement", "premium", "payment", "subscription")
"""What the platforms call the kinds of traffic; advertisement is marketing."""
SMS_ELEMENTS = ("smsBodyText", "smBodyText")
_path = re.compile(r"(?:/[A-Za-z0-9._~-]{1,40}){1,8}").fullmatch
_version = re.compile(r"[A-Za-z0-9._-]{1,20}").fullmatch
_chatbot = re.compile(r"(?:sip:)?[A-Za-z0-9._+-]{1,100}(?:@[A-Za-z0-9.-]{1,120})?").fullmatch
_https = re.compile(r"https://[A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]{1,60})*/?").fullmatch


def _fitting(longest: int, fits: Callable[[str], Any], *, shortest: int = 0) -> Reader:
    read = text(longest, shortest=shortest)

    def fitting(value: Any) -> str:
        stated: str = read(value)
        if stated and not fits(stated):
            raise Fault("not_fitting")
        return stated

    return fitting


@dataclass(frozen=True, slots=True, kw_only=True)
class MaapConfig(VendorConfig):
    """`account`: the AppId. `chatbot`: its address, `sip:…@botplatform.rcs…`. `traffic`: what its messages are to the
    platform. `sms_fallback`: handsets that can't show it get the SMS text from the platform. `media_address`: where the
    public reaches this deployment, `https://…`; without it no pictures can be sent."""

    READERS: ClassVar[Mapping[str, Reader]] = {
        **{
            name: read
            for name, read in VendorConfig.READERS.items()
            if name not in ("pull_every_s", "extension")
        },
        "window": number(1, LARGEST_BATCH),
        "chatbot": _fitting(220, _chatbot, shortest=1),
        "traffic": one_of(TRAFFIC),
        "sms_fallback": yes_or_no,
        "media_address": _fitting(300, _https),
    }
    DERIVED: ClassVar[frozenset[str]] = frozenset({"pull_every_s", "extension"})

    host: str
    window: int = LARGEST_BATCH
    chatbot: str
    traffic: str = TRAFFIC[0]
    sms_fallback: bool = True
    media_address: str = ""

    @property
    def source_number(self) -> str:
        """What the reader sees as sender."""
        return self.access_code or self.chatbot

    @abstractmethod
    def exchange(self, secret: str) -> Exchange:
        """How this account asks."""

    def write(self, number: str, text: str, *, reference: int) -> list[SubmitItem]:
        """A text that has no card of its own: as the words of one."""
        message = RichMessage((Card(description=text[:LONGEST_DESCRIPTION]),))
        return [self.item(number, parcel_of(message, sms=text), sms=text)]

    def item(self, number: str, parcel: Parcel, *, sms: str) -> SubmitItem:
        """A finished message for one reader. `sms`: what handsets get that can't show it."""
        ready = parcel._replace(sms=sms if self.sms_fallback else "", traffic=self.traffic)
        return (number, ready.pack(), RICH, 1, 1)

    def media_url(self, name: str) -> str:
        """Where a platform finds a picture of ours; empty where it can't."""
        return f"{self.media_address.rstrip('/')}/media/{name}" if self.media_address else ""


def secret_parts(secret: str) -> tuple[str, str]:
    """The AppKey or password, and the token of pushes (empty: none was agreed)."""
    ours, _, token = secret.partition("\n")
    return ours, token


@dataclass(frozen=True, slots=True, kw_only=True)
class CspConfig(MaapConfig):
    """Telecom's and Unicom's common interface. `bare_token`: the header holds the token alone, as some platforms want
    it."""

    READERS: ClassVar[Mapping[str, Reader]] = {
        **MaapConfig.READERS,
        "api_version": _fitting(20, _version, shortest=1),
        "bare_token": yes_or_no,
    }

    api_version: str = "v1"
    bare_token: bool = False

    def bot(self, secret: str) -> csp.Chatbot:
        return csp.Chatbot(
            self.authority,
            self.chatbot,
            self.account,
            secret_parts(secret)[0],
            version=self.api_version,
            bare_token=self.bare_token,
        )

    def exchange(self, secret: str) -> Exchange:
        return CspExchange(self.bot(secret), timeout_s=self.response_timeout_s)

    def question(self, secret: str, *, now: datetime) -> Question | None:
        return Question(csp.ask_for_token(self.bot(secret), now=now), csp.read_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileConfig(MaapConfig):
    """China Mobile's interface. `path`: up to the chatbot, which differs between versions of the document;
    `hashed_twice`: the password is hashed before it is hashed with the date; `sms_element`: what the element of the SMS
    text is called; `sender_name`: the chatbot's name."""

    READERS: ClassVar[Mapping[str, Reader]] = {
        **MaapConfig.READERS,
        "path": _fitting(200, _path, shortest=1),
        "hashed_twice": yes_or_no,
        "sms_element": one_of(SMS_ELEMENTS),
    }

    path: str = "/messaging/group/plain/outbound"
    hashed_twice: bool = True
    sms_element: str = SMS_ELEMENTS[0]

    def bot(self, secret: str) -> mobile.Chatbot:
        return mobile.Chatbot(
            self.authority,
            self.chatbot,
            self.account,
            secret_parts(secret)[0],
            path=self.path,
            hashed_twice=self.hashed_twice,
            sms_element=self.sms_element,
        )

    def exchange(self, secret: str) -> Exchange:
        return MobileExchange(self.bot(secret))


# --- how they ask --------------------------------------------------------------------------------------------


def message_id(ours: str) -> str:
    """A UUID for a request that we call so."""
    digits = f"{ours.removeprefix('xf'):0>32}"[-32:]
    try:
        return str(UUID(hex=digits, version=4))
    except ValueError:
        raise LocalProtocolError("maap.reference") from None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


MARGIN_S = 120.0
"""A token is not used for so long before its end."""
FREE_ASKS, ASKS_WITHIN_S, PACE_S = 5, 600.0, 60.0
"""So often within this time a token is asked for at once; then once in PACE_S. That stays below 2,000 a day (reference
9.2) whatever goes wrong."""
_MOST_USES = 1_000


class Token:
    """The access token that the lines of a channel share; after `share` also with other gateways, by `channels.tokens`,
    which says then who fetches it.

    `wanted`: a line waits for it. `account`: a digest of whom it is for. `patience_s`: for how long whoever was allowed
    to fetch it has nobody beside it.
    """

    def __init__(self, bot: csp.Chatbot, *, timeout_s: float) -> None:
        self._bot = bot
        self._timeout_s = timeout_s
        self.account = _digest(bot.host, bot.root, bot.app_id, bot.app_key)
        self.patience_s = 2 * timeout_s
        self.wanted = False
        self._stir: Callable[[], None] | None = None
        self._allowed = False
        self._fetched: tuple[str, float] | None = None
        self._failed = False
        self._dead = ""
        self._value = ""
        self._ends = 0.0
        self._generation = 0
        self._asked_at: deque[float] = deque(maxlen=FREE_ASKS)
        self._being_asked = False
        self._lost = 0
        self._used: OrderedDict[str, int] = OrderedDict()

    @property
    def done(self) -> bool:
        return bool(self._value) and time.monotonic() < self._ends

    def use(self, ours: str) -> str:
        """The token, for this request. Raises LocalProtocolError `maap.no_token`."""
        if not self.done:
            raise LocalProtocolError("maap.no_token")
        self._used[ours] = self._generation
        while len(self._used) > _MOST_USES:
            self._used.popitem(last=False)
        return self._value

    def held(self, ours: str) -> None:
        """A request was taken with it."""
        if self._used.pop(ours, None) == self._generation:
            self._lost = 0

    def ask(self, now: datetime) -> HttpRequest | None:
        at, asked = time.monotonic(), self._asked_at
        if self.done or (self._being_asked and asked and at - asked[-1] < 2 * self._timeout_s):
            return None
        if self._stir is not None and not self._allowed:
            self.wanted = True
            self._stir()
            return None
        often = len(asked) == FREE_ASKS and at - asked[0] < ASKS_WITHIN_S
        if self._stir is None and often and at - asked[-1] < PACE_S:
            return None
        self._allowed = self.wanted = False
        asked.append(at)
        self._being_asked = True
        return csp.ask_for_token(self._bot, now=now)

    def heard(self, status: int, body: bytes) -> None:
        self._being_asked = False
        try:
            value, life_s = csp.read_token(status, body)
            if not (value.isascii() and value.isprintable()):
                raise RemoteProtocolError("vendor.shape")
        except RemoteProtocolError:
            self._fail()
            raise
        life = max(life_s - MARGIN_S, life_s / 2)
        self._fetched = value, life
        self._hold(value, life)

    def unheard(self) -> None:
        self._being_asked = False
        self._fail()

    def _fail(self) -> None:
        self._failed = True
        if self._stir is not None:
            self._stir()

    def _hold(self, value: str, life_s: float) -> None:
        self._value, self._ends = value, time.monotonic() + life_s
        self._generation += 1
        self.wanted = False
        if self._stir is not None:
            self._stir()

    # --- shared with other gateways ---------------------------------------------------------------------------

    def share(self, stir: Callable[[], None]) -> None:
        """From now on it is fetched only by who was allowed to (`allow`). `stir` is called when there is news."""
        self._stir = stir

    def allow(self) -> None:
        """The next line that asks may fetch it."""
        self._allowed, self.wanted = True, False

    def take(self, value: str, *, life_s: float) -> bool:
        """One that another gateway fetched; False where the platform has refused it."""
        if _digest(value) == self._dead:
            return False
        self._allowed = False
        self._hold(value, life_s)
        return True

    def fetched(self) -> tuple[str, float] | None:
        """What was fetched since this was asked last, and for how many seconds it may be used."""
        found, self._fetched = self._fetched, None
        return found

    def failed(self) -> bool:
        """Whether fetching it came to nothing since this was asked last."""
        found, self._failed = self._failed, False
        return found

    def is_over(self, code: str, ours: str) -> bool:
        """A token that was never good for anything, after one that wasn't either, is no matter of time."""
        if code != csp.TOKEN_EXPIRED:
            return False
        if self._used.pop(ours, None) != self._generation:
            return True  # an older one: there is another, or will be
        self._dead, self._value = _digest(self._value), ""
        self._generation += 1
        self._lost += 1
        return self._lost <= 1


class CspExchange:
    """A request is about one message to many numbers."""

    largest = LARGEST_BATCH

    def __init__(self, bot: csp.Chatbot, *, timeout_s: float) -> None:
        self._bot = bot
        self._token = Token(bot, timeout_s=timeout_s)
        self.opening: Opening | None = self._token

    def key(self, item: SubmitItem) -> bytes:
        return item[1]

    def request(self, items: Sequence[SubmitItem], *, ours: str, now: datetime, nonce: str) -> HttpRequest:
        numbers, parcel = [item[0] for item in items], Parcel.unpack(items[0][1])
        token = self._token.use(ours)
        return csp.send(self._bot, token, numbers, parcel, message_id=message_id(ours), now=now)

    def read(self, status: int, body: bytes, numbers: Sequence[str], *, ours: str) -> list[Sent]:
        found = csp.read_send(status, body, numbers, message_id=message_id(ours))
        if any(one.result == 0 for one in found):
            self._token.held(ours)
        return found

    def kept(self, reference: str, number: str) -> bytes:
        return kept(ChannelKind.MAAP_CSP, reference, number)

    def is_about_one(self, code: str) -> bool:
        """No published code is about one number of several."""
        return False

    def is_about_account(self, code: str) -> bool:
        return code in (csp.TOKEN_EXPIRED, "48001")


class MobileExchange:
    """A request is about one message to many numbers."""

    largest = LARGEST_BATCH

    def __init__(self, bot: mobile.Chatbot) -> None:
        self._bot = bot
        self.opening: Opening | None = None

    def key(self, item: SubmitItem) -> bytes:
        return item[1]

    def request(self, items: Sequence[SubmitItem], *, ours: str, now: datetime, nonce: str) -> HttpRequest:
        numbers, parcel = [item[0] for item in items], Parcel.unpack(items[0][1])
        return mobile.send(self._bot, numbers, parcel, message_id=message_id(ours), now=now)

    def read(self, status: int, body: bytes, numbers: Sequence[str], *, ours: str) -> list[Sent]:
        return mobile.read_send(status, body, numbers, message_id=message_id(ours))

    def kept(self, reference: str, number: str) -> bytes:
        return kept(ChannelKind.MAAP_MOBILE, reference, number)

    def is_about_one(self, code: str) -> bool:
        """`No valid address` (SVC0004) may be about one of them."""
        return code == "SVC0004"

    def is_about_account(self, code: str) -> bool:
        return code in ("HTTP.401", "HTTP.403")
