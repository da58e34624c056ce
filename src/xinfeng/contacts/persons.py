"""Questions to the lens that are about people: merged rows are one, the erased are nobody.

Facts stay as they were written. What is asked about people goes through these.
"""

from __future__ import annotations

import ibis

from xinfeng.lens.engine import Lens


def of_person(lens: Lens, table: ibis.Table) -> ibis.Table:
    """A table of facts with each `contact_id` that was merged away replaced by the survivor's.

    The very same table while nobody is merged. Facts of erased rows keep their id; see `of_the_living`.
    """
    if lens.is_empty("alias"):
        return table
    alias = lens.table("alias").select(alias_id="id", alias_of="merged_into")
    joined = table.left_join(alias, table["contact_id"] == alias["alias_id"])
    led = joined.mutate(contact_id=ibis.coalesce(joined["alias_of"], joined["contact_id"]))
    return led.select(*table.columns)


def of_the_living(lens: Lens, table: ibis.Table) -> ibis.Table:
    """The rows of a table with `contact_id` that are about people who are neither merged away nor erased."""
    contact = lens.table("contact")
    return table.semi_join(contact, table["contact_id"] == contact["id"])


def withdrawn(lens: Lens) -> ibis.Table:
    """Who withdrew the purpose `profiling`: one column, `contact_id`."""
    standing = lens.table("standing")
    said_no = standing.filter(
        standing["purpose"] == "profiling", ~standing["granted"], standing["entry_seq"].notnull()
    )
    return said_no.select("contact_id")


def without_withdrawn(lens: Lens, table: ibis.Table) -> ibis.Table:
    """The rows of a table with `contact_id` that are not about people who withdrew the purpose `profiling`."""
    return table.anti_join(withdrawn(lens), "contact_id")
