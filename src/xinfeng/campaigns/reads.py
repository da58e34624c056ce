"""Questions about campaigns: the list, one with everything it refers to, what happened to it, people by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xinfeng.campaigns import lifecycle
from xinfeng.campaigns.models import Campaign, CampaignState, CampaignStep
from xinfeng.contacts.masked import tiers_of
from xinfeng.contacts.models import Contact
from xinfeng.foundation.vault import Kind, vault
from xinfeng.insights.totals import Totals, totals
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.phones import mask

SORTS = {"name": "name", "created": "created_at", "updated": "updated_at"}


@dataclass(frozen=True)
class CampaignQuery:
    """`search` looks at names; `sort` is a key of SORTS."""

    search: str = ""
    state: str = ""
    author_id: int | None = None
    sort: str = "updated"
    descending: bool = True
    offset: int = 0
    limit: int = 25


@dataclass(frozen=True)
class CampaignRow:
    """A campaign with what came of it so far."""

    campaign: Campaign
    totals: Totals


@dataclass(frozen=True)
class CampaignPage:
    rows: tuple[CampaignRow, ...]
    total: int


@dataclass(frozen=True)
class Person:
    """A contact as lists show it; `phone` is masked."""

    contact_id: int
    phone: str
    province: str
    city: str
    level: str
    tier: int


def campaigns(query: CampaignQuery) -> CampaignPage:
    """A page of the list, in three queries and one question to the lens."""
    found = Campaign.objects.all()
    if query.search:
        found = found.filter(name__icontains=query.search)
    if query.state:
        found = found.filter(state=query.state)
    if query.author_id is not None:
        found = found.filter(author_id=query.author_id)
    order = ("-" if query.descending else "") + SORTS[query.sort]
    page = found.select_related("segment", "plan", "author").order_by(order, "-pk")
    campaigns = list(page[query.offset : query.offset + query.limit])
    sent = totals([one.plan_id for one in campaigns if one.plan_id is not None])
    rows = tuple(CampaignRow(one, sent.get(one.plan_id or 0, Totals())) for one in campaigns)
    return CampaignPage(rows, found.count())


def campaign(campaign_id: int) -> Campaign:
    """With everything it refers to. Raises NotFound `campaign.unknown`."""
    found = (
        Campaign.objects.select_related(
            "segment", "channel", "route", "plan", "author", "approver", "template_version__template"
        )
        .select_related("template_version__signature")
        .filter(pk=campaign_id)
        .first()
    )
    if found is None:
        raise NotFound("campaign.unknown", campaign=campaign_id)
    return found


def steps(campaign_id: int) -> list[CampaignStep]:
    """What happened to it, newest first."""
    return list(CampaignStep.objects.filter(campaign_id=campaign_id).order_by("-id"))


def under_way() -> list[CampaignRow]:
    """Campaigns that are being sent or about to be, latest first."""
    states = (*lifecycle.SENDING, CampaignState.PLANNING)
    found = list(
        Campaign.objects.filter(state__in=states).select_related("plan", "segment").order_by("-updated_at")
    )
    sent = totals([one.plan_id for one in found if one.plan_id is not None])
    return [CampaignRow(one, sent.get(one.plan_id or 0, Totals())) for one in found]


def names_of_plans(plan_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Campaign id and name by plan id."""
    found = Campaign.objects.filter(plan_id__in=plan_ids).values_list("plan_id", "pk", "name")
    return {int(plan_id): (pk, name) for plan_id, pk, name in found if plan_id is not None}


def people(contact_ids: Sequence[int]) -> list[Person]:
    """Contacts in the order given, numbers masked; those that no longer exist are left out."""
    found = Contact.objects.in_bulk(list(contact_ids))
    rows = [found[contact_id] for contact_id in contact_ids if contact_id in found]
    sealed = [(row.pk, bytes(row.phone_sealed)) for row in rows if row.phone_sealed is not None]
    numbers = vault().open_many(Kind.PHONE, [phone for _, phone in sealed])
    shown = {pk: mask(number) for (pk, _), number in zip(sealed, numbers, strict=True)}
    tiers = tiers_of([row.pk for row in rows])
    return [
        Person(
            row.pk,
            shown.get(row.pk, ""),
            row.province or "",
            row.city or "",
            row.level or "",
            tiers.get(row.pk, 0),
        )
        for row in rows
    ]
