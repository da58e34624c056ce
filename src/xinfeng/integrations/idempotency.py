"""A request that carries `Idempotency-Key` is done once; its repetition gets the answer the first one got.

The key is taken at the beginning of the transaction that does the deed and the answer is written at its end, so
there is never a deed without its answer or the other way round. Two at once: the second waits for the first. Only
success is remembered; what failed has changed nothing and may be tried again.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse

from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.integrations.models import IdempotencyRecord
from xinfeng.kernel.errors import Conflict, InvalidInput

KEPT = timedelta(hours=24)
HEADER = "Idempotency-Key"
_is_key = re.compile(r"[\x21-\x7e]{1,200}").fullmatch

_CLAIM = """\
insert into idempotency_record (key_id, idempotency_key, request_digest, status, body, at, contact_id)
values (%s, %s, %s, 0, '', %s, %s)
on conflict (key_id, idempotency_key) do update set request_digest = excluded.request_digest, status = 0,
  body = '', at = excluded.at, contact_id = excluded.contact_id where idempotency_record.at < %s
returning id"""
_KEEP = "update idempotency_record set status = %s, body = %s where id = %s"
_KNOWN = (
    "select request_digest, status, body from idempotency_record where key_id = %s and idempotency_key = %s"
)


def once(
    request: HttpRequest,
    key_id: int,
    body: bytes,
    do: Callable[[Connection], tuple[int, bytes]],
    *,
    now: datetime,
    remember: bool = True,
    about: int | None = None,
) -> HttpResponse:
    """Do it in one transaction and answer with status and JSON. Without `remember` only that it was done is kept.
    `about`: the contact whom the answer describes.

    Raises Conflict `idempotency.done_already` then, InvalidInput `idempotency.key`, Conflict `idempotency.other_request`.
    """
    name = request.headers.get(HEADER)
    if name is not None and not _is_key(name):
        raise InvalidInput("idempotency.key")
    with bulk_transaction() as connection:
        if name is None:
            return _answer(*do(connection))
        digest = _digest(request, body)
        claimed = connection.execute(_CLAIM, (key_id, name, digest, now, about, now - KEPT)).fetchone()
        if claimed is None:
            return _again(connection, key_id, name, digest)
        status, answer = do(connection)
        connection.execute(_KEEP, (status, zlib.compress(answer, 1) if remember else b"", claimed[0]))
    return _answer(status, answer)


def _again(connection: Connection, key_id: int, name: str, digest: bytes) -> HttpResponse:
    known = connection.execute(_KNOWN, (key_id, name)).fetchone()
    if known is None or bytes(known[0]) != digest:
        raise Conflict("idempotency.other_request")
    if not known[2]:
        raise Conflict("idempotency.done_already")
    response = _answer(known[1], zlib.decompress(bytes(known[2])))
    response["Idempotent-Replayed"] = "true"
    return response


def _answer(status: int, body: bytes) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json")


def _digest(request: HttpRequest, body: bytes) -> bytes:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return vault().index(hashlib.sha256(head + body).hexdigest())


def forget_old(*, now: datetime) -> int:
    """Remove answers that are no longer kept."""
    return IdempotencyRecord.objects.filter(at__lt=now - KEPT).delete()[0]
