"""Codes of number health in the reader's language."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Tab
from xinfeng.console.components.parts import Text, Tone
from xinfeng.hygiene.models import LookupRun, ProviderKind, Quarantine, RunState, State
from xinfeng.hygiene.reads import Lesson
from xinfeng.hygiene.receipt_codes import meaning_of

STATES: dict[State, tuple[Text, Tone]] = {
    State.VALID: (_("正常"), "good"),
    State.SILENT: (_("沉默"), "info"),
    State.POWERED_OFF: (_("关机"), "info"),
    State.OUT_OF_SERVICE: (_("停机"), "warn"),
    State.NOT_EXISTING: (_("空号"), "bad"),
    State.RISKY: (_("风险"), "bad"),
    State.REASSIGNED: (_("已易主"), "bad"),
    State.UNKNOWN: (_("未知"), "neutral"),
}

QUARANTINES: dict[Quarantine, Text] = {
    Quarantine.FREE: _("未隔离"),
    Quarantine.RECEIPTS: _("回执连续两次永久失败"),
    Quarantine.LOOKUP: _("号码检测判定不可用"),
    Quarantine.REBORN: _("空号复活，先核实是否易主"),
    Quarantine.REASSIGNED: _("号码已易主"),
    Quarantine.MANUAL: _("人工隔离"),
}

SOURCES: dict[str, tuple[Text, str]] = {
    "receipt": (_("回执"), "device-mobile-check"),
    "lookup": (_("号码检测"), "search"),
    "manual": (_("人工"), "user"),
    "import": (_("导入"), "file-import"),
}

DEEDS: dict[str, Text] = {
    "quarantine": _("隔离"),
    "release": _("解除隔离"),
    "reassigned": _("标为易主"),
    "returned": _("并未易主"),
    "ported": _("标为携号转网"),
}

LISTS: dict[str, Text] = {
    "quarantined": _("已隔离"),
    "recheck": _("待核易主"),
    "ported": _("携号转网"),
    "valid": _("正常"),
    "silent": _("沉默"),
    "powered_off": _("关机"),
    "out_of_service": _("停机"),
    "not_existing": _("空号"),
    "risky": _("风险"),
    "reassigned": _("已易主"),
}

WHYS: dict[str, Text] = {
    "plan": _("季度复核"),
    "recheck": _("核实易主"),
    "before_send": _("发送前检测"),
    "check": _("单个检测"),
    "test": _("账号试用"),
}

KINDS: dict[str, Text] = {
    ProviderKind.GENERIC: _("通用接口"),
    ProviderKind.ALIYUN: _("阿里云号码百科"),
}
QUESTIONS: dict[str, Text] = {
    "status": _("号码状态"),
    "carrier": _("携号转网"),
    "reassigned": _("二次放号"),
}

RUN_STATES: dict[str, tuple[Text, Tone]] = {
    RunState.RUNNING: (_("进行中"), "accent"),
    RunState.WAITING: (_("等待"), "warn"),
    RunState.DONE: (_("完成"), "good"),
    RunState.STOPPED: (_("已停止"), "neutral"),
}

FAULTS: dict[str, Text] = {
    "budget": _("今天的预算用完了"),
    "no_answers": _("服务商没有给出任何结果，一刻钟后再试"),
    "lookup.throttled": _("服务商限流，一刻钟后再试；没有计费"),
    "lookup.unreachable": _("连不上服务商，一刻钟后再试；没有计费"),
    "lookup.unavailable": _("服务商故障，一刻钟后再试"),
    "lookup.timeout": _("服务商应答太慢；这一批可能已计费，不会重复查询"),
    "lookup.garbled": _("看不懂服务商的应答；这一批可能已计费，不会重复查询"),
    "lookup.no_balance": _("服务商账户余额不足；充值后点“继续”"),
    "lookup.unauthorized": _("服务商不认这个密钥或授权码；改正后点“继续”"),
    "lookup.rejected": _("服务商拒绝了请求，请核对账号设置后点“继续”"),
    "lookup.private_address": _("地址指向内网而账号没有允许；改正后点“继续”"),
    "lookup.insecure": _("服务商的证书不可信；没有发出任何号码"),
    "lookup.config": _("账号设置不完整，请到“服务商”里补齐"),
    "vault.unreadable": _("账号的密钥解不开，请重新填写"),
}

OBSTACLES: dict[str, tuple[Text, Text]] = {
    "paused": (
        _("复核计划已暂停，本季度达不到目标"),
        _("在“计划与预算”里恢复，系统每天会复核一份，最久没有消息的先来。"),
    ),
    "no_provider": (
        _("还没有启用的号码检测服务商，本季度达不到目标"),
        _("添加一个服务商账号并启用；回执带来的消息照常计入。"),
    ),
    "budget": (
        _("按现在的预算，本季度达不到目标"),
        _("在“计划与预算”里提高每天或每月的上限，或换一个单价更低的服务商。"),
    ),
}


def tabs(current: str) -> list[Tab]:
    """The pages of the section."""
    pages = (
        ("numbers", _("概况")),
        ("numbers.list", _("名单")),
        ("numbers.runs", _("检测批次")),
        ("numbers.providers", _("服务商")),
        ("numbers.plan", _("计划与预算")),
        ("numbers.ranges", _("号段与携号转网")),
    )
    shown = {"numbers.list": "?show=quarantined"}
    return [Tab(label, reverse(name) + shown.get(name, ""), current=name == current) for name, label in pages]


def code_words(lesson: Lesson) -> str:
    """What a source's own word means, where it is known."""
    if lesson.source == "receipt":
        return meaning_of(lesson.code).words(get_language() or "zh")
    if lesson.source == "manual":
        return str(DEEDS.get(lesson.code, lesson.code))
    return ""


def fault_words(run: LookupRun) -> Text:
    return FAULTS.get(run.fault, run.fault)
