"""One contact: who she is, why she may or may not be written to, and everything that happened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns.reads import names_of_plans
from xinfeng.channels.models import Channel
from xinfeng.consent import reads as consent
from xinfeng.console.components import Crumb
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.contacts.consents import consents_of
from xinfeng.console.contacts.history import messages_to
from xinfeng.console.contacts.history import timeline as timeline_of
from xinfeng.console.contacts.labels import (
    CARRIERS,
    GENDERS,
    LANGUAGES,
    NUMBER_STATES,
    QUARANTINES,
    SCOPES,
    SUPPRESSIONS,
    TAG_KINDS,
    TIER_CAUSES,
    TIERS,
    reason_words,
    source_words,
)
from xinfeng.console.contacts.merging import merged_rows
from xinfeng.console.forms.labels import SUBMISSION_STATES
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed, may
from xinfeng.contacts import merging, reads, regions, suggesting, tiers
from xinfeng.contacts.reads import AttributeValue, ContactCard, Revealed
from xinfeng.contacts.tiers import TierChange
from xinfeng.forms import reads as forms
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.hygiene.reads import NumberCard, number_of
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, utc_now

MESSAGES = 10
SUBMISSIONS = 10
TIER_CHANGES = 10


@require_safe
@allowed("contact.view")
def detail(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Everything about her. A row that was merged leads to whoever speaks for it."""
    speaks = merging.leads_to(contact_id)
    if speaks is not None and speaks != contact_id:
        return redirect("contacts.detail", speaks)
    return render(request, "contacts/detail.html", page_of(request, contact_id))


@require_POST
@allowed("contact.reveal")
def reveal(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The page with number and name in the clear; the reason goes into the audit log."""
    revealed = reads.reveal(
        contact_id,
        actor=request.user.get_username(),
        reason=request.POST.get("reason", ""),
        address=request.META.get("REMOTE_ADDR"),
    )
    return render(request, "contacts/detail.html", page_of(request, contact_id, revealed=revealed))


@require_safe
@allowed("contact.view")
def timeline(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The timeline from `before` on; without it, from the newest. Opened by itself it is a page of its own."""
    card = reads.contact_card(contact_id)
    shown = _timeline(contact_id, _before(request))
    if wants_fragment(request):
        return render(request, "contacts/timeline.html", shown)
    crumbs = [Crumb(_("客户"), reverse("contacts")), Crumb(_name_of(card), _detail_url(contact_id))]
    return render(request, "contacts/timeline_page.html", {**shown, "crumbs": crumbs})


def _before(request: HttpRequest) -> datetime | None:
    given = request.GET.get("before", "")
    if not given:
        return None
    try:
        before = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidInput("request.page") from None
    if before.tzinfo is None:
        raise InvalidInput("request.page")
    return before


def _detail_url(contact_id: int) -> str:
    return reverse("contacts.detail", args=[contact_id])


def _name_of(card: ContactCard) -> str:
    row = card.row
    return row.name or row.phone or row.external_id or f"#{row.id}"


def page_of(request: HttpRequest, contact_id: int, *, revealed: Revealed | None = None) -> dict[str, Any]:
    """Everything the page shows."""
    card = reads.contact_card(contact_id)
    row = card.row
    now = utc_now()
    consents = consents_of(contact_id, now=now)
    histories = messages_to(merging.members(contact_id), limit=MESSAGES)
    campaigns = names_of_plans([one.plan_id for one in histories])
    suppressions = consent.suppressions_of(contact_id)
    over = [one.channel_id for one in histories if one.channel_id is not None]
    kinds = dict(Channel.objects.filter(pk__in=over).values_list("pk", "kind"))
    return {
        "card": card,
        "row": row,
        "revealed": revealed,
        "title": (revealed.name if revealed else "") or _name_of(card),
        "tier": TIERS[row.tier],
        "gender": GENDERS[row.gender],
        "carrier": CARRIERS[row.carrier],
        "language": LANGUAGES.get(card.language, card.language),
        "age": _age(card.birthday),
        "attributes": _attributes(card, revealed),
        "tags": [
            (one, TAG_KINDS.get(one.kind, one.kind), _tag_url(one.name), reason_words(one.reason))
            for one in card.tags
        ],
        "consents": consents,
        "switches": [one for one in consents if one.can_be_switched_off],
        "merges": merged_rows(merging.merges_of(contact_id)),
        "suggested": [
            (one, one.other if one.one.id == contact_id else one.one)
            for one in suggesting.suggestions_for(contact_id)
        ],
        "regions": regions.table(),
        "number": _number(contact_id) if row.phone else None,
        "tiers": _tiers(contact_id),
        "suppressions": [
            (one, SUPPRESSIONS[one.reason], SCOPES[one.scope], source_words(one.source))
            for one in suppressions
        ],
        "in_force": [SUPPRESSIONS[one.reason] for one in suppressions if one.lifted_at is None],
        "reasons": [(code, SUPPRESSIONS[code]) for code in ("manual", "complaint")],
        "scopes": list(SCOPES.items()),
        "messages_sent": [
            (one, campaigns.get(one.plan_id), kinds.get(one.channel_id or 0, "")) for one in histories
        ],
        **_forms(request, contact_id),
        "all_tags": [one.name for one in reads.tags()] if may(request.user, "contact.edit") else [],
        "crumbs": [Crumb(_("客户"), reverse("contacts"))],
        **_timeline(contact_id, None),
    }


def _forms(request: HttpRequest, contact_id: int) -> dict[str, Any]:
    """What she sent in and her points, for those who may look at forms."""
    if not may(request.user, "form.view"):
        return {}
    ids = merging.members(contact_id)
    return {
        "points": forms.points_of(ids),
        "sent_in": [
            (one, *SUBMISSION_STATES[one.row.state]) for one in forms.submissions_by(ids, limit=SUBMISSIONS)
        ],
    }


def _timeline(contact_id: int, before: datetime | None) -> dict[str, Any]:
    items, older = timeline_of(contact_id, before=before)
    url = reverse("contacts.timeline", args=[contact_id])
    return {
        "items": items,
        "older_url": f"{url}?{urlencode({'before': older.isoformat()})}" if older else "",
    }


def _number(contact_id: int) -> tuple[NumberCard, tuple[Text, Tone], Text]:
    card = number_of(contact_id)
    return card, NUMBER_STATES[card.state], QUARANTINES.get(card.quarantine, "")


def _tiers(contact_id: int) -> list[tuple[TierChange, Any, Any, Text]]:
    return [
        (one, TIERS[one.before], TIERS[one.tier], TIER_CAUSES.get(one.cause, one.cause))
        for one in tiers.history(contact_id, limit=TIER_CHANGES)
    ]


def _attributes(card: ContactCard, revealed: Revealed | None) -> list[tuple[str, Any, AttributeValue]]:
    english = (get_language() or "").startswith("en")
    shown = []
    for one in card.attributes:
        value: Any = one.value
        if one.sensitive:
            value = revealed.attributes.get(one.key) if revealed else "***"
        if isinstance(value, bool):
            value = _("是") if value else _("否")
        shown.append((one.label_en if english and one.label_en else one.label, value, one))
    return shown


def _age(birthday: date | None) -> int | None:
    if birthday is None:
        return None
    today = business_day(utc_now(), xinfeng_settings.load().zone)
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))


def _tag_url(name: str) -> str:
    return f"{reverse('contacts')}?{urlencode({'tag': name})}"
