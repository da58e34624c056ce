"""The simulated vendor itself, whichever it plays: what it accepts, and what it still has to tell."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from random import Random
from time import time
from typing import Any, NamedTuple

from xinfeng.channels.simulator.behaviour import Dice
from xinfeng.channels.simulator.clockwork import Later, RateGate
from xinfeng.channels.simulator.log import AcceptanceLog
from xinfeng.channels.simulator.vendors.behaviour import VendorBehaviour
from xinfeng.channels.simulator.vendors.options import VendorOptions
from xinfeng.kernel.text import Encoding, billed_parts
from xinfeng.protocols.traffic import Submission

is_mobile = re.compile(r"1[3-9][0-9]{9}").fullmatch
_variable = re.compile(r"\$?\{(\w{1,40})\}")
_MOST_KEPT = 200_000


class Order(NamedTuple):
    """One message asked for: number, signature, code of the template, values by name."""

    number: str
    signature: str
    code: str
    values: dict[str, str]


class Told(NamedTuple):
    """A status report as it waits to be told."""

    number: str
    reference: str
    code: str
    sent_at: float
    done_at: float
    parts: int
    ours: str


class Said(NamedTuple):
    """A reply as it waits to be told."""

    id: int
    number: str
    extension: str
    signature: str
    text: str
    at: float


@dataclass(slots=True)
class Sent:
    """What was accepted, for those who ask about a number."""

    number: str
    reference: str
    code: str
    text: str
    sent_at: float
    ours: str
    done: Told | None = None


@dataclass(slots=True)
class Counters:
    """What happened so far. `accepted` counts messages, `requests` what was asked."""

    requests: int = 0
    accepted: int = 0
    refused: int = 0
    flow_controlled: int = 0
    unsigned: int = 0
    pushed: int = 0
    push_failures: int = 0
    pulled: int = 0


class Vendor:
    """Everything but HTTP. `tell` is called whenever receipts or replies wait."""

    def __init__(self, options: VendorOptions) -> None:
        self.options = options
        self.accounts = options.accounts
        self.log = AcceptanceLog(options.log)
        self.counters = Counters()
        self.receipts: deque[Told] = deque()
        self.replies: deque[Said] = deque()
        self.sent: deque[Sent] = deque(maxlen=_MOST_KEPT)
        self.waiting = asyncio.Event()
        self.connections: set[Any] = set()
        self.nonces: dict[str, None] = {}
        self._sequence = count(1)
        self._serial = count(int(time()) * 1000)
        self._random = Random(options.seed)
        self._gates = {name: RateGate(0) for name in options.accounts}
        self.later = Later(self.waiting.set)
        self.behave(options.behaviour)

    def behave(self, behaviour: VendorBehaviour) -> None:
        """Behave like this from now on."""
        self.behaviour = behaviour
        self._refusals = Dice(behaviour.refuse, self._random)
        self._codes = Dice(behaviour.receipts, self._random)
        self._texts = Dice(behaviour.replies, self._random)
        self._broken = Dice({"broken": behaviour.broken}, self._random)
        fates = {
            "lost": behaviour.lose_receipts,
            "doubled": behaviour.double_receipts,
            "late": behaviour.late_receipts,
        }
        self._fates = Dice(fates, self._random)
        self._script = {number: deque(texts) for number, texts in behaviour.reply_script.items()}
        self._cut_in, self._garbage_in = behaviour.cut_after, behaviour.garbage_after
        for gate in self._gates.values():
            gate.limit = behaviour.rate_per_s

    # --- asked -----------------------------------------------------------------------------------------------

    def too_fast(self, account: str, now: float) -> bool:
        """Whether this request goes beyond the account's rate."""
        over = not self._gates[account].admit(1, now)
        self.counters.flow_controlled += over
        return over

    def used_before(self, nonce: str) -> bool:
        """Whether a nonce was seen; it is from now on."""
        if nonce in self.nonces:
            return True
        self.nonces[nonce] = None
        if len(self.nonces) > _MOST_KEPT:
            del self.nonces[next(iter(self.nonces))]
        return False

    def refusal(self) -> str:
        """The code that this request is refused with, by the dice; empty: none."""
        return self._refusals.draw() or ""

    def text_of(self, order: Order) -> str | None:
        """What the handset shows; None where the values don't fit the template."""
        if not self.options.templates:
            values = "".join(f"{{{name}={value}}}" for name, value in order.values.items())
            return f"【{order.signature}】{order.code}{values}"
        wanted = set(_variable.findall(self.options.templates[order.code]))
        if wanted != set(order.values):
            return None
        filled = _variable.sub(lambda found: order.values[found[1]], self.options.templates[order.code])
        return f"【{order.signature}】{filled}"

    def knows(self, code: str) -> bool:
        """Whether there is such a template."""
        return not self.options.templates or code in self.options.templates

    def accept(
        self, account: str, orders: Sequence[Order], references: Sequence[str], *, ours: str, extension: str
    ) -> None:
        """Write down, and remember what is to be told later."""
        now = time()
        texts = [self.text_of(order) or "" for order in orders]
        entries = [
            (_submission(next(self._sequence), order, text), order.number, reference.encode())
            for order, text, reference in zip(orders, texts, references, strict=True)
        ]
        self.log.write(at=now, account=account, accepted=entries)
        self.log.flush()
        self.counters.accepted += len(orders)
        for order, text, reference in zip(orders, texts, references, strict=True):
            sent = Sent(order.number, reference, order.code, text, now, ours)
            self.sent.append(sent)
            self._report_on(sent)
            self._answer_to(order, extension)

    def serial(self) -> str:
        """A reference that was never given."""
        return str(next(self._serial))

    def fate_of_answer(self, accepted: int) -> str:
        """What becomes of the answer to a request: empty, or `silent`, `broken`, `cut`, `garbage`."""
        if self._cut_in:
            self._cut_in = max(0, self._cut_in - accepted)
            if not self._cut_in:
                return "cut"
        if self._garbage_in:
            self._garbage_in = max(0, self._garbage_in - accepted)
            if not self._garbage_in:
                return "garbage"
        return "silent" if self.behaviour.silent else self._broken.draw() or ""

    # --- told ------------------------------------------------------------------------------------------------

    def _report_on(self, sent: Sent) -> None:
        code = self._codes.draw()
        fate = self._fates.draw()
        if not code:
            return
        delay_ms = self.behaviour.receipt_delay_ms + (self.behaviour.late_by_ms if fate == "late" else 0)
        done_at = sent.sent_at + delay_ms / 1000
        told = Told(
            sent.number, sent.reference, code, sent.sent_at, done_at, billed_parts(sent.text), sent.ours
        )

        def report() -> None:
            sent.done = told
            if fate != "lost":
                self.receipts.extend([told] * (2 if fate == "doubled" else 1))

        self.later.after(delay_ms, report)

    def _answer_to(self, order: Order, extension: str) -> None:
        script = self._script.get(order.number)
        text = script.popleft() if script else self._texts.draw()
        if text:
            self._say(order.number, text, extension=extension, signature=order.signature)

    def _say(self, number: str, text: str, *, extension: str, signature: str) -> None:
        said = Said(next(self._sequence), number, extension, signature, text, time())
        self.later.after(self.behaviour.reply_delay_ms, lambda: self.replies.append(said))

    def reply_now(self, *, account: str, number: str, dest_id: str, text: str) -> bool:
        """A handset writes, unasked. False: no such account."""
        if account not in self.accounts:
            return False
        self.replies.append(Said(next(self._sequence), number, dest_id, "", text, time()))
        self.waiting.set()
        return True

    def push_to(self, *, report_url: str, reply_url: str) -> None:
        """Tell receipts and replies there from now on; what waits goes too."""
        self.options = replace(self.options, report_url=report_url, reply_url=reply_url)
        self.waiting.set()

    # --- housekeeping ----------------------------------------------------------------------------------------

    def cut(self) -> int:
        """Drop every connection without a word. Returns how many."""
        connections = list(self.connections)
        for connection in connections:
            connection.abort()
        return len(connections)

    def send_garbage(self) -> int:
        """Send what is no HTTP to everyone. Returns to how many."""
        connections = list(self.connections)
        for connection in connections:
            connection.send_garbage()
        return len(connections)

    def stats(self) -> dict[str, Any]:
        """Counters, and what is under way."""
        return {
            **asdict(self.counters),
            "connections": len(self.connections),
            "scheduled": self.later.pending,
            "waiting": len(self.receipts) + len(self.replies),
        }


def _submission(sequence: int, order: Order, text: str) -> Submission:
    """A message as the log of the carrier has it: one part, in UCS-2."""
    content = text.encode("utf-16-be", "replace")
    return (sequence, (order.number,), order.code, 1, 1, 1, 0, Encoding.UCS2, content, b"")
