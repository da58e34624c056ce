"""The table of codes: searched, filtered by protocol, side and moment; above it, codes seen lately that nobody
explained."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.channels import codes
from xinfeng.channels.codes import CodeInfo, Phase, Side
from xinfeng.channels.codes.shapes import is_pattern
from xinfeng.channels.codes.words import PHASES, SIDES
from xinfeng.channels.models import ChannelKind
from xinfeng.console.codes.shown import ShownCode, kind_name, language
from xinfeng.console.components import Column, Crumb, Empty, Filter, Listing, Query, Table
from xinfeng.console.components.tables import answer_with_table
from xinfeng.console.permissions import allowed
from xinfeng.insights.codes import codes_seen, unknown_codes
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens

COLUMNS = (
    Column("code", _("代码")),
    Column("meaning", _("含义")),
    Column("side", _("在哪一边")),
    Column("done", _("信风怎么做"), hide_on_phone=True),
    Column("kinds", _("协议"), hide_on_phone=True),
)
MOST_UNKNOWN = 20


def _filters() -> tuple[Filter, ...]:
    at = 1 if language().startswith("en") else 0
    return (
        Filter("kind", _("协议"), tuple((kind, kind_name(kind)) for kind in ChannelKind.values)),
        Filter("phase", _("何时"), tuple((phase.value, words[at]) for phase, words in PHASES.items())),
        Filter(
            "side",
            _("在哪一边"),
            tuple((side.value, words[at]) for side, words in SIDES.items() if words[at]),
        ),
        Filter("own", _("来自"), (("yes", _("本企业的说法")), ("disputed", _("说法不一的")))),
    )


@require_safe
@allowed("channel.view")
def page(request: HttpRequest) -> HttpResponse:
    codes.refresh()
    query = Query.read(request, columns=COLUMNS, filters=_filters())
    found = [one for one in codes.book().entries() if _fits(one, query)]
    found.sort(key=_order)
    start = query.offset
    table = Table(
        id="codes",
        columns=COLUMNS,
        filters=_filters(),
        query=query,
        listing=Listing([ShownCode(one) for one in found[start : start + query.per_page]], total=len(found)),
        row_template="codes/row.html",
        search_label=_("搜索代码或含义"),
        empty=Empty(_("没有这样的代码"), _("换个写法试试；也可以自己补上。"), icon="zoom-question"),
    )
    copy = lens()
    copy.refresh()
    seen = codes_seen(copy, now=utc_now())
    unknown = unknown_codes(seen)
    context = {
        "crumbs": [Crumb(_("通道"), reverse("channels"))],
        "unknown": [(ShownCode(one.info), one) for one in unknown[:MOST_UNKNOWN]],
        "more_unknown": max(0, len(unknown) - MOST_UNKNOWN),
        "own": len(codes.book().own),
    }
    return answer_with_table(request, "codes/list.html", table, context)


_PHASES = (Phase.RECEIPT, Phase.SUBMIT, Phase.LOGIN)


def _order(one: CodeInfo) -> tuple[bool, int, tuple[str, ...], bool, int, str]:
    """Our own first, then what comes most often; numbers by value, patterns behind the codes they stand for."""
    number = int(one.pattern) if one.pattern.isdecimal() else 0
    return (
        not one.own,
        _PHASES.index(one.phase),
        one.kinds,
        is_pattern(one.pattern),
        number,
        one.pattern,
    )


def _fits(one: CodeInfo, query: Query) -> bool:
    kind, phase, side = (query.filters[name] for name in ("kind", "phase", "side"))
    if kind and kind not in one.kinds and "*" not in one.kinds:
        return False
    if (phase and one.phase is not Phase(phase)) or (side and one.side is not Side(side)):
        return False
    own = query.filters["own"]
    if (own == "yes" and not one.own) or (own == "disputed" and one.disputed is None):
        return False
    wanted = query.search.strip().casefold()
    texts = (one.pattern, one.zh, one.en, _hex(one))
    return not wanted or any(wanted in text.casefold() for text in texts)


def _hex(one: CodeInfo) -> str:
    """SMPP's results are looked for as the book writes them."""
    return f"0x{int(one.pattern):02X}" if "smpp34" in one.kinds and one.pattern.isdecimal() else ""
