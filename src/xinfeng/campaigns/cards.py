"""The 5G face of a campaign's text on its way into a plan: who needs one, each reader's own, frozen as it will be sent.

Where no channel carries 5G messages nothing is made, whatever the text has. What a reader's own values bring into her
card is screened like her text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from xinfeng.campaigns.rendered import Reader, TextGate
from xinfeng.channels.models import RICH_KINDS, Channel
from xinfeng.content.models import TemplateVersion
from xinfeng.content.rendering import Row
from xinfeng.content.rich import read_rich
from xinfeng.content.rich_preview import fixed_values
from xinfeng.content.rich_rendering import FaceWords, RichRenderer
from xinfeng.content.values import Moment
from xinfeng.content.variables import Catalogue
from xinfeng.delivery import parcels
from xinfeng.delivery.planning import Lane
from xinfeng.protocols.maap.messages import RichMessage


class Cards:
    """Ready for any number of readers."""

    def __init__(
        self,
        version: TemplateVersion,
        rich_channels: Collection[int],
        *,
        catalogue: Catalogue,
        moment: Moment,
        gate: TextGate,
    ) -> None:
        self._channels = frozenset(rich_channels)
        face = face_of(version, catalogue=catalogue, moment=moment)
        assert face is not None
        self._renderer = face
        self.needed = self._renderer.needed
        self.personal = self._renderer.personal
        self._reader: Reader | None = gate.reading(FaceWords(self._renderer)) if self.personal else None

    def go_by(self, channels: Collection[int]) -> bool:
        """Whether one of these channels carries them."""
        return not self._channels.isdisjoint(channels)

    def made(self, rows: Sequence[Row]) -> list[RichMessage]:
        """The cards of these readers."""
        return [self._renderer.render(row) for row in rows]

    def sealed(self, rows: Sequence[Row]) -> list[bytes]:
        """As a plan keeps them."""
        return parcels.seal(self.made(rows))

    def refused(self, rows: Sequence[Row]) -> dict[int, str]:
        """Whose cards may not be sent, by their place among `rows`, each with the rule."""
        return self._reader.refused(rows) if self._reader is not None else {}


def cards_of(
    version: TemplateVersion,
    channels: Collection[int],
    *,
    catalogue: Catalogue,
    moment: Moment,
    gate: TextGate,
) -> Cards | None:
    """None where none of these channels is for them, or the text has no card."""
    rich = rich_among(channels)
    if version.rich is None or not rich:
        return None
    return Cards(version, rich, catalogue=catalogue, moment=moment, gate=gate)


def face_of(version: TemplateVersion, *, catalogue: Catalogue, moment: Moment) -> RichRenderer | None:
    """The card of a version, ready to be made; None where it has none."""
    if version.rich is None:
        return None
    return RichRenderer(
        read_rich(version.rich),
        defaults=version.defaults,
        catalogue=catalogue,
        fixed=fixed_values(version.signature, moment),
    )


def carries_cards(channel: Channel | None, lanes: Iterable[Collection[int]] = ()) -> bool:
    """Whether all that a campaign writes may go as cards: over its channel, or by each of a route's lanes."""
    if channel is not None:
        return channel.kind in RICH_KINDS
    found = [set(one) for one in lanes if one]
    rich = rich_among(set().union(*found)) if found else frozenset()
    return bool(found) and all(one & rich for one in found)


def rich_among(channel_ids: Collection[int]) -> frozenset[int]:
    """Those of these channels that carry 5G messages."""
    found = Channel.objects.filter(pk__in=channel_ids, kind__in=RICH_KINDS).values_list("pk", flat=True)
    return frozenset(found)


def bills_whole(lane: Lane, rich: Collection[int]) -> bool:
    """Whether a message of this lane is one unit, whatever the length of the SMS behind it: so every channel of it bills
    a 5G message. In a lane that also has SMS channels the parts are those of the text."""
    return bool(lane.channels) and set(lane.channels) <= set(rich)
