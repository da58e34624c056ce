"""The library of templates, and one template with its versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import (
    Column,
    Crumb,
    Empty,
    Filter,
    Listing,
    Query,
    Table,
    answer_with_table,
)
from xinfeng.console.content.compare import Comparison, compare
from xinfeng.console.content.labels import PURPOSES, TRADES
from xinfeng.console.content.preview import faces_of_readers, price_for
from xinfeng.console.content.results import results_of
from xinfeng.console.content.rich.beside import reader_of
from xinfeng.console.content.rich.shown import changes
from xinfeng.console.permissions import allowed, may
from xinfeng.console.words import sentence
from xinfeng.content import actions, reads
from xinfeng.content.reads import VersionRow
from xinfeng.content.rendering import Draft
from xinfeng.content.rich import read_rich
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("name", gettext_lazy("模板")),
    Column("text", gettext_lazy("内容"), hide_on_phone=True),
    Column("purpose", gettext_lazy("用途")),
    Column("parts", gettext_lazy("最多计费"), numeric=True),
    Column("at", gettext_lazy("最后修改"), hide_on_phone=True),
)
FILTERS = (
    Filter("purpose", gettext_lazy("用途"), tuple(PURPOSES.items())),
    Filter("trade", gettext_lazy("行业"), tuple(TRADES.items())),
    Filter("archived", gettext_lazy("归档"), (("1", gettext_lazy("已归档")),)),
)


@require_safe
@allowed("template.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every template with its newest wording, latest change first."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    found = reads.library(
        search=query.search,
        purpose=query.filters["purpose"],
        trade=query.filters["trade"],
        archived=query.filters["archived"] == "1",
        offset=query.offset,
        limit=query.per_page,
    )
    signatures = reads.signatures()
    longest = reads.longest_of([row.version_id for row in found.rows])
    rows = [(row, longest.get(row.version_id), PURPOSES.get(row.purpose, row.purpose)) for row in found.rows]
    table = Table(
        id="templates",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(rows, total=found.total),
        row_template="content/row.html",
        search_label=gettext_lazy("搜索名称或内容"),
        empty=_empty(bool(signatures), may_write=may(request.user, "template.edit")),
        context={"trades": TRADES},
    )
    return answer_with_table(
        request,
        "content/list.html",
        table,
        {"signature_count": len(signatures), "has_signatures": bool(signatures)},
    )


def _empty(has_signatures: bool, *, may_write: bool) -> Empty:
    if not may_write:
        return Empty(_("还没有模板"), icon="template")
    if has_signatures:
        return Empty(
            _("还没有模板"),
            _(
                "写第一条短信：签名、价值、行动和退订说明，旁边就能看到它在手机上的样子。也可以从文案库挑一条改成自己的。"
            ),
            _("新建模板"),
            reverse("templates.new"),
            "template",
        )
    return Empty(
        _("先登记一个签名"),
        _("每条短信都以【签名】开头，让客户知道是谁发来的。登记之后就可以写模板。"),
        _("登记签名"),
        reverse("templates.signatures"),
        "signature",
    )


@require_safe
@allowed("template.view")
def detail(request: HttpRequest, template_id: int) -> HttpResponse:
    """One template: on the phone for real contacts, its versions, and two of them compared."""
    history = reads.history(template_id)
    version = reads.newest_version(template_id)
    now = utc_now()
    purpose = version.template.purpose
    at = _at(request)
    face = read_rich(version.rich) if version.rich else None
    context: dict[str, Any] = {
        "version": version,
        "template": version.template,
        "face": reader_of(face, version, at=at, now=now) if face else None,
        "purpose": PURPOSES.get(purpose, purpose),
        "trade": TRADES.get(version.template.trade, version.template.trade),
        "history": history,
        "comparison": _comparison(request, history),
        "results": results_of(template_id) if may(request.user, "campaign.view") else None,
        "crumbs": [Crumb(_("模板"), reverse("templates"))],
        "price": price_for(purpose, now=now),
    }
    try:
        context["faces"] = faces_of_readers(
            Draft(version.value, version.action, version.opt_out, version.defaults),
            version.signature,
            purpose=purpose,
            template_id=template_id,
            at=at,
            language=get_language() or "",
            now=now,
        )
    except InvalidInput as error:
        context["fault"] = sentence(error)
    return render(request, "content/detail.html", context)


def _at(request: HttpRequest) -> int:
    at = request.GET.get("at", "0")
    return int(at) if at.isascii() and at.isdigit() and len(at) < 4 else 0


def _comparison(request: HttpRequest, history: list[VersionRow]) -> Comparison | None:
    """The two versions named by number in `?from=1&to=3`; the last two when nothing is asked."""
    by_number = {row.number: row for row in history}
    asked = [request.GET.get(name, "") for name in ("from", "to")]
    if not any(asked):
        return None
    chosen = [by_number.get(int(number)) for number in asked if number.isdigit() and len(number) < 6]
    if len(chosen) != 2 or chosen[0] is None or chosen[1] is None:
        raise InvalidInput("request.filter", name="version")
    return replace(compare(chosen[0], chosen[1]), face=changes(chosen[0].rich, chosen[1].rich))


@require_POST
@allowed("template.edit")
def archive(request: HttpRequest, template_id: int) -> HttpResponse:
    """Out of the library, or back in."""
    archived = request.POST.get("archived") == "1"
    template = actions.archive_template(template_id, archived=archived, actor=request.user.get_username())
    done = _("“%(name)s”已归档，不再出现在列表里。") if archived else _("“%(name)s”已放回模板列表。")
    messages.success(request, done % {"name": template.name})
    return redirect("templates.detail", template_id)
