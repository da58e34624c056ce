"""The list of complaints: what is unfinished first, by deadline."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xinfeng.campaigns.reads import names_of_plans
from xinfeng.complaints import reads
from xinfeng.complaints.reads import ComplaintQuery, ComplaintRow
from xinfeng.console.complaints.labels import (
    ABOUTS,
    CERTAINTIES,
    DISMISSALS,
    SOURCES,
    STATES,
    deadline,
    tabs,
)
from xinfeng.console.components import Column, Empty, Filter, Listing, Query, Stat, Table, answer_with_table
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.permissions import allowed, may
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.contacts.members import members
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("complaint", gettext_lazy("投诉")),
    Column("who", gettext_lazy("号码"), hide_on_phone=True),
    Column("message", gettext_lazy("哪一条短信"), hide_on_phone=True),
    Column("state", gettext_lazy("状态")),
    Column("due", gettext_lazy("期限")),
    Column("at", gettext_lazy("投诉时间"), hide_on_phone=True),
)
FILTERS = (
    Filter(
        "state",
        gettext_lazy("状态"),
        (
            ("unfinished", gettext_lazy("未办结")),
            ("overdue", gettext_lazy("已逾期")),
            *((code, words) for code, (words, _tone) in STATES.items()),
        ),
    ),
    Filter("source", gettext_lazy("来源"), tuple(SOURCES.items())),
    Filter("about", gettext_lazy("投诉什么"), tuple(ABOUTS.items())),
    Filter(
        "match",
        gettext_lazy("短信"),
        tuple((code, words) for code, (words, _tone) in CERTAINTIES.items() if code),
    ),
)


@dataclass(frozen=True)
class Shown:
    """A complaint as the list shows it."""

    row: ComplaintRow
    campaign_id: int | None
    campaign: str

    @property
    def about(self) -> Text:
        return ABOUTS[self.row.about]

    @property
    def source(self) -> Text:
        return SOURCES[self.row.source]

    @property
    def state(self) -> tuple[Text, Tone]:
        return STATES[self.row.state]

    @property
    def dismissal(self) -> Text:
        return DISMISSALS.get(self.row.dismissal, "")

    @property
    def certainty(self) -> tuple[Text, Tone]:
        return CERTAINTIES[self.row.certainty]

    @property
    def deadline(self) -> tuple[str, Tone] | None:
        return deadline(self.row.days_left)


def shown(rows: tuple[ComplaintRow, ...]) -> list[Shown]:
    """With the campaigns their messages belong to."""
    names = names_of_plans([row.plan_id for row in rows if row.plan_id is not None])
    return [Shown(row, *names.get(row.plan_id or 0, (None, ""))) for row in rows]


@require_safe
@allowed("complaint.view")
def page(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, keep=("plan", "contact"))
    now = utc_now()
    contact_id = _id(query.kept.get("contact", ""))
    found = reads.complaints(
        ComplaintQuery(
            state=query.filters.get("state", ""),
            source=query.filters.get("source", ""),
            about=query.filters.get("about", ""),
            certainty=query.filters.get("match", ""),
            plan_id=_id(query.kept.get("plan", "")),
            contact_ids=(contact_id,) if contact_id is not None else (),
            search=query.search,
            after=query.after,
            limit=query.per_page,
        ),
        now=now,
    )
    can_take = may(request.user, "complaint.take")
    narrowed = bool(query.search or any(query.filters.values()) or any(query.kept.values()))
    table = Table(
        id="complaints",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(shown(found.rows), next_after=found.after or ""),
        row_template="complaints/row.html",
        search_label=_("号码、来源编号或 TS 编号"),
        empty=Empty(_("没有符合条件的投诉"), icon="search")
        if narrowed
        else Empty(
            _("还没有投诉"),
            _("收到投诉就登记：号码马上停发营销，服务短信照常。也可以导入文件，或由接口提交。"),
            _("登记投诉") if can_take else "",
            reverse("complaints.new") if can_take else "",
            icon="alert-triangle",
        ),
    )
    counts = reads.counts(now=now)
    url = reverse("complaints")
    stats = [
        Stat(_("未办结"), num(counts.open), f"{url}?state=unfinished"),
        Stat(
            _("已逾期"),
            num(counts.overdue),
            f"{url}?state=overdue",
            tone="bad" if counts.overdue else "neutral",
        ),
        Stat(
            _("一天内到期"),
            num(counts.due_soon),
            f"{url}?state=unfinished",
            tone="warn" if counts.due_soon else "neutral",
        ),
        Stat(_("没有对上短信"), num(counts.unmatched), f"{url}?state=unfinished&match=none"),
        Stat(_("最近七天"), num(counts.lately), url),
    ]
    context = {"stats": stats, "tabs": tabs(request), "can_take": can_take}
    return answer_with_table(request, "complaints/list.html", table, context)


@require_safe
@allowed("complaint.view")
def of_contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """One person's, to whichever of her rows: a piece of her page, empty where there are none."""
    found = reads.of_contact(tuple(members(contact_id)), now=utc_now())
    return render(request, "complaints/of_contact.html", {"complaints": shown(found)})


def _id(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("request.filter", name="id")
    return int(text)
