"""The list of campaigns, and the way from a campaign to the page that matters in its state."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns import reads
from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.models import CampaignState as State
from xinfeng.campaigns.reads import CampaignQuery
from xinfeng.console.campaigns.frame import reached
from xinfeng.console.components import Column, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.permissions import allowed, may
from xinfeng.console.states import STATES

COLUMNS = (
    Column("name", _("活动"), sortable=True),
    Column("state", _("状态")),
    Column("audience", _("受众"), numeric=True),
    Column("progress", _("进度"), numeric=True, hide_on_phone=True),
    Column("delivered", _("送达率"), numeric=True),
    Column("author", _("作者"), hide_on_phone=True),
    Column("updated", _("更新"), sortable=True, hide_on_phone=True),
)
FILTERS = (
    Filter("state", _("状态"), tuple((code, label) for code, (label, _tone) in STATES["campaign"].items())),
)
PAGES = {
    State.SUBMITTED: "campaigns.review",
    State.APPROVED: "campaigns.review",
    State.SCHEDULED: "campaigns.review",
    State.FAILED: "campaigns.review",
    State.PLANNING: "campaigns.live",
    State.RUNNING: "campaigns.live",
    State.PAUSED: "campaigns.live",
    State.STOPPED: "campaigns.report",
    State.FINISHED: "campaigns.report",
}


@require_safe
@allowed("campaign.view")
def page(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, sort="-updated")
    found = reads.campaigns(
        CampaignQuery(
            search=query.search,
            state=query.filters["state"],
            sort=query.sort,
            descending=query.descending,
            offset=query.offset,
            limit=query.per_page,
        )
    )
    may_edit = may(request.user, "campaign.edit")
    table = Table(
        id="campaigns",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(found.rows, total=found.total),
        row_template="campaigns/row.html",
        search_label=_("搜索活动名称"),
        empty=Empty(
            _("还没有活动"),
            _("选一个分群，挑一条短信，预检后提交审核，就能发送。"),
            _("新建活动") if may_edit else "",
            reverse("campaigns.new"),
            "speakerphone",
        ),
    )
    return answer_with_table(request, "campaigns/list.html", table, {"may_edit": may_edit})


@require_safe
@allowed("campaign.view")
def detail(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """To the page that matters now."""
    campaign = reads.campaign(campaign_id)
    state = State(campaign.state)
    if state is State.DRAFT:
        return redirect(_draft_page(request, campaign), campaign_id=campaign_id)
    if campaign.plan_id is None and state in (State.STOPPED, State.FINISHED):
        return redirect("campaigns.review", campaign_id=campaign_id)
    return redirect(PAGES[state], campaign_id=campaign_id)


def _draft_page(request: HttpRequest, campaign: Campaign) -> str:
    if not may(request.user, "campaign.edit"):
        return "campaigns.review"
    names = {1: "campaigns.whom", 2: "campaigns.what", 3: "campaigns.how", 4: "campaigns.check"}
    return names[reached(campaign)]
