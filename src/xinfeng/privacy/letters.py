"""What is written back: a letter for each kind of request and each outcome, Chinese first. Pure.

A refusal gives its reason and article (PIPL, Art 50); every letter says whom one may turn to (Art 50 (2), 65).
The text is a draft: whoever answers may change it before the request is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from xinfeng.kernel.errors import InvalidInput
from xinfeng.privacy.models import Outcome, Refusal, RequestKind

LONGEST = 8_000
"""Characters of a letter."""


class Said(NamedTuple):
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind of data that the law makes us keep, and why."""

    label: Said
    because: Said


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter is written from. Dates are business days; `note` is what the person in charge adds."""

    reference: str
    kind: RequestKind
    outcome: Outcome
    name: str
    received_on: date
    written_on: date
    sender: str = ""
    hotline: str = ""
    refusal: str = ""
    note: str = ""
    fields: Sequence[str] = ()
    kept: Sequence[Kept] = ()
    export_until: date | None = None


ASKED: dict[RequestKind, Said] = {
    RequestKind.ACCESS: Said(
        "查阅我们持有的您的个人信息", "to see the personal information we hold about you"
    ),
    RequestKind.COPY: Said(
        "复制我们持有的您的个人信息", "for a copy of the personal information we hold about you"
    ),
    RequestKind.CORRECTION: Said(
        "更正、补充您的个人信息", "to correct or complete your personal information"
    ),
    RequestKind.ERASURE: Said("删除您的个人信息", "to erase your personal information"),
    RequestKind.PORTABILITY: Said(
        "将您的个人信息转移至您指定的处理者",
        "to have your personal information transferred to another controller",
    ),
    RequestKind.NO_MARKETING: Said("不再向您发送营销短信", "not to receive marketing messages any more"),
    RequestKind.NO_PERSONALISATION: Said(
        "不再针对您的个人特征进行营销", "not to be addressed on the basis of your profile any more"
    ),
    RequestKind.EXPLANATION: Said(
        "说明我们如何处理您的个人信息", "to explain how we handle your personal information"
    ),
}

DONE: dict[Outcome, Said] = {
    Outcome.PROVIDED: Said(
        "我们已核验您的身份，并备好了持有的全部个人信息。压缩包内有可直接打开、打印的网页（index.html），"
        "以及便于其他系统读取的数据文件（data.json）。",
        "We have verified your identity and prepared everything we hold about you. The archive contains a page that "
        "you can open and print (index.html) and a data file that other systems can read (data.json).",
    ),
    Outcome.NOTHING_HELD: Said(
        "我们用您提供的信息在系统中查找，没有找到与您有关的个人信息，因此没有可以提供、更正或删除的内容。",
        "We searched our system with what you gave us and found no personal information about you, so there is nothing "
        "to provide, correct or erase.",
    ),
    Outcome.CORRECTED: Said(
        "我们已按您的要求更正，从现在起以更正后的内容为准。",
        "We have made the correction; it is in force now.",
    ),
    Outcome.ERASED: Said(
        "我们已删除能够识别您的个人信息，并停止向您的号码发送任何短信。为了今后不再联系您，我们只保留您号码经密钥"
        "运算得到的一个值（不能还原成号码），以及您同意和撤回同意的记录编号与时间。",
        "We have erased the information that identifies you and stopped sending anything to your number. So that we never "
        "contact you again, we keep only a keyed hash of your number, from which the number cannot be read, and the bare "
        "entries of when you agreed and withdrew.",
    ),
    Outcome.SWITCHED_OFF: Said(
        "已经生效，不需要您再做什么。", "This is in force. There is nothing more you need to do."
    ),
    Outcome.EXPLAINED: Said("说明如下。", "Our explanation follows."),
    Outcome.REFUSED: Said(
        "很抱歉，我们不能按您的要求办理，原因如下。",
        "We are sorry that we cannot do what you asked, for this reason.",
    ),
}

SWITCHED: dict[RequestKind, Said] = {
    RequestKind.NO_MARKETING: Said(
        "我们不再向您的号码发送营销短信，不论使用哪个签名。订单、验证码等服务通知不受影响。",
        "We no longer send marketing messages to your number, under whatever signature. Service messages, such as order "
        "notices and codes, are not affected.",
    ),
    RequestKind.NO_PERSONALISATION: Said(
        "我们不再根据您的行为和特征对您分层、打标签、挑选内容。您仍可能收到不针对个人特征的短信；如果也不想收到，"
        "请告诉我们。",
        "We no longer use your behaviour and traits to sort, tag or select you. You may still get messages that are not "
        "based on them; tell us if you do not want those either.",
    ),
}

REFUSALS: dict[Refusal, Said] = {
    Refusal.IDENTITY: Said(
        "我们无法确认提出请求的是您本人（《网络数据安全管理条例》第二十五条；GB/T 35273-2020 第 8.7 条）。"
        "您可以换一种方式证明身份，再次提出。",
        "we could not make sure that it is you who asks (Network Data Security Regulation, Art 25; GB/T 35273-2020, 8.7). "
        "You may prove your identity in another way and ask again.",
    ),
    Refusal.SECRECY: Said(
        "法律、行政法规规定应当保密（《个人信息保护法》第十八条第一款、第四十五条第一款）。",
        "laws or administrative regulations demand secrecy (PIPL, Art 18 (1) and 45 (1)).",
    ),
    Refusal.OTHERS: Said(
        "会损害他人的合法权益（《网络数据安全管理条例》第二十五条；GB/T 35273-2020 第 8.7 条）。",
        "it would harm the rights of others (Network Data Security Regulation, Art 25; GB/T 35273-2020, 8.7).",
    ),
    Refusal.RETENTION: Said(
        "法律、行政法规规定的保存期限尚未届满。在此期间，除存储和必要的安全保护外，我们不做其他处理"
        "（《个人信息保护法》第四十七条第二款）。",
        "a retention period set by law has not ended. Until then we do nothing with the data but store and protect it "
        "(PIPL, Art 47 (2)).",
    ),
    Refusal.CONDITIONS: Said(
        "不符合转移的条件：转移的应当是您同意提供或基于合同收集的信息，技术上可行，且不损害他人合法权益"
        "（《网络数据安全管理条例》第二十五条）。您可以改为要求复制。",
        "the conditions for a transfer are not met: the data must be based on your consent or a contract, the transfer "
        "feasible and harmless to others (Network Data Security Regulation, Art 25). You may ask for a copy instead.",
    ),
}

_RIGHTS = Said(
    "答复不收取费用。如果您不满意，可以再与我们联系，也可以向网信、通信管理等部门投诉、举报，或者向人民法院起诉"
    "（《个人信息保护法》第五十条、第六十五条）。",
    "This answer is free of charge. If you are not satisfied, please contact us again; you may also complain to the "
    "cyberspace or telecommunications authorities or go to court (PIPL, Art 50 and 65).",
)


def draft(facts: Facts) -> str:
    """The letter in both languages, the Chinese above a line, the English below."""
    return "\n\n".join([*_chinese(facts), "— — —", *_english(facts)])


def check(text: str) -> str:
    """A letter as edited, tidied. Raises InvalidInput `request.letter` (longest) if empty or too long."""
    tidied = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if not tidied or len(tidied) > LONGEST:
        raise InvalidInput("request.letter", longest=LONGEST)
    return tidied


def _chinese(facts: Facts) -> list[str]:
    day = facts.received_on
    lines = [
        f"{facts.name or '尊敬的客户'}：您好！",
        f"您于 {day.year} 年 {day.month} 月 {day.day} 日要求{ASKED[facts.kind].zh}（编号 {facts.reference}）。"
        f"{DONE[facts.outcome].zh}",
    ]
    lines += [said.zh for said in _particulars(facts)]
    if facts.fields:
        lines.append(f"更正的项目：{'、'.join(facts.fields)}。")
    if facts.kept:
        lines.append("依法必须保留、除存储外不再作其他处理的有：")
        lines.append("\n".join(f"· {one.label.zh}：{one.because.zh}" for one in facts.kept))
    if facts.export_until:
        until = facts.export_until
        lines.append(f"文件保留到 {until.year} 年 {until.month} 月 {until.day} 日，之后自动删除。")
    if facts.note:
        lines.append(facts.note)
    lines.append(_RIGHTS.zh)
    written = f"{facts.written_on.year} 年 {facts.written_on.month} 月 {facts.written_on.day} 日"
    hotline = f"　电话 {facts.hotline}" if facts.hotline else ""
    lines.append("\n".join(part for part in (f"{facts.sender}{hotline}".strip(), written) if part))
    return lines


def _english(facts: Facts) -> list[str]:
    lines = [
        f"Dear {facts.name or 'customer'},",
        f"On {facts.received_on.isoformat()} you asked {ASKED[facts.kind].en} (reference {facts.reference}). "
        f"{DONE[facts.outcome].en}",
    ]
    lines += [said.en[:1].upper() + said.en[1:] for said in _particulars(facts)]
    if facts.fields:
        lines.append(f"Corrected: {', '.join(facts.fields)}.")
    if facts.kept:
        lines.append("The law makes us keep the following; it is stored and not used in any other way:")
        lines.append("\n".join(f"· {one.label.en}: {one.because.en}" for one in facts.kept))
    if facts.export_until:
        lines.append(f"The file is kept until {facts.export_until.isoformat()} and then removed.")
    if facts.note:
        lines.append(facts.note)
    lines.append(_RIGHTS.en)
    hotline = f", phone {facts.hotline}" if facts.hotline else ""
    written = facts.written_on.isoformat()
    lines.append("\n".join(part for part in (f"{facts.sender}{hotline}".strip(", "), written) if part))
    return lines


def _particulars(facts: Facts) -> list[Said]:
    if facts.outcome is Outcome.REFUSED:
        return [REFUSALS[Refusal(facts.refusal)]]
    if facts.outcome is Outcome.SWITCHED_OFF:
        return [SWITCHED[facts.kind]]
    return []
