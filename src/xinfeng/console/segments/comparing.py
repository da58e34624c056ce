"""Two segments laid over each other; each part can be saved as a segment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xinfeng.console.components import Crumb
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments import reads
from xinfeng.segments.models import Segment
from xinfeng.segments.overlap import Overlap, Part, Size, overlap


@dataclass(frozen=True)
class PartRow:
    """A part with its size, and where it becomes a segment."""

    code: str
    label: str
    size: Size
    url: str


@require_safe
@allowed("segment.view")
def page(request: HttpRequest) -> HttpResponse:
    """Choose two segments; see what they have in common."""
    purpose = "service" if request.GET.get("purpose") == "service" else "marketing"
    context: dict[str, Any] = {
        "offered": reads.segments(),
        "purpose": purpose,
        "crumbs": [Crumb(_("分群"), reverse("segments"))],
    }
    try:
        first, second = (_chosen(request.GET.get(name, "")) for name in ("first", "second"))
        context |= {"first": first, "second": second}
        if first is not None and second is not None:
            if first.pk == second.pk:
                context["fault"] = _("选了同一个分群。请选两个不同的。")
            else:
                context |= _compared(first, second, purpose)
    except (InvalidInput, Conflict, NotFound) as error:
        context["fault"] = sentence(error)
    return render(request, "segments/compare.html", context)


def _chosen(text: str) -> Segment | None:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    return reads.get_segment(int(text))


def _compared(first: Segment, second: Segment, purpose: str) -> dict[str, Any]:
    copy = lens()
    copy.refresh()
    found = overlap(copy, first, second, purpose, utc_now())
    labels = {
        Part.FIRST_ONLY: _("只在“%(name)s”") % {"name": first.name},
        Part.BOTH: _("两个都在"),
        Part.SECOND_ONLY: _("只在“%(name)s”") % {"name": second.name},
        Part.EITHER: _("至少在一个里"),
    }
    sizes = {
        Part.FIRST_ONLY: found.first_only,
        Part.BOTH: found.both,
        Part.SECOND_ONLY: found.second_only,
        Part.EITHER: found.either,
    }
    parts = [
        PartRow(
            part.value,
            label,
            sizes[part],
            f"{reverse('segments.new')}?{urlencode({'part': part.value, 'first': first.pk, 'second': second.pk})}",
        )
        for part, label in labels.items()
    ]
    return {"found": found, "parts": parts, "bars": _bars(found)}


def _bars(found: Overlap) -> dict[str, float]:
    """Where the two bars lie on a line of 1,000, the part in common under each other."""
    whole = found.either.people or 1
    left, both = found.first_only.people * 1000 / whole, found.both.people * 1000 / whole
    return {
        "first": round(left + both, 1),
        "start": round(left, 1),
        "second": round(1000 - left, 1),
        "both": round(both, 1),
    }
