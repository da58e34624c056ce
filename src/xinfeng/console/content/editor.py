"""Writing a template: the form, and the preview that follows every keystroke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.console.components import Crumb
from xinfeng.console.content.forms import (
    DEFAULT_FIELD,
    LEAVE_OUT_FIELD,
    TemplateForm,
    draft_in,
    field_of,
    initial_of,
    initial_of_text,
)
from xinfeng.console.content.labels import TRADES
from xinfeng.console.content.library import still_examples, to_replace
from xinfeng.console.content.preview import Faces, faces_of_readers
from xinfeng.console.content.studio import conditions, look_at
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.content import actions, library, reads
from xinfeng.content.models import Signature, TemplateVersion
from xinfeng.content.review import examples_in
from xinfeng.content.variables import Catalogue, Kind
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now

HOURS = ("9", "12", "16", "19")
"""The full hours at which a text can be looked at: one for each part of the day."""


@dataclass(frozen=True)
class VariableRow:
    """One entry of the picker. `default` and `leave_out` are what the form holds for it."""

    name: str
    label: str
    example: str
    inserts: str
    may_lack: bool
    default: str = ""
    leave_out: bool = False
    sensitive: bool = False

    @property
    def default_field(self) -> str:
        return DEFAULT_FIELD + self.name

    @property
    def leave_out_field(self) -> str:
        return LEAVE_OUT_FIELD + self.name


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("template.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new template; `?from=` starts with the wording of another one, `?library=` with a text that ships."""
    if key := request.GET.get("library", ""):
        begun = library.text(key)
        if request.method != "POST":
            messages.info(request, to_replace(begun))
        return _editor(request, None, initial_of_text(begun), dict(begun.defaults))
    copied = request.GET.get("from", "")
    version = reads.newest_version(int(copied)) if copied.isdigit() and len(copied) < 10 else None
    initial = initial_of(version) if version else {}
    if version:
        initial["name"] = ""
    face = version.rich if version else None
    return _editor(request, None, initial, dict(version.defaults) if version else {}, face=face)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("template.edit")
def edit(request: HttpRequest, template_id: int) -> HttpResponse:
    """Saving makes a new version; the purpose stays as it is. `?version=` starts from an older one."""
    version = reads.newest_version(template_id)
    wanted = request.GET.get("version", "")
    if wanted.isdigit() and len(wanted) < 10:
        older = reads.version(int(wanted))
        version = older if older.template_id == template_id else version
    return _editor(request, version, initial_of(version), dict(version.defaults))


def _editor(
    request: HttpRequest,
    version: TemplateVersion | None,
    initial: dict[str, Any],
    defaults: dict[str, str],
    *,
    face: dict[str, Any] | None = None,
) -> HttpResponse:
    """`face`: the 5G face that a copy begins with."""
    known = reads.catalogue()
    template_id = version.template_id if version else None
    status = 200
    if request.method == "POST":
        form = TemplateForm(_posted(request, version))
        draft = draft_in(form.data, known)
        defaults = dict(draft.defaults)
        if form.is_valid():
            saved = _save(request, form, draft_in(form.data, known).defaults, template_id)
            if saved is not None:
                saved = _with_face(request, saved, face)
                messages.success(request, _("已保存为第 %(number)s 版。") % {"number": saved.number})
                if left := examples_in(saved, at=utc_now()):
                    messages.warning(request, still_examples(left))
                return redirect("templates.detail", saved.template_id)
        status = 422
    else:
        form = TemplateForm(initial=initial)
    context: dict[str, Any] = {
        "form": form,
        "version": version,
        "variables": variable_rows(known, defaults),
        "conditions": conditions(),
        "hours": HOURS,
        "has_sensitive": any(one.sensitive for one in known.values()),
        "purpose_fixed": version is not None,
        "has_signatures": bool(form.usable),
        "crumbs": _crumbs(version),
        **_shown(form, known, defaults, template_id),
    }
    return render(request, "content/editor.html", context, status=status)


def _with_face(request: HttpRequest, saved: TemplateVersion, face: dict[str, Any] | None) -> TemplateVersion:
    """A copy has the 5G face of what it was copied from, if the new wording leaves nothing to be desired."""
    if face is None:
        return saved
    try:
        return actions.save_rich(saved.template_id, face, actor=request.user.get_username())
    except InvalidInput:
        messages.warning(request, _("5G 消息没有一起复制：它用到的变量在新文案里没有默认值。"))
        return saved


def _posted(request: HttpRequest, version: TemplateVersion | None) -> Any:
    posted = request.POST.copy()
    if version is not None:
        posted["purpose"] = version.template.purpose
    return posted


def _save(
    request: HttpRequest, form: TemplateForm, defaults: Any, template_id: int | None
) -> TemplateVersion | None:
    given = form.cleaned_data
    try:
        return actions.save_template(
            name=given["name"],
            purpose=given["purpose"],
            signature_id=given["signature"],
            value=given["value"],
            action=given["action"],
            opt_out=given["opt_out"] if given["purpose"] == "marketing" else "",
            defaults=defaults,
            trade=given["trade"],
            template_id=template_id,
            actor=request.user.get_username(),
        )
    except XinfengError as error:
        form.refuse(error)
        return None


def _shown(
    form: TemplateForm, known: Catalogue, defaults: dict[str, str], template_id: int | None
) -> dict[str, Any]:
    """The preview of what the form holds when the page is opened."""
    values = form.data if form.is_bound else {**form.initial, **_as_posted(defaults)}
    return preview_of({**_plain(values), "template": template_id or ""}, known, at=0)


def _as_posted(defaults: dict[str, str]) -> dict[str, str]:
    given = {DEFAULT_FIELD + name: text for name, text in defaults.items()}
    return given | {LEAVE_OUT_FIELD + name: "on" for name, text in defaults.items() if not text}


@require_POST
@allowed("template.edit")
def show_preview(request: HttpRequest) -> HttpResponse:
    """The phone for what stands in the form now, and what is wrong with it at the field it is about."""
    at, hour = request.POST.get("at", "0"), request.POST.get("read_at", "")
    context = preview_of(
        request.POST,
        reads.catalogue(),
        at=int(at) if at.isdigit() and len(at) < 4 else 0,
        hour=int(hour) if hour in HOURS else None,
    )
    return render(request, "content/preview_answer.html", context)


def preview_of(values: Any, known: Catalogue, *, at: int, hour: int | None = None) -> dict[str, Any]:
    """`faces` and `studio`, or `fault` with the field it belongs to; neither while there is nothing to show."""
    nothing: dict[str, Any] = {"faces": None, "studio": None, "fault": "", "fault_field": ""}
    if not (str(values.get("value", "")).strip() or str(values.get("action", "")).strip()):
        return nothing
    signature = _signature(values.get("signature"))
    if signature is None:
        return nothing
    purpose = "service" if values.get("purpose") == "service" else "marketing"
    trade = values.get("trade")
    draft, language, now = (
        draft_in({**_plain(values), "purpose": purpose}, known),
        get_language() or "",
        utc_now(),
    )
    fault: InvalidInput | None = None
    shown: Faces | None = None
    try:
        shown = faces_of_readers(
            draft,
            signature,
            purpose=purpose,
            template_id=_template_of(values),
            at=at,
            language=language,
            now=now,
            hour=hour,
        )
    except InvalidInput as error:
        fault = error
    if fault is not None and fault.code != "template.default_missing":  # it cannot be read any further
        return {**nothing, "fault": sentence(fault), "fault_field": field_of(fault)}
    found = look_at(
        draft,
        signature,
        trade=trade if trade in TRADES else "other",
        purpose=purpose,
        catalogue=known,
        lengths=shown.lengths if shown else (),
        language=language,
        now=now,
    )
    if fault is not None:
        return {**nothing, "studio": found, "fault": sentence(fault), "fault_field": field_of(fault)}
    return {**nothing, "faces": shown, "studio": found}


def _template_of(values: Any) -> int | None:
    given = str(values.get("template") or "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _plain(values: Any) -> dict[str, str]:
    return {name: str(values.get(name) or "") for name in values}


def _signature(chosen: Any) -> Signature | None:
    """The one chosen, else the first there is."""
    usable = reads.signatures(only_enabled=True)
    return next((one for one in usable if str(one.pk) == str(chosen)), usable[0] if usable else None)


def variable_rows(known: Catalogue, defaults: dict[str, str]) -> list[VariableRow]:
    """The picker's entries in the reader's language."""
    english = (get_language() or "").startswith("en")
    rows = []
    for variable in known.values():
        condition = variable.kind in (Kind.CODE, Kind.BOOL)
        example = "" if variable.example is None or condition else str(variable.example)
        rows.append(
            VariableRow(
                variable.name,
                variable.label_en if english else variable.label,
                example,
                _condition_for(variable.name, variable.codes) if condition else f"{{{{ {variable.name} }}}}",
                variable.may_lack and not condition,
                defaults.get(variable.name, ""),
                leave_out=defaults.get(variable.name) == "",
                sensitive=variable.sensitive,
            )
        )
    return rows


def _condition_for(name: str, codes: tuple[str, ...]) -> str:
    test = f'{name} == "{codes[min(2, len(codes) - 1)]}"' if codes else name
    return f"{{% if {test} %}}{{% endif %}}"


def _crumbs(version: TemplateVersion | None) -> list[Crumb]:
    crumbs = [Crumb(_("模板"), reverse("templates"))]
    if version is not None:
        crumbs.append(Crumb(version.template.name, reverse("templates.detail", args=[version.template_id])))
    return crumbs
