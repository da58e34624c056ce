"""What travels over a connection whatever its protocol: light tuples in batches, and the events that carry them.

Numbers, codes and times are `str`, ids of carriers are opaque `bytes`. A protocol's codec turns its own fields into
these and back, so nothing above it knows which carrier it speaks with.

`coding` is a `kernel.text.Encoding` (or, of what was received, a raw number that is none of them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.session import Closed, Expired, Refused

SubmitItem: TypeAlias = tuple[str, bytes, int, int, int]
"""To send: number, content (with its header where it is a part), coding, parts in all, part (from 1)."""

SubmitResponse: TypeAlias = tuple[int, bytes, int]
"""Received or to send: sequence, the carrier's id of the message, result (0: accepted)."""

Receipt: TypeAlias = tuple[int, bytes, bytes, str, str, str, str]
"""Received: sequence, id of the delivery, id of the message reported on, stat, submit time, done time, number.
Times read YYMMDDHHMM in the carrier's zone, or are empty."""

Reply: TypeAlias = tuple[int, bytes, str, str, int, int, bytes, bool]
"""Received: sequence, id of the delivery, number of the sender, destination (access code with extension),
whether content begins with a header, coding, content, and whether it claims to be a report (one that can't be
read)."""

Acknowledgement: TypeAlias = tuple[int, bytes]
"""To send: sequence and id of a delivery."""

Submission: TypeAlias = tuple[int, tuple[str, ...], str, int, int, int, int, int, bytes, bytes]
"""Received by a carrier: sequence, numbers, source, whether a receipt is asked for, parts in all, part, whether
content begins with a header, coding, content, and the id that the provider gave it (SGIP; else empty)."""

ReportItem: TypeAlias = tuple[bytes, str, bytes, str, str, str, str]
"""To send by a carrier: id of the delivery, access code, id of the message, stat, submit time, done time, number."""

ReplyItem: TypeAlias = tuple[bytes, str, str, int, int, bytes]
"""To send by a carrier: id of the delivery, number of the sender, access code, whether content begins with a
header, coding, content."""


@dataclass(slots=True)
class Batch:
    """What was read in one go. Reading stops after a control message, because it may change the state in which
    the rest must be seen; at an incomplete message; and at an error, with everything before it kept. `control` is
    Unreadable where a message was whole but could not be read.
    """

    consumed: int
    submit_responses: list[SubmitResponse] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    deliver_responses: list[SubmitResponse] = field(default_factory=list)
    control: Any = None
    error: RemoteProtocolError | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A whole message whose inside can't be what it says, or of a command that nobody knows; as its length is right,
    what stands behind it is in order. `delivery_id`: what a refusal has to carry."""

    command: int
    sequence: int
    error: RemoteProtocolError
    delivery_id: bytes = b""


class Login(Protocol):
    """A login as a carrier sees it, whatever the protocol."""

    @property
    def account(self) -> str: ...

    @property
    def version(self) -> int: ...

    def proves(self, secret: str) -> bool:
        """Whether whoever asks knows the secret."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The login was accepted. `version` is what will be spoken, `server_version` what the carrier claims.

    `authentic`: whether the carrier proved that it knows the secret; many honest ones can't, some protocols don't ask.
    """

    version: int
    server_version: int
    authentic: bool


@dataclass(frozen=True, slots=True)
class LoginRequested:
    """Carrier's side: somebody asks to be let in. Answer with `admit` or `refuse`."""

    login: Login


@dataclass(frozen=True, slots=True)
class SubmitResponses:
    """Answers to submits in flight."""

    items: list[SubmitResponse]


@dataclass(frozen=True, slots=True)
class StrayResponses:
    """Answers that nothing was waiting for: late or repeated. They may still settle what was uncertain."""

    items: list[SubmitResponse]


@dataclass(frozen=True, slots=True)
class Receipts:
    """Status reports, to be acknowledged after they are committed."""

    items: list[Receipt]


@dataclass(frozen=True, slots=True)
class Replies:
    """Texts from handsets, to be acknowledged after they are committed."""

    items: list[Reply]


@dataclass(frozen=True, slots=True)
class Submissions:
    """Carrier's side: messages from the provider."""

    items: list[Submission]


@dataclass(frozen=True, slots=True)
class DeliverResponses:
    """Carrier's side: acknowledgements of deliveries in flight."""

    items: list[SubmitResponse]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message could not be read. Deliveries and submits were refused in the protocol's own words; an answer, or a
    command that nobody knows, was passed over. The session goes on."""

    error: RemoteProtocolError


Event: TypeAlias = (
    Opened
    | Refused
    | LoginRequested
    | SubmitResponses
    | StrayResponses
    | Receipts
    | Replies
    | Submissions
    | DeliverResponses
    | Skipped
    | Expired
    | Closed
)
