"""Whose texts are worth looking at in an audience of any size: some of everywhere, and those at the edges.

A text goes wrong where somebody's value is long or missing, and such people are seldom among the latest. The lens finds
them in the whole audience for the values it knows; names it does not know, those are met in the spread only.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from xinfeng.lens.engine import Lens

SPREAD = 1_500
"""People from all over the audience."""
EACH_EDGE = 40
"""People for each edge of each value."""
MOST_VALUES = 8

_COLUMNS = {
    "contact.province": "province",
    "contact.city": "city",
    "contact.level": "level",
    "contact.birthday_month": "birthday",
}


def spread(
    lens: Lens, people: ibis.Table, needed: Sequence[str], *, seed: int, most: int = SPREAD
) -> list[int]:
    """Ids from `people` (`contact_id`, each once), at most `most` of everywhere, after those at the edges: for each of the
    first MOST_VALUES values a text needs, who has the longest and who has none. The same for the same seed and people.
    """
    contact = lens.table("contact")
    within = contact.filter(contact["has_phone"]).semi_join(people.select(id="contact_id"), "id")
    found: dict[int, None] = {}
    columns = [column for name in needed if (column := _column(name)) in contact.columns]
    for column in columns[:MOST_VALUES]:
        for edge in _edges(within, column):
            found.update(dict.fromkeys(_ids(lens, edge)))
    anywhere = within.order_by((within["id"] + seed).hash(), within["id"]).limit(most)
    found.update(dict.fromkeys(_ids(lens, anywhere)))
    return list(found)


def _column(name: str) -> str:
    """The lens's column for a variable; what it has no column for gets a name that no column has."""
    key = name.removeprefix("attr.")
    return f"attr_{key}" if key != name else _COLUMNS.get(name, "")


def _edges(within: ibis.Table, column: str) -> list[ibis.Table]:
    """Who lacks the value, and who has the longest, where lengths differ."""
    value = within[column]
    lacks, length = value.isnull(), None
    if value.type().is_string():
        lacks, length = lacks | (value == ""), value.length()
    elif value.type().is_numeric():
        length = value.cast("string").length()
    edges = [within.filter(lacks).order_by(within["id"].desc()).limit(EACH_EDGE)]
    if length is not None:
        edges.append(within.filter(~lacks).order_by(length.desc(), within["id"].desc()).limit(EACH_EDGE))
    return edges


def _ids(lens: Lens, people: ibis.Table) -> list[int]:
    return [int(one) for one in lens.rows(people.select("id")).column("id").to_pylist()]
