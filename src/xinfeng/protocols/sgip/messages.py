"""The messages of SGIP, one readable type each. The bulk paths in `bulk` do without them.

Source: China Unicom, SGIP 1.2 (October 2001). `sequence` is the number of 96 bits that `sequence.compose` makes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from hmac import compare_digest


class Version(IntEnum):
    """High nibble major, low nibble minor. The protocol never says it."""

    V12 = 0x12


class Command(IntEnum):
    """What matters between a provider and the carrier. A response is its request with the top bit set."""

    BIND = 0x00000001
    BIND_RESP = 0x80000001
    UNBIND = 0x00000002
    UNBIND_RESP = 0x80000002
    SUBMIT = 0x00000003
    SUBMIT_RESP = 0x80000003
    DELIVER = 0x00000004
    DELIVER_RESP = 0x80000004
    REPORT = 0x00000005
    REPORT_RESP = 0x80000005


class LoginType(IntEnum):
    """Who calls whom."""

    SUBMITTING = 1
    """The provider calls the carrier."""
    DELIVERING = 2
    """The carrier calls the provider."""
    TESTING = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Somebody asks to be let in, with a password in the clear."""

    sequence: int
    login_type: int
    name: str
    password: str = field(repr=False)
    reserve: str = ""

    @property
    def account(self) -> str:
        return self.name

    @property
    def version(self) -> int:
        return Version.V12

    def proves(self, secret: str) -> bool:
        """Whether whoever asks knows the secret."""
        return compare_digest(self.password.encode(), secret.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class BindResp:
    """Yes (`result` 0) or no."""

    sequence: int
    result: int
    reserve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    """Goodbye."""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindResp:
    """Goodbye, too."""

    sequence: int


PROVIDER_PAYS = "0" * 21
"""ChargeNumber: the provider pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """A short message from a provider. Defaults suit bulk messages that the provider pays for.

    `report_flag`: 0 report failures only, 1 always, 2 never. `morelate_to_mt` 2: not caused by a message from the
    handset. `user_numbers` begin with 86.
    """

    sequence: int
    user_numbers: tuple[str, ...]
    content: bytes
    message_coding: int = 8
    sp_number: str = ""
    charge_number: str = PROVIDER_PAYS
    corp_id: str = ""
    service_type: str = ""
    fee_type: int = 1
    fee_value: str = "0"
    given_value: str = "0"
    agent_flag: int = 0
    morelate_to_mt: int = 2
    priority: int = 0
    expire_time: str = ""
    schedule_time: str = ""
    report_flag: int = 1
    tp_pid: int = 0
    tp_udhi: int = 0
    message_type: int = 0
    reserve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """A text from a handset."""

    sequence: int
    user_number: str
    sp_number: str
    content: bytes
    message_coding: int = 0
    tp_pid: int = 0
    tp_udhi: int = 0
    reserve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of the submit with the sequence `submit_sequence`; see `words` for `state` and `error_code`.

    `report_type` 0: on a submit; 1: on a delivery that was passed on.
    """

    sequence: int
    submit_sequence: int
    user_number: str
    state: int
    error_code: int = 0
    report_type: int = 0
    reserve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResp:
    """The carrier took the message (`result` 0), or not. Its id is the sequence."""

    sequence: int
    result: int
    reserve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverResp:
    """The provider has it, for good."""

    sequence: int
    result: int = 0
    reserve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportResp:
    """The provider has it, for good."""

    sequence: int
    result: int = 0
    reserve: str = ""


Control = Bind | BindResp | Unbind | UnbindResp
"""Messages about the session itself; everything else carries traffic."""

Message = Control | Submit | SubmitResp | Deliver | DeliverResp | Report | ReportResp


BAD_STRUCTURE = 5
"""Result of an answer: the request could not be read."""
NODE_BUSY = 11
OVER_SPEED = 33
THROTTLED = 88
FLOW_CONTROL = frozenset({NODE_BUSY, OVER_SPEED, THROTTLED})
"""SUBMIT_RESP result: not now. 11 is in SGIP 1.2, 33 and 88 are in the lists of 1.3 (in a report of 1.2, 33 is a full
queue)."""

ILLEGAL_LOGIN = 1
WRONG_LOGIN_TYPE = 4

LOGIN_CODES = {
    ILLEGAL_LOGIN: "sgip.login.authentication_failed",
    2: "sgip.login.repeated",
    3: "sgip.login.too_many_connections",
    WRONG_LOGIN_TYPE: "sgip.login.wrong_type",
    BAD_STRUCTURE: "sgip.login.bad_structure",
    NODE_BUSY: "sgip.login.busy",
}

SUBMIT_CODES = {
    0: "sgip.submit.accepted",
    BAD_STRUCTURE: "sgip.submit.bad_structure",
    6: "sgip.submit.bad_destination",
    7: "sgip.submit.bad_message_id",
    8: "sgip.submit.bad_length",
    9: "sgip.submit.duplicate_sequence",
    NODE_BUSY: "sgip.submit.flow_control",
    13: "sgip.submit.bad_service_id",
    14: "sgip.submit.bad_fee_code",
    19: "sgip.submit.too_many_destinations",
    22: "sgip.submit.no_route",
    23: "sgip.submit.no_route",
    24: "sgip.submit.bad_charge_number",
    OVER_SPEED: "sgip.submit.flow_control",
    69: "sgip.submit.blocked_number",
    76: "sgip.submit.content_refused",
    THROTTLED: "sgip.submit.flow_control",
    182: "sgip.submit.over_daily_volume",
}


def login_code(result: int) -> str:
    """A stable name for the result of a BIND_RESP."""
    return LOGIN_CODES.get(result, "sgip.login.other")


def submit_code(result: int) -> str:
    """A stable name for the result of a SUBMIT_RESP."""
    return SUBMIT_CODES.get(result, "sgip.submit.other")
