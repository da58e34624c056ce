"""The rows of a batch, as programs send them, and what becomes of each.

Typed dictionaries: pydantic checks a list of them at about 2 µs a row, and what stands here is also what the
API's description says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypeVar

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from xinfeng.contacts.models import EventKind, Gender
from xinfeng.contacts.values import LONGEST_TAG, MOST_TAGS
from xinfeng.intake.partners import TAG_PREFIX as PARTNER
from xinfeng.kernel.errors import InvalidInput

MOST_CONTACTS = 10_000
MOST_EVENTS = 20_000
CLOCKS_MAY_DIFFER = timedelta(minutes=5)
"""An event may be this far in our future: the sender's clock need not be ours."""

MOST_FEN = 10**13
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)

_closed = ConfigDict(extra="forbid")


def _text_of_time(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_text", "a time is text with an offset (RFC 3339)")
    return value


def _text_of_day(value: Any) -> Any:
    if not isinstance(value, str) or len(value) != 10:
        raise PydanticCustomError("date_text", "a day is text such as 1990-02-03")
    return value


def _line(longest: int) -> StringConstraints:
    return StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=longest)


# Text of at most so many characters that says something.
Line20 = Annotated[str, _line(20)]
Line30 = Annotated[str, _line(30)]
Line40 = Annotated[str, _line(40)]
Line50 = Annotated[str, _line(50)]
Line60 = Annotated[str, _line(60)]
Line100 = Annotated[str, _line(100)]
Line200 = Annotated[str, _line(200)]
Line500 = Annotated[str, _line(500)]

Moment = Annotated[AwareDatetime, BeforeValidator(_text_of_time, json_schema_input_type=AwareDatetime)]
"""A time with its offset, such as `2026-11-20T20:00:00+08:00`."""

Day = Annotated[date, BeforeValidator(_text_of_day, json_schema_input_type=date)]
Id = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
Phone = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=64),
    Field(
        description="A mainland mobile number; +86, spaces and dashes are taken off", examples=["13800138000"]
    ),
]
GenderName = Literal["unknown", "male", "female"]
LanguageName = Literal["zh-hans", "en"]
KindName = Literal[
    "purchase", "view", "cart", "checkout", "visit", "booking", "participation", "click", "reply", "custom"
]
Scalar = (
    Annotated[str, StringConstraints(strict=True, max_length=500)]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
    | Annotated[float, Field(strict=True)]
)
"""A value of an attribute."""

Tags = Annotated[list[Annotated[str, _line(LONGEST_TAG)]], Field(max_length=MOST_TAGS)]
AttributeKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Attributes = Annotated[dict[AttributeKey, Scalar], Field(max_length=200)]
GENDERS = {"unknown": Gender.UNKNOWN, "male": Gender.MALE, "female": Gender.FEMALE}
KINDS = {kind.name.lower(): kind for kind in EventKind}
KIND_NAMES = {int(kind): name for name, kind in KINDS.items()}


@with_config(_closed)
class NoticeRef(TypedDict):
    """A published wording."""

    key: Line40
    version: Line20


@with_config(_closed)
class ConsentIn(TypedDict):
    """That somebody agreed, with everything that proves it (PIPL, Art 14 and 17)."""

    purpose: Line60
    at: Moment
    source: Line60
    evidence: Line500
    notice: NoticeRef


@with_config(_closed)
class ContactIn(TypedDict):
    """One person. `phone` or `external_id` is needed. What is left out stays as it is; tags are added."""

    external_id: NotRequired[Line100]
    phone: NotRequired[Phone]
    name: NotRequired[Line60]
    gender: NotRequired[GenderName]
    birthday: NotRequired[Day]
    province: NotRequired[Line20]
    city: NotRequired[Line30]
    level: NotRequired[Line30]
    language: NotRequired[LanguageName]
    tags: NotRequired[Tags]
    attributes: NotRequired[Attributes]
    joined_at: NotRequired[Moment]
    consents: NotRequired[Annotated[list[ConsentIn], Field(max_length=20)]]


@with_config(_closed)
class EventIn(TypedDict):
    """Something a person did. `id` is the sender's own: with `source` it makes the event one that is taken once.
    The person is named by one of `contact_id`, `phone` and `external_id`."""

    id: Line100
    kind: KindName
    at: Moment
    contact_id: NotRequired[Id]
    phone: NotRequired[Phone]
    external_id: NotRequired[Line100]
    amount_fen: NotRequired[Annotated[int, Field(strict=True, ge=0, le=MOST_FEN)]]
    item: NotRequired[Line200]
    category: NotRequired[Line60]
    properties: NotRequired[Annotated[dict[str, Any], Field(max_length=50)]]


Source = Line60


@with_config(_closed)
class ContactBatch(TypedDict):
    """`source` becomes a source tag on every contact."""

    source: Source
    contacts: Annotated[list[ContactIn], Field(min_length=1, max_length=MOST_CONTACTS)]


@with_config(_closed)
class EventBatch(TypedDict):
    """`source` names the system the events come from; their ids are unique within it."""

    source: Source
    events: Annotated[list[EventIn], Field(min_length=1, max_length=MOST_EVENTS)]


def check_source(source: str) -> str:
    """The source; raises InvalidInput `partner.not_by_api`. What a partner passes on comes as a file under a contract
    on file, with a proof for every row (PIPL, Art 23); nothing else may look as if it had."""
    if source.casefold().startswith(PARTNER):
        raise InvalidInput("partner.not_by_api")
    return source


CONTACTS: TypeAdapter[list[ContactIn]] = TypeAdapter(list[ContactIn])
EVENTS: TypeAdapter[list[EventIn]] = TypeAdapter(list[EventIn])
SOURCE: TypeAdapter[str] = TypeAdapter(Source)


class Fault(NamedTuple):
    """Why a row was not taken: a stable code, the field it is about (empty: the row), what the code needs."""

    code: str
    field: str = ""
    params: dict[str, Any] = {}


class Outcome(NamedTuple):
    """What became of a row: new, changed, same, conflict or rejected."""

    status: str
    id: int | None = None
    fault: Fault | None = None


Row = TypeVar("Row")


def sift(
    adapter: TypeAdapter[list[Row]], rows: Sequence[Any]
) -> tuple[list[tuple[int, Row]], dict[int, Fault]]:
    """The rows that have the right shape, by place, and the first fault of each of the others."""
    try:
        return list(enumerate(adapter.validate_python(rows))), {}
    except ValidationError as wrong:
        faults: dict[int, Fault] = {}
        for one in wrong.errors(include_url=False, include_input=False):
            if one["loc"] and isinstance(one["loc"][0], int):
                faults.setdefault(one["loc"][0], shape_fault(one))
    places = [at for at in range(len(rows)) if at not in faults]
    right = adapter.validate_python([rows[at] for at in places])
    return list(zip(places, right, strict=True)), faults


def shape_fault(error: Any) -> Fault:
    """What pydantic says, under our codes: `field.<type>`."""
    where = ".".join(str(part) for part in error["loc"][1:] if part not in _BRANCHES)[:100]
    given = {
        name: value
        for name, value in error.get("ctx", {}).items()
        if isinstance(value, int | float | str) and name != "error"
    }
    return Fault(f"field.{error['type']}", where, given)


_BRANCHES = frozenset({"constrained-str", "bool", "int", "constrained-int", "float"})
"""pydantic names the branch of a union in the place of an error; nobody sent that."""


def in_utc(value: datetime, *, latest: datetime) -> datetime | None:
    """The time in UTC; None if it lies before 1970, after `latest`, or nowhere."""
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        return None
    return moment if OLDEST <= moment <= latest else None
