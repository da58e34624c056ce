"""Codes of complaints in the reader's language."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Tab
from xinfeng.console.components.parts import Text, Tone

SOURCES: dict[str, Text] = {
    "12321": _("12321 举报中心"),
    "10086": _("中国移动 10086"),
    "10010": _("中国联通 10010"),
    "10000": _("中国电信 10000"),
    "10099": _("中国广电 10099"),
    "vendor": _("短信服务商后台"),
    "hotline": _("客服热线"),
    "shop": _("门店"),
    "social": _("社交媒体"),
    "regulator": _("监管部门"),
    "reply": _("短信回复"),
}
ABOUTS: dict[str, Text] = {
    "unsolicited": _("没有同意过"),
    "after_opt_out": _("退订后还收到"),
    "too_often": _("发得太多"),
    "hour": _("时间不当"),
    "untrue": _("内容不实"),
    "not_theirs": _("发给了别人"),
    "cannot_opt_out": _("退订不了"),
    "other": _("其他"),
}
STATES: dict[str, tuple[Text, Tone]] = {
    "open": (_("待处理"), "warn"),
    "handling": (_("处理中"), "accent"),
    "answered": (_("已答复"), "good"),
    "dismissed": (_("不成立"), "neutral"),
}
DISMISSALS: dict[str, Text] = {
    "not_ours": _("不是我们发的"),
    "wrong_number": _("号码有误"),
    "duplicate": _("重复登记"),
    "service": _("是服务短信，不是营销"),
    "taken_back": _("投诉人撤回"),
}
CERTAINTIES: dict[str, tuple[Text, Tone]] = {
    "": (_("查找中"), "neutral"),
    "exact": (_("确定"), "good"),
    "likely": (_("很可能"), "info"),
    "none": (_("没有对上"), "warn"),
}
WHYS: dict[str, Text] = {
    "named_message": _("来源写明了消息编号"),
    "named_carrier_id": _("来源写明了运营商的消息编号"),
    "same_text": _("引用的内容就是这一条"),
    "similar_text": _("引用的内容相近"),
    "signature": _("签名相同"),
    "latest": _("投诉前最近的一条"),
    "only_one": _("投诉前只发过这一条"),
    "delivered": _("已送达"),
    "other_number": _("发到同一人的另一个号码"),
    "formerly": _("当时号码还属于这位客户"),
    "by_person": _("由人指定"),
    "other_text": _("内容不同"),
}
STEPS: dict[str, tuple[Text, str, Tone]] = {
    "take": (_("登记，营销已停发"), "inbox", "accent"),
    "take_up": (_("开始处理"), "player-play", "neutral"),
    "assign": (_("转交"), "user-plus", "neutral"),
    "match": (_("改了对应的短信"), "link", "neutral"),
    "note": (_("记录"), "pencil", "neutral"),
    "attach": (_("添加附件"), "file-text", "neutral"),
    "extend": (_("延长期限"), "calendar", "warn"),
    "letter": (_("保存答复草稿"), "edit", "neutral"),
    "answer": (_("已答复"), "circle-check", "good"),
    "dismiss": (_("认定不成立"), "circle-x", "neutral"),
    "reopen": (_("重新打开"), "rotate-clockwise", "warn"),
}
CONSEQUENCES: dict[str, tuple[Text, Tone]] = {
    "alarm": (_("提醒"), "info"),
    "suspend": (_("暂停"), "warn"),
    "close": (_("关停"), "bad"),
}
DIMENSIONS: dict[str, Text] = {
    "campaign": _("按活动"),
    "signature": _("按签名"),
    "template": _("按模板"),
    "segment": _("按分群"),
    "channel": _("按通道"),
}
FIELDS: dict[str, Text] = {
    "": _("不用这一列"),
    "phone": _("投诉人的手机号"),
    "complained_at": _("投诉时间"),
    "reference": _("来源的编号"),
    "source": _("来源"),
    "about": _("投诉什么"),
    "said": _("投诉内容"),
    "quoted": _("被投诉的短信"),
    "names_message": _("消息编号"),
}
FILE_STATES: dict[str, tuple[Text, Tone]] = {
    "mapping": (_("待确认"), "warn"),
    "queued": (_("排队中"), "neutral"),
    "running": (_("登记中"), "accent"),
    "done": (_("已完成"), "good"),
    "failed": (_("失败"), "bad"),
}


def deadline(days_left: int | None) -> tuple[str, Tone] | None:
    """How long there is, and how urgent that is; None once it is over."""
    if days_left is None:
        return None
    if days_left < 0:
        late = -days_left
        return ngettext("逾期 %(n)d 天", "逾期 %(n)d 天", late) % {"n": late}, "bad"
    if days_left == 0:
        return gettext("今天到期"), "warn"
    tone: Tone = "warn" if days_left == 1 else "neutral"
    return ngettext("还有 %(n)d 天", "还有 %(n)d 天", days_left) % {"n": days_left}, tone


def tabs(request: HttpRequest) -> list[Tab]:
    """The screens of the section."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    screens = (
        ("complaints", _("投诉")),
        ("complaints.rates", _("投诉率")),
        ("complaints.files", _("文件")),
        ("complaints.rules", _("限额和期限")),
    )
    return [Tab(label, reverse(name), here == name) for name, label in screens]


def per_million(value: float | None) -> str:
    """As precise as it is worth."""
    if value is None:
        return "—"
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:,.0f}"
