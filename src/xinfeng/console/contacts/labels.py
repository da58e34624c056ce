"""Codes of contacts in the reader's language."""

from __future__ import annotations

import re

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from xinfeng.consent.evidence_words import evidence_in_words, source_in_words
from xinfeng.console.components.parts import Text, Tone
from xinfeng.contacts.merging import MERGE_REASON
from xinfeng.contacts.models import EventKind, Gender, Tier
from xinfeng.contacts.tagging import MERGED_TAG
from xinfeng.hygiene.models import Quarantine, Source, State
from xinfeng.kernel.phones import Carrier

TIERS: dict[int, tuple[Text, Tone]] = {
    Tier.NONE: (_("未分层"), "neutral"),
    Tier.NEW: (_("新客"), "info"),
    Tier.ACTIVE: (_("活跃"), "good"),
    Tier.DORMANT: (_("沉睡"), "warn"),
    Tier.POTENTIAL: (_("潜在"), "accent"),
    Tier.INDUSTRY: (_("同业"), "neutral"),
}
GENDERS: dict[int, Text] = {Gender.UNKNOWN: _("未知"), Gender.MALE: _("男"), Gender.FEMALE: _("女")}
CARRIERS: dict[int, Text] = {
    Carrier.UNKNOWN: _("未知运营商"),
    Carrier.MOBILE: _("中国移动"),
    Carrier.UNICOM: _("中国联通"),
    Carrier.TELECOM: _("中国电信"),
    Carrier.BROADNET: _("中国广电"),
}
EVENTS: dict[int, tuple[Text, str]] = {
    EventKind.PURCHASE: (_("购买"), "shopping-cart"),
    EventKind.VIEW: (_("浏览"), "eye"),
    EventKind.CART: (_("加购"), "shopping-cart"),
    EventKind.CHECKOUT: (_("结算"), "shopping-cart"),
    EventKind.VISIT: (_("到店"), "building-store"),
    EventKind.BOOKING: (_("预约"), "calendar"),
    EventKind.PARTICIPATION: (_("参与活动"), "target"),
    EventKind.CLICK: (_("点击链接"), "click"),
    EventKind.REPLY: (_("回复短信"), "message-reply"),
    EventKind.CUSTOM: (_("其他行为"), "point"),
}
TAG_KINDS: dict[str, Text] = {
    "source": _("来源"),
    "manual": _("手工"),
    "rule": _("规则"),
    "interest": _("兴趣"),
    "service": _("服务"),
}
STANDINGS: dict[str, Text] = {
    "reachable": _("可发营销短信"),
    "withdrawn": _("已撤回"),
    "suppressed": _("已屏蔽"),
    "stale": _("告知已更新，需重新同意"),
    "none": _("没有授权"),
}
SUPPRESSIONS: dict[str, Text] = {
    "opt_out": _("退订"),
    "complaint": _("投诉"),
    "manual": _("人工屏蔽"),
    "carrier": _("运营商拉黑"),
    "reassigned": _("号码易主"),
    "erased": _("已删除个人信息"),
}
SCOPES: dict[str, Text] = {"all": _("全部短信"), "marketing": _("营销短信")}
LANGUAGES: dict[str, Text] = {"zh-hans": _("中文"), "en": _("英文")}

PROVINCES = [
    "北京",
    "天津",
    "河北",
    "山西",
    "内蒙古",
    "辽宁",
    "吉林",
    "黑龙江",
    "上海",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "广西",
    "海南",
    "重庆",
    "四川",
    "贵州",
    "云南",
    "西藏",
    "陕西",
    "甘肃",
    "青海",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "台湾",
]
"""In the order of the administrative division codes (GB/T 2260)."""

MERGE_WHY: dict[str, Text] = {
    "phone_external_conflict": _("来源说：一位的手机号和另一位的会员号是同一个人"),
    "name_birthday": _("姓名和生日相同"),
    "name_city_gender": _("姓名、城市和性别相同"),
}
MERGE_HOW: dict[str, Text] = {
    "phone": _("手机号相同"),
    "external_id": _("会员号相同"),
    "suggested": _("按建议"),
    "manual": _("手工"),
}
NUMBER_STATES: dict[int, tuple[Text, Tone]] = {
    State.UNKNOWN: (_("未知"), "neutral"),
    State.VALID: (_("正常"), "good"),
    State.OUT_OF_SERVICE: (_("停机"), "warn"),
    State.NOT_EXISTING: (_("空号"), "bad"),
    State.SILENT: (_("沉默"), "warn"),
    State.RISKY: (_("风险"), "warn"),
    State.POWERED_OFF: (_("关机"), "warn"),
    State.REASSIGNED: (_("易主"), "bad"),
}
QUARANTINES: dict[str, Text] = {
    Quarantine.RECEIPTS: _("已隔离：回执连续永久失败"),
    Quarantine.LOOKUP: _("已隔离：检测不可用"),
    Quarantine.REBORN: _("已隔离：空号复活，待核是否易主"),
    Quarantine.REASSIGNED: _("已隔离：号码已易主"),
    Quarantine.MANUAL: _("已隔离：人工"),
}
NUMBER_SOURCES: dict[str, Text] = {
    Source.RECEIPT: _("回执"),
    Source.LOOKUP: _("号码检测"),
    Source.MANUAL: _("人工"),
    Source.IMPORT: _("导入"),
}
TIER_CAUSES: dict[str, Text] = {
    "nightly": _("每夜重算"),
    "event": _("新的行为"),
    "rules": _("规则改变"),
    "new": _("新加入"),
    "catch_up": _("定时补算"),
}
TAG_CHANGES: dict[str, Text] = {
    "renamed": _("改名"),
    "described": _("修改说明"),
    "merged": _("并入"),
}


def reason_words(reason: str) -> str:
    """Why a tag was put on or taken off: what people wrote, and in words what merging left."""
    if reason.startswith(MERGE_REASON):
        return gettext("合并客户 #%(n)s") % {"n": reason.removeprefix(MERGE_REASON)}
    if reason.startswith(MERGED_TAG):
        return gettext("标签“%(tag)s”并入") % {"tag": reason.removeprefix(MERGED_TAG)}
    if re.fullmatch(r"import \d+", reason):
        return gettext("导入批次 %(n)s") % {"n": reason.removeprefix("import ")}
    if re.fullmatch(r"submission \d+", reason):
        return gettext("提交 #%s") % reason.removeprefix("submission ")
    if reason.startswith("api "):
        return gettext("来源 %(source)s") % {"source": reason.removeprefix("api ")}
    return reason


def evidence_words(evidence: str) -> str:
    """Evidence as people wrote it; what the house wrote in the reader's words."""
    return evidence_in_words(evidence, get_language() or "zh")


def source_words(source: str) -> str:
    """Where a consent or suppression came from: `import:门店扫码` → `导入 · 门店扫码`; unknown ones as they are."""
    return source_in_words(source, get_language() or "zh")
