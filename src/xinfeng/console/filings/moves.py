"""Moving one filing on from its page: what is typed in the dialogs, for every kind of filing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest

from xinfeng.filings.days import business_day_of
from xinfeng.filings.lifecycle import Move, moves_from
from xinfeng.filings.models import Filing
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now


def today() -> date:
    return business_day_of(utc_now())


def actor_of(request: HttpRequest) -> str:
    return str(request.user.get_username())


def move_in(request: HttpRequest) -> Move:
    """Raises InvalidInput `filing.state` for what is no move."""
    try:
        return Move(request.POST.get("move", ""))
    except ValueError:
        raise InvalidInput("filing.state") from None


def day_in(request: HttpRequest, name: str) -> date | None:
    """A day that was typed; None when the field was left empty. Raises InvalidInput `filing.days` (last)."""
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("filing.days", last=text[:20]) from None


def ids_in(request: HttpRequest, name: str) -> list[int]:
    """Numbers joined by commas, as the lists' boxes send them; what is no number is left out."""
    texts = [one for value in request.POST.getlist(name) for one in value.split(",")]
    return [int(one) for one in texts if one.isascii() and one.isdigit() and len(one) < 19]


def particulars(request: HttpRequest) -> dict[str, Any]:
    """Number and reason."""
    return {"number": request.POST.get("number", ""), "reason": request.POST.get("reason", "")}


def possible(filing: Filing, day: date) -> set[str]:
    """The moves that its page offers."""
    return {str(move) for move in moves_from(filing.state_on(day))}
