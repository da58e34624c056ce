"""One form: its address and figures, who sent it in, what was won, and the pools of coupons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.consent import purposes
from xinfeng.console.components import (
    Column,
    Empty,
    Filter,
    Listing,
    Query,
    Share,
    Stat,
    Table,
    answer_with_table,
)
from xinfeng.console.forms.labels import (
    ABUSE,
    KINDS,
    PRIZE_KINDS,
    STATES,
    SUBMISSION_STATES,
    WHY_NONE,
    crumbs,
    tabs,
)
from xinfeng.console.forms.reading import percent_of
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.permissions import allowed, may
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.delivery import code_messages
from xinfeng.forms import actions, reads
from xinfeng.forms.design import read
from xinfeng.forms.models import Form
from xinfeng.forms.reads import Statistics
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, utc_now

DAYS = (7, 30, 90)
LARGEST_FILE = 50 * 1024 * 1024
"""Bytes of an uploaded list of coupons: a million codes of 48 letters."""


@require_safe
@allowed("form.view")
def page(request: HttpRequest, form_id: int) -> HttpResponse:
    """Where it is, and how it does."""
    form = reads.form_of(form_id)
    asked = request.GET.get("days", "30")
    days = int(asked) if asked in {str(one) for one in DAYS} else 30
    figures = reads.statistics(form_id, last=business_day(utc_now(), xinfeng_settings.load().zone), days=days)
    names = purposes.names(english=(get_language() or "").startswith("en"))
    address = request.build_absolute_uri(reverse("pages.form", args=[form.slug]))
    snippet = request.build_absolute_uri(reverse("pages.embed", args=[form.slug]))
    wrong, _told = actions.findings(form, codes_ready=code_messages.ready(), now=utc_now())
    context = {
        "form": form,
        "kind": KINDS[form.kind],
        "state": STATES[form.state],
        "days": days,
        "spans": DAYS,
        "stats": _stats(figures),
        "chart": _chart(figures),
        "grants": [Share(names.get(code, code), count, "good") for code, count in figures.grants.items()],
        "abuse": [(ABUSE.get(code, code), count) for code, count in figures.abuse.items()],
        "sources": [
            (_("其他") if code == "(other)" else code, count) for code, count in figures.sources.items()
        ][:12],
        "address": address,
        "snippet": f'<script src="{snippet}" async></script>',
        "framed": bool(form.current and read(form.current.design).origins),
        "unpublished": form.current is None or form.draft != form.current.design,
        "ready": not wrong,
        "missing": len(wrong),
        "stocks": [(row, PRIZE_KINDS[row.prize.kind]) for row in reads.stocks(form_id)],
        "tabs": tabs(form, "forms.detail"),
        "crumbs": crumbs(),
    }
    return render(request, "forms/detail.html", context)


def _stats(figures: Statistics) -> list[Stat]:
    totals = figures.totals
    stopped = sum(figures.abuse.values())
    return [
        Stat(_("浏览"), num(totals["view"]), trend=figures.series["view"][-14:]),
        Stat(_("提交"), num(totals["submission"]), trend=figures.series["submission"][-14:]),
        Stat(_("验证码确认"), num(totals["confirmed"]), trend=figures.series["confirmed"][-14:]),
        Stat(_("完成"), num(totals["done"]), trend=figures.series["done"][-14:], tone="good"),
        Stat(_("新增授权"), num(sum(figures.grants.values())), tone="accent"),
        Stat(_("拦截滥用"), num(stopped), tone="warn" if stopped else "neutral"),
    ]


def _chart(figures: Statistics) -> dict[str, Any]:
    names = {"view": (_("浏览"), "neutral"), "submission": (_("提交"), "info"), "done": (_("完成"), "good")}
    return {
        "kind": "line",
        "x": [day.strftime("%m-%d") for day in figures.days],
        "series": [
            {"name": name, "data": list(figures.series[what]), "tone": tone}
            for what, (name, tone) in names.items()
        ],
    }


SUBMISSION_COLUMNS = (
    Column("at", gettext_lazy("时间")),
    Column("phone", gettext_lazy("手机号")),
    Column("state", gettext_lazy("状态")),
    Column("agreed", gettext_lazy("授权"), hide_on_phone=True),
    Column("source", gettext_lazy("来源"), hide_on_phone=True),
    Column("answers", gettext_lazy("自由回答"), hide_on_phone=True),
)
SUBMISSION_FILTERS = (
    Filter(
        "state",
        gettext_lazy("状态"),
        tuple((code, words) for code, (words, _tone) in SUBMISSION_STATES.items()),
    ),
)


@require_safe
@allowed("form.view")
def submissions(request: HttpRequest, form_id: int) -> HttpResponse:
    """Who sent it in, masked."""
    form = reads.form_of(form_id)
    query = Query.read(request, columns=SUBMISSION_COLUMNS, filters=SUBMISSION_FILTERS)
    rows = reads.submissions_of(
        form_id, state=query.filters["state"], after=_cursor(query.after), limit=query.per_page + 1
    )
    shown = rows[: query.per_page]
    names = purposes.names(english=(get_language() or "").startswith("en"))
    table = Table(
        id="submissions",
        columns=SUBMISSION_COLUMNS,
        filters=SUBMISSION_FILTERS,
        query=query,
        listing=Listing(
            [
                (one, SUBMISSION_STATES[one.state], [names.get(code, code) for code in one.granted])
                for one in shown
            ],
            next_after=str(shown[-1].id) if len(rows) > len(shown) else "",
        ),
        row_template="forms/submission_row.html",
        empty=Empty(_("还没有提交"), _("把链接或二维码放到客户看得到的地方。"), icon="inbox"),
        context={"may_see_contact": may(request.user, "contact.view")},
    )
    return answer_with_table(request, "forms/submissions.html", table, _head(form, "forms.submissions"))


AWARD_COLUMNS = (
    Column("at", gettext_lazy("时间")),
    Column("phone", gettext_lazy("手机号")),
    Column("prize", gettext_lazy("结果")),
    Column("code", gettext_lazy("券码"), hide_on_phone=True),
    Column("draw", gettext_lazy("抽奖记录"), hide_on_phone=True),
)
AWARD_FILTERS = (Filter("won", gettext_lazy("结果"), (("1", gettext_lazy("只看中奖")),)),)


@require_safe
@allowed("form.view")
def awards(request: HttpRequest, form_id: int) -> HttpResponse:
    """What was won, with the draw, and what is left."""
    form = reads.form_of(form_id)
    query = Query.read(request, columns=AWARD_COLUMNS, filters=AWARD_FILTERS)
    rows = reads.awards_of(
        form_id, only_won=query.filters["won"] == "1", after=_cursor(query.after), limit=query.per_page + 1
    )
    shown = rows[: query.per_page]
    stocks = reads.stocks(form_id)
    named = {row.prize.key: row.prize.name for row in stocks}
    table = Table(
        id="awards",
        columns=AWARD_COLUMNS,
        filters=AWARD_FILTERS,
        query=query,
        listing=Listing(
            [(one, WHY_NONE.get(one.why_none, ""), _odds(one.odds, named)) for one in shown],
            next_after=str(shown[-1].id) if len(rows) > len(shown) else "",
        ),
        row_template="forms/award_row.html",
        empty=Empty(_("还没有人参加"), _("每次参加在这里都有一行，没有中奖也有。"), icon="gift"),
    )
    design = read(form.draft)
    context = {
        **_head(form, "forms.awards"),
        "stocks": [(row, PRIZE_KINDS[row.prize.kind]) for row in stocks],
        "pools": [
            (one.key, one.name.get("zh-hans") or one.key, *reads.pool_counts(form_id).get(one.key, (0, 0)))
            for one in design.incentive.prizes
            if one.kind == "pool"
        ],
        "can_edit": may(request.user, "form.edit"),
    }
    return answer_with_table(request, "forms/awards.html", table, context)


@require_POST
@allowed("form.edit")
@takes_file(LARGEST_FILE)
def coupons(request: HttpRequest, form_id: int) -> HttpResponse:
    """Add codes to a pool, from a file or pasted."""
    text = request.POST.get("codes", "")
    uploaded = request.FILES.get("file")
    if uploaded is not None:
        if (uploaded.size or 0) > LARGEST_FILE:
            raise InvalidInput("form.too_many_codes", at_most=actions.MOST_COUPONS)
        try:
            text += "\n" + uploaded.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidInput("form.coupon_file") from None
    added = actions.add_coupons(
        form_id, request.POST.get("prize", ""), text, actor=request.user.get_username(), now=utc_now()
    )
    said = _("加入 %(added)s 个券码；%(known)s 个重复，%(refused)s 行不是券码，没有加入。")
    messages.success(
        request, said % {"added": num(added.added), "known": num(added.known), "refused": num(added.refused)}
    )
    return redirect("forms.awards", form_id)


def _odds(odds: Any, named: dict[str, str]) -> str:
    """Every prize with its odds, under the name it has now (its key where it is no longer offered)."""
    return "、".join(f"{named.get(key, key)} {percent_of(chances)}%" for key, chances in odds)


def _head(form: Form, current: str) -> dict[str, Any]:
    return {"form": form, "state": STATES[form.state], "tabs": tabs(form, current), "crumbs": crumbs()}


def _cursor(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
