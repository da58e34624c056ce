"""The 5G face of a template: cards and buttons with variables in their words, and its JSON form.

A template version is the SMS text; its 5G face is what handsets show that can, and the SMS is what it falls back to.
Stored is a `protocols.maap.messages.RichMessage` whose titles, descriptions and links are Liquid, and whose pictures
are named by digest (`media:<digest>`) until a message is made (`content.marks`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from xinfeng.content.grammar import Parsed, parse_lines, without_unseen
from xinfeng.content.marks import MEDIA
from xinfeng.content.variables import CATALOGUE, Catalogue
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.maap.messages import (
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    MOST_CHIPS,
    AddToCalendar,
    Card,
    Dial,
    Height,
    Media,
    OpenUrl,
    Orientation,
    Reply,
    RichFault,
    RichMessage,
    ShowPlace,
    Suggestion,
    Width,
    faults,
)

E = TypeVar("E", bound=StrEnum)

OPT_OUT = "退订"
"""The chip that a marketing face gets when it offers no way to refuse (see `optout`)."""
_REFUSALS = frozenset({OPT_OUT, "拒收", "R", "T", "TD", "N"})

_KINDS: dict[str, type[Suggestion]] = {
    "reply": Reply,
    "link": OpenUrl,
    "dial": Dial,
    "place": ShowPlace,
    "calendar": AddToCalendar,
}
_NAMES = {made: name for name, made in _KINDS.items()}
LONGEST_WORDS = 2 * LONGEST_DESCRIPTION
"""Characters of a title, description or link with its variables and conditions."""
_LARGEST = 60_000
"""Characters of the JSON form."""
_unwritable = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]").search
"""What neither a handset shows nor the database keeps."""
_unfilled = re.compile("〔[^〔〕0-9０-９]{1,30}〕").search
"""What a ready-made beginning wants replaced; years and numbers stand in such brackets in documents."""


# --- JSON ----------------------------------------------------------------------------------------------------


def to_json(message: RichMessage) -> dict[str, Any]:
    """What `template_version.rich` keeps."""
    return {
        "cards": [
            {
                "title": card.title,
                "description": card.description,
                "media": _plain(asdict(card.media)) if card.media else None,
                "buttons": [_button_json(button) for button in card.buttons],
            }
            for card in message.cards
        ],
        "chips": [_button_json(chip) for chip in message.chips],
        "width": message.width.value,
        "orientation": message.orientation.value,
        "image_left": message.image_left,
    }


def _button_json(button: Suggestion) -> dict[str, Any]:
    return {"kind": _NAMES[type(button)], **_plain(asdict(button))}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.isoformat()
        return value.value if isinstance(value, StrEnum) else value

    return {name: plain(value) for name, value in values.items()}


def read_rich(raw: Any) -> RichMessage:
    """The reverse. Raises InvalidInput `rich.shape` with `where` for what has no such shape; limits are `check_rich`'s."""
    given = _object(raw, "")
    if len(str(raw)) > _LARGEST:
        raise InvalidInput("rich.too_large", at_most=_LARGEST)
    return RichMessage(
        cards=tuple(
            Card(
                title=_text(card, "title", f"cards.{index}"),
                description=_text(card, "description", f"cards.{index}"),
                media=_media(card.get("media"), f"cards.{index}.media"),
                buttons=_buttons(card.get("buttons", []), f"cards.{index}.buttons"),
            )
            for index, card in _objects(given.get("cards", []), "cards")
        ),
        chips=_buttons(given.get("chips", []), "chips"),
        width=_one_of(Width, given.get("width", Width.MEDIUM.value), "width"),
        orientation=_one_of(Orientation, given.get("orientation", Orientation.VERTICAL.value), "orientation"),
        image_left=given.get("image_left", True) is not False,
    )


def _media(raw: Any, where: str) -> Media | None:
    if not raw:
        return None
    given = _object(raw, where)
    size, thumbnail = given.get("size"), given.get("thumbnail_size", 0)
    if type(size) is not int or type(thumbnail) is not int:
        raise _shape(f"{where}.size")
    return Media(
        url=_text(given, "url", where),
        content_type=_text(given, "content_type", where),
        size=size,
        height=_one_of(Height, given.get("height", Height.MEDIUM.value), f"{where}.height"),
        thumbnail_url=_text(given, "thumbnail_url", where),
        thumbnail_type=_text(given, "thumbnail_type", where),
        thumbnail_size=thumbnail,
        description=_text(given, "description", where),
    )


def _buttons(raw: Any, where: str) -> tuple[Suggestion, ...]:
    return tuple(_button(given, f"{where}.{index}") for index, given in _objects(raw, where))


def _button(given: Mapping[str, Any], where: str) -> Suggestion:
    label, data = _text(given, "label", where), _text(given, "data", where)
    match given.get("kind"):
        case "reply":
            return Reply(label, data)
        case "link":
            return OpenUrl(label, _text(given, "url", where), data, given.get("inside") is True)
        case "dial":
            return Dial(label, _text(given, "number", where), data)
        case "place":
            return ShowPlace(
                label,
                _number(given, "latitude", where),
                _number(given, "longitude", where),
                _text(given, "name", where),
                data,
            )
        case "calendar":
            return AddToCalendar(
                label,
                _text(given, "title", where),
                _moment(given, "starts_at", where),
                _moment(given, "ends_at", where),
                _text(given, "description", where),
                data,
            )
    raise _shape(f"{where}.kind")


def _shape(where: str) -> InvalidInput:
    return InvalidInput("rich.shape", where=where or "rich")


def _object(raw: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise _shape(where)
    return raw


def _objects(raw: Any, where: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise _shape(where)
    for index, one in enumerate(raw):
        yield index, _object(one, f"{where}.{index}")


def _text(given: Mapping[str, Any], name: str, where: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or _unwritable(value):
        raise _shape(f"{where}.{name}")
    return value


def _number(given: Mapping[str, Any], name: str, where: str) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise _shape(f"{where}.{name}")
    return float(value)


def _moment(given: Mapping[str, Any], name: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(_text(given, name, where))
    except ValueError:
        raise _shape(f"{where}.{name}") from None
    if at.tzinfo is None:
        raise _shape(f"{where}.{name}")
    return at


def _one_of(kind: type[E], raw: Any, where: str) -> E:
    try:
        return kind(raw)
    except ValueError:
        raise _shape(where) from None


# --- words in it ---------------------------------------------------------------------------------------------


def words_of(message: RichMessage) -> Iterator[tuple[str, str]]:
    """Everything a reader sees, by place, in reading order."""
    for index, card in enumerate(message.cards):
        yield f"cards.{index}.title", card.title
        yield f"cards.{index}.description", card.description
        for at, button in enumerate(card.buttons):
            yield f"cards.{index}.buttons.{at}.label", button.label
    for at, chip in enumerate(message.chips):
        yield f"chips.{at}.label", chip.label


class Line(NamedTuple):
    """Words or a link of a 5G face, and where they stand; `liquid`: they may hold variables."""

    where: str
    text: str
    liquid: bool


def lines_of(message: RichMessage) -> Iterator[Line]:
    """Everything a reader may come to see, in reading order: with what maps and calendars will show, what is said of
    pictures, and the links."""
    for index, card in enumerate(message.cards):
        at = f"cards.{index}"
        if card.media:
            yield Line(f"{at}.media.description", card.media.description, False)
        yield Line(f"{at}.title", card.title, True)
        yield Line(f"{at}.description", card.description, True)
        yield from _lines_of_buttons(f"{at}.buttons", card.buttons)
    yield from _lines_of_buttons("chips", message.chips)


def _lines_of_buttons(where: str, buttons: Sequence[Suggestion]) -> Iterator[Line]:
    for index, button in enumerate(buttons):
        at = f"{where}.{index}"
        yield Line(f"{at}.label", button.label, False)
        match button:
            case OpenUrl():
                yield Line(f"{at}.url", button.url, True)
            case ShowPlace():
                yield Line(f"{at}.name", button.name, False)
            case AddToCalendar():
                yield Line(f"{at}.title", button.title, False)
                yield Line(f"{at}.description", button.description, False)
            case _:
                pass


def links_of(message: RichMessage) -> Iterator[tuple[str, str]]:
    """Every link behind a button, by place."""
    for index, card in enumerate(message.cards):
        for at, button in enumerate(card.buttons):
            if isinstance(button, OpenUrl):
                yield f"cards.{index}.buttons.{at}.url", button.url
    for at, chip in enumerate(message.chips):
        if isinstance(chip, OpenUrl):
            yield f"chips.{at}.url", chip.url


def media_of(message: RichMessage) -> list[str]:
    """Digests of the pictures and videos that it shows, each once."""
    urls = [card.media.url for card in message.cards if card.media]
    return list(dict.fromkeys(url.removeprefix(MEDIA) for url in urls if url.startswith(MEDIA)))


def with_media(message: RichMessage, address: Callable[[str], str]) -> RichMessage:
    """With addresses in place of digests."""

    def card_with(card: Card) -> Card:
        media = card.media
        if media is None or not media.url.startswith(MEDIA):
            return card
        return replace(card, media=replace(media, url=address(media.url.removeprefix(MEDIA))))

    return replace(message, cards=tuple(card_with(card) for card in message.cards))


def with_opt_out(message: RichMessage, wording: str) -> RichMessage:
    """With a chip to refuse, where `wording` (the version's opt-out, empty for service messages) asks for a way and the
    face has none and has room for it."""
    if not wording or offers_opt_out(message, wording) or len(message.chips) >= MOST_CHIPS:
        return message
    return replace(message, chips=(*message.chips, Reply(OPT_OUT, "")))


def offers_opt_out(message: RichMessage, wording: str) -> bool:
    """Whether a reader is told how to refuse: by a button that answers so, or by the wording in the words."""
    if any(
        isinstance(one, Reply) and one.label.strip().upper() in _REFUSALS for one in message.suggestions()
    ):
        return True
    return bool(wording) and any(wording in line.text for line in lines_of(message))


@dataclass(frozen=True, slots=True)
class CheckedRich:
    """What may be saved: `used` are its variables; `faults` stop a save."""

    message: RichMessage
    used: tuple[str, ...]
    faults: tuple[RichFault, ...]


def check_rich(
    message: RichMessage, *, defaults: Mapping[str, str], catalogue: Catalogue = CATALOGUE
) -> CheckedRich:
    """Everything that must hold before it is saved: the platforms' limits on its longest rendering, variables that
    exist and that have a value for everybody."""
    found = list(faults(with_media(message, lambda digest: f"https://media.invalid/{digest}")))
    used: dict[str, None] = {}
    for where, source in templated(message):
        try:
            parsed = parse_words(source, catalogue, part=where)
        except InvalidInput as fault:
            found.append(RichFault(where, fault.code, fault.params))
            continue
        used.update(dict.fromkeys(parsed.used))
        for output in parsed.outputs():
            name = output.variable.name
            if output.needs_default and not defaults.get(name):
                found.append(RichFault(where, "template.default_missing", {"variable": name}))
        longest = parsed.longest(dict(defaults))
        most = LONGEST_TITLE if where.endswith(".title") else LONGEST_DESCRIPTION
        if longest > most and len(source) <= most:
            found.append(RichFault(where, "rich.too_long", {"at_most": most, "length": longest}))
    found += [fault for line in lines_of(message) if not line.liquid for fault in _unseen(line)]
    found += [
        RichFault(line.where, "rich.unfilled", {"words": left.group()})
        for line in lines_of(message)
        if (left := _unfilled(line.text))
    ]
    return CheckedRich(message, tuple(used), tuple(found))


def _unseen(line: Line) -> Iterator[RichFault]:
    """What nobody sees in words that are sent as they are; a button has one line."""
    text = line.text.replace("\n", "\x00") if line.where.endswith(".label") else line.text
    if (kept := without_unseen(text)) != text:
        at = next(
            (at for at, pair in enumerate(zip(kept, text, strict=False)) if pair[0] != pair[1]), len(kept)
        )
        yield RichFault(line.where, "template.control_character", {"part": line.where, "position": at})


def parse_words(source: str, catalogue: Catalogue, *, part: str) -> Parsed:
    """Words or a link of a face, with their lines; a source may be longer than what it comes to. Raises as
    `grammar.parse`."""
    return parse_lines(source, catalogue, part=part, at_most=LONGEST_WORDS)


def templated(message: RichMessage) -> Iterator[tuple[str, str]]:
    """The words that may hold variables: titles, descriptions and links."""
    for where, text in words_of(message):
        if text and where.rpartition(".")[2] in ("title", "description"):
            yield where, text
    yield from links_of(message)
