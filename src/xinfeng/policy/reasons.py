"""Why somebody is not written to: every reason's code with its words. Pure.

A gate's refusal when planning and a message withheld at dispatch carry one of these codes, so reports and
explain have one vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

NO_PHONE = "no_phone"
NO_CONSENT = "no_consent"
OPTED_OUT = "opted_out"
CONSENT_STALE = "consent_stale"
SUPPRESSED = "suppressed_"
SUPPRESSED_COMPLAINT = "suppressed_complaint"
SUPPRESSED_MANUAL = "suppressed_manual"
SUPPRESSED_CARRIER = "suppressed_carrier"
SUPPRESSED_REASSIGNED = "suppressed_reassigned"
SUPPRESSED_ERASED = "suppressed_erased"
SUPPRESSED_OTHER = "suppressed_other"
NUMBER_QUARANTINED = "number_quarantined"
NO_ROUTE = "no_route"
COOLING_DOWN = "cooling_down"
SIGNATURE_NOT_FILED = "signature_not_filed"
MINOR = "minor"
NO_PROFILING = "no_profiling"
DAILY_CAP = "daily_cap"
WEEKLY_CAP = "weekly_cap"
MONTHLY_CAP = "monthly_cap"
TIER_CAP = "tier_cap"
SLOT_RESERVED = "slot_reserved"
TOO_LATE = "too_late"
STOPPED = "stopped"
UNSENDABLE = "unsendable"
TEXT_BLOCKED = "text_blocked"
TEXT_NOT_FILED = "text_not_filed"
MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its name, one sentence and where the rule comes from, in Chinese and English."""

    code: str
    name: str
    name_en: str
    sentence: str
    sentence_en: str
    source: str


_SCREENING = "广告法 第9条等（内容审核规则，逐条注明依据）"
_CAPS = "企业设置的上限（设置 › 频次上限）"
_RANKS = "产品规则：先比优先级，再比每条的预期价值，再比开始时间（触达压力 › 活动之间）"
_CONSENT_LAW = "广告法 第43条；消费者权益保护法 第29条；通信短信息服务管理规定（2026）第21条"
_FILING = "工信部信管函〔2023〕794号：每个签名须先向每家运营商报备"
_REFUSAL_LAW = "广告法 第43条；消费者权益保护法 第29条第3款"

_SOURCES_EN = {
    "": "",
    _CONSENT_LAW: "Advertising Law, Art. 43; Law on the Protection of Consumer Rights and Interests, Art. 29; "
    "Provisions on the Administration of Short Message Services (2026), Art. 21",
    _REFUSAL_LAW: "Advertising Law, Art. 43; Law on the Protection of Consumer Rights and Interests, Art. 29(3)",
    "个人信息保护法 第13条": "Personal Information Protection Law, Art. 13",
    "个人信息保护法 第14条第2款": "Personal Information Protection Law, Art. 14(2)",
    "个人信息保护法 第24条": "Personal Information Protection Law, Art. 24",
    "个人信息保护法 第47条": "Personal Information Protection Law, Art. 47",
    "未成年人网络保护条例 第24条": "Regulations on the Protection of Minors in Cyberspace, Art. 24",
    "产品规则：投诉屏蔽只针对营销短信": "A rule of the product: a complaint bars marketing only",
    "产品规则：连续两次永久失败或号码检测不可用即隔离（号码健康 › 计划与预算）": "A rule of the product: two permanent failures in "
    "a row, or a check that finds the number unusable (Number health › Plan and budget)",
    "运营商和云厂商的频次限制（阿里云、腾讯云：单个号码按天计）；产品规则": "Frequency limits of carriers and clouds (Alibaba Cloud, "
    "Tencent Cloud: by number and day); a rule of the product",
    _SCREENING: "Advertising Law, Art. 9 and others (the screening rules name the source of each)",
    "云通信厂商按模板编号和变量下发": "Cloud vendors send by the number of a template and the values of its variables",
    _FILING: "Ministry of Industry and Information Technology, notice 794 of 2023: every signature is filed with each "
    "carrier first",
    _RANKS: "A rule of the product: priority first, then the expected value of a message, then the earlier start "
    "(Contact pressure › Between campaigns)",
    _CAPS: "A ceiling the company has set (Settings › Frequency caps)",
}

_ALL = (
    Reason(
        NO_PHONE, "没有手机号", "No phone number",
        "该客户没有可发送的手机号。", "This contact has no number to write to.", "",
    ),
    Reason(
        OPTED_OUT, "已退订", "Opted out",
        "该客户已撤回授权或回复退订，任何签名都不再发送。",
        "This person withdrew consent or replied with an opt-out; it binds every signature.", _REFUSAL_LAW,
    ),
    Reason(
        SUPPRESSED_COMPLAINT, "投诉屏蔽", "Suppressed: complaint",
        "该号码投诉过营销短信，不再发送营销内容。",
        "This number complained about marketing and gets none any more.", "产品规则：投诉屏蔽只针对营销短信",
    ),
    Reason(
        SUPPRESSED_MANUAL, "人工屏蔽", "Suppressed by hand",
        "有人手工屏蔽了该号码。", "Somebody suppressed this number by hand.", "",
    ),
    Reason(
        SUPPRESSED_CARRIER, "运营商屏蔽", "Blocked by the carrier",
        "运营商回执表明该号码在其黑名单。", "The carrier's receipts say this number is on its block list.", "",
    ),
    Reason(
        SUPPRESSED_REASSIGNED, "号码已易主", "Number reassigned",
        "该号码已换了机主，原授权失效。", "The number has a new owner; the former consent is void.",
        "个人信息保护法 第13条",
    ),
    Reason(
        SUPPRESSED_ERASED, "已删除个人信息", "Personal data erased",
        "应本人要求已删除个人信息，仅保留屏蔽记录。",
        "The person's data was erased on request; only the suppression remains.", "个人信息保护法 第47条",
    ),
    Reason(
        SUPPRESSED_OTHER, "已屏蔽", "Suppressed",
        "该号码因其他原因被屏蔽。", "This number is suppressed for another reason.", "",
    ),
    Reason(
        CONSENT_STALE, "授权已过时", "Consent is stale",
        "该客户同意的是旧版告知；新版改变了目的、方式或信息种类，须重新取得同意。",
        "This person agreed to an older notice; purpose, method or kinds of data changed and consent must be asked anew.",
        "个人信息保护法 第14条第2款",
    ),
    Reason(
        NO_CONSENT, "没有授权", "No consent",
        "账本里没有该客户对这一用途的有效授权。", "The ledger has no consent in force for this purpose.", _CONSENT_LAW,
    ),
    Reason(
        NUMBER_QUARANTINED, "号码已隔离", "Number in quarantine",
        "该号码被判定为空号、停机、风险或待核易主，已隔离；任何用途都暂不发送。可在“号码健康”里查看依据或解除。",
        "This number was found not to exist, out of service, risky or possibly reassigned, and is in quarantine; nothing is "
        "sent for any purpose. “Number health” shows why, and can release it.",
        "产品规则：连续两次永久失败或号码检测不可用即隔离（号码健康 › 计划与预算）",
    ),
    Reason(
        COOLING_DOWN, "运营商说发得太频繁", "The carrier says: too many",
        "24 小时内有运营商以频次为由拒收了发给该号码的短信，营销短信暂停到满 24 小时；之后自动放行。",
        "Within the last 24 hours a carrier refused a message to this number as one too many; marketing waits until 24 hours "
        "have passed, then goes on by itself.",
        "运营商和云厂商的频次限制（阿里云、腾讯云：单个号码按天计）；产品规则",
    ),
    Reason(
        NO_ROUTE, "没有可走的通道", "No channel can carry it",
        "路由里没有一个通道能发给该客户所在的运营商（或不知道是哪家运营商）；给路由加上合适的通道后会自动放行。",
        "No channel of the route can carry messages to this contact's carrier (or it is not known which one it is); once the "
        "route has one, the contact passes by itself.",
        "",
    ),
    Reason(
        SIGNATURE_NOT_FILED, "签名未报备", "Signature not filed",
        "签名在这个通道上没有向该客户所在的运营商报备（或已到期），发出去会被拒收；报备生效后会自动放行。",
        "Over this channel the signature is not filed with this contact's carrier (or its filing has ended), so it would be "
        "refused; once the filing is in force the contact passes by itself.",
        _FILING,
    ),
    Reason(
        MINOR, "未成年人", "Minor",
        "按生日，发送当天未满18周岁，不做营销。", "By date of birth under 18 on the day of sending: no marketing.",
        "未成年人网络保护条例 第24条",
    ),
    Reason(
        NO_PROFILING, "不同意个性化", "No personalisation",
        "受众按行为、特征或分层自动选出，而该客户已拒绝自动化决策的个性化营销。",
        "The audience is chosen by behaviour, traits or tiers, and this person has refused automated personalisation.",
        "个人信息保护法 第24条",
    ),
    Reason(
        DAILY_CAP, "当日已达上限", "Daily ceiling reached",
        "当天同一用途的短信（含已计划的）已达上限。",
        "Messages of that day for the same purpose, planned ones included, reached the ceiling.", _CAPS,
    ),
    Reason(
        WEEKLY_CAP, "一周已达上限", "Weekly ceiling reached",
        "含当天在内七天，同一用途的短信已达上限。",
        "Messages of seven days for the same purpose, that day included, reached the ceiling.", _CAPS,
    ),
    Reason(
        MONTHLY_CAP, "30 天已达上限", "Monthly ceiling reached",
        "含当天在内 30 天，同一用途的短信已达上限。",
        "Messages of thirty days for the same purpose, that day included, reached the ceiling.", _CAPS,
    ),
    Reason(
        TIER_CAP, "分层频次已达上限", "Ceiling of the tier reached",
        "该客户分层在期限内的营销短信已达上限。", "Marketing messages reached the ceiling of this contact's tier.", _CAPS,
    ),
    Reason(
        SLOT_RESERVED, "留给优先的活动", "Left to a campaign that goes first",
        "再发一条，排在前面的活动就轮不到这位客户了（频次上限），所以这个名额留给它。",
        "One more message, and a campaign that ranks higher could no longer reach this person within the ceilings; "
        "so the slot is left to it.", _RANKS,
    ),
    Reason(
        TEXT_BLOCKED, "个人文本不合规", "Own text not allowed",
        "该客户的姓名或属性填进短信后，出现了不能发送的内容（禁用词、链接或没有凭证的说法），所以没有列入。请在客户资料里改正。",
        "With this contact's own values the text says what may not be sent (a forbidden word, a link, a claim without "
        "proof), so it was not planned. Correct the contact's data.", _SCREENING,
    ),
    Reason(
        TEXT_NOT_FILED, "文本与报备模板不符", "Text not filed",
        "这个通道只按报备过的模板发送，而该客户的短信与任何一个生效的模板都对不上（或模板没有编号），所以没有发出，也没有改成别的文本。",
        "This channel sends by filed templates only, and this contact's text is none that is in force (or that has the "
        "vendor's number); it was not sent, and nothing else was sent instead.",
        "云通信厂商按模板编号和变量下发",
    ),
    Reason(
        TOO_LATE, "超过截止时间", "Too late",
        "发送时段在轮到它之前结束了。", "The send windows ended before its turn.", "",
    ),
    Reason(
        STOPPED, "活动已停止", "Campaign stopped",
        "轮到它之前活动被停止。", "The campaign was stopped before its turn.", "",
    ),
    Reason(
        UNSENDABLE, "无法编码或解封", "Cannot be sent",
        "号码或正文无法解封，或正文无法编码。", "Number or text could not be unsealed or encoded.", "",
    ),
    Reason(
        MERGED, "已并入另一位客户", "Merged into another contact",
        "计划之后，这条资料与另一位客户合并：不再按原资料发送，同一个人也不会收到第二条。",
        "After planning this record was merged with another contact's: it is no longer written to by itself, and "
        "one person is not written to twice.", "",
    ),
)  # fmt: skip

REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL}
"""Every reason by its code, in the order in which reports list them."""


def suppressed_by(reason: str) -> str:
    """The code for a suppression's reason (consent.SuppressionReason); an opt-out is `opted_out`."""
    if reason == "opt_out":
        return OPTED_OUT
    code = SUPPRESSED + reason
    return code if code in REASONS else SUPPRESSED_OTHER


def reason_name(code: str, language: str = "zh") -> str:
    """The short name; a code nobody named is shown as it is."""
    reason = REASONS.get(code)
    if reason is None:
        return code
    return reason.name_en if language.startswith("en") else reason.name


def reason_sentence(code: str, language: str = "zh") -> str:
    """One sentence of explanation; empty for a code nobody named."""
    reason = REASONS.get(code)
    if reason is None:
        return ""
    return reason.sentence_en if language.startswith("en") else reason.sentence


def reason_source(code: str, language: str = "zh") -> str:
    """Where the rule comes from; empty for a rule that needs no source and for a code nobody named."""
    reason = REASONS.get(code)
    if reason is None:
        return ""
    return _SOURCES_EN.get(reason.source, reason.source) if language.startswith("en") else reason.source
