"""What is wrong with a file of codes, place by place, and what may stand there instead."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.codes.book import classes
from xinfeng.channels.codes.own import CARRIERS, KINDS, UNOFFERED
from xinfeng.channels.codes.shapes import Phase
from xinfeng.console.codes.shown import language
from xinfeng.console.components.parts import Text
from xinfeng.kernel.errors import InvalidInput

MOST_TOLD = 50
"""Faults of one file that are spelled out; a file that is wrong in every line is wrong in one way."""

FAULTS: dict[str, Text] = {
    "missing": _("请填写。"),
    "too_short": _("至少要有一个确定的字符。"),
    "too_long": _("太长了。"),
    "not_ascii": _("只能用英文字母、数字和符号，不能有空格。"),
    "not_text": _("请填文字。"),
    "unknown": _("不是可以选择的值。"),
    "by_category": _("由类别（category）决定，不能另外填。"),
}


def choices(name: str) -> list[str]:
    """What a column may say, each with its words where it has some; nothing for a column of free text."""
    match name:
        case "kind":
            return list(KINDS)
        case "phase":
            return [str(one) for one in Phase]
        case "category":
            return [
                f"{key} {one.words(language())}" for key, one in classes().items() if key not in UNOFFERED
            ]
        case "carrier":
            return [one for one in CARRIERS if one]
        case _:
            return []


def told(fault: InvalidInput) -> list[str]:
    """A line for each fault of a file, in the active language, and then what the columns at fault may say."""
    if fault.code == "code.file":
        return _unreadable(fault)
    faults: dict[str, str] = fault.params.get("faults", {})
    given: dict[str, str] = fault.params.get("given", {})
    lines = []
    for place, code in list(faults.items())[:MOST_TOLD]:
        where, _blank, name = place.rpartition(" ")
        line = _where(where) + f"{name}: "
        if given.get(place):
            line += f"“{given[place]}” "
        lines.append(line + str(FAULTS.get(code, code)))
    if (more := len(faults) - MOST_TOLD) > 0:
        lines.append(gettext("还有 %(n)s 处。") % {"n": more})
    unknown = [place.rpartition(" ")[2] for place, code in faults.items() if code == "unknown"]
    return lines + _allowed(list(dict.fromkeys(unknown)))


def _unreadable(fault: InvalidInput) -> list[str]:
    match fault.params.get("why"):
        case "code":
            return [_where(str(fault.params["line"])) + f"code: {FAULTS['unknown']}"]
        case "toml":
            return [f"TOML: {fault.params['detail']}", *_allowed(["phase", "category"])]
        case "csv":
            return [_where(str(fault.params["line"])) + f"CSV: {fault.params['detail']}"]
        case _:
            return []


def _where(place: str) -> str:
    if not place:
        return ""
    if place.isdecimal():
        return gettext("第 %(n)s 行") % {"n": place} + " · "
    return f"{place} · "


def _allowed(names: list[str]) -> list[str]:
    return [
        gettext("%(name)s 可以填：%(choices)s") % {"name": name, "choices": ", ".join(found)}
        for name in names
        if (found := choices(name))
    ]
