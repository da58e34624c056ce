"""Taking one complaint in: by hand, or because a reply in the inbox is one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.complaints import actions
from xinfeng.complaints.files import read_moment
from xinfeng.complaints.intake import NewComplaint
from xinfeng.complaints.reads import reference_of
from xinfeng.complaints.texts import LONGEST_QUOTED, LONGEST_WORDS
from xinfeng.console.complaints.labels import ABOUTS, SOURCES
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

FIELD_OF_CODE = {
    "phone.empty": "phone",
    "phone.unreadable": "phone",
    "phone.iot": "phone",
    "phone.not_mainland_mobile": "phone",
    "complaint.in_future": "complained_at",
    "complaint.too_old": "complained_at",
    "time.unreadable": "complained_at",
}


class ComplaintForm(forms.Form):
    """One complaint as it came."""

    source = forms.ChoiceField(
        label=gettext_lazy("从哪里来"),
        choices=[(code, words) for code, words in SOURCES.items() if code != "reply"],
    )
    reference = forms.CharField(label=gettext_lazy("来源的编号"), max_length=80, required=False)
    phone = forms.CharField(label=gettext_lazy("投诉人的手机号"), max_length=40)
    complained_at = forms.CharField(
        label=gettext_lazy("投诉时间"),
        max_length=40,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    about = forms.ChoiceField(label=gettext_lazy("投诉什么"), choices=list(ABOUTS.items()))
    quoted = forms.CharField(
        label=gettext_lazy("被投诉的短信"), max_length=LONGEST_QUOTED, required=False, widget=forms.Textarea
    )
    said = forms.CharField(
        label=gettext_lazy("投诉人怎么说"), max_length=LONGEST_WORDS, required=False, widget=forms.Textarea
    )
    names_message = forms.CharField(label=gettext_lazy("消息编号"), max_length=64, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("complaint.take")
def new(request: HttpRequest) -> HttpResponse:
    form = ComplaintForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _taken(request, form)
        if answer is not None:
            return answer
    context = {"form": form, "crumbs": [Crumb(_("投诉"), reverse("complaints"))]}
    return render(request, "complaints/new.html", context, status=422 if request.method == "POST" else 200)


def _taken(request: HttpRequest, form: forms.Form) -> HttpResponse | None:
    given: dict[str, Any] = form.cleaned_data
    now = utc_now()
    try:
        at, day_only = read_moment(given["complained_at"], now=now)
        taken = actions.take_complaint(
            NewComplaint(**{**given, "complained_at": at, "day_only": day_only}),
            actor=request.user.get_username(),
            now=now,
        )
    except XinfengError as error:
        show_fault(form, error, FIELD_OF_CODE)
        return None
    if taken.known:
        words = _("这件投诉登记过了（%(reference)s），没有重复登记。")
        messages.warning(request, words % {"reference": reference_of(taken.complaint_id)})
    else:
        messages.success(request, _("已登记。这个号码的营销短信已经停发，服务短信照常。"))
    return redirect("complaints.detail", taken.complaint_id)


@require_POST
@allowed("complaint.take")
def reply(request: HttpRequest, reply_id: int) -> HttpResponse:
    """A reply that is a complaint."""
    about = request.POST.get("about", "other")
    taken = actions.take_reply(reply_id, about=about, actor=request.user.get_username(), now=utc_now())
    if taken.known:
        messages.info(request, _("这条回复已经登记为投诉。"))
    else:
        messages.success(request, _("已登记为投诉。这个号码的营销短信已经停发，服务短信照常。"))
    return redirect("complaints.detail", taken.complaint_id)
