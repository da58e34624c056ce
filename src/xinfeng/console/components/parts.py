"""The small components' values. Texts are already in the reader's language (or lazy translations)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.utils.functional import Promise

Text = str | Promise
Tone = Literal["neutral", "accent", "good", "warn", "bad", "info"]
"""Colours by meaning: neutral grey, accent teal, good green, warn amber, bad red, info blue."""


@dataclass(frozen=True)
class Crumb:
    """A step on the way to the present page."""

    label: Text
    url: str


@dataclass(frozen=True)
class Empty:
    """What an empty place says: what it is for, and what to do next."""

    title: Text
    text: Text = ""
    action: Text = ""
    url: str = ""
    icon: str = "mood-empty"


@dataclass(frozen=True)
class Stat:
    """A number people act on. `value` is formatted text; `url` leads to the contacts or messages behind it."""

    label: Text
    value: str
    url: str = ""
    hint: Text = ""
    tone: Tone = "neutral"
    unit: Text = ""
    trend: Sequence[float] = ()
    """The last days, oldest first, drawn as a small line."""


@dataclass(frozen=True)
class Step:
    """One step of a wizard; `url` where going back to it is possible."""

    label: Text
    url: str = ""


@dataclass(frozen=True)
class Tab:
    """One tab; a tab is a page of its own with its own address."""

    label: Text
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class TimelineItem:
    """Something that happened to a contact or a campaign."""

    at: datetime
    title: Text
    text: Text = ""
    icon: str = "point"
    tone: Tone = "neutral"
    url: str = ""


@dataclass(frozen=True)
class Share:
    """One piece of a stacked bar: how many of the whole."""

    label: Text
    count: int
    tone: Tone = "neutral"
    url: str = ""


@dataclass(frozen=True)
class Phone:
    """A text as a handset shows it. `length` counts characters with signature; `parts` are billed 计费条."""

    text: str
    sender: str = ""
    length: int | None = None
    parts: int | None = None
    note: Text = ""
    bounds: Sequence[int] = field(default=())
    """Where in `text` one part ends and the next begins, when that is worth showing."""

    @property
    def pieces(self) -> list[str]:
        """The text cut at `bounds`."""
        edges = [0, *sorted(self.bounds), len(self.text)]
        return [self.text[start:end] for start, end in zip(edges, edges[1:], strict=False) if end > start]
