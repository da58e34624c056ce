"""What a new form of each kind begins with. Texts are a beginning, to be changed."""

from __future__ import annotations

from xinfeng.forms.design import Design, Field, FieldKind, Incentive, Look, PrizePlan, PurposeBox
from xinfeng.forms.models import FormKind

_PHONE = Field("phone", FieldKind.PHONE, {}, True)
_NAME = Field("name", FieldKind.TEXT, {})
_MARKETING = PurposeBox(
    "marketing",
    {
        "zh-hans": "我同意接收优惠和活动短信，每月不超过 4 条，可随时退订",
        "en": "I agree to receive offers by SMS, at most 4 a month; I can opt out at any time",
    },
    {},
)
_SERVICE = PurposeBox(
    "service",
    {"zh-hans": "我同意接收与本次办理有关的通知短信", "en": "I agree to receive SMS about this request"},
    {},
)
_WORDS = {
    FormKind.SIGN_UP: ("注册", "Sign up", "留下手机号，成为会员。", "Leave your number and become a member."),
    FormKind.ORDER: (
        "提交订单",
        "Place the order",
        "填写联系方式，我们会尽快与您确认。",
        "Tell us how to reach you.",
    ),
    FormKind.LOTTERY: ("抽奖", "Draw", "填写手机号，马上抽奖。", "Enter your number and draw at once."),
    FormKind.ACTIVITY: ("报名", "Register", "名额有限，欢迎报名。", "Places are limited; register now."),
    FormKind.COUPON: (
        "领取",
        "Get the coupon",
        "填写手机号，领取优惠券。",
        "Enter your number to get a coupon.",
    ),
}
_SHOP = Field("q_count", FieldKind.NUMBER, {"zh-hans": "参加人数", "en": "How many people"}, False)
_WHAT = Field("q_what", FieldKind.LONG, {"zh-hans": "想订什么", "en": "What would you like"}, True)


def design_of(kind: str, name: str) -> Design:
    """The draft a new form has."""
    button, button_en, intro, intro_en = _WORDS[FormKind(kind)]
    fields = {
        FormKind.ORDER: (_PHONE, _NAME, _WHAT),
        FormKind.ACTIVITY: (_PHONE, _NAME, _SHOP),
        FormKind.SIGN_UP: (_PHONE, _NAME, Field("birthday", FieldKind.DATE, {})),
    }.get(FormKind(kind), (_PHONE,))
    boxes = (_SERVICE, _MARKETING) if kind in (FormKind.ORDER, FormKind.ACTIVITY) else (_MARKETING,)
    return Design(
        title={"zh-hans": name, "en": name},
        intro={"zh-hans": intro, "en": intro_en},
        button={"zh-hans": button, "en": button_en},
        fields=fields,
        boxes=boxes,
        look=Look(cover="gift" if kind in (FormKind.LOTTERY, FormKind.COUPON) else "wind"),
        incentive=_incentive(kind),
        per_person=20 if kind == FormKind.ORDER else 1,
    )


def _incentive(kind: str) -> Incentive:
    if kind == FormKind.COUPON:
        name = {"zh-hans": "优惠券", "en": "Coupon"}
        how = {"zh-hans": "结账时出示券码", "en": "Show the code when you pay"}
        return Incentive(prizes=(PrizePlan("p1", "generated", name, stock=1000, how=how),))
    if kind == FormKind.LOTTERY:
        first = PrizePlan(
            "p1",
            "gift",
            {"zh-hans": "一等奖", "en": "First prize"},
            odds_ppm=1_000,
            stock=10,
            value_fen=10_000,
        )
        second = PrizePlan(
            "p2",
            "points",
            {"zh-hans": "100 积分", "en": "100 points"},
            odds_ppm=200_000,
            points=100,
            value_fen=100,
        )
        return Incentive(lottery=True, prizes=(first, second))
    return Incentive()
