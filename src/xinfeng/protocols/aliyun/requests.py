"""Requests to Alibaba Cloud SMS, ready to be written to a connection. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from xinfeng.protocols.aliyun.signing import authorization
from xinfeng.protocols.vendor import HttpRequest, Templated, dump, form

VERSION = "2017-05-25"
LARGEST_BATCH = 100
"""Numbers in one SendBatchSms."""
LARGEST_PAGE = 50
"""Rows in one answer of QuerySendDetails."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks, and where. `secret`: the AccessKeySecret."""

    access_key_id: str
    host: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Detail:
    """What QuerySendDetails says of one message. `status`: 1 waiting, 2 failed, 3 delivered."""

    number: str
    status: int
    stat: str
    sent: str
    done: str
    ours: str
    content: str


def send(
    who: Credentials,
    texts: Sequence[tuple[str, Templated]],
    *,
    extension: str,
    ours: str,
    now: datetime,
    nonce: str,
) -> HttpRequest:
    """One text to each number; all have the same template, and at most LARGEST_BATCH there are. `ours` comes back with
    the receipts."""
    code = texts[0][1].code
    query = {"TemplateCode": code, "OutId": ours}
    if len(texts) == 1:
        [(number, text)] = texts
        query |= {"PhoneNumbers": number, "SignName": text.signature}
        if text.names:
            query["TemplateParam"] = dump(_params(text))
        if extension:
            query["SmsUpExtendCode"] = extension
        return _request(who, "SendSms", query, {}, now=now, nonce=nonce)
    body = {
        "PhoneNumberJson": dump([number for number, _ in texts]),
        "SignNameJson": dump([text.signature for _, text in texts]),
        "TemplateParamJson": dump([_params(text) for _, text in texts]),
    }
    if extension:
        body["SmsUpExtendCodeJson"] = dump([extension] * len(texts))
    return _request(who, "SendBatchSms", query, body, now=now, nonce=nonce)


def query_details(
    who: Credentials, number: str, *, day: date, now: datetime, nonce: str, reference: str = "", page: int = 1
) -> HttpRequest:
    """What was sent to a number on a day of the last thirty, and what became of it; asking changes nothing."""
    query = {
        "PhoneNumber": number,
        "SendDate": f"{day:%Y%m%d}",
        "PageSize": str(LARGEST_PAGE),
        "CurrentPage": str(page),
    }
    if reference:
        query["BizId"] = reference
    return _request(who, "QuerySendDetails", query, {}, now=now, nonce=nonce)


def _params(text: Templated) -> dict[str, str]:
    return dict(zip(text.names, text.values, strict=True))


def _request(
    who: Credentials,
    action: str,
    query: Mapping[str, str],
    body: Mapping[str, str],
    *,
    now: datetime,
    nonce: str,
) -> HttpRequest:
    content = form(body).encode()
    headers = {
        "host": who.host,
        "x-acs-action": action,
        "x-acs-version": VERSION,
        "x-acs-date": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": hashlib.sha256(content).hexdigest(),
    }
    if content:
        headers["content-type"] = "application/x-www-form-urlencoded"
    signed = authorization(
        "POST",
        access_key_id=who.access_key_id,
        secret=who.secret,
        query=query,
        headers=headers,
        body=content,
    )
    lines = (
        *headers.items(),
        ("accept", "application/json"),  # the gateway's own habit is XML
        ("authorization", signed),
        ("content-length", str(len(content))),
    )
    return HttpRequest("POST", f"/?{form(query)}", lines, content)
