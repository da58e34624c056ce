"""Whether a form may be published: faults stop it, remarks are told. Pure, but for what `Known` says there is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from xinfeng.forms.design import MILLION, PHONE, Design, Field, FieldKind, PurposeBox, Words
from xinfeng.kernel.purposes import sensitive_purpose


class Finding(NamedTuple):
    """What is wrong, or worth knowing; `where` is a path in the design."""

    code: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class KnownAttribute:
    kind: str
    sensitive: bool


@dataclass(frozen=True, slots=True)
class KnownNotice:
    purpose: str
    effective_at: datetime
    outdated: bool
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of the house has: attributes by key, notices by id, codes in each pool by the prize's key.

    `codes_ready`: a channel and a signature for codes are set and in use.
    """

    attributes: Mapping[str, KnownAttribute]
    notices: Mapping[int, KnownNotice]
    pools: Mapping[str, int]
    codes_ready: bool


def faults(design: Design, known: Known, *, now: datetime) -> list[Finding]:
    """What has to be put right first."""
    return [
        *_texts(design),
        *_fields(design, known),
        *_boxes(design, known, now),
        *_incentive(design, known),
        *_times(design, now),
        *([Finding("codes_not_ready")] if design.with_code and not known.codes_ready else []),
    ]


def _missing(words: Words, languages: tuple[str, ...]) -> bool:
    return any(not words.get(language) for language in languages)


def _texts(design: Design) -> Iterator[Finding]:
    if _missing(design.title, design.languages):
        yield Finding("no_title", "title")


def _fields(design: Design, known: Known) -> Iterator[Finding]:
    if design.field(PHONE) is None:
        yield Finding("no_phone", "fields")
    for at, one in enumerate(design.fields):
        yield from _field(one, f"fields.{at}", design, known)


def _field(one: Field, where: str, design: Design, known: Known) -> Iterator[Finding]:
    asked = one.key.startswith(("attr_", "q_"))
    if asked and _missing(one.label, design.languages):
        yield Finding("no_label", where)
    chosen = asked and one.kind in (FieldKind.CHOICE, FieldKind.CHOICES)
    if chosen and (not one.choices or any(_missing(choice, design.languages) for choice in one.choices)):
        yield Finding("no_choices", where)
    if one.attribute is None:
        return
    attribute = known.attributes.get(one.attribute)
    if attribute is None:
        yield Finding("unknown_attribute", where)
    elif attribute.kind != one.kind.value:
        yield Finding("attribute_kind", where)
    elif attribute.sensitive != one.sensitive:
        yield Finding("attribute_sensitive", where)
    elif one.sensitive and design.box(sensitive_purpose(one.attribute)) is None:
        yield Finding("sensitive_without_box", where)


def _boxes(design: Design, known: Known, now: datetime) -> Iterator[Finding]:
    for at, box in enumerate(design.boxes):
        where = f"boxes.{at}"
        if _missing(box.label, design.languages):
            yield Finding("no_box_label", where)
        for language in design.languages:
            yield from _notice(box, language, where, known, now)


def _notice(box: PurposeBox, language: str, where: str, known: Known, now: datetime) -> Iterator[Finding]:
    notice = known.notices.get(box.notices.get(language, 0))
    if notice is None:
        yield Finding("no_notice", where)
    elif notice.purpose != box.purpose:
        yield Finding("notice_purpose", where)
    elif notice.outdated or notice.effective_at > now:
        yield Finding("notice_not_in_force", where)


def _incentive(design: Design, known: Known) -> Iterator[Finding]:
    incentive = design.incentive
    if incentive.lottery and not 0 < incentive.odds_sum_ppm <= MILLION:
        yield Finding("odds", "incentive")
    if not incentive.lottery and len(incentive.prizes) > 1:
        yield Finding("one_incentive", "incentive")
    if incentive.only_for and design.box(incentive.only_for) is None:
        yield Finding("only_for_without_box", "incentive")
    for at, prize in enumerate(incentive.prizes):
        where = f"incentive.prizes.{at}"
        if _missing(prize.name, design.languages):
            yield Finding("no_prize_name", where)
        if prize.kind == "points" and not prize.points:
            yield Finding("no_points", where)
        if prize.kind == "pool" and not known.pools.get(prize.key):
            yield Finding("no_coupons", where)


def _times(design: Design, now: datetime) -> Iterator[Finding]:
    if design.closes_at and design.closes_at <= now:
        yield Finding("closes_in_past", "closes_at")
    elif design.opens_at and design.closes_at and design.opens_at >= design.closes_at:
        yield Finding("opens_after_closing", "opens_at")


SOURCES = {
    "only_for": "个人信息保护法 第14、16条",
    "incentive_without_code": "",
    "without_code": "",
    "notice_frequency": "通信短信息服务管理规定：征求同意时须说明类型、频次和期限",
    "notice_duration": "通信短信息服务管理规定：征求同意时须说明类型、频次和期限",
    "notice_withdrawal": "个人信息保护法 第15、17条",
    "notice_contact": "个人信息保护法 第17条",
    "no_privacy_link": "个人信息保护法 第17条",
    "no_boxes": "",
}
"""Where a remark comes from, where a rule is behind it."""

_FREQUENCY = re.compile(
    r"每[天日周月季年]|一[天周月年]|频[次率]|per (?:day|week|month|year)|a (?:week|month)|frequen", re.I
)
_DURATION = re.compile(
    r"期限|有效期|[0-9一二三四五六七八九十]+ ?[个]?[天月年]|直[到至]|until|as long as|months?|years?", re.I
)
_WITHDRAWAL = re.compile(r"退订|撤回|拒收|opt.?out|withdraw|unsubscribe", re.I)
_CONTACT = re.compile(r"电话|邮箱|联系|地址|@|contact|phone|e-?mail", re.I)


def remarks(design: Design, known: Known) -> list[Finding]:
    """What is allowed, but should be known to whoever publishes it. Whether a notice says how often, how long, how
    to withdraw and whom to turn to is looked for by words; only a person can tell for sure."""
    found = []
    if design.incentive.only_for:
        found.append(Finding("only_for", "incentive"))
    if design.incentive.prizes and not design.with_code:
        found.append(Finding("incentive_without_code", "incentive"))
    if design.boxes and not design.with_code:
        found.append(Finding("without_code", "with_code"))
    if not design.boxes:
        found.append(Finding("no_boxes", "boxes"))
    if not design.privacy_url:
        found.append(Finding("no_privacy_link", "privacy_url"))
    for at, box in enumerate(design.boxes):
        texts = [known.notices[one].text for one in box.notices.values() if one in known.notices]
        checks = [("notice_withdrawal", _WITHDRAWAL), ("notice_contact", _CONTACT)]
        if box.purpose == "marketing":
            checks += [("notice_frequency", _FREQUENCY), ("notice_duration", _DURATION)]
        found += [
            Finding(code, f"boxes.{at}")
            for code, words in checks
            if any(not words.search(text) for text in texts)
        ]
    return found
