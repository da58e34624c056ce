"""The loop of a rehearsal: the real sessions of each channel, their windows and rates, and what is answered.

It follows the rules of `delivery`: what was written and not answered is uncertain and never written again; what is refused
for flow control goes again, at a slower pace; when a channel is dead, texts of which nothing was written go over the
next one of their lane.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from xinfeng.campaigns.rehearsal.carriers import SimulatedCarrier
from xinfeng.campaigns.rehearsal.casting import Role
from xinfeng.campaigns.rehearsal.outcome import Unwritten
from xinfeng.campaigns.rehearsal.stage import check
from xinfeng.channels.codes import Verdict, verdict
from xinfeng.channels.kinds import open_sessions
from xinfeng.channels.lines import Answered, Line, Ref, TakenBack
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.rate import SlidingRate
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.delivery.loading import Writer
from xinfeng.kernel.errors import InvalidInput, LocalProtocolError
from xinfeng.protocols.traffic import Receipt, Reply, SubmitItem

STEP_S = 0.01
DEAD_AFTER_S = 2.0
"""Without a connection for so long a channel whose carrier has died counts as dead. In earnest it takes as long as the
patience that people set (`delivery.failover`)."""
LOGIN_S = 15.0
MOST_TRIES = 200
QUIET_S = 5.0
"""Receipts are waited for until nothing has come for so long, beyond the delay with which they come."""
TOLD_EVERY_S = 0.5


@dataclass(eq=False, slots=True)
class Part:
    """One short message of a text."""

    role: Role
    item: SubmitItem = field(repr=False)
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One channel of the run. `write` cuts texts into parts; `arrives`: what its carrier must testify of a text and its
    parts; `dies_after`: its carrier ends with so many parts taken."""

    account: ChannelAccount
    carrier: SimulatedCarrier
    write: Writer
    arrives: Callable[[str, Sequence[SubmitItem]], str]
    dies_after: int | None = None
    receipt_delay_s: float = 0.2
    hears_receipts: bool = True


class Player:
    """A channel while it is played: its sessions, what waits, what became of the rest."""

    def __init__(self, scene: Scene, shared: SlidingRate | None) -> None:
        check(scene.account)
        self.scene = scene
        self.sessions = open_sessions(scene.account, self)
        self.waiting: deque[Part] = deque()
        self.in_flight = 0
        self.accepted = 0
        self.throttled = 0
        self.parts = 0
        self.content_bytes = 0
        self.refused: Counter[str] = Counter()
        self.uncertain: list[Part] = []
        self.receipts: Counter[str] = Counter()
        self.unwritten: list[Unwritten] = []
        self.begun: set[int] = set()
        self.rendered: dict[str, str] = {}
        self.longest = self.most_parts = self.logins = self.moved_in = self.moved_out = 0
        self.began_at = self.ended_at = self.heard_at = 0.0
        self.fault = ""
        self.round_trip_ms: float | None = None
        self.absent = self.left = self._failed = False
        self._shared = shared
        self._offline_since: float | None = None

    # --- what is to be sent -----------------------------------------------------------------------------------

    def take(self, role: Role) -> None:
        """Put a text in line, or note that it can't be written."""
        try:
            items = self.scene.write(role.number, role.text, reference=role.place)
        except InvalidInput as fault:
            self.unwritten.append(Unwritten(role.contact_id, self.scene.account.id, fault.code))
            return
        self.rendered[role.number] = self.scene.arrives(role.text, items)
        self.parts += len(items)
        self.content_bytes += sum(len(item[1]) for item in items)
        self.longest = max(self.longest, len(role.text))
        self.most_parts = max(self.most_parts, len(items))
        self.waiting.extend(Part(role, item) for item in items)

    def give_up(self) -> list[Role]:
        """The channel is dead: the texts of which nothing was written leave it; of a text that was begun, the rest stays
        unsent."""
        free = [part.role for part in self.waiting if part.role.place not in self.begun]
        roles = list(dict.fromkeys(free))
        gone = {role.place for role in roles}
        moving = [part for part in self.waiting if part.role.place in gone]
        self.waiting = deque(part for part in self.waiting if part.role.place not in gone)
        self.parts -= len(moving)
        self.content_bytes -= sum(len(part.item[1]) for part in moving)
        for role in roles:
            self.rendered.pop(role.number, None)
        return roles

    @property
    def dead(self) -> bool:
        """Whether its carrier has died and no connection is left for DEAD_AFTER_S."""
        if self.scene.carrier.alive or self.sessions.ready():
            self._offline_since = None
            return False
        now = time.monotonic()
        self._offline_since = self._offline_since or now
        return now - self._offline_since >= DEAD_AFTER_S

    @property
    def stands_still(self) -> bool:
        """Whether nothing more will happen: all is settled, or what waits has nobody to go to."""
        if self.in_flight:
            return False
        return not self.waiting or self.absent or (self.left and self.dead)

    @property
    def settled(self) -> int:
        """Parts of which nothing more will be heard."""
        return self.accepted + sum(self.refused.values()) + len(self.uncertain)

    @property
    def owes_receipts(self) -> bool:
        """Whether receipts may still come."""
        if not self.scene.hears_receipts or sum(self.receipts.values()) >= self.accepted:
            return False
        quiet_s = self.scene.receipt_delay_s + QUIET_S
        return self.scene.carrier.alive and time.monotonic() - max(self.heard_at, self.ended_at) < quiet_s

    # --- writing ----------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Write whatever may be written at this moment; nothing to a carrier that was told to die, however long it takes."""
        if self._failed:
            return
        now = time.monotonic()
        budget = self.sessions.budget(now)
        if self._shared is not None:
            budget = min(budget, self._shared.free(now))
        for line in self.sessions.ready():
            while self.waiting and (room := min(budget, line.free_window)) > 0:
                count = self._submit(
                    line, [self.waiting[at] for at in range(min(room, len(self.waiting)))], now
                )
                if not count:
                    break
                budget -= count

    def _submit(self, line: Line, parts: Sequence[Part], now: float) -> int:
        try:
            count = line.submit([part.item for part in parts], [(part, 0, 0) for part in parts], now)
        except LocalProtocolError as fault:
            if len(parts) > 1:
                return self._submit(line, parts[:1], now)
            self.waiting.popleft()
            self.unwritten.append(Unwritten(parts[0].role.contact_id, self.scene.account.id, fault.code))
            self.parts -= 1
            return 0
        for _ in range(count):
            self.begun.add(self.waiting.popleft().role.place)
        if count:
            self.began_at = self.began_at or now
            self.in_flight += count
            self.sessions.rate.spend(count, now)
            if self._shared is not None:
                self._shared.spend(count, now)
        return count

    # --- Listener ---------------------------------------------------------------------------------------------

    def answered(self, connection: Line, answers: list[Answered]) -> None:
        now = self.ended_at = time.monotonic()
        for (part, _, _), _id, result in answers:
            self.in_flight -= 1
            if result == 0:
                self.accepted += 1
                continue
            back = isinstance(result, TakenBack)
            what = Verdict.THROTTLED if back else verdict(self.scene.account.kind, result)
            if what is Verdict.UNCERTAIN:
                self.uncertain.append(part)
            elif what is Verdict.THROTTLED and part.tries < MOST_TRIES:
                part.tries += 1
                self.waiting.appendleft(part)
                if part.item[3] == 1:  # nothing of this text was taken
                    self.begun.discard(part.role.place)
                if not back:
                    self.throttled += 1
                    self.sessions.throttle.complain(now)
            else:
                self.refused[str(result)] += 1
        self.round_trip_ms = connection.round_trip_ms or self.round_trip_ms
        if self.scene.dies_after is not None and self.accepted >= self.scene.dies_after:
            self._failed = True
            self.scene.carrier.fail()
        self.pump()

    def answered_late(self, connection: Line, answers: list[Answered]) -> None:
        """What was uncertain is settled by its answer, as in earnest."""
        for (part, _, _), _id, result in answers:
            if part in self.uncertain and result == 0:
                self.uncertain.remove(part)
                self.accepted += 1

    def unanswered(self, connection: Line, refs: list[Ref], code: str) -> None:
        self.ended_at = time.monotonic()
        self.in_flight -= len(refs)
        self.uncertain += [part for part, _, _ in refs]

    def received(self, connection: Line, receipts: list[Receipt], replies: list[Reply]) -> None:
        self.heard_at = time.monotonic()
        self.receipts.update(one[3] for one in receipts)
        connection.acknowledge([*(one[:2] for one in receipts), *(one[:2] for one in replies)])

    def changed(self, connection: Line) -> None:
        if connection.phase is ConnectionPhase.READY:
            self.logins += connection.submitted == 0
        elif connection.detail:
            self.fault = connection.detail
        self.pump()


Tell = Callable[[int, int], Awaitable[bool]]
"""Told parts settled and parts in all; answers whether to go on."""


async def play(
    scenes: Mapping[int, Scene], roles: Sequence[Role], *, rate_per_s: int | None, until: float, tell: Tell
) -> tuple[dict[int, Player], bool]:
    """Send all roles over their channels; returns the players, and whether it was not stopped. `until`: of the monotonic
    clock, when it ends whatever is left."""
    shared = SlidingRate(rate_per_s) if rate_per_s else None
    players = {channel: Player(scene, shared) for channel, scene in scenes.items()}
    for role in roles:
        players[role.channel_id].take(role)
    told = _Told(players, tell)
    try:
        for player in players.values():
            player.sessions.start()
            player.sessions.set_rate(player.scene.account.rate_per_s, share=1, now=time.monotonic())
        going = await _logged_in(players, told, until=min(until, time.monotonic() + LOGIN_S))
        while going and time.monotonic() < until:
            for player in players.values():
                player.pump()
                if player.dead and not player.left:
                    _move(player, players)
            if all(one.stands_still for one in players.values()):
                break
            await asyncio.sleep(STEP_S)
            going = await told.now()
        while going and time.monotonic() < until and any(one.owes_receipts for one in players.values()):
            await asyncio.sleep(STEP_S)
            going = await told.now()
    finally:
        await asyncio.gather(*(one.sessions.stop() for one in players.values()))
    return players, going


class _Told:
    """Says how far it is, a few times a second."""

    def __init__(self, players: Mapping[int, Player], tell: Tell) -> None:
        self._players, self._tell = players, tell
        self._at = 0.0

    async def now(self) -> bool:
        """Whether to go on."""
        if time.monotonic() - self._at < TOLD_EVERY_S:
            return True
        self._at = time.monotonic()
        players = self._players.values()
        return await self._tell(sum(one.settled for one in players), sum(one.parts for one in players))


async def _logged_in(players: Mapping[int, Player], told: _Told, *, until: float) -> bool:
    """Wait until every channel has a connection; one that never gets any shows as such."""
    going = True
    while going and time.monotonic() < until and not all(one.logins for one in players.values()):
        await asyncio.sleep(STEP_S)
        going = await told.now()
    for player in players.values():
        player.absent = not player.logins  # a carrier that is to die may have done so by now
    return going


def _move(player: Player, players: Mapping[int, Player]) -> None:
    """What a dead channel has not begun goes over the next living one of its lane; without any it waits."""
    dead, player.left = player.scene.account.id, True
    for role in player.give_up():
        behind = role.lane[role.lane.index(dead) + 1 :] + role.lane[: role.lane.index(dead)]
        into = next((players[one] for one in behind if one in players and not players[one].dead), None)
        if into is None:
            player.take(role)
            continue
        into.take(role)
        player.moved_out += 1
        into.moved_in += 1
