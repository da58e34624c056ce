"""What the lens sees of a slice: a feed is a table of the lens and where its rows come from.

A slice lists its feeds as `FEEDS` in `<slice>/feed.py`. Text in a feed is SQL fragments written by us; nothing
that a person typed may get there, except attribute keys, which are checked by their shape.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from xinfeng.foundation.database import Connection

_is_name = re.compile(r"[a-z][a-z0-9_]{0,58}").fullmatch


class ColumnType(Enum):
    """Types a column of the lens may have; the value is the type's name in Ibis."""

    SMALLINT = "int16"
    INT = "int32"
    BIGINT = "int64"
    NUMBER = "float64"
    TEXT = "string"
    BOOL = "boolean"
    TIME = "timestamp('UTC')"
    DATE = "date"
    INTS = "array<int32>"


@dataclass(frozen=True)
class Column:
    """A column of the lens. `source` is the SQL expression over the feed's relation; by default, its own name.

    `present_when` is an SQL condition that holds for the rows with a value; a column that appears later (a
    custom attribute) is filled by reading those rows again.
    """

    name: str
    type: ColumnType
    source: str = ""
    present_when: str = ""

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise ValueError(f"not a column name: {self.name!r}")

    @property
    def expression(self) -> str:
        """The SQL that reads it. Lists travel in JSON's notation, which every engine reads."""
        source = self.source or f'"{self.name}"'
        return f"translate(({source})::text, '{{}}', '[]')" if self.type is ColumnType.INTS else source


class Mode(Enum):
    """APPEND: rows are facts and come once. REPLACE: a row seen again takes the place of the one with its key."""

    APPEND = "append"
    REPLACE = "replace"


@dataclass(frozen=True)
class Patch:
    """Columns of a feed that change without its row, because PostgreSQL keeps them apart from it.

    `relation` has the feed's key, these `columns` and the `xid` that tells of their change; the feed's own relation
    has them too, as they are now. A key may come several times, with the same values; one that the lens does not
    have is passed over.
    """

    columns: tuple[str, ...]
    relation: str


@dataclass(frozen=True)
class Feed:
    """A table of the lens. `relation` (by default, its own name) must have the column `xid`.

    `extra` reads columns that people add while the system runs; it is asked at every refresh, in the same
    snapshot as the rows. `gone_when` is an SQL condition: a row for which it holds is not in the lens, and
    leaves it with the refresh that sees it so. What it looks at must be of the row itself, so that its `xid`
    tells of every change.
    """

    name: str
    columns: tuple[Column, ...]
    mode: Mode = Mode.APPEND
    key: tuple[str, ...] = ()
    relation: str = ""
    extra: Callable[[Connection], Sequence[Column]] | None = field(default=None, compare=False)
    gone_when: str = ""
    patches: tuple[Patch, ...] = ()

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        if not _is_name(self.name) or len(names) != len(self.columns) or not names.issuperset(self.key):
            raise ValueError(f"feed {self.name!r} is not well-formed")
        if (self.mode is Mode.REPLACE) != bool(self.key):
            raise ValueError(f"feed {self.name!r}: a key goes with replacing, and only with it")
        if self.extra is not None and self.mode is not Mode.REPLACE:
            raise ValueError(
                f"feed {self.name!r}: columns can be added later only where rows can be read again"
            )
        if self.gone_when and self.mode is not Mode.REPLACE:
            raise ValueError(f"feed {self.name!r}: facts never go")
        if any(not (names - set(self.key)).issuperset(patch.columns) for patch in self.patches):
            raise ValueError(f"feed {self.name!r}: a patch is of columns of its own, none of them in the key")
        if self.patches and self.mode is not Mode.REPLACE:
            raise ValueError(f"feed {self.name!r}: facts never change")

    @property
    def fingerprint(self) -> str:
        """Changes when the feed reads something else than before; its rows are then read anew."""
        parts: tuple[object, ...] = (self.name, self.columns, self.mode, self.key, self.relation)
        parts += (self.gone_when,) if self.gone_when else ()
        parts += (self.patches,) if self.patches else ()
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def patch_feed(self, patch: Patch) -> Feed:
        """What is read for a patch: the key and its columns, from its relation."""
        columns = tuple(one for one in self.columns if one.name in (*self.key, *patch.columns))
        return Feed(self.name, columns, self.mode, self.key, patch.relation)


@dataclass(frozen=True)
class Derived:
    """A table that the lens computes from its own tables and keeps; empty until it is computed first.

    Listed as `DERIVED` in `<slice>/feed.py`; computed by `Lens.derive` and with every rebuild. `columns` is asked
    at every refresh: a column that is new is null until the table is computed again. `build(lens, columns, now,
    among)` gives the rows in pieces, each an Ibis table with `key` and any of `columns`; pieces bound the memory
    it takes. With `among`, a table that has the column `key`, only the rows of those.
    """

    name: str
    key: Column
    columns: Callable[[Connection], Sequence[Column]]
    build: Callable[..., Iterable[Any]]

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise ValueError(f"derived table {self.name!r} is not well-formed")


@dataclass(frozen=True)
class View:
    """A question that a slice offers to all others by name, so that a slice below it can ask it.

    Listed as `VIEWS` in `<slice>/feed.py`. `build` gets the lens and the caller's keyword arguments, and gives
    an Ibis table.
    """

    name: str
    build: Callable[..., Any]


def declared_views() -> dict[str, View]:
    """The views of all installed slices, by name."""
    found: dict[str, View] = {}
    for module in _feed_modules():
        for view in getattr(module, "VIEWS", ()):
            found[view.name] = view
    return found


def _feed_modules() -> Iterator[ModuleType]:
    for config in apps.get_app_configs():
        if config.name.startswith("xinfeng.") and module_has_submodule(config.module, "feed"):
            yield import_module(f"{config.name}.feed")


def declared() -> tuple[Feed, ...]:
    """The feeds of all installed slices, in their order."""
    found: list[Feed] = [feed for module in _feed_modules() for feed in module.FEEDS]
    names = [*(feed.name for feed in found), *(one.name for one in declared_derived())]
    if len(set(names)) != len(names):
        raise ValueError(f"two tables of the lens have the same name: {sorted(names)}")
    return tuple(found)


def declared_derived() -> tuple[Derived, ...]:
    """The derived tables of all installed slices, in their order."""
    return tuple(one for module in _feed_modules() for one in getattr(module, "DERIVED", ()))
