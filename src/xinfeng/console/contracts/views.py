"""Contracts with partners: what is on file, filing one, ending one, and what was imported under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.consent import contracts
from xinfeng.consent.contracts import ContractState, ContractTerms
from xinfeng.consent.models import SharingContract
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.consents.labels import purposes
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.imports.labels import PROFILE, label_of
from xinfeng.console.permissions import allowed, need_proof
from xinfeng.console.streaming import stream
from xinfeng.contacts.models import Attribute
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.intake.reads import imports_by_contract
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import business_day, utc_now

STATES: dict[ContractState, tuple[Text, Tone]] = {
    ContractState.PLANNED: (_("未开始"), "info"),
    ContractState.IN_FORCE: (_("有效"), "good"),
    ContractState.ENDING_SOON: (_("即将到期"), "warn"),
    ContractState.EXPIRED: (_("已到期"), "neutral"),
    ContractState.ENDED: (_("已终止"), "bad"),
}
FIELDS = {
    "contract.exists": "number",
    "contract.term": "ends_on",
    "file.empty": "file",
    "file.too_large": "file",
}
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ContractForm(forms.Form):
    """A signed contract. What is filed does not change; it can be ended."""

    partner = forms.CharField(
        label=_("合作方"),
        max_length=contracts.LONGEST_PARTNER,
        help_text=_("会成为客户的来源标签 partner:合作方。"),
    )
    number = forms.CharField(
        label=_("合同号"), max_length=contracts.LONGEST_NUMBER, help_text=_("写进每条授权的凭证里。")
    )
    title = forms.CharField(label=_("合同名称"), max_length=contracts.LONGEST_TITLE)
    starts_on = forms.DateField(label=_("开始日"), widget=_DAY)
    ends_on = forms.DateField(label=_("结束日（含）"), widget=_DAY)
    scope = forms.CharField(
        label=_("范围"),
        max_length=contracts.LONGEST_SCOPE,
        widget=forms.Textarea,
        help_text=_("谁的数据、为什么提供、双方各自的责任，按合同写。"),
    )
    purposes = forms.MultipleChoiceField(
        label=_("客户同意过的用途"), widget=forms.CheckboxSelectMultiple, initial=["marketing"]
    )
    fields_ = forms.MultipleChoiceField(
        label=_("可以提供的字段"), widget=forms.CheckboxSelectMultiple, initial=["phone"]
    )
    file = forms.FileField(label=_("合同文件"), allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = [(f"attr:{one.key}", label_of(one)) for one in Attribute.objects.order_by("id")]
        for name, choices in (
            ("purposes", list(purposes().items())),
            ("fields_", [*PROFILE.items(), *attributes]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = choices

    def terms(self) -> ContractTerms:
        given = self.cleaned_data
        return ContractTerms(
            given["partner"],
            given["title"],
            given["number"],
            given["scope"],
            given["purposes"],
            given["fields_"],
            given["starts_on"],
            given["ends_on"],
        )


@dataclass(frozen=True)
class ContractView:
    """A contract as people see it; `days_left` until the last day, for those that end soon."""

    contract: SharingContract
    state: Text
    tone: Tone
    usable: bool
    days_left: int | None
    purposes: list[str]
    fields: list[Text]


@require_safe
@allowed("contract.view")
def page(request: HttpRequest) -> HttpResponse:
    """All contracts, with a warning for those that end soon."""
    today = _today()
    views = [_view(one, today) for one in contracts.contracts()]
    context = {"contracts": views, "ending": [one for one in views if one.days_left is not None]}
    return render(request, "contracts/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("contract.edit")
@takes_file(contracts.LARGEST_FILE)
def new(request: HttpRequest) -> HttpResponse:
    form = ContractForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made = contracts.file_contract(
                    form.terms(),
                    file.chunks(),
                    file_name=file.name,
                    actor=request.user.get_username(),
                    now=utc_now(),
                )
            except XinfengError as fault:
                show_fault(form, fault, FIELDS)
            else:
                messages.success(request, gettext("已登记。有效期内，导入时可以选择这份合同。"))
                return redirect("contracts.detail", made.pk)
        status = 422
    context = {
        "form": form,
        "crumbs": [Crumb(_("共享合同"), reverse("contracts"))],
        "largest_mb": contracts.LARGEST_FILE >> 20,
    }
    return render(request, "contracts/new.html", context, status=status)


@require_safe
@allowed("contract.view")
def detail(request: HttpRequest, contract_id: int) -> HttpResponse:
    contract = contracts.contract_of(contract_id)
    context = {
        "seen": _view(contract, _today()),
        "contract": contract,
        "digest": bytes(contract.file_digest).hex(),
        "imports": imports_by_contract(contract_id, limit=20),
        "crumbs": [Crumb(_("共享合同"), reverse("contracts"))],
    }
    return render(request, "contracts/detail.html", context)


@require_POST
@allowed("contract.edit")
def end(request: HttpRequest, contract_id: int) -> HttpResponse:
    contracts.end_contract(
        contract_id,
        reason=request.POST.get("reason", ""),
        actor=request.user.get_username(),
        now=utc_now(),
    )
    messages.success(request, gettext("合同已终止，不能再依据它导入。"))
    return redirect("contracts.detail", contract_id)


@require_POST
@allowed("contract.view")
def file(request: HttpRequest, contract_id: int) -> HttpResponseBase:
    """The file as it was filed; audited. Never shown in the browser: it came from elsewhere."""
    need_proof(request)
    contract = contracts.contract_of(contract_id)
    pieces = contracts.read_file(contract, actor=request.user.get_username())
    return stream(pieces, name=contract.file_name, content_type="application/octet-stream")


def _view(contract: SharingContract, today: date) -> ContractView:
    state = contracts.state_of(contract, today)
    words, tone = STATES[state]
    known = purposes()
    attributes = {f"attr:{one.key}": label_of(one) for one in Attribute.objects.all()}
    soon = state == ContractState.ENDING_SOON
    return ContractView(
        contract,
        words,
        tone,
        state in contracts.USABLE,
        (contract.ends_on - today).days if soon else None,
        [known.get(one, one) for one in contract.purposes],
        [PROFILE.get(one, attributes.get(one, one)) for one in contract.fields],
    )


def _today() -> date:
    return business_day(utc_now(), xinfeng_settings.load().zone)
