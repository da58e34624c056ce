"""Rules change over time: what is in force at a moment is the fold of all changes that took effect until then. Pure.

A change of the settings keeps only what it changes, so that one that was scheduled earlier and one that was made since
hold beside each other; a change of a trade's windows replaces them. Changes never take effect before they are
recorded, so what held at a moment is known for good once the moment is past.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from xinfeng.kernel.time import SHANGHAI
from xinfeng.policy.settings import PolicySettings, read_stored, window_from_json


class Kind(StrEnum):
    """What a change is of; `subject` of WINDOWS is the trade."""

    SETTINGS = "settings"
    WINDOWS = "windows"


@dataclass(frozen=True)
class Change:
    """One change: who recorded it, when, from when it holds, and why. `value` as `settings` keeps it in JSON."""

    id: int
    kind: Kind
    subject: str
    value: Any
    effective_from: datetime
    recorded_at: datetime
    actor: str
    why: str = ""

    @property
    def was_scheduled(self) -> bool:
        return self.effective_from > self.recorded_at


class Timeline:
    """All changes in the order in which they take effect; those that take effect together, as they were recorded."""

    def __init__(self, changes: Iterable[Change], zone: ZoneInfo = SHANGHAI) -> None:
        self.changes = sorted(changes, key=lambda one: (one.effective_from, one.id))
        self._moments = [one.effective_from for one in self.changes]
        self._zone = zone
        self._known: dict[int, PolicySettings] = {}

    def at(self, moment: datetime) -> PolicySettings:
        """The rules in force at `moment`. Raises InvalidInput as `settings.read_stored` does, where changes that
        were each in order do not hold together."""
        upto = bisect_right(self._moments, moment)
        if upto not in self._known:
            self._known[upto] = self._fold(upto)
        return self._known[upto]

    def in_force(self, moment: datetime) -> list[Change]:
        """The changes that have taken effect by `moment`, without those that a later one replaced as a whole."""
        found: dict[tuple[Kind, str, int], Change] = {}
        for one in self.changes[: bisect_right(self._moments, moment)]:
            found[(one.kind, one.subject, one.id if one.kind is Kind.SETTINGS else 0)] = one
        return list(found.values())

    def pieces(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, PolicySettings]]:
        """`[start, end)` cut where rules change, each piece with what holds in it."""
        cuts = sorted({start, *(one for one in self._moments if start < one < end), end})
        for first, last in zip(cuts, cuts[1:], strict=False):
            yield first, last, self.at(first)

    def check_from(self, moment: datetime) -> None:
        """Whether all that holds from `moment` on can be read; raises as `at` does."""
        for one in [moment, *(each for each in self._moments if each > moment)]:
            self.at(one)

    def _fold(self, upto: int) -> PolicySettings:
        settings = PolicySettings(zone=self._zone)
        for one in self.changes[:upto]:
            if one.kind is Kind.WINDOWS:
                windows = tuple(map(window_from_json, one.value))
                others = {trade: kept for trade, kept in settings.windows.items() if trade != one.subject}
                settings = replace(settings, windows={**others, one.subject: windows} if windows else others)
            else:
                settings = read_stored(one.value, settings)
        return settings


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What of `after` differs from `before`, both as `PolicySettings.stored`: nested settings in part."""
    found: dict[str, Any] = {}
    for key, new in after.items():
        old = before.get(key)
        if new == old:
            continue
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            found[key] = difference(old, new)
        else:
            found[key] = new
    return found
