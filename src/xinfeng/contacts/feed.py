"""What the lens sees of contacts: who they are, without what would identify them, and what they did.

Only people who are in force: rows that were merged into others or erased are not in `contact`; where the merged
ones lead is `alias`. Facts stay as they were written, so questions about people ask through `of_person`.
"""

from __future__ import annotations

from collections.abc import Sequence

from xinfeng.contacts import trait_values
from xinfeng.contacts.models import ContactState
from xinfeng.contacts.persons import of_person, of_the_living, without_withdrawn
from xinfeng.foundation.database import Connection
from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode, Patch

__all__ = ["DERIVED", "FEEDS", "attribute_columns", "of_person", "of_the_living", "without_withdrawn"]

DERIVED = (trait_values.DERIVED,)

ATTRIBUTE_PREFIX = "attr_"
"""Before the key of a custom attribute, in the lens's column for it."""


def attribute_columns(connection: Connection) -> Sequence[Column]:
    """A column for each declared attribute. A value that doesn't fit its kind is read as not set."""
    rows = connection.execute("select key, kind from attribute order by id").fetchall()
    return [_attribute_column(key, kind) for key, kind in rows]


def _attribute_column(key: str, kind: str) -> Column:
    """`key` is made of a-z, 0-9 and _ only: a constraint of the table."""
    text, value = f"attrs->>'{key}'", f"attrs->'{key}'"
    types = {
        "text": (ColumnType.TEXT, text),
        "choice": (ColumnType.TEXT, text),
        "number": (
            ColumnType.NUMBER,
            f"case when jsonb_typeof({value}) = 'number' then ({text})::float8 end",
        ),
        "date": (ColumnType.DATE, f"case when pg_input_is_valid({text}, 'date') then ({text})::date end"),
        "bool": (ColumnType.BOOL, f"case when jsonb_typeof({value}) = 'boolean' then ({text})::bool end"),
    }
    column_type, source = types[kind]
    return Column(f"{ATTRIBUTE_PREFIX}{key}", column_type, source, present_when=f"attrs ? '{key}'")


FEEDS = (
    Feed(
        "contact",
        (
            Column("id", ColumnType.BIGINT),
            Column("gender", ColumnType.SMALLINT),
            Column("birthday", ColumnType.DATE),
            Column("province", ColumnType.TEXT),
            Column("city", ColumnType.TEXT),
            Column("carrier", ColumnType.SMALLINT),
            Column("language", ColumnType.TEXT),
            Column("level", ColumnType.TEXT),
            Column("tier", ColumnType.SMALLINT),
            Column("tags", ColumnType.INTS),
            Column("has_phone", ColumnType.BOOL, "phone_index is not null"),
            Column("joined_at", ColumnType.TIME),
            Column("created_at", ColumnType.TIME),
        ),
        Mode.REPLACE,
        key=("id",),
        relation="(select c.*, coalesce(p.tier, 0) as tier from contact c "
        "left join placement p on p.contact_id = c.id) as contact",
        extra=attribute_columns,
        gone_when=f"state <> {int(ContactState.ALIVE)}",
        patches=(  # every change of a tier leaves a fact, and its row of `contact` alone
            Patch(
                ("tier",),
                "(select f.contact_id as id, p.tier, f.xid from tier_fact f join placement p using (contact_id)) as placed",
            ),
        ),
    ),
    Feed(  # whose facts are somebody else's now
        "alias",
        (Column("id", ColumnType.BIGINT), Column("merged_into", ColumnType.BIGINT)),
        Mode.REPLACE,
        key=("id",),
        relation="(select c.id, c.merged_into, c.xid from contact c "
        "where exists (select from merge m where m.absorbed_id = c.id)) as alias",
        gone_when="merged_into is null",
    ),
    Feed(
        "tier_fact",
        (
            Column("id", ColumnType.BIGINT),
            Column("contact_id", ColumnType.BIGINT),
            Column("before", ColumnType.SMALLINT),
            Column("tier", ColumnType.SMALLINT),
            Column("at", ColumnType.TIME),
            Column("cause", ColumnType.TEXT),
        ),
    ),
    Feed(
        "event",
        (
            Column("id", ColumnType.BIGINT),
            Column("contact_id", ColumnType.BIGINT),
            Column("kind", ColumnType.SMALLINT),
            Column("at", ColumnType.TIME),
            Column("amount_fen", ColumnType.BIGINT),
            Column("item", ColumnType.TEXT),
            Column("category", ColumnType.TEXT),
            Column("source", ColumnType.TEXT),
        ),
    ),
)
