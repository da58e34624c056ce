"""What the dashboard lists as having a deadline."""

from __future__ import annotations

from dataclasses import dataclass

from xinfeng.console.components.parts import Tone


@dataclass(frozen=True)
class Chore:
    """Something with a deadline that is not a campaign: what, how urgent, and where to see to it."""

    title: str
    text: str
    url: str
    tone: Tone
    badge: str = ""
    """Where “overdue” would not be the word for it."""
