"""Changing a contact: added by hand, profile, tags, suppression. Each is one action of a slice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.consent import actions as consent
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.contacts.labels import GENDERS, LANGUAGES, SCOPES
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.contacts import actions, reads
from xinfeng.contacts.actions import CLEARABLE
from xinfeng.contacts.models import Attribute, AttributeKind
from xinfeng.contacts.reads import ContactCard
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.tag_names import tag_name
from xinfeng.contacts.values import read_birthday
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.intake.editing import add_contact, edit_contact
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import business_day, utc_now

ATTRIBUTE_FIELD = "attr:"
TEXT_FIELDS = ("external_id", "name", "province", "city", "level")
REGION = ("province", "city")
"""Stated together: what was guessed and left alone stays a guess."""


class ContactForm(forms.Form):
    """A contact's profile. Number and name are empty at first; left empty they stay as they are."""

    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60, required=False)
    phone = forms.CharField(label=gettext_lazy("手机号"), max_length=40, required=False)
    external_id = forms.CharField(label=gettext_lazy("会员号"), max_length=100, required=False)
    gender = forms.TypedChoiceField(
        label=gettext_lazy("性别"),
        choices=list(GENDERS.items()),
        coerce=int,
        widget=forms.RadioSelect,
        required=False,
        empty_value=None,
    )
    birthday = forms.CharField(
        label=gettext_lazy("生日"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    province = forms.CharField(label=gettext_lazy("省份"), max_length=20, required=False)
    city = forms.CharField(label=gettext_lazy("城市"), max_length=30, required=False)
    level = forms.CharField(label=gettext_lazy("会员等级"), max_length=30, required=False)
    language = forms.ChoiceField(label=gettext_lazy("语言"), choices=list(LANGUAGES.items()), required=False)
    clear_name = forms.BooleanField(label=gettext_lazy("清空姓名"), required=False)

    def __init__(self, *args: Any, attributes: list[Attribute], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        english = (get_language() or "").startswith("en")
        for one in attributes:
            label = one.label_en if english and one.label_en else one.label
            self.fields[ATTRIBUTE_FIELD + one.key] = _attribute_field(one, label)

    @property
    def attribute_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(ATTRIBUTE_FIELD)]


def _attribute_field(one: Attribute, label: str) -> forms.Field:
    if one.kind == AttributeKind.BOOL:
        choices = [("", "—"), ("是", _("是")), ("否", _("否"))]
        return forms.ChoiceField(label=label, choices=choices, required=False)
    if one.kind == AttributeKind.CHOICE:
        known = [(str(choice), str(choice)) for choice in one.choices]
        return forms.ChoiceField(label=label, choices=[("", "—"), *known], required=False)
    widget = forms.DateInput(attrs={"type": "date"}) if one.kind == AttributeKind.DATE else forms.TextInput()
    return forms.CharField(label=label, max_length=500, required=False, widget=widget)


FIELD_OF_CODE = {
    "phone.empty": "phone",
    "phone.unreadable": "phone",
    "phone.iot": "phone",
    "phone.not_mainland_mobile": "phone",
    "birthday.unreadable": "birthday",
    "birthday.in_future": "birthday",
    "birthday.too_old": "birthday",
    "contact.exists": "phone",
    "contact.reassigned": "phone",
}


class NewContactForm(ContactForm):
    """A contact added by hand: at least a number or a member id, and where she comes from."""

    source = forms.CharField(
        label=gettext_lazy("来源"),
        max_length=40,
        help_text=gettext_lazy("会成为来源标签，例如“门店登记”。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("contact.edit")
def add(request: HttpRequest) -> HttpResponse:
    """Somebody who is not in any file. Consent is recorded afterwards, with its evidence."""
    attributes = list(Attribute.objects.filter(sensitive=False).order_by("id"))
    nothing = {"language": "zh-hans", "gender": 0}
    form = NewContactForm(request.POST or None, attributes=attributes, initial=nothing)
    status = 200
    if request.method == "POST":
        if form.is_valid() and (made := _added(request, form)) is not None:
            messages.success(request, _("客户已添加。发短信前，请先登记客户的授权。"))
            return redirect("contacts.detail", made)
        status = 422
    context = {"form": form, "crumbs": [Crumb(_("客户"), reverse("contacts"))]}
    return render(request, "contacts/add.html", context, status=status)


def _added(request: HttpRequest, form: NewContactForm) -> int | None:
    given = form.cleaned_data
    actor, now = request.user.get_username(), utc_now()
    empty = dict.fromkeys([*TEXT_FIELDS, *(name for name in given if name.startswith(ATTRIBUTE_FIELD))], "")
    try:
        record, _cleared = _stated({**given, "clear_name": False}, empty)
        if record.phone is None and record.external_id is None:
            raise InvalidInput("contact.unidentified")
        return add_contact(record, source_tags=[tag_name(given["source"])], actor=actor, now=now)
    except XinfengError as error:
        _show(form, error)
        return None


def _show(form: ContactForm, error: XinfengError) -> None:
    named = str(error.params.get("field") or ATTRIBUTE_FIELD + str(error.params.get("key", "")))
    if named in form.fields:
        form.add_error(named, sentence(error))
    else:
        show_fault(form, error, {**FIELD_OF_CODE, "tag.name": "source"})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("contact.edit")
def edit(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The profile. Sensitive attributes are not shown here and stay as they are."""
    card = reads.contact_card(contact_id)
    attributes = list(Attribute.objects.filter(sensitive=False).order_by("id"))
    before = _values(card)
    status = 200
    if request.method == "POST":
        form = ContactForm(request.POST, attributes=attributes)
        if form.is_valid() and _saved(request, contact_id, form, before):
            messages.success(request, _("客户资料已保存。"))
            return redirect("contacts.detail", contact_id)
        status = 422
    else:
        form = ContactForm(initial=before, attributes=attributes)
    context = {
        "form": form,
        "row": card.row,
        "title": card.row.name or card.row.phone or card.row.external_id,
        "crumbs": [
            Crumb(_("客户"), reverse("contacts")),
            Crumb(card.row.name or f"#{contact_id}", reverse("contacts.detail", args=[contact_id])),
        ],
    }
    return render(request, "contacts/edit.html", context, status=status)


def _values(card: ContactCard) -> dict[str, Any]:
    row = card.row
    values: dict[str, Any] = {
        "external_id": row.external_id or "",
        "gender": row.gender,
        "birthday": card.birthday.isoformat() if card.birthday else "",
        "province": row.province or "",
        "city": row.city or "",
        "level": row.level or "",
        "language": card.language,
    }
    for one in card.attributes:
        value = one.value
        if isinstance(value, bool):
            value = "是" if value else "否"
        values[ATTRIBUTE_FIELD + one.key] = "" if value is None else str(value)
    return values


def _saved(request: HttpRequest, contact_id: int, form: ContactForm, before: dict[str, Any]) -> bool:
    given = form.cleaned_data
    now = utc_now()
    try:
        record, clear = _stated(given, before)
        edit_contact(contact_id, record, clear=clear, actor=request.user.get_username(), now=now)
    except XinfengError as error:
        _show(form, error)
        return False
    return True


def _stated(given: dict[str, Any], before: dict[str, Any]) -> tuple[ContactRecord, list[str]]:
    """What was changed, and what was emptied."""
    today = business_day(utc_now(), xinfeng_settings.load().zone)
    texts = {name: given[name].strip() for name in TEXT_FIELDS}
    attrs = {
        name.removeprefix(ATTRIBUTE_FIELD): given[name]
        for name in given
        if name.startswith(ATTRIBUTE_FIELD) and given[name] != before.get(name)
    }
    cleared = [name for name in CLEARABLE - {"name"} if before.get(name) and not given[name].strip()]
    cleared += [f"attr:{key}" for key, text in attrs.items() if not text.strip()]
    if given["clear_name"] and not texts["name"]:
        cleared.append("name")
    moved = any(texts[name] != before[name] for name in REGION)
    record = ContactRecord(
        phone=parse_mainland(given["phone"]) if given["phone"].strip() else None,
        birthday=read_birthday(given["birthday"], today=today) if given["birthday"] else None,
        gender=given["gender"],
        language=given["language"] or None,
        attrs=actions.read_attributes(attrs),
        external_id=texts["external_id"] or None,
        name=texts["name"] or None,
        province=(texts["province"] or None) if moved else None,
        city=(texts["city"] or None) if moved else None,
        level=texts["level"] or None,
    )
    return record, cleared


@require_POST
@allowed("contact.edit")
def put_tag(request: HttpRequest, contact_id: int) -> HttpResponse:
    name = request.POST.get("tag", "")
    put = actions.put_tag(
        contact_id, name, actor=request.user.get_username(), now=utc_now(), reason=why(request)
    )
    if put:
        messages.success(request, _("已加上标签“%(tag)s”。") % {"tag": " ".join(name.split())})
    else:
        messages.info(request, _("这位客户已经有这个标签。"))
    return redirect("contacts.detail", contact_id)


@require_POST
@allowed("contact.edit")
def take_tag(request: HttpRequest, contact_id: int) -> HttpResponse:
    name = request.POST.get("tag", "")
    actions.take_tag(contact_id, name, actor=request.user.get_username(), now=utc_now(), reason=why(request))
    messages.success(request, _("已去掉标签“%(tag)s”。") % {"tag": name})
    return redirect("contacts.detail", contact_id)


@require_POST
@allowed("suppression.edit")
def suppress(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Keep the number from being written to, whoever it belongs to."""
    scope, reason = request.POST.get("scope", ""), request.POST.get("reason", "")
    if scope not in SCOPES or reason not in ("manual", "complaint"):
        raise InvalidInput("request.filter", name="scope")
    consent.suppress_contact(
        contact_id,
        scope=scope,
        reason=reason,
        source=f"console: {why(request)}"[:80],
        actor=request.user.get_username(),
        now=utc_now(),
    )
    messages.success(request, _("号码已屏蔽，立即生效。"))
    return redirect("contacts.detail", contact_id)


@require_POST
@allowed("suppression.edit")
def lift(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Let the number be written to again, where consent allows it."""
    given = request.POST.get("suppression", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise InvalidInput("request.filter", name="suppression")
    consent.lift_suppression(
        int(given), reason=why(request), actor=request.user.get_username(), now=utc_now()
    )
    messages.success(request, _("屏蔽已解除。退订过的客户仍要重新授权才能收到短信。"))
    return redirect("contacts.detail", contact_id)


def why(request: HttpRequest) -> str:
    """What was written beside a deed."""
    return " ".join(request.POST.get("why", "").split())[:200]
