"""Taking what 5G platforms push: status reports, texts and taps. As `views`, at addresses that the platforms complete.

The key in the address is checked before anything else, then the chatbot's name behind it. Telecom's and Unicom's platform
also signs (token, timestamp, nonce): where a token was agreed, nothing is taken without its signature.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from xinfeng.channels.maap import secret_parts
from xinfeng.channels.models import RICH_KINDS, Channel, ChannelKind
from xinfeng.delivery.inflow import take_receipts, take_replies
from xinfeng.foundation.vault import Kind, vault
from xinfeng.integrations.callbacks.addresses import read_key, series_of
from xinfeng.integrations.callbacks.gatekeeping import LARGEST_BODY
from xinfeng.integrations.callbacks.refusals import refuse, turn
from xinfeng.integrations.callbacks.views import BURST, PER_MINUTE
from xinfeng.integrations.throttle import Buckets
from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.maap import csp, mobile
from xinfeng.protocols.vendor import VendorReceipt, VendorReply, load

log = logging.getLogger(__name__)

_buckets = Buckets()
LONGEST_ECHO = 200


@dataclass(frozen=True, slots=True)
class _Dialect:
    receipts: Callable[[bytes], list[VendorReceipt]]
    replies: Callable[[bytes], list[VendorReply]]


_DIALECTS: dict[str, _Dialect] = {
    ChannelKind.MAAP_CSP: _Dialect(
        lambda body: csp.read_receipts(load(body)), lambda body: csp.read_replies(load(body))
    ),
    ChannelKind.MAAP_MOBILE: _Dialect(mobile.read_receipts, mobile.read_replies),
}


@csrf_exempt
@login_not_required
def push(request: HttpRequest, key: str, *, what: str, chatbot: str = "", notice: str = "") -> HttpResponse:
    """One push. 404 for an address that is not ours, 403 for a wrong signature, 429, 400 for what can't be read, 503
    when it could not be stored: the platform will tell it again. Notices of other kinds are thanked and left alone."""
    if request.method != "POST":
        return refuse(405 if read_key(key) else 404)
    channel = _channel(request, key, chatbot)
    if isinstance(channel, HttpResponse):
        return channel
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return refuse(413)
    try:
        with turn() as mine:
            if not mine:
                return refuse(503, wait_s=60)
            _take(channel, what, body)
    except RemoteProtocolError as fault:
        log.warning("a platform told what can't be read", extra={"channel": channel.pk, "fault": fault.code})
        return refuse(400)
    except (DatabaseError, psycopg.Error) as fault:
        log.error("not stored", extra={"channel": channel.pk, "fault": type(fault).__name__})
        return refuse(503, wait_s=60)
    return HttpResponse(status=200)


def _take(channel: Channel, what: str, body: bytes) -> None:
    dialect = _DIALECTS[channel.kind]
    if what == "receipts":
        take_receipts(channel.pk, channel.kind, dialect.receipts(body), now=utc_now())
    elif what == "replies":
        take_replies(channel.pk, dialect.replies(body), now=utc_now(), taps=True)


@login_not_required
def check(request: HttpRequest, key: str, *, chatbot: str) -> HttpResponse:
    """Whether we are there: the platform's word comes back, with our AppId."""
    if request.method != "GET":
        return refuse(405 if read_key(key) else 404)
    channel = _channel(request, key, chatbot)
    if isinstance(channel, HttpResponse):
        return channel
    echo = request.headers.get("echoStr", "")
    if len(echo) > LONGEST_ECHO or not (echo.isascii() and echo.isprintable()):
        return refuse(400)
    response = HttpResponse(status=200)
    response["echoStr"] = echo
    response["appId"] = str(channel.config.get("account", ""))
    return response


def _channel(request: HttpRequest, key: str, chatbot: str) -> Channel | HttpResponse:
    """Whose push it is, once it has proven that it may be one."""
    named = read_key(key)
    if named is None:
        return refuse(404)
    channel_id, series = named
    allowed = _buckets.take(channel_id, per_minute=PER_MINUTE, burst=BURST, now=time.monotonic())
    if not allowed.allowed:
        return refuse(429, wait_s=allowed.wait_s)
    try:
        channel = Channel.objects.filter(pk=channel_id, kind__in=RICH_KINDS).first()
    except DatabaseError:
        return refuse(503, wait_s=60)
    if channel is None or series_of(channel) != series:
        return refuse(404)
    if chatbot and _name(chatbot) != _name(str(channel.config.get("chatbot", ""))):
        return refuse(404)
    if channel.kind == ChannelKind.MAAP_CSP and not _is_signed(request, channel):
        return refuse(403)
    return channel


def _name(chatbot: str) -> str:
    """Platforms write the whole address, or the bare name."""
    return chatbot.removeprefix("sip:").partition("@")[0]


def _is_signed(request: HttpRequest, channel: Channel) -> bool:
    _, token = secret_parts(vault().open(Kind.SECRET, bytes(channel.secret_sealed)))
    if not token:
        return True
    said = [request.headers.get(name, "")[:200] for name in ("signature", "timestamp", "nonce")]
    if not all(said):
        return False
    return csp.is_genuine(said[0], token=token, timestamp=said[1], nonce=said[2])
