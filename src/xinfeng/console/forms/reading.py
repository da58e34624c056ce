"""From the builder's inputs to a design in its JSON form. What cannot be read stays as typed, for `design.read` to
refuse with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from xinfeng.forms.design import GENDERS, LANGUAGES, PROFILE, to_json
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.money import fen_from_yuan

MOST_ROWS = 60
PPM_PER_PERCENT = 10_000
_ROW = re.compile(r"(fields|boxes|prizes)-([0-9]{1,2})-")
__all__ = ["GENDERS", "percent_of", "read_design", "to_json"]


def read_design(given: QueryDict) -> dict[str, Any]:
    """The JSON form as the inputs state it."""
    return {
        "title": _words(given, "title"),
        "intro": _words(given, "intro"),
        "button": _words(given, "button"),
        "success": _words(given, "success"),
        "help_text": _words(given, "help_text"),
        "fields": [_field(given, place) for place in _places(given, "fields")],
        "boxes": [_box(given, place) for place in _places(given, "boxes")],
        "languages": [one for one in LANGUAGES if one in given.getlist("languages")] or ["zh-hans"],
        "look": {
            "colour": given.get("look-colour", "#0f766e"),
            "mark": given.get("look-mark", ""),
            "cover": given.get("look-cover", "wind"),
        },
        "with_code": "with_code" in given,
        "incentive": {
            "lottery": given.get("incentive-mode") == "lottery",
            "only_for": given.get("incentive-only_for", ""),
            "prizes": []
            if given.get("incentive-mode") == "none"
            else [_prize(given, place) for place in _places(given, "prizes")],
        },
        "per_person": _whole(given.get("per_person", "1")),
        "at_most": _whole(given.get("at_most", "")),
        "opens_at": _moment(given.get("opens_at", "")),
        "closes_at": _moment(given.get("closes_at", "")),
        "privacy_url": given.get("privacy_url", "").strip(),
        "origins": [line.strip() for line in given.get("origins", "").splitlines() if line.strip()],
    }


def _places(given: QueryDict, group: str) -> list[str]:
    """`fields-3-` for every row there is, in the order of its `at`."""
    numbers = sorted({int(found[2]) for name in given if (found := _ROW.match(name)) and found[1] == group})
    return [f"{group}-{number}-" for number in numbers[:MOST_ROWS]]


def _words(given: Mapping[str, str], name: str) -> dict[str, str]:
    return {one: text for one in LANGUAGES if (text := given.get(f"{name}.{one}", "").strip())}


def _field(given: QueryDict, place: str) -> dict[str, Any]:
    key = given.get(f"{place}key", "")
    row: dict[str, Any] = {
        "key": key,
        "label": _words(given, f"{place}label"),
        "required": f"{place}required" in given,
    }
    if key not in ("phone", *PROFILE):
        row["kind"] = given.get(f"{place}kind", "text")
        row["sensitive"] = given.get(f"{place}sensitive", "") == "1"
        row["choices"] = _choices({one: given.get(f"{place}choices.{one}", "") for one in LANGUAGES})
    return row


def _choices(lines: Mapping[str, str]) -> list[dict[str, str]]:
    """One choice a line, the languages side by side."""
    columns = {
        one: [line.strip() for line in text.splitlines() if line.strip()] for one, text in lines.items()
    }
    longest = max(map(len, columns.values()))
    return [
        {one: column[at] for one, column in columns.items() if at < len(column)}
        for at in range(min(longest, 60))
    ]


def _box(given: QueryDict, place: str) -> dict[str, Any]:
    notices = {one: _whole(given.get(f"{place}notice.{one}", "")) for one in LANGUAGES}
    return {
        "purpose": given.get(f"{place}purpose", ""),
        "label": _words(given, f"{place}label"),
        "notices": {one: number for one, number in notices.items() if number is not None},
    }


def _prize(given: QueryDict, place: str) -> dict[str, Any]:
    kind = given.get(f"{place}kind", "")
    stock = _whole(given.get(f"{place}stock", ""))
    return {
        "key": given.get(f"{place}key", ""),
        "kind": kind,
        "name": _words(given, f"{place}name"),
        "odds_ppm": _ppm(given.get(f"{place}odds", "")),
        "stock": None if kind == "pool" else stock,
        "points": _whole(given.get(f"{place}points", "")) or 0,
        "prefix": given.get(f"{place}prefix", "").strip(),
        "value_fen": _fen(given.get(f"{place}value", "")),
        "how": _words(given, f"{place}how"),
    }


def _whole(text: str) -> Any:
    text = text.strip()
    if not text:
        return None
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII) else text


def _ppm(text: str) -> Any:
    text = text.strip().rstrip("%％")
    if not text:
        return 0
    try:
        ppm = Decimal(text) * PPM_PER_PERCENT
    except InvalidOperation:
        return text
    return int(ppm) if ppm.is_finite() and ppm == ppm.to_integral_value() else text


def percent_of(ppm: Any) -> str:
    """Chances in a million as people write them: `12.5`."""
    if not isinstance(ppm, int):
        return str(ppm)
    return format((Decimal(ppm) / PPM_PER_PERCENT).normalize(), "f")


def _fen(text: str) -> Any:
    if not text.strip():
        return 0
    try:
        return int(fen_from_yuan(text))
    except InvalidInput:
        return text


def _moment(text: str) -> str | None:
    """A local time of the enterprise, as `datetime-local` writes it."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=xinfeng_settings.load().zone)).isoformat()


def moved(rows: Sequence[Any], at: int, by: int) -> list[Any]:
    """The rows with one of them a place further up or down."""
    changed = list(rows)
    to = at + by
    if 0 <= at < len(changed) and 0 <= to < len(changed):
        changed[at], changed[to] = changed[to], changed[at]
    return changed
