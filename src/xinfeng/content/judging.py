"""A wording as screening must read it: every branch of its conditions, with and without its values.

A 5G face is read with it: its words follow the wording, a line for each piece, in parts named `rich.cards.0.title`.

Liquid is no text that anybody receives, so it is not screened as it stands. The wording is read once for each way
through its conditions, with a neutral character where a value will be and again with the defaults; what is found is
put back at the characters its author typed (a value's tag as a whole). Values of real people come later: the texts
rendered for them are screened one by one when a plan is made. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from xinfeng.content import examples
from xinfeng.content.grammar import one_line
from xinfeng.content.rendering import Brand, Wording
from xinfeng.content.rich import lines_of
from xinfeng.protocols.maap.messages import RichMessage
from xinfeng.screening.engine import Screener
from xinfeng.screening.findings import Finding
from xinfeng.screening.links import host_of, link_spans, within
from xinfeng.screening.normalising import normalise
from xinfeng.screening.rules import SEVERITY, Outcome

MOST_WAYS = 48
"""Ways through the conditions of a module that are read; beyond, every branch is still read, not every combination."""

SOMETHING = "某"
"""Stands where a value will be: no rule is about it, and it keeps apart what the value keeps apart."""

_TAG = re.compile(r"\{\{(?P<output>.*?)\}\}|\{%-?\s*(?P<tag>\w+).*?%\}")
_STRING = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_PART_NAMES = ("signature", "value", "action", "opt_out")
FACE = "rich."
"""Before the place in a 5G face, in the name of a part."""


@dataclass(frozen=True, slots=True)
class Source:
    """A wording as its author wrote it, in one line: `【signature】value action opt-out`, Liquid included; below it the
    pieces of a 5G face, a line each."""

    text: str
    parts: tuple[tuple[str, int, int], ...]
    """Name, start and end of each part that is there."""

    def place(self, start: int, end: int) -> tuple[str, int, int]:
        """The part that `[start, end)` begins in, with the offsets into that part, cut at its end."""
        for name, first, last in self.parts:
            if start < last:
                return name, max(start - first, 0), min(end, last) - first
        name, first, last = self.parts[-1]
        return name, last - first, last - first


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules of the digest `ruleset` say about a wording; offsets are into `source.text`."""

    source: Source
    findings: tuple[Finding, ...]
    ruleset: str
    hosts: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    """The ways in which it was read, with SOMETHING for each value, or its default."""

    @property
    def said(self) -> Said:
        """What texts rendered from it may say."""
        news = (claim_of(one) for one in self.findings if one.outcome is not Outcome.REMARK)
        return Said(frozenset(news), self.hosts, self.domains)

    @property
    def examples(self) -> tuple[Finding, ...]:
        """What the library or a playbook only stood in for, and for which it may not be sent."""
        return tuple(one for one in self.blocking if one.rule == examples.RULE)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.outcome is Outcome.BLOCK)

    @property
    def claims(self) -> tuple[Finding, ...]:
        """What may be said with proof only."""
        return tuple(one for one in self.findings if one.outcome is Outcome.EVIDENCE)


Claim = tuple[str, str]
"""A rule and the words it is about, as screening reads them."""


def claim_of(finding: Finding) -> Claim:
    """Which claim a finding is about: the same words under the same rule, wherever they stand."""
    return finding.rule, claim_key(finding.matched)


def claim_key(words: str) -> str:
    """Words as screening reads them, without spaces."""
    return "".join(normalise(words).text.split())[:200]


@dataclass(frozen=True)
class Said:
    """What a wording itself says, and was judged for: in a text rendered from it, that is no news. `hosts`: where its
    own links lead; `domains`: the deployment's filed domains, where any link may lead."""

    claims: frozenset[Claim] = frozenset()
    hosts: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()

    def objections(self, text: str, findings: Sequence[Finding]) -> list[str]:
        """The rules by which a rendered text may not be sent, weightiest first: what is more than a remark and does not
        come from the wording, and LINK_BROUGHT for a link that doesn't."""
        news = [one for one in findings if one.outcome is not Outcome.REMARK and not self._covers(one)]
        news.sort(key=lambda one: -SEVERITY[one.outcome])
        rules = [one.rule for one in news]
        return [*rules, LINK_BROUGHT] if "." in text and self._brings_link(text) else rules

    def _covers(self, finding: Finding) -> bool:
        claim = claim_of(finding)
        if claim in self.claims:
            return True
        return any(
            rule == claim[0] and SOMETHING in words and _with_values(words).fullmatch(claim[1]) is not None
            for rule, words in self.claims
        )

    def _brings_link(self, text: str) -> bool:
        return any(host not in self.hosts and not within(host, self.domains) for host in hosts_in(text))


LINK_BROUGHT = "link.brought"
"""Not a rule that ships: a person's own values put a link into her text that the wording doesn't have."""


def hosts_in(text: str) -> set[str]:
    """Where the links in a text lead."""
    read = normalise(text).text
    return {host_of(read[start:end]) for start, end in link_spans(read)}


@lru_cache(maxsize=1000)
def _with_values(words: str) -> re.Pattern[str]:
    """A claim around a value: whatever stands for the value."""
    return re.compile(".{1,40}?".join(map(re.escape, words.split(SOMETHING))))


def source_of(wording: Wording, signature: Brand) -> Source:
    """The wording in one line, and where its parts stand."""
    text = ""
    parts = []
    for name, part in zip(
        _PART_NAMES,
        (f"【{signature.text}】", one_line(wording.value), one_line(wording.action), wording.opt_out),
        strict=True,
    ):
        if part:
            text += " " if text and not text.endswith("】") else ""
            parts.append((name, len(text), len(text) + len(part)))
            text += part
    return Source(text, tuple(parts))


def with_face(source: Source, face: RichMessage | None) -> tuple[Source, tuple[_Piece, ...]]:
    """The source with a 5G face's pieces below it, and these pieces."""
    text, parts, pieces = f"{source.text}\n" if face is not None else source.text, list(source.parts), []
    for where, words, liquid in lines_of(face) if face is not None else ():
        words = one_line(words)
        if words:
            start = len(text) + 1
            text += f"\n{words}"
            parts.append((f"{FACE}{where}", start, len(text)))
            pieces.append(_Piece(words, start, liquid))
    return Source(text, tuple(parts)), tuple(pieces)


def judge(
    wording: Wording,
    signature: Brand,
    screener: Screener,
    *,
    trade: str,
    purpose: str,
    face: RichMessage | None = None,
) -> Judged:
    """Everything to be said about a wording that has passed `checks.check_wording` (and its 5G face, that has passed
    `rich.check_rich`), in the order of its text.

    Raises InvalidInput `screening.trade`, `screening.purpose`.
    """
    wording_only = source_of(wording, signature)
    source, pieces = with_face(wording_only, face)
    defaults = dict(wording.defaults)
    readings = [*_readings(wording_only.text, defaults), *_face_readings(pieces, defaults)]
    found: dict[tuple[str, int, int], Finding] = {}
    judged = screener.screen_many([one.text for one in readings], trade=trade, purpose=purpose)
    for reading, findings in zip(readings, judged, strict=True):
        for finding in findings:
            start, end = reading.span(finding.start, finding.end)
            found.setdefault((finding.rule, start, end), finding._replace(start=start, end=end))
    for finding in examples.left_in(
        source.text, source.parts, screener.ruleset, trade=trade, purpose=purpose
    ):
        found[finding.rule, finding.start, finding.end] = finding
    ordered = sorted(found.values(), key=lambda one: (one.start, -SEVERITY[one.outcome], one.end, one.rule))
    hosts = frozenset(host for one in readings if "." in one.text for host in hosts_in(one.text))
    texts = tuple(one.text for one in readings)
    return Judged(source, tuple(ordered), screener.digest, hosts, screener.ruleset.domains, texts)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line of a 5G face, and where it begins in the source."""

    text: str
    start: int
    liquid: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a wording. The character i stands for `text[starts[i]:ends[i]]` of the source."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        inside = range(start, max(end, start + 1))
        return min(self.starts[at] for at in inside), max(self.ends[at] for at in inside)


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters `[start, end)` of the source that read as `text`; as themselves when `literal`."""

    text: str
    start: int
    end: int
    literal: bool

    def shifted(self, by: int) -> _Run:
        return _Run(self.text, self.start + by, self.end + by, self.literal)


@dataclass(slots=True)
class _Choice:
    branches: list[list[_Run | _Choice]] = field(default_factory=list)
    complete: bool = False
    """Whether one branch is always taken."""


_Nodes = list["_Run | _Choice"]


def _readings(source: str, defaults: Mapping[str, str]) -> Iterator[_Reading]:
    seen: set[str] = set()
    for instead in (None, defaults):
        for runs in _ways(_tree(source, instead)):
            reading = _joined(runs)
            if reading.text not in seen:
                seen.add(reading.text)
                yield reading


def _face_readings(pieces: Sequence[_Piece], defaults: Mapping[str, str]) -> Iterator[_Reading]:
    """The face as a whole, until every way through each of its pieces was read: no rule reads across lines."""
    if not pieces:
        return
    seen: set[str] = set()
    for instead in (None, defaults):
        ways = [_ways_of(piece, instead) for piece in pieces]
        for at in range(max(map(len, ways))):
            runs: list[_Run] = []
            for piece, of_piece in zip(pieces, ways, strict=True):
                end = piece.start + len(piece.text)
                runs += [*of_piece[at % len(of_piece)], _Run("\n", end, end + 1, literal=False)]
            reading = _joined(runs[:-1])
            if reading.text not in seen:
                seen.add(reading.text)
                yield reading


def _ways_of(piece: _Piece, instead: Mapping[str, str] | None) -> list[list[_Run]]:
    if not piece.liquid:
        return [[_Run(piece.text, piece.start, piece.start + len(piece.text), literal=True)]]
    return [[one.shifted(piece.start) for one in way] for way in _ways(_tree(piece.text, instead))]


def _joined(runs: Iterable[_Run]) -> _Reading:
    text, starts, ends = "", [], []
    for run in runs:
        text += run.text
        for at in range(len(run.text)):
            starts.append(run.start + at if run.literal else run.start)
            ends.append(run.start + at + 1 if run.literal else run.end)
    return _Reading(text, starts, ends)


def _tree(source: str, defaults: Mapping[str, str] | None) -> _Nodes:
    """The source as runs and choices. It has passed the grammar, so every tag that opens is closed."""
    root: _Nodes = []
    here, open_choices = root, list[tuple[_Nodes, _Choice]]()
    at, commented = 0, False
    for tag in _TAG.finditer(source):
        if not commented and tag.start() > at:
            here.append(_Run(source[at : tag.start()], at, tag.start(), literal=True))
        at = tag.end()
        name = tag["tag"]
        if commented:
            commented = name != "endcomment"
        elif name is None:
            here.append(_Run(_output(tag["output"], defaults), tag.start(), tag.end(), literal=False))
        elif name == "comment":
            commented = True
        elif name in ("if", "unless", "case"):
            choice = _Choice()
            here.append(choice)
            open_choices.append((here, choice))
            here = [] if name == "case" else _branch(choice)
        elif name in ("elsif", "else", "when"):
            choice = open_choices[-1][1]
            choice.complete |= name == "else"
            here = _branch(choice)
        elif open_choices:
            here, _closed = open_choices.pop()
    if at < len(source):
        here.append(_Run(source[at:], at, len(source), literal=True))
    return root


def _branch(choice: _Choice) -> _Nodes:
    choice.branches.append([])
    return choice.branches[-1]


def _output(inside: str, defaults: Mapping[str, str] | None) -> str:
    """What stands for `{{ inside }}`: with `defaults`, what a reader sees of whom nothing is known."""
    head, *filters = inside.strip(" -").split("|")
    literal = _STRING.fullmatch(head.strip())
    text = (literal[1] or literal[2] or "") if literal else SOMETHING
    if defaults is not None and not literal:
        text = defaults.get(head.strip(), "")
    for written in filters:
        name, _colon, arguments = written.partition(":")
        strings = "".join(one[1] or one[2] or "" for one in _STRING.finditer(arguments))
        if name.strip() == "default":
            text = text or strings
        elif name.strip() == "prepend":
            text = strings + text
        else:
            text += strings if name.strip() == "append" else ""
    return text


def _ways(nodes: _Nodes) -> list[list[_Run]]:
    """Each way through the choices among `nodes`: all combinations up to MOST_WAYS, else each branch at least once."""
    parts: list[list[list[_Run]]] = []
    for node in nodes:
        if isinstance(node, _Run):
            parts.append([[node]])
            continue
        branches = [way for branch in node.branches for way in _ways(branch)]
        parts.append(branches if node.complete else [*branches, []])
    count = 1
    for part in parts:
        count *= len(part)
    if count <= MOST_WAYS:
        return [[run for piece in chosen for run in piece] for chosen in product(*parts)]
    longest = max(len(part) for part in parts)
    chosen_ways = ([part[at % len(part)] for part in parts] for at in range(longest))
    return [[run for piece in chosen for run in piece] for chosen in chosen_ways]
