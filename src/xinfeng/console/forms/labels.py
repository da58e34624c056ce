"""What the screens of forms call things."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Crumb, Tab
from xinfeng.console.components.parts import Text, Tone
from xinfeng.forms.models import Form

KINDS: dict[str, Text] = {
    "sign_up": _("注册"),
    "order": _("下单"),
    "lottery": _("抽奖"),
    "activity": _("活动报名"),
    "coupon": _("领券"),
}
KIND_HINTS: dict[str, Text] = {
    "sign_up": _("留下手机号成为会员"),
    "order": _("留下联系方式和需求，每人可多次提交"),
    "lottery": _("填表即抽奖，赔率和库存由您定"),
    "activity": _("登记参加人数，名额有限"),
    "coupon": _("填表领取券码"),
}
STATES: dict[str, tuple[Text, Tone]] = {
    "draft": (_("草稿"), "neutral"),
    "published": (_("收集中"), "good"),
    "closed": (_("已关闭"), "neutral"),
}
SUBMISSION_STATES: dict[str, tuple[Text, Tone]] = {
    "awaiting": (_("等待验证码"), "warn"),
    "done": (_("已完成"), "good"),
    "lapsed": (_("未验证，已失效"), "neutral"),
}
PROFILE_FIELDS: dict[str, Text] = {
    "phone": _("手机号"),
    "name": _("姓名"),
    "gender": _("性别"),
    "birthday": _("生日"),
    "province": _("省份"),
    "city": _("城市"),
}
QUESTION_KINDS: dict[str, Text] = {
    "text": _("单行文字"),
    "long": _("多行文字"),
    "number": _("数字"),
    "date": _("日期"),
    "bool": _("是或否"),
    "choice": _("单选"),
    "choices": _("多选"),
}
PRIZE_KINDS: dict[str, Text] = {
    "generated": _("自动生成的券码"),
    "pool": _("券码库（上传）"),
    "points": _("积分"),
    "gift": _("实物或到店领取"),
}
COVERS: dict[str, Text] = {"wind": _("信风"), "gift": _("礼物"), "plain": _("素色")}
ABUSE: dict[str, Text] = {
    "honeypot": _("程序填表（陷阱栏）"),
    "fast": _("填写过快"),
    "address": _("同一地址提交过多"),
    "number": _("同一号码提交过多"),
    "code": _("验证码错误"),
    "token": _("伪造的页面"),
    "origin": _("来自其他网站的提交"),
    "replay": _("重复提交同一页面"),
}
ODDS_RANGE: Text = _("须大于 0，不超过 100%")
"""Here and not in the template: there `_("…%")` doubles the sign and finds no translation."""
WHY_NONE: dict[str, Text] = {
    "lost": _("未抽中"),
    "out_of_stock": _("已发完"),
    "not_asked_for": _("没有附带奖品"),
}

FINDINGS: dict[str, Text] = {
    "no_title": _("每种语言都要有标题"),
    "no_phone": _("表单里要有手机号"),
    "no_label": _("有问题没有写题目（每种语言都要写）"),
    "no_choices": _("选择题要列出选项（每种语言都要写）"),
    "unknown_attribute": _("有一个自定义属性已经不存在，请移除这一栏"),
    "attribute_kind": _("有一栏的类型与自定义属性不一致，请移除后重新添加"),
    "attribute_sensitive": _("有一个属性是否敏感已改变，请移除这一栏后重新添加"),
    "sensitive_without_box": _("敏感信息需要单独的授权框"),
    "no_box_label": _("有授权框没有写文字（每种语言都要写）"),
    "no_notice": _("有授权框没有选告知文本（每种语言都要选）"),
    "notice_purpose": _("告知文本的用途与授权框不一致"),
    "notice_not_in_force": _("告知文本还没生效，或已被新版取代"),
    "odds": _("抽奖的中奖概率之和要大于 0，不超过 100%"),
    "one_incentive": _("不抽奖时只能有一种奖励"),
    "only_for_without_box": _("奖励要求勾选的用途，表单里没有对应的授权框"),
    "no_prize_name": _("有奖品没有名称（每种语言都要写）"),
    "no_points": _("积分奖励要写明多少分"),
    "no_coupons": _("券码库还是空的，请先上传券码"),
    "closes_in_past": _("结束时间已经过去"),
    "opens_after_closing": _("开始时间晚于结束时间"),
    "codes_not_ready": _("验证码短信还没有设置通道和签名"),
    "only_for": _(
        "奖励以同意营销短信为条件。同意必须自愿；不得因为不同意而拒绝提供产品或服务。请确认这只是额外的奖励，页面会写明这个条件。"
    ),
    "incentive_without_code": _(
        "有奖励而不用验证码：任何人都能用别人的号码领取，也能试出某个号码是否参加过。"
    ),
    "without_code": _("不用验证码：无法证明号码属于填写的人。以前退订过的号码不会因此恢复接收。"),
    "notice_frequency": _("告知文本里没有看到发送频次。征求同意时要说明类型、频次和期限。"),
    "notice_duration": _("告知文本里没有看到期限。征求同意时要说明类型、频次和期限。"),
    "notice_withdrawal": _("告知文本里没有看到如何退订或撤回同意。"),
    "notice_contact": _("告知文本里没有看到联系方式。"),
    "no_privacy_link": _("没有填隐私政策的链接。"),
    "no_boxes": _("没有授权框：只登记信息，不会产生任何授权。"),
}


def tabs(form: Form, current: str) -> list[Tab]:
    """The pages of one form."""
    pages = [
        ("forms.detail", _("数据")),
        ("forms.submissions", _("提交记录")),
        ("forms.awards", _("奖品与发放")),
        ("forms.versions", _("版本")),
    ]
    return [Tab(label, reverse(name, args=[form.pk]), current=name == current) for name, label in pages]


def crumbs(form: Form | None = None) -> list[Crumb]:
    """The way here."""
    found = [Crumb(_("表单"), reverse("forms"))]
    if form is not None:
        found.append(Crumb(form.name, reverse("forms.detail", args=[form.pk])))
    return found
