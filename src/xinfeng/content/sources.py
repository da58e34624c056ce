"""Values for many contacts at once, straight from PostgreSQL, names unsealed in batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from xinfeng.content.values import ContactFields, Moment, contact_values
from xinfeng.content.variables import Catalogue, Value, Variable
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.purposes import sensitive_purpose

_COLUMNS = ("name_sealed", "gender", "birthday", "province", "city", "level", "tier", "joined_at", "attrs")
"""Columns of contact that a variable may be made from."""


_AS_STORED = {"contact.province": "province", "contact.city": "city", "contact.level": "level"}
"""Variables that are a column just as it is."""

_Columns = dict[str, list[Any]]


def values_of(
    contact_ids: Sequence[int], used: Sequence[str], *, catalogue: Catalogue, moment: Moment
) -> list[dict[str, Value] | None]:
    """The values of the variables `used`, a row for each contact in the order given; None: no such contact.

    Reads only the columns that are needed, in one statement: give some thousands of ids at a time. Names are
    opened in memory and never leave it. A sensitive attribute has a value only for those who consented to its use.
    The rows go into `Renderer.render_many`.
    """
    variables = {name: catalogue[name] for name in used if name.startswith(("contact.", "attr."))}
    if not variables:
        return [{} for _ in contact_ids]
    wanted = [column for column in _COLUMNS if any(column in entry.columns for entry in variables.values())]
    found_ids, columns = _fetch(contact_ids, wanted)
    sensitive = [name.removeprefix("attr.") for name, entry in variables.items() if entry.sensitive]
    if sensitive:
        columns["attrs"] = _only_agreed(found_ids, columns["attrs"], sensitive)
    made = dict(zip(found_ids, _rows(columns, len(found_ids), variables, moment), strict=True))
    return [made.get(contact_id) for contact_id in contact_ids]


def _fetch(contact_ids: Sequence[int], columns: Sequence[str]) -> tuple[list[int], _Columns]:
    """The ids that exist, and each column's values in their order; names opened, under `name`."""
    statement = sql.SQL(
        "select id, {columns} from contact left join placement on contact_id = id where id = any(%s)"
    ).format(columns=sql.SQL(", ").join(map(sql.Identifier, columns)))
    with connection.cursor() as cursor:
        cursor.execute(statement, (list(contact_ids),))
        fetched = cursor.fetchall()
    turned = list(zip(*fetched, strict=True)) or [()] * (len(columns) + 1)
    found: _Columns = {column: list(values) for column, values in zip(columns, turned[1:], strict=True)}
    if "name_sealed" in found:
        found["name"] = _opened(found.pop("name_sealed"))
    if "attrs" in found:  # Django's connections hand jsonb out as text
        found["attrs"] = [json.loads(value) if isinstance(value, str) else value for value in found["attrs"]]
    return list(turned[0]), found


def _only_agreed(
    ids: Sequence[int], attrs: Sequence[Mapping[str, Any]], sensitive: Sequence[str]
) -> list[Any]:
    """Each contact's attributes without the sensitive ones she has not agreed to, or no longer agrees to."""
    purposes = {sensitive_purpose(key): key for key in sensitive}
    with connection.cursor() as cursor:
        cursor.execute(
            "select contact_id, purpose from standing where contact_id = any(%s) and purpose = any(%s) and granted",
            (list(ids), list(purposes)),
        )
        agreed = {(contact_id, purposes[purpose]) for contact_id, purpose in cursor.fetchall()}
    hidden = set(sensitive)
    return [
        {key: value for key, value in held.items() if key not in hidden or (contact_id, key) in agreed}
        for contact_id, held in zip(ids, attrs, strict=True)
    ]


def _opened(sealed: Sequence[bytes | None]) -> list[str | None]:
    names = iter(vault().open_many(Kind.NAME, [bytes(each) for each in sealed if each]))
    return [next(names) if each else None for each in sealed]


def _rows(
    columns: _Columns, count: int, variables: Mapping[str, Variable], moment: Moment
) -> Iterator[dict[str, Value]]:
    """A row of values for each contact. Plain columns, what most texts use, go straight through."""
    direct = {**_AS_STORED, "contact.name": "name"}
    made = {name: columns[column] for name, column in direct.items() if name in variables}
    derived = {name: entry for name, entry in variables.items() if name not in direct}
    plain = zip(*made.values(), strict=True) if made else iter([()] * count)
    if not derived:
        for values in plain:
            yield dict(zip(made, values, strict=True))
        return
    names, fields = tuple(made), tuple(columns)
    for values, given in zip(plain, zip(*columns.values(), strict=True), strict=True):
        contact = ContactFields(**dict(zip(fields, given, strict=True)))
        yield {**dict(zip(names, values, strict=True)), **contact_values(contact, moment, derived)}
