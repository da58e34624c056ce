"""How bodies come in at the API: a batch only with a key that is valid, so that nobody without one can fill the disk."""

from __future__ import annotations

import json
import logging

from asgiref.sync import sync_to_async
from django.db import OperationalError, connections

from xinfeng.foundation.bodies import TOO_LARGE, Door, Refusal, Scope, header
from xinfeng.foundation.busy import RETRY_AFTER_S
from xinfeng.integrations.api.door import CHALLENGE, TooMany, recognised
from xinfeng.integrations.bodies import BATCH_BYTES, SINGLE_BYTES
from xinfeng.integrations.problems import MEDIA_TYPE
from xinfeng.integrations.words import SENTENCES

log = logging.getLogger(__name__)

PATIENCE_S = 30.0
"""For what anybody may send; the rest of a batch must come at half a megabit a second, so a whole one has two and a
half minutes."""


def _refuse(scope: Scope, status: int, at_most: int) -> Refusal:
    if status == TOO_LARGE:
        return _problem(status, "body.too_large", {"at_most": at_most})
    return _problem(status, "body.too_slow")


def _may_send(scope: Scope) -> int | Refusal:
    scheme, _, token = header(scope, b"authorization").partition(" ")
    client = scope.get("client")
    try:
        key = recognised(token if scheme.lower() == "bearer" else "", address=client[0] if client else None)
    except OperationalError:
        log.warning("the database is busy", extra={"path": scope["path"]})
        return _problem(503, "api.busy", headers=(("retry-after", str(RETRY_AFTER_S)),))
    except TooMany as error:
        wait_s = error.params["wait_s"]
        return _problem(429, error.code, {"wait_s": wait_s}, headers=(("retry-after", str(wait_s)),))
    finally:
        connections.close_all()
    if key is None:
        return _problem(401, "api.unauthorized", headers=(("www-authenticate", CHALLENGE),))
    return BATCH_BYTES


def _problem(
    status: int, code: str, params: dict[str, int] | None = None, *, headers: tuple[tuple[str, str], ...] = ()
) -> Refusal:
    title = " ".join(words.format(**params or {}) for words in SENTENCES[code])
    problem = {"type": "about:blank", "title": title, "status": status, "code": code}
    return Refusal(status, MEDIA_TYPE, json.dumps(problem, ensure_ascii=False).encode(), headers)


DOOR = Door(
    "/api/",
    SINGLE_BYTES,
    PATIENCE_S,
    _refuse,
    sync_to_async(_may_send, thread_sensitive=False),
    slowest_per_s=64 * 1024,
)
