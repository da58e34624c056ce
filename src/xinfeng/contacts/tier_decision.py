"""The one place where tiers are decided (feature A8). Pure.

`decide` is an Ibis expression over what is known of a person; the lens asks it of everybody, and PostgreSQL asks
the very same expression of a few (`sql_of_decision`), so the two cannot differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import ibis

from xinfeng.contacts.models import Tier


def decide(known: ibis.Table, order: tuple[int, ...]) -> Any:
    """The tier, from columns `withdrawn`, `industry` (yes or no), `joined_at`, `event_at`, `bought_at` (the last
    interaction and purchase; null: none) and the bounds `new_since`, `active_since`, `dormant_since`.

    Whoever withdrew profiling belongs nowhere; so does whom no rule fits.
    """
    fits = {
        Tier.INDUSTRY: known["industry"],
        Tier.NEW: known["joined_at"] > known["new_since"],
        Tier.ACTIVE: (known["bought_at"] > known["active_since"]).fill_null(False),
        Tier.DORMANT: ibis.coalesce(known["event_at"], known["joined_at"]) <= known["dormant_since"],
        Tier.POTENTIAL: known["bought_at"].isnull(),
    }
    ladder = [(known["withdrawn"], int(Tier.NONE)), *((fits[Tier(tier)], tier) for tier in order)]
    return ibis.cases(*ladder, else_=int(Tier.NONE)).cast("int16")


_KNOWN = ibis.schema(
    {
        "id": "int64",
        "before": "int16",
        "cause": "string",
        "withdrawn": "boolean",
        "industry": "boolean",
    }
    | dict.fromkeys(
        ("joined_at", "event_at", "bought_at", "new_since", "active_since", "dormant_since"),
        "timestamp('UTC')",
    )
)


@lru_cache(maxsize=8)
def sql_of_decision(order: tuple[int, ...]) -> str:
    """PostgreSQL's words for the same decision: a query of `id`, `before`, `cause`, `tier` over a table `known`."""
    known = ibis.table(_KNOWN, name="known")
    return str(
        ibis.to_sql(known.select("id", "before", "cause", tier=decide(known, order)), dialect="postgres")
    )
