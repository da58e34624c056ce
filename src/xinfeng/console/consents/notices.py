"""Notices: what people are told when they are asked, in versions that are published once and for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from xinfeng.consent.models import Notice
from xinfeng.consent.notices import LONGEST_TEXT, before, notice_of, publish_notice, versions_of
from xinfeng.consent.reads import notices
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.consents.labels import purposes, tabs
from xinfeng.console.content.compare import pieces
from xinfeng.console.permissions import allowed
from xinfeng.intake.reads import imports_under
from xinfeng.kernel.errors import NotFound, XinfengError
from xinfeng.kernel.time import utc_now

FIELDS = {
    "notice.exists": "version",
    "notice.incomplete": "text",
    "notice.too_long": "text",
    "notice.other_purpose": "purpose",
    "notice.nothing_to_renew": "requires_renewal",
}


class NoticeForm(forms.Form):
    """A new version; published versions never change."""

    key = forms.SlugField(
        label=_("键"), max_length=40, help_text=_("同一份告知书的各版用同一个键，例如 privacy。")
    )
    version = forms.CharField(label=_("版本"), max_length=20, help_text=_("例如 2026-11。"))
    purpose = forms.ChoiceField(label=_("征求同意的用途"))
    effective_at = forms.DateTimeField(
        label=_("生效时间"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    text = forms.CharField(
        label=_("客户看到的原文"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea,
        help_text=_("写明谁在处理、目的、方式、信息种类、保存多久、怎样撤回和联系（个人信息保护法第17条）。"),
    )
    requires_renewal = forms.BooleanField(
        label=_("目的、方式或信息种类变了：要求重新同意"),
        required=False,
        help_text=_("生效后，同意旧版的客户不再收到这一用途的短信，直到重新同意（个人信息保护法第14条）。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["purpose"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(purposes().items())


@dataclass(frozen=True)
class VersionView:
    """One version in a list. `state`: current, coming, older (still counts) or outdated."""

    notice: Notice
    purpose: str
    state: str


@require_safe
@allowed("consent.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every notice with its versions, the latest first."""
    groups: dict[str, list[VersionView]] = {}
    known = purposes()
    for one in notices():
        groups.setdefault(one.key, []).append(VersionView(one, known.get(one.purpose, one.purpose), ""))
    now = utc_now()
    listed = [(key, _with_states(versions, now)) for key, versions in groups.items()]
    return render(request, "consents/notices.html", {"groups": listed, "tabs": tabs("consents")})


def _with_states(versions: list[VersionView], now: datetime) -> list[VersionView]:
    current = next((one.notice.pk for one in versions if one.notice.effective_at <= now), None)
    return [VersionView(one.notice, one.purpose, _state(one.notice, current, now)) for one in versions]


def _state(notice: Notice, current: int | None, now: datetime) -> str:
    if notice.outdated:
        return "outdated"
    if notice.effective_at > now:
        return "coming"
    return "current" if notice.pk == current else "older"


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("consent.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Write a version and publish it; `?from=` begins with the words of another."""
    form = NoticeForm(request.POST or None, initial=_beginning(request.GET.get("from", "")))
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = publish_notice(**form.cleaned_data, actor=request.user.get_username())
            except XinfengError as fault:
                show_fault(form, fault, FIELDS)
            else:
                messages.success(request, gettext("已发布。表单、导入和登记授权时可以选这一版。"))
                return redirect("consents.notice", made.pk)
        status = 422
    crumbs = [Crumb(_("告知书"), reverse("consents"))]
    return render(request, "consents/new_notice.html", {"form": form, "crumbs": crumbs}, status=status)


def _beginning(given: str) -> dict[str, Any]:
    start: dict[str, Any] = {"effective_at": timezone.localtime(), "purpose": "marketing"}
    if given.isascii() and given.isdigit() and len(given) < 19:
        old = Notice.objects.filter(pk=int(given)).first()
        if old is not None:
            start |= {"key": old.key, "purpose": old.purpose, "text": old.text}
    return start


@require_safe
@allowed("consent.view")
def one(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One version: its words, its fellows, where it was used."""
    notice = notice_of(notice_id)
    versions = [VersionView(other, "", "") for other in versions_of(notice.key)]
    now = utc_now()
    context = {
        "notice": notice,
        "purpose": purposes().get(notice.purpose, notice.purpose),
        "versions": _with_states(versions, now),
        "state": next(seen.state for seen in _with_states(versions, now) if seen.notice.pk == notice.pk),
        "before": before(notice),
        "imports": imports_under(notice.key, notice.version, limit=10),
        "crumbs": [Crumb(_("告知书"), reverse("consents"))],
    }
    return render(request, "consents/notice.html", context)


@require_safe
@allowed("consent.view")
def compare(request: HttpRequest, notice_id: int, other_id: int) -> HttpResponse:
    """What one version changed against another of the same key."""
    older, newer = sorted((notice_of(notice_id), notice_of(other_id)), key=lambda found: found.pk)
    if older.key != newer.key:
        raise NotFound("notice.unknown", id=other_id)
    context = {
        "older": older,
        "newer": newer,
        "pieces": pieces(older.text, newer.text),
        "crumbs": [
            Crumb(_("告知书"), reverse("consents")),
            Crumb(f"{newer.key} · {newer.version}", reverse("consents.notice", args=[newer.pk])),
        ],
    }
    return render(request, "consents/compare.html", context)
