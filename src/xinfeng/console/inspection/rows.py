"""The rows behind a number of the account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns import reads as campaigns
from xinfeng.console.components import Column, Crumb, Empty, Listing, Query, Table, answer_with_table
from xinfeng.console.inspection.asking import FIELDS, address, asked_for
from xinfeng.console.inspection.views import word
from xinfeng.console.permissions import allowed
from xinfeng.delivery.outcomes import MessageState
from xinfeng.inspection import rows
from xinfeng.inspection.rows import Which
from xinfeng.kernel.errors import InvalidInput

MESSAGES = (
    Column("number", _("客户")),
    Column("planned", _("计划"), hide_on_phone=True),
    Column("campaign", _("活动")),
    Column("consent", _("授权"), hide_on_phone=True),
    Column("approval", _("批准"), hide_on_phone=True),
    Column("state", _("结果")),
)
LEFT_OUT = (Column("number", _("客户")), Column("campaign", _("活动")))
_NARROWING = ("purpose", "carrier", "source", "proven", "state")


@require_safe
@allowed("inspection.view")
def messages(request: HttpRequest) -> HttpResponse:
    """Messages of the period, each with what it rests on."""
    asked = asked_for(request)
    query = Query.read(request, columns=MESSAGES, keep=(*FIELDS, *_NARROWING))
    page = rows.message_rows(asked, _which(query), after=_number(query.after), limit=query.per_page)
    table = Table(
        id="inspected",
        columns=MESSAGES,
        query=query,
        listing=Listing(
            [(one, word(one.state)) for one in page.rows],
            next_after="" if page.after is None else str(page.after),
        ),
        row_template="inspection/message_row.html",
        empty=Empty(_("没有这样的短信"), icon="mood-empty"),
    )
    return answer_with_table(request, "inspection/rows.html", table, _context(request, str(_("短信"))))


@require_safe
@allowed("inspection.view")
def left_out(request: HttpRequest) -> HttpResponse:
    """Contacts that a gate refused in the period."""
    asked = asked_for(request)
    query = Query.read(request, columns=LEFT_OUT, keep=(*FIELDS, "reason"))
    reason = query.kept.get("reason", "")
    found, after = rows.left_out_rows(asked, reason, after=query.after, limit=query.per_page)
    people = {one.contact_id: one for one in campaigns.people([one.contact_id for one in found])}
    names = campaigns.names_of_plans([one.plan_id for one in found])
    table = Table(
        id="inspected",
        columns=LEFT_OUT,
        query=query,
        listing=Listing(
            [(one, people.get(one.contact_id), names.get(one.plan_id)) for one in found], next_after=after
        ),
        row_template="inspection/left_out_row.html",
        empty=Empty(_("没有人因此被排除"), icon="mood-empty"),
    )
    return answer_with_table(
        request, "inspection/rows.html", table, _context(request, word(reason, "reason"))
    )


def _context(request: HttpRequest, title: str) -> dict[str, object]:
    asked = asked_for(request)
    crumbs = [Crumb(_("检查与留痕"), reverse("inspection") + address(asked))]
    return {"asked": asked, "title": title, "crumbs": crumbs}


def _which(query: Query) -> Which:
    kept = query.kept
    carrier = kept.get("carrier", "")
    if carrier and carrier not in ("0", "1", "2", "3", "4"):
        raise InvalidInput("request.filter", name="carrier")
    state, proven = kept.get("state", ""), kept.get("proven", "")
    if (state and state not in {one.value for one in MessageState}) or proven not in (
        "",
        "yes",
        "no",
        "missing",
    ):
        raise InvalidInput("request.filter", name="state" if state else "proven")
    return Which(
        kept.get("purpose", ""), int(carrier) if carrier else None, kept.get("source", ""), proven, state
    )


def _number(after: str) -> int:
    if not after:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise InvalidInput("request.page")
    return int(after)
