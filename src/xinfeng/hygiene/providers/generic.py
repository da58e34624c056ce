"""The generic interface that docs/lookup.md describes: one signed POST with a batch of numbers.

Signature: HMAC-SHA256 with the account's secret, in lowercase hex, over

    POST \\n PATH \\n X-Xinfeng-Time \\n X-Xinfeng-Nonce \\n sha256(body) in hex
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from xinfeng.hygiene.providers.base import UNANSWERED, Asked, LookupFailure, Question, Result, disguised
from xinfeng.hygiene.providers.config import ProviderConfig
from xinfeng.hygiene.providers.http import Outlet, Reply
from xinfeng.hygiene.providers.mapping import state_of
from xinfeng.hygiene.states import Answer
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now

CARRIERS = {
    "CMCC": Carrier.MOBILE,
    "CUCC": Carrier.UNICOM,
    "CTCC": Carrier.TELECOM,
    "CBN": Carrier.BROADNET,
}

FAILURES: dict[str, tuple[str, bool, bool]] = {
    "throttled": ("lookup.throttled", True, True),
    "no_balance": ("lookup.no_balance", True, False),
    "unauthorized": ("lookup.unauthorized", True, False),
    "malformed": ("lookup.rejected", True, False),
    "unavailable": ("lookup.unavailable", False, True),
}
"""Error word of the reply: our code, whether nothing was looked at, whether trying later may help."""

_BY_STATUS = {429: "throttled", 402: "no_balance", 401: "unauthorized", 403: "unauthorized", 400: "malformed"}
_LONGEST_CODE = 40


class Generic:
    """An account with a provider that speaks the generic interface."""

    def __init__(self, config: ProviderConfig, secret: str) -> None:
        self._config, self._secret = config, secret
        self._outlet = Outlet(private_network=config.private_network, timeout_s=config.timeout_s)

    @property
    def batch(self) -> int:
        return self._config.batch

    @property
    def questions(self) -> frozenset[Question]:
        return frozenset(map(Question, self._config.questions))

    def ask(self, question: Question, numbers: Sequence[Asked]) -> list[Result]:
        """One request for all; the request id makes a repeated one free of charge."""
        request_id = secrets.token_hex(16)
        items = []
        for place, asked in enumerate(numbers):
            item = {"id": str(place), "number": disguised(asked.number, self._config.form)}
            if asked.since is not None:
                item["since"] = asked.since.isoformat()
            items.append(item)
        body = json.dumps(
            {
                "request_id": request_id,
                "question": question.value,
                "form": self._config.form,
                "numbers": items,
            }
        ).encode()
        reply = self._outlet.send("POST", self._config.endpoint, headers=self._headers(body), body=body)
        return self._results(_content(reply), len(numbers))

    def _headers(self, body: bytes) -> dict[str, str]:
        at, nonce = utc_now().isoformat(timespec="seconds"), secrets.token_hex(16)
        return {
            "Content-Type": "application/json",
            "X-Xinfeng-Key": self._config.key_id,
            "X-Xinfeng-Time": at,
            "X-Xinfeng-Nonce": nonce,
            "X-Xinfeng-Signature": signature(
                self._secret, path=urlsplit(self._config.endpoint).path or "/", at=at, nonce=nonce, body=body
            ),
        }

    def _results(self, content: Mapping[str, Any], count: int) -> list[Result]:
        """By the ids that were sent; a number answered twice in different words has no answer."""
        found: dict[int, Result] = {}
        results = content.get("results")
        if not isinstance(results, list):
            raise LookupFailure("lookup.garbled", untouched=False, retryable=True)
        for item in results:
            place = _place(item, count)
            if place is None:
                continue
            result = self._result(item)
            if place in found and found[place] != result:
                result = Result(None, "", "contradiction")
            found[place] = result
        return [found.get(place, UNANSWERED) for place in range(count)]

    def _result(self, item: Mapping[str, Any]) -> Result:
        if fault := item.get("error"):
            return Result(None, "", str(fault)[:_LONGEST_CODE])
        code = str(item.get("code", ""))[:_LONGEST_CODE]
        carrier, ported, reassigned = item.get("carrier"), item.get("ported"), item.get("reassigned")
        answer = Answer(
            state=state_of(code, self._config.table, self._config.codes),
            reassigned=reassigned if isinstance(reassigned, bool) else None,
            carrier=int(CARRIERS.get(carrier, Carrier.UNKNOWN)) if isinstance(carrier, str) else 0,
            ported=ported if isinstance(ported, bool) else None,
        )
        return Result(answer, code or _word_for(answer))


def signature(secret: str, *, path: str, at: str, nonce: str, body: bytes) -> str:
    """What both ends compute."""
    text = "\n".join(("POST", path, at, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def read_json(body: bytes) -> Any:
    """A reply's JSON; raises LookupFailure `lookup.garbled` for anything else, deep nesting included."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise LookupFailure("lookup.garbled", untouched=False, retryable=True) from None


def failure(word: str) -> LookupFailure:
    """The failure that an error word of the generic interface stands for."""
    code, untouched, retryable = FAILURES.get(word, ("lookup.garbled", False, True))
    return LookupFailure(code, untouched=untouched, retryable=retryable)


def _content(reply: Reply) -> Mapping[str, Any]:
    if reply.status != 200:
        raise failure(_BY_STATUS.get(reply.status, "unavailable" if reply.status >= 500 else "malformed"))
    content = read_json(reply.body)
    if not isinstance(content, dict):
        raise LookupFailure("lookup.garbled", untouched=False, retryable=True)
    if "error" in content:
        error = content["error"]
        raise failure(str(error.get("code", "")) if isinstance(error, dict) else "")
    return content


def _place(item: Any, count: int) -> int | None:
    """Which number an answer is about; None for answers to what nobody asked."""
    if not isinstance(item, dict):
        return None
    name = item.get("id")
    if not isinstance(name, str) or not name.isascii() or not name.isdigit() or len(name) > 4:
        return None
    return int(name) if int(name) < count else None


def _word_for(answer: Answer) -> str:
    if answer.reassigned is not None:
        return "reassigned" if answer.reassigned else "same_person"
    return "carrier" if answer.carrier else ""
