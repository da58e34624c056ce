"""A few readers who stand for many: an ordinary one first, then who has the shortest, the longest and no value at all.

Whoever writes a text sees a handful of phones. The latest contacts look alike (one import, one shop); what a text does
with `欧阳`, with nobody's name and with a city of six characters is seen on others. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xinfeng.content.variables import Value

SHOWN = 50

Person = tuple[int, Mapping[str, Value]]
"""An id and the values a text needs."""


def representatives(pool: Sequence[Person], needed: Sequence[str], *, most: int = SHOWN) -> list[int]:
    """At most `most` ids of the pool, each once: an ordinary reader, the edges of each value, of all values together,
    and then a spread from the shortest to the longest. The same for the same pool."""
    if not pool:
        return []
    by_length = sorted(pool, key=_length)
    chosen: dict[int, None] = {by_length[len(by_length) // 2][0]: None}
    for name in needed:
        chosen.update(dict.fromkeys(_edges(by_length, name)))
    chosen.setdefault(by_length[0][0])
    chosen.setdefault(by_length[-1][0])
    step = max(1, len(by_length) // most)
    for one in (*by_length[::step], *by_length):
        if len(chosen) >= most:
            break
        chosen.setdefault(one[0])
    return list(chosen)[:most]


def _edges(people: Sequence[Person], name: str) -> list[int]:
    """Who has the shortest value, who the longest, and who none."""
    having = [
        (_units(values[name]), nr, id_) for nr, (id_, values) in enumerate(people) if _has(values, name)
    ]
    lacking = [id_ for id_, values in people if not _has(values, name)]
    edges = [min(having)[2], max(having)[2]] if having else []
    return edges + lacking[:1]


def _has(values: Mapping[str, Value], name: str) -> bool:
    return values.get(name) not in (None, "")


def _length(person: Person) -> tuple[int, int]:
    """How long her values are together; ids decide among equals."""
    return sum(_units(value) for value in person[1].values()), person[0]


def _units(value: Value | None) -> int:
    return 0 if value is None else len(str(value))
