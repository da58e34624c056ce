"""What a connection tells its owner. Traffic comes in batches of light tuples; `bulk` gives their shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from xinfeng.protocols.cmpp.bulk import Receipt, Reply, Submission, SubmitResponse
from xinfeng.protocols.cmpp.messages import Connect, Version
from xinfeng.protocols.session import Closed, Expired, Refused


@dataclass(frozen=True, slots=True)
class Opened:
    """The login was accepted. `version` is what will be spoken, `server_version` what the gateway claims.

    `authentic`: whether the gateway proved that it knows the secret; many honest ones can't.
    """

    version: Version
    server_version: int
    authentic: bool


@dataclass(frozen=True, slots=True)
class LoginRequested:
    """Gateway side: a provider asks to be let in. Answer with `admit` or `refuse`."""

    connect: Connect


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
    """Gateway side: messages from the provider."""

    items: list[Submission]


@dataclass(frozen=True, slots=True)
class DeliverResponses:
    """Gateway side: acknowledgements of deliveries in flight."""

    items: list[SubmitResponse]


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
    | Expired
    | Closed
)
