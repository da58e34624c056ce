"""Brings everything sealed under the key and cipher in use, while the system runs.

A slice lists what it keeps sealed in `<slice>/sealed.py` as `SEALED`: columns, keys within JSON, files. A rotation
walks every table in the order of its key, a page at a time, each in a transaction of its own; where it stands is kept,
so it goes on after a crash or a stop. What somebody else is changing is left alone and found again on the next round,
and a value that changed meanwhile is never overwritten: the old bytes are compared. It waits for no row lock, so it is
in nobody's way for longer than a page takes; and it rests as long as it worked.

Facts may be sealed anew, and nothing else of them may change: the database sees to it (migration 0007,
docs/adr/0013). For the lens nothing has changed. Files are sealed anew by nobody: they lapse, and until then their key
can't be retired.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.module_loading import module_has_submodule

from xinfeng.foundation import audit, keys, stored
from xinfeng.foundation.models import Rotation, RotationStep
from xinfeng.foundation.vault import Kind, head_of, read_head, vault
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now

log = logging.getLogger(__name__)

PAGE_ROWS = 1000
REST = 1.0
"""Rests so long for each second of work."""
COUNTS = "vault_counts"


@dataclass(frozen=True)
class Sealed:
    """Sealed columns of one table. `key`: its columns and their types, in the order of an index, unique together.

    `inside`: for a JSON column, under which names (at any depth) sealed bytes stand in hex.
    """

    table: str
    columns: Mapping[str, Kind]
    key: Mapping[str, str] = field(default_factory=lambda: {"id": "bigint"})
    inside: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)


@dataclass(frozen=True)
class SealedFiles:
    """Files that lie sealed. `heads`: the first three bytes of every seal in them; they lapse by themselves."""

    name: str
    heads: Callable[[], Iterator[bytes]]


class Found(Enum):
    """What a page was: one of several, the last of a round that left something to the next, or the last of all."""

    MORE = "more"
    SOME_LEFT = "some_left"
    ALL = "all"


@dataclass(frozen=True)
class Count:
    """So many values in `place` are sealed so."""

    place: str
    cipher: str
    key_id: int
    values: int


@dataclass(frozen=True)
class Progress:
    """How far a rotation has come in one table; `total` rows as PostgreSQL estimates them."""

    table: str
    looked_at: int
    total: int
    moved: int
    finished: bool


def listed() -> tuple[tuple[Sealed, ...], tuple[SealedFiles, ...]]:
    """What all installed slices keep sealed."""
    tables: list[Sealed] = []
    files: list[SealedFiles] = []
    for config in apps.get_app_configs():
        if config.name.startswith("xinfeng.") and module_has_submodule(config.module, "sealed"):
            for one in import_module(f"{config.name}.sealed").SEALED:
                (tables if isinstance(one, Sealed) else files).append(one)
    return tuple(sorted(tables, key=lambda one: one.table)), tuple(files)


def start(*, actor: str, now: datetime) -> Rotation:
    """Begin a walk that brings everything under the key and cipher in use. Raises Conflict `key.rotating`."""
    head = read_head(vault().head)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("lock table key_rotation in share row exclusive mode")
        if Rotation.objects.filter(finished_at__isnull=True).exists():
            raise Conflict("key.rotating")
        begun = Rotation.objects.create(cipher=head[0], key_id=head[1], begun_at=now, begun_by=actor)
        tables, _ = listed()
        RotationStep.objects.bulk_create([RotationStep(rotation=begun, table=one.table) for one in tables])
        audit.record(actor=actor, action="key.reseal", kind="key", subject=begun.key_id, cipher=begun.cipher)
    return begun


def unfinished() -> Rotation | None:
    return Rotation.objects.filter(finished_at__isnull=True).order_by("-id").first()


def go_on(*, seconds: float) -> bool:
    """Work for about so long; True when there is nothing left to do, or nothing that can be done here and now. Safe to
    call from anywhere, one at a time."""
    until = time.monotonic() + seconds
    rotation = unfinished()
    if rotation is None:
        return True
    head = head_of(rotation.cipher, rotation.key_id)
    house = vault()
    keys.take_up(house)  # the process that began may have known of the key seconds before this one
    if house.head != head:
        if house.ring.active != rotation.key_id == keys.active_id():
            return True  # in use, but not in the key file of this host: for another host, or for later
        # Another key or cipher has come into use since: this walk would lead backwards.
        Rotation.objects.filter(pk=rotation.pk).update(finished_at=utc_now())
        return True
    tables = {one.table: one for one in listed()[0]}
    for step in rotation.steps.filter(finished_at__isnull=True).order_by("id"):
        table = tables.get(step.table)
        while table is not None:
            began = time.monotonic()
            found = _page(table, step, head)
            if found is Found.ALL:
                break
            if found is Found.SOME_LEFT or time.monotonic() >= until:
                return False
            time.sleep(REST * (time.monotonic() - began))
        RotationStep.objects.filter(pk=step.pk).update(finished_at=utc_now())
    stored.write(COUNTS, _kept(counts()), actor="system:rotation")
    Rotation.objects.filter(pk=rotation.pk).update(finished_at=utc_now())
    return True


def progress(rotation: Rotation) -> list[Progress]:
    """Table by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select relname, greatest(reltuples, 0)::bigint + coalesce((
              select sum(greatest(c.reltuples, 0))::bigint from pg_inherits i join pg_class c on c.oid = i.inhrelid
              where i.inhparent = pg_class.oid), 0)
            from pg_class where relname = any(%s) and relnamespace = current_schema()::regnamespace
            """,
            [[step.table for step in rotation.steps.all()]],
        )
        totals = dict(cursor.fetchall())
    return [
        Progress(
            step.table,
            step.looked_at,
            max(int(totals.get(step.table, 0)), step.looked_at),
            step.moved,
            step.finished_at is not None,
        )
        for step in rotation.steps.order_by("id")
    ]


def counts() -> list[Count]:
    """How many values there are by place, cipher and key. Reads every sealed table: not for somebody who waits."""
    tables, files = listed()
    found: list[Count] = []
    with connection.cursor() as cursor:
        for one in tables:
            for place, values in _places(one):
                cursor.execute(f"select head, count(*) from ({values}) as v group by head order by head")  # noqa: S608
                found += [Count(place, *read_head(bytes(head)), many) for head, many in cursor.fetchall()]
    for one_file in files:
        by_head: dict[bytes, int] = {}
        for head in one_file.heads():
            by_head[head] = by_head.get(head, 0) + 1
        found += [Count(one_file.name, *read_head(head), many) for head, many in sorted(by_head.items())]
    return found


def count_again(*, now: datetime) -> None:
    """Count, and keep what was counted for `counted`."""
    stored.write(COUNTS, _kept(counts(), now), actor="system:rotation")


def counted() -> tuple[datetime | None, list[Count]]:
    """What the last count came to, and when it was."""
    said: dict[str, Any] = stored.read(COUNTS, {})
    at = datetime.fromisoformat(said["at"]) if said else None
    return at, [Count(*row) for row in said.get("counts", [])]


def sealed_with(key_id: int) -> list[tuple[str, int]]:
    """Where how many values need this key; read now, in full."""
    by_place: dict[str, int] = {}
    for one in counts():
        if one.key_id == key_id:
            by_place[one.place] = by_place.get(one.place, 0) + one.values
    return sorted(by_place.items())


def _kept(found: Iterable[Count], at: datetime | None = None) -> dict[str, Any]:
    return {
        "at": (at or utc_now()).isoformat(),
        "counts": [[one.place, one.cipher, one.key_id, one.values] for one in found],
    }


def _places(table: Sealed) -> Iterator[tuple[str, str]]:
    """By name, a query of the heads of everything sealed there."""
    for column in table.columns:
        yield (
            f"{table.table}.{column}",
            f"select substring({column} from 1 for 3) as head from {table.table} where {column} is not null",  # noqa: S608
        )
    for column, names in table.inside.items():
        for name in names:
            yield (
                f"{table.table}.{column}.{name}",
                f"select substring(decode(found #>> '{{}}', 'hex') from 1 for 3) as head from {table.table}, "  # noqa: S608
                f"lateral jsonb_path_query({column}, '$.**.{name}') as found where jsonb_typeof(found) = 'string'",
            )


def _page(table: Sealed, step: RotationStep, head: bytes) -> Found:
    """Look at the next rows and seal anew what needs it.

    A round that leaves something is followed by another, unless it moved nothing: what then is left can't be opened,
    or is held for long. The counts name it, and its key is not retired.
    """
    stand: dict[str, Any] = step.position or {"after": None, "moved": 0}
    with _resealing() as cursor:
        rows = _read(cursor, table, stand["after"], head)
        moved = 0
        for number, (column, kind) in enumerate(table.columns.items(), start=len(table.key)):
            old = [row for row in rows if row[number] is not None]
            moved += _seal_anew(cursor, table, column, kind, old, number)
        first_json = len(table.key) + len(table.columns)
        for number, (column, names) in enumerate(table.inside.items(), start=first_json):
            moved += _seal_inside(cursor, table, column, names, rows, number, head)
        step.looked_at += len(rows)
        step.moved += moved
        in_round = stand["moved"] + moved
        if len(rows) == PAGE_ROWS:
            found = Found.MORE
            step.position = {"after": [str(value) for value in rows[-1][: len(table.key)]], "moved": in_round}
        else:
            found = Found.SOME_LEFT if in_round and _is_left(cursor, table, head) else Found.ALL
            step.position = None
            if found is Found.SOME_LEFT:
                step.looked_at = 0
        step.save(update_fields=["looked_at", "moved", "position"])
    return found


def _read(
    cursor: CursorWrapper, table: Sealed, position: Sequence[str] | None, head: bytes
) -> list[tuple[Any, ...]]:
    """The next rows: their key, and of each column what is not sealed as it should be, else null."""
    keys = ", ".join(table.key)
    wanted = [
        f"case when substring({name} from 1 for 3) <> %(head)s then {name} end" for name in table.columns
    ]
    wanted += [f"{name}::text" for name in table.inside]
    after = ""
    params: dict[str, Any] = {"head": head, "rows": PAGE_ROWS}
    if position is not None:
        casts = [f"%(at{n})s::{kind}" for n, kind in enumerate(table.key.values())]
        after = f"where ({keys}) > ({', '.join(casts)})"
        params |= {f"at{n}": value for n, value in enumerate(position)}
    cursor.execute(
        f"select {keys}, {', '.join(wanted)} from {table.table} {after} order by {keys} limit %(rows)s",  # noqa: S608
        params,
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _seal_anew(
    cursor: CursorWrapper,
    table: Sealed,
    column: str,
    kind: Kind,
    rows: Sequence[tuple[Any, ...]],
    number: int,
) -> int:
    if not rows:
        return 0
    old = [bytes(row[number]) for row in rows]
    texts = _open(table, column, kind, old)
    kept = [n for n, text in enumerate(texts) if text is not None]
    new = vault().seal_many(kind, [text for text in texts if text is not None])
    return _write(cursor, table, column, "bytea", [rows[n] for n in kept], [old[n] for n in kept], new)


def _open(table: Sealed, column: str, kind: Kind, sealed: Sequence[bytes]) -> Sequence[str | None]:
    """None for what can't be opened: it stays as it is, and the log says where."""
    try:
        return vault().open_many(kind, sealed)
    except InvalidInput:
        pass
    opened: list[str | None] = []
    for one in sealed:
        try:
            opened.append(vault().open(kind, one))
        except InvalidInput as fault:
            log.error("cannot be opened", extra={"place": f"{table.table}.{column}", "code": fault.code})
            opened.append(None)
    return opened


def _seal_inside(
    cursor: CursorWrapper,
    table: Sealed,
    column: str,
    names: Mapping[str, Kind],
    rows: Sequence[tuple[Any, ...]],
    number: int,
    head: bytes,
) -> int:
    changed, old, new = [], [], []
    for row in rows:
        if row[number] is None:
            continue
        content = json.loads(row[number])
        if _walk(table, content, names, head):
            changed.append(row)
            old.append(row[number])
            new.append(json.dumps(content, ensure_ascii=False))
    return _write(cursor, table, column, "jsonb", changed, old, new) if changed else 0


def _walk(table: Sealed, content: Any, names: Mapping[str, Kind], head: bytes) -> bool:
    """Seal anew, in place, what stands under these names; whether anything had to be."""
    changed = False
    if isinstance(content, dict):
        for name, value in content.items():
            if name in names and isinstance(value, str):
                sealed = bytes.fromhex(value)
                if sealed[: len(head)] != head:
                    [text] = _open(table, name, names[name], [sealed])
                    if text is not None:
                        content[name] = vault().seal(names[name], text).hex()
                        changed = True
            else:
                changed = _walk(table, value, names, head) or changed
    elif isinstance(content, list):
        for value in content:
            changed = _walk(table, value, names, head) or changed
    return changed


def _write(
    cursor: CursorWrapper,
    table: Sealed,
    column: str,
    kind: str,
    rows: Sequence[tuple[Any, ...]],
    old: Sequence[Any],
    new: Sequence[Any],
) -> int:
    """Put the new bytes where the old ones still are and nobody holds the row. Returns how many."""
    keys = list(table.key)
    params: dict[str, Any] = {f"k{n}": [str(row[n]) for row in rows] for n in range(len(keys))}
    arrays = ", ".join(f"%(k{n})s::{of}[]" for n, of in enumerate(table.key.values()))
    # Between its lowest and highest key: so that PostgreSQL looks at no partition in vain.
    near = " and ".join(
        f"t.{name} between (select min({name}) from given) and (select max({name}) from given)"  # noqa: S608
        for name in keys
    )
    same = " and ".join(f"t.{name} = g.{name}" for name in keys)
    cursor.execute(
        f"""
        with given as (
          select * from unnest({arrays}, %(old)s::{kind}[], %(new)s::{kind}[]) as g({", ".join(keys)}, was, becomes)
        ), mine as (
          select g.* from {table.table} t join given g on {same} where t.{column} = g.was and {near}
          for no key update of t skip locked
        )
        update {table.table} t set {column} = g.becomes from mine g where {same} and {near}
        """,  # noqa: S608
        params | {"old": list(old), "new": list(new)},
    )
    return int(cursor.rowcount)


def _is_left(cursor: CursorWrapper, table: Sealed, head: bytes) -> bool:
    """Whether a round has left something: held by somebody else, or written meanwhile by who had not heard."""
    for _, values in _places(table):
        cursor.execute(f"select exists (select from ({values}) as v where head <> %s)", [head])  # noqa: S608
        [found] = cursor.fetchone() or (False,)
        if found:
            return True
    return False


@contextmanager
def _resealing() -> Iterator[CursorWrapper]:
    """Sealed columns of facts may get other bytes inside, in this transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('xinfeng.resealing', 'on', true)")
        yield cursor
        cursor.execute("select set_config('xinfeng.resealing', 'off', true)")
