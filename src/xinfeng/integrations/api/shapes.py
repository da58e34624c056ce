"""What the API takes and gives, as pydantic reads and describes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from ninja import Path, Query, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from xinfeng.integrations.ingest.rows import (
    Attributes,
    Day,
    GenderName,
    LanguageName,
    Line20,
    Line30,
    Line50,
    Line60,
    Line100,
    Line500,
    NoticeRef,
    Phone,
    Tags,
    in_utc,
)

LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def _sane(value: datetime) -> datetime:
    moment = in_utc(value, latest=LATEST)
    if moment is None:
        raise PydanticCustomError("time_out_of_range", "the time lies before 1970 or after 2100")
    return moment


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_text", "a time is text with an offset (RFC 3339)")
    return value


When = Annotated[
    AwareDatetime, BeforeValidator(_text, json_schema_input_type=AwareDatetime), AfterValidator(_sane)
]
"""A time that comes in: RFC 3339 with an offset, between 1970 and 2100."""

Given = datetime
"""A time that goes out, in UTC."""

PathId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=1000)]
PurposeName = Annotated[str, Query(min_length=1, max_length=60)]
After = Annotated[int, Query(ge=0, le=2**63 - 1)]


class Out(Schema):
    """Something that goes out."""


class In(Schema):
    """Something that comes in: nothing that is not asked for."""

    model_config = ConfigDict(extra="forbid")


class FieldFault(Out):
    """What is wrong with one field."""

    path: str
    code: str
    message: str


class Problem(Out):
    """An error (RFC 9457). `code` is stable; `title` is in the language of Accept-Language (zh or en)."""

    type: Literal["about:blank"]
    title: str
    status: int
    code: str
    params: dict[str, Any] | None = None
    errors: list[FieldFault] | None = None


class RowFault(Out):
    """Why a row was not taken."""

    code: str
    field: str
    message: str


class ContactResult(Out):
    """What became of a row. `id`: the contact; missing where the row was not taken."""

    index: int
    status: Literal["new", "changed", "same", "conflict", "rejected"]
    id: int | None = None
    error: RowFault | None = None


class EventResult(Out):
    """`same`: an event of this source with this id was taken before."""

    index: int
    status: Literal["new", "same", "rejected"]
    error: RowFault | None = None


class Counts(Out):
    """How many rows became what."""

    new: int
    changed: int
    same: int
    conflict: int
    rejected: int


class ContactBatchResult(Out):
    """Every row in order, or with `?results=faults` only those that were not taken."""

    counts: Counts
    results: list[ContactResult]


class EventBatchResult(Out):
    """Every row in order, or with `?results=faults` only those that were not taken."""

    counts: Counts
    results: list[EventResult]


class Contact(Out):
    """A person. `phone` and `name` are masked unless `revealed`."""

    id: int
    external_id: str | None
    phone: str | None
    name: str | None
    revealed: bool
    gender: GenderName
    birthday: date | None
    province: str | None
    city: str | None
    carrier: Literal["unknown", "mobile", "unicom", "telecom", "broadnet"]
    language: str
    level: str | None
    tier: Literal["none", "new", "active", "dormant", "potential", "industry"]
    tags: list[str]
    attributes: dict[str, str | int | float | bool]
    joined_at: Given
    created_at: Given
    updated_at: Given


class FindIn(In):
    """One of the two. Only whole numbers and ids find anybody."""

    phone: Phone | None = None
    external_id: Line100 | None = None


class ContactPatch(In):
    """What is stated is changed; `clear` empties fields (`name`, `birthday`, `attr:<key>` …)."""

    phone: Phone | None = None
    external_id: Line100 | None = None
    name: Line60 | None = None
    gender: GenderName | None = None
    birthday: Day | None = None
    province: Line20 | None = None
    city: Line30 | None = None
    level: Line30 | None = None
    language: LanguageName | None = None
    attributes: Attributes | None = None
    clear: Annotated[list[Line50], Field(max_length=50)] = []


class TagsIn(In):
    """Tags by name. `reason` is kept with each."""

    put: Tags = []
    take: Tags = []
    reason: Annotated[str, Field(max_length=200)] = ""


class TagsOut(Out):
    """The names that were put on and taken off just now."""

    put: list[str]
    taken: list[str]


class Tag(Out):
    """A tag there is."""

    name: str
    kind: str


class Attribute(Out):
    """A declared attribute. Values of a sensitive one are shown with the scope `contacts:reveal` only."""

    key: str
    label: str
    label_en: str
    kind: Literal["text", "number", "date", "bool", "choice"]
    choices: list[str]
    sensitive: bool


class AttributeIn(In):
    """An attribute to declare."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Line60
    label_en: Annotated[str, Field(max_length=60)] = ""
    kind: Literal["text", "number", "date", "bool", "choice"]
    choices: Annotated[list[Line60], Field(max_length=200)] = []
    sensitive: bool = False


class Asking(Out):
    """Whether the person may be asked for consent, and if not yet, from when."""

    allowed: bool
    reason: str | None
    may_ask_from: Given | None


class Consent(Out):
    """Where a person stands for one purpose. `may_be_written_to`: granted, nothing suppresses, and no minor."""

    purpose: str
    granted: bool
    since: Given | None
    source: str
    suppressed: str | None
    may_be_written_to: bool
    asking: Asking


class ConsentGrantIn(In):
    """That a person agreed, with what proves it."""

    purpose: Line60
    at: When
    source: Line60
    evidence: Line500
    notice: NoticeRef


class ConsentWithdrawalIn(In):
    """That a person took her consent back."""

    purpose: Line60
    at: When
    source: Line60
    evidence: Line500


class ConsentRecorded(Out):
    """The number of the ledger's entry, and where the person stands after it."""

    seq: int
    consent: Consent


class Proof(Out):
    """The entry that decides, with the wording agreed to and its place in the hash chain."""

    contact_id: int
    purpose: str
    granted: bool
    seq: int
    at: Given
    recorded_at: Given
    source: str
    evidence: str
    notice: str
    notice_text: str
    hash: str
    prev_hash: str
    hash_fits: bool
    head_seq: int


class SuppressionsIn(In):
    """Numbers that must not be written to. `reason`: `manual`, `opt_out` or `complaint`."""

    phones: Annotated[list[Phone], Field(min_length=1, max_length=1000)]
    scope: Literal["all", "marketing"] = "marketing"
    reason: Literal["manual", "opt_out", "complaint"] = "manual"
    source: Line60


class SuppressionsDone(Out):
    """`added`: numbers that were not suppressed so before; `unreadable`: places of texts that are no number."""

    added: int
    unreadable: list[int]


class LookupIn(In):
    """Numbers to look up."""

    phones: Annotated[list[Phone], Field(min_length=1, max_length=1000)]


class Suppressed(Out):
    """A suppression in force."""

    scope: str
    reason: str
    at: Given


class LookedUp(Out):
    """`suppressed`: the scopes in force with their reasons. `valid`: whether the text is a number at all."""

    index: int
    valid: bool
    suppressed: list[Suppressed]


class Segment(Out):
    """A segment; `size` and `reachable` are those of the last count, null before the first."""

    id: int
    name: str
    description: str
    kind: Literal["dynamic", "snapshot", "list"]
    size: int | None
    reachable: int | None
    counted_at: Given | None
    updated_at: Given


class SegmentSize(Out):
    """Counted now: all members, and those who may be written to for the purpose."""

    id: int
    purpose: str
    size: int
    reachable: int


class Members(Out):
    """Ids of contacts in ascending order. `next` is the `after` of the next page, null on the last."""

    ids: list[int]
    next: int | None


class Health(Out):
    """That the API answers and PostgreSQL does."""

    status: Literal["ok"]
    version: str
