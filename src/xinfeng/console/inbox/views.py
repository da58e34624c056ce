"""Replies, newest first. Whoever may handle them may read them, which is audited; others see that they came."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns import reads as campaigns
from xinfeng.complaints import reads as complaints
from xinfeng.console.complaints.labels import ABOUTS
from xinfeng.console.components import Column, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.middleware import wants_fragment, with_toast
from xinfeng.console.permissions import allowed, may
from xinfeng.delivery.inbox import InboxQuery, InboxRow, handle_reply, inbox, unhandled
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("who", _("客户")),
    Column("text", _("内容")),
    Column("campaign", _("回复的活动"), hide_on_phone=True),
    Column("at", _("时间"), hide_on_phone=True),
    Column("handled", ""),
)
FILTERS = (
    Filter("show", _("显示"), (("waiting", _("待处理")), ("opt_out", _("退订")), ("other", _("普通回复")))),
)


@dataclass(frozen=True)
class Shown:
    """A reply with the campaign it answers."""

    row: InboxRow
    campaign_id: int | None
    campaign: str
    complaint_id: int | None = None

    @property
    def key(self) -> str:
        return f"complaint-{self.row.id}"

    @property
    def contact_url(self) -> str:
        return _url("contacts.detail", self.row.contact_id)

    @property
    def campaign_url(self) -> str:
        return _url("campaigns.detail", self.campaign_id)

    @property
    def binding(self) -> bool:
        return self.row.meaning == "opt_out"


@require_safe
@allowed("inbox.view")
def page(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, keep=("plan", "contact"))
    may_handle = may(request.user, "inbox.handle")
    show = query.filters["show"]
    asked = InboxQuery(
        meaning=show if show in ("opt_out", "other") else "",
        handled=False if show == "waiting" else None,
        contact_id=_id(query.kept.get("contact", "")),
        plan_id=_id(query.kept.get("plan", "")),
        after=query.after,
        limit=query.per_page,
    )
    found = inbox(asked, reader=request.user.get_username() if may_handle else None)
    names = campaigns.names_of_plans([row.plan_id for row in found.rows if row.plan_id is not None])
    taken = complaints.of_replies([row.id for row in found.rows])
    rows = []
    for row in found.rows:
        campaign_id, campaign = names.get(row.plan_id or 0, (None, ""))
        rows.append(Shown(row, campaign_id, campaign, taken.get(row.id)))
    table = Table(
        id="replies",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(rows, next_after=found.after),
        row_template="inbox/row.html",
        empty=Empty(
            _("还没有回复"), _("客户回复短信后会出现在这里。退订的回复收到时就已经生效。"), icon="inbox"
        ),
        context={"may_handle": may_handle, "abouts": list(ABOUTS.items())},
    )
    context = {"waiting": unhandled(now=utc_now()), "may_handle": may_handle}
    return answer_with_table(request, "inbox/list.html", table, context)


@require_POST
@allowed("inbox.handle")
def handled(request: HttpRequest, reply_id: int) -> HttpResponse:
    handle_reply(reply_id, actor=request.user.get_username(), now=utc_now())
    if wants_fragment(request):
        answer = HttpResponse(f'<span class="xf-muted">{gettext("已处理")}</span>')
        return with_toast(answer, gettext("已标为处理过。"))
    messages.success(request, gettext("已标为处理过。"))
    return redirect("inbox")


def _id(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("request.filter", name="id")
    return int(text)


def _url(name: str, id: int | None) -> str:
    if id is None:
        return ""
    try:
        return reverse(name, args=[id])
    except NoReverseMatch:
        return ""
