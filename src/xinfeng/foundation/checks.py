"""Long checks that a worker carries out: asking for one, how far it is, and running it.

What is checked and what is remembered of it belongs to the owner; a `LongCheck` only names the job and keeps the
progress, so that every screen can show it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.foundation import audit, stored

Report = TypeVar("Report")
Tell = Callable[[int, int], None]
"""Called with how many are done, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """A check that is waiting or under way."""

    requested_by: str
    done: int
    in_all: int


@dataclass(frozen=True, slots=True)
class LongCheck:
    """One kind of check. `tell_every`: how many things are looked at between two notes of the progress."""

    job: str
    progress_key: str
    actor: str
    tell_every: int

    def progress(self) -> CheckProgress | None:
        """None when no check is waiting or under way."""
        found: dict[str, Any] | None = stored.read(self.progress_key, None)
        return CheckProgress(**found) if found else None

    def request(self, *, actor: str, action: str, kind: str, in_all: int = 0) -> None:
        """Let a worker check; one that waits already is enough. `action` and `kind` go into the audit log."""
        with transaction.atomic():
            audit.record(actor=actor, action=action, kind=kind)
            self._tell(CheckProgress(actor, 0, in_all))
        try:
            with transaction.atomic():
                app.configure_task(self.job, queueing_lock=self.job).defer(timestamp=0)
        except AlreadyEnqueued:
            return

    def run(self, verify: Callable[[Tell], Report]) -> Report:
        """Check everything, noting how far it is. The owner calls `finished` when it keeps what was found."""
        asked = self.progress()
        who = asked.requested_by if asked else self.actor

        def tell(done: int, in_all: int) -> None:
            if done % self.tell_every == 0:
                self._tell(CheckProgress(who, done, in_all))

        try:
            return verify(tell)
        except BaseException:
            self.finished()
            raise

    def finished(self) -> None:
        """Nothing is waiting or under way any more."""
        stored.write(self.progress_key, {}, actor=self.actor)

    def _tell(self, at: CheckProgress) -> None:
        stored.write(self.progress_key, asdict(at), actor=self.actor)
