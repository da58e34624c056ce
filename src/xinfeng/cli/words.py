"""Errors in words for the terminal: Chinese, then English."""

from __future__ import annotations

from django.utils import translation

from xinfeng.console.words import sentence as console_sentence
from xinfeng.kernel.errors import XinfengError


def sentence(error: XinfengError) -> str:
    """What happened, what was kept, what to do, in both languages."""
    with translation.override("zh-hans"):
        chinese = console_sentence(error)
    with translation.override("en"):
        return f"{chinese}\n{console_sentence(error)}"
