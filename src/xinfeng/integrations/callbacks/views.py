"""Taking what a vendor tells. Cheap first: the address, then how often, then the body, then the database."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from xinfeng.channels.models import Channel, ChannelKind
from xinfeng.delivery.inflow import take_receipts, take_replies
from xinfeng.integrations.callbacks.addresses import read_key, series_of
from xinfeng.integrations.callbacks.gatekeeping import LARGEST_BODY
from xinfeng.integrations.callbacks.refusals import refuse, turn
from xinfeng.integrations.throttle import Buckets
from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.kernel.time import utc_now
from xinfeng.protocols import aliyun, tencent
from xinfeng.protocols.vendor import load

log = logging.getLogger(__name__)

PER_MINUTE, BURST = 12_000, 2_000
"""Requests for one channel; each may tell of hundreds of messages."""
_buckets = Buckets()

_THANKS: dict[str, Mapping[str, Any]] = {
    ChannelKind.ALIYUN: {"code": 0, "msg": "成功"},
    ChannelKind.TENCENT: {"result": 0, "errmsg": "OK"},
}
"""What each vendor wants to hear (reference, sections 7.4 and 8.3)."""

Take = Callable[[Channel, Any], int]


def _receipts(channel: Channel, told: Any) -> int:
    read = aliyun.read_receipts if channel.kind == ChannelKind.ALIYUN else tencent.read_receipts
    return take_receipts(channel.pk, channel.kind, read(told), now=utc_now())


def _replies(channel: Channel, told: Any) -> int:
    read = aliyun.read_replies if channel.kind == ChannelKind.ALIYUN else tencent.read_replies
    return take_replies(channel.pk, read(told), now=utc_now())


@csrf_exempt
@login_not_required
def callback(request: HttpRequest, key: str, *, take: Take) -> HttpResponse:
    """One push of a vendor. 404 for an address that we did not give (or have withdrawn), 429 for too many, 400 for what
    can't be read, 503 when it could not be stored: the vendor will tell it again."""
    named = read_key(key)
    if named is None or request.method != "POST":
        return refuse(404 if named is None else 405)
    channel_id, series = named
    verdict = _buckets.take(channel_id, per_minute=PER_MINUTE, burst=BURST, now=time.monotonic())
    if not verdict.allowed:
        return refuse(429, wait_s=verdict.wait_s)
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return refuse(413)
    try:
        told = load(body)
        with turn() as mine:
            return _stored(channel_id, series, told, take) if mine else refuse(503, wait_s=60)
    except RemoteProtocolError as fault:
        log.warning("a vendor told what can't be read", extra={"channel": channel_id, "fault": fault.code})
        return refuse(400)
    except (DatabaseError, psycopg.Error) as fault:
        log.error("not stored", extra={"channel": channel_id, "fault": type(fault).__name__})
        return refuse(503, wait_s=60)


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that leads nowhere, though it may hold a right key: whoever set the vendor up has mistyped the rest. It
    is not logged either."""
    return refuse(404)


def _stored(channel_id: int, series: int, told: Any, take: Take) -> HttpResponse:
    channel = Channel.objects.filter(pk=channel_id, kind__in=_THANKS).first()
    if channel is None or series_of(channel) != series:
        return refuse(404)
    new = take(channel, told)
    log.debug("a vendor told", extra={"channel": channel_id, "new": new})
    thanks = json.dumps(_THANKS[channel.kind], ensure_ascii=False)
    return HttpResponse(thanks, content_type="application/json; charset=utf-8")


RECEIPTS: Take = _receipts
REPLIES: Take = _replies
