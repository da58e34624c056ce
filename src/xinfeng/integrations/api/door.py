"""What all of the API has in common: keys and scopes, rates, bodies, answers to errors, its description."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import psycopg
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer
from ninja.types import DictStrAny
from pydantic_core import to_json

from xinfeng.foundation.busy import RETRY_AFTER_S, is_busy
from xinfeng.foundation.database import Connection
from xinfeng.integrations import bodies, idempotency, problems
from xinfeng.integrations.ingest.rows import shape_fault
from xinfeng.integrations.keys import meter, recognise
from xinfeng.integrations.models import ApiKey
from xinfeng.integrations.throttle import Buckets, Verdict
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now

log = logging.getLogger(__name__)

rates = Buckets()
failures = Buckets()
CHALLENGE = 'Bearer realm="xinfeng"'
FAILURES_PER_MINUTE = 20
"""Wrong keys from one address; then it must wait, also with a right one."""


class TooMany(XinfengError):
    """The key, or the address, has to wait `wait_s` seconds."""


class Needs(HttpBearer):
    """A key with this scope. Named after what stands in the description of the API."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """The key; None for none. Raises TooMany `api.rate`, NotAllowed `api.scope`."""
        key = recognised(token, address=address_of(request))
        if key is None:
            return None
        now = time.monotonic()
        desk_of(request).key = key
        verdict = rates.take(key.pk, per_minute=key.rate_per_minute, burst=key.burst, now=now)
        desk_of(request).verdict = verdict
        if not verdict.allowed:
            raise TooMany("api.rate", wait_s=verdict.wait_s)
        if self.scope not in key.scopes:
            raise NotAllowed("api.scope", scope=self.scope)
        return key


def recognised(token: str, *, address: str | None) -> ApiKey | None:
    """The key a token belongs to, None for none, which is counted. Raises TooMany `api.rate` for an address that had
    too many wrong ones."""
    now = time.monotonic()
    wrong = failures.take(address, per_minute=FAILURES_PER_MINUTE, burst=FAILURES_PER_MINUTE, now=now, cost=0)
    if not wrong.allowed:
        raise TooMany("api.rate", wait_s=wrong.wait_s)
    key = recognise(token, address=address, now=utc_now())
    if key is None:
        failures.take(address, per_minute=FAILURES_PER_MINUTE, burst=FAILURES_PER_MINUTE, now=now)
        log.warning("a wrong key", extra={"address": address})
    return key


class Desk:
    """What a request has brought and been told so far."""

    def __init__(self) -> None:
        self.key: ApiKey | None = None
        self.verdict: Verdict | None = None
        self.body = b""
        self.rows = 1


def desk_of(request: HttpRequest) -> Desk:
    """The desk of this request."""
    found = getattr(request, "_xinfeng_desk", None)
    if found is None:
        found = request._xinfeng_desk = Desk()  # type: ignore[attr-defined]
    return cast(Desk, found)


def key_of(request: HttpRequest) -> ApiKey:
    """The key that opened the door."""
    key = desk_of(request).key
    assert key is not None
    return key


def actor_of(request: HttpRequest) -> str:
    """Who did it, for ledgers and the audit: `api:<prefix of the key>`."""
    return f"api:{key_of(request).prefix}"


def address_of(request: HttpRequest) -> str | None:
    """Where the request comes from."""
    return request.META.get("REMOTE_ADDR") or None


def may_reveal(request: HttpRequest) -> bool:
    """Whether the key may see whole numbers and names."""
    return "contacts:reveal" in key_of(request).scopes


def read_batch(request: HttpRequest) -> Any:
    """The body of a batch. Raises what `bodies` raises."""
    desk = desk_of(request)
    desk.body = bodies.read(request, at_most=bodies.BATCH_BYTES)
    return bodies.parse(desk.body)


def write(
    request: HttpRequest,
    do: Callable[[Connection], Any],
    *,
    status: int = 200,
    created: bool = False,
    remember: bool = True,
    about: int | None = None,
) -> HttpResponse:
    """Do something in one transaction, once for each `Idempotency-Key`, and answer with what it gives.

    `do` gives a schema, or `(status, bytes)`. `remember` False: the answer holds a secret, which nobody gets twice;
    a repetition under the same key is refused. `about`: the contact whom the answer describes.
    """

    def packed(connection: Connection) -> tuple[int, bytes]:
        given = do(connection)
        if isinstance(given, tuple):
            return cast(tuple[int, bytes], given)
        return 201 if created else status, to_json(given)

    def once() -> HttpResponse:
        key_id, body = key_of(request).pk, desk_of(request).body
        return idempotency.once(request, key_id, body, packed, now=utc_now(), remember=remember, about=about)

    for _ in range(_TRIES - 1):
        try:
            return once()
        except _RACES as race:
            log.info("once more after a race", extra={"what": type(race).__name__})
    return once()


_TRIES = 3
_RACES = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DuplicateTable,  # two batches made the same month's partition at once
)


class StrictParser(Parser):
    """Bodies read strictly; see `bodies`."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        desk = desk_of(request)
        desk.body = bodies.read(request, at_most=bodies.SINGLE_BYTES)
        return cast(DictStrAny, bodies.parse(desk.body))


def on_doorstep(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """No login, no cookies; the key's rate in every answer; answers counted."""

    @login_not_required
    @wraps(view)
    def stepped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = _inside(view, request, *args, **kwargs)
        desk = desk_of(request)
        if desk.verdict is not None:
            response["RateLimit-Limit"] = str(desk.verdict.limit)
            response["RateLimit-Remaining"] = str(desk.verdict.remaining)
            response["RateLimit-Reset"] = str(desk.verdict.reset_s)
        if desk.key is not None:
            meter.count(desk.key.pk, response.status_code, rows=desk.rows, now=utc_now())
        return response

    stepped.csrf_exempt = True  # type: ignore[attr-defined]
    return stepped


def _inside(
    view: Callable[..., HttpResponseBase], request: HttpRequest, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        return problems.of(request, InvalidInput("json.nul"))
    return told_methods(request, view(request, *args, **kwargs))


def told_methods(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """An empty 405 as a problem, in words, with the methods that there are."""
    if response.status_code != 405:
        return response
    allowed = response.headers.get("Allow", "")
    words = problems.sentence(InvalidInput("api.method", allowed=allowed), problems.language_of(request))
    return problems.answer(405, "api.method", words, headers={"Allow": allowed})


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The answer to an address under the API that leads nowhere."""
    words = problems.sentence(InvalidInput("api.not_found"), problems.language_of(request))
    return problems.answer(404, "api.not_found", words)


class Api(NinjaAPI):
    """The API with our errors and our description."""

    def _on(self, kind: type[Exception], answer: Callable[[HttpRequest, Any], HttpResponse]) -> None:
        self.add_exception_handler(kind, answer)

    def set_default_exception_handlers(self) -> None:
        """Every error is a problem in the caller's language."""
        self._on(Exception, _failed)
        self._on(OperationalError, _busy)
        self._on(InterfaceError, _busy)
        self._on(psycopg.OperationalError, _busy)
        self._on(XinfengError, problems.of)
        self._on(TooMany, _too_many)
        self._on(Http404, lambda request, _: nothing_here(request))
        self._on(RequestDataTooBig, _too_big)
        self._on(HttpError, _http)
        self._on(AuthenticationError, _unauthorized)
        self._on(ValidationError, _fields)

    def patterns(self) -> list[URLPattern]:
        """Its addresses, each on the doorstep."""
        found = []
        for pattern in self.urls[0]:
            assert isinstance(pattern, URLPattern)
            pattern.callback = on_doorstep(pattern.callback)
            found.append(pattern)
        return found


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    if is_busy(error):
        return _busy(request, error)
    log.error("the API failed", exc_info=error, extra={"path": request.path})
    words = problems.sentence(InvalidInput("api.failed"), problems.language_of(request))
    return problems.answer(500, "api.failed", words)


def _busy(request: HttpRequest, error: Exception) -> HttpResponse:
    log.warning("the database is busy", exc_info=error, extra={"path": request.path})
    words = problems.sentence(InvalidInput("api.busy"), problems.language_of(request))
    return problems.answer(503, "api.busy", words, headers={"Retry-After": str(RETRY_AFTER_S)})


def _too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    words = problems.sentence(error, problems.language_of(request))
    wait_s = str(error.params["wait_s"])
    return problems.answer(429, "api.rate", words, params=error.params, headers={"Retry-After": wait_s})


def _unauthorized(request: HttpRequest, _: Exception) -> HttpResponse:
    words = problems.sentence(InvalidInput("api.unauthorized"), problems.language_of(request))
    return problems.answer(401, "api.unauthorized", words, headers={"WWW-Authenticate": CHALLENGE})


def _too_big(request: HttpRequest, _: Exception) -> HttpResponse:
    return problems.of(request, InvalidInput("body.too_large", at_most=bodies.SINGLE_BYTES))


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja hides what was wrong with a body behind an error of its own."""
    if isinstance(error.__cause__, XinfengError):
        return problems.of(request, error.__cause__)
    code = "json.invalid" if error.status_code == 400 else "api.failed"
    words = problems.sentence(InvalidInput(code, line=0, column=0), problems.language_of(request))
    return problems.answer(error.status_code, code, words)


def _fields(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = []
    for one in error.errors:
        kind, *where = one["loc"]
        if kind == "body":  # ninja puts the name of our own argument first, which nobody sent
            where = where[1:] or ["body"]
        fault = shape_fault({**one, "loc": (kind, *where)})
        faults.append((fault.field, fault.code, fault.params))
    return problems.of_fields(request, faults)
