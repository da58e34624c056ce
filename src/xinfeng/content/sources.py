"""Values for many contacts at once, straight from PostgreSQL, names unsealed in batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from xinfeng.content.values import ContactFields, Moment, contact_values
from xinfeng.content.variables import Catalogue, Value
from xinfeng.foundation.vault import Kind, vault

_COLUMNS = ("name_sealed", "gender", "birthday", "province", "city", "level", "tier", "joined_at", "attrs")
"""Columns of contact that a variable may be made from."""


class _Fetched(NamedTuple):
    contact_id: int
    columns: dict[str, Any]


def values_of(
    contact_ids: Sequence[int], used: Sequence[str], *, catalogue: Catalogue, moment: Moment
) -> list[dict[str, Value] | None]:
    """The values of the variables `used`, a row for each contact in the order given; None: no such contact.

    Reads only the columns that are needed, in one statement: give some thousands of ids at a time. Names are
    opened in memory and never leave it. The rows go into `Renderer.render_many`.
    """
    variables = {name: catalogue[name] for name in used if name.startswith(("contact.", "attr."))}
    if not variables:
        return [{} for _ in contact_ids]
    columns = [column for column in _COLUMNS if any(column in entry.columns for entry in variables.values())]
    found = _fetch(contact_ids, columns)
    names = _open_names(found) if "name_sealed" in columns else {}
    made = {row.contact_id: contact_values(_fields(row, names), moment, variables) for row in found}
    return [made.get(contact_id) for contact_id in contact_ids]


def _fetch(contact_ids: Sequence[int], columns: Sequence[str]) -> list[_Fetched]:
    statement = sql.SQL("select id, {columns} from contact where id = any(%s)").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, (list(contact_ids),))
        return [_Fetched(row[0], dict(zip(columns, row[1:], strict=True))) for row in cursor.fetchall()]


def _open_names(found: Sequence[_Fetched]) -> Mapping[int, str]:
    sealed = [
        (row.contact_id, bytes(row.columns["name_sealed"])) for row in found if row.columns["name_sealed"]
    ]
    opened = vault().open_many(Kind.NAME, [each for _, each in sealed])
    return dict(zip((contact_id for contact_id, _ in sealed), opened, strict=True))


def _fields(row: _Fetched, names: Mapping[int, str]) -> ContactFields:
    given = {name: value for name, value in row.columns.items() if name != "name_sealed"}
    if isinstance(given.get("attrs"), str):  # Django's connections hand jsonb out as text
        given["attrs"] = json.loads(given["attrs"])
    return ContactFields(name=names.get(row.contact_id), **given)
