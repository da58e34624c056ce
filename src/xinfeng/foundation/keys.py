"""The keys of this database: which it was sealed with, which is in use, and which process knows which.

Whether the key file at hand is the right one. Under another index key nobody is found again: a person who opted out
would come back as a stranger. So the database keeps a fingerprint of every key it was used with, and a process that
holds others does not start.

A new key comes in two steps. `add` puts it into the file, and no one seals with it yet. `activate` lets it be used,
and only once every running process has said that it knows the key: so none ever meets what it can't open. Processes
say what they know every few seconds (`Watch`); those on the same host read the same file, other hosts need a copy.
`retire` takes a key out of the file when nothing is sealed with it any more and nothing under way can be.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, transaction

from xinfeng.foundation import audit, stored, vault
from xinfeng.foundation.locks import hold_for_transaction
from xinfeng.foundation.models import EncryptionKey, KeyHolder
from xinfeng.foundation.vault import KeyRing, Vault, read_key_file
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import utc_now

log = logging.getLogger(__name__)

STORED_KEY = "vault_keys"
ACTOR = "system:vault"
KEYS = 0x58_46_00_05
"""Advisory lock: one change of the keys at a time."""
SAID_EVERY_S = 5.0
HOLDER_LIVES = timedelta(seconds=60)
"""A process that has said nothing for so long is gone."""
SETTLES = timedelta(seconds=60)
"""After a change of keys: what was begun under the old one before its process noticed."""


class KeyFault(Enum):
    """Why the key file cannot be used with this database."""

    MISSING = "missing"
    OTHER = "other"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Key:
    """One master key as people see it; never the key itself."""

    id: int
    fingerprint: str
    made_at: datetime | None
    activated_at: datetime | None
    retired_at: datetime | None
    is_active: bool


def recognise(path: Path) -> KeyFault | None:
    """Compare the key file with the keys this database knows; None when it may be used.

    A new database takes the file it is first used with, which is made then. A rotated file is known by its old
    keys, and its new one is remembered. Nothing is made or changed when there is a fault.
    """
    known: dict[str, Any] = stored.read(STORED_KEY, {})
    if known and not path.exists():
        return KeyFault.MISSING
    try:
        ring = read_key_file(path)
        held = vault.fingerprints_of(ring)
        made = vault.made_at(path)
    except (ValueError, KeyError, TypeError):
        return KeyFault.UNREADABLE
    if any(held.get(name) != fingerprint for name, fingerprint in known.items()):
        return KeyFault.OTHER
    retired = {f"key {one}" for one in _retired()}
    remembered = {name: fingerprint for name, fingerprint in held.items() if name not in retired}
    if remembered != known:
        stored.write(STORED_KEY, remembered, actor=ACTOR)
    _list(ring, made)
    return None


def known_keys() -> list[Key]:
    """All there ever were, the newest first."""
    active = active_id()
    return [
        Key(one.pk, one.fingerprint, one.made_at, one.activated_at, one.retired_at, one.pk == active)
        for one in EncryptionKey.objects.order_by("-id")
    ]


def active_id() -> int | None:
    """The key new seals use, as the database says; None before any was listed."""
    latest = EncryptionKey.objects.filter(activated_at__isnull=False, retired_at__isnull=True)
    return latest.order_by("-activated_at", "-id").values_list("pk", flat=True).first()


def add(path: Path, *, actor: str) -> int:
    """Put a new key into the file; returns its id. The file as it was stays beside it. Audited."""
    with transaction.atomic():
        _take_turns()
        key_id = vault.add_key(path)
        audit.record(actor=actor, action="key.add", kind="key", subject=key_id)
        recognise(path)
    return key_id


def who_lacks(key_id: int, *, now: datetime) -> list[str]:
    """Running processes that don't know the key, such as `gateway on node-2`."""
    fingerprint = EncryptionKey.objects.filter(pk=key_id).values_list("fingerprint", flat=True).first()
    return [
        f"{one.process} @ {one.host}"
        for one in living(now=now)
        if one.keys.get(str(key_id)) != fingerprint or fingerprint is None
    ]


def living(*, now: datetime) -> list[KeyHolder]:
    """Processes that have said lately what they know."""
    return list(KeyHolder.objects.filter(seen_at__gt=now - HOLDER_LIVES).order_by("process", "host", "id"))


def activate(path: Path, key_id: int, *, actor: str, now: datetime) -> None:
    """Let every new seal use this key. Audited.

    Raises NotFound `key.unknown`, or Conflict `key.not_known_everywhere` (key_id, holders): nothing has changed then.
    """
    with transaction.atomic():
        _take_turns()
        row = EncryptionKey.objects.filter(pk=key_id, retired_at__isnull=True).first()
        if row is None or key_id not in read_key_file(path).masters:
            raise NotFound("key.unknown", key_id=key_id)
        if lacking := who_lacks(key_id, now=now):
            raise Conflict("key.not_known_everywhere", key_id=key_id, holders=lacking)
        EncryptionKey.objects.filter(pk=key_id).update(activated_at=now)
        audit.record(actor=actor, action="key.activate", kind="key", subject=key_id)
    vault.activate_key(path, key_id)
    vault.vault().use(key_id)


def retire(
    path: Path, key_id: int, *, sealed_with: Sequence[tuple[str, int]], actor: str, now: datetime
) -> None:
    """Take a key out of the file for good. `sealed_with`: where how many values still need it.

    Raises NotFound `key.unknown`, or Conflict `key.active`, `key.in_use` (values, where) or `key.too_soon` (seconds).
    """
    with transaction.atomic():
        _take_turns()
        row = EncryptionKey.objects.filter(pk=key_id, retired_at__isnull=True).first()
        if row is None:
            raise NotFound("key.unknown", key_id=key_id)
        if key_id == active_id() or any(one.active == key_id for one in living(now=now)):
            raise Conflict("key.active", key_id=key_id)
        if sealed_with:
            where = [f"{place} {count}" for place, count in sealed_with]
            raise Conflict(
                "key.in_use", key_id=key_id, values=sum(count for _, count in sealed_with), where=where
            )
        if (seconds := _unsettled_s(now)) > 0:
            raise Conflict("key.too_soon", key_id=key_id, seconds=seconds)
        EncryptionKey.objects.filter(pk=key_id).update(retired_at=now)
        known: dict[str, Any] = stored.read(STORED_KEY, {})
        stored.write(
            STORED_KEY, {name: one for name, one in known.items() if name != f"key {key_id}"}, actor=ACTOR
        )
        audit.record(actor=actor, action="key.retire", kind="key", subject=key_id)
    vault.remove_key(path, key_id)
    vault.vault().freshen()


def take_up(house: Vault) -> None:
    """Use the key that the database says is in use; a vault that doesn't know it goes on with its own."""
    active = active_id()
    if active is None or active == house.ring.active:
        return
    try:
        house.use(active)
    except InvalidInput:
        log.error("the key in use is not in the key file of this host", extra={"key_id": active})


class Watch(threading.Thread):
    """Says every few seconds which keys this process knows, and takes up a new one. Ends with the process."""

    def __init__(self, process: str) -> None:
        super().__init__(name="keys", daemon=True)
        self._process = process
        self._host = socket.gethostname()[:80]
        self._id = f"{self._host}:{os.getpid()}:{process}"
        self._ending = threading.Event()
        self._since = (0, utc_now())

    def run(self) -> None:
        while True:
            try:
                close_old_connections()
                self.say(now=utc_now())
            except (DatabaseError, OSError):
                log.warning("could not say which keys are known; trying again")
            finally:
                connection.close()
            if self._ending.wait(SAID_EVERY_S):
                return

    def stop(self) -> None:
        self._ending.set()

    def say(self, *, now: datetime) -> None:
        """Once."""
        house = vault.vault()
        house.freshen()
        take_up(house)
        ring = house.ring
        if ring.active != self._since[0]:
            self._since = (ring.active, now)
        KeyHolder.objects.update_or_create(
            pk=self._id,
            defaults={
                "process": self._process,
                "host": self._host,
                "keys": {str(key_id): vault.fingerprint_of(key) for key_id, key in ring.masters.items()},
                "active": ring.active,
                "cipher": house.cipher,
                "active_since": self._since[1],
                "seen_at": now,
            },
        )
        KeyHolder.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def _unsettled_s(now: datetime) -> int:
    """How long until nothing that is being written can have been sealed under the key before."""
    changed = [one.active_since for one in living(now=now)]
    changed += [one.activated_at for one in EncryptionKey.objects.all() if one.activated_at is not None]
    settled = max(changed, default=now) + SETTLES
    if now < settled:
        return math.ceil((settled - now).total_seconds())
    with connection.cursor() as cursor:
        cursor.execute(
            "select min(xact_start) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        [oldest] = cursor.fetchone() or (None,)
    return int(SETTLES.total_seconds()) if oldest is not None and oldest < settled else 0


def _list(ring: KeyRing, made: dict[int, datetime]) -> None:
    """Keep a row for every key of the file; the one the file calls active is, where the database knows of none."""
    listed = set(EncryptionKey.objects.values_list("pk", flat=True))
    EncryptionKey.objects.bulk_create(
        [
            EncryptionKey(id=one, fingerprint=vault.fingerprint_of(key), made_at=made.get(one))
            for one, key in ring.masters.items()
            if one not in listed
        ],
        ignore_conflicts=True,
    )
    if active_id() is None:
        EncryptionKey.objects.filter(pk=ring.active).update(activated_at=made.get(ring.active) or utc_now())


def _retired() -> set[int]:
    return set(EncryptionKey.objects.filter(retired_at__isnull=False).values_list("pk", flat=True))


def _take_turns() -> None:
    with connection.cursor() as cursor:
        hold_for_transaction(cursor, KEYS)
