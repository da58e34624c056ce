"""Reading what somebody filled in. Pure: `today` is given, nothing is looked up.

Every fault is a code at a field, which the page puts into words; what was typed is never part of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from xinfeng.contacts.models import Gender
from xinfeng.contacts.records import AttrValue, ContactRecord
from xinfeng.contacts.values import (
    LONGEST_TEXT,
    read_birthday,
    read_bool,
    read_date,
    read_number,
    read_region,
    read_text,
)
from xinfeng.forms.design import GENDERS, PHONE, Design, Field, FieldKind
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.purposes import sensitive_purpose

LONGEST_ANSWER = 500
LONGEST_LONG_ANSWER = 2000
CHILD_YEARS = 14
"""Below this a guardian has to agree to any processing at all (PIPL, Art 31)."""

Given = Mapping[str, Sequence[str]]
"""What came with the request: values by name."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody filled in, read. `free` are the answers to free questions; `faults` codes by field."""

    phone: str = ""
    name: str | None = None
    gender: int | None = None
    birthday: date | None = None
    province: str | None = None
    city: str | None = None
    attrs: Mapping[str, AttrValue] = field(default_factory=dict)
    free: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def record(self, *, language: str) -> ContactRecord:
        """The person as this submission states her."""
        return ContactRecord(
            phone=self.phone,
            name=self.name,
            gender=self.gender,
            birthday=self.birthday,
            province=self.province,
            city=self.city,
            language=language,
            attrs=self.attrs,
        )


def read_answers(design: Design, given: Given, *, ticked: Sequence[str], today: date) -> Answers:
    """Read all fields of a design. Answers to sensitive fields are dropped unless their own box was ticked."""
    found: dict[str, object] = {}
    faults: dict[str, str] = {}
    for one in design.fields:
        if one.sensitive and one.attribute and sensitive_purpose(one.attribute) not in ticked:
            continue
        try:
            value = _read(one, given.get(one.key, ()), today=today)
        except InvalidInput as fault:
            faults[one.key] = fault.code
            continue
        if value is not None:
            found[one.key] = value
    birthday = found.get("birthday")
    if isinstance(birthday, date) and younger_than(birthday, CHILD_YEARS, today):
        faults["birthday"] = "form.child"
    attrs = {key.removeprefix("attr_"): value for key, value in found.items() if key.startswith("attr_")}
    free = {key: value for key, value in found.items() if key.startswith("q_")}
    scalars = {key: value for key, value in found.items() if key not in free and not key.startswith("attr_")}
    return Answers(**scalars, attrs=attrs, free=free, faults=faults)  # type: ignore[arg-type]


def younger_than(birthday: date, years: int, day: date) -> bool:
    """Whether somebody is not yet `years` old on `day`: one is so old from the day after the birthday on
    (法释〔2006〕1号, Art 2, the careful reading)."""
    try:
        reached = birthday.replace(year=birthday.year + years)
    except ValueError:  # born on 29 February
        reached = date(birthday.year + years, 3, 1)
    return day <= reached


def _read(one: Field, values: Sequence[str], *, today: date) -> object | None:
    if one.kind is FieldKind.CHOICES:
        return _choices(one, values)
    text = _clean(values[0]) if values else ""
    if not text.strip():
        if one.required:
            raise InvalidInput("form.missing")
        return None
    if one.key == PHONE:
        return parse_mainland(text)
    if one.key == "gender":
        if text not in GENDERS:
            raise InvalidInput("form.choice")
        return int({"female": Gender.FEMALE, "male": Gender.MALE, "unknown": Gender.UNKNOWN}[text])
    if one.key == "birthday":
        return read_birthday(text, today=today)
    if one.key == "name":
        return read_text(text, longest=60)
    if one.key in ("province", "city"):
        return read_region(text, longest=20)
    return _value(one, text)


def _value(one: Field, text: str) -> object:
    if one.kind is FieldKind.CHOICE:
        return _chosen(one, text)
    if one.kind is FieldKind.NUMBER:
        return read_number(text)
    if one.kind is FieldKind.DATE:
        return read_date(text).isoformat()
    if one.kind is FieldKind.BOOL:
        return read_bool(text)
    if one.kind is FieldKind.LONG:
        if len(text) > LONGEST_LONG_ANSWER:
            raise InvalidInput("cell.too_long", longest=LONGEST_LONG_ANSWER)
        return text.strip()
    return read_text(text, longest=min(LONGEST_ANSWER, LONGEST_TEXT))


def _chosen(one: Field, text: str) -> str:
    """A choice travels as its place; what is kept is its wording in the first language."""
    if not re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) or int(text) >= len(one.choices):
        raise InvalidInput("form.choice")
    return next(iter(one.choices[int(text)].values()), "")


def _choices(one: Field, values: Sequence[str]) -> list[str] | None:
    chosen = list(dict.fromkeys(_chosen(one, value) for value in values if value))
    if not chosen and one.required:
        raise InvalidInput("form.missing")
    return chosen or None


def _clean(text: str) -> str:
    """Without what no person types: control characters, lone surrogates, overrides of writing direction."""
    kept = "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))
    return re.sub(r"[\u202a-\u202e\u2066-\u2069]", "", kept)
