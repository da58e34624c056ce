"""What the codes of carriers and vendors mean, whose side they are on, and what follows from them.

The tables are data: `data/*.toml`, one file a carrier or protocol, each group with its source and date; `classes.toml`
says what codes come down to. An operator adds codes or gives them another meaning (`own`), audited, in force without
a restart. Looking a code up never asks the database: `refresh` (a few times a minute at most) brings in what
operators changed, `refresh_async` does so in gateways.

Where publishers contradict each other, a code is kept with all readings and with the action that does least harm: it
teaches nothing about the number and bars nobody. An unknown code says that it is unknown, and what its first letters
tell.
"""

from __future__ import annotations

from xinfeng.channels.codes.lookup import book, explain, explain_login, refresh, refresh_async, verdict
from xinfeng.channels.codes.shapes import (
    Action,
    CodeInfo,
    Permanence,
    Phase,
    Side,
    Verdict,
)

__all__ = [
    "Action",
    "CodeInfo",
    "Permanence",
    "Phase",
    "Side",
    "Verdict",
    "book",
    "explain",
    "explain_login",
    "refresh",
    "refresh_async",
    "verdict",
]
