"""Requests to Tencent Cloud SMS, ready to be written to a connection. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xinfeng.protocols.tencent.signing import authorization
from xinfeng.protocols.vendor import HttpRequest, Templated, dump

VERSION = "2021-01-11"
SERVICE = "sms"
LARGEST_BATCH = 200
"""Numbers in one SendSms; all get the same values."""
LARGEST_PULL = 100
"""Entries in one answer of a pull."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks, for which application, and where. `secret`: the SecretKey."""

    secret_id: str
    app_id: str
    region: str
    host: str
    secret: str = field(repr=False)


def send(
    who: Credentials, numbers: Sequence[str], text: Templated, *, extension: str, ours: str, now: datetime
) -> HttpRequest:
    """The same text to all of these numbers of the mainland, at most LARGEST_BATCH."""
    body: dict[str, Any] = {
        "PhoneNumberSet": [f"+86{number}" for number in numbers],
        "SmsSdkAppId": who.app_id,
        "TemplateId": text.code,
        "SignName": text.signature,
        "TemplateParamSet": list(text.values),
        "SessionContext": ours,
    }
    if extension:
        body["ExtendCode"] = extension
    return _request(who, "SendSms", body, now=now)


def pull_receipts(who: Credentials, *, now: datetime) -> HttpRequest:
    """The next status reports. The vendor gives each once: what is answered here must be kept."""
    return _request(who, "PullSmsSendStatus", {"Limit": LARGEST_PULL, "SmsSdkAppId": who.app_id}, now=now)


def pull_replies(who: Credentials, *, now: datetime) -> HttpRequest:
    """The next replies. The vendor gives each once: what is answered here must be kept."""
    return _request(who, "PullSmsReplyStatus", {"Limit": LARGEST_PULL, "SmsSdkAppId": who.app_id}, now=now)


def ask_about(who: Credentials, number: str, *, since: datetime, now: datetime) -> HttpRequest:
    """The status reports about one number of the last seven days; asking changes nothing."""
    body = {
        "BeginTime": int(since.timestamp()),
        "EndTime": int(now.timestamp()),
        "Offset": 0,
        "Limit": LARGEST_PULL,
        "PhoneNumber": f"+86{number}",
        "SmsSdkAppId": who.app_id,
    }
    return _request(who, "PullSmsSendStatusByPhoneNumber", body, now=now)


def _request(who: Credentials, action: str, body: Mapping[str, Any], *, now: datetime) -> HttpRequest:
    content = dump(body).encode("utf-8", "replace")
    timestamp = int(now.timestamp())
    signed = {"content-type": "application/json", "host": who.host, "x-tc-action": action}
    headers = {
        **signed,
        "x-tc-version": VERSION,
        "x-tc-timestamp": str(timestamp),
        "x-tc-region": who.region,
        "authorization": authorization(
            secret_id=who.secret_id,
            secret=who.secret,
            service=SERVICE,
            timestamp=timestamp,
            headers=signed,
            body=content,
        ),
        "content-length": str(len(content)),
    }
    return HttpRequest("POST", "/", tuple(headers.items()), content)
