"""A leased chunk in the gateway's memory: what of it was armed, written, answered, and what is left. Pure.

Rules:

1. Items are the parts of the chunk's messages in order. Nothing from `position` on was ever written;
   `armed` of them, from the first on, are covered by the committed watermark. Only armed items are written.
2. What was written is in flight until it is answered or given up; an answer of flow control puts it into
   `retries`, and it is written again as if it were new. Nothing else is ever written twice. What was passed over, to
   fill a request with what goes together, waits among the `retries` too.
3. A closing chunk writes no message that has not begun. Of a long message that has, the rest still goes.
4. A chunk ends when nothing is in flight and nothing that has begun is left. What is left then never left the
   house: it is handed back, or withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.protocols.traffic import SubmitItem

MOST_TRIES = 30
"""How often one part is written again after flow control while others get through (SMSGate does 30)."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The chunk's row as leased. `upto`: everything before and including it was settled earlier."""

    chunk_id: int
    plan_id: int
    channel_id: int
    first_id: int
    last_id: int
    planned_at: datetime
    upto: int | None


@dataclass(frozen=True, slots=True)
class Unsent:
    """What of an ending chunk never left: `resume_after` is the id behind which all is unsent; `scattered` are
    the runs (first, last) of messages before it that are unsent too."""

    resume_after: int
    scattered: tuple[tuple[int, int], ...]
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a withdrawal took out: whole messages, and parts (message, part) of messages that had begun."""

    messages: list[int]
    parts: list[tuple[int, int]]


class LoadedChunk:
    """See the rules above. `ids`, `contacts` and `numbers` run parallel to `items`. `whole`: the messages that are one
    item although they count as several parts, and how many: a vendor takes a text whole, and bills its parts.
    """

    __slots__ = (
        *("armed", "asked", "closing", "contacts", "ids", "in_flight", "items"),
        *("lease", "lost", "numbers", "position", "retries", "tries", "ended", "whole"),
    )

    def __init__(
        self,
        lease: Lease,
        *,
        items: list[SubmitItem],
        ids: list[int],
        contacts: list[int],
        numbers: list[bytes],
        whole: dict[int, int] | None = None,
    ) -> None:
        self.lease = lease
        self.whole = whole or {}
        self.items, self.ids, self.contacts, self.numbers = items, ids, contacts, numbers
        self.position = 0
        self.armed = 0
        self.asked = 0
        self.in_flight = 0
        self.retries: list[int] = []
        self.tries: dict[int, int] = {}
        self.closing: str | None = None
        self.lost = False
        self.ended = False

    def further(self, index: int) -> range:
        """The parts that an item stands for besides its own."""
        return range(2, self.whole.get(self.ids[index], 1) + 1)

    @property
    def unsent(self) -> int:
        """Parts still to be written."""
        return len(self.items) - self.position + len(self.retries)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        if self.in_flight:
            return False
        if self.lost:
            return True
        if self.closing is not None:
            return not self._begun_rest() and not any(self._is_part(index) for index in self.retries)
        return self.unsent == 0

    def close(self, why: str) -> None:
        """Begin no further message. The first reason stays, except that a stop outranks a pause."""
        if self.closing is None or why == "stopped":
            self.closing = why

    # --- the watermark ---------------------------------------------------------------------------------------

    def wants_arming(self, reserve: int) -> int | None:
        """The id up to which the watermark should be committed, when fewer than `reserve` armed parts are left;
        None: enough, or asked for already. Calling it is asking."""
        if self.closing or self.lost or self.asked > self.armed or self.armed >= len(self.items):
            return None
        if self.armed - self.position + len(self.retries) >= reserve:
            return None
        upto = min(len(self.items), max(self.armed, self.position) + max(1, reserve))
        while upto < len(self.items) and self.ids[upto] == self.ids[upto - 1]:
            upto += 1
        self.asked = upto
        return self.ids[upto - 1]

    def arm(self, upto_id: int) -> None:
        """The watermark `upto_id` is committed."""
        armed = self.armed
        while armed < len(self.ids) and self.ids[armed] <= upto_id:
            armed += 1
        self.armed = self.asked = armed

    # --- writing ---------------------------------------------------------------------------------------------

    def writable(self, at_most: int) -> Sequence[int]:
        """Indexes of items that may be written now, retries first."""
        if self.lost:
            return ()
        again = self.retries
        if again and self.closing is not None:
            again = [index for index in again if self._is_part(index)]
        if again:
            return again[:at_most]
        start = self.position
        stop = self.armed if self.closing is None else start + self._begun_rest()
        return range(start, min(stop, start + at_most))

    def choice(self, at_most: int) -> list[int]:
        """Indexes of items of which any may be written now, those that wait the longest first."""
        if self.lost:
            return []
        again = [index for index in self.retries if self.closing is None or self._is_part(index)][:at_most]
        stop = self.armed if self.closing is None else self.position + self._begun_rest()
        return [*again, *range(self.position, min(stop, self.position + at_most - len(again)))]

    def wrote(self, indexes: Sequence[int]) -> None:
        """These items are on their way; in ascending order, or as `choice` had them."""
        if not indexes:
            return
        self.in_flight += len(indexes)
        start, self.position = self.position, max(self.position, indexes[-1] + 1)
        if self.retries or self.position - start > len(indexes):
            gone = set(indexes)
            passed = (index for index in range(start, self.position) if index not in gone)
            self.retries = [*(index for index in self.retries if index not in gone), *passed]

    def throttled(self, index: int) -> bool:
        """The carrier took an item back for flow control; whether it may be written again."""
        self.in_flight -= 1
        tries = self.tries.get(index, 0) + 1
        self.tries[index] = tries
        if tries > MOST_TRIES:
            return False
        self.retries.append(index)
        return True

    # --- taking out ------------------------------------------------------------------------------------------

    def drop(self, barred: Callable[[int, bytes], bool]) -> Dropped:
        """Take out whatever has not been written for these people, whether armed or not.

        `barred` is asked with contact id and phone index.
        """
        found = Dropped([], [])
        begun = self.ids[self.position - 1] if self.position else None
        hits = {
            index
            for index in (*self.retries, *range(self.position, len(self.items)))
            if barred(self.contacts[index], self.numbers[index])
        }
        if not hits:
            return found
        for index in sorted(hits):
            message_id, part = self.ids[index], self.items[index][4]
            if self.items[index][3] > 1 and (index < self.position or message_id == begun):
                found.parts.append((message_id, part))
            elif part == 1:
                found.messages.append(message_id)
        self.retries = [index for index in self.retries if index not in hits]
        keep = [index for index in range(self.position, len(self.items)) if index not in hits]
        self.armed = self.position + sum(index < self.armed for index in keep)
        asked = self.position + sum(index < self.asked for index in keep)
        self.asked = max(asked, self.armed)
        at = self.position
        self.items[at:] = [self.items[index] for index in keep]
        self.ids[at:] = [self.ids[index] for index in keep]
        self.contacts[at:] = [self.contacts[index] for index in keep]
        self.numbers[at:] = [self.numbers[index] for index in keep]
        return found

    def unsent_rest(self) -> Unsent:
        """What never left, once the chunk is over."""
        rest = self.ids[self.position :]
        again = sorted({self.ids[index] for index in self.retries})
        runs: list[tuple[int, int]] = []
        for message_id in again:
            if runs and runs[-1][1] == message_id - 1:
                runs[-1] = (runs[-1][0], message_id)
            else:
                runs.append((message_id, message_id))
        resume_after = rest[0] - 1 if rest else self.lease.last_id
        return Unsent(resume_after, tuple(runs), (*again, *dict.fromkeys(rest)))

    def give_up_begun(self) -> list[tuple[int, int]]:
        """Parts (message, part) of begun long messages that could not be written; they are settled hereby."""
        rest = range(self.position, self.position + self._begun_rest())
        cut = [index for index in self.retries if self._is_part(index)] + list(rest)
        self.retries = [index for index in self.retries if not self._is_part(index)]
        self.position += len(rest)
        return [(self.ids[index], self.items[index][4]) for index in cut]

    def _is_part(self, index: int) -> bool:
        return self.items[index][3] > 1

    def _begun_rest(self) -> int:
        """How many items, from `position` on, belong to a message that has begun."""
        if not self.position or self.position >= len(self.ids):
            return 0
        begun = self.ids[self.position - 1]
        count = 0
        while self.position + count < len(self.ids) and self.ids[self.position + count] == begun:
            count += 1
        return count
