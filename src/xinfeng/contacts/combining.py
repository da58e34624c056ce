"""What one contact holds when two rows turn out to be the same person. Pure.

What the survivor states wins, what she leaves open is filled from the other: numbers and ids as pairs with their
hashes, province and city together, where anything stated beats what was guessed. Tags are united, attributes
merged key by key, and she joined when the first of the two did. A row is a mapping of `contact`'s columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

NUMBER = ("phone_index", "phone_sealed", "tail_index", "carrier")
_NAME = ("name_index", "name_sealed")
_REGION = ("province", "city", "region_guessed")

FIELDS = (
    "external_id",
    *NUMBER,
    *_NAME,
    "gender",
    "birthday",
    *_REGION,
    "level",
    "tags",
    "attrs",
    "joined_at",
)
"""The columns a merge may change."""


def combined(survivor: Row, absorbed: Row) -> dict[str, Any]:
    """The columns of the survivor that change, with their new values."""
    taken: dict[str, Any] = {}
    for names in (NUMBER, _NAME, ("external_id",), ("birthday",), ("level",)):
        if survivor[names[0]] is None and absorbed[names[0]] is not None:
            taken |= {name: absorbed[name] for name in names}
    if not survivor["gender"] and absorbed["gender"]:
        taken["gender"] = absorbed["gender"]
    if _weight(absorbed) > _weight(survivor):
        taken |= {name: absorbed[name] for name in _REGION}
    taken["tags"] = [*survivor["tags"], *(tag for tag in absorbed["tags"] if tag not in survivor["tags"])]
    taken["attrs"] = {**absorbed["attrs"], **survivor["attrs"]}
    taken["joined_at"] = min(survivor["joined_at"], absorbed["joined_at"])
    return {name: value for name, value in taken.items() if value != survivor[name]}


def _weight(row: Row) -> int:
    """How much a row's province and city are worth: nothing, guessed, stated."""
    if row["province"] is None and row["city"] is None:
        return 0
    return 1 if row["region_guessed"] else 2


def given_up(survivor: Row, absorbed: Row) -> dict[str, Any]:
    """The columns of the absorbed row that are emptied, because the survivor took over what is unique."""
    empty: dict[str, Any] = {}
    if survivor["phone_index"] is None and absorbed["phone_index"] is not None:
        empty |= dict.fromkeys(("phone_index", "phone_sealed", "tail_index"))
    if survivor["external_id"] is None and absorbed["external_id"] is not None:
        empty["external_id"] = None
    return empty


def taken_apart(now: Row, before: Row, absorbed: Row) -> dict[str, Any]:
    """The columns of the survivor that go back when a merge is undone; what has changed since then stays.

    `now` is the row as it is, `before` and `absorbed` are the two as they were.
    """
    changed = combined(before, absorbed)
    back: dict[str, Any] = {}
    for names in (
        NUMBER,
        _NAME,
        _REGION,
        ("external_id",),
        ("birthday",),
        ("level",),
        ("gender",),
        ("joined_at",),
    ):
        came = [name for name in names if name in changed]
        if came and all(now[name] == changed[name] for name in came):
            back |= {name: before[name] for name in came}
    if "tags" in changed:
        brought = set(changed["tags"]) - set(before["tags"])
        back["tags"] = [tag for tag in now["tags"] if tag not in brought]
    if "attrs" in changed:
        brought_attrs = {key: value for key, value in changed["attrs"].items() if key not in before["attrs"]}
        back["attrs"] = {
            key: value
            for key, value in now["attrs"].items()
            if not (key in brought_attrs and brought_attrs[key] == value)
        }
    return {name: value for name, value in back.items() if value != now[name]}
