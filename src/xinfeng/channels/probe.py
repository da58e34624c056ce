"""Try an account: connect, log in, say goodbye. A plain blocking socket, for the console and the command line."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

from xinfeng.channels.config import LineConfig
from xinfeng.channels.kinds import read_config
from xinfeng.channels.models import Channel
from xinfeng.channels.reaching import FIRST_OCTETS, UNREACHABLE, other_speech, why_unreachable
from xinfeng.channels.vendors import VendorConfig, asking
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.session import Closed, Refused
from xinfeng.protocols.traffic import Opened


@dataclass(frozen=True)
class ProbeResult:
    """`code`: `ok`; `connect.…` or `other.…` (see `reaching`); `closed` or `login_silent` where the login was not
    answered; its refusal (with `status`); or how the answer breaks the protocol. Of a cloud vendor `unreachable`,
    `silent`, `tls`, or its own code. `took_ms` up to the answer."""

    ok: bool
    code: str
    status: int | None
    took_ms: float


def try_channel(channel_id: int, *, timeout_s: float = 8.0) -> ProbeResult:
    """Log in to the channel's carrier and out again; sends no message. Raises NotFound `channel.unknown`."""
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("channel.unknown", channel=channel_id)
    config = read_config(channel.config, channel.kind)
    secret = vault().open(Kind.SECRET, bytes(channel.secret_sealed))
    return try_login(config, secret, timeout_s=timeout_s)


def try_login(config: LineConfig, secret: str, *, timeout_s: float = 8.0) -> ProbeResult:
    """As `try_channel`, for an account that is not stored yet. Where submits and receipts have connections of their own,
    both are tried."""
    answer = _try_place(config, secret, 1, timeout_s=timeout_s)
    if answer.ok and not config.submits_at(config.places):
        return _try_place(config, secret, config.places, timeout_s=timeout_s)
    return answer


def _try_place(config: LineConfig, secret: str, place: int, *, timeout_s: float) -> ProbeResult:
    began = time.monotonic()
    deadline = began + timeout_s

    def result(code: str, status: int | None = None) -> ProbeResult:
        return ProbeResult(code == "ok", code, status, round((time.monotonic() - began) * 1000, 1))

    if isinstance(config, VendorConfig):
        return result(asking.check(config, secret, timeout_s=timeout_s))
    try:
        line = socket.create_connection((config.host, config.port), timeout=timeout_s)
    except UNREACHABLE as fault:
        return result(why_unreachable(fault))
    first = b""
    with line:
        session = config.session_at(place, secret)
        session.connect(utc_now(), began)
        try:
            line.sendall(session.data_to_send())
            while (now := time.monotonic()) < deadline:
                line.settimeout(deadline - now)
                data = line.recv(4096)
                first = (first + data)[:FIRST_OCTETS]
                for event in session.feed(data, now) if data else session.lost():
                    match event:
                        case Opened():
                            answer = result("ok", 0)
                            if not session.closed:  # what came behind the answer may have ended it
                                session.part(now)
                                line.sendall(session.data_to_send())
                            return answer
                        case Refused(status, code):
                            return result(code, status)
                        case Closed(error=error) if error is not None:
                            return result(other_speech(first) or error.code)
                        case Closed():
                            return result("closed")
                        case _:
                            continue
        except TimeoutError:
            return result("login_silent")
        except OSError:
            return result("closed")
    return result("login_silent")
