"""From loaded chunks to the socket: which message goes next, over which connection, and what its answer means.

Everything here runs between two awaits of the event loop: no database, no clock but `time`. A `Dispatch` belongs
to one channel and shares its rate evenly among the plans that wait.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat

from xinfeng.channels.codes import Verdict, verdict
from xinfeng.channels.lines import Answered, Line, Ref, TakenBack
from xinfeng.channels.rate import SlidingRate
from xinfeng.channels.sessions import ChannelSessions
from xinfeng.delivery import rows
from xinfeng.delivery.chunks import LoadedChunk
from xinfeng.delivery.codes import INCOMPLETE, OPTED_OUT
from xinfeng.delivery.leases import DEADLINE, STOPPED, RunningPlan
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.openings import Hours, Openings
from xinfeng.delivery.outbox import Ending, Outbox
from xinfeng.delivery.permit import News
from xinfeng.delivery.tracks import Track

LARGEST_SLICE = 500
"""Parts armed in one go; twice as many are what a crash at full speed can leave uncertain per channel."""
SMALLEST_SLICE = 16
SLICE_S = 0.05
"""A slice is about what goes out in this time, and where a request is about many, enough to fill two."""
LARGEST_CHOICE = 1_000
"""Parts among which is looked for what goes together in a request."""
PREFETCH_S = 0.5
"""A further chunk is leased when what is loaded lasts for less."""
LARGEST_PREFETCH = 12_000
"""Parts; a loaded message takes about a kilobyte of memory."""
QUANTUM = 64
"""Parts that a plan may write before the next one has its turn, where several share a channel."""
BEGUN_PATIENCE_S = 10.0
"""How long a closing chunk waits for a connection to finish long messages that have begun."""
OFFLINE_PATIENCE_S = 15.0
"""How long a chunk is kept while the channel has no connection; then another gateway may have it."""

PAUSED = "paused"
CLOSED_WINDOW = "window"
SHUTDOWN = "shutdown"


class Dispatch:
    """The messages of one channel on their way out."""

    def __init__(
        self,
        sessions: ChannelSessions,
        outbox: Outbox,
        *,
        permitted: Callable[[float], bool],
        wants_arming: Callable[[], None],
        wants_loading: Callable[[], None],
        pause: Callable[[int, str], None],
        ail: Callable[[int, str], None] | None = None,
        plan_rates: dict[int, SlidingRate] | None = None,
    ) -> None:
        """`ail`: told by channel and reason that the carrier does not take a plan which another channel can carry.
        `plan_rates`: what each plan has spent, over all channels that it goes by."""
        self.sessions = sessions
        self.hours: Hours | None = None
        self.offline_patience_s = OFFLINE_PATIENCE_S
        self.tracks: dict[int, Track] = {}
        self.arming: dict[LoadedChunk, int] = {}
        self.share = 1
        self._outbox = outbox
        self._permitted = permitted
        self._wants_arming = wants_arming
        self._wants_loading = wants_loading
        self._pause = pause
        self._ail = ail
        self._plan_rates = {} if plan_rates is None else plan_rates
        self._timer: asyncio.Handle | None = None
        self._timer_due = 0.0  # kept here: uvloop gives no time with a timer that is due at once
        self._loop = asyncio.get_running_loop()
        self._offline_since: float | None = None

    # --- chunks in and out -----------------------------------------------------------------------------------

    def wanted(self, plan: RunningPlan, now: float, wall: float) -> bool:
        """Whether another chunk of this plan should be leased."""
        track = self.tracks.get(plan.id)
        if track is None:
            return Openings.read(plan.windows, plan.deadline, self.hours).open_until(wall) is not None
        if track.pausing or any(chunk.closing for chunk in track.chunks):
            return False
        if track.openings.open_until(wall) is None or now - track.empty_at < 0.1:
            return False
        return track.unsent < self._stock(track)

    def refresh(self, plan: RunningPlan) -> None:
        """The plan as it was just read: its windows may have been narrowed since its chunks were loaded."""
        track = self.tracks.get(plan.id)
        if track is None or plan == track.plan:
            return
        track.plan = plan
        track.read_openings(self.hours)
        track.rate = self._rate_of(plan)

    def keep_to(self, hours: Hours | None) -> None:
        """The hours in which the channel's carrier takes messages; None: at any time."""
        if hours != self.hours:
            self.hours = hours
            for track in self.tracks.values():
                track.read_openings(hours)

    def _rate_of(self, plan: RunningPlan) -> SlidingRate | None:
        if plan.rate_per_s is None:
            return None
        return self._plan_rates.setdefault(plan.id, SlidingRate(plan.rate_per_s))

    def nothing_to_lease(self, plan_id: int, now: float) -> None:
        """The plan has no queued chunk at present."""
        if track := self.tracks.get(plan_id):
            track.empty_at = now

    def add(self, plan: RunningPlan, chunk: LoadedChunk) -> None:
        """A chunk was leased and loaded."""
        track = self.tracks.get(plan.id)
        if track is None:
            openings = Openings.read(plan.windows, plan.deadline, self.hours)
            track = self.tracks[plan.id] = Track(plan, openings, rate=self._rate_of(plan))
        track.chunks.append(chunk)
        if track.pausing:
            chunk.close(PAUSED)
        if chunk.over:
            self._end(track, chunk)
        else:
            self._ask_for_arming(track)

    def armed(self, chunk: LoadedChunk, upto_id: int, *, held: bool) -> None:
        """A watermark was committed; or, not `held`, the lease is lost."""
        if held:
            chunk.arm(upto_id)
        else:
            self.lose(chunk)

    def lose(self, chunk: LoadedChunk) -> None:
        """Somebody else has taken the lease over: write no more of this chunk."""
        chunk.lost = True
        self._settle(chunk)

    def chunks(self) -> list[LoadedChunk]:
        return [chunk for track in self.tracks.values() for chunk in track.chunks]

    def heard(self, news: News) -> None:
        """Withdrawals, plans that no longer run, leases that are lost."""
        for track in list(self.tracks.values()):
            state = news.plans.get(track.plan.id)
            for chunk in list(track.chunks):
                if chunk.lease.chunk_id in news.lost:
                    self.lose(chunk)
                    continue
                if news.bars and not chunk.lost:
                    self.drop(track.plan.purpose, chunk, [news])
                if state is not None:
                    chunk.close(STOPPED if state == STOPPED else PAUSED)
                self._settle(chunk)

    def drop(self, purpose: str, chunk: LoadedChunk, news: Sequence[News]) -> None:
        """Take those out of the chunk who have said no since it was loaded."""
        reasons: dict[int, str] = {}

        def barred(contact_id: int, phone_index: bytes) -> bool:
            for one in news:
                if reason := one.reason(purpose, contact_id, phone_index):
                    reasons[contact_id] = reason
                    return True
            return False

        contact_of = dict(zip(chunk.ids, chunk.contacts, strict=True))
        dropped = chunk.drop(barred)
        self._outbox.withhold(
            (message_id, reasons[contact_of[message_id]]) for message_id in dropped.messages
        )
        self._refuse_parts(chunk, dropped.parts, OPTED_OUT)

    def close_all(self, why: str) -> None:
        """Begin no further message."""
        for chunk in self.chunks():
            chunk.close(why)
            self._settle(chunk)

    def look_after(self, now: float, wall: float) -> None:
        """Once a second: windows and deadlines, a channel without connections, begun messages that hang."""
        online = bool(self.sessions.ready())
        if online:
            self._offline_since = None
        elif self._offline_since is None:
            self._offline_since = now
        offline_s = 0.0 if self._offline_since is None else now - self._offline_since
        for track in list(self.tracks.values()):
            self._check_clock(track, wall)
            for chunk in list(track.chunks):
                if offline_s > self.offline_patience_s:
                    chunk.close(PAUSED)
                if chunk.closing and not chunk.lost and offline_s > BEGUN_PATIENCE_S:
                    self._refuse_parts(chunk, chunk.give_up_begun(), INCOMPLETE)
                self._settle(chunk)
            if not track.chunks:
                del self.tracks[track.plan.id]
        self.pump()

    # --- writing ---------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Write whatever may be written at this moment."""
        # Read together: the rate is kept by one of them and proved by another.
        now, wall, sent_at = time.monotonic(), time.time(), rows.now_us()
        if not self.tracks or not self._permitted(now):
            return
        lines = [line for line in self.sessions.ready() if line.free_window]
        if not lines:
            return
        budget = self.sessions.budget(now)
        waiting = deque(self.tracks.values())
        quantum = max(QUANTUM, self.sessions.gathers) if len(waiting) > 1 else budget
        while budget > 0 and waiting and lines:
            track = waiting.popleft()
            wrote = self._write(track, lines, min(budget, quantum), now=now, wall=wall, sent_at=sent_at)
            if wrote:
                budget -= wrote
                self.sessions.rate.spend(wrote, now)
                waiting.append(track)
        if budget <= 0:
            self._pump_later(self.sessions.wait_s(now))
        self._rotate()
        for track in self.tracks.values():
            self._ask_for_arming(track)

    def _write(
        self, track: Track, lines: list[Line], at_most: int, *, now: float, wall: float, sent_at: int
    ) -> int:
        """Write up to `at_most` parts of a plan; returns how many. Full connections are taken off `lines`."""
        if track.rate is not None:
            track.rate.limit = max(1, (track.plan.rate_per_s or 1) // self.share)
            at_most = min(at_most, track.rate.free(now))
            if at_most <= 0:
                self._pump_later(track.rate.wait_s(now))
                return 0
        if wall >= track.open_until:
            self._check_clock(track, wall)
        wrote = 0
        for chunk in track.chunks:
            while wrote < at_most and lines:
                line = lines[-1]
                indexes = self._choose(chunk, line, min(at_most - wrote, line.free_window))
                if not indexes:
                    break
                items = chunk.items
                batch = (
                    items[indexes.start : indexes.stop]
                    if isinstance(indexes, range)
                    else [items[index] for index in indexes]
                )
                count = line.submit(batch, zip(repeat(chunk), indexes, repeat(sent_at)), now)
                chunk.wrote(indexes[:count])
                wrote += count
                if not line.free_window:
                    lines.pop()
            if wrote >= at_most or not lines:
                break
        if wrote and track.rate is not None:
            track.rate.spend(wrote, now)
        return wrote

    def _choose(self, chunk: LoadedChunk, line: Line, at_most: int) -> Sequence[int]:
        """Indexes of what goes next. Where a request is about many, it waits the moment until enough is armed."""
        if not self.sessions.gathers:
            return chunk.writable(at_most)
        choice = chunk.choice(LARGEST_CHOICE)
        if not choice:
            return ()
        items = chunk.items
        found = self.sessions.gather(line, [items[index] for index in choice], at_most)
        if len(found) < at_most and chunk.asked > chunk.armed:
            return ()
        return [choice[n] for n in found]

    # --- answers ---------------------------------------------------------------------------------------------

    def answered(self, answers: list[Answered]) -> None:
        """The carrier answered submits."""
        at, channel_id = rows.now_us(), self.sessions.account.id
        add, pack = self._outbox.attempts.append, rows.accepted
        accepted_ids: list[tuple[bytes, int, int]] = []
        touched: dict[LoadedChunk, bool] = {}
        for (chunk, index, sent_at), carrier_id, result in answers:
            if result == 0:
                message_id, part = chunk.ids[index], chunk.items[index][4]
                add(pack(message_id, part, channel_id, carrier_id, sent_at, at))
                accepted_ids.append((carrier_id, message_id, part))
                if chunk.whole:
                    for part in chunk.further(index):
                        add(pack(message_id, part, channel_id, carrier_id, sent_at, at))
                chunk.in_flight -= 1
                touched[chunk] = True
            else:
                self._refused((chunk, index, sent_at), result, at)
                touched.setdefault(chunk, False)
        self._outbox.recent.remember(channel_id, accepted_ids)
        for chunk, accepted in touched.items():
            if accepted and (track := self.tracks.get(chunk.lease.plan_id)):
                track.health.accepted()
            if not chunk.in_flight:
                self._settle(chunk)
        self._outbox.stir()
        self.pump()

    def answered_late(self, answers: list[Answered]) -> None:
        """Answers to what is uncertain already: one more fact, which settles it."""
        at, channel_id = rows.now_us(), self.sessions.account.id
        for (chunk, index, sent_at), carrier_id, result in answers:
            message_id, part = chunk.ids[index], chunk.items[index][4]
            if result == 0:
                for one in (part, *chunk.further(index)):
                    self._outbox.attempts.append(
                        rows.accepted(message_id, one, channel_id, carrier_id, sent_at, at)
                    )
                self._outbox.recent.remember(channel_id, [(carrier_id, message_id, part)])
            else:
                self._attempt(chunk, index, Outcome.REFUSED, str(result), sent_at=sent_at, at=at)
        self._outbox.stir()

    def unanswered(self, refs: list[Ref], code: str) -> None:
        """Submits without an answer: they may or may not have been taken, and are never sent again."""
        at = rows.now_us()
        touched: dict[LoadedChunk, None] = {}
        for chunk, index, sent_at in refs:
            self._attempt(chunk, index, Outcome.UNCERTAIN, code, sent_at=sent_at, at=at)
            chunk.in_flight -= 1
            touched[chunk] = None
        for plan_id in {chunk.lease.plan_id for chunk in touched}:
            if (track := self.tracks.get(plan_id)) and (reason := track.health.unanswered(code)):
                self._hold(track, reason)
        for chunk in touched:
            self._settle(chunk)
        self._outbox.stir()

    def _refused(self, ref: Ref, result: int | str, at: int) -> None:
        chunk, index, sent_at = ref
        track = self.tracks.get(chunk.lease.plan_id)
        now = time.monotonic()
        if isinstance(result, TakenBack):
            again = chunk.throttled(index)
            outcome = Outcome.THROTTLED if again else Outcome.REFUSED
            self._attempt(chunk, index, outcome, str(result), sent_at=sent_at, at=at)
            return
        what = verdict(self.sessions.account.kind, result)
        if what is Verdict.THROTTLED:
            self.sessions.throttle.complain(now)
            if chunk.throttled(index):
                self._attempt(chunk, index, Outcome.THROTTLED, str(result), sent_at=sent_at, at=at)
            else:
                self._attempt(chunk, index, Outcome.REFUSED, str(result), sent_at=sent_at, at=at)
            reason = track.health.throttled(now) if track else None
        else:
            # whoever can't say whether it left is believed in neither: uncertain, and settled by a receipt
            outcome = Outcome.UNCERTAIN if what is Verdict.UNCERTAIN else Outcome.REFUSED
            self._attempt(chunk, index, outcome, str(result), sent_at=sent_at, at=at)
            chunk.in_flight -= 1
            reason = track.health.refused(result) if track and what is Verdict.ALL_MESSAGES else None
        if track and reason:
            self._hold(track, reason)

    def _attempt(
        self, chunk: LoadedChunk, index: int, outcome: Outcome, code: str, *, sent_at: int, at: int
    ) -> None:
        for part in (chunk.items[index][4], *chunk.further(index)):
            self._outbox.attempts.append(
                rows.attempt(
                    message_id=chunk.ids[index],
                    part=part,
                    channel_id=self.sessions.account.id,
                    outcome=outcome,
                    code=code[:60],
                    sent_at=sent_at,
                    at=at,
                )
            )

    def _refuse_parts(self, chunk: LoadedChunk, parts: Sequence[tuple[int, int]], code: str) -> None:
        """The rest of long messages that will not be written: refused by ourselves."""
        at = rows.now_us()
        for message_id, part in parts:
            self._outbox.attempts.append(
                rows.attempt(
                    message_id=message_id,
                    part=part,
                    channel_id=chunk.lease.channel_id,
                    outcome=Outcome.REFUSED,
                    code=code,
                    sent_at=at,
                    at=at,
                )
            )

    # --- inside ----------------------------------------------------------------------------------------------

    def _hold(self, track: Track, reason: str) -> None:
        """Begin nothing more of a plan that its carrier does not take: it is paused, or goes on by another channel."""
        if track.pausing:
            return
        track.pausing = True
        for chunk in track.chunks:
            chunk.close(PAUSED)
        if track.plan.routed and self._ail is not None:
            self._ail(self.sessions.account.id, reason)
        else:
            self._pause(track.plan.id, reason)

    def _check_clock(self, track: Track, wall: float) -> None:
        until = track.openings.open_until(wall)
        track.open_until = until or 0.0
        if until is None:
            why = DEADLINE if wall >= track.openings.deadline else CLOSED_WINDOW
            for chunk in list(track.chunks):
                chunk.close(why)
                self._settle(chunk)

    def _settle(self, chunk: LoadedChunk) -> None:
        track = self.tracks.get(chunk.lease.plan_id)
        if track is not None and chunk.over and not chunk.ended:
            self._end(track, chunk)

    def _end(self, track: Track, chunk: LoadedChunk) -> None:
        chunk.ended = True
        if chunk in track.chunks:
            track.chunks.remove(chunk)
        self.arming.pop(chunk, None)
        if not chunk.lost:
            self._outbox.end(Ending(chunk.lease, chunk.closing, chunk.unsent_rest()))
        self._outbox.stir()
        self._wants_loading()

    def _ask_for_arming(self, track: Track) -> None:
        reserve = self._slice()
        asked = False
        for chunk in track.chunks:
            upto = chunk.wants_arming(reserve)
            if upto is not None:
                self.arming[chunk] = upto
                asked = True
            if len(chunk.items) - chunk.position > reserve:
                break
        if asked:
            self._wants_arming()
        if track.unsent < self._stock(track):
            self._wants_loading()

    def _stock(self, track: Track) -> float:
        """Parts to have in memory: enough not to wait for the next chunk, and no more."""
        nominal = self.sessions.throttle.nominal
        rate = min(nominal, track.plan.rate_per_s or nominal)
        return max(2 * self._slice(), min(LARGEST_PREFETCH, PREFETCH_S * rate))

    def _slice(self) -> int:
        nominal = self.sessions.throttle.nominal
        gathered = 2 * min(self.sessions.gathers, nominal)
        return int(min(LARGEST_SLICE, max(SMALLEST_SLICE, nominal * SLICE_S, gathered)))

    def _rotate(self) -> None:
        """Let another plan go first the next time."""
        if len(self.tracks) > 1:
            first = next(iter(self.tracks))
            self.tracks[first] = self.tracks.pop(first)

    def _pump_later(self, wait_s: float) -> None:
        due = self._loop.time() + max(0.001, wait_s)
        if self._timer is not None and not self._timer.cancelled() and self._timer_due <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._loop.call_at(due, self._timed_pump)

    def _timed_pump(self) -> None:
        self._timer = None
        self.pump()
