"""Questions about rehearsals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xinfeng.campaigns.models import Campaign, Rehearsal, RehearsalState
from xinfeng.campaigns.rehearsal.actions import LOST_AFTER, REHEARSABLE
from xinfeng.campaigns.rehearsal.outcome import Outcome
from xinfeng.campaigns.rehearsal.subject import changed, subject_of
from xinfeng.kernel.errors import NotFound


@dataclass(frozen=True)
class Rehearsed:
    """The last rehearsal of a campaign. `outcome` when it is done; `outdated`: which parts of the campaign
    (`subject.PARTS`) have changed since. `lost`: it says it runs, but its process has died."""

    row: Rehearsal
    outcome: Outcome | None
    outdated: tuple[str, ...]
    lost: bool

    @property
    def running(self) -> bool:
        return bool(self.row.active) and not self.lost


def last(campaign: Campaign, *, now: datetime) -> Rehearsed | None:
    """The one that says most: what runs, else the last that came to an end; None before the first."""
    row = Rehearsal.objects.filter(campaign=campaign).order_by("-pk").first()
    if row is None:
        return None
    outdated = changed(row.subject, subject_of(campaign)) if campaign.state in REHEARSABLE else ()
    return _read(row, outdated, now=now)


def one(rehearsal_id: int, *, now: datetime) -> Rehearsed:
    """Raises NotFound `rehearsal.unknown`."""
    row = Rehearsal.objects.filter(pk=rehearsal_id).first()
    if row is None:
        raise NotFound("rehearsal.unknown", rehearsal=rehearsal_id)
    return _read(row, (), now=now)


def under_way(*, now: datetime) -> Rehearsal | None:
    """The one that runs or waits, of whichever campaign."""
    return Rehearsal.objects.filter(active=True, seen_at__gte=now - LOST_AFTER).first()


def _read(row: Rehearsal, outdated: tuple[str, ...], *, now: datetime) -> Rehearsed:
    done = row.result if row.state == RehearsalState.DONE else None
    return Rehearsed(
        row=row,
        outcome=Outcome.from_json(done) if done is not None else None,
        outdated=outdated,
        lost=bool(row.active) and row.seen_at < now - LOST_AFTER,
    )
