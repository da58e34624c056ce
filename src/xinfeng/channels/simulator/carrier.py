"""The carrier itself: accounts, what it does with submits, and what it still has to deliver."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from random import Random
from time import time
from typing import Any, TypeAlias

from xinfeng.channels.simulator.accounts import Account, Link
from xinfeng.channels.simulator.behaviour import Behaviour, Dice
from xinfeng.channels.simulator.clockwork import Later, Minutes, RateGate
from xinfeng.channels.simulator.dialects import DIALECTS
from xinfeng.channels.simulator.log import AcceptanceLog
from xinfeng.channels.simulator.options import Options
from xinfeng.kernel.text import contents, encoding_for
from xinfeng.protocols.traffic import Login, ReplyItem, ReportItem, Submission, SubmitResponse

Entry: TypeAlias = tuple[Submission, str, bytes]
"""A submission for one number: the submission, the number, its message id."""

_EARLY_RESPONSE_MS = 100
"""How long a response is held back behind its own receipt."""


@dataclass(slots=True)
class Counters:
    """What happened so far."""

    accepted: int = 0
    refused: int = 0
    flow_controlled: int = 0
    deliveries_sent: int = 0
    deliveries_acknowledged: int = 0
    deliveries_repeated: int = 0
    logins: int = 0
    logins_refused: int = 0
    violations: int = 0


class Carrier:
    """Everything but sockets. Connections hand in what they read and are asked to send."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.dialect = DIALECTS[options.protocol]
        self.log = AcceptanceLog(options.log)
        self.counters = Counters()
        self.connections: set[Link] = set()
        self._random = Random(options.seed)
        self._ids = self.dialect.make_ids(1 + secrets.randbelow(4095))
        self._minutes = Minutes()
        self.later = Later(self.pump_all)
        self.accounts = {
            name: Account(name, secret, RateGate(0)) for name, secret in options.accounts.items()
        }
        self._call: Callable[[Account], None] = lambda account: None
        self.behave(options.behaviour)

    def call_with(self, call: Callable[[Account], None]) -> None:
        """How to call a provider whose protocol wants that."""
        self._call = call

    def behave(self, behaviour: Behaviour) -> None:
        """Behave like this from now on."""
        self.behaviour = behaviour
        self._results = Dice(behaviour.refuse, self._random)
        self._stats = Dice(behaviour.receipts, self._random)
        self._texts = Dice(behaviour.replies, self._random)
        fates = {
            "lost": behaviour.lose_receipts,
            "doubled": behaviour.double_receipts,
            "late": behaviour.late_receipts,
            "early": behaviour.early_receipts,
        }
        self._fates = Dice(fates, self._random)
        self._script = {number: deque(texts) for number, texts in behaviour.reply_script.items()}
        self._cut_in = behaviour.cut_after
        self._garbage_in = behaviour.garbage_after
        for account in self.accounts.values():
            account.gate.limit = int(behaviour.rate_per_s * (1 + behaviour.rate_slack))
        self.pump_all()

    # --- login -----------------------------------------------------------------------------------------------

    def login_status(self, login: Login) -> int:
        """0: let in."""
        account = self.accounts.get(login.account)
        if self.behaviour.refuse_login:
            return self.behaviour.refuse_login
        if login.version > self.dialect.newest_version:
            return self.dialect.version_too_high
        if account is None or not login.proves(account.secret):
            return self.dialect.authentication_failed
        return 0

    # --- submits ---------------------------------------------------------------------------------------------

    def take_submissions(self, connection: Link, items: list[Submission], now: float) -> None:
        """Accept, write down, answer, and remember what is to be delivered later."""
        account = connection.account
        if account is None:
            return
        accepted, responses = self._sort_out(account, items, now)
        cut = 0 < self._cut_in <= len(accepted)
        if cut:
            accepted = accepted[: self._cut_in]
        self._cut_in = 0 if cut else self._cut_in and self._cut_in - len(accepted)
        entries = self._assign_ids(accepted, responses)
        self.log.write(at=time(), account=account.name, accepted=entries)
        self.counters.accepted += len(entries)
        held = self._schedule_reports(account, entries)
        self._schedule_replies(account, entries)
        if cut:
            self.cut()
            return
        self._answer(connection, responses, held)
        self._count_down_to_garbage(len(entries))

    def _sort_out(
        self, account: Account, items: list[Submission], now: float
    ) -> tuple[list[Submission], list[SubmitResponse]]:
        """What is accepted, and the answers to the rest."""
        passed = account.gate.admit(len(items), now)
        none, throttled = self.dialect.empty_id, self.dialect.flow_control
        responses: list[SubmitResponse] = [(item[0], none, throttled) for item in items[passed:]]
        self.counters.flow_controlled += len(responses)
        items = items[:passed]
        if not self._results:
            return items, responses
        accepted = []
        for item in items:
            if result := self._results.draw():
                responses.append((item[0], none, result))
            else:
                accepted.append(item)
        self.counters.refused += len(items) - len(accepted)
        return accepted, responses

    def _assign_ids(self, accepted: list[Submission], responses: list[SubmitResponse]) -> list[Entry]:
        """One id for each number; the first of a submit is answered, the others follow it (CMPP 3.0.0, appendix).

        Where the provider's own id is the message's (SGIP), that one stays.
        """
        if accepted and accepted[0][9]:
            responses.extend([(item[0], item[9], 0) for item in accepted])
            return [(item, number, item[9]) for item in accepted for number in item[1]]
        ids = self._ids.take(sum([len(item[1]) for item in accepted]))
        if len(ids) == len(accepted):
            responses.extend([(item[0], msg_id, 0) for item, msg_id in zip(accepted, ids, strict=True)])
            return [(item, item[1][0], msg_id) for item, msg_id in zip(accepted, ids, strict=True)]
        entries: list[Entry] = []
        for item in accepted:
            responses.append((item[0], ids[len(entries)], 0))
            for number in item[1]:
                entries.append((item, number, ids[len(entries)]))
        return entries

    def _answer(self, connection: Link, responses: list[SubmitResponse], held: set[int]) -> None:
        latency_ms = self.behaviour.latency_ms
        if held:
            late = [response for response in responses if response[0] in held]
            responses = [response for response in responses if response[0] not in held]
            self.later.after(latency_ms + _EARLY_RESPONSE_MS, lambda: connection.answer(late))
        if latency_ms:
            self.later.after(latency_ms, lambda: connection.answer(responses))
        else:
            connection.answer(responses)

    # --- what is delivered later -----------------------------------------------------------------------------

    def _schedule_reports(self, account: Account, entries: list[Entry]) -> set[int]:
        """Returns the sequences whose response must wait until their report has gone out."""
        behaviour = self.behaviour
        delay_ms = behaviour.receipt_delay_ms
        reports = self._reports(entries, delay_ms)
        if not self._fates:
            if reports:
                self.later.after(delay_ms, lambda: account.reports.extend(report for _, report in reports))
            return set()
        by_fate: dict[str | None, list[ReportItem]] = {}
        held: set[int] = set()
        for sequence, report in reports:
            fate = self._fates.draw()
            by_fate.setdefault(fate, []).append(report)
            if fate == "early":
                held.add(sequence)
        account.reports.extend(by_fate.get("early", ()))
        punctual = by_fate.get(None, []) + by_fate.get("doubled", []) * 2
        late = by_fate.get("late", [])
        if punctual:
            self.later.after(delay_ms, lambda: account.reports.extend(punctual))
        if late:
            self.later.after(delay_ms + behaviour.late_by_ms, lambda: account.reports.extend(late))
        self.pump(account)
        return held

    def _reports(self, entries: list[Entry], delay_ms: int) -> list[tuple[int, ReportItem]]:
        """Reports for those who asked, with the sequence of the submit."""
        now = time()
        submitted, done = self._minutes.text(now), self._minutes.text(now + delay_ms / 1000)
        asked = [entry for entry in entries if entry[0][3] == 1]
        ids = self._ids.take(len(asked))
        draw, only = self._stats.draw, self._stats.only
        return [
            (item[0], (deliver_id, item[2], msg_id, stat, submitted, done, number))
            for (item, number, msg_id), deliver_id in zip(asked, ids, strict=True)
            if (stat := only or draw())
        ]

    def _schedule_replies(self, account: Account, entries: list[Entry]) -> None:
        if not (self._texts or self._script):
            return
        replies: list[ReplyItem] = []
        for item, number, _ in entries:
            if item[4] != item[5]:  # not the last part of its message
                continue
            script = self._script.get(number)
            text = script.popleft() if script else self._texts.draw()
            if text:
                replies.extend(self._reply(number, item[2], text))
        if replies:
            self.later.after(self.behaviour.reply_delay_ms, lambda: account.replies.extend(replies))

    def _reply(self, number: str, dest_id: str, text: str) -> list[ReplyItem]:
        encoding = encoding_for(text)
        parts = contents(text, encoding=encoding, reference=self._random.randrange(256))
        return [
            (msg_id, number[:21], dest_id[:21], int(len(parts) > 1), encoding, content)
            for content, msg_id in zip(parts, self._ids.take(len(parts)), strict=True)
        ]

    def reply_now(self, *, account: str, number: str, dest_id: str, text: str) -> bool:
        """A handset writes, unasked. False: no such account."""
        found = self.accounts.get(account)
        if found is None:
            return False
        found.replies.extend(self._reply(number, dest_id, text))
        self.pump(found)
        return True

    def pump(self, account: Account) -> None:
        """Send what waits, as far as windows allow."""
        if self.behaviour.silent:
            return
        for connection in list(account.links):
            if not (account.reports or account.replies):
                return
            connection.deliver(account)

        if self.dialect.calls_back and not account.called and (account.reports or account.replies):
            account.called = True
            self._call(account)

    def hung_up(self, account: Account) -> None:
        """The provider hung up, or could not be reached: call again if anything waits."""
        account.called = False
        self.pump(account)

    def pump_all(self) -> None:
        """The same for everyone."""
        for account in self.accounts.values():
            self.pump(account)

    # --- faults and housekeeping -----------------------------------------------------------------------------

    def cut(self) -> int:
        """Drop every connection without a word. Returns how many."""
        connections = list(self.connections)
        for connection in connections:
            connection.abort()
        return len(connections)

    def send_garbage(self) -> int:
        """Send what is no message of the protocol to everyone. Returns to how many."""
        connections = list(self.connections)
        for connection in connections:
            connection.send(b"\xff" + os.urandom(63))
        return len(connections)

    def _count_down_to_garbage(self, accepted: int) -> None:
        if self._garbage_in:
            self._garbage_in = max(0, self._garbage_in - accepted)
            if not self._garbage_in:
                self.send_garbage()

    def tick(self, now: float) -> None:
        """Call every few dozen milliseconds: timers of the connections, and the log onto disk."""
        self.log.flush()
        if not self.behaviour.silent:
            for connection in list(self.connections):
                connection.tick(now)

    def stats(self) -> dict[str, Any]:
        """Counters, and what is under way."""
        accounts: Iterable[Account] = self.accounts.values()
        return {
            **asdict(self.counters),
            "connections": len(self.connections),
            "scheduled": self.later.pending,
            "waiting": sum(len(account.reports) + len(account.replies) for account in accounts),
            "unacknowledged": sum(connection.unacknowledged for connection in self.connections),
        }
