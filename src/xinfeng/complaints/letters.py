"""The draft of an answer: what was sent when, on which consent, and what was done about it. Pure.

Written by a person in the end: the draft holds only what is known, and says so where nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

COMPLAINANT, CARRIER = "complainant", "carrier"


@dataclass(frozen=True, slots=True)
class Proof:
    """The ledger entry the message was sent on."""

    seq: int
    at: datetime
    source: str
    evidence: str
    notice: str


@dataclass(frozen=True, slots=True)
class Case:
    """What a letter may say. `sent_at` is None where no message of ours was found."""

    reference: str
    source_reference: str
    phone: str
    complained_at: datetime
    suppressed_at: datetime | None
    sent_at: datetime | None = None
    signature: str = ""
    message_id: int | None = None
    campaign: str = ""
    proof: Proof | None = None


def draft(case: Case, *, to: str, zone: ZoneInfo, english: bool = False) -> str:
    """To the complainant, or to the carrier (vendor, 12321, regulator) that passed the complaint on."""
    return (_english if english else _chinese)(case, to, zone)


def _chinese(case: Case, to: str, zone: ZoneInfo) -> str:
    day = _day(case.complained_at, zone)
    lines = []
    if to == CARRIER:
        number = f"（编号 {case.source_reference}）" if case.source_reference else ""
        lines.append(
            f"关于用户 {case.phone} 于 {day} 的投诉{number}，核查情况如下（我方编号 {case.reference}）："
        )
    else:
        lines.append(f"您好，您于 {day} 的投诉我们已经核查（编号 {case.reference}）：")
    if case.sent_at is None:
        lines.append("一、在投诉之前的时段内，没有查到我方向该号码发送的营销短信。")
    else:
        signed = f"【{case.signature}】" if case.signature else ""
        lines.append(
            f"一、{_at(case.sent_at, zone)}，我方以签名{signed}向该号码发送过一条营销短信（消息 {case.message_id}）。"
        )
    if case.proof is not None:
        notice = f"，告知版本“{case.proof.notice}”" if case.proof.notice else ""
        lines.append(
            f"二、发送依据是 {_at(case.proof.at, zone)} 取得的同意（来源 {case.proof.source}{notice}，账本第 "
            f"{case.proof.seq} 条）。凭证可随函提供。"
        )
    elif case.sent_at is not None:
        lines.append("二、没有查到这条短信对应的同意凭证，我方正在核查。")
    if case.suppressed_at is not None:
        done = f"三、{_at(case.suppressed_at, zone)} 登记投诉的同时，已停止以任何签名向该号码发送营销短信；"
        lines.append(done + "订单、验证码等服务短信不受影响。")
    lines.append("由此带来的打扰，我们深表歉意。" if to == COMPLAINANT else "特此说明。")
    return "\n".join(lines)


def _english(case: Case, to: str, zone: ZoneInfo) -> str:
    day = _day(case.complained_at, zone)
    lines = []
    if to == CARRIER:
        number = f" (your reference {case.source_reference})" if case.source_reference else ""
        lines.append(
            f"On the complaint of {case.phone} of {day}{number}, we found the following (our reference "
            f"{case.reference}):"
        )
    else:
        lines.append(f"We have looked into your complaint of {day} (reference {case.reference}):")
    if case.sent_at is None:
        lines.append("1. We found no marketing message of ours to this number in the days before.")
    else:
        signed = f" signed 【{case.signature}】" if case.signature else ""
        lines.append(
            f"1. On {_at(case.sent_at, zone)} we sent one marketing message{signed} (message {case.message_id})."
        )
    if case.proof is not None:
        notice = f", notice “{case.proof.notice}”" if case.proof.notice else ""
        lines.append(
            f"2. It was sent on the consent given on {_at(case.proof.at, zone)} (source {case.proof.source}{notice}, "
            f"ledger entry {case.proof.seq}). The proof can be enclosed."
        )
    elif case.sent_at is not None:
        lines.append("2. We found no proof of consent for this message and are looking into it.")
    if case.suppressed_at is not None:
        lines.append(
            f"3. When the complaint was taken in, on {_at(case.suppressed_at, zone)}, all marketing to this number "
            "ended, whatever the signature; orders and codes still arrive."
        )
    lines.append("We are sorry for the disturbance." if to == COMPLAINANT else "For your information.")
    return "\n".join(lines)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"


def _at(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
