"""What slices have to say about backups: how a table is read by snapshots, and what a restore has to put right.

A restored database is older than the world. What lies between is unknown: messages may have left that it thinks are
queued, people may have said no. A slice that holds such state lists its `RESTORED` in `<slice>/restored.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from xinfeng.foundation.database import Connection

ACTOR = "system:restore"


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between a backup and its restore.

    `nothing_sent`: a person answers for it that nothing was sent after the backup was made. `seen`: a `pg_snapshot`
    that sees every row restored but those of the `unread` files; positions of readers by snapshot become it.
    """

    made_at: datetime
    now: datetime
    nothing_sent: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Restored:
    """One slice's part.

    `settle` puts right what it must, in the transaction that restores, by psycopg or Django alike, and says how many
    of what. `unread`: by table, the SQL condition for rows (alias `r`) that its reader by snapshots has not read yet.
    `head`: SQL for number and hash (bytea) of the last link of a chain, kept in the manifest under `name`. Smaller
    `order` is settled first.
    """

    name: str
    settle: Callable[[Connection, Gap], Mapping[str, int]] | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    head: str = ""
    order: int = 50


def parts() -> tuple[Restored, ...]:
    """Those of all installed slices, in the order in which they are settled."""
    found: list[Restored] = []
    for config in apps.get_app_configs():
        if config.name.startswith("xinfeng.") and module_has_submodule(config.module, "restored"):
            found += import_module(f"{config.name}.restored").RESTORED
    return tuple(sorted(found, key=lambda one: one.order))


def unread() -> dict[str, str]:
    """By table; one reader a table."""
    found: dict[str, str] = {}
    for part in parts():
        for table, condition in part.unread.items():
            if table in found:
                raise ValueError(f"two slices read {table} by snapshots")
            found[table] = condition
    return found
