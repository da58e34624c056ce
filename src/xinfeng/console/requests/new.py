"""Taking a request in."""

from __future__ import annotations

from datetime import datetime, time

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed
from xinfeng.console.requests.labels import HINTS, KINDS, VIAS
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.privacy.actions import receive
from xinfeng.privacy.people import reference
from xinfeng.privacy.requesters import Requester

FIELD_OF_CODE = {
    "request.whom": "phone",
    "request.two_people": "external_id",
    "request.received_in_future": "received_on",
    "phone.empty": "phone",
    "phone.unreadable": "phone",
    "phone.iot": "phone",
    "phone.not_mainland_mobile": "phone",
}


class RequestForm(forms.Form):
    """What was asked, by whom, when and how."""

    kind = forms.ChoiceField(
        label=gettext_lazy("要求什么"), choices=list(KINDS.items()), widget=forms.RadioSelect
    )
    phone = forms.CharField(
        label=gettext_lazy("手机号"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    external_id = forms.CharField(
        label=gettext_lazy("会员号"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("姓名"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    contact = forms.CharField(
        label=gettext_lazy("答复寄往哪里"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    words = forms.CharField(
        label=gettext_lazy("原话"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    via = forms.ChoiceField(label=gettext_lazy("怎样提出的"), choices=list(VIAS.items()))
    received_on = forms.DateField(
        label=gettext_lazy("收到的日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("request.handle")
def new(request: HttpRequest) -> HttpResponse:
    now = utc_now()
    zone = xinfeng_settings.load().zone
    form = RequestForm(request.POST or None, initial={"received_on": business_day(now, zone)})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        day = given["received_on"]
        today = business_day(now, zone)
        received_at = now if day == today else datetime.combine(day, time.min, zone)
        try:
            made = receive(
                kind=given["kind"],
                via=given["via"],
                requester=Requester(
                    name=given["name"],
                    phone=given["phone"],
                    external_id=given["external_id"],
                    contact=given["contact"],
                    words=given["words"],
                ),
                received_at=received_at,
                actor=request.user.get_username(),
                now=now,
            )
        except XinfengError as error:
            named = str(error.params.get("field", ""))
            show_fault(form, error, {**FIELD_OF_CODE, "request.unfit": named})
        else:
            messages.success(request, _("已登记 %(reference)s。") % {"reference": reference(made.pk)})
            return redirect("requests.detail", made.pk)
    context = {
        "form": form,
        "hints": [(KINDS[code], words) for code, words in HINTS.items()],
        "crumbs": [Crumb(_("个人信息请求"), reverse("requests"))],
    }
    return render(request, "requests/new.html", context, status=422 if request.method == "POST" else 200)
