"""Alibaba Cloud's 号码百科 (Cell Phone Number Service, product Dytnsapi, version 2020-02-17), a number a call.

| question | action | what is read |
|---|---|---|
| status | PhoneNumberStatusForSms | Data.Status, Data.Carrier (after porting) |
| carrier | DescribePhoneNumberOperatorAttribute | Data.BasicCarrier, Carrier, IsNumberPortability |
| reassigned | DescribePhoneTwiceTelVerify | Data.VerifyResult: 0 unknown, 1 reassigned, 2 not, 3 cancelled, 4 not clear |

Sources: help.aliyun.com, API reference of 号码百科 and `alibabacloud_dytnsapi20200217` (models); signature ACS3-HMAC-SHA256: "V3
版本请求体&签名机制", whose example is in the tests. StartTime of the reassigned check is Beijing time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from xinfeng.hygiene.models import State
from xinfeng.hygiene.providers.base import Asked, LookupFailure, Question, Result, disguised
from xinfeng.hygiene.providers.config import ProviderConfig
from xinfeng.hygiene.providers.generic import CARRIERS, read_json
from xinfeng.hygiene.providers.http import Outlet, Reply
from xinfeng.hygiene.providers.mapping import state_of
from xinfeng.hygiene.states import Answer
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import SHANGHAI, utc_now

VERSION = "2020-02-17"

ACTIONS = {
    Question.STATUS: "PhoneNumberStatusForSms",
    Question.CARRIER: "DescribePhoneNumberOperatorAttribute",
    Question.REASSIGNED: "DescribePhoneTwiceTelVerify",
}

_MASKS = {"plain": "NORMAL", "md5": "MD5", "sha256": "SHA256", "sm3": "SM3"}

ABOUT_THE_NUMBER = frozenset(
    {
        "RequestFrequencyLimit",
        "OperatorLimit",
        "PortabilityNumberNotSupported",
        "RequestNumberNotSupported",
        "PhoneNumberNotfound",
        "MobileNumberIllegal",
        "MobileNumberTypeNotMatch",
        "CarrierIllegal",
    }
)
"""Codes that refuse one number: the next may fare better."""

_FAILURES: tuple[tuple[str, str, bool, bool], ...] = (
    ("Throttling", "lookup.throttled", True, True),
    ("QpsLimit", "lookup.throttled", True, True),
    ("isp.QPS_LIMIT", "lookup.throttled", True, True),
    ("InvalidAccessKeyId", "lookup.unauthorized", True, False),
    ("SignatureDoesNotMatch", "lookup.unauthorized", True, False),
    ("IncompleteSignature", "lookup.unauthorized", True, False),
    ("InvalidTimeStamp", "lookup.unauthorized", True, False),
    ("Forbidden", "lookup.unauthorized", True, False),
    ("AuthCode", "lookup.unauthorized", True, False),
    ("InvalidAuthCode", "lookup.unauthorized", True, False),
    ("AmountNotEnough", "lookup.no_balance", True, False),
    ("OutOfService", "lookup.no_balance", True, False),
    ("InvalidParameter", "lookup.rejected", True, False),
    ("Missing", "lookup.rejected", True, False),
    ("SystemError", "lookup.unavailable", False, True),
    ("ServiceUnavailable", "lookup.unavailable", False, True),
    ("InternalError", "lookup.unavailable", False, True),
)
"""Beginning of an error's code: ours, whether nothing was looked at, whether trying later may help."""

_LONGEST_CODE = 40


class Aliyun:
    """An account with Alibaba Cloud: `key_id` and secret are an AccessKey's."""

    batch = 1

    def __init__(self, config: ProviderConfig, secret: str) -> None:
        self._config, self._secret = config, secret
        self._outlet = Outlet(private_network=config.private_network, timeout_s=config.timeout_s)

    @property
    def questions(self) -> frozenset[Question]:
        return frozenset(map(Question, self._config.questions))

    def ask(self, question: Question, numbers: Sequence[Asked]) -> list[Result]:
        """A call for each number. A failure ends it where it came; callers ask about one at a time."""
        return [self._ask(question, asked) for asked in numbers]

    def _ask(self, question: Question, asked: Asked) -> Result:
        parameters = {
            "AuthCode": self._config.auth_codes[question],
            "InputNumber": disguised(asked.number, self._config.form),
            "Mask": _MASKS[self._config.form],
        }
        if question is Question.REASSIGNED:
            since = asked.since or utc_now()
            parameters["StartTime"] = since.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        reply = self._call(ACTIONS[question], parameters)
        content = read_json(reply.body)
        if not isinstance(content, dict):
            raise LookupFailure("lookup.garbled", untouched=False, retryable=True)
        code = str(content.get("Code", ""))[:_LONGEST_CODE]
        if code in ABOUT_THE_NUMBER:
            return Result(None, code, code)
        if code != "OK":
            raise _failure(code, reply.status)
        data = content.get("Data")
        if not isinstance(data, dict):
            raise LookupFailure("lookup.garbled", untouched=False, retryable=True)
        return self._read(question, data)

    def _call(self, action: str, parameters: Mapping[str, str]) -> Reply:
        query = canonical_query(parameters)
        host = urlsplit(self._config.endpoint).netloc
        headers = signed_headers(
            key_id=self._config.key_id,
            secret=self._secret,
            host=host,
            action=action,
            query=query,
            at=utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=secrets.token_hex(16),
        )
        return self._outlet.send("POST", f"{self._config.endpoint.rstrip('/')}/?{query}", headers=headers)

    def _read(self, question: Question, data: Mapping[str, Any]) -> Result:
        carrier = int(CARRIERS.get(str(data.get("Carrier")), Carrier.UNKNOWN))
        if question is Question.STATUS:
            code = str(data.get("Status", ""))[:_LONGEST_CODE]
            state = state_of(code, self._config.table, self._config.codes)
            return Result(Answer(state=state, carrier=carrier), code)
        if question is Question.CARRIER:
            given = data.get("IsNumberPortability")
            ported = (
                given if isinstance(given, bool) else {"true": True, "false": False}.get(str(given).lower())
            )
            return Result(Answer(carrier=carrier, ported=ported), "ported" if ported else "carrier")
        code = str(data.get("VerifyResult", ""))[:_LONGEST_CODE]
        cancelled = State.NOT_EXISTING if code == "3" else State.UNKNOWN
        reassigned = {"1": True, "2": False}.get(code)
        return Result(Answer(state=cancelled, reassigned=reassigned, carrier=carrier), f"verify:{code}")


def _failure(code: str, status: int) -> LookupFailure:
    for beginning, ours, untouched, retryable in _FAILURES:
        if code.startswith(beginning):
            return LookupFailure(ours, untouched=untouched, retryable=retryable)
    if status >= 500:
        return LookupFailure("lookup.unavailable", untouched=False, retryable=True)
    return LookupFailure("lookup.garbled", untouched=False, retryable=True)


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Sorted by name and percent-encoded as RFC 3986 wants it."""
    return "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(parameters.items())
    )


def signed_headers(
    *,
    key_id: str,
    secret: str,
    host: str,
    action: str,
    query: str,
    at: str,
    nonce: str,
    version: str = VERSION,
) -> dict[str, str]:
    """The headers of an RPC call with parameters in the query and an empty body, signed by ACS3-HMAC-SHA256."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": at,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join(("POST", "/", query, lines, names, empty))
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signed = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return headers | {
        "Authorization": f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signed}"
    }
