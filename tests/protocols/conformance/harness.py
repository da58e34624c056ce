"""What the suite must be told of a protocol, and lines between its two ends that are joined by nothing but octets.

To have a protocol held to the suite, write a module in `dialects` that builds a Dialect (`dialects/smgp.py` is a
short one to start from) and name it in `dialects/__init__.py`. Nothing else: every test takes its dialect from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from hypothesis import strategies as st

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.core import Caller, Carrier, ClientSession, Listener, Provider, ServerSession
from xinfeng.protocols.session import Timers
from xinfeng.protocols.traffic import Batch, Event, LoginRequested, Opened, SubmitItem, Unreadable

WALL = datetime(2026, 11, 22, 1, 2, 3, tzinfo=SHANGHAI)
TIMERS = Timers(idle_s=180, response_s=60, attempts=3)
SECRET = "geheim16"
NUMBER = "13800138000"
ACCESS_CODE = "1069000101"
SUBMITTED, DONE = "2511220101", "2511220102"

NUMBERS = st.integers(13_000_000_000, 19_999_999_999).map(str)
OCTET = st.integers(0, 255)
FOUR_OCTETS = st.integers(0, 2**32 - 1)


def words(width: int) -> st.SearchStrategy[str]:
    """What a field of text may hold."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=width)


def vectors_of(protocol: str) -> Mapping[str, bytes]:
    """Messages of other implementations by name, from `tests/protocols/<protocol>/vectors.txt`."""
    path = Path(__file__).parents[1] / protocol / "vectors.txt"
    lines = path.read_text().splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {name: bytes.fromhex(octets) for name, octets in pairs}


@dataclass(frozen=True, kw_only=True)
class Vector:
    """Octets of another implementation, with what its authors say they mean.

    `facts`: attributes of the readable message. `batch`: what the bulk path reads from it. `written`: the same
    octets made by the bulk path, where it can make them. `exact`: whether the readable codec, too, must write them
    octet by octet (false where a peer pads with something else).
    """

    name: str
    octets: bytes
    facts: Mapping[str, Any] = field(default_factory=dict)
    batch: Mapping[str, Any] = field(default_factory=dict)
    written: Callable[[], bytes] | None = None
    exact: bool = True

    def __repr__(self) -> str:
        return self.name


class MakeClient(Protocol):
    def __call__(self, *, window: int, first_sequence: int) -> ClientSession: ...


class MakeServer(Protocol):
    def __call__(self, *, now: float, window: int, timers: Timers) -> ServerSession: ...


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """A protocol in one version. Sessions are made with TIMERS, the secret SECRET and the sender ACCESS_CODE."""

    name: str
    prefix: str
    """Of all error codes, with its dot."""

    client: MakeClient
    server: MakeServer
    delivery_carrier: Callable[..., Any] | None = None
    delivery_provider: Callable[..., Any] | None = None
    """Where the carrier opens a connection of its own to deliver: a Caller that is a Carrier (given `window`), and a
    Listener that is a Provider (`now`, `timers`)."""

    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    read: Callable[[bytes], Batch]
    """The bulk path from the first octet on, everything allowed."""
    messages: st.SearchStrategy[Any]
    """Any readable message."""
    vectors: Sequence[Vector]
    broken: Sequence[Vector] = ()
    """Messages of other implementations that break the rules; `facts` has the `code` of the error."""

    header: int
    """Octets. In all our protocols it begins with the total length and the command, four octets each."""
    largest: int
    commands: Sequence[int]
    unknown_command: int
    unknown_is_answered: bool = False
    """Whether an unknown request is answered and the session goes on, rather than ends."""
    submit: int
    deliveries: Sequence[int]
    """The commands by which messages travel, and reports and replies."""
    shortest_answer: int = 0
    """Octets that the body of an answer to a submit must have at least."""
    not_for_providers: Sequence[bytes]
    """Whole messages that only carriers take (from an open connection)."""
    not_for_carriers: Sequence[bytes]

    id_width: int
    id_octets: bytes = bytes(range(256))
    """What ids may consist of."""
    own_ids: bool = False
    """Whether the provider's sequence is the message's id."""
    result_limit: int = 255
    stats: Sequence[str]
    """Words of receipts that go over the wire unchanged."""
    codings: Sequence[int] = (0, 8, 15)
    longest_content: int = 140
    carries_times: bool = True
    carries_parts: bool = True
    """Whether parts are counted outside the content."""
    tests_link: bool = True
    authentic: bool = True
    login_codes: Mapping[int, str]
    first_before_wrap: int = 0xFFFFFFFD
    """A first sequence after which the sixth is smaller than it, or in another second."""
    alike: Sequence[tuple[bytes, bytes]] = ()
    """Pairs of messages that mean the same: without and with optional parameters that are unknown or broken."""

    def __repr__(self) -> str:
        return self.name

    def new_client(self, *, window: int = 16, first_sequence: int = 1) -> ClientSession:
        return self.client(window=window, first_sequence=first_sequence)

    def new_server(self, *, window: int = 16) -> ServerSession:
        return self.server(now=0.0, window=window, timers=TIMERS)

    def line(self, *, window: int = 16, first_sequence: int = 1) -> tuple[ClientSession, ServerSession]:
        """A provider that has been let in to submit, and its carrier, at 0 seconds."""
        client, server = self.new_client(window=window, first_sequence=first_sequence), self.new_server()
        self.let_in(client, server)
        return client, server

    def delivery_line(self, *, window: int = 16) -> tuple[Provider, Carrier]:
        """A provider, and the carrier that delivers to it, at 0 seconds."""
        if self.delivery_carrier is None or self.delivery_provider is None:
            client, server = self.new_client(), self.new_server(window=window)
            self.let_in(client, server)
            return client, server
        carrier = self.delivery_carrier(window=window)
        provider = self.delivery_provider(now=0.0, timers=TIMERS)
        self.let_in(carrier, provider)
        return provider, carrier

    def let_in(self, caller: Caller, listener: Listener) -> None:
        caller.connect(WALL, 0.0)
        (asked,) = listener.feed(caller.data_to_send(), 0.0)
        assert isinstance(asked, LoginRequested)
        assert asked.login.proves(SECRET)
        assert not asked.login.proves(SECRET + "x")
        listener.admit(secret=SECRET, now=0.0)
        (opened,) = caller.feed(listener.data_to_send(), 0.0)
        assert isinstance(opened, Opened)
        assert opened.authentic == self.authentic

    @property
    def any_id(self) -> st.SearchStrategy[bytes]:
        """Any id of a message or of a delivery."""
        width = self.id_width
        if len(self.id_octets) == 256:
            return st.binary(min_size=width, max_size=width)  # much faster to draw than a list
        letters = st.text(self.id_octets.decode("latin-1"), min_size=width, max_size=width)
        return letters.map(lambda word: word.encode("latin-1"))

    def ids(self, count: int) -> list[bytes]:
        """Ids of messages, or of deliveries; every octet from 1 on, zeros and text among them."""
        return [bytes((index * 7 + place) % 256 for place in range(self.id_width)) for index in range(count)]

    def frame(self, command: int, body: bytes = b"", *, length: int | None = None) -> bytes:
        """A message with a sequence of zero; `length` where it is to lie."""
        size = self.header + len(body) if length is None else length
        return size.to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(self.header - 8) + body


def trouble(batch: Batch) -> RemoteProtocolError | None:
    """Why reading stopped: at a frame that can't be, or at a whole message that could not be read."""
    return batch.control.error if isinstance(batch.control, Unreadable) else batch.error


def item(number: str = NUMBER, content: bytes = b"hello", *, coding: int = 0) -> SubmitItem:
    return number, content, coding, 1, 1


def items_of(events: Sequence[Event], kind: type[Any]) -> list[Any]:
    """The items of all events of this kind, in their order."""
    return [one for event in events if isinstance(event, kind) for one in event.items]


def label(value: object) -> str | None:
    """The name of a dialect or a vector, for the names of tests."""
    return value.name if isinstance(value, Dialect | Vector) else None
