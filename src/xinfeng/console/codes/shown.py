"""A code as pages show it: in mono, with its meaning, whose side it is on, and what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.codes import CodeInfo, Side
from xinfeng.channels.codes.book import classes
from xinfeng.channels.codes.words import done_about, permanence_name, phase_name, side_name
from xinfeng.channels.models import ChannelKind
from xinfeng.console.components.parts import Text, Tone
from xinfeng.insights.words import carrier_code

TONES: dict[Side, Tone] = {
    Side.NOBODY: "good",
    Side.HANDSET: "neutral",
    Side.NUMBER: "warn",
    Side.RECIPIENT: "bad",
    Side.CONTENT: "bad",
    Side.FREQUENCY: "warn",
    Side.CARRIER: "info",
    Side.OURSELVES: "bad",
    Side.ROUTE: "accent",
    Side.UNKNOWN: "neutral",
}
ALL_KINDS: Text = _("全部协议")


def language() -> str:
    return get_language() or "zh"


@dataclass(frozen=True)
class ShownCode:
    """One code in words."""

    info: CodeInfo

    @property
    def code(self) -> str:
        return self.info.code

    @property
    def meaning(self) -> str:
        return self.info.meaning(language())

    @property
    def side(self) -> str:
        return side_name(self.info.side, language())

    @property
    def tone(self) -> Tone:
        return TONES[self.info.side]

    @property
    def done(self) -> str:
        return done_about(self.info, language())

    @property
    def category(self) -> str:
        return classes()[self.info.category].words(language()) if self.info.category in classes() else ""

    @property
    def phase(self) -> str:
        return phase_name(self.info.phase, language())

    @property
    def permanence(self) -> str:
        return permanence_name(self.info.permanence, language())

    @property
    def readings(self) -> str:
        return self.info.readings(language())

    @property
    def kinds(self) -> str:
        return "、".join(kind_name(kind) for kind in self.info.kinds)

    @property
    def kind(self) -> str:
        """The first it holds for: what a form about it begins with."""
        return self.info.kinds[0]


def kind_name(kind: str) -> str:
    if kind == "*":
        return str(ALL_KINDS)
    return str(ChannelKind(kind).label) if kind in ChannelKind.values else kind


CodeRow = tuple[str, str, int, str, str]
"""Code, name, messages, address, and the kind of channel it came over."""


@dataclass(frozen=True)
class SideGroup:
    """The failures on one side."""

    name: str
    tone: Tone
    messages: int
    codes: tuple[CodeRow, ...]


def by_side(rows: Sequence[CodeRow]) -> list[SideGroup]:
    """Failures by whose side they are on, the most frequent side first; our own words are ours."""
    groups: dict[Side, list[CodeRow]] = {}
    for row in rows:
        info = carrier_code(row[0], row[4])
        side = info.side if info else Side.OURSELVES
        groups.setdefault(Side.UNKNOWN if side is Side.NOBODY else side, []).append(row)
    found = [
        SideGroup(side_name(side, language()), TONES[side], sum(row[2] for row in rows), tuple(rows))
        for side, rows in groups.items()
    ]
    return sorted(found, key=lambda one: -one.messages)
