"""What to know before a campaign starts: each thing a code, found by one small rule, with its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from xinfeng.campaigns import approval, complaint_watch, filing
from xinfeng.campaigns.audience import HORIZON, Ground
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.ways import Way
from xinfeng.campaigns.wording import Wording
from xinfeng.channels import reads as channels
from xinfeng.content.checks import Remark, check_wording
from xinfeng.content.reads import catalogue
from xinfeng.content.rendering import Draft
from xinfeng.delivery.forecast import Forecast
from xinfeng.filings.faults import Fault
from xinfeng.hygiene.providers.base import Question
from xinfeng.hygiene.reads import provider_for, unproven
from xinfeng.kernel.time import business_day
from xinfeng.policy import reads as policy
from xinfeng.policy.windows import windows_of

TINY_AUDIENCE = 10


@dataclass(frozen=True)
class Caution:
    """`stops`: as it is, nothing would be sent. `params` fill the words' braces; times are aware UTC."""

    code: str
    params: Mapping[str, Any]
    stops: bool = False
    remark: Remark | Fault | None = None

    def words(self, language: str = "zh", *, zone: ZoneInfo) -> str:
        """One sentence; times in `zone`."""
        if self.remark is not None:
            return self.remark.words(language)
        chinese, english = WORDS[self.code]
        shown = {
            name: f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value
            for name, value in self.params.items()
        }
        return (english if language.startswith("en") else chinese).format_map(shown)


WORDS: dict[str, tuple[str, str]] = {
    "nobody": ("没有可以发送的客户。", "There is nobody to write to."),
    "no_window": ("{days} 天内没有可以发送的时段。", "There is no send window within {days} days."),
    "channel_disabled": (
        "通道“{channel}”已停用，启用之前不会发出。",
        "Channel “{channel}” is disabled; nothing leaves before it is enabled.",
    ),
    "channel_not_ready": (
        "通道“{channel}”没有可用的连接，连上之前不会发出。",
        "Channel “{channel}” has no connection ready; nothing leaves before it has.",
    ),
    "route_not_ready": (
        "路由“{route}”里的通道“{channels}”没有可用的连接；它们排到后面，连上之前不会用到。",
        "Channels “{channels}” of route “{route}” have no connection ready; they stand behind the others until they have.",
    ),
    "route_all_down": (
        "路由“{route}”里没有一个通道连上，连上之前不会发出。",
        "No channel of route “{route}” has a connection ready; nothing leaves before one has.",
    ),
    "signature_disabled": ("签名【{signature}】已停用。", "Signature 【{signature}】 is disabled."),
    "window_closed": (
        "现在不在发送时段，将从 {at} 开始。",
        "No send window is open now; sending begins at {at}.",
    ),
    "not_in_one_window": (
        "在 {closes} 关闭的时段里只能发出 {sent} 条，余下的在之后的时段继续，预计 {finishes} 完成。",
        "Only {sent} parts fit before the window closes at {closes}; the rest follows in later windows, "
        "done at about {finishes}.",
    ),
    "never_finishes": (
        "{days} 天内的时段发不完，将有约 {left} 条发不出去。请提高速率或缩小人群。",
        "The windows of {days} days are not enough; about {left} parts would not be sent. "
        "Raise the rate or narrow the audience.",
    ),
    "rate_above_channel": (
        "活动速率每秒 {rate} 条高于通道的每秒 {channel_rate} 条，按通道的速率发送。",
        "The campaign's {rate} parts a second exceed the channel's {channel_rate}; the channel's rate holds.",
    ),
    "peak_ahead": (
        "距{name}（{day}）报备截止 {days} 天，这个通道还没有大促报备的编号。",
        "{days} days are left to file bulk sending for {name} ({day}); this channel has no number for it yet.",
    ),
    "peak_days_left_out": (
        "大促日 {days} 没有大促报备，这些天不发，余下的在之后的时段继续。",
        "There is no bulk filing for the peak days {days}; nothing is sent on those, the rest follows later.",
    ),
    "tiny_audience": ("只有 {reachable} 位客户会收到。", "Only {reachable} contacts would get it."),
    "silent_numbers": (
        "{silent} 位客户 90 天以上没有送达或检测的消息，号码可能已停用；发送前可以先检测（号码健康）。",
        "{silent} contacts have shown no sign of life for 90 days; their numbers may be dead. They can be looked up "
        "before sending (Number health).",
    ),
    "approved_alone": (
        "没有其他人可以审批，作者可以自己批准；这会被记录下来。",
        "Nobody else may approve, so the author may; this is recorded.",
    ),
    "same_segment": (
        "活动“{other}”正在向同一个人群发送。",
        "Campaign “{other}” is being sent to the same segment.",
    ),
    "estimate": (
        "条数和费用是按 {rendered} 位客户的文本估算的。",
        "Parts and cost are estimated from the texts of {rendered} contacts.",
    ),
    "calendar_unsettled": (
        "{day} 是否为工作日尚无官方通知，发送时段可能变化。",
        "Whether {day} is a workday is not announced yet; the send windows may change.",
    ),
    "text_blocked_state": (
        "这版文案已被审核人禁用：{comment}",
        "A reviewer blocked this text: {comment}",
    ),
    "text_returned": (
        "这版文案已被审核人退回：{comment}。请改成新的一版，或补充凭证后重新送审。",
        "A reviewer returned this text: {comment}. Write another version, or add proof and ask for review again.",
    ),
    "text_examples": (
        "文案里还有没换掉的示例：{places}。换成自己的内容之后才能提交和批准。",
        "Examples are left in the text: {places}. Put your own words; until then it cannot be submitted or approved.",
    ),
    "text_forbidden": (
        "文案里的“{matched}”不能发送（{law}）。{suggestion}",
        "“{matched}” in the text may not be sent ({law_en}). {suggestion_en}",
    ),
    "text_forbidden_now": (
        "按今天的规则需重新审核：文案里的“{matched}”现在不能发送（{law}）。{suggestion}",
        "By today's rules the text must be reviewed again: “{matched}” may not be sent now ({law_en}). {suggestion_en}",
    ),
    "text_unproven": (
        "文案里的“{claims}”要有凭证才能发送。请在模板的审核页上传，或改写。",
        "“{claims}” in the text needs proof. Attach it on the template's review page, or write it otherwise.",
    ),
    "text_unproven_now": (
        "按今天的规则需重新审核：文案里的“{claims}”没有有效的凭证（新规则要求，或凭证已过期、撤回）。",
        "By today's rules the text must be reviewed again: there is no proof in force for “{claims}” (a new rule asks for "
        "it, or the proof ran out or was withdrawn).",
    ),
    "hotline_changed": (
        "文案批准之后，签名的服务热线改了（原来是 {before}，现在是 {now}），需重新审核。",
        "The signature's hotline changed since the text was approved ({before}, now {now}); it needs review again.",
    ),
    "rules_changed": (
        "文案批准之后规则有变，“{claims}”按今天的规则需重新审核。",
        "The rules changed since the text was approved; “{claims}” must be reviewed again by today's.",
    ),
    "changed_since_approval": (
        "批准之后内容有变，需要重新审批。",
        "Something changed since the approval; it needs approval again.",
    ),
    **complaint_watch.WORDS,
}


@dataclass(frozen=True)
class Seen:
    """What the preflight has found out by then."""

    ground: Ground
    reachable: int
    rendered: int
    exact: bool
    forecast: Forecast
    now: datetime
    starts_at: datetime
    wording: Wording
    held: Mapping[date, Fault] = field(default_factory=dict)


def found(campaign: Campaign, seen: Seen) -> Iterator[Caution]:
    """Everything worth saying, what stops the campaign first."""
    cautions = [
        *_people(seen),
        *(_channel(campaign, seen.now) if seen.ground.way is None else _route(seen.ground.way)),
        *_wording(campaign),
        *_review(seen.wording),
        *_filing(seen),
        *_timing(campaign, seen),
        *_complaints(campaign, seen.now),
        *_surroundings(campaign),
    ]
    yield from sorted(cautions, key=lambda caution: not caution.stops)


def _people(seen: Seen) -> Iterator[Caution]:
    if seen.reachable == 0:
        yield Caution("nobody", {}, stops=True)
    elif seen.reachable < TINY_AUDIENCE:
        yield Caution("tiny_audience", {"reachable": seen.reachable})
    can_ask = provider_for(Question.STATUS) is not None  # without, there would be nothing to do about it
    if can_ask and (silent := unproven(seen.ground.lens, seen.ground.people, seen.now)):
        yield Caution("silent_numbers", {"silent": silent})
    if not seen.exact:
        yield Caution("estimate", {"rendered": seen.rendered})


def _channel(campaign: Campaign, now: datetime) -> Iterator[Caution]:
    assert campaign.channel_id is not None
    channel = channels.channel(campaign.channel_id, now=now)
    if not channel.enabled:
        yield Caution("channel_disabled", {"channel": channel.name}, stops=True)
    elif not channel.ready:
        yield Caution("channel_not_ready", {"channel": channel.name})
    if campaign.rate_per_s is not None and campaign.rate_per_s > channel.rate_per_s:
        yield Caution("rate_above_channel", {"rate": campaign.rate_per_s, "channel_rate": channel.rate_per_s})


def _route(way: Way) -> Iterator[Caution]:
    used = {one.channel_id: one.alive for one in way.candidates if one.channel_id in way.routing.channels}
    down = [way.channels[one].name for one, alive in used.items() if not alive]
    if used and len(down) == len(used):
        yield Caution("route_all_down", {"route": way.route.name})
    elif down:
        yield Caution("route_not_ready", {"route": way.route.name, "channels": "、".join(down)})


def _wording(campaign: Campaign) -> Iterator[Caution]:
    version = campaign.template_version
    assert version is not None
    if not version.signature.enabled:
        yield Caution("signature_disabled", {"signature": version.signature.text}, stops=True)
    draft = Draft(version.value, version.action, version.opt_out, version.defaults)
    checked = check_wording(draft, version.signature, purpose=campaign.purpose, catalogue=catalogue())
    for remark in checked.remarks:
        yield Caution(f"text.{remark.code}", remark.params, remark=remark)


def _review(text: Wording) -> Iterator[Caution]:
    """What stands against the text by the rules of the start, or has overtaken its approval."""
    for doubt in text.doubts:
        code = doubt.code
        if doubt.stops and text.is_approved and code in ("text_forbidden", "text_unproven"):
            code += "_now"
        params = {
            name: "、".join(map(str, value)) if isinstance(value, list) else value
            for name, value in doubt.params.items()
        }
        yield Caution(code, params, stops=doubt.stops)


def _filing(seen: Seen) -> Iterator[Caution]:
    """What the channel would not accept; peak days without a number are left out of the windows, the first one stops."""
    terms, first = seen.ground.filing, seen.ground.context.send_day
    faults = (
        *seen.ground.faults,
        *([seen.held[first]] if first in seen.held else ()),
    )
    for fault in faults:
        yield Caution(fault.code, fault.params, stops=True, remark=fault)
    later = sorted(day for day in seen.held if day != first)
    ends = seen.forecast.finishes_at
    if later and (ends is None or business_day(ends, seen.ground.context.zone) > later[0]):
        days = "、".join(day.isoformat() for day in later)
        yield Caution("peak_days_left_out", {"days": days})
    if terms is not None and terms.bulk is not None and not seen.held:
        for peak in filing.peaks_without_number(seen.ground.context.send_day, terms.channel):
            params = {"name": peak.name, "days": peak.days_left, "day": peak.first_day.isoformat()}
            yield Caution("peak_ahead", params)


def _timing(campaign: Campaign, seen: Seen) -> Iterator[Caution]:
    forecast, windows = seen.forecast, seen.ground.windows
    if not windows:
        yield Caution("no_window", {"days": HORIZON.days}, stops=True)
        return
    if not forecast.open_now:
        yield Caution("window_closed", {"at": windows[0][0]})
    if forecast.finishes_at is None:
        yield Caution("never_finishes", {"days": HORIZON.days, "left": forecast.left_over})
    elif not forecast.in_first_window:
        yield Caution(
            "not_in_one_window",
            {"closes": forecast.closes_at, "sent": forecast.sent_in_first, "finishes": forecast.finishes_at},
        )
    settings = seen.ground.context.settings
    if any(window.workdays_only for window in windows_of(campaign.trade, settings)):
        last = forecast.finishes_at or windows[-1][1]
        first_day, last_day = (business_day(at, settings.zone) for at in (seen.starts_at, last))
        for day in policy.calendar().doubtful(first_day, last_day)[:1]:
            yield Caution("calendar_unsettled", {"day": day.isoformat()})


def _complaints(campaign: Campaign, now: datetime) -> Iterator[Caution]:
    for warning in complaint_watch.warnings(campaign, now=now):
        yield Caution(warning.code, warning.params(), stops=warning.stops)


def _surroundings(campaign: Campaign) -> Iterator[Caution]:
    if campaign.state in (CampaignState.DRAFT, CampaignState.SUBMITTED) and _only_author_approves(campaign):
        yield Caution("approved_alone", {})
    if campaign.approved_digest and not approval.holds(campaign):
        yield Caution("changed_since_approval", {}, stops=True)
    busy = Q(state__in=(CampaignState.PLANNING, CampaignState.RUNNING, CampaignState.PAUSED))
    others = Campaign.objects.filter(busy, segment=campaign.segment_id).exclude(pk=campaign.pk)
    for other in others.order_by("pk")[:3]:
        yield Caution("same_segment", {"other": other.name, "campaign": other.pk})


def _only_author_approves(campaign: Campaign) -> bool:
    author = campaign.author
    if author is None or not approval.may_approve(author):
        return False
    return not approval.approvers().exclude(pk=author.pk).exists()
