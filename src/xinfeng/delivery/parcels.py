"""The cards of 5G messages, frozen when they are planned: what is sent is what was approved, given the data.

Always true: a message of a plan with cards goes over a 5G channel with its card or not at all; its text, in `message`,
is the SMS that such a channel may fall back to, and what every other channel of its lane sends. Pictures stand in a card
by digest; the channel that carries it puts its own address in the place of each.

A card is stored once for each message where it is personal, and once for the plan where it is not.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg

from xinfeng.channels.maap import MaapConfig
from xinfeng.content.marks import MEDIA
from xinfeng.delivery import planning
from xinfeng.delivery.chunks import Lease
from xinfeng.delivery.planning import NewMessage, OpenPlan
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.ids import MessageId
from xinfeng.protocols.maap.messages import RichMessage
from xinfeng.protocols.maap.parcel import Parcel, parcel_of
from xinfeng.protocols.traffic import SubmitItem

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

SUFFIXES: Mapping[str, str] = {"image/jpeg": "jpg", "image/png": "png"}
"""Of pictures at their public address, by content type."""


def seal(messages: Sequence[RichMessage]) -> list[bytes]:
    """As `parcel.body_sealed` keeps them."""
    texts = [parcel_of(message, sms="").pack().decode() for message in messages]
    return vault().seal_many(Kind.BODY, texts)


def words(opened: str) -> str:
    """What stands on a card, a line for each piece; what is no card (any more) as it is."""
    try:
        message = Parcel.unpack(opened.encode()).message
    except (ValueError, TypeError):
        return opened
    cards = _cards_in(message)
    return "\n".join(card[name] for card in cards for name in ("title", "description") if card.get(name))


# --- planning ------------------------------------------------------------------------------------------------


class CardCopy(Protocol):
    """Takes batches of messages, with their cards where these are personal."""

    def write(self, messages: Sequence[NewMessage], cards: Sequence[bytes] = ()) -> MessageId: ...


class _Plain:
    def __init__(self, copy: planning.MessageCopy) -> None:
        self._copy = copy

    def write(self, messages: Sequence[NewMessage], cards: Sequence[bytes] = ()) -> MessageId:
        return self._copy.write(messages)


class _Paired:
    def __init__(self, connection: Connection, plan: OpenPlan) -> None:
        self._connection = connection
        self._plan = plan

    def write(self, messages: Sequence[NewMessage], cards: Sequence[bytes] = ()) -> MessageId:
        first = MessageId(self._plan.next_id)
        planning.write_messages(self._connection, self._plan, messages)
        if cards:
            rows = [(first + at, first + at, card) for at, card in enumerate(cards)]
            _store(self._connection, self._plan, rows)
        return first


@contextmanager
def message_copy(connection: Connection, plan: OpenPlan, *, personal: bool) -> Iterator[CardCopy]:
    """As `planning.message_copy`. With `personal` cards messages and cards take turns: a connection copies into one
    table at a time."""
    if personal:
        yield _Paired(connection, plan)
        return
    with planning.message_copy(connection, plan) as copy:
        yield _Plain(copy)


def store_shared(connection: Connection, plan: OpenPlan, card: bytes) -> None:
    """One card for all messages written so far."""
    if plan.messages:
        _store(connection, plan, [(plan.first_id, plan.next_id - 1, card)])


def _store(connection: Connection, plan: OpenPlan, rows: Sequence[tuple[int, int, bytes]]) -> None:
    pack, at = struct.Struct("!h iq iq iq iq i").pack, planning.microseconds(plan.planned_at)
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(planning.COPY_HEAD)
        for first, last, card in rows:
            copy.write(pack(5, 8, first, 8, last, 8, at, 8, plan.id, len(card)) + card)
        copy.write(planning.COPY_TAIL)


_COPY = "copy parcel (first_id, last_id, planned_at, plan_id, body_sealed) from stdin (format binary)"


# --- sending -------------------------------------------------------------------------------------------------


class Cards:
    """The cards of a chunk, and how its channel wants them."""

    def __init__(
        self, config: MaapConfig, own: Mapping[int, Parcel], shared: Parcel | None, *, planned: bool
    ) -> None:
        """`planned`: its plan has cards, so that none of its messages goes without."""
        self._config = config
        self._own = own
        self._shared = shared
        self._planned = planned
        self._last: tuple[str, SubmitItem] | None = None

    def write(self, number: str, text: str, *, reference: int) -> list[SubmitItem]:
        """The one item for a message. Raises InvalidInput `parcel.missing`, `parcel.media_address`."""
        if (own := self._own.get(reference)) is not None:
            return [self._config.item(number, self._reachable(own), sms=text)]
        if self._shared is None:
            if self._planned:
                raise InvalidInput("parcel.missing")
            return self._config.write(number, text, reference=reference)
        if self._last is None or self._last[0] != text:
            self._last = text, self._config.item(number, self._reachable(self._shared), sms=text)
        return [(number, *self._last[1][1:])]

    def _reachable(self, parcel: Parcel) -> Parcel:
        """With addresses in place of digests."""
        for media in _media(parcel.message):
            url = media["mediaUrl"]
            if not url.startswith(MEDIA):
                continue
            suffix = SUFFIXES.get(media.get("mediaContentType", ""), "bin")
            media["mediaUrl"] = self._config.media_url(f"{url.removeprefix(MEDIA)}.{suffix}")
            if not media["mediaUrl"]:
                media["mediaUrl"] = url
                raise InvalidInput("parcel.media_address")
        return parcel


def _media(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (card["media"] for card in _cards_in(message) if "media" in card)


def _cards_in(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    inner = message["message"]
    if "generalPurposeCard" in inner:
        return [inner["generalPurposeCard"]["content"]]
    return list(inner["generalPurposeCardCarousel"]["content"])


def of_rendered(config: MaapConfig, cards: Mapping[int, RichMessage]) -> Cards:
    """Cards that no plan keeps, by the reference under which their texts are written."""
    own = {reference: parcel_of(message, sms="") for reference, message in cards.items()}
    return Cards(config, own, None, planned=bool(own))


async def of_chunk(connection: AsyncConnection, lease: Lease, config: MaapConfig) -> Cards:
    """What the plan keeps for the messages of a leased chunk. One that can't be opened is missing."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        _LOAD,
        {
            "plan": lease.plan_id,
            "planned_at": lease.planned_at,
            "first": lease.first_id,
            "last": lease.last_id,
        },
    )
    own: dict[int, Parcel] = {}
    shared, planned = None, False
    safe = vault()
    for first, last, sealed in await cursor.fetchall():
        planned = True
        if last < lease.first_id or first > lease.last_id:
            continue
        try:
            parcel = Parcel.unpack(safe.open(Kind.BODY, bytes(sealed)).encode())
        except (InvalidInput, ValueError, TypeError):
            continue
        if first == last:
            own[first] = parcel
        else:
            shared = parcel
    return Cards(config, own, shared, planned=planned)


_LOAD = """
select first_id, last_id, body_sealed from parcel
where plan_id = %(plan)s and planned_at = %(planned_at)s and first_id between %(first)s and %(last)s
union
(
  select first_id, last_id, body_sealed from parcel where plan_id = %(plan)s and planned_at = %(planned_at)s
  order by first_id limit 1
)
"""
"""A card for all is the plan's first; that there is a first says that there are cards."""
