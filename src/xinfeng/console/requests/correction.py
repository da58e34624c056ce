"""Correcting what we hold: the profile is edited through intake, and the request remembers what was changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.contacts.labels import GENDERS
from xinfeng.console.permissions import allowed
from xinfeng.contacts.reads import ContactCard, contact_card
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.values import read_birthday
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.intake.editing import edit_contact
from xinfeng.kernel.errors import Conflict, InvalidInput, XinfengError
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.privacy import reads
from xinfeng.privacy.actions import record_correction

FIELD_OF_CODE = {
    "phone.empty": "phone",
    "phone.unreadable": "phone",
    "phone.iot": "phone",
    "phone.not_mainland_mobile": "phone",
    "contact.exists": "phone",
    "contact.reassigned": "phone",
    "birthday.unreadable": "birthday",
    "birthday.in_future": "birthday",
    "birthday.too_old": "birthday",
}
CLEARABLE = ("name", "external_id", "birthday", "province", "city", "level")


class CorrectionForm(forms.Form):
    """What is to be changed; a field left empty stays as it is."""

    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60, required=False)
    phone = forms.CharField(label=gettext_lazy("手机号"), max_length=40, required=False)
    external_id = forms.CharField(label=gettext_lazy("会员号"), max_length=100, required=False)
    gender = forms.ChoiceField(
        label=gettext_lazy("性别"),
        choices=[("", gettext_lazy("不改")), *((str(code), words) for code, words in GENDERS.items())],
        required=False,
    )
    birthday = forms.CharField(
        label=gettext_lazy("生日"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    province = forms.CharField(label=gettext_lazy("省份"), max_length=20, required=False)
    city = forms.CharField(label=gettext_lazy("城市"), max_length=30, required=False)
    level = forms.CharField(label=gettext_lazy("会员等级"), max_length=30, required=False)
    clear = forms.MultipleChoiceField(
        label=gettext_lazy("清空"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("name", gettext_lazy("姓名")),
            ("external_id", gettext_lazy("会员号")),
            ("birthday", gettext_lazy("生日")),
            ("province", gettext_lazy("省份")),
            ("city", gettext_lazy("城市")),
            ("level", gettext_lazy("会员等级")),
        ],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("request.handle")
def correct(request: HttpRequest, request_id: int) -> HttpResponse:
    card = reads.request(request_id, now=utc_now())
    if card.row.contact_id is None or not card.is_there:
        raise Conflict("request.nobody", id=request_id)
    form = CorrectionForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and _saved(request, request_id, card.row.contact_id, form)
    ):
        messages.success(request, _("已更正。全部改好后，点“完成更正”草拟答复。"))
        return redirect("requests.detail", request_id)
    context = {
        "form": form,
        "row": card.row,
        "requester": card.requester,
        "now_held": _now_held(contact_card(card.row.contact_id)),
        "crumbs": [
            Crumb(_("个人信息请求"), reverse("requests")),
            Crumb(card.row.reference, reverse("requests.detail", args=[request_id])),
        ],
    }
    return render(request, "requests/correct.html", context, status=422 if request.method == "POST" else 200)


def _now_held(card: ContactCard) -> list[tuple[Any, Any]]:
    """What is held now, masked as everywhere."""
    row = card.row
    return [
        (_("姓名"), row.name),
        (_("手机号"), row.phone),
        (_("会员号"), row.external_id),
        (_("性别"), GENDERS[row.gender]),
        (_("生日"), card.birthday.isoformat() if card.birthday else None),
        (_("省份"), row.province),
        (_("城市"), row.city),
        (_("会员等级"), row.level),
    ]


def _saved(request: HttpRequest, request_id: int, contact_id: int, form: CorrectionForm) -> bool:
    """Edit and remember, in one transaction."""
    actor, now = request.user.get_username(), utc_now()
    try:
        record, clear = _stated(form.cleaned_data)
        labels = [str(form.fields[name].label) for name in _named(form.cleaned_data, clear)]
        with transaction.atomic():
            record_correction(request_id, fields=labels, actor=actor, now=now)
            edit_contact(contact_id, record, clear=clear, actor=actor, now=now)
    except XinfengError as error:
        show_fault(form, error, {**FIELD_OF_CODE, "contact.unfit": str(error.params.get("field", ""))})
        return False
    return True


def _stated(given: dict[str, Any]) -> tuple[ContactRecord, list[str]]:
    today = business_day(utc_now(), xinfeng_settings.load().zone)
    clear = [name for name in given["clear"] if not given[name].strip()]
    if set(clear) - set(CLEARABLE):
        raise InvalidInput("contact.not_clearable", fields=clear)
    record = ContactRecord(
        phone=parse_mainland(given["phone"]) if given["phone"].strip() else None,
        gender=int(given["gender"]) if given["gender"] else None,
        birthday=read_birthday(given["birthday"], today=today) if given["birthday"] else None,
        name=given["name"].strip() or None,
        external_id=given["external_id"].strip() or None,
        province=given["province"].strip() or None,
        city=given["city"].strip() or None,
        level=given["level"].strip() or None,
    )
    return record, clear


def _named(given: dict[str, Any], clear: list[str]) -> list[str]:
    """The fields that were changed or emptied."""
    return [name for name in given if name != "clear" and (str(given[name]).strip() or name in clear)]
