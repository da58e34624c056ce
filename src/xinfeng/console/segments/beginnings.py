"""Segments to begin with: the ready-made ones, and the RFM grid."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import Crumb
from xinfeng.console.permissions import allowed, may
from xinfeng.console.segments.labels import language
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.money import yuan
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments import actions, reads
from xinfeng.segments import rfm as grid
from xinfeng.segments.models import Segment
from xinfeng.segments.reading import in_words
from xinfeng.segments.ready_made import READY_MADE


@dataclass(frozen=True)
class Example:
    """A ready-made segment as the page shows it; `segment` is the one made from it, if any."""

    key: str
    name: str
    description: str
    why: str
    words: str
    segment: Segment | None


@require_safe
@allowed("segment.view")
def ready(request: HttpRequest) -> HttpResponse:
    """All ready-made segments: what they ask, what they are good for, whether they are there."""
    spoken = language()
    there = {one.ready_key: one for one in Segment.objects.exclude(ready_key=None)}
    examples = [
        Example(
            one.key,
            one.name.in_language(spoken),
            one.description.in_language(spoken),
            one.why.in_language(spoken),
            in_words(reads.parse_rule(one.rule), spoken),
            there.get(one.key),
        )
        for one in READY_MADE
    ]
    missing = sum(1 for one in examples if one.segment is None)
    context = {"examples": examples, "missing": missing, "crumbs": _crumbs()}
    return render(request, "segments/ready.html", context)


@require_POST
@allowed("segment.edit")
def install(request: HttpRequest) -> HttpResponse:
    """Add one ready-made segment, or all that are missing."""
    key = request.POST.get("key", "")
    added = actions.install_ready_made(
        actor=request.user.get_username(), language=language(), keys=[key] if key else None
    )
    if key and len(added) == 1:
        messages.success(request, _("“%(name)s”已加入分群，可以随意修改。") % {"name": added[0].name})
        return redirect("segments.detail", added[0].pk)
    messages.success(request, _("加入了 %(n)s 个分群。") % {"n": len(added)})
    return redirect("segments.ready")


@dataclass(frozen=True)
class GridCell:
    """One place of the grid: how many, how dark (0 to 4), and where its rule can be edited."""

    people: int
    shade: int
    url: str


@dataclass(frozen=True)
class GridRow:
    label: str
    cells: list[GridCell]


@dataclass(frozen=True)
class Sheet:
    """One level of value: rows by recency, columns by frequency."""

    label: str
    people: int
    rows: list[GridRow]


@require_safe
@allowed("segment.view")
def rfm(request: HttpRequest) -> HttpResponse:
    """Buyers by recency, frequency and value; every number leads to a segment."""
    fault, limits, status = "", grid.Limits(), 200
    try:
        limits = limits_in(request)
    except InvalidInput as error:
        fault, status = sentence(error), 422
    context = {
        "limits": _as_text(limits),
        "fault": fault,
        "window": limits.window,
        "can_edit": may(request.user, "segment.edit"),
        "crumbs": _crumbs(),
    }
    try:
        copy = lens()
        copy.refresh()
        counts = grid.counts(copy, limits, utc_now())
        context |= {"sheets": _sheets(limits, counts), "columns": _ranges(limits.frequency, _times)}
        context["total"] = sum(counts.values())
    except Conflict as error:
        context["fault"] = sentence(error)
    return render(request, "segments/rfm.html", context, status=status)


def limits_in(request: HttpRequest) -> grid.Limits:
    """The limits in the address; amounts are written in yuan. Raises InvalidInput `rfm.limits`, `rfm.window`."""
    plain = grid.Limits()
    given = request.GET
    window = _whole(given.get("window", ""), "window") or plain.window
    return grid.Limits(
        _numbers(given.get("recency", ""), "recency") or plain.recency,
        _numbers(given.get("frequency", ""), "frequency") or plain.frequency,
        tuple(100 * each for each in _numbers(given.get("monetary", ""), "monetary")) or plain.monetary,
        window,
    )


def _numbers(text: str, field: str) -> tuple[int, ...]:
    parts = text.replace("，", " ").replace(",", " ").replace("、", " ").split()
    return tuple(number for part in parts[:10] if (number := _whole(part, field)) is not None)


def _whole(text: str, field: str) -> int | None:
    if not text.strip():
        return None
    if not (text.isascii() and text.strip().isdigit() and len(text) <= 12):
        raise InvalidInput("rfm.limits", field=field, most=grid.MOST_LIMITS)
    return int(text)


def _as_text(limits: grid.Limits) -> dict[str, str]:
    return {
        "recency": " ".join(map(str, limits.recency)),
        "frequency": " ".join(map(str, limits.frequency)),
        "monetary": " ".join(str(each // 100) for each in limits.monetary),
        "window": str(limits.window),
    }


def _sheets(limits: grid.Limits, counts: dict[grid.Cell, int]) -> list[Sheet]:
    most = max(counts.values(), default=0)
    address = _as_text(limits)
    sheets = []
    for m, label in enumerate(_ranges(limits.monetary, _money)):
        rows = []
        for r, row_label in enumerate(_recencies(limits)):
            cells = []
            for f in range(len(limits.frequency) + 1):
                people = counts.get(grid.Cell(r, f, m), 0)
                query = urlencode({"rfm": f"{r}.{f}.{m}", **address})
                shade = 0 if not people else 1 + (3 * people) // most
                cells.append(GridCell(people, shade, f"{reverse('segments.new')}?{query}"))
            rows.append(GridRow(row_label, cells))
        people = sum(count for cell, count in counts.items() if cell.monetary == m)
        sheets.append(Sheet(label, people, rows))
    return sheets


def _recencies(limits: grid.Limits) -> list[str]:
    days = limits.recency
    first = _("%(n)s 天内") % {"n": days[0]}
    middle = [
        _("%(a)s–%(b)s 天") % {"a": low + 1, "b": high} for low, high in zip(days, days[1:], strict=False)
    ]
    return [first, *middle, _("%(n)s 天以前") % {"n": days[-1]}]


def _ranges(limits: tuple[int, ...], write: object) -> list[str]:
    assert callable(write)
    first = _("不到 %(n)s") % {"n": write(limits[0])}
    middle = [
        _("%(a)s起，不到 %(b)s") % {"a": write(low), "b": write(high)}
        for low, high in zip(limits, limits[1:], strict=False)
    ]
    return [first, *middle, _("%(n)s及以上") % {"n": write(limits[-1])}]


def _times(number: int) -> str:
    return _("%(n)s 次") % {"n": number}


def _money(fen: int) -> str:
    return f"¥{yuan(fen).removesuffix('.00')}"


def _crumbs() -> list[Crumb]:
    return [Crumb(_("分群"), reverse("segments"))]
