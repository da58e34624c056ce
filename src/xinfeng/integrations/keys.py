"""API keys: made, recognised, revoked. The secret is shown once; what we keep is its digest."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import OperationalError, connection, transaction

from xinfeng.foundation import audit
from xinfeng.integrations import scopes
from xinfeng.integrations.models import ApiKey
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

log = logging.getLogger(__name__)

HIGHEST_RATE = 60_000
"""Requests a minute."""

MOST_NETWORKS = 50
_TOKEN = re.compile(r"xf_([a-z0-9]{12})_([A-Za-z0-9_-]{43})").fullmatch
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key and its token, which nobody can read again."""

    id: int
    token: str


def create_key(
    *,
    name: str,
    scope_names: Sequence[str],
    actor: str,
    now: datetime,
    rate_per_minute: int = 600,
    burst: int = 60,
    allowed_addresses: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> MadeKey:
    """Make a key. Raises InvalidInput `api_key.name`, `api_key.scopes`, `api_key.rate`, `api_key.addresses`
    (address), `api_key.expires`."""
    name = " ".join(name.split())
    if not name or len(name) > 80 or "\x00" in name:
        raise InvalidInput("api_key.name", longest=80)
    granted = scopes.check(scope_names)
    if not (0 < rate_per_minute <= HIGHEST_RATE and 0 < burst <= HIGHEST_RATE):
        raise InvalidInput("api_key.rate", at_most=HIGHEST_RATE)
    networks = _networks(allowed_addresses)
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("api_key.expires")
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            prefix=prefix,
            digest=_digest(secret),
            scopes=granted,
            rate_per_minute=rate_per_minute,
            burst=burst,
            allowed_addresses=networks,
            expires_at=expires_at,
            created_at=now,
            created_by=actor,
        )
        audit.record(
            actor=actor,
            action="api_key.create",
            kind="api_key",
            subject=key.pk,
            prefix=prefix,
            scopes=granted,
        )
    return MadeKey(key.pk, f"xf_{prefix}_{secret}")


def revoke_key(key_id: int, *, actor: str, now: datetime) -> None:
    """From now on the key opens nothing. Raises NotFound `api_key.unknown`, Conflict `api_key.revoked_already`."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
        if key is None:
            raise NotFound("api_key.unknown", id=key_id)
        if key.revoked_at is not None:
            raise Conflict("api_key.revoked_already", id=key_id)
        key.revoked_at, key.revoked_by = now, actor
        key.save(update_fields=["revoked_at", "revoked_by"])
        audit.record(actor=actor, action="api_key.revoke", kind="api_key", subject=key_id, prefix=key.prefix)


def recognise(token: str, *, address: str | None, now: datetime) -> ApiKey | None:
    """The key a token belongs to; None for one that is unknown, wrong, expired, revoked or used from elsewhere.

    A token of an unknown prefix is compared all the same, so that its answer takes as long.
    """
    found = _TOKEN(token)
    if found is None:
        return None
    prefix, secret = found.groups()
    key = ApiKey.objects.filter(prefix=prefix).first()
    right = hmac.compare_digest(bytes(key.digest) if key else bytes(32), _digest(secret))
    if key is None or not right or key.revoked_at is not None:
        return None
    if key.expires_at is not None and key.expires_at <= now:
        return None
    return key if _may_come_from(address, key.allowed_addresses) else None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _networks(addresses: Sequence[str]) -> list[str]:
    found = []
    for text in addresses:
        try:
            found.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError:
            raise InvalidInput("api_key.addresses", address=text.strip()[:50]) from None
    if len(found) > MOST_NETWORKS:
        raise InvalidInput("api_key.addresses", address=f"> {MOST_NETWORKS}")
    return found


def _may_come_from(address: str | None, networks: Sequence[str]) -> bool:
    if not networks:
        return True
    try:
        caller = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped
    return any(caller in ipaddress.ip_network(network) for network in networks)


class Meter:
    """Counts what keys ask for and writes it down at most once a minute for each key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[int, date], list[int]] = {}
        self._written: dict[int, datetime] = {}

    def count(self, key_id: int, status: int, *, rows: int, now: datetime) -> None:
        """One request was answered with `status`; `rows` were in it."""
        with self._lock:
            counts = self._counts.setdefault((key_id, now.date()), [0, 0, 0, 0])
            counts[0] += 1
            counts[1] += 400 <= status < 500
            counts[2] += status >= 500
            counts[3] += rows
            if now - self._written.get(key_id, datetime.min.replace(tzinfo=now.tzinfo)) < _SEEN_EVERY:
                return
            self._written[key_id] = now
            due = {name: self._counts.pop(name) for name in list(self._counts) if name[0] == key_id}
        try:
            self._write(due, now)
        except OperationalError:  # what was done is done, and said; it is counted when there is room again
            log.warning("uses of keys are not written yet")
            self._put_back(due)

    def _put_back(self, due: dict[tuple[int, date], list[int]]) -> None:
        with self._lock:
            for name, counts in due.items():
                since = self._counts.get(name, [0, 0, 0, 0])
                self._counts[name] = [ours + theirs for ours, theirs in zip(counts, since, strict=True)]

    def flush(self, now: datetime) -> None:
        """Write what has been counted since."""
        with self._lock:
            due, self._counts = self._counts, {}
        self._write(due, now)

    def _write(self, due: dict[tuple[int, date], list[int]], now: datetime) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for (key_id, day), counts in sorted(due.items()):
                cursor.execute(_USED, [now, counts[0], key_id])
                if cursor.rowcount:
                    cursor.execute(_COUNTED, [key_id, day, *counts])


_USED = "update api_key set last_used_at = %s, requests = requests + %s where id = %s"
_COUNTED = """\
insert into api_use (key_id, day, requests, refused, failed, rows) values (%s, %s, %s, %s, %s, %s)
on conflict (key_id, day) do update set requests = api_use.requests + excluded.requests,
  refused = api_use.refused + excluded.refused, failed = api_use.failed + excluded.failed,
  rows = api_use.rows + excluded.rows"""

meter = Meter()
"""That of this process."""
