"""All codes in memory, and how one is found: an exact code beats a pattern, the longest pattern wins; a kind's own
table goes before the common one, an operator's own entry before both. Pure; reads the files that ship.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from xinfeng.channels.codes.shapes import (
    VERDICTS,
    Action,
    CodeClass,
    CodeInfo,
    Permanence,
    Phase,
    Side,
    Verdict,
    is_pattern,
)

DATA = Path(__file__).parent / "data"
ANY = "*"
LONGEST_CODE = 60
LONGEST_RANGE = 1_000
MOST_REMEMBERED = 10_000
"""Codes whose explanation is kept: a carrier that makes up codes fills no memory."""

_is_readable = re.compile(r"[0-9A-Z:_.\-]{1,60}").fullmatch
_is_hex = re.compile(r"0X[0-9A-F]{1,8}").fullmatch
_range = re.compile(r"(?P<head>[^0-9]*?)(?P<first>\d+)-(?P<again>\D*?)(?P<last>\d+)").fullmatch
_hex_range = re.compile(r"0x([0-9A-Fa-f]{1,4})-0x([0-9A-Fa-f]{1,4})").fullmatch
_glued = re.compile(r"(UNDELIV|EXPIRED|REJECTD|UNKNOWN|DELETED)[:/ _]?S?([0-9A-Z:]{1,10}?)S?").fullmatch
"""A state word with the platform's own code behind it: `UNDELIVS601S`, `UNDELIV:029`."""
_wrapped = re.compile(r"(CMPPERR|SMGPERR|SGIP|U?2):([0-9]{1,3})").fullmatch
_WRAPPERS = {
    "CMPPERR": ("cmpp3", Phase.SUBMIT),
    "SMGPERR": ("smgp30", Phase.SUBMIT),
    "SGIP": ("sgip12", Phase.RECEIPT),
    "2": ("sgip12", Phase.RECEIPT),
    "U2": ("sgip12", Phase.RECEIPT),
}
"""Platforms that hand on another protocol's number: `SGIP:69`, `CMPPERR:8`."""


def _none(phase: Phase, code: str) -> CodeInfo:
    return CodeInfo(
        code=code, phase=phase, pattern="", category="unlisted",
        zh="不在代码表里", en="not in our table", side=Side.UNKNOWN, permanence=Permanence.UNKNOWN,
        action=Action.NONE, verdict=Verdict.ALL_MESSAGES, source="", date="",
    )  # fmt: skip


class Book:
    """Every entry, shipped and own."""

    def __init__(self, own: Iterable[CodeInfo] = ()) -> None:
        self._exact: dict[tuple[Phase, str, str], dict[str, CodeInfo]] = {}
        self._patterns: dict[tuple[Phase, str, str], list[tuple[re.Pattern[str], CodeInfo]]] = {}
        self.own = tuple(own)
        for one in (*shipped(), *self.own):
            for kind in one.kinds:
                place = (one.phase, kind, one.carrier)
                if is_pattern(one.pattern):
                    patterns = self._patterns.setdefault(place, [])
                    patterns[:] = [other for other in patterns if other[1].pattern != one.pattern]
                    patterns.append((_compiled(one.pattern), one))
                else:
                    self._exact.setdefault(place, {})[one.pattern] = one
        for patterns in self._patterns.values():
            patterns.sort(key=lambda pair: (pair[1].own, _weight(pair[1].pattern)), reverse=True)
        self._results: dict[str, dict[object, Verdict]] = {}
        self._explained: dict[tuple[str, str, str, Phase | None], CodeInfo] = {}

    def entries(self) -> Iterator[CodeInfo]:
        """One for each code and pattern, what operators say in the place of what ships."""
        seen: set[tuple[Phase, str, tuple[str, ...], str]] = set()
        for one in reversed((*shipped(), *self.own)):
            key = (one.phase, one.pattern, one.kinds, one.carrier)
            if key not in seen:
                seen.add(key)
                yield one

    def explain(self, kind: str, code: str, *, carrier: str = "", phase: Phase | None = None) -> CodeInfo:
        """What a code means with this kind of channel. Without a phase, a report's reading goes first."""
        asked = (kind, code, carrier, phase)
        if (found := self._explained.get(asked)) is None:
            found = self._explain(kind, code, carrier, phase)
            if len(self._explained) < MOST_REMEMBERED and len(code) <= LONGEST_CODE:
                self._explained[asked] = found
        return found

    def _explain(self, kind: str, code: str, carrier: str, phase: Phase | None) -> CodeInfo:
        cleaned = tidy(code)
        phases = (phase,) if phase is not None else (Phase.RECEIPT, Phase.SUBMIT)
        if not _is_readable(cleaned):
            return _none(phases[0], code[:LONGEST_CODE])
        found = [self._find(one, kind, cleaned, carrier) for one in phases]
        best = next((one for one in found if one and one.known), None) or next(filter(None, found), None)
        if best is None:
            return _none(phases[0], code)
        return replace(best, code=code)

    def verdict(self, kind: str, result: int | str) -> Verdict:
        """What the result of a submit says; a dict's speed after the first time a result is met."""
        known = self._results.get(kind)
        if known is None:
            known = self._results[kind] = {}
        found = known.get(result)
        if found is None:
            found = self.explain(kind, str(result), phase=Phase.SUBMIT).verdict
            if len(known) < MOST_REMEMBERED:
                known[result] = found
        return found

    def _find(self, phase: Phase, kind: str, code: str, carrier: str) -> CodeInfo | None:
        if _is_hex(code) and phase is not Phase.RECEIPT:
            code = str(int(code, 16))
        places = [
            (phase, one, whose)
            for whose in dict.fromkeys((carrier, ""))
            for one in dict.fromkeys((kind, ANY))
        ]
        own = sorted(
            (hit for place in places if (hit := self._exact.get(place, {}).get(code))),
            key=lambda hit: not hit.own,
        )
        if own:
            return own[0]
        if phase is Phase.RECEIPT and (inner := self._inner(kind, code)) is not None:
            return inner
        hits = [
            hit
            for place in places
            for pattern, hit in self._patterns.get(place, ())
            if pattern.fullmatch(code)
        ]
        return max(hits, key=lambda hit: (hit.own, _weight(hit.pattern)), default=None)

    def _inner(self, kind: str, code: str) -> CodeInfo | None:
        """A number that is wrapped in a word: looked up where it comes from. None where that says nothing more."""
        if wrapped := _wrapped(code):
            kind, phase = _WRAPPERS[wrapped[1]]
            inner = self._find(phase, kind, str(int(wrapped[2])), "")
            return inner if inner and inner.known else None
        if glued := _glued(code):
            word, rest = glued.groups()
            for candidate in dict.fromkeys((rest, rest.lstrip("0") or "0")):
                inner = self._exact.get((Phase.RECEIPT, kind, ""), {}).get(candidate) or self._exact.get(
                    (Phase.RECEIPT, ANY, ""), {}
                ).get(candidate)
                # a report that says that it failed is no delivery, whatever number stands behind it
                if inner is not None and inner.action is not Action.DELIVERED:
                    return inner
            return self._exact.get((Phase.RECEIPT, ANY, ""), {}).get(word) if set(rest) == {"0"} else None
        return None


def tidy(code: str) -> str:
    """A code as it is looked up: no padding, capital letters, as long as a column keeps it."""
    return code.strip("\x00 \t\r\n").upper()[:LONGEST_CODE]


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "#": "[0-9]"}.get(one, re.escape(one)) for one in pattern))


def _weight(pattern: str) -> tuple[int, int]:
    """More letters that must be there weigh more; then a digit more than anything."""
    return len(pattern.replace("*", "").replace("#", "")), pattern.count("#")


# --- the files -----------------------------------------------------------------------------------------------------


@cache
def classes() -> Mapping[str, CodeClass]:
    """What codes come down to, by key."""
    raw = tomllib.loads((DATA / "classes.toml").read_text("utf-8"))
    return {
        key: CodeClass(
            key=key,
            zh=one["zh"],
            en=one["en"],
            side=Side(one["side"]),
            permanence=Permanence(one["permanence"]),
            action=Action(one["action"]),
            verdict=VERDICTS[one["verdict"]],
        )
        for key, one in raw.items()
    }


@cache
def shipped() -> tuple[CodeInfo, ...]:
    """Everything in the files."""
    return tuple(
        one
        for path in sorted(DATA.glob("*.toml"))
        if path.name != "classes.toml"
        for one in read_groups(path.read_text("utf-8"))
    )


def read_groups(text: str) -> Iterator[CodeInfo]:
    """The entries of one file. Raises ValueError, KeyError or tomllib.TOMLDecodeError for what is malformed."""
    for group in tomllib.loads(text)["group"]:
        phase, kinds = Phase(group["phase"]), tuple(group["kinds"])
        for written, raw in group["codes"].items():
            entry = raw if isinstance(raw, dict) else dict(zip(("class", "zh", "en"), raw, strict=True))
            for pattern in expand(written):
                yield _entry(pattern, phase, kinds, group, entry)


def _entry(
    pattern: str, phase: Phase, kinds: tuple[str, ...], group: Mapping[str, Any], entry: Mapping[str, Any]
) -> CodeInfo:
    whole = classes()[entry["class"]]
    disputed = entry.get("disputed") or ((entry["zh"], entry["en"]) if whole.key == "disputed" else None)
    return CodeInfo(
        code=pattern,
        phase=phase,
        pattern=pattern,
        category=whole.key,
        zh=entry["zh"],
        en=entry["en"],
        side=Side(entry.get("side", whole.side)),
        permanence=Permanence(entry.get("permanence", whole.permanence)),
        action=Action(entry.get("action", whole.action)),
        verdict=VERDICTS[entry["verdict"]] if "verdict" in entry else whole.verdict,
        source=group["source"],
        date=group["date"],
        disputed=(disputed[0], disputed[1]) if disputed else None,
        carrier=group.get("carrier", ""),
        kinds=kinds,
    )


def expand(written: str) -> list[str]:
    """`DB:0104-DB:0106 DB:9001` → four codes. Hexadecimal ones become the number that a session gives."""
    found: list[str] = []
    for one in written.split():
        if len(one) > 2 * LONGEST_CODE:
            raise ValueError(one[:LONGEST_CODE])
        if hexes := _hex_range(one):
            found += [str(number) for number in range(int(hexes[1], 16), int(hexes[2], 16) + 1)]
        elif spread := _range(one):
            width = len(spread["first"])
            if spread["again"] not in ("", spread["head"]):
                raise ValueError(one)
            numbers = range(int(spread["first"]), int(spread["last"]) + 1)
            if len(numbers) > LONGEST_RANGE:
                raise ValueError(one)
            found += [f"{spread['head'].upper()}{number:0{width}d}" for number in numbers]
        else:
            found.append(as_kept(one))
    return found


def as_kept(code: str) -> str:
    """One code as the tables keep it: tidy, a hexadecimal one as its number."""
    cleaned = tidy(code)
    return str(int(cleaned, 16)) if _is_hex(cleaned) else cleaned
