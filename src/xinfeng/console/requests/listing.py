"""The list of requests, the most urgent first, and their deadlines."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import Column, Empty, Filter, Listing, Query, Stat, Table, answer_with_table
from xinfeng.console.permissions import allowed, may
from xinfeng.console.requests.labels import KINDS, OUTCOMES, STATES, VIAS, deadline, in_language, state_of
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.privacy import reads
from xinfeng.privacy.deadlines import DEFAULTS, MOST_DAYS, MOST_EXPORT_DAYS, change_deadlines, deadlines
from xinfeng.privacy.reads import RequestQuery
from xinfeng.privacy.replay import check

COLUMNS = (
    Column("request", gettext_lazy("请求")),
    Column("who", gettext_lazy("谁"), hide_on_phone=True),
    Column("state", gettext_lazy("状态")),
    Column("due", gettext_lazy("期限")),
    Column("received", gettext_lazy("收到"), hide_on_phone=True),
)
FILTERS = (
    Filter(
        "state",
        gettext_lazy("状态"),
        (("open", gettext_lazy("未完成")), *((code, words) for code, (words, _tone) in STATES.items())),
    ),
    Filter("kind", gettext_lazy("种类"), tuple(KINDS.items())),
    Filter(
        "due",
        gettext_lazy("期限"),
        (("overdue", gettext_lazy("已逾期")), ("soon", gettext_lazy("三天内到期"))),
    ),
)


@require_safe
@allowed("request.view")
def page(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    now = utc_now()
    found = reads.requests(
        RequestQuery(
            text=query.search,
            kind=query.filters.get("kind", ""),
            state=query.filters.get("state", ""),
            due=query.filters.get("due", ""),
            limit=query.per_page,
            offset=query.offset,
        ),
        now=now,
    )
    can_handle = may(request.user, "request.handle")
    narrowed = bool(query.search or any(query.filters.values()))
    table = Table(
        id="requests",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(
            [
                (
                    row,
                    KINDS[row.kind],
                    state_of(row.kind, row.state),
                    OUTCOMES.get(row.outcome),
                    deadline(row.days_left),
                    VIAS[row.via],
                )
                for row in found.rows
            ],
            total=found.total,
        ),
        row_template="requests/row.html",
        search_label=_("编号、手机号或会员号"),
        empty=Empty(_("没有符合条件的请求"), _("换一个条件再看。"), icon="zoom-question")
        if narrowed
        else Empty(
            _("还没有人提出请求"),
            _("有人要求查阅、复制、更正、删除或停止营销时，在这里登记，按期答复并留下凭证。"),
            _("登记请求") if can_handle else "",
            reverse("requests.new"),
            "user-shield",
        ),
    )
    said = reads.counts(now=now)
    address = reverse("requests")
    context = {
        "stats": [
            Stat(_("未完成"), num(said.open), url=f"{address}?state=open"),
            Stat(
                _("已逾期"),
                num(said.overdue),
                url=f"{address}?due=overdue",
                tone="bad" if said.overdue else "neutral",
            ),
            Stat(
                _("三天内到期"),
                num(said.due_soon),
                url=f"{address}?due=soon",
                tone="warn" if said.due_soon else "neutral",
            ),
            Stat(_("待核验身份"), num(said.unchecked), url=f"{address}?state=received"),
        ],
        "journal_faults": check() if can_handle else (),
        "terms": _terms(),
        "export_days": deadlines().export_days,
        "most_days": MOST_DAYS,
        "most_export_days": MOST_EXPORT_DAYS,
    }
    return answer_with_table(request, "requests/list.html", table, context)


def _terms() -> list[tuple[str, object, int, str]]:
    """Code, name, days in force and source of each kind's deadline."""
    days = deadlines().days
    return [
        (kind.value, KINDS[kind.value], days[kind.value], in_language(term.source, term.source_en))
        for kind, term in DEFAULTS.items()
    ]


@require_POST
@allowed("settings.edit")
def change(request: HttpRequest) -> HttpResponse:
    """Set the deadlines."""
    change_deadlines(
        days={kind.value: _days(request, kind.value) for kind in DEFAULTS},
        export_days=_days(request, "export"),
        actor=request.user.get_username(),
    )
    messages.success(request, _("期限已保存，从下一个登记的请求起生效。"))
    return redirect("requests")


def _days(request: HttpRequest, name: str) -> int:
    given = request.POST.get(f"days-{name}", "").strip()
    if not (given.isascii() and given.isdigit() and len(given) < 4):
        raise InvalidInput("request.days", kind=name, at_most=MOST_DAYS)
    return int(given)
