"""Between the designer and `content.rich`: what a person leaves unfinished is told at its field, not refused as a whole.

The designer knows two kinds of buttons more: `book` (a reply that books a slot) and `form` (one of our forms, opened
inside the message). Times in it are those of the enterprise's clock, without a zone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from xinfeng.content.marks import BOOK
from xinfeng.content.rich import read_rich, to_json
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.maap.messages import RichFault, RichMessage

LONGEST = 400_000
"""Characters of what the designer may send; `read_rich` is stricter with what is in it."""
LONGEST_SLOT = 100
_SOME_TIMES = {"starts_at": "2000-01-01T00:00:00+00:00", "ends_at": "2000-01-01T01:00:00+00:00"}
_CLOCK = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Read:
    """What was designed; `faults` are of what is not filled in, in whose place something harmless stands."""

    message: RichMessage
    faults: tuple[RichFault, ...]


def read_designed(text: str, zone: ZoneInfo) -> Read:
    """Raises InvalidInput `rich.shape`, `rich.too_large`."""
    if len(text) > LONGEST:
        raise InvalidInput("rich.too_large", at_most=LONGEST)
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("rich.shape", where="rich") from None
    faults = [fault for where, button in _buttons(raw) for fault in _settle(button, where, zone)]
    return Read(read_rich(raw), tuple(faults))


def _buttons(raw: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    given = raw if isinstance(raw, dict) else {}
    groups = [("chips", given.get("chips"))]
    cards = given.get("cards")
    for index, card in enumerate(cards if isinstance(cards, list) else ()):
        if isinstance(card, dict):
            groups.append((f"cards.{index}.buttons", card.get("buttons")))
    for where, buttons in groups:
        for at, button in enumerate(buttons if isinstance(buttons, list) else ()):
            if isinstance(button, dict):
                yield f"{where}.{at}", button


def _settle(button: dict[str, Any], where: str, zone: ZoneInfo) -> Iterator[RichFault]:
    match button.get("kind"):
        case "book":
            slot = button.get("slot")
            slot = slot.strip() if isinstance(slot, str) else ""
            if not slot:
                yield RichFault(f"{where}.slot", "rich.no_slot")
            if len(slot) > LONGEST_SLOT:
                length = {"at_most": LONGEST_SLOT, "length": len(slot)}
                yield RichFault(f"{where}.slot", "rich.too_long", length)
            button |= {"kind": "reply", "data": f"{BOOK}{slot}"}
        case "form":
            button |= {"kind": "link", "inside": True}
        case "place":
            for name in ("latitude", "longitude"):
                if isinstance(button.get(name), str | None):
                    yield RichFault(f"{where}.{name}", "rich.no_number")
                    button[name] = 0.0
        case "calendar":
            for name, instead in _SOME_TIMES.items():
                at = _moment(button.get(name), zone)
                if at is None:
                    yield RichFault(f"{where}.{name}", "rich.no_time")
                button[name] = at or instead


def _moment(given: Any, zone: ZoneInfo) -> str | None:
    if not isinstance(given, str):
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return (at.replace(tzinfo=zone) if at.tzinfo is None else at).isoformat()


def for_designer(message: RichMessage, zone: ZoneInfo, forms: Collection[str]) -> dict[str, Any]:
    """The JSON form as the designer holds it; `forms`: the addresses of our forms."""
    made = to_json(message)
    for card in made["cards"]:
        card["buttons"] = [_shown(button, zone, forms) for button in card["buttons"]]
    made["chips"] = [_shown(chip, zone, forms) for chip in made["chips"]]
    return made


def _shown(button: Mapping[str, Any], zone: ZoneInfo, forms: Collection[str]) -> dict[str, Any]:
    shown = dict(button)
    if shown["kind"] == "reply" and shown["data"].startswith(BOOK):
        shown |= {"kind": "book", "slot": shown.pop("data").removeprefix(BOOK)}
    if shown["kind"] == "link" and shown["inside"] and shown["url"] in forms:
        shown["kind"] = "form"
    if shown["kind"] == "calendar":
        for name in _SOME_TIMES:
            shown[name] = datetime.fromisoformat(shown[name]).astimezone(zone).strftime(_CLOCK)
    return shown
