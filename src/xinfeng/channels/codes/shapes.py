"""The shapes of what is known about a code. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Phase(StrEnum):
    """When a code comes: as the answer to a login, as the answer to a submit, in a status report."""

    LOGIN = "login"
    SUBMIT = "submit"
    RECEIPT = "receipt"


class Side(StrEnum):
    """Whose side a failure is on."""

    NOBODY = "nobody"
    HANDSET = "handset"
    NUMBER = "number"
    RECIPIENT = "recipient"
    """The person has told the carrier that she wants no such messages, or the carrier took it so."""
    CONTENT = "content"
    """The text, its signature or template, or their filing."""
    FREQUENCY = "frequency"
    CARRIER = "carrier"
    OURSELVES = "ourselves"
    """Our account, its set-up, or a malformed request."""
    ROUTE = "route"
    """The number is not for this channel: ported, or of another carrier."""
    UNKNOWN = "unknown"


class Permanence(StrEnum):
    FINAL = "final"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What Xinfeng does about a code. None of them sends anything again (law 3)."""

    NONE = "none"
    DELIVERED = "delivered"
    """The number is alive: ends a run of failures."""
    RETRY_LATER = "retry_later"
    """Temporary: nothing is sent again by itself; the people can be written to by another campaign."""
    NUMBER_DEAD = "number_dead"
    NUMBER_SUSPENDED = "number_suspended"
    """Both: the second report in a row, from another message and another day, quarantines the number."""
    NUMBER_UNREACHABLE = "number_unreachable"
    PORTED = "ported"
    """The number is looked up again and routed by its real carrier from then on."""
    SUPPRESS = "suppress"
    """The person complained or unsubscribed at the carrier: no more marketing to the number."""
    BLACKLISTED = "blacklisted"
    """The carrier keeps the number from such messages: no more marketing to it."""
    COOL_DOWN = "cool_down"
    """Too many to the number: no more marketing to it for some time."""
    THROTTLE = "throttle"
    ALERT_CONTENT = "alert_content"
    ALERT_ACCOUNT = "alert_account"


TEACHES = frozenset({Action.DELIVERED, Action.NUMBER_DEAD, Action.NUMBER_SUSPENDED})
BARS = frozenset({Action.SUPPRESS, Action.BLACKLISTED})
ALERTS = frozenset({Action.ALERT_CONTENT, Action.ALERT_ACCOUNT})


class Verdict(Enum):
    """What the result of a submit says."""

    ACCEPTED = auto()
    THROTTLED = auto()
    """Too fast: not taken, may be sent again later."""
    THIS_MESSAGE = auto()
    """Something about this one message or number."""
    ALL_MESSAGES = auto()
    """Something about the account, its set-up or the text: the next message will fare no better."""
    UNCERTAIN = auto()
    """The far end can't say whether it left: kept as uncertain, never sent again."""


VERDICTS = {
    "accepted": Verdict.ACCEPTED,
    "throttled": Verdict.THROTTLED,
    "this": Verdict.THIS_MESSAGE,
    "all": Verdict.ALL_MESSAGES,
    "uncertain": Verdict.UNCERTAIN,
}


@dataclass(frozen=True, slots=True)
class CodeClass:
    """What codes come down to: their category."""

    key: str
    zh: str
    en: str
    side: Side
    permanence: Permanence
    action: Action
    verdict: Verdict

    def words(self, language: str = "zh") -> str:
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """A code as it is explained.

    `pattern` is the entry that was found: the code itself, or a pattern as `MB:*`; empty where none was. `known`:
    the code itself stands in a table, so that more than its first letters is known. `disputed`: the readings that
    contradict each other, in both languages. `own`: an operator of this deployment says so.
    """

    code: str
    phase: Phase
    pattern: str
    category: str
    zh: str
    en: str
    side: Side
    permanence: Permanence
    action: Action
    verdict: Verdict
    source: str
    date: str
    disputed: tuple[str, str] | None = None
    own: bool = False
    carrier: str = ""
    kinds: tuple[str, ...] = ("*",)

    @property
    def known(self) -> bool:
        return bool(self.pattern) and not is_pattern(self.pattern)

    def meaning(self, language: str = "zh") -> str:
        return self.en if language.startswith("en") else self.zh

    def readings(self, language: str = "zh") -> str:
        """The readings of a disputed code; empty where nobody disputes it."""
        if self.disputed is None:
            return ""
        return self.disputed[1 if language.startswith("en") else 0]


def is_pattern(code: str) -> bool:
    """Whether it stands for several codes: `*` is any rest, `#` one digit."""
    return "*" in code or "#" in code
