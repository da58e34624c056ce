"""Which recipients a rehearsal takes, so that every lane, every carrier and every channel has some. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key")

LEAST = 20
"""As many of each group at least, where it has them: a small carrier shows its faults too."""


def quotas(sizes: Mapping[Key, int], most: int) -> dict[Key, int]:
    """How many of each group, `most` together: LEAST of each first, the rest by size. Groups in their order go first
    where there is not even room for that."""
    taken = dict.fromkeys(sizes, 0)
    left = min(most, sum(sizes.values()))
    fair = max(1, min(LEAST, most // max(1, len(sizes))))
    for key, size in sizes.items():
        taken[key] = min(size, fair, left)
        left -= taken[key]
    room = {key: size - taken[key] for key, size in sizes.items()}
    total = sum(room.values())
    if not left or not total:
        return taken
    exact = {key: left * size / total for key, size in room.items()}
    for key in sizes:
        taken[key] += int(exact[key])
    rest = left - sum(int(one) for one in exact.values())
    for key in sorted(sizes, key=lambda one: int(exact[one]) - exact[one])[:rest]:
        taken[key] += 1
    return taken


def first_choices(lanes: Sequence[tuple[int, ...]], *, understudies: int = LEAST) -> list[int]:
    """The channel that each message goes over, by its lane: the first of it. But a channel that is nobody's first choice
    gets up to `understudies` messages of those whose lane it is in, so that it is rehearsed too; never more than half of
    a lane's."""
    chosen = [lane[0] for lane in lanes]
    firsts = set(chosen)
    places: dict[tuple[int, ...], list[int]] = {}
    for place, lane in enumerate(lanes):
        places.setdefault(lane, []).append(place)
    for channel in dict.fromkeys(one for lane in places for one in lane[1:]):
        if channel in firsts:
            continue
        wanted = understudies
        for lane, own in places.items():
            if channel not in lane or not wanted:
                continue
            free = [place for place in own if chosen[place] == lane[0]]
            give = free[: min(wanted, max(0, len(free) - -(-len(own) // 2)))]
            for place in give:
                chosen[place] = channel
            wanted -= len(give)
    return chosen
