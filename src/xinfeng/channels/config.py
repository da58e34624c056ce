"""What an account needs whatever its carrier, read from `channel.config` with all faults reported at once.

The shared secret is no part of it: it lives sealed in `channel.secret_sealed`. A kind of channel is a subclass in a
module of its own (`channels.cmpp` …); `channels.kinds` knows which is which.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Self

from xinfeng.channels.fields import Reader, host, number, take, text
from xinfeng.channels.writing import AS_IN_CHINA, Writing, write_parts
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.core import ClientSession, DeliverySession
from xinfeng.protocols.session import Timers
from xinfeng.protocols.traffic import SubmitItem

SRC_ID_WIDTH = 21
"""Octets of the sender's number in all protocols: access code and extension together (CMPP 3.0.0, 7.4.3)."""

LARGEST_WINDOW = 512
"""Unanswered submits per connection; more than any contract we know of allows."""

MOST_CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Where a carrier calls us, under which name, and what is spoken then. `secret`: never print this."""

    host: str
    port: int
    name: str
    secret: str = field(repr=False)
    make_session: Callable[[float], DeliverySession]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineConfig(ABC):
    """An account that is reached over connections of our own, as the carrier's contract describes it.

    `host`, `port`: the carrier's gateway. `access_code` with `extension` is the number that people see. `connections`
    are opened by each gateway process. `window` is the number of unanswered submits per connection. `keepalive_s` of
    silence make us test the link: well before the 180 s (C of CMPP 3.0.0, chapter 6) at which specifications have it
    tested, because gateways and firewalls cut lines that were silent for just so long. After `response_timeout_s`
    without an answer a submit is uncertain.
    """

    READERS: ClassVar[Mapping[str, Reader]] = {
        "host": host,
        "port": number(1, 65535),
        "access_code": text(SRC_ID_WIDTH, shortest=1, digits=True),
        "extension": text(SRC_ID_WIDTH, digits=True),
        "connections": number(1, MOST_CONNECTIONS),
        "window": number(1, LARGEST_WINDOW),
        "keepalive_s": number(1, 3600, whole=False),
        "response_timeout_s": number(1, 600, whole=False),
    }
    LASTED_S: ClassVar[float] = 60.0
    """A login that held so long was a good one: what ended it later says nothing about the next. (Many carriers cut lines
    that are idle for minutes, and a channel without work must not end up waiting longer and longer.)"""
    DERIVED: ClassVar[frozenset[str]] = frozenset()
    """Fields that the kind decides; not kept in `channel.config`."""

    host: str
    port: int = 0
    access_code: str
    extension: str = ""
    connections: int = 1
    window: int = 16
    keepalive_s: float = 60.0
    response_timeout_s: float = 60.0

    @classmethod
    def read(cls, config: Mapping[str, Any], kind: str) -> Self:
        """Build from `channel.config`. Raises InvalidInput `channel.config` with `faults`: code by field name."""
        defaults = {field.name: field.default for field in fields(cls)}
        values, faults = take(config, cls.READERS, defaults)
        source = f"{values.get('access_code', '')}{values.get('extension', '')}"
        if len(source) > SRC_ID_WIDTH and "access_code" not in faults:
            faults["extension"] = "too_long"
        derived = cls._derive(values, kind, faults)
        if faults:
            raise InvalidInput("channel.config", faults=faults)
        return cls(**values, **derived)

    @classmethod
    def _derive(cls, values: dict[str, Any], kind: str, faults: dict[str, str]) -> dict[str, Any]:
        """What follows from the kind and from other fields; may change `values` and add to `faults`."""
        return {}

    def to_json(self) -> dict[str, Any]:
        """What `channel.config` keeps."""
        return {name: value for name, value in asdict(self).items() if name not in self.DERIVED}

    @property
    def source_number(self) -> str:
        """What the reader sees as sender."""
        return self.access_code + self.extension

    @property
    def writing(self) -> Writing:
        """How the account wants its texts."""
        return AS_IN_CHINA

    @property
    def timers(self) -> Timers:
        return Timers(idle_s=self.keepalive_s, response_s=self.response_timeout_s)

    def inbound(self, secret: str) -> Inbound | None:
        """How the carrier calls us, where its protocol has it deliver over a connection of its own."""
        return None

    @abstractmethod
    def session(self, secret: str) -> ClientSession:
        """A new session with the carrier, before its login."""

    @property
    def places(self) -> int:
        """How many connections each gateway process keeps: more than `connections` where one takes two."""
        return self.connections

    def session_at(self, place: int, secret: str) -> ClientSession:
        """A new session for the connection of this number (from 1)."""
        return self.session(secret)

    def submits_at(self, place: int) -> bool:
        """Whether the connection of this number is there to submit."""
        return True

    def write(self, number: str, text: str, *, reference: int) -> list[SubmitItem]:
        """The parts of a text to a number, as this carrier wants them. Raises InvalidInput where it can't be done."""
        return write_parts(number, text, reference=reference, writing=self.writing)
