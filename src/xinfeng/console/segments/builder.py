"""Making and changing a segment: the builder, and the numbers beside it."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed
from xinfeng.console.segments.beginnings import limits_in
from xinfeng.console.segments.labels import catalogue, language
from xinfeng.console.segments.numbers import Numbers, of_rule
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, XinfengError
from xinfeng.segments import actions, reads, rfm
from xinfeng.segments.models import Segment, SegmentKind
from xinfeng.segments.overlap import Part, rule_of
from xinfeng.segments.ready_made import READY_MADE
from xinfeng.segments.rules import EVERYBODY, to_json

LONGEST_RULE = 200_000
"""Characters of a rule's JSON; `segments.rules` limits depth and conditions."""


class SegmentForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("分群名称"), max_length=actions.LONGEST_NAME)
    description = forms.CharField(
        label=gettext_lazy("说明"), max_length=actions.LONGEST_DESCRIPTION, required=False
    )


FIELD_OF_CODE = {
    "segment.bad_name": "name",
    "segment.name_taken": "name",
    "segment.bad_description": "description",
}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("segment.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new segment; `?ready=` begins with an example, `?from=` with a copy of another one, `?rfm=` with a cell of
    the grid, `?part=` with a part of two segments."""
    initial, rule = _beginning(request)
    return _builder(request, None, initial, rule)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("segment.edit")
def edit(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Change a dynamic segment; snapshots and lists keep their members."""
    segment = reads.get_segment(segment_id)
    if segment.kind != SegmentKind.DYNAMIC:
        raise Conflict("segment.frozen", id=segment_id)
    initial = {"name": segment.name, "description": segment.description}
    return _builder(request, segment, initial, segment.rule)


def _beginning(request: HttpRequest) -> tuple[dict[str, str], Any]:
    spoken = language()
    if ready := request.GET.get("ready"):
        example = next((one for one in READY_MADE if one.key == ready), None)
        if example is None:
            raise NotFound("segment.unknown", id=ready[:40])
        described = example.description.in_language(spoken)
        return {"name": example.name.in_language(spoken), "description": described}, example.rule
    if copied := _id(request.GET.get("from", "")):
        segment = reads.get_segment(copied)
        name = reads.free_name(_("%(name)s 副本") % {"name": segment.name})
        dynamic = segment.kind == SegmentKind.DYNAMIC
        rule = segment.rule if dynamic else {"all": [{"segment": segment.pk, "op": "in"}]}
        return {"name": name, "description": segment.description}, rule
    if cell := request.GET.get("rfm", ""):
        return {}, _cell_rule(request, cell)
    part = request.GET.get("part", "")
    if part in tuple(Part):
        first, second = (
            reads.get_segment(_id(request.GET.get(name, "")) or 0) for name in ("first", "second")
        )
        return {}, rule_of(Part(part), first.pk, second.pk)
    return {}, to_json(EVERYBODY)


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _cell_rule(request: HttpRequest, cell: str) -> Any:
    places = [place for text in cell.split(".")[:4] if (place := _id(text)) is not None]
    if len(places) != 3 or cell.count(".") != 2:
        raise InvalidInput("rfm.cell")
    return rfm.rule_of(rfm.Cell(*places), limits_in(request))


def _builder(
    request: HttpRequest, segment: Segment | None, initial: dict[str, str], rule: Any
) -> HttpResponse:
    form = SegmentForm(initial=initial)
    fault: XinfengError | None = None
    status = 200
    if request.method == "POST":
        form = SegmentForm(request.POST)
        try:
            rule = read_rule(request)
        except InvalidInput as error:
            fault = error
        if form.is_valid() and fault is None:
            try:
                saved = _save(request, form, segment, rule)
                messages.success(request, _("分群“%(name)s”已保存。") % {"name": saved.name})
                return redirect("segments.detail", saved.pk)
            except XinfengError as error:
                if error.code in FIELD_OF_CODE:
                    show_fault(form, error, FIELD_OF_CODE)
                else:
                    fault = error
        status = 422
    context = {
        "form": form,
        "segment": segment,
        "rule": json.dumps(rule, ensure_ascii=False, indent=1),
        "catalogue": catalogue(),
        "fault": sentence(fault) if fault else "",
        "fault_path": fault.params.get("path", "") if fault else "",
        "ready_made": [] if segment else _examples(),
        "crumbs": _crumbs(segment),
    }
    return render(request, "segments/builder.html", context, status=status)


def _save(request: HttpRequest, form: SegmentForm, segment: Segment | None, rule: Any) -> Segment:
    given = {**form.cleaned_data, "rule": rule, "actor": request.user.get_username()}
    if segment is None:
        return actions.create_segment(**given)
    return actions.update_segment(segment.pk, **given)


def read_rule(request: HttpRequest) -> Any:
    """The rule in the form as JSON, not yet checked; raises InvalidInput `rule.not_json`."""
    text = request.POST.get("rule", "")
    if len(text) > LONGEST_RULE:
        raise InvalidInput("rule.not_json", path="rule")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("rule.not_json", path="rule") from None


@require_POST
@allowed("segment.view")
def live(request: HttpRequest) -> HttpResponse:
    """Size, reach, a sample and the words for the rule as it stands; or what is wrong with it, and where."""
    purpose = "service" if request.POST.get("purpose") == "service" else "marketing"
    context: dict[str, Any] = {"numbers": None, "fault": "", "path": "", "purpose": purpose}
    try:
        numbers: Numbers = of_rule(reads.parse_rule(read_rule(request)), purpose=purpose)
        context["numbers"] = numbers
    except (InvalidInput, Conflict) as error:
        context.update(fault=sentence(error), path=error.params.get("path", ""))
    return render(request, "segments/numbers.html", context)


def _examples() -> list[dict[str, str]]:
    spoken = language()
    return [
        {
            "name": one.name.in_language(spoken),
            "text": one.description.in_language(spoken),
            "url": f"{reverse('segments.new')}?ready={one.key}",
        }
        for one in READY_MADE
    ]


def _crumbs(segment: Segment | None) -> list[Crumb]:
    crumbs = [Crumb(_("分群"), reverse("segments"))]
    if segment is not None:
        crumbs.append(Crumb(segment.name, reverse("segments.detail", args=[segment.pk])))
    return crumbs
