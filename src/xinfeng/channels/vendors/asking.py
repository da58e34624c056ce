"""One question to a vendor at a time, from a thread that may wait: pulls, queries, and whether an account is taken."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import socket
import ssl
import threading
from datetime import timedelta

from xinfeng.channels.vendors.config import AliyunConfig, Question, TencentConfig, VendorConfig
from xinfeng.channels.vendors.encodings import LARGEST_ANSWER, WANTED, plain
from xinfeng.channels.vendors.tls import trusted
from xinfeng.kernel.errors import ProviderFailure, RemoteProtocolError
from xinfeng.kernel.time import utc_now
from xinfeng.protocols import aliyun, tencent
from xinfeng.protocols.vendor import HttpRequest

LONGEST_ANSWER_TIMES = 3
"""For how many times `timeout_s` an answer may come in altogether."""
NOBODY = "13800138000"
"""The number asked about when only the account is of interest; such a question changes nothing."""


def ask(config: VendorConfig, request: HttpRequest, *, timeout_s: float) -> tuple[int, bytes]:
    """Status and body of the answer. Raises ProviderFailure `vendor.unreachable`, `vendor.silent`, `vendor.tls` or
    `vendor.too_long`; never with anything of the request in it."""
    connection = (
        http.client.HTTPConnection(config.host, config.port, timeout=timeout_s)
        if config.plain_http
        else http.client.HTTPSConnection(config.host, config.port, timeout=timeout_s, context=trusted())
    )
    overdue = threading.Event()

    def hang_up() -> None:
        overdue.set()
        with contextlib.suppress(OSError, AttributeError):  # gone, or never there
            connection.sock.shutdown(socket.SHUT_RDWR)

    # `timeout_s` is for each piece of an answer; whoever drips it could go on for ever
    patience = threading.Timer(LONGEST_ANSWER_TIMES * timeout_s, hang_up)
    patience.daemon = True
    patience.start()
    try:
        connection.request(request.method, request.target, request.body, dict((*WANTED, *request.headers)))
        answer = connection.getresponse()
        body = answer.read(LARGEST_ANSWER + 1)
    except TimeoutError:
        raise ProviderFailure("vendor.silent", retryable=True) from None
    except ssl.SSLError:
        raise ProviderFailure("vendor.tls", retryable=True) from None
    except (OSError, http.client.HTTPException):
        code = "vendor.silent" if overdue.is_set() else "vendor.unreachable"
        raise ProviderFailure(code, retryable=True) from None
    finally:
        patience.cancel()
        connection.close()
    if overdue.is_set():
        raise ProviderFailure("vendor.silent", retryable=True)
    if len(body) > LARGEST_ANSWER:
        raise ProviderFailure("vendor.too_long", retryable=True)
    return answer.status, plain(body, answer.getheader("content-encoding") or "")


def check(config: VendorConfig, secret: str, *, timeout_s: float) -> str:
    """Whether the vendor takes this account: `ok`, or `unreachable`, `silent`, `tls`, or the code it refuses with."""
    now = utc_now()
    try:
        match config:
            case AliyunConfig():
                asked = aliyun.query_details(
                    config.credentials(secret), NOBODY, day=now.date(), now=now, nonce=secrets.token_hex(16)
                )
                aliyun.read_details(*ask(config, asked, timeout_s=timeout_s))
            case TencentConfig():
                since = now - timedelta(hours=1)
                asked = tencent.ask_about(config.credentials(secret), NOBODY, since=since, now=now)
                tencent.read_pulled_receipts(*ask(config, asked, timeout_s=timeout_s))
            case _:
                return _asked(config, config.question(secret, now=now), timeout_s=timeout_s)
    except ProviderFailure as failure:
        return failure.code.removeprefix("vendor.")
    except RemoteProtocolError as fault:
        code = str(fault.params.get("vendor_code") or fault.code)
        return (
            code
            if config.exchange(secret).is_about_account(code) or "vendor_code" not in fault.params
            else "ok"
        )
    return "ok"


def _asked(config: VendorConfig, question: Question | None, *, timeout_s: float) -> str:
    """What a kind's own question says; where it has none, whether somebody answers there at all."""
    if question is None:
        headers = (("host", config.authority), ("content-length", "0"))
        ask(config, HttpRequest("GET", "/", headers, b""), timeout_s=timeout_s)
        return "ok"
    try:
        question.read(*ask(config, question.request, timeout_s=timeout_s))
    except RemoteProtocolError as fault:
        return str(fault.params.get("vendor_code") or fault.code)
    return "ok"
