"""Why a row was not taken, in words. Codes are stable; they are stored with the row."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

_WORDS: dict[str, tuple[str, str]] = {
    "phone.empty": ("手机号是空的", "The phone number is empty"),
    "phone.unreadable": ("看不懂这个手机号", "This is not a phone number we can read"),
    "phone.masked": (
        "号码里有星号，不完整；请导出完整的号码",
        "The number is masked; export whole numbers",
    ),
    "phone.rounded": (
        "表格软件把号码变成了科学计数，后几位丢了；请把这一列设为文本再导出",
        "A spreadsheet rounded this number and its last digits are lost; make the column text and export again",
    ),
    "phone.iot": ("这是物联网号码，不能接收短信营销", "This is a machine-to-machine number; nobody reads it"),
    "phone.not_mainland_mobile": ("不是中国大陆手机号", "Not a mainland China mobile number"),
    "contact.unidentified": ("没有手机号，也没有会员号", "Neither a phone number nor a member id"),
    "contact.conflict": (
        "手机号属于一位客户，会员号属于另一位",
        "The phone number is one customer's and the member id another's",
    ),
    "contact.erased": (
        "本人要求删除过个人信息，不能再从文件导入",
        "This person's data was erased on request; a file cannot bring it back",
    ),
    "partner.no_proof": (
        "合作方数据，这一行没有授权凭证",
        "Passed on by a partner, but the row has no proof of consent",
    ),
    "consent.evidence_identifies": (
        "授权凭证里有号码或邮箱；请只写凭证编号",
        "The evidence holds a phone, card number or e-mail; give a reference only",
    ),
    "birthday.unreadable": ("看不懂这个生日", "This is not a date of birth we can read"),
    "birthday.in_future": ("生日在将来", "The date of birth lies in the future"),
    "birthday.too_old": ("生日太早了", "The date of birth is too long ago"),
    "gender.unreadable": ("看不懂这个性别", "This is not a gender we can read"),
    "language.unreadable": ("不认识这种语言", "This is not a language we know"),
    "date.unreadable": ("看不懂这个日期", "This is not a date we can read"),
    "time.unreadable": ("看不懂这个时间", "This is not a time we can read"),
    "time.in_future": ("时间在将来", "The time lies in the future"),
    "number.unreadable": ("这不是数字", "This is not a number"),
    "bool.unreadable": ("这里要写“是”或“否”", "This must be yes or no"),
    "opt_out.unreadable": (
        "看不懂这个人有没有退订；请写“是”“否”或退订时间",
        "It cannot be told whether this person opted out; write yes, no or when",
    ),
    "money.unreadable": ("看不懂这个金额", "This is not an amount we can read"),
    "attribute.not_a_choice": ("不在可选项里", "Not one of the choices"),
    "attribute.too_long": ("太长了，最多 {longest} 字", "Too long: at most {longest} characters"),
    "tags.too_long": ("标签太长，最多 {longest} 字", "A tag is too long: at most {longest} characters"),
    "tags.too_many": ("标签太多，最多 {at_most} 个", "Too many tags: at most {at_most}"),
    "cell.too_long": ("太长了，最多 {longest} 字", "Too long: at most {longest} characters"),
    "consent.incomplete": (
        "授权信息不完整：缺 {missing}",
        "The claim of consent is incomplete: {missing} missing",
    ),
    "consent.time_in_future": ("授权时间在将来", "The time of consent lies in the future"),
    "consent.too_long": (
        "授权信息太长，最多 {longest} 字",
        "The claim of consent is too long: at most {longest}",
    ),
    "consent.notice_unknown": ("没有登记过这个告知版本", "No notice of this version has been published"),
    "event.incomplete": ("缺少{missing}", "{missing} is missing"),
    "event.kind_unknown": ("不认识这种行为", "This is not a kind of event we know"),
    "event.contact_unknown": ("没有这位客户，请先导入客户", "No such customer; import the customers first"),
    "row.too_many_cells": (
        "这一行有 {cells} 格，比表头的 {columns} 列多",
        "{cells} cells, but the header has {columns}",
    ),
    "row.too_long": ("这一行太长，没有读", "The row is too long to be read"),
    "row.quotes": ("引号没有成对", "The quotes do not pair"),
    "row.nul": ("含有空字符（NUL）", "Contains NUL characters"),
    "row.damaged": ("编码损坏，有的字读不出来", "The encoding is damaged; some characters cannot be read"),
}

_SUMMARIES: dict[str, tuple[str, str]] = {
    "attribute.too_long": ("属性的值太长", "The value of an attribute is too long"),
    "tags.too_long": ("标签太长", "A tag is too long"),
    "tags.too_many": ("标签太多", "Too many tags"),
    "cell.too_long": ("单元格太长", "A cell is too long"),
    "consent.incomplete": ("授权信息不完整", "The claim of consent is incomplete"),
    "consent.too_long": ("授权信息太长", "The claim of consent is too long"),
    "event.incomplete": ("缺少必需的内容", "Something required is missing"),
    "row.too_many_cells": ("格数比表头的列多", "More cells than the header has columns"),
}
"""The reasons that name something of their row, said of many rows."""

_FIELDS = {
    "consent_at": ("授权时间", "time"),
    "consent_source": ("授权来源", "source"),
    "consent_evidence": ("授权凭证", "evidence"),
    "consent_notice": ("告知版本", "notice"),
    "opted_out": ("已退订", "opted out"),
    "kind": ("行为类型", "kind"),
    "at": ("时间", "time"),
}

CODES = frozenset(_WORDS)


def in_words(code: str, params: Mapping[str, Any], *, language: str) -> str:
    """The reason for a reader of `language` (`zh-hans` or `en`), with the column it is about."""
    english = language.startswith("en")
    words = _WORDS.get(code, (f"没有通过（{code}）", f"Not taken ({code})"))[english]
    given = {name: _name(value, english) for name, value in params.items()}
    sentence = Formatter().vformat(words, (), _Given(given))
    column = params.get("column")
    if not column:
        return sentence
    return f"{column}: {sentence}" if english else f"{column}：{sentence}"


def in_summary(code: str, *, language: str) -> str:
    """The reason as it is said of many rows, without what differs from row to row."""
    if code in _SUMMARIES:
        return _SUMMARIES[code][language.startswith("en")]
    return in_words(code, {}, language=language)


class _Given(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def _name(value: Any, english: bool) -> str:
    if isinstance(value, list):
        return (", " if english else "、").join(_name(one, english) for one in value)
    return _FIELDS[value][english] if value in _FIELDS else str(value)
