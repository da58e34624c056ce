"""Kernel errors in the reader's language: what happened, what was kept, what to do.

One entry a code, Chinese and English side by side so that neither is forgotten; `{name}` is a parameter of the
error. A code without an entry gets an honest general sentence that names the code.
"""

from __future__ import annotations

from string import Formatter
from typing import Any, TypeVar

from django.utils.translation import get_language

from xinfeng.console.sentences import (
    Words,
    audience,
    cards,
    codes,
    complaints,
    consents,
    content,
    filings,
    forms,
    house,
    inspection,
    integrations,
    library,
    numbers,
    operation,
    people,
    pressure,
    privacy,
    rehearsal,
    review,
    rich,
    routes,
    safety,
    screening,
    segments,
    sending,
    tiers,
    vendors,
    wires,
)
from xinfeng.kernel.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    ProviderFailure,
    RefusedByPolicy,
    XinfengError,
)
from xinfeng.policy.reasons import reason_name

T = TypeVar("T")


SENTENCES: dict[str, Words] = {
    **audience.SENTENCES,
    **codes.SENTENCES,
    **complaints.SENTENCES,
    **consents.SENTENCES,
    **content.SENTENCES,
    **filings.SENTENCES,
    **forms.SENTENCES,
    **house.SENTENCES,
    **inspection.SENTENCES,
    **integrations.SENTENCES,
    **library.SENTENCES,
    **numbers.SENTENCES,
    **operation.SENTENCES,
    **people.SENTENCES,
    **pressure.SENTENCES,
    **privacy.SENTENCES,
    **rehearsal.SENTENCES,
    **screening.SENTENCES,
    **review.SENTENCES,
    **rich.SENTENCES,
    **safety.SENTENCES,
    **segments.SENTENCES,
    **sending.SENTENCES,
    **tiers.SENTENCES,
    **routes.SENTENCES,
    **cards.SENTENCES,
    **vendors.SENTENCES,
    **wires.SENTENCES,
    "permission.missing": Words(
        "您的角色没有这项权限（{permission}）。什么都没有改变。需要时请管理员在“设置”里调整您的角色。",
        "Your role does not include this permission ({permission}). Nothing was changed. "
        "If you need it, ask an administrator to change your role under Settings.",
    ),
    "money.unreadable": Words(
        "看不懂这个金额：“{text}”。什么都没有保存。请写成 12.50 这样的元，最多两位小数。",
        "“{text}” is not an amount we can read. Nothing was saved. Write yuan such as 12.50, at most two decimals.",
    ),
    "user.exists": Words(
        "用户名“{username}”已经有人用了。没有新建。请换一个用户名。",
        "The username “{username}” is taken. Nothing was created. Choose another.",
    ),
    "user.last_administrator": Words(
        "这是最后一位管理员，不能停用或改为其他角色。什么都没有改变。请先让另一位同事成为管理员。",
        "This is the last administrator and cannot be switched off or given another role. Nothing was changed. "
        "Make somebody else administrator first.",
    ),
    "user.role": Words(
        "没有“{role}”这个角色。什么都没有改变。可以选：{known}。",
        "There is no role “{role}”. Nothing was changed. Choose one of: {known}.",
    ),
    "user.username": Words(
        "用户名“{username}”不能用：{reasons} 没有新建。",
        "The username “{username}” cannot be used: {reasons} Nothing was created.",
    ),
    "phone.empty": Words("没有填手机号。什么都没有保存。", "No phone number was given. Nothing was saved."),
    "phone.unreadable": Words(
        "这不是一个能收短信的中国大陆手机号。什么都没有保存。请核对 11 位数字。",
        "This is not a mainland mobile number that can get messages. Nothing was saved. Check the 11 digits.",
    ),
    "phone.iot": Words(
        "这是物联网号码，收不到营销短信。什么都没有保存。",
        "This is an internet-of-things number and cannot get marketing messages. Nothing was saved.",
    ),
    "text.too_long": Words(
        "短信太长：需要 {parts} 条。内容没有保存。请缩短后再试。",
        "The message is too long: {parts} parts. It was not saved. Shorten it and try again.",
    ),
    "text.unencodable": Words(
        "有的字符不能用 {encoding} 编码发送。内容没有保存。请换掉这些字符。",
        "Some characters cannot be sent in {encoding}. The text was not saved. Replace them.",
    ),
    "vault.key_missing": Words(
        "缺少密钥 {key_id}，不能打开加密的内容。数据都还在。请管理员放回密钥文件。",
        "Key {key_id} is missing, so sealed content cannot be opened. All data is still there. "
        "An administrator must put the key file back.",
    ),
    "vault.unreadable": Words(
        "有一项加密的内容打不开，可能被改动过。其他数据不受影响。请告诉管理员。",
        "A sealed item cannot be opened; it may have been tampered with. Other data is not affected. "
        "Tell an administrator.",
    ),
    "user.unknown": Words(
        "没有叫“{username}”的用户。什么都没有改变。请在用户列表里核对。",
        "There is no user called “{username}”. Nothing was changed. Check the list of users.",
    ),
    "request.filter": Words(
        "“{name}”的值不在可以选择的范围里。什么都没有改变。请返回，重新选择。",
        "The value of “{name}” is not one of the choices. Nothing was changed. Go back and choose again.",
    ),
    "request.page": Words(
        "地址里的页码看不懂。什么都没有改变。请回到第一页。",
        "The page number in the address cannot be read. Nothing was changed. Go back to the first page.",
    ),
}

GENERAL: dict[type[XinfengError], Words] = {
    InvalidInput: Words(
        "输入的内容不能接受（代码 {code}）。什么都没有改变。请检查后再试；如果不清楚原因，把这个代码告诉管理员。",
        "What was entered cannot be taken (code {code}). Nothing was changed. Check it and try again; "
        "if the reason is unclear, tell an administrator this code.",
    ),
    NotFound: Words(
        "没有找到要看的内容（代码 {code}）。它可能已被删除，或者您没有权限看到。",
        "What you asked for was not found (code {code}). It may have been removed, or you may not see it.",
    ),
    NotAllowed: Words(
        "您不能这样做（代码 {code}）。什么都没有改变。",
        "You may not do this (code {code}). Nothing was changed.",
    ),
    Conflict: Words(
        "现在不能这样做：状态已经变了，或者别人先做了一步（代码 {code}）。什么都没有改变。请刷新后再看。",
        "This cannot be done now: the state has changed, or somebody was faster (code {code}). "
        "Nothing was changed. Reload and look again.",
    ),
    RefusedByPolicy: Words(
        "没有发：{reason}。没有发出任何短信。",
        "Not sent: {reason}. No message has left.",
    ),
    ProviderFailure: Words(
        "运营商或服务商那边没有成功（代码 {code}）。已经收到的内容都保留着。",
        "The carrier or provider did not succeed (code {code}). What had been received is kept.",
    ),
    XinfengError: Words(
        "没有完成（代码 {code}）。请把这个代码告诉管理员。",
        "This was not completed (code {code}). Tell an administrator this code.",
    ),
}

STATUS: dict[type[XinfengError], int] = {
    InvalidInput: 400,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    RefusedByPolicy: 409,
    ProviderFailure: 502,
    XinfengError: 500,
}


class _Params(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def sentence(error: XinfengError) -> str:
    """The message for a person, in the active language."""
    words = SENTENCES.get(error.code) or _by_family(GENERAL, error)
    text = words.en if (get_language() or "").startswith("en") else words.zh
    return Formatter().vformat(text, (), _params(error))


def _params(error: XinfengError) -> _Params:
    """As people read them: lists with commas, positions counted from one (`place`)."""
    comma = ", " if (get_language() or "").startswith("en") else "、"
    shown = _Params(
        {
            name: comma.join(map(str, value)) if isinstance(value, list | tuple) else value
            for name, value in error.params.items()
        },
        code=error.code,
    )
    if isinstance(error, RefusedByPolicy):
        shown["reason"] = reason_name(error.code, get_language() or "zh")
    position = error.params.get("position")
    if isinstance(position, int):
        shown["place"] = position + 1
    return shown


def status(error: XinfengError) -> int:
    """The HTTP status of the error's family."""
    return _by_family(STATUS, error)


def _by_family(table: dict[type[XinfengError], T], error: XinfengError) -> T:
    return next(table[family] for family in type(error).__mro__ if family in table)
