"""What the house holds about one person, slice by slice: for copies of it, and for erasing it.

A slice that holds personal data lists its `HOLDINGS` in `<slice>/personal.py`; whoever answers a person's request
finds them through the installed apps and needs to know none of them. A slice without such a file holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule
from psycopg.pq import TransactionStatus

from xinfeng.foundation.database import Connection

Ids = Sequence[int]
"""Everything a person is known by in facts: her contact id first, then those merged into it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of data about a person.

    `rows` gives everything held, in the clear, as JSON-ready mappings, oldest first; an iterator, because it may
    be long. `erase` removes, in the caller's transaction, what may go now, and says how many rows it took; None:
    the law keeps it (`kept_because` says which), nothing but its storage goes on. With both, `erase` takes what the
    law no longer keeps and leaves the rest; it is called again later, so doing it twice must do no harm. Facts,
    which the database otherwise refuses to change, may be deleted or emptied there: see `erasing`. `order`:
    smaller ones are erased first; whoever needs the contact's row to find its own comes before 90, where contacts
    empty theirs.
    """

    name: str
    label: str
    label_en: str
    rows: Callable[[Ids], Iterator[Mapping[str, Any]]]
    erase: Callable[[Connection, Ids, datetime], int] | None
    kept_because: str = ""
    kept_because_en: str = ""
    order: int = 50


@contextmanager
def erasing(connection: Connection) -> Iterator[None]:
    """Facts may be deleted or emptied inside, in this transaction: the one exception from "never changed".

    Whoever answers a request (`privacy`) opens it around each `Holding.erase`; nobody else has a reason to.
    """
    connection.execute("select set_config('xinfeng.erasing', 'on', true)")
    try:
        yield
    finally:
        if connection.info.transaction_status != TransactionStatus.INERROR:
            connection.execute("select set_config('xinfeng.erasing', 'off', true)")


def holdings() -> tuple[Holding, ...]:
    """Those of all installed slices, in the order in which they are erased."""
    found: list[Holding] = []
    for config in apps.get_app_configs():
        if config.name.startswith("xinfeng.") and module_has_submodule(config.module, "personal"):
            if config.name == "xinfeng.foundation":
                continue
            found += import_module(f"{config.name}.personal").HOLDINGS
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise ValueError(f"two holdings have the same name: {sorted(names)}")
    return tuple(sorted(found, key=lambda one: (one.order, one.name)))
