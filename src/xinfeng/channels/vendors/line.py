"""One HTTP/1.1 connection to a vendor, as a line that messages are written to: one request at a time.

Rules:

1. A request is written by the very call that is given the messages, with `os.write` on the non-blocking socket. What
   the kernel does not take at once goes through the transport, and the line is `clogged` until that is empty.
2. Nothing is written before the connection stands, its certificate was checked, and the last answer is whole. So a
   vendor that can't be reached costs no message: there is no line to write to.
   What a vendor says unasked, or behind its answer, ends the connection: the next answer might be taken for another's.
3. From the first octet on the messages of a request are in flight. An answer settles each; one that says nothing
   definite, a cut, and `response_timeout_s` without an answer leave them uncertain (`unanswered`). A line whose answer
   is overdue stays, takes nothing new, and hands on what comes late; then it is given up.
4. A request refused for the account ends the line as REFUSED, with the vendor's code as `detail`, and its messages are
   `TakenBack`. One refused for a single number gives them all back too; whoever opened the line is told to write each
   on its own.
   Of a request that is taken in part, what is refused for the account is `TakenBack`.
5. Where an account needs a token (`Exchange.opening`), the line asks for it before it is READY, unless another line of
   the channel has it or has just asked. A request refused because the token is over is `TakenBack` as a whole, and the
   token is asked for again; nothing else is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import cast

import h11

from xinfeng.channels.lines import Answered, Listener, Ref, TakenBack
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.vendors.encodings import LARGEST_ANSWER, WANTED, plain
from xinfeng.channels.vendors.exchange import Exchange
from xinfeng.channels.vendors.requests import Owner, Request, Timing
from xinfeng.channels.vendors.tls import Plain, Tls
from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.traffic import Acknowledgement, SubmitItem
from xinfeng.protocols.vendor import HttpRequest, Sent

log = logging.getLogger(__name__)

_LARGEST_HEAD = 32 * 1024
_SEND_BUFFER = 1024 * 1024
HANDSHAKE_S = 10.0
LOOK_AGAIN_S = 0.1
"""How soon a line looks whether another one has got the token."""
LATE_PATIENCE = 3
"""For how many times `response_timeout_s` an overdue answer is still waited for."""


class HttpLine(asyncio.Protocol):
    """See the module. `renewing`: it ended because it was idle or the vendor had had enough of it; `refused_code`: the
    account was refused."""

    def __init__(
        self,
        *,
        channel_id: int,
        number: int,
        timing: Timing,
        exchange: Exchange,
        transport_layer: Plain | Tls,
        owner: Owner,
        listener: Listener,
    ) -> None:
        self.channel_id = channel_id
        self.number = number
        self.phase = ConnectionPhase.CONNECTING
        self.detail = ""
        self.useful = False
        self.renewing = False
        self.refused_code = ""
        self.submitted = 0
        self.round_trip_ms: float | None = None
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._timing = timing
        self._exchange = exchange
        self._layer = transport_layer
        self._owner = owner
        self._listener = listener
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        self._opening = exchange.opening
        self._asking = False
        """Whether the request under way is for the token."""
        self._request: Request | None = None
        self._status = 0
        self._encoding = ""
        self._body = bytearray()
        self._references: frozenset[str] = frozenset()
        """What the last answer gave; no vendor gives it twice."""
        self._transport: asyncio.Transport | None = None
        self._fd = -1
        self._timer: asyncio.TimerHandle | None = None

    # --- for the dispatcher ----------------------------------------------------------------------------------

    @property
    def free_window(self) -> int:
        """How many messages may be written now: a request's worth, or none while one is under way."""
        idle = self._request is None and self.phase is ConnectionPhase.READY and not self.clogged
        if self._transport is None or self._transport.is_closing():
            return 0
        open_ = self._opening is None or self._opening.done
        return self._timing.window if idle and open_ else 0

    @property
    def window_used(self) -> int:
        """Messages in flight."""
        return len(self._request.items) if self._request else 0

    @property
    def clogged(self) -> bool:
        """Whether octets wait outside the kernel."""
        return self._transport is not None and self._transport.get_write_buffer_size() > 0

    def gather(self, items: Sequence[SubmitItem], at_most: int) -> list[int]:
        """Indexes of the items, the first among them, that the next request can be about: what goes together, to
        numbers that are all different."""
        if self._owner.is_apart(items[0]):
            return [0]
        most = min(at_most, self._timing.window, self._exchange.largest)
        key, is_apart = self._exchange.key, self._owner.is_apart
        wanted = key(items[0])
        numbers: set[str] = set()
        found: list[int] = []
        for index, item in enumerate(items):
            if key(item) != wanted or item[0] in numbers or is_apart(item):
                continue
            numbers.add(item[0])
            found.append(index)
            if len(found) >= most:
                break
        return found

    def submit(self, items: Sequence[SubmitItem], refs: Iterable[Ref], now: float) -> int:
        """Write one request about as many of the items, from the first on, as fit into one; returns how many.

        Call only within a valid permit. Raises LocalProtocolError, with nothing written, for what can't be encoded.
        """
        if not items or not self.free_window:
            return 0
        gathered = self.gather(items, self._timing.window)
        count = next((n for n, index in enumerate(gathered) if n != index), len(gathered))
        taken = list(items[:count])
        ours = f"xf{secrets.token_hex(10)}"
        request = self._exchange.request(taken, ours=ours, now=utc_now(), nonce=secrets.token_hex(16))
        data = self._encode(request)
        self._request = Request(taken, list(islice(refs, count)), now, ours)
        self.submitted += count
        self._set_timer(self._timing.response_timeout_s, self._overdue)
        self._write(data)
        return count

    def acknowledge(self, deliveries: Iterable[Acknowledgement]) -> None:
        """Nothing is delivered over this connection."""

    def abort(self, code: str) -> None:
        """Give the connection up at once; what is in flight becomes unanswered."""
        self.detail = self.detail or code
        if self._transport is not None:
            self._transport.abort()

    def part(self) -> None:
        """Close, once the request under way is answered or overdue."""
        ready, self.phase = self.phase is ConnectionPhase.READY, ConnectionPhase.CLOSED
        if self._request is None and self._transport is not None:
            self._transport.close()
        if ready:
            self._listener.changed(self)

    # --- asyncio.Protocol ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._fd = line.fileno()
        self._set_timer(HANDSHAKE_S, lambda: self.abort("tls.silent"))
        self._write(self._layer.begin())
        self._look_whether_ready()

    def data_received(self, data: bytes) -> None:
        try:
            said, answer, ended = self._layer.take(data)
        except ssl.SSLCertVerificationError as fault:
            self._fail(f"tls.certificate.{fault.verify_code}")
            return
        except ssl.SSLError:
            self._fail("tls.broken")
            return
        self._write(answer)
        self._look_whether_ready()
        if said:
            self._hear(said)
        if ended:
            self.eof_received()

    def eof_received(self) -> bool:
        """The vendor hangs up: between two requests that is its right."""
        if self._request is None and self.phase is ConnectionPhase.READY:
            self.renewing = True
        elif self._request is not None or self._asking:
            self._hear(b"")  # an answer without a length ends here
        if self._transport is not None:
            self._transport.close()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._cancel_timer()
        self._fd = -1
        self._transport = None
        request, self._request = self._request, None
        if self._asking and self._opening is not None:
            self._asking = False
            self._opening.unheard()
        if self.phase is not ConnectionPhase.REFUSED:
            self.phase = ConnectionPhase.CLOSED
            self.detail = self.detail or ("" if self.renewing else "lost")
        if request is not None and not request.late:
            self._owner.doubt(request.ours, request.numbers)
            self._listener.unanswered(self, request.refs, "lost")
        self._listener.changed(self)
        if not self.closed.done():
            self.closed.set_result(None)

    # --- answers ---------------------------------------------------------------------------------------------

    def _hear(self, data: bytes) -> None:
        if data and self._request is None and not self._asking:
            self._unasked(data)
            return
        try:
            self._http.receive_data(data)
            while (event := self._http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                match event:
                    case h11.Response():
                        self._status = event.status_code
                        self._encoding = dict(event.headers).get(b"content-encoding", b"").decode("latin-1")
                    case h11.Data():
                        self._body += event.data
                        if len(self._body) > LARGEST_ANSWER:
                            self._fail("http.too_long")
                            return
                    case h11.EndOfMessage():
                        self._answered()
                        return
                    case h11.ConnectionClosed():
                        return
                    case _:
                        continue
        except h11.RemoteProtocolError:
            self._fail("http.garbage")

    def _unasked(self, data: bytes) -> None:
        """Nobody has asked anything. A front that says 408 is tired of waiting, and hangs up (RFC 9110, 15.5.9)."""
        if data.startswith((b"HTTP/1.1 408", b"HTTP/1.0 408")) and self.phase is ConnectionPhase.READY:
            self._renew()
        else:
            self._fail("http.garbage")

    def _answered(self) -> None:
        body, self._body = plain(self._body, self._encoding), bytearray()
        if self._asking:
            self._opened(body)
            return
        request, self._request = self._request, None
        assert request is not None
        self._cancel_timer()
        now = time.monotonic()
        if not request.late:
            self._time(now - request.began)
        sent = self._read(request, body)
        self._next_cycle()
        self._settle(request, sent)
        if self._opening is not None and not self._opening.done and not self._asking:
            self._open()

    def _read(self, request: Request, body: bytes) -> list[Sent]:
        code = "http.again"
        try:
            sent = self._exchange.read(self._status, body, request.numbers, ours=request.ours)
        except RemoteProtocolError as fault:
            code = fault.code
        else:
            references = frozenset(one.reference for one in sent if one.reference)
            known, self._references = self._references, references or self._references
            if not (references & known):
                return sent
        log.warning("answer says nothing definite", extra=self._about(code, status=self._status))
        return [Sent("", code, known=False)] * len(request.items)

    def _settle(self, request: Request, sent: Sequence[Sent]) -> None:
        answers: list[Answered] = []
        unknown: dict[str, list[Ref]] = {}
        codes = {str(one.result) for one in sent if one.known and one.result != 0}
        whole = codes if len(codes) == 1 and all(one.known and one.result != 0 for one in sent) else set()
        code = next(iter(whole), "")
        over = bool(code) and self._opening is not None and self._opening.is_over(code, request.ours)
        about_account = self._exchange.is_about_account
        account = "" if over else next((one for one in sorted(codes) if about_account(one)), "")
        if over:
            self._open()
        elif code and not account and len(sent) > 1 and self._exchange.is_about_one(code):
            self._owner.set_apart(request.items)
        else:
            code = ""
        for item, ref, one in zip(request.items, request.refs, sent, strict=True):
            if not one.known:
                unknown.setdefault(str(one.result), []).append(ref)
            elif one.result == 0:
                answers.append((ref, self._exchange.kept(one.reference, item[0]), 0))
            else:
                back = code or (one.result if account and about_account(str(one.result)) else "")
                answers.append((ref, b"", TakenBack(back) if back else one.result))
        self.useful = self.useful or any(one.result == 0 for one in sent)
        if account:
            self._refuse(account)
        if request.late:
            self._tell_late(answers)
            return
        if unknown:
            doubted = [item[0] for item, one in zip(request.items, sent, strict=True) if not one.known]
            self._owner.doubt(request.ours, doubted)
        for reason, refs in unknown.items():
            self._listener.unanswered(self, refs, reason[:60])
        if answers:
            self._listener.answered(self, answers)
        else:
            self._listener.changed(self)

    def _tell_late(self, answers: list[Answered]) -> None:
        """What was uncertain is settled by what was accepted; what was taken back late stays as it is."""
        settled = [one for one in answers if not isinstance(one[2], TakenBack)]
        if settled:
            self._listener.answered_late(self, settled)

    def _refuse(self, code: str) -> None:
        self.phase, self.detail, self.refused_code = ConnectionPhase.REFUSED, code[:200], code
        if self._transport is not None:
            self._transport.close()

    def _next_cycle(self) -> None:
        """Make the connection ready for the next request, or let it end."""
        if self._http.trailing_data[0]:  # a second answer: whose would the next one be?
            self._fail("http.again")
            return
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            if self.phase in (ConnectionPhase.READY, ConnectionPhase.CONNECTING):
                self._set_timer(self._timing.keepalive_s, self._renew)
                return
        self.renewing = self.phase is not ConnectionPhase.CLOSED
        self.phase = ConnectionPhase.CLOSED
        if self._transport is not None:
            self._transport.close()

    # --- time ------------------------------------------------------------------------------------------------

    def _overdue(self) -> None:
        request = self._request
        if request is None:
            return
        request.late = True
        if self.phase is ConnectionPhase.CLOSED:  # somebody waits for the end
            self.abort("timeout")
        else:
            self._set_timer(LATE_PATIENCE * self._timing.response_timeout_s, lambda: self.abort("silent"))
        self._owner.doubt(request.ours, request.numbers)
        self._listener.unanswered(self, request.refs, "timeout")

    def _renew(self) -> None:
        """Idle for so long that the vendor may hang up at any moment: a request written just then would be lost."""
        self.renewing = True
        self.phase = ConnectionPhase.CLOSED
        if self._transport is not None:
            self._transport.close()

    def _time(self, took_s: float) -> None:
        known, took_ms = self.round_trip_ms, took_s * 1000
        self.round_trip_ms = took_ms if known is None else 0.8 * known + 0.2 * took_ms

    def _set_timer(self, after_s: float, do: object) -> None:
        self._cancel_timer()
        self._timer = self._loop.call_later(after_s, do)  # type: ignore[arg-type]

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- inside ----------------------------------------------------------------------------------------------

    def _encode(self, request: HttpRequest) -> bytes:
        headers = [*WANTED, *request.headers]
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        pieces = [self._http.send(head)]
        if request.body:
            pieces.append(self._http.send(h11.Data(data=request.body)))
        pieces.append(self._http.send(h11.EndOfMessage()))
        return self._layer.seal(b"".join(piece for piece in pieces if piece))

    def _look_whether_ready(self) -> None:
        if self.phase is ConnectionPhase.CONNECTING and self._layer.ready and not self._asking:
            self._open()

    def _open(self) -> None:
        """Be ready for messages, or ask for the token that they need."""
        if self.phase not in (ConnectionPhase.CONNECTING, ConnectionPhase.READY):
            return
        if self._opening is None or self._opening.done:
            self.phase = ConnectionPhase.READY
            self._set_timer(self._timing.keepalive_s, self._renew)
            self._listener.changed(self)
            return
        self.phase = ConnectionPhase.CONNECTING
        if (asked := self._opening.ask(utc_now())) is None:
            self._set_timer(LOOK_AGAIN_S, self._open)
            return
        self._asking = True
        self._set_timer(self._timing.response_timeout_s, lambda: self.abort("token.silent"))
        self._write(self._encode(asked))

    def _opened(self, body: bytes) -> None:
        """The answer to the request for a token is here."""
        assert self._opening is not None
        self._asking = False
        self._cancel_timer()
        try:
            self._opening.heard(self._status, body)
        except RemoteProtocolError as fault:
            if (
                code := str(fault.params.get("vendor_code", ""))
            ) and self.phase is not ConnectionPhase.CLOSED:
                self._refuse(code)
            else:
                self._fail("token.unreadable")
            return
        self._next_cycle()
        self._open()

    def _fail(self, code: str) -> None:
        log.warning("connection to a vendor failed", extra=self._about(code))
        self.abort(code)

    def _about(self, code: str, **more: int) -> dict[str, object]:
        return {"channel": self.channel_id, "connection": self.number, "reason": code, **more}

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if not data or transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() == 0:
            written = 0
            try:
                with contextlib.suppress(BlockingIOError):
                    written = os.write(self._fd, data)
            except OSError:
                transport.abort()
                return
            if written == len(data):
                return
            data = data[written:]
        transport.write(data)
