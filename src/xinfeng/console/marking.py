"""A text with its findings marked, and the words for what a finding means: the same on every screen.

Screens show it by `{% include "screening/_marked.html" with marked=marked %}` and `{% include "screening/_notes.html" %}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text, Tone
from xinfeng.screening.characters import normal
from xinfeng.screening.findings import Finding
from xinfeng.screening.rules import SEVERITY, Outcome

OUTCOMES: dict[str, tuple[Text, Tone]] = {
    Outcome.BLOCK: (_("禁止"), "bad"),
    Outcome.EVIDENCE: (_("需要证明"), "warn"),
    Outcome.REMARK: (_("提示"), "info"),
}
"""What each outcome is called, and its tone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters about which the same findings speak; `outcome` is the gravest, empty for none.

    `numbers` are places in `Marked.notes`, from 1. Nothing here is HTML: the template escapes it.
    """

    text: str
    outcome: str = ""
    hint: str = ""
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What is said about one finding, in the reader's language."""

    number: int
    finding: Finding
    outcome: Text
    tone: Tone
    matched: str
    words: str
    law: str
    suggestion: str
    title: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The text in pieces, and the notes that belong to them."""

    pieces: Sequence[Piece] = ()
    notes: Sequence[Note] = field(default_factory=list)


def mark(text: str, findings: Iterable[Finding], *, language: str = "", as_typed: bool = False) -> Marked:
    """Cut a text at the ends of its findings and say what each of them means. Characters that cannot be seen are
    shown by a sign, so that a disguise is visible; not in pieces `as_typed`, which lie over the box they were typed in."""
    language = language or get_language() or "zh-hans"
    ordered = sorted(findings, key=lambda one: (one.start, -SEVERITY[one.outcome], one.end))
    notes = [
        Note(
            number,
            one,
            *OUTCOMES[one.outcome],
            visible(one.matched),
            one.words(language),
            one.law(language),
            one.suggestion(language),
            one.title(language),
        )
        for number, one in enumerate(ordered, start=1)
    ]
    return Marked(_pieces(text, notes, str if as_typed else visible), notes)


def _pieces(text: str, notes: Sequence[Note], shown: Callable[[str], str]) -> list[Piece]:
    cuts = sorted({0, len(text), *(one.finding.start for one in notes), *(one.finding.end for one in notes)})
    begins: dict[int, list[Note]] = {}
    for note in notes:
        begins.setdefault(note.finding.start, []).append(note)
    pieces = []
    open_notes: list[Note] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        open_notes = [one for one in open_notes if one.finding.end > start] + begins.get(start, [])
        if not open_notes:
            pieces.append(Piece(shown(text[start:end])))
            continue
        gravest = max(open_notes, key=lambda one: SEVERITY[one.finding.outcome])
        pieces.append(
            Piece(
                shown(text[start:end]),
                str(gravest.finding.outcome),
                gravest.words,
                tuple(one.number for one in open_notes),
            )
        )
    return pieces


def visible(text: str) -> str:
    """The text with a sign in place of each character that nobody can see."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "␣" if character not in "\n\t" and not normal(character) else character for character in text
    )
