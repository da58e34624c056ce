"""Two versions side by side: what was taken out and what was put in, character by character. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text
from xinfeng.content.reads import VersionRow

Change = Literal["same", "out", "in"]


@dataclass(frozen=True)
class Piece:
    """A run of text that stayed, went out or came in."""

    change: Change
    text: str


@dataclass(frozen=True)
class Comparison:
    """Each part of the wording with its pieces, in the order of the text."""

    before: VersionRow
    after: VersionRow
    parts: list[tuple[Text, list[Piece]]]
    face: list[tuple[str, list[Piece]]] = field(default_factory=list)
    """What of the 5G face differs."""


PARTS: tuple[tuple[str, Text], ...] = (
    ("signature", _("签名")),
    ("value", _("价值")),
    ("action", _("行动")),
    ("opt_out", _("退订说明")),
)


def compare(before: VersionRow, after: VersionRow) -> Comparison:
    """How `after` differs from `before`."""
    parts = [(label, pieces(getattr(before, name), getattr(after, name))) for name, label in PARTS]
    return Comparison(before, after, parts)


def pieces(before: str, after: str) -> list[Piece]:
    """`("春茶九折", "春茶八折")` → same 春茶, out 九, in 八, same 折."""
    found: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", before[i:j]))
            continue
        if i < j:
            found.append(Piece("out", before[i:j]))
        if k < m:
            found.append(Piece("in", after[k:m]))
    return found
