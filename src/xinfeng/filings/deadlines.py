"""What runs out: filings and qualifications near their last day, gaps ahead. For the dashboard and the first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from xinfeng.filings import gaps, qualifications
from xinfeng.filings.gap_rules import Countdown, countdown
from xinfeng.filings.models import FilingState, Qualification, SignatureFiling, TemplateFiling
from xinfeng.filings.qualifications import WARN_DAYS


@dataclass(frozen=True, slots=True)
class Ending:
    """Filings of one signature over one channel that end on one day; `days_left` 0: today is the last."""

    signature: str
    channel: str
    filing_id: int
    carriers: tuple[int, ...]
    last_day: date
    days_left: int


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`template_filings`: how many filings of templates end within the first of WARN_DAYS."""

    endings: tuple[Ending, ...]
    qualifications: tuple[Qualification, ...]
    gaps: tuple[Countdown, ...]
    template_filings: int
    waiting: int


def deadlines(day: date) -> Deadlines:
    """As of a business day, in five queries."""
    last = day + timedelta(days=WARN_DAYS[0])
    still = {"state": FilingState.IN_FORCE, "expires_on__gte": day, "expires_on__lte": last}
    return Deadlines(
        tuple(_endings(day, last)),
        tuple(qualifications.running_out(day)),
        tuple(countdown(gaps.gaps(since=day), day, within=gaps.WARN_DAYS)),
        TemplateFiling.objects.filter(**still).count(),
        SignatureFiling.objects.filter(state=FilingState.SUBMITTED).count(),
    )


def _endings(day: date, last: date) -> list[Ending]:
    found = SignatureFiling.objects.filter(
        state=FilingState.IN_FORCE, expires_on__gte=day - timedelta(days=WARN_DAYS[1]), expires_on__lte=last
    ).select_related("signature", "channel")
    together: dict[tuple[int, int, date], list[SignatureFiling]] = {}
    for one in found.order_by("expires_on", "signature__text", "carrier"):
        assert one.expires_on is not None
        together.setdefault((one.signature_id, one.channel_id, one.expires_on), []).append(one)
    return [
        Ending(
            several[0].signature.text,
            several[0].channel.name,
            several[0].pk,
            tuple(one.carrier for one in several),
            ends,
            (ends - day).days,
        )
        for (_, _, ends), several in together.items()
    ]
