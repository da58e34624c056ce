"""What a form is, as typed data and as JSON. Pure.

A design holds no box that could be ticked beforehand, and no box that must be ticked: consent is voluntary (PIPL,
Arts 13 and 14) and a service may not be refused because it was withheld (Art 16), so neither can be said here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.purposes import PURPOSES, sensitive_key

T = TypeVar("T")

LANGUAGES = ("zh-hans", "en")
MOST_FIELDS = 30
MOST_CHOICES = 50
MOST_PRIZES = 20
MOST_ORIGINS = 20
LONGEST_LABEL = 120
LONGEST_TEXT = 4000
MILLION = 1_000_000
MOST_STOCK = 10_000_000
PHONE = "phone"
PROFILE = ("name", "gender", "birthday", "province", "city")
"""Built-in fields besides the number, which every form asks for first."""

Words = Mapping[str, str]
"""A text by language."""


class FieldKind(StrEnum):
    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    DATE = "date"
    BOOL = "bool"
    CHOICE = "choice"
    CHOICES = "choices"
    PHONE = "phone"


_KIND_OF = {
    "phone": FieldKind.PHONE,
    "name": FieldKind.TEXT,
    "gender": FieldKind.CHOICE,
    "birthday": FieldKind.DATE,
    "province": FieldKind.TEXT,
    "city": FieldKind.TEXT,
}
GENDERS = ("female", "male", "unknown")


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `key`: `phone`, a name of PROFILE, `attr_<key>` of a custom attribute, or `q_<anything>`.

    `choices` are what may be chosen, by language; what is kept is the wording of the first language.
    `sensitive`: the attribute is; its answer is kept only if the box for it was ticked.
    """

    key: str
    kind: FieldKind
    label: Words
    required: bool = False
    choices: tuple[Words, ...] = ()
    sensitive: bool = False

    @property
    def attribute(self) -> str | None:
        return self.key.removeprefix("attr_") if self.key.startswith("attr_") else None


@dataclass(frozen=True, slots=True)
class PurposeBox:
    """A box that begins unticked: what one agrees to, in one's own words, and the notice behind it by language."""

    purpose: str
    label: Words
    notices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PrizePlan:
    """A prize. `odds_ppm`: chance in a million, in lotteries. `stock` None: without end, or the pool's size.

    `value_fen` is what one costs the enterprise; `how` tells the winner what to do with it.
    """

    key: str
    kind: str
    name: Words
    odds_ppm: int = 0
    stock: int | None = None
    points: int = 0
    prefix: str = ""
    value_fen: int = 0
    how: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incentive:
    """What is given for taking part. `lottery`: at most one prize, by odds; else the first one to everybody.

    `only_for`: a purpose whose box has to be ticked for it; publishing warns of that (see `drafts.remarks`).
    """

    lottery: bool = False
    prizes: tuple[PrizePlan, ...] = ()
    only_for: str = ""

    @property
    def odds_sum_ppm(self) -> int:
        return sum(prize.odds_ppm for prize in self.prizes)

    def expected_cost_fen(self) -> float:
        """What one participant costs on average, while stocks last."""
        if not self.lottery:
            return float(self.prizes[0].value_fen) if self.prizes else 0.0
        return sum(prize.odds_ppm * prize.value_fen for prize in self.prizes) / MILLION


COLOUR = "#0f766e"


@dataclass(frozen=True, slots=True)
class Look:
    """`colour` is a hex colour; `mark` is the wordmark at the top; `cover` one of COVERS."""

    colour: str = COLOUR
    mark: str = ""
    cover: str = "wind"


COVERS = ("wind", "gift", "plain")


@dataclass(frozen=True, slots=True)
class Design:
    """Everything a form says and asks."""

    title: Words = field(default_factory=dict)
    intro: Words = field(default_factory=dict)
    button: Words = field(default_factory=dict)
    success: Words = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    boxes: tuple[PurposeBox, ...] = ()
    languages: tuple[str, ...] = ("zh-hans",)
    look: Look = field(default_factory=Look)
    with_code: bool = True
    incentive: Incentive = field(default_factory=Incentive)
    per_person: int = 1
    at_most: int | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    privacy_url: str = ""
    help_text: Words = field(default_factory=dict)
    origins: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The one a visitor gets who asks for none of the others."""
        return self.languages[0]

    def field(self, key: str) -> Field | None:
        return next((one for one in self.fields if one.key == key), None)

    def box(self, purpose: str) -> PurposeBox | None:
        return next((one for one in self.boxes if one.purpose == purpose), None)


def say(words: Words, language: str) -> str:
    """The text in this language, else in any there is."""
    return words.get(language) or next((text for text in words.values() if text), "")


def to_json(design: Design) -> dict[str, Any]:
    """The JSON form; `read` is its inverse."""
    return {one.name: _plain(getattr(design, one.name)) for one in fields(design)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


def read(raw: Any) -> Design:
    """A design from its JSON form; what it does not state has its default.

    Raises InvalidInput `form.design` (path) for anything it does not know: a misspelt name is no silent default.
    """
    given = _mapping(raw, "", {one.name for one in fields(Design)})
    take = _Taker(given, "")
    languages = tuple(dict.fromkeys(take.items("languages", _one_of(LANGUAGES)))) or ("zh-hans",)
    found = Design(
        title=take.words("title", LONGEST_LABEL),
        intro=take.words("intro", LONGEST_TEXT),
        button=take.words("button", 40),
        success=take.words("success", LONGEST_TEXT),
        fields=take.items("fields", _field, at_most=MOST_FIELDS),
        boxes=take.items("boxes", _box, at_most=20),
        languages=languages,
        look=_look(given.get("look", {}), "look"),
        with_code=take.flag("with_code", True),
        incentive=_incentive(given.get("incentive", {}), "incentive"),
        per_person=take.whole("per_person", 1, 1, 20) or 1,
        at_most=take.whole("at_most", None, 1, MOST_STOCK),
        opens_at=take.moment("opens_at"),
        closes_at=take.moment("closes_at"),
        privacy_url=take.text("privacy_url", 300),
        help_text=take.words("help_text", 300),
        origins=tuple(dict.fromkeys(take.items("origins", _origin, at_most=MOST_ORIGINS))),
    )
    _no_twins([one.key for one in found.fields], "fields")
    _no_twins([one.purpose for one in found.boxes], "boxes")
    _no_twins([one.key for one in found.incentive.prizes], "incentive.prizes")
    if found.privacy_url and not is_web_address(found.privacy_url):
        raise _fault("privacy_url")
    return found


def is_web_address(text: str) -> bool:
    """Whether it is a plain http or https address, fit for a link."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s\"'<>\\]", text)


def _fault(path: str) -> InvalidInput:
    return InvalidInput("form.design", path=path[:80])


_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def _text(value: Any, path: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or _UNFIT.search(value.replace("\r\n", "\n")):
        raise _fault(path)
    return value.replace("\r\n", "\n").strip()


def _words(value: Any, path: str, longest: int) -> dict[str, str]:
    given = _mapping(value, path, set(LANGUAGES))
    return {language: text for language, one in given.items() if (text := _text(one, path, longest))}


def _mapping(value: Any, path: str, names: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _fault(path or "design")
    for name in value:
        if name not in names:
            raise _fault(f"{path}.{name}" if path else str(name))
    return value


class _Taker:
    """Takes typed values out of a mapping; a fault names the path."""

    def __init__(self, given: Mapping[str, Any], path: str) -> None:
        self._given = given
        self._path = f"{path}." if path else ""

    def text(self, name: str, longest: int, default: str = "") -> str:
        return _text(self._given.get(name, default), self._path + name, longest)

    def words(self, name: str, longest: int) -> dict[str, str]:
        return _words(self._given.get(name, {}), self._path + name, longest)

    def flag(self, name: str, default: bool) -> bool:
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            raise _fault(self._path + name)
        return value

    def whole(self, name: str, default: int | None, least: int, most: int) -> int | None:
        value = self._given.get(name, default)
        if value is None and default is None:
            return None
        if type(value) is not int or not least <= value <= most:
            raise _fault(self._path + name)
        return value

    def moment(self, name: str) -> datetime | None:
        value = self._given.get(name)
        if value in (None, ""):
            return None
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise _fault(self._path + name) from None
        if moment.tzinfo is None:
            raise _fault(self._path + name)
        return moment

    def items(self, name: str, one: Callable[[Any, str], T], *, at_most: int = 100) -> tuple[T, ...]:
        value = self._given.get(name, ())
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > at_most:
            raise _fault(self._path + name)
        return tuple(one(item, f"{self._path}{name}.{at}") for at, item in enumerate(value))


def _one_of(known: Sequence[str]) -> Callable[[Any, str], str]:
    def check(value: Any, path: str) -> str:
        if value not in known:
            raise _fault(path)
        return str(value)

    return check


_FIELD_KEY = re.compile(
    r"phone|name|gender|birthday|province|city|attr_[a-z][a-z0-9_]{0,39}|q_[a-z0-9]{1,20}"
)


def _field(value: Any, path: str) -> Field:
    given = _mapping(value, path, {one.name for one in fields(Field)})
    take = _Taker(given, path)
    key = take.text("key", 60)
    if not _FIELD_KEY.fullmatch(key):
        raise _fault(f"{path}.key")
    kind = _KIND_OF.get(key)
    if kind is None:
        kind = FieldKind(_one_of([one.value for one in FieldKind])(given.get("kind", "text"), f"{path}.kind"))
        if kind is FieldKind.PHONE:
            raise _fault(f"{path}.kind")
    choices = take.items("choices", lambda one, where: _words(one, where, 60), at_most=MOST_CHOICES)
    required = take.flag("required", False) or key == PHONE
    return Field(
        key, kind, take.words("label", LONGEST_LABEL), required, choices, take.flag("sensitive", False)
    )


def _box(value: Any, path: str) -> PurposeBox:
    given = _mapping(value, path, {one.name for one in fields(PurposeBox)})
    take = _Taker(given, path)
    purpose = take.text("purpose", 60)
    if purpose not in PURPOSES and not sensitive_key(purpose):
        raise _fault(f"{path}.purpose")
    notices = _mapping(given.get("notices", {}), f"{path}.notices", set(LANGUAGES))
    for one in notices.values():
        if type(one) is not int or not 0 < one < 2**63:
            raise _fault(f"{path}.notices")
    return PurposeBox(purpose, take.words("label", 300), dict(notices))


_COLOUR = re.compile(r"#[0-9a-f]{6}")


def _look(value: Any, path: str) -> Look:
    given = _mapping(value, path, {one.name for one in fields(Look)})
    take = _Taker(given, path)
    colour = take.text("colour", 7, COLOUR).lower()
    if not _COLOUR.fullmatch(colour):
        raise _fault(f"{path}.colour")
    return Look(colour, take.text("mark", 30), _one_of(COVERS)(given.get("cover", "wind"), f"{path}.cover"))


PRIZE_KINDS = ("pool", "generated", "points", "gift")


def _incentive(value: Any, path: str) -> Incentive:
    given = _mapping(value, path, {one.name for one in fields(Incentive)})
    take = _Taker(given, path)
    only_for = take.text("only_for", 60)
    if only_for and only_for not in PURPOSES:
        raise _fault(f"{path}.only_for")
    prizes = take.items("prizes", _prize, at_most=MOST_PRIZES)
    return Incentive(take.flag("lottery", False), prizes, only_for)


def _prize(value: Any, path: str) -> PrizePlan:
    given = _mapping(value, path, {one.name for one in fields(PrizePlan)})
    take = _Taker(given, path)
    key = take.text("key", 20)
    prefix = take.text("prefix", 12).upper()
    if not re.fullmatch(r"[a-z0-9]{1,20}", key):
        raise _fault(f"{path}.key")
    if not re.fullmatch(r"[A-Z0-9-]*", prefix):
        raise _fault(f"{path}.prefix")
    return PrizePlan(
        key,
        _one_of(PRIZE_KINDS)(given.get("kind"), f"{path}.kind"),
        take.words("name", 60),
        take.whole("odds_ppm", 0, 0, MILLION) or 0,
        take.whole("stock", None, 0, MOST_STOCK),
        take.whole("points", 0, 0, MILLION) or 0,
        prefix,
        take.whole("value_fen", 0, 0, 10**9) or 0,
        take.words("how", 300),
    )


_ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")


def _origin(value: Any, path: str) -> str:
    text = _text(value, path, 200).lower().rstrip("/")
    if not _ORIGIN.fullmatch(text):
        raise _fault(path)
    return text


def _no_twins(keys: Sequence[str], path: str) -> None:
    if len(set(keys)) != len(keys):
        raise InvalidInput("form.twice", path=path)
