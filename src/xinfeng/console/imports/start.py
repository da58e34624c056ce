"""Starting an import: upload, explain the columns, look over it once more, go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xinfeng.consent import contracts
from xinfeng.consent.actions import publish_notice
from xinfeng.consent.models import SharingContract
from xinfeng.consent.reads import notices
from xinfeng.console.components import Crumb, Step
from xinfeng.console.components.parts import Text
from xinfeng.console.consents.labels import purposes
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.imports.forms import (
    COLUMN_FIELD,
    ConsentForm,
    SourceForm,
    UploadForm,
    mapping_in,
)
from xinfeng.console.imports.labels import field_groups, field_label
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.contacts.models import Attribute
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.intake import actions, claims, mapping, reads
from xinfeng.intake.claims import ConsentClaim
from xinfeng.intake.mapping import SKIP
from xinfeng.intake.partners import check_partner
from xinfeng.intake.reads import Preview
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.time import business_day, utc_now


def steps(job_id: int | None = None) -> list[Step]:
    """The steps of an import."""
    url = reverse("imports.columns", args=[job_id]) if job_id else ""
    return [Step(_("上传")), Step(_("说明列和授权"), url), Step(_("检查")), Step(_("导入"))]


@dataclass(frozen=True)
class ColumnRow:
    """One column of the file on the mapping screen."""

    name: str
    input: str
    field: str
    samples: list[str]
    sure: bool
    guessed: bool
    new_kind: str


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("import.run")
@takes_file(actions.LARGEST_FILE)
def new(request: HttpRequest) -> HttpResponse:
    """Choose a file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                file = form.cleaned_data["file"]
                job = actions.receive_file(
                    file.chunks(),
                    file_name=file.name,
                    kind=form.cleaned_data["kind"],
                    actor=request.user.get_username(),
                    user_id=request.user.pk,
                    now=utc_now(),
                )
                return redirect("imports.columns", job.pk)
            except XinfengError as error:
                form.add_error("file", sentence(error))
        status = 422
    context = {
        "form": form,
        "steps": steps(),
        "crumbs": _crumbs(),
        "largest_mb": actions.LARGEST_FILE >> 20,
    }
    return render(request, "imports/new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("import.run")
def columns(request: HttpRequest, job_id: int) -> HttpResponse:
    """What the columns mean and what is claimed; then the summary; then it starts."""
    if reads.progress(job_id).state != "mapping":
        return redirect("imports.detail", job_id)
    seen = reads.preview(job_id)
    header = [guess.column for guess in seen.guesses]
    if request.method != "POST":
        has_rows = any(guess.field.startswith("consent_") for guess in seen.guesses)
        source_form = SourceForm(contracts=_contracts())
        consent_form = ConsentForm(
            notices=notices(), initial={"mode": "rows" if has_rows else "batch", "purpose": "marketing"}
        )
        chosen = {guess.column: guess.field for guess in seen.guesses}
        return _ask(request, seen, chosen, source_form, consent_form)
    chosen = mapping_in(request.POST, header)
    posted = request.POST.copy()
    if seen.kind == "events":
        posted["mode"] = "none"
    source_form = SourceForm(posted, contracts=_contracts())
    consent_form = ConsentForm(posted, notices=notices())
    fault = ""
    fits = source_form.is_valid() and consent_form.is_valid()
    if fits and request.POST.get("step") != "edit":
        try:
            return _go_on(request, seen, header, chosen, source_form, consent_form)
        except XinfengError as error:
            if error.code in ("import.source", "import.source_reserved"):
                source_form.add_error("source", sentence(error))
            elif error.code.startswith("contract.") or error.code == "partner.not_for_events":
                source_form.add_error("contract", sentence(error))
            elif not consent_form.refuse(error):
                fault = _mapping_fault(error, seen.kind)
    return _ask(request, seen, chosen, source_form, consent_form, fault=fault)


def _go_on(
    request: HttpRequest,
    seen: Preview,
    header: list[str],
    chosen: dict[str, str],
    source_form: SourceForm,
    consent_form: ConsentForm,
) -> HttpResponse:
    """To the summary, or from the summary into the queue."""
    claim = consent_form.claim()
    _check(seen.kind, header, chosen, claim, source_form.contract_id)
    if request.POST.get("step") != "start":
        return _summary(request, seen, chosen, source_form, claim, consent_form)
    actor, now = request.user.get_username(), utc_now()
    with transaction.atomic():
        if claim is not None and consent_form.states_new_notice:
            publish_notice(
                key=claim.notice_key,
                version=claim.notice_version,
                purpose=claim.purpose,
                text=consent_form.cleaned_data["notice_text"],
                effective_at=claim.given_at or now,
                actor=actor,
            )
        job = actions.start_import(
            seen.job_id,
            mapping=chosen,
            source=source_form.cleaned_data["source"],
            consent=claim,
            actor=actor,
            now=now,
            contract_id=source_form.contract_id,
        )
    messages.success(request, _("导入已经开始。可以离开这一页，它会继续进行。"))
    return redirect("imports.detail", job.pk)


def _contracts() -> list[SharingContract]:
    return contracts.usable(business_day(utc_now(), xinfeng_settings.load().zone))


def _check(
    kind: str,
    header: list[str],
    chosen: dict[str, str],
    claim: ConsentClaim | None,
    contract_id: int | None,
) -> None:
    """What `start_import` will check, before anybody is asked to start it."""
    known = {one.key: one for one in Attribute.objects.all()}
    mapping.check(kind, header, chosen, attributes=known)
    stated = frozenset(field for field in chosen.values() if field.startswith("consent_"))
    if claim is not None:
        claims.check_claim(claim, columns=stated, now=utc_now())
    elif stated:
        raise InvalidInput("consent.without_claim")
    if contract_id is not None:
        today = business_day(utc_now(), xinfeng_settings.load().zone)
        check_partner(contract_id, mapping=chosen, claim=claim, day=today)


def _ask(
    request: HttpRequest,
    seen: Preview,
    chosen: dict[str, str],
    source_form: SourceForm,
    consent_form: ConsentForm,
    *,
    fault: str = "",
) -> HttpResponse:
    failed = bool(fault or source_form.errors or consent_form.errors)
    attributes = list(Attribute.objects.order_by("id"))
    context: dict[str, Any] = {
        "seen": seen,
        "steps": steps(),
        "columns": column_rows(seen, chosen),
        "groups": field_groups(seen.kind, attributes),
        "source_form": source_form,
        "consent_form": consent_form,
        "fault": fault,
        "crumbs": _crumbs(),
    }
    return render(request, "imports/columns.html", context, status=422 if failed else 200)


def column_rows(seen: Preview, chosen: dict[str, str]) -> list[ColumnRow]:
    """The columns with up to three different values each."""
    rows = []
    for nr, guess in enumerate(seen.guesses):
        values = [row[nr].strip() for row in seen.rows if nr < len(row)]
        samples = list(dict.fromkeys(value for value in values if value))[:3]
        rows.append(
            ColumnRow(
                guess.column,
                f"{COLUMN_FIELD}{nr}",
                chosen.get(guess.column, guess.field),
                [sample[:40] for sample in samples],
                guess.sure and guess.field != SKIP,
                not guess.sure and guess.field != SKIP,
                guess.new_kind if guess.field == SKIP and not guess.sure else "",
            )
        )
    return rows


def _summary(
    request: HttpRequest,
    seen: Preview,
    chosen: dict[str, str],
    source_form: SourceForm,
    claim: ConsentClaim | None,
    consent_form: ConsentForm,
) -> HttpResponse:
    attributes = list(Attribute.objects.order_by("id"))
    taken = [
        (column, _new_label(field, column) or field_label(seen.kind, field, attributes))
        for column, field in chosen.items()
        if field != SKIP
    ]
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("step", "csrfmiddlewaretoken")
    ]
    context = {
        "seen": seen,
        "steps": steps(),
        "taken": taken,
        "skipped": [column for column, field in chosen.items() if field == SKIP],
        "source": source_form.cleaned_data["source"],
        "claim": claim,
        "purpose": purposes().get(claim.purpose) if claim else "",
        "contract": contracts.contract_of(source_form.contract_id) if source_form.contract_id else None,
        "by_rows": consent_form.cleaned_data.get("mode") == "rows",
        "new_notice": consent_form.states_new_notice,
        "carried": carried,
        "crumbs": _crumbs(),
    }
    return render(request, "imports/summary.html", context)


def _new_label(field: str, column: str) -> Text:
    return _("新属性“%(name)s”") % {"name": column} if field.startswith("new:") else ""


def _mapping_fault(error: XinfengError, kind: str) -> str:
    """The sentence of a refused mapping, with fields by their names."""
    named = dict(error.params)
    attributes = list(Attribute.objects.all())
    if "fields" in named:
        either = _(" 或 ")
        named["fields"] = either.join(str(field_label(kind, field, attributes)) for field in named["fields"])
    if "field" in named:
        named["field"] = str(field_label(kind, named["field"], attributes))
    return sentence(type(error)(error.code, **named))


def _crumbs() -> list[Crumb]:
    return [Crumb(_("导入"), reverse("imports"))]
