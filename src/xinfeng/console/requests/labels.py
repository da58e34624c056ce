"""Codes of requests in the reader's language."""

from __future__ import annotations

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Step
from xinfeng.console.components.parts import Text, Tone
from xinfeng.privacy.lifecycle import WITHOUT_CHECK
from xinfeng.privacy.models import RequestKind, RequestState

KINDS: dict[str, Text] = {
    "access": _("查阅"),
    "copy": _("复制"),
    "correction": _("更正、补充"),
    "erasure": _("删除"),
    "portability": _("转移"),
    "no_marketing": _("不再营销"),
    "no_personalisation": _("不再个性化"),
    "explanation": _("解释说明"),
}
HINTS: dict[str, Text] = {
    "access": _("看一看我们保存了哪些内容"),
    "copy": _("要一份带走"),
    "correction": _("内容不对或不全"),
    "erasure": _("删除能识别本人的一切，不能撤销"),
    "portability": _("转给另一家，附机器可读的文件"),
    "no_marketing": _("不再收营销短信，登记后马上停止，不用核验"),
    "no_personalisation": _("不再按行为和特征挑选，登记后马上停止，不用核验"),
    "explanation": _("想知道我们怎样处理其信息"),
}
STATES: dict[str, tuple[Text, Tone]] = {
    "received": (_("待核验身份"), "warn"),
    "working": (_("办理中"), "accent"),
    "answering": (_("待答复"), "info"),
    "closed": (_("已答复"), "good"),
    "taken_back": (_("本人撤回"), "neutral"),
}
VIAS: dict[str, Text] = {
    "phone": _("电话"),
    "shop": _("门店"),
    "letter": _("信函"),
    "email": _("邮件"),
    "reply": _("短信回复"),
    "online": _("网站或小程序"),
    "authority": _("监管转办"),
}
CHECKS: dict[str, Text] = {
    "call_back": _("回拨登记的号码"),
    "sms_code": _("短信验证码"),
    "document": _("当面查验证件"),
    "login": _("登录会员账号"),
    "authorised": _("核验委托书或近亲属关系"),
}
OUTCOMES: dict[str, tuple[Text, Tone]] = {
    "provided": (_("已提供"), "good"),
    "nothing_held": (_("没有保存其信息"), "neutral"),
    "corrected": (_("已更正"), "good"),
    "erased": (_("已删除"), "good"),
    "switched_off": (_("已停止"), "good"),
    "explained": (_("已说明"), "good"),
    "refused": (_("已拒绝"), "bad"),
}
REFUSALS: dict[str, Text] = {
    "identity": _("无法核验身份"),
    "secrecy": _("法律规定应当保密"),
    "others": _("会损害他人权益"),
    "retention": _("法定保存期未届满"),
    "conditions": _("不符合转移条件"),
}
STEPS: dict[str, tuple[Text, str]] = {
    "receive": (_("收到请求"), "inbox"),
    "identify": (_("身份已核验"), "user-shield"),
    "misidentify": (_("身份没有通过"), "user-x"),
    "extend": (_("延长期限"), "calendar"),
    "prepare_export": (_("开始整理信息"), "archive"),
    "export_ready": (_("导出文件已备好"), "file-zip"),
    "correct": (_("更正了资料"), "pencil"),
    "answer": (_("办理完成，草拟答复"), "circle-check"),
    "refuse": (_("拒绝，草拟答复"), "circle-x"),
    "edit_letter": (_("修改答复"), "edit"),
    "close": (_("答复已发出"), "send"),
    "take_back": (_("本人撤回"), "rotate-clockwise"),
}
TAKEN_IN = {RequestState.RECEIVED: 2, RequestState.WORKING: 3, RequestState.ANSWERING: 4}


def state_of(kind: str, state: str) -> tuple[Text, Tone]:
    """The word and colour of a state; a switch waits for nobody's identity."""
    if state == RequestState.RECEIVED and RequestKind(kind) in WITHOUT_CHECK:
        return gettext("待办理"), "warn"
    return STATES[state]


def steps_of(kind: str, state: str) -> tuple[list[Step], int]:
    """The steps of a request of this kind, and which is the present one (one more than there are: all done)."""
    steps = [gettext("收到"), gettext("核验身份"), gettext("办理"), gettext("答复")]
    current = TAKEN_IN.get(RequestState(state), 5)
    if RequestKind(kind) in WITHOUT_CHECK:
        del steps[1]
        current = max(2, current - 1)
    return [Step(label) for label in steps], current


def deadline(days_left: int | None) -> tuple[str, Tone] | None:
    """How long there is, and how urgent that is; None once it is over."""
    if days_left is None:
        return None
    if days_left < 0:
        late = -days_left
        return ngettext("逾期 %(n)d 天", "逾期 %(n)d 天", late) % {"n": late}, "bad"
    if days_left == 0:
        return gettext("今天到期"), "warn"
    tone: Tone = "warn" if days_left <= 3 else "neutral"
    return ngettext("还有 %(n)d 天", "还有 %(n)d 天", days_left) % {"n": days_left}, tone


def in_language(chinese: str, english: str) -> str:
    """Which of the two the reader reads."""
    return english if (get_language() or "").startswith("en") else chinese
