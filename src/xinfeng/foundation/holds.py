"""Legal holds: what may not be dropped though its time is over, because a court, an authority or a dispute needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from xinfeng.foundation import audit
from xinfeng.foundation.models import LegalHold
from xinfeng.kernel.errors import InvalidInput, NotFound

PERIOD, CONTACT, PLAN = "period", "contact", "plan"
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Holds:
    """All holds in force, as the droppers ask for them. Periods include both days (UTC)."""

    periods: tuple[tuple[date, date], ...] = ()
    contacts: tuple[int, ...] = ()
    plans: tuple[int, ...] = ()

    def covers(self, first: date, last: date) -> bool:
        """Whether any day from `first` to `last` is held."""
        return any(start <= last and first <= end for start, end in self.periods)


def in_force() -> Holds:
    """What is held now."""
    periods: list[tuple[date, date]] = []
    contacts: set[int] = set()
    plans: set[int] = set()
    for one in LegalHold.objects.filter(lifted_at=None):
        if one.kind == PERIOD and one.first_day and one.last_day:
            periods.append((one.first_day, one.last_day))
        elif one.kind == CONTACT:
            contacts.update(one.ids)
        elif one.kind == PLAN:
            plans.update(one.ids)
    return Holds(tuple(periods), tuple(sorted(contacts)), tuple(sorted(plans)))


def place_on_period(first: date, last: date, *, reason: str, actor: str, now: datetime) -> LegalHold:
    """Hold everything of these days. Raises InvalidInput `hold.no_reason`, `hold.period`."""
    if last < first:
        raise InvalidInput("hold.period")
    return _place(
        LegalHold(kind=PERIOD, first_day=first, last_day=last, label=f"{first} – {last}"), reason, actor, now
    )


def place_on(
    kind: str, ids: Sequence[int], *, label: str, reason: str, actor: str, now: datetime
) -> LegalHold:
    """Hold what is about a person (all her rows) or a plan. `label` says who or what, without personal data.

    Raises InvalidInput `hold.no_reason`, `hold.nothing`.
    """
    if kind not in (CONTACT, PLAN) or not ids:
        raise InvalidInput("hold.nothing")
    return _place(LegalHold(kind=kind, ids=sorted(set(ids)), label=label[:120]), reason, actor, now)


def lift(hold_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """End a hold; what was held is dropped with the next run. Raises NotFound `hold.unknown`, InvalidInput."""
    reason = _checked(reason)
    with transaction.atomic():
        done = LegalHold.objects.filter(pk=hold_id, lifted_at=None).update(
            lifted_at=now, lifted_by=actor, lifted_reason=reason
        )
        if not done:
            raise NotFound("hold.unknown", id=hold_id)
        audit.record(actor=actor, action="hold.lift", kind="hold", subject=hold_id, reason=reason)


def listed(*, limit: int = 200) -> list[LegalHold]:
    """Those in force first, then those lifted, the latest first."""
    return list(LegalHold.objects.order_by(F("lifted_at").desc(nulls_first=True), "-pk")[:limit])


def _place(hold: LegalHold, reason: str, actor: str, now: datetime) -> LegalHold:
    hold.reason, hold.placed_by, hold.placed_at = _checked(reason), actor, now
    with transaction.atomic():
        hold.save()
        audit.record(
            actor=actor, action="hold.place", kind="hold", subject=hold.pk, what=hold.kind, label=hold.label,
            reason=hold.reason,
        )  # fmt: skip
    return hold


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason or "\x00" in reason:
        raise InvalidInput("hold.no_reason")
    return reason[:LONGEST_REASON]
