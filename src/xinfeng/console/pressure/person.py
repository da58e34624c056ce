"""One contact's pressure: what counts, which ceilings, when the next slot is free; a piece of the contact's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns.reads import names_of_plans
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import TIERS
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.contacts.masked import tiers_of
from xinfeng.delivery.models import Plan
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.lens.engine import Lens, lens
from xinfeng.policy import fatigue
from xinfeng.policy import reads as policy
from xinfeng.policy.fatigue import Counted, Limit

PURPOSES: dict[str, Text] = {"marketing": _("营销"), "service": _("服务")}
MOST_SHOWN = 8


@dataclass(frozen=True)
class Pressure:
    """Of one purpose. `slot` None: no day is free as the rules stand."""

    label: Text
    limits: list[tuple[Limit, Text]]
    slot: date | None
    today: bool
    counted: list[tuple[Counted, tuple[int, str] | None]]


@require_safe
@allowed("pressure.view")
def of(request: HttpRequest, contact_id: int) -> HttpResponse:
    context: dict[str, Any] = {}
    try:
        copy = lens()
        copy.refresh()
        context["purposes"] = [_pressure(copy, contact_id, purpose) for purpose in PURPOSES]
    except Conflict as fault:
        context["fault"] = sentence(fault)
    return render(request, "pressure/of.html", context)


def _pressure(copy: Lens, contact_id: int, purpose: str) -> Pressure:
    now, zone = utc_now(), xinfeng_settings.load().zone
    settings, today = policy.settings_at(now), business_day(now, zone)
    tier = tiers_of([contact_id]).get(contact_id, 0)
    longest = max(
        [*settings.ceiling(purpose).spans, *(cap.days for cap in settings.tier_caps.values())], default=1
    )
    rows = fatigue.counted_for(copy, contact_id, purpose, since=today - timedelta(days=longest), zone=zone)
    deadlines: dict[int, datetime] = dict(
        Plan.objects.filter(pk__in=[plan for plan, _at, is_open in rows if is_open]).values_list(
            "pk", "deadline"
        )
    )
    counted = [
        Counted(
            plan,
            None if is_open else business_day(at, zone),
            business_day(deadlines[plan], zone) if plan in deadlines else None,
        )
        for plan, at, is_open in rows
    ]
    limits = fatigue.limits_on(today, counted, purpose=purpose, tier=tier, settings=settings)
    slot = fatigue.next_slot(counted, purpose=purpose, tier=tier, settings=settings, first=today)
    names = names_of_plans([one.plan_id for one in counted[:MOST_SHOWN]])
    return Pressure(
        PURPOSES[purpose],
        [(limit, TIERS[tier][0] if limit.tier else "") for limit in limits],
        slot,
        slot == today,
        [(one, names.get(one.plan_id)) for one in counted[:MOST_SHOWN]],
    )
