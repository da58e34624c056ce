"""The lines of one vendor's channel: like `ChannelSessions`, with HTTP under it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.lines import Line, Listener
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.sessions import ChannelAccount, ChannelSessions, Place, usual_backoff
from xinfeng.channels.vendors.config import VendorConfig
from xinfeng.channels.vendors.exchange import Opening
from xinfeng.channels.vendors.line import HttpLine
from xinfeng.channels.vendors.tls import Plain, Tls
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.traffic import SubmitItem

MOST_APART = 20_000
"""Messages remembered as to be written on their own; beyond it the oldest go with others again."""


MOST_DOUBTED = 10_000
"""Doubtful messages remembered; of older ones only a receipt can tell."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message of which nobody knows whether the vendor took it. `ours`: what we called its request."""

    ours: str
    number: str = field(repr=False)
    at: datetime


class Memory:
    """What the lines of a channel remember together."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self.doubts: deque[Doubt] = deque(maxlen=MOST_DOUBTED)

    def doubt(self, ours: str, numbers: Sequence[str]) -> None:
        """The vendor may or may not have taken these."""
        now = utc_now()
        self.doubts.extend(Doubt(ours, number, now) for number in numbers)

    def is_apart(self, item: SubmitItem) -> bool:
        return bool(self._known) and _digest(item) in self._known

    def set_apart(self, items: Sequence[SubmitItem]) -> None:
        for item in items:
            self._known[_digest(item)] = None
        while len(self._known) > MOST_APART:
            self._known.popitem(last=False)


def _digest(item: SubmitItem) -> bytes:
    return blake2b(item[1], key=item[0].encode()[:64], digest_size=12).digest()


class VendorSessions(ChannelSessions):
    """Lines of a channel whose account is a VendorConfig. All share a memory."""

    def __init__(
        self,
        account: ChannelAccount,
        listener: Listener,
        *,
        make_backoff: Callable[[], Backoff] = usual_backoff,
    ) -> None:
        super().__init__(account, listener, make_backoff=make_backoff)
        assert isinstance(account.config, VendorConfig)
        self.config = account.config
        self._exchange = account.config.exchange(account.secret)
        self.memory = Memory()
        self.gathers = min(account.config.window, self._exchange.largest)

    def gather(self, line: Line, items: Sequence[SubmitItem], at_most: int) -> Sequence[int]:
        assert isinstance(line, HttpLine)
        return line.gather(items, at_most)

    @property
    def opening(self) -> Opening | None:
        """What its lines need before they can ask."""
        return self._exchange.opening

    def _line(self, place: Place, listener: Listener) -> HttpLine:
        return HttpLine(
            channel_id=self.account.id,
            number=place.number,
            timing=self.config,
            exchange=self._exchange,
            transport_layer=Plain() if self.config.plain_http else Tls(self.config.host),
            owner=self.memory,
            listener=listener,
        )

    def _rest_s(self, place: Place, line: Line, backoff: Backoff) -> float:
        """A line that was only renewed is made again at once; an account that was refused is asked again slowly."""
        assert isinstance(line, HttpLine)
        if line.refused_code:
            place.enter(ConnectionPhase.REFUSED, line.detail)
            return backoff.refused(line.detail)
        if line.renewing:
            backoff.succeeded()
            return 0.0
        return super()._rest_s(place, line, backoff)
