"""The people behind a number, as a list and as a file; and why one person did or didn't get it."""

from __future__ import annotations

import tempfile
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns import reads
from xinfeng.campaigns.explain import explain as explain_campaign
from xinfeng.campaigns.explanation import Verdict
from xinfeng.console.campaigns.frame import common, fault_of
from xinfeng.console.campaigns.samples import language
from xinfeng.console.components import Column, Crumb, Empty, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Tone
from xinfeng.console.permissions import allowed, may
from xinfeng.console.streaming import stream, stream_file
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.console.words import sentence
from xinfeng.insights import drill
from xinfeng.insights.drill import Group, Selection
from xinfeng.insights.words import STAGES, code_name
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.segments.actions import create_list

COLUMNS = (
    Column("phone", _("手机号")),
    Column("stage", _("结果")),
    Column("code", _("说明"), hide_on_phone=True),
    Column("parts", _("计费条"), numeric=True, hide_on_phone=True),
    Column("place", _("地区"), hide_on_phone=True),
    Column("level", _("会员等级"), hide_on_phone=True),
    Column("why", ""),
)
NARROWED = ("group", "code", "tier", "province", "carrier", "level", "kind")
FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
VERDICTS: dict[Verdict, Tone] = {
    Verdict.SENT: "good",
    Verdict.WOULD_BE_SENT: "good",
    Verdict.WAITING: "info",
    Verdict.WITHHELD: "warn",
    Verdict.LEFT_OUT: "warn",
    Verdict.WOULD_BE_LEFT_OUT: "warn",
    Verdict.NOT_IN_AUDIENCE: "neutral",
    Verdict.WOULD_NOT_BE_IN_AUDIENCE: "neutral",
}


class ExplainForm(forms.Form):
    """A number never stands in an address: it is posted."""

    phone = forms.CharField(
        label=_("手机号"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


@require_safe
@allowed("campaign.view")
def people(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = reads.campaign(campaign_id)
    if campaign.plan_id is None:
        return redirect("campaigns.detail", campaign_id=campaign_id)
    query = Query.read(request, columns=COLUMNS, keep=NARROWED)
    selection = _selection(query.kept)
    found = drill.contacts(
        campaign.plan_id, selection, after=_number(query.after or "0"), limit=query.per_page
    )
    rows = [(row, code_name(row.code, language(), row.kind)) for row in found.rows]
    table = Table(
        id="people",
        columns=COLUMNS,
        query=query,
        listing=Listing(rows, next_after=str(found.after or "")),
        row_template="campaigns/people_row.html",
        empty=Empty(_("一个也没有"), icon="users"),
        context={"campaign": campaign},
    )
    context = {
        "campaign": campaign,
        "crumbs": [
            Crumb(_("活动"), reverse("campaigns")),
            Crumb(campaign.name, reverse("campaigns.detail", args=[campaign_id])),
        ],
        "title": STAGES[selection.group].in_(language()),
        "sentence": code_name(selection.code, language(), selection.kind or ""),
        "total": found.total,
        "kept": query.kept,
        "may_keep": may(request.user, "segment.edit"),
        "kept_name": f"{campaign.name} · {STAGES[selection.group].in_(language())}"[:80],
        "may_export": may(request.user, "campaign.export"),
        "may_reveal": may(request.user, "contact.reveal"),
    }
    return answer_with_table(request, "campaigns/people.html", table, context)


@require_POST
@allowed("segment.edit")
def keep(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Make a segment of exactly these people, as they are now."""
    campaign = reads.campaign(campaign_id)
    if not may(request.user, "campaign.view"):
        raise NotAllowed("permission.missing", permission="campaign.view")
    if campaign.plan_id is None:
        raise InvalidInput("request.filter", name="group")
    kept = {name: request.POST[name] for name in NARROWED if name in request.POST}
    ids = drill.contact_ids(campaign.plan_id, _selection(kept))
    name, actor = request.POST.get("name", ""), request.user.get_username()
    try:
        if not ids:
            raise InvalidInput("segment.list_empty")
        made = create_list(name=name, contact_ids=ids, actor=actor)
    except XinfengError as fault:
        messages.error(request, sentence(fault))
        return redirect(f"{reverse('campaigns.people', args=[campaign_id])}?{urlencode(kept)}")
    messages.success(
        request, gettext("已存为分群“%(name)s”，%(n)s 人。") % {"name": made.name, "n": num(len(ids))}
    )
    return redirect("segments.detail", made.pk)


@require_POST
@allowed("campaign.export")
def export(request: HttpRequest, campaign_id: int) -> HttpResponseBase:
    """The list as a file; numbers masked unless this person may see them and says what for. Audited."""
    campaign = reads.campaign(campaign_id)
    form, clear = request.POST.get("form", ""), request.POST.get("numbers") == "clear"
    if form not in FORMS or campaign.plan_id is None:
        raise InvalidInput("request.filter", name="form")
    reason = request.POST.get("reason", "").strip()[:200]
    if clear and not may(request.user, "contact.reveal"):
        raise NotAllowed("permission.missing", permission="contact.reveal")
    kept = {name: request.POST[name] for name in NARROWED if name in request.POST}
    given: dict[str, Any] = {
        "actor": request.user.get_username(),
        "clear_numbers": clear,
        "reason": reason,
        "language": language(),
    }
    selection = _selection(kept)
    name = f"campaign-{campaign_id}-{selection.group}.{form}"
    if form == "csv":
        lines = drill.export_csv(campaign.plan_id, selection, **given)
        return stream(lines, name=name, content_type=FORMS[form])
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the response
    drill.export_xlsx(file, campaign.plan_id, selection, **given)
    file.seek(0)
    return stream_file(file, name=name, content_type=FORMS[form])


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("campaign.view")
def explain(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """By number (posted), or by `?contact=ID` from a list."""
    campaign = reads.campaign(campaign_id)
    form = ExplainForm(request.POST or None)
    context = common(request, campaign, tab="campaigns.explain") | {"form": form}
    asked: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        asked = {"phone": form.cleaned_data["phone"]}
    elif contact := request.GET.get("contact", ""):
        asked = {"contact_id": _number(contact)}
    if asked:
        try:
            found = explain_campaign(campaign_id, now=utc_now(), **asked)
        except XinfengError as fault:
            if request.method != "POST":
                raise
            show_fault(form, fault, {"contact.unknown": "phone", fault.code: "phone"})
        else:
            words = found.words(language(), fault_words=fault_of(campaign))
            context |= {
                "explanation": found,
                "verdict": words[0],
                "chain": words[1:],
                "tone": VERDICTS[found.verdict] if found.planned_or_pending else "bad",
            }
    return render(request, "campaigns/explain.html", context)


def _selection(kept: Any) -> Selection:
    """Raises InvalidInput `request.filter` for anything the report never links to."""
    try:
        group = Group(kept.get("group", Group.PLANNED))
    except ValueError:
        raise InvalidInput("request.filter", name="group") from None
    numbers = {name: _number(kept[name], name=name) if name in kept else None for name in ("tier", "carrier")}
    return Selection(
        group,
        code=kept.get("code"),
        province=kept.get("province"),
        level=kept.get("level"),
        kind=kept.get("kind"),
        **numbers,
    )


def _number(text: str, *, name: str = "after") -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("request.filter", name=name)
    return int(text)
