"""The suppression list: numbers that must not be written to, by scope; adding and lifting, with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.consent.actions import lift_suppression, suppress_numbers
from xinfeng.consent.reads import SuppressionQuery, SuppressionRow, suppressions
from xinfeng.console.components import Column, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text
from xinfeng.console.consents.labels import tabs
from xinfeng.console.contacts.labels import SCOPES, SUPPRESSIONS, source_words
from xinfeng.console.permissions import allowed, may
from xinfeng.contacts.reads import contacts_by_id
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("who", _("号码")),
    Column("scope", _("不再发送"), hide_on_phone=True),
    Column("reason", _("原因")),
    Column("source", _("来源"), hide_on_phone=True),
    Column("at", _("时间"), hide_on_phone=True),
    Column("lift", ""),
)
SHOWN = (("lifted", _("包括已解除")),)
FILTERS = (
    Filter("reason", _("原因"), tuple(SUPPRESSIONS.items())),
    Filter("scope", _("范围"), tuple(SCOPES.items())),
    Filter("show", _("显示"), SHOWN),
)
BY_HAND = ("manual", "complaint")


class SuppressForm(forms.Form):
    """Numbers never stand in an address: they are posted."""

    phone = forms.CharField(
        label=_("手机号"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    reason = forms.ChoiceField(label=_("原因"), choices=[(code, SUPPRESSIONS[code]) for code in BY_HAND])
    scope = forms.ChoiceField(
        label=_("不再发送"),
        choices=[("marketing", SCOPES["marketing"]), ("all", SCOPES["all"])],
        widget=forms.RadioSelect,
        initial="marketing",
        help_text=_("投诉营销短信的客户选“营销短信”，订单、验证码等服务短信仍能收到。"),
    )
    source = forms.CharField(
        label=_("凭什么"), max_length=80, help_text=_("例如“12321 工单 88412”“客服来电 11-20”。")
    )


@dataclass(frozen=True)
class SuppressionView:
    row: SuppressionRow
    phone: str
    scope: Text
    reason: Text
    source: str

    @property
    def key(self) -> str:
        """For ids in the page."""
        return str(self.row.id)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("consent.view")
def page(request: HttpRequest) -> HttpResponse:
    """The list, newest first. A search for a number is posted and finds that number only."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    sought = request.POST.get("phone", "").strip() if request.method == "POST" else ""
    found = suppressions(
        SuppressionQuery(
            phone=sought,
            reason=query.filters["reason"],
            scope=query.filters["scope"],
            in_force=query.filters["show"] != "lifted" and not sought,
            after=_after(query.after),
            limit=query.per_page + 1,
        )
    )
    more = len(found) > query.per_page
    found = found[: query.per_page]
    table = Table(
        id="suppressions",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(_views(found), next_after=str(found[-1].id) if more else ""),
        row_template="consents/suppression_row.html",
        empty=Empty(_("没有屏蔽的号码"), _("退订、投诉和人工屏蔽的号码会出现在这里。"), icon="ban"),
        context={"may_edit": may(request.user, "suppression.edit")},
    )
    context = {
        "tabs": tabs("consents.suppressions"),
        "form": SuppressForm(),
        "sought": sought,
        "may_edit": may(request.user, "suppression.edit"),
    }
    return answer_with_table(request, "consents/suppressions.html", table, context)


@require_POST
@allowed("suppression.edit")
def add(request: HttpRequest) -> HttpResponse:
    """Suppress one number, known or not."""
    form = SuppressForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            index = vault().phone_index(parse_mainland(given["phone"]))
            added = suppress_numbers(
                [index],
                scope=given["scope"],
                reason=given["reason"],
                source=given["source"],
                actor=request.user.get_username(),
                now=utc_now(),
            )
        except InvalidInput as fault:
            show_fault(
                form, fault, {"phone.unreadable": "phone", "phone.iot": "phone", "phone.empty": "phone"}
            )
        else:
            said = (
                gettext("已屏蔽，立即生效。") if added else gettext("这个号码已经按这个范围屏蔽，没有改变。")
            )
            messages.success(request, said)
            return redirect("consents.suppressions")
    context = {"form": form, "tabs": tabs("consents.suppressions")}
    return render(request, "consents/suppress.html", context, status=422)


@require_POST
@allowed("suppression.edit")
def lift(request: HttpRequest, suppression_id: int) -> HttpResponse:
    """Let a number be written to again, where consent allows it."""
    lift_suppression(
        suppression_id,
        reason=request.POST.get("reason", ""),
        actor=request.user.get_username(),
        now=utc_now(),
    )
    messages.success(request, gettext("已解除屏蔽。客户撤回过的授权不会因此恢复。"))
    return redirect("consents.suppressions")


def _views(rows: list[SuppressionRow]) -> list[SuppressionView]:
    ids = [row.contact_id for row in rows if row.contact_id is not None]
    phones = {one.id: one.phone or "" for one in contacts_by_id(ids)} if ids else {}
    return [
        SuppressionView(
            row,
            phones.get(row.contact_id or 0, ""),
            SCOPES[row.scope],
            SUPPRESSIONS[row.reason],
            source_words(row.source),
        )
        for row in rows
    ]


def _after(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("request.page")
    return int(text)
