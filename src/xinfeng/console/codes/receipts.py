"""Receipts that are unusual, of a channel or a plan: what was seen, compared with what, and the receipts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns.models import Campaign
from xinfeng.channels import reads
from xinfeng.console.components import Crumb
from xinfeng.console.components.parts import Text
from xinfeng.console.permissions import allowed
from xinfeng.console.templatetags.xinfeng_format import num, pct
from xinfeng.insights import forensics
from xinfeng.insights.forensics import Finding
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens

TITLES: dict[str, Text] = {
    "before_submit": _("回执的时间早于提交"),
    "never_sent": _("回执找不到对应的短信"),
    "dead_delivered": _("近期的空号显示送达"),
    "same_moment": _("回执集中在同一时刻"),
    "all_at_once": _("全部在几秒内送达"),
    "one_delay": _("回执的用时几乎一样"),
}


@dataclass(frozen=True)
class ShownFinding:
    """A finding in words; `text` says what was seen and compared with what, and accuses nobody."""

    finding: Finding
    url: str

    @property
    def title(self) -> str:
        return str(TITLES[self.finding.kind])

    @property
    def text(self) -> str:
        one = self.finding
        given = {
            "seen": num(one.seen),
            "all": num(one.out_of),
            "share": pct(one.figure),
            "usual": pct(one.usual),
            "s": f"{one.figure:.1f}",
            "usual_s": f"{one.usual:.1f}",
        }
        return {
            "before_submit": gettext("%(all)s 条回执里有 %(seen)s 条，运营商写的完成时间比提交早两分钟以上。时钟误差一般在几秒之内。"),
            "never_sent": gettext("%(all)s 条回执里有 %(seen)s 条，一小时后仍找不到提交过的短信。通常一条也没有；也可能是账号被别的系统共用。"),
            "dead_delivered": gettext("%(all)s 条送达里有 %(seen)s 条，号码在此前 60 天内被回执报为空号。个别号码会重新启用，成批的不常见。"),
            "same_moment": gettext("%(all)s 条回执里有 %(seen)s 条（%(share)s）写着同一个完成时间，而提交最密的一分钟只占 %(usual)s。"),
            "all_at_once": gettext("%(all)s 条里送达 %(seen)s 条，99%% 在 %(s)s 秒之内。一般总有一些手机关机，要等几分钟到几小时。"),
            "one_delay": gettext("%(all)s 条回执的用时，最快和最慢的百分之一只差 %(s)s 秒。真实网络的用时从几秒到几小时不等。"),
        }[one.kind] % given  # fmt: skip


def shown(findings: tuple[Finding, ...], address: str) -> list[ShownFinding]:
    """Findings in words, each leading to its receipts."""
    return [ShownFinding(one, f"{address}?finding={one.kind}") for one in findings]


@require_safe
@allowed("channel.view")
def of_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    channel = reads.channel(channel_id, now=utc_now())
    crumbs = [
        Crumb(_("通道"), reverse("channels")),
        Crumb(channel.name, reverse("channels.detail", args=[channel_id])),
    ]
    address = reverse("channels.receipts", args=[channel_id])
    return _page(request, {"crumbs": crumbs, "about": channel.name}, address, channel_id=channel_id)


@require_safe
@allowed("campaign.view")
def of_plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    campaign = Campaign.objects.filter(plan_id=plan_id).first()
    if campaign is None:
        raise NotFound("plan.unknown", plan=plan_id)
    crumbs = [
        Crumb(_("活动"), reverse("campaigns")),
        Crumb(campaign.name, reverse("campaigns.report", args=[campaign.pk])),
    ]
    address = reverse("channels.receipts.plan", args=[plan_id])
    return _page(request, {"crumbs": crumbs, "about": campaign.name}, address, plan_id=plan_id)


def _page(
    request: HttpRequest,
    context: dict[str, Any],
    address: str,
    *,
    channel_id: int | None = None,
    plan_id: int | None = None,
) -> HttpResponse:
    """Counted now: somebody who looks wants to see what is, not what was an hour ago."""
    kind = request.GET.get("finding", "")
    if kind and kind not in TITLES:
        raise InvalidInput("request.filter", name="finding")
    now = utc_now()
    copy = lens()
    copy.refresh()
    found = forensics.figures(copy, now=now, channel_id=channel_id, plan_id=plan_id)
    context |= {
        "figures": found,
        "findings": shown(forensics.judge(found), address),
        "kind": kind,
        "title": TITLES.get(kind, ""),
        "rows": forensics.evidence(copy, kind, now=now, channel_id=channel_id, plan_id=plan_id)
        if kind
        else [],
        "enough": forensics.ENOUGH,
    }
    return render(request, "codes/receipts.html", context)
