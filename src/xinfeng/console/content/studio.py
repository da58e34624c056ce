"""What stands beside a wording while it is written: what the rules object to, and what each channel makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xinfeng.channels import reads as channels
from xinfeng.console.content.preview import yuan_of_li
from xinfeng.console.marking import Marked, Note, mark
from xinfeng.content.judging import Judged, judge
from xinfeng.content.models import Signature
from xinfeng.content.parts import Measure, price
from xinfeng.content.rendering import Draft, Renderer
from xinfeng.content.variables import Catalogue
from xinfeng.filings import acceptance
from xinfeng.screening.findings import Finding
from xinfeng.screening.reads import screener
from xinfeng.screening.rules import SEVERITY, Outcome

PART_LABELS: dict[str, Promise] = {
    "signature": gettext_lazy("签名"),
    "value": gettext_lazy("价值"),
    "action": gettext_lazy("行动"),
    "opt_out": gettext_lazy("退订说明"),
}
FIELDS = ("value", "action")
"""The parts an author types freely; the others are chosen."""


@dataclass(frozen=True)
class Objection:
    """One finding, told to the author; its finding stands at the characters of the field `part`. `instead` is what
    could stand there, None where there is no such word."""

    part: str
    note: Note
    instead: str | None

    @property
    def part_label(self) -> Promise:
        return PART_LABELS[self.part]

    @property
    def replaceable(self) -> bool:
        return self.instead is not None and self.part in FIELDS


@dataclass(frozen=True)
class OnChannel:
    """What one channel makes of the wording: the price of its shortest, typical and longest text, and what it would
    not take."""

    name: str
    shortest: str
    typical: str
    longest: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Studio:
    """Everything beside the phone."""

    objections: tuple[Objection, ...]
    marks: dict[str, Marked]
    channels: tuple[OnChannel, ...]

    @property
    def stops(self) -> bool:
        return any(one.note.finding.outcome is Outcome.BLOCK for one in self.objections)


def look_at(
    draft: Draft,
    signature: Signature,
    *,
    trade: str,
    purpose: str,
    catalogue: Catalogue,
    lengths: Sequence[Measure],
    language: str,
    now: datetime,
) -> Studio:
    """Judge a wording whose parts can be read. `lengths`: of the texts on the phone; without any, nothing is said of
    channels."""
    judged = judge(draft, signature, screener(now), trade=trade, purpose=purpose)
    found = at_fields(judged, draft)
    marks = {
        part: mark(getattr(draft, part, ""), found.get(part, ()), language=language, as_typed=True)
        for part in PART_LABELS
    }
    return Studio(
        _objections(marks),
        {part: marks[part] for part in FIELDS},
        _on_channels(
            draft,
            signature,
            purpose=purpose,
            catalogue=catalogue,
            lengths=lengths,
            language=language,
            now=now,
        )
        if lengths
        else (),
    )


def at_fields(judged: Judged, draft: Draft) -> dict[str, list[Finding]]:
    """What was found, by the part it begins in; in the fields an author types, at the characters that were typed."""
    found: dict[str, list[Finding]] = {}
    for one in judged.findings:
        part, start, end = judged.source.place(one.start, one.end)
        if part in FIELDS:
            raw = getattr(draft, part)
            lined = next(
                judged.source.text[first:last] for name, first, last in judged.source.parts if name == part
            )
            start, end = as_typed(raw, lined, start, end)
            one = one._replace(start=start, end=end, matched=raw[start:end])
        found.setdefault(part, []).append(one)
    return found


def _objections(marks: Mapping[str, Marked]) -> tuple[Objection, ...]:
    """All that is said, weightiest first, then in the order of the text."""
    told = [
        Objection(part, note, note.finding.of.replacements.get(note.finding.matched.lower()))
        for part, marked in marks.items()
        for note in marked.notes
    ]
    return tuple(sorted(told, key=lambda one: -SEVERITY[one.note.finding.outcome]))


def as_typed(raw: str, lined: str, start: int, end: int) -> tuple[int, int]:
    """Where `lined[start:end]` stands in `raw`; `lined` is `raw` with its white space drawn together."""
    places = []
    at = 0
    for character in lined:
        if not character.isspace():
            while at < len(raw) and raw[at] != character:
                at += 1
        places.append(min(at, len(raw)))
        if not character.isspace():
            at += 1
    if start >= len(places):
        return len(raw), len(raw)
    last = places[min(max(end, start + 1), len(places)) - 1]
    return places[start], min(last + 1, len(raw))


def _on_channels(
    draft: Draft,
    signature: Signature,
    *,
    purpose: str,
    catalogue: Catalogue,
    lengths: Sequence[Measure],
    language: str,
    now: datetime,
) -> tuple[OnChannel, ...]:
    longest_units = Renderer(draft, signature, catalogue=catalogue).longest_units
    ordered = sorted(one.parts for one in lengths)
    chosen = (ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1])
    rows = []
    for channel in channels.channels(now=now):
        if not channel.enabled or channel.purpose != purpose:
            continue
        faults = acceptance.faults(
            draft,
            signature.text,
            channel.takes,
            purpose=purpose,
            catalogue=catalogue,
            longest_units=longest_units,
        )
        shortest, typical, longest = (
            f"¥{yuan_of_li(price(parts, price_li=channel.price_li))}" for parts in chosen
        )
        told = tuple(one.words(language) for one in faults)
        rows.append(OnChannel(channel.name, shortest, typical, longest, told))
    return tuple(rows)


@dataclass(frozen=True)
class Condition:
    """A ready-made condition: what is written around the selected words."""

    label: str
    before: str
    after: str = "{% endif %}"


def conditions() -> list[tuple[str, list[Condition]]]:
    """By tier, region, time of day and scene (feature C2), as the editor offers them."""
    otherwise = "{% else %}{% endif %}"

    def by(test: str, label: str, after: str = otherwise) -> Condition:
        return Condition(label, f"{{% if {test} %}}", after)

    return [
        (
            _("按分层"),
            [
                by('contact.tier == "new"', _("新客户")),
                by('contact.tier == "active"', _("活跃客户")),
                by('contact.tier == "dormant"', _("沉睡客户")),
                by('contact.tier == "potential"', _("潜在客户")),
                by('contact.tier == "industry"', _("同行客户")),
            ],
        ),
        (
            _("按地区"),
            [
                by('contact.city == "杭州"', _("某个城市（改成你的）")),
                by('contact.province == "浙江"', _("某个省份（改成你的）")),
                by("contact.city", _("知道城市的客户")),
            ],
        ),
        (
            _("按时段"),
            [
                by('part_of_day == "早上"', _("早上发送")),
                by('part_of_day == "中午"', _("中午发送")),
                by('part_of_day == "下午"', _("下午发送")),
                by('part_of_day == "晚上"', _("晚上发送")),
            ],
        ),
        (
            _("按场景"),
            [
                by("contact.birthday_month == month", _("生日在本月")),
                by('weekday == "周六" or weekday == "周日"', _("周末发送")),
                by("holiday", _("法定节假日发送")),
                by("contact.days_joined < 31", _("加入不到一个月")),
            ],
        ),
    ]
