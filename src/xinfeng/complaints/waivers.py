"""Letting a template or a signature be sent although its complaints are above the limit at which accounts are closed.

Only who handles complaints may, with a reason, for at most a month at a time; it is audited and shown at preflight.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from xinfeng.complaints.models import Waiver
from xinfeng.complaints.texts import clean
from xinfeng.foundation import audit
from xinfeng.kernel.errors import InvalidInput

DIMENSIONS = ("signature", "template")
LONGEST = timedelta(days=31)


def waive(
    dimension: str, dimension_id: int, *, reason: str, until: datetime, actor: str, now: datetime
) -> Waiver:
    """Raises InvalidInput `complaint.waiver` (dimension, term), `complaint.empty`."""
    words = clean(reason, longest=300, field="reason")
    if not words:
        raise InvalidInput("complaint.empty", field="reason")
    if dimension not in DIMENSIONS or not now < until <= now + LONGEST:
        raise InvalidInput("complaint.waiver", at_most_days=LONGEST.days)
    with transaction.atomic():
        made = Waiver.objects.create(
            dimension=dimension, dimension_id=dimension_id, reason=words, actor=actor, at=now, until=until
        )
        audit.record(
            actor=actor,
            action="complaint.waive",
            kind=dimension,
            subject=dimension_id,
            until=until.isoformat(),
            why=words,
        )
    return made


def waived(dimension: str, dimension_id: int, *, now: datetime) -> Waiver | None:
    """The waiver in force, if there is one."""
    found = Waiver.objects.filter(dimension=dimension, dimension_id=dimension_id, until__gt=now)
    return found.order_by("-until").first()
