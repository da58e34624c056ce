"""Where a filing stands, and on which days that holds. Pure; the moves between them are in `filings.lifecycle`."""

from __future__ import annotations

from datetime import date

from django.db import models


class FilingState(models.TextChoices):
    """See `filings.lifecycle` for the transitions."""

    PREPARING = "preparing", "准备中"
    SUBMITTED = "submitted", "已提交"
    IN_FORCE = "in_force", "已生效"
    REFUSED = "refused", "被驳回"
    EXPIRED = "expired", "已到期"
    WITHDRAWN = "withdrawn", "已撤销"


def state_on(
    state: FilingState, effective_on: date | None, expires_on: date | None, *, day: date
) -> FilingState:
    """Where a filing of this state and these days stands on `day`: one whose first day has not come is still only
    submitted, one whose last day has passed is expired."""
    if state is not FilingState.IN_FORCE:
        return state
    if expires_on is not None and day > expires_on:
        return FilingState.EXPIRED
    if effective_on is not None and day < effective_on:
        return FilingState.SUBMITTED
    return state
