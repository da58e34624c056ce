"""Sides, actions and phases in words, Chinese and English. Pure."""

from __future__ import annotations

from xinfeng.channels.codes.shapes import Action, CodeInfo, Permanence, Phase, Side, Verdict

SIDES: dict[Side, tuple[str, str]] = {
    Side.NOBODY: ("", ""),
    Side.HANDSET: ("手机", "Handset"),
    Side.NUMBER: ("号码", "Number"),
    Side.RECIPIENT: ("收件人", "Recipient"),
    Side.CONTENT: ("内容", "Content"),
    Side.FREQUENCY: ("频次", "Frequency"),
    Side.CARRIER: ("运营商", "Carrier"),
    Side.OURSELVES: ("我方", "Ourselves"),
    Side.ROUTE: ("路由", "Route"),
    Side.UNKNOWN: ("不明", "Unknown"),
}

ACTIONS: dict[Action, tuple[str, str]] = {
    Action.NONE: ("只记录，不据此判断", "Recorded; nothing is concluded from it"),
    Action.DELIVERED: ("号码有效；连续失败清零", "The number is alive; its run of failures ends"),
    Action.RETRY_LATER: (
        "暂时失败。信风不会自己再发一次；可以另建活动再联系这些客户",
        "Temporary. Xinfeng does not send again by itself; another campaign may write to these people",
    ),
    Action.NUMBER_DEAD: (
        "连续两次（不同短信、不同日期）就隔离这个号码",
        "The second in a row, of another message and day, quarantines the number",
    ),
    Action.NUMBER_SUSPENDED: (
        "连续两次（不同短信、不同日期）就隔离这个号码",
        "The second in a row, of another message and day, quarantines the number",
    ),
    Action.NUMBER_UNREACHABLE: (
        "手机没有收到，号码不隔离。信风不会自己再发一次",
        "The handset was not reached; the number is not quarantined. Xinfeng does not send again by itself",
    ),
    Action.PORTED: (
        "记为可能已转网，查实后按真正的运营商选通道；这一条不再发",
        "Noted as probably ported; routed by the real carrier once that is known. This message is not sent again",
    ),
    Action.SUPPRESS: (
        "当作拒收：这个号码不再收营销短信，导入文件不能解除",
        "Taken as a no: no more marketing to the number; no file lifts that",
    ),
    Action.BLACKLISTED: (
        "屏蔽：这个号码不再收营销短信，导入文件不能解除",
        "Suppressed: no more marketing to the number; no file lifts that",
    ),
    Action.COOL_DOWN: (
        "冷却：24 小时内不再给这个号码发营销短信",
        "Cools down: no marketing to the number for 24 hours",
    ),
    Action.THROTTLE: (
        "降速；没有被接收的短信稍后再提交，已接收的不再发",
        "Slows down; what was not taken is handed over later, what was taken is never sent again",
    ),
    Action.ALERT_CONTENT: (
        "在通道页和首页提醒；连续 50 条被拒且没有一条被接收就暂停活动",
        "Shown on the channel and the dashboard; 50 refusals in a row without an acceptance pause the campaign",
    ),
    Action.ALERT_ACCOUNT: (
        "在通道页和首页提醒；连续 50 条被拒且没有一条被接收就暂停活动",
        "Shown on the channel and the dashboard; 50 refusals in a row without an acceptance pause the campaign",
    ),
}

PHASES: dict[Phase, tuple[str, str]] = {
    Phase.LOGIN: ("登录", "Login"),
    Phase.SUBMIT: ("提交", "Submit"),
    Phase.RECEIPT: ("回执", "Receipt"),
}

PERMANENCES: dict[Permanence, tuple[str, str]] = {
    Permanence.FINAL: ("不会自己好", "Lasting"),
    Permanence.TEMPORARY: ("暂时", "Temporary"),
    Permanence.UNKNOWN: ("说不准", "Not known"),
}


def _in(words: tuple[str, str], language: str) -> str:
    return words[1 if language.startswith("en") else 0]


def side_name(side: Side, language: str = "zh") -> str:
    """Whose side, in a word; empty for nobody's."""
    return _in(SIDES[side], language)


def action_name(action: Action, language: str = "zh") -> str:
    """What Xinfeng does about it."""
    return _in(ACTIONS[action], language)


_AFTER_LOGIN = (
    "隔几分钟才再试，不反复登录；原因写在通道页",
    "Tried again only after minutes; the channel's page says why",
)
_AFTER_RECEIPT: dict[Action, tuple[str, str]] = {
    Action.ALERT_CONTENT: ("在通道页和首页提醒", "Shown on the channel's page and the dashboard"),
    Action.ALERT_ACCOUNT: ("在通道页和首页提醒", "Shown on the channel's page and the dashboard"),
    Action.THROTTLE: (
        "只记录：这一条运营商已经接收，不再发",
        "Recorded only: the carrier had taken the message, so it is not sent again",
    ),
}


def done_about(info: CodeInfo, language: str = "zh") -> str:
    """What Xinfeng does about a code, when it comes as this one does."""
    if info.phase is Phase.LOGIN and info.verdict is not Verdict.ACCEPTED:
        return _in(_AFTER_LOGIN, language)
    if info.phase is Phase.RECEIPT and info.action in _AFTER_RECEIPT:
        return _in(_AFTER_RECEIPT[info.action], language)
    return action_name(info.action, language)


def phase_name(phase: Phase, language: str = "zh") -> str:
    return _in(PHASES[phase], language)


def permanence_name(permanence: Permanence, language: str = "zh") -> str:
    return _in(PERMANENCES[permanence], language)
