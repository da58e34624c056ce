"""The designer: the page, the preview that follows it, saving and removing the face."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.console.components import Crumb
from xinfeng.console.content.editor import VariableRow, variable_rows
from xinfeng.console.content.rich.beginnings import beginnings
from xinfeng.console.content.rich.beside import Beside, Fault, beside, told_faults
from xinfeng.console.content.rich.reading import Read, for_designer, read_designed
from xinfeng.console.content.rich.shown import HEIGHTS, KINDS, ORIENTATIONS, WIDTHS
from xinfeng.console.permissions import allowed, may
from xinfeng.console.words import sentence
from xinfeng.content import actions, pictures, reads
from xinfeng.content.models import TemplateVersion
from xinfeng.content.rich import read_rich, to_json
from xinfeng.content.variables import Kind
from xinfeng.forms.models import Form, FormState
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.maap import messages as maap
from xinfeng.protocols.maap.messages import RichFault

MOST_FORMS = 200
LIMITS = {
    "title": maap.LONGEST_TITLE,
    "description": maap.LONGEST_DESCRIPTION,
    "label": maap.LONGEST_LABEL,
    "cards": maap.MOST_CARDS,
    "buttons": maap.MOST_BUTTONS,
    "chips": maap.MOST_CHIPS,
    "picture": maap.LARGEST_IMAGE,
}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("template.view")
def page(request: HttpRequest, template_id: int) -> HttpResponse:
    """The designer; who may not edit sees the phone. A POST saves what was designed as a new version."""
    version = reads.newest_version(template_id)
    may_edit = may(request.user, "template.edit")
    if request.method == "POST":
        return _save(request, version)
    face = read_rich(version.rich) if version.rich else None
    read = Read(face, ()) if face else None
    zone = xinfeng_settings.load().zone
    designed = for_designer(face, zone, [one["url"] for one in _forms(request)]) if face else None
    return _page(request, version, read, json.dumps(designed, ensure_ascii=False), may_edit=may_edit)


@allowed("template.edit")
def _save(request: HttpRequest, version: TemplateVersion) -> HttpResponse:
    posted, zone = request.POST.get("rich", ""), xinfeng_settings.load().zone
    read: Read | None = None
    try:
        read = read_designed(posted, zone)
        if read.faults:
            raise InvalidInput("rich.faults", faults=[])
        saved = actions.save_rich(
            version.template_id, to_json(read.message), actor=request.user.get_username()
        )
    except InvalidInput as fault:
        return _page(request, version, read, posted, may_edit=True, refused=sentence(fault), status=422)
    if saved.number == version.number:
        messages.info(request, _("没有改动，还是第 %(number)s 版。") % {"number": saved.number})
    else:
        messages.success(request, _("5G 消息已保存为第 %(number)s 版。") % {"number": saved.number})
    return redirect("templates.detail", version.template_id)


@require_POST
@allowed("template.edit")
def drop(request: HttpRequest, template_id: int) -> HttpResponse:
    """A new version without a 5G face: everybody gets the short message."""
    saved = actions.save_rich(template_id, None, actor=request.user.get_username())
    messages.success(
        request, _("已去掉 5G 消息，第 %(number)s 版只发短信。以前的版本还在。") % {"number": saved.number}
    )
    return redirect("templates.detail", template_id)


@require_POST
@allowed("template.edit")
def show_preview(request: HttpRequest, template_id: int) -> HttpResponse:
    """The phone for what is designed now, its faults and findings."""
    version = reads.newest_version(template_id)
    try:
        read = read_designed(request.POST.get("rich", ""), xinfeng_settings.load().zone)
    except InvalidInput as fault:
        where = str(fault.params.get("where", ""))
        told = [Fault(where, "", sentence(fault))]
        return render(request, "rich/answer.html", {"seen": None, "faults": told, "version": version})
    seen = _beside(read, version, at=_at(request.POST.get("at", "")))
    context = {"seen": seen, "faults": seen.faults if seen else [], "version": version}
    return render(request, "rich/answer.html", context)


def _at(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0


def _beside(read: Read | None, version: TemplateVersion, *, at: int) -> Beside | None:
    """None while there is no card."""
    if read is None or not read.message.cards:
        return None
    return beside(
        read.message,
        version,
        at=at,
        language=get_language() or "zh-hans",
        now=utc_now(),
        unfinished=read.faults,
    )


def _page(
    request: HttpRequest,
    version: TemplateVersion,
    read: Read | None,
    designed: str,
    *,
    may_edit: bool,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    seen = _beside(read, version, at=_at(request.GET.get("at", "")))
    now, zone = utc_now(), xinfeng_settings.load().zone
    context = {
        "version": version,
        "template": version.template,
        "may_edit": may_edit,
        "designed": designed if designed != "null" else "",
        "seen": seen,
        "faults": seen.faults
        if seen
        else told_faults([RichFault("cards", "rich.no_card")] if refused else []),
        "refused": refused,
        "kinds": KINDS,
        "limits": LIMITS,
        "beginnings": [(one, json.dumps(one.face, ensure_ascii=False)) for one in beginnings(now, zone)],
        "forms": _forms(request),
        "pictures": pictures.recent() if may_edit else [],
        "variables": _variables(version),
        "heights": HEIGHTS.items(),
        "widths": WIDTHS.items(),
        "orientations": ORIENTATIONS.items(),
        "zone": zone.key,
        "crumbs": [
            Crumb(_("模板"), reverse("templates")),
            Crumb(version.template.name, reverse("templates.detail", args=[version.template_id])),
        ],
    }
    return render(request, "rich/designer.html", context, status=status)


def _forms(request: HttpRequest) -> list[dict[str, str]]:
    """Published forms, with the addresses the public opens them at."""
    published = Form.objects.filter(state=FormState.PUBLISHED).order_by("name")[:MOST_FORMS]
    return [
        {"name": one.name, "url": request.build_absolute_uri(reverse("pages.form", args=[one.slug]))}
        for one in published
    ]


def _variables(version: TemplateVersion) -> list[VariableRow]:
    """The picker's entries. What some contacts lack brings its own default, unless the wording gives one."""
    known, rows = reads.catalogue(), []
    for row in variable_rows(known, dict(version.defaults)):
        if row.may_lack and not version.defaults.get(row.name) and known[row.name].kind is Kind.TEXT:
            inserts = f'{{{{ {row.name} | default: "{_("顾客")}" }}}}'
            row = VariableRow(
                row.name, row.label, row.example, inserts, row.may_lack, sensitive=row.sensitive
            )
        rows.append(row)
    return rows
