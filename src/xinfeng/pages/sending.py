"""Codes go out behind the answer, not before it: the page is there at once, and takes equally long whether a number
gets a code or not, so that nobody can tell by the clock which numbers may not be written to."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock

from django.db import close_old_connections, connection

from xinfeng.delivery import code_messages
from xinfeng.forms.actions import note_sent
from xinfeng.forms.submissions import CodeToSend
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

log = logging.getLogger(__name__)

_pool = ThreadPoolExecutor(4, thread_name_prefix="codes")
_pending: set[Future[None]] = set()
_guard = Lock()


def send(one: CodeToSend) -> None:
    """Send a code whose submission is committed. What becomes of it is noted with the code."""
    future = _pool.submit(_send, one)
    with _guard:
        _pending.add(future)
    future.add_done_callback(_forget)


def settle(timeout_s: float = 30.0) -> None:
    """Wait until everything handed in so far is out (tests, and a process that stops)."""
    with _guard:
        pending = set(_pending)
    wait(pending, timeout=timeout_s)


def _forget(future: Future[None]) -> None:
    with _guard:
        _pending.discard(future)
    if (fault := future.exception()) is not None:
        log.error("a code could not be sent", exc_info=fault)


def _send(one: CodeToSend) -> None:
    close_old_connections()
    try:
        sent = code_messages.send_code(one.contact_id, one.code, now=utc_now())
        note_sent(one.code_id, plan_id=sent.plan_id, refused=sent.refused)
        if sent.refused:
            log.info("a code was refused by a gate", extra={"code": one.code_id, "reason": sent.refused})
    except XinfengError as fault:
        log.warning("a code could not be sent", extra={"code": one.code_id, "fault": fault.code})
        note_sent(one.code_id, plan_id=None, refused=fault.code)
    finally:
        connection.close()
