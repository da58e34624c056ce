"""One contact: who she is, why she may or may not be written to, and everything that happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns.reads import names_of_plans
from xinfeng.consent import reads as consent
from xinfeng.consent.reads import Proof, StandingRow
from xinfeng.console.components import Crumb
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.history import timeline as timeline_of
from xinfeng.console.contacts.labels import (
    CARRIERS,
    GENDERS,
    LANGUAGES,
    SCOPES,
    SUPPRESSIONS,
    TAG_KINDS,
    TIERS,
    source_words,
)
from xinfeng.console.content.labels import PURPOSES
from xinfeng.console.permissions import allowed, may
from xinfeng.contacts import reads
from xinfeng.contacts.reads import AttributeValue, ContactCard, Revealed
from xinfeng.delivery import reads as delivery
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import business_day, utc_now

MESSAGES = 10


@dataclass(frozen=True)
class ConsentView:
    """One purpose: where she stands, and what proves it (None: the ledger has nothing)."""

    purpose: Text
    code: str
    standing: StandingRow
    suppressed: Text
    proof: Proof | None
    source: Text


@require_safe
@allowed("contact.view")
def detail(request: HttpRequest, contact_id: int) -> HttpResponse:
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
    """An older page of the timeline."""
    try:
        before = datetime.fromisoformat(request.GET.get("before", ""))
    except ValueError:
        raise InvalidInput("request.page") from None
    if before.tzinfo is None:
        raise InvalidInput("request.page")
    return render(request, "contacts/timeline.html", _timeline(contact_id, before))


def page_of(request: HttpRequest, contact_id: int, *, revealed: Revealed | None = None) -> dict[str, Any]:
    """Everything the page shows."""
    card = reads.contact_card(contact_id)
    row = card.row
    histories = delivery.messages_to(contact_id, limit=MESSAGES)
    campaigns = names_of_plans([one.plan_id for one in histories])
    suppressions = consent.suppressions_of(contact_id)
    return {
        "card": card,
        "row": row,
        "revealed": revealed,
        "title": (revealed.name if revealed else row.name) or row.phone or row.external_id or f"#{row.id}",
        "tier": TIERS[row.tier],
        "gender": GENDERS[row.gender],
        "carrier": CARRIERS[row.carrier],
        "language": LANGUAGES.get(card.language, card.language),
        "age": _age(card.birthday),
        "attributes": _attributes(card, revealed),
        "tags": [(one, TAG_KINDS.get(one.kind, one.kind), _tag_url(one.name)) for one in card.tags],
        "consents": [_consent(contact_id, one) for one in consent.standing_of(contact_id)],
        "suppressions": [
            (one, SUPPRESSIONS[one.reason], SCOPES[one.scope], source_words(one.source))
            for one in suppressions
        ],
        "in_force": [SUPPRESSIONS[one.reason] for one in suppressions if one.lifted_at is None],
        "reasons": [(code, SUPPRESSIONS[code]) for code in ("manual", "complaint")],
        "scopes": list(SCOPES.items()),
        "messages_sent": [(one, campaigns.get(one.plan_id)) for one in histories],
        "all_tags": [one.name for one in reads.tags()] if may(request.user, "contact.edit") else [],
        "crumbs": [Crumb(_("客户"), reverse("contacts"))],
        **_timeline(contact_id, None),
    }


def _timeline(contact_id: int, before: datetime | None) -> dict[str, Any]:
    items, older = timeline_of(contact_id, before=before)
    url = reverse("contacts.timeline", args=[contact_id])
    return {
        "items": items,
        "older_url": f"{url}?{urlencode({'before': older.isoformat()})}" if older else "",
    }


def _consent(contact_id: int, standing: StandingRow) -> ConsentView:
    try:
        proof = consent.proof(contact_id, standing.purpose)
    except NotFound:
        proof = None
    code = "granted" if standing.granted else "withdrawn" if standing.entry_seq is not None else "none"
    suppressed = SUPPRESSIONS.get(standing.suppressed, standing.suppressed) if standing.suppressed else ""
    source = source_words(proof.entry.source) if proof else ""
    return ConsentView(
        PURPOSES.get(standing.purpose, standing.purpose), code, standing, suppressed, proof, source
    )


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
