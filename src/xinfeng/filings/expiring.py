"""Filings whose last day has passed are written down as expired. Nothing depends on it: the days alone decide
(`states.state_on`); it is what people read in the history."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from xinfeng.filings import lifecycle, steps
from xinfeng.filings.days import business_day_of
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.models import BulkFiling, SignatureFiling, Subject, TemplateFiling
from xinfeng.filings.states import FilingState

ACTOR = "system:filings"
_KINDS = (
    (Subject.SIGNATURE, SignatureFiling),
    (Subject.TEMPLATE, TemplateFiling),
    (Subject.BULK, BulkFiling),
)


def expire_due(*, now: datetime) -> int:
    """Write down what has expired; returns how many."""
    day, count = business_day_of(now), 0
    for subject, model in _KINDS:
        with transaction.atomic():
            due = model._default_manager.select_for_update().filter(
                state=FilingState.IN_FORCE, expires_on__lt=day
            )
            for filing in due:
                filing.state = lifecycle.after(FilingState(filing.state), Move.EXPIRE)
                filing.save()
                steps.note(
                    subject,
                    filing.pk,
                    str(Move.EXPIRE),
                    actor=ACTOR,
                    now=now,
                    before=FilingState.IN_FORCE,
                    after=FilingState.EXPIRED,
                    detail={"expires_on": filing.expires_on},
                )
                count += 1
    return count
