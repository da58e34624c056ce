"""What the log of the simulated carrier testifies: who got what, how often."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xinfeng.kernel.text import decode_content, parse_udh


@dataclass(frozen=True, slots=True)
class Accepted:
    """One short message that the carrier took. `at`: seconds since 1970; `text` lacks the header of a part."""

    at: float
    account: str
    number: str
    msg_id: str
    sequence: int
    src_id: str
    reference: int
    total: int
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Totals:
    """`submits`: short messages; `messages`: whole ones, a long text counting once."""

    submits: int
    messages: int
    incomplete: int
    numbers: int
    duplicates: int


def accepted(path: Path) -> Iterator[Accepted]:
    """Everything accepted, in order. A last line cut short by a crash is left out."""
    if not path.exists():
        return
    with path.open("rb") as log:
        for line in log:
            if not line.endswith(b"\n"):
                return
            entry = json.loads(line)
            body = bytes.fromhex(entry["content"])
            if entry["udhi"]:
                _, body = parse_udh(body)
            text = decode_content(body, entry["format"])
            yield Accepted(
                at=entry["at"],
                account=entry["account"],
                number=entry["number"],
                msg_id=entry["msg_id"],
                sequence=entry["sequence"],
                src_id=entry["src_id"],
                reference=entry["reference"],
                total=entry["total"],
                index=entry["index"],
                text=body.hex() if text is None else text,
            )


def deliveries_by_number(path: Path) -> dict[str, Counter[str]]:
    """Number → text → how often. Long messages are put together; incomplete ones are left out."""
    return _put_together(path)[0]


def incomplete_by_number(path: Path) -> dict[str, list[str]]:
    """Number → what there is of long messages of which parts are missing."""
    return _put_together(path)[1]


def duplicates(path: Path) -> dict[str, Counter[str]]:
    """Number → short message (a part counts alone, whatever its reference) → how often, where more than once."""
    seen = Counter((entry.number, entry.total, entry.index, entry.text) for entry in accepted(path))
    found: dict[str, Counter[str]] = {}
    for (number, _, _, text), times in seen.items():
        if times > 1:
            found.setdefault(number, Counter())[text] += times
    return found


def totals(path: Path) -> Totals:
    """The log in five numbers."""
    whole, broken = _put_together(path)
    submits = 0
    numbers = set()
    for entry in accepted(path):
        submits += 1
        numbers.add(entry.number)
    return Totals(
        submits=submits,
        messages=sum(sum(texts.values()) for texts in whole.values()),
        incomplete=sum(map(len, broken.values())),
        numbers=len(numbers),
        duplicates=sum(sum(texts.values()) - len(texts) for texts in duplicates(path).values()),
    )


def _put_together(path: Path) -> tuple[dict[str, Counter[str]], dict[str, list[str]]]:
    whole: dict[str, Counter[str]] = {}
    open_sets: dict[tuple[str, str, str, int, int], list[dict[int, str]]] = {}
    for entry in accepted(path):
        if entry.total == 1:
            whole.setdefault(entry.number, Counter())[entry.text] += 1
            continue
        key = (entry.number, entry.account, entry.src_id, entry.reference, entry.total)
        sets = open_sets.setdefault(key, [])
        parts = next((parts for parts in sets if entry.index not in parts), None)
        if parts is None:  # the same reference again: another message
            parts = {}
            sets.append(parts)
        parts[entry.index] = entry.text
        if len(parts) == entry.total:
            sets.remove(parts)
            text = "".join(parts[index] for index in sorted(parts))
            whole.setdefault(entry.number, Counter())[text] += 1
    broken: dict[str, list[str]] = {}
    for key, sets in open_sets.items():
        for parts in sets:
            broken.setdefault(key[0], []).append("".join(parts[index] for index in sorted(parts)))
    return whole, broken
