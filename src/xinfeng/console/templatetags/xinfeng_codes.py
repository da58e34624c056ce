"""Carriers' codes in templates: `{% load xinfeng_codes %}{% carrier_code "MK:0001" kind=channel.kind %}`."""

from __future__ import annotations

from typing import Any

from django import template

from xinfeng.console.codes.shown import ShownCode, language
from xinfeng.insights.words import carrier_code as read_code
from xinfeng.insights.words import code_name

register = template.Library()


@register.inclusion_tag("codes/code.html")
def carrier_code(code: str | None, kind: str = "", *, full: bool = False) -> dict[str, Any]:
    """A code in mono with its meaning and whose side it is on; `full` adds what was done. Codes of our own (a gate's
    reason, `timeout`) get their words only."""
    info = read_code(code, kind)
    return {
        "code": code,
        "shown": ShownCode(info) if info else None,
        "name": code_name(code, language(), kind) if info is None else "",
        "full": full,
    }
