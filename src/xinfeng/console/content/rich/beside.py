"""What stands beside a 5G face while it is designed: the phone, its faults, what the rules object to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.console.components import Phone
from xinfeng.console.content.preview import bounds_of
from xinfeng.console.content.rich.shown import ShownFace, place, shown
from xinfeng.console.content.studio import as_typed
from xinfeng.console.marking import Marked, Note, mark
from xinfeng.console.words import sentence
from xinfeng.content import reads
from xinfeng.content.actions import fit
from xinfeng.content.grammar import one_line
from xinfeng.content.judging import FACE, judge
from xinfeng.content.models import TemplateVersion
from xinfeng.content.preview import masked_phones, masked_values
from xinfeng.content.rendering import Renderer
from xinfeng.content.rich import lines_of
from xinfeng.content.rich_preview import faces_for, only_readable
from xinfeng.content.sources import values_of
from xinfeng.content.variables import examples
from xinfeng.kernel.errors import InvalidInput
from xinfeng.policy.moments import reading_moment
from xinfeng.protocols.maap.messages import RichFault, RichMessage
from xinfeng.screening.findings import Finding
from xinfeng.screening.reads import screener
from xinfeng.screening.rules import SEVERITY, Outcome


@dataclass(frozen=True)
class Reader:
    """One person with the message on her phone, and the text that a phone without 5G messages gets."""

    name: str
    """Her masked number; empty: an example."""
    face: ShownFace
    sms: Phone | None
    at: int
    count: int

    @property
    def previous(self) -> int:
        return (self.at - 1) % max(self.count, 1)

    @property
    def following(self) -> int:
        return (self.at + 1) % max(self.count, 1)


@dataclass(frozen=True)
class Fault:
    """What stops a save, in words, at its field."""

    where: str
    place: str
    words: str


@dataclass(frozen=True)
class Objection:
    """One finding at the characters of the field `where`. `instead`: what could stand there."""

    where: str
    place: str
    note: Note
    instead: str | None


@dataclass(frozen=True)
class Beside:
    """All of it. `marks`: the fields in which something was found, with their words in pieces."""

    reader: Reader
    faults: list[Fault]
    objections: list[Objection]
    marks: dict[str, Marked]

    @property
    def stops(self) -> bool:
        return any(one.note.finding.outcome is Outcome.BLOCK for one in self.objections)


def beside(
    message: RichMessage,
    version: TemplateVersion,
    *,
    at: int,
    language: str,
    now: datetime,
    unfinished: Sequence[RichFault] = (),
) -> Beside:
    """For a face that may have faults; `unfinished` are those that were found when it was read."""
    ready = fit(message, version)
    message, told = ready.message, told_faults([*unfinished, *ready.faults])
    marks = _marks(message, version, language=language, now=now)
    objections = [
        Objection(where, place(where), note, note.finding.of.replacements.get(note.finding.matched.lower()))
        for where, marked in marks.items()
        for note in marked.notes
    ]
    objections.sort(key=lambda one: -SEVERITY[one.note.finding.outcome])
    return Beside(reader_of(message, version, at=at, now=now), told, objections, marks)


def told_faults(faults: Sequence[RichFault]) -> list[Fault]:
    """In words, the first of each place."""
    first = {fault.where: fault for fault in reversed(faults)}
    ordered = dict.fromkeys(fault.where for fault in faults)
    return [
        Fault(where, place(where), sentence(InvalidInput(first[where].code, **first[where].params)))
        for where in ordered
    ]


def reader_of(message: RichMessage, version: TemplateVersion, *, at: int, now: datetime) -> Reader:
    """The contact at that place among those changed last; an example where there is none."""
    ids = reads.people_to_show()
    at = at % len(ids) if ids else 0
    return readers(message, version, ids[at : at + 1], now=now, at=at, count=len(ids))[0]


def readers(
    message: RichMessage,
    version: TemplateVersion,
    contact_ids: Sequence[int],
    *,
    now: datetime,
    at: int = 0,
    count: int = 0,
) -> list[Reader]:
    """The message for these contacts, or for an example person where none of them is there."""
    known, moment = reads.catalogue(), reading_moment(now)
    made = faces_for(
        message,
        contact_ids,
        defaults=version.defaults,
        signature=version.signature,
        moment=moment,
        catalogue=known,
    )
    ids = [one for one in made if one is not None]
    phones = masked_phones(ids)
    texts = _texts(version, ids, now)
    return [
        Reader(phones.get(one, "") if one is not None else "", shown(face), texts.get(one), at, count)
        for one, face in made.items()
    ]


def _texts(version: TemplateVersion, contact_ids: Sequence[int], now: datetime) -> dict[int | None, Phone]:
    """The short message of each; nothing for a wording whose variables are gone."""
    known, moment = reads.catalogue(), reading_moment(now)
    try:
        ready = Renderer(version, version.signature, catalogue=known, fixed=moment.values())
    except InvalidInput:
        return {}
    rows = values_of(contact_ids, ready.needed, catalogue=known, moment=moment)
    people = {
        one: masked_values(row, known) for one, row in zip(contact_ids, rows, strict=True) if row is not None
    }
    made: dict[int | None, str] = dict(zip(people, ready.render_many(list(people.values())), strict=True))
    if not people:
        made[None] = ready.render(examples(known, ready.needed))
    return {one: Phone(text, bounds=bounds_of(text)) for one, text in made.items()}


def _marks(
    message: RichMessage, version: TemplateVersion, *, language: str, now: datetime
) -> dict[str, Marked]:
    """What the rules object to, at the characters that were typed."""
    template = version.template
    typed = {line.where: line.text for line in lines_of(message)}
    judged = judge(
        version,
        version.signature,
        screener(now),
        trade=template.trade,
        purpose=template.purpose,
        face=only_readable(message, reads.catalogue()),
    )
    found: dict[str, list[Finding]] = {}
    for one in judged.findings:
        part, start, end = judged.source.place(one.start, one.end)
        if not part.startswith(FACE):
            continue
        where = part.removeprefix(FACE)
        raw = typed[where]
        start, end = as_typed(raw, one_line(raw), start, end)
        found.setdefault(where, []).append(one._replace(start=start, end=end, matched=raw[start:end]))
    return {
        where: mark(typed[where], findings, language=language, as_typed=True)
        for where, findings in found.items()
    }
