"""What a contact agreed to, recorded by hand: a yes with its evidence, a no, and the two switches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xinfeng.consent import actions as consent
from xinfeng.consent import reads
from xinfeng.consent.asking import Asking, may_ask
from xinfeng.consent.models import Notice
from xinfeng.consent.purposes import names
from xinfeng.consent.reads import Proof, StandingRow
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.changes import why
from xinfeng.console.contacts.labels import SUPPRESSIONS, evidence_words, source_words
from xinfeng.console.permissions import allowed
from xinfeng.contacts.values import read_time
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput, NotFound, RefusedByPolicy
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.kernel.time import utc_now

SWITCHES = ("marketing", "profiling")
"""Purposes that a person may refuse though she was never asked: no marketing, no personalisation."""

LONGEST_SOURCE = 60


@dataclass(frozen=True)
class ConsentView:
    """One purpose: where she stands, what proves it (None: the ledger has nothing), and whether she may be asked."""

    purpose: Text
    code: str
    standing: StandingRow
    suppressed: Text
    proof: Proof | None
    source: Text
    for_messages: bool
    asking: Asking
    notices: list[Notice]

    @property
    def evidence(self) -> str:
        """The evidence in words."""
        return evidence_words(self.proof.entry.evidence or "") if self.proof else ""

    @property
    def slug(self) -> str:
        """The purpose as part of an element's id."""
        return self.standing.purpose.replace(":", "-")

    @property
    def refused(self) -> bool:
        """Whether the last word was no."""
        return self.code == "withdrawn"

    @property
    def said_no(self) -> bool:
        """Whether it matters when she may be asked again: the ledger or the list of suppressed numbers holds a no."""
        return not self.standing.granted and (self.refused or bool(self.suppressed))

    @property
    def can_be_switched_off(self) -> bool:
        return self.standing.purpose in SWITCHES and not self.refused and not self.standing.granted


def consents_of(contact_id: int, *, now: datetime) -> list[ConsentView]:
    """Every purpose there is, with its proof."""
    named = names(english=(get_language() or "").startswith("en"))
    notices = [one for one in reads.notices() if _stands(one, now)]
    return [
        _view(contact_id, one, named.get(one.purpose, one.purpose), notices, now=now)
        for one in reads.standing_of(contact_id, now=now)
    ]


def _stands(notice: Notice, now: datetime) -> bool:
    overtaken = notice.overtaken_at is not None and notice.overtaken_at <= now
    return notice.effective_at <= now and not notice.outdated and not overtaken


def _view(
    contact_id: int, standing: StandingRow, name: str, notices: list[Notice], *, now: datetime
) -> ConsentView:
    purpose = standing.purpose
    proof = None
    if standing.entry_seq is not None:
        try:
            proof = reads.proof(contact_id, purpose)
        except NotFound:
            proof = None
    if standing.granted:
        code = "granted"
    elif standing.stale:
        code = "stale"
    else:
        code = "withdrawn" if standing.entry_seq is not None else "none"
    return ConsentView(
        purpose=name,
        code=code,
        standing=standing,
        suppressed=SUPPRESSIONS.get(standing.suppressed, standing.suppressed) if standing.suppressed else "",
        proof=proof,
        source=source_words(proof.entry.source) if proof else "",
        for_messages=purpose in MESSAGE_PURPOSES,
        asking=may_ask(contact_id, purpose, by="staff", now=now),
        notices=[one for one in notices if one.purpose == purpose],
    )


@require_POST
@allowed("consent.edit")
def grant(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The person agreed, on paper or in a shop. Who had said no is only recorded if she came of her own accord."""
    now = utc_now()
    purpose = request.POST.get("purpose", "")
    herself = request.POST.get("herself") == "yes"
    asking = may_ask(contact_id, purpose, by="staff", now=now)
    if not asking.allowed and not (herself and asking.reason in ("cooling_down", "complained")):
        raise RefusedByPolicy(f"asking.{asking.reason}")
    where = " ".join(request.POST.get("source", "").split())[:LONGEST_SOURCE]
    if not where:
        raise InvalidInput("consent.no_source")
    at = request.POST.get("at", "").strip()
    consent.grant(
        contact_id,
        purpose,
        at=read_time(at, xinfeng_settings.load().zone) if at else now,
        source=f"console:{where}",
        notice_id=_notice(request, purpose),
        evidence=why(request),
        actor=request.user.get_username(),
        now=now,
        lifts_opt_out=herself,
    )
    messages.success(request, _("授权已记入账本。"))
    return redirect("contacts.detail", contact_id)


def _notice(request: HttpRequest, purpose: str) -> int | None:
    given = request.POST.get("notice", "")
    if not given:
        return None
    found = Notice.objects.filter(pk=int(given), purpose=purpose) if _is_id(given) else Notice.objects.none()
    notice = found.first()
    if notice is None:
        raise InvalidInput("request.filter", name="notice")
    return notice.pk


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


@require_POST
@allowed("consent.edit")
def withdraw(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The person took consent back, by phone or in a shop; or never wants it, though she was not asked."""
    if not why(request):
        raise InvalidInput("consent.no_evidence")
    now = utc_now()
    consent.withdraw(
        contact_id,
        request.POST.get("purpose", ""),
        at=now,
        source="console",
        evidence=why(request),
        actor=request.user.get_username(),
        now=now,
    )
    messages.success(request, _("已记入账本，立即生效。"))
    return redirect("contacts.detail", contact_id)
