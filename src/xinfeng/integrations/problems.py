"""Errors as `application/problem+json` (RFC 9457): a stable code, words in the caller's language, never a trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.module_loading import import_string

from xinfeng.intake.reasons import in_words
from xinfeng.integrations.words import SENTENCES
from xinfeng.kernel.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    ProviderFailure,
    RefusedByPolicy,
    XinfengError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[XinfengError], int] = {
    InvalidInput: 422,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    RefusedByPolicy: 409,
    ProviderFailure: 502,
    XinfengError: 500,
}
_STATUS_OF_CODE = {
    "body.too_large": 413,
    "body.type": 415,
    "body.charset": 415,
    "body.encoding": 415,
    "body.gzip": 400,
    "idempotency.key": 400,
}


def language_of(request: HttpRequest) -> str:
    """`en` if the caller asks for English before Chinese, else `zh-hans`."""
    wanted = request.headers.get("Accept-Language", "")[:200].lower()
    english, chinese = wanted.find("en"), wanted.find("zh")
    return "en" if english >= 0 and (chinese < 0 or english < chinese) else "zh-hans"


def status_of(error: XinfengError) -> int:
    """The HTTP status of an error."""
    if error.code in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[error.code]
    if error.code.startswith("json."):
        return 400
    return next(_STATUS[family] for family in type(error).__mro__ if family in _STATUS)


def of(
    request: HttpRequest, error: XinfengError, *, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The answer to an error of ours."""
    language = language_of(request)
    return answer(
        status_of(error), error.code, sentence(error, language), params=error.params, headers=headers
    )


def of_fields(request: HttpRequest, faults: Sequence[tuple[str, str, Mapping[str, Any]]]) -> HttpResponse:
    """The answer to a request whose fields are wrong: each as path, code, parameters."""
    language = language_of(request)
    errors = [
        {"path": path, "code": code, "message": row_words(code, params, language)}
        for path, code, params in faults[:100]
    ]
    words = sentence(InvalidInput("request.fields", count=len(faults)), language)
    return answer(422, "request.fields", words, errors=errors)


def answer(
    status: int,
    code: str,
    words: str,
    *,
    params: Mapping[str, Any] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem. `type` stays about:blank: the code says which one it is."""
    problem: dict[str, Any] = {"type": "about:blank", "title": words, "status": status, "code": code}
    if params:
        problem["params"] = {name: value for name, value in params.items() if _plain(value)}
    if errors:
        problem["errors"] = list(errors)
    return HttpResponse(
        json.dumps(problem, ensure_ascii=False), status=status, content_type=MEDIA_TYPE, headers=headers
    )


def sentence(error: XinfengError, language: str) -> str:
    """What happened, in words: ours, else those of the house."""
    if error.code in SENTENCES:
        return _format(error.code, error.params, language)
    with translation.override(language):
        return _words_of_the_house()(error)


def row_words(code: str, params: Mapping[str, Any], language: str) -> str:
    """The same for a row of a batch or a field."""
    if code in SENTENCES:
        return _format(code, params, language)
    if code.startswith("field."):
        return f"这一项不对（{code}）" if language != "en" else f"Not right ({code})"
    return in_words(
        code, {name: value for name, value in params.items() if name != "column"}, language=language
    )


def _format(code: str, params: Mapping[str, Any], language: str) -> str:
    english = language == "en"
    joint = ", " if english else "、"
    said = {
        name: joint.join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in params.items()
    }
    return Formatter().vformat(SENTENCES[code][english], (), _Params(said))


class _Params(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


@cache
def _words_of_the_house() -> Callable[[XinfengError], str]:
    """The console has the words of the slices; this floor does not know it, so Django's settings name the function,
    as they name the pages for errors."""
    found: Callable[[XinfengError], str] = import_string(settings.XINFENG_WORDS)
    return found


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(one, str | int | float | bool) for one in value)
    return value is None or isinstance(value, str | int | float | bool)


def missing_scope(scope: str) -> NotAllowed:
    """The key may not do this."""
    return NotAllowed("api.scope", scope=scope)
