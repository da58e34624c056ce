"""The messages of SMGP, one readable type each. The bulk paths in `bulk` do without them.

Source: China Telecom, SMGP 3.0.3 (August 2008). 1.3 and 2.0 differ in the SUBMIT (no FixedFee in 1.3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from xinfeng.protocols.smgp.auth import authenticator_client


class Version(IntEnum):
    """High nibble major, low nibble minor."""

    V13 = 0x13
    V20 = 0x20
    V30 = 0x30


class Command(IntEnum):
    """What matters between a provider and the gateway. A response is its request with the top bit set."""

    LOGIN = 0x00000001
    LOGIN_RESP = 0x80000001
    SUBMIT = 0x00000002
    SUBMIT_RESP = 0x80000002
    DELIVER = 0x00000003
    DELIVER_RESP = 0x80000003
    ACTIVE_TEST = 0x00000004
    ACTIVE_TEST_RESP = 0x80000004
    EXIT = 0x00000006
    EXIT_RESP = 0x80000006


class LoginMode(IntEnum):
    """What a connection is for."""

    SEND = 0
    RECEIVE = 1
    BOTH = 2


class Tag(IntEnum):
    """Optional parameters."""

    TP_PID = 0x0001
    TP_UDHI = 0x0002
    LINK_ID = 0x0003
    CHARGE_USER_TYPE = 0x0004
    CHARGE_TERM_TYPE = 0x0005
    CHARGE_TERM_PSEUDO = 0x0006
    DEST_TERM_TYPE = 0x0007
    DEST_TERM_PSEUDO = 0x0008
    PK_TOTAL = 0x0009
    PK_NUMBER = 0x000A
    SUBMIT_MSG_TYPE = 0x000B
    SP_DEAL_RESULT = 0x000C
    SRC_TERM_TYPE = 0x000D
    SRC_TERM_PSEUDO = 0x000E
    NODES_COUNT = 0x000F
    MSG_SRC = 0x0010
    SRC_TYPE = 0x0011
    MSERVICE_ID = 0x0012


Options = dict[int, bytes]
"""Optional parameters by tag, in their order; unknown ones included, values as they came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A provider asks to be let in. `timestamp` reads MMDDHHMMSS as a decimal number."""

    sequence: int
    client_id: str
    authenticator: bytes
    mode: int = LoginMode.BOTH
    timestamp: int
    version: int = Version.V30

    @property
    def account(self) -> str:
        return self.client_id

    def proves(self, secret: str) -> bool:
        """Whether whoever asks knows the secret, in either reading of a short account."""
        return any(
            self.authenticator
            == authenticator_client(
                client_id=self.client_id, secret=secret, timestamp=self.timestamp, pad_account=pad
            )
            for pad in (False, True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginResp:
    """The gateway's answer; `version` is the highest it speaks."""

    sequence: int
    status: int
    authenticator: bytes
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Goodbye."""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitResp:
    """Goodbye, too."""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveTest:
    """Are you there?"""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveTestResp:
    """I am."""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """A short message from a provider. `fixed_fee` does not exist in 1.3."""

    sequence: int
    dest_term_ids: tuple[str, ...]
    content: bytes
    msg_format: int = 8
    msg_type: int = 6
    need_report: int = 1
    priority: int = 0
    service_id: str = ""
    fee_type: str = "00"
    fee_code: str = "000000"
    fixed_fee: str = ""
    valid_time: str = ""
    at_time: str = ""
    src_term_id: str = ""
    charge_term_id: str = ""
    reserve: str = ""
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResp:
    """The gateway took the message (`status` 0, and `msg_id` is its id), or not."""

    sequence: int
    msg_id: bytes
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """From the gateway: a text from a handset, or (`is_report` not 0) a status report in `content`.

    `recv_time` reads YYYYMMDDHHMMSS.
    """

    sequence: int
    msg_id: bytes
    dest_term_id: str
    src_term_id: str
    content: bytes
    is_report: int = 0
    msg_format: int = 0
    recv_time: str = ""
    reserve: str = ""
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverResp:
    """The provider has it, for good."""

    sequence: int
    msg_id: bytes
    status: int = 0


Control = Login | LoginResp | Exit | ExitResp | ActiveTest | ActiveTestResp
"""Messages about the session itself; everything else carries traffic."""

Message = Control | Submit | SubmitResp | Deliver | DeliverResp


BAD_STRUCTURE = 10
"""Status of an answer: the request could not be read."""
SYSTEM_BUSY = 1
FLOW_CONTROL = frozenset({SYSTEM_BUSY})
"""SUBMIT_RESP status: not now. The document reserves no code for too many messages a second; gateways use this one,
75 (which by the text is the day's total), or one of their own."""

LOGIN_CODES = {
    1: "smgp.login.busy",
    2: "smgp.login.too_many_connections",
    BAD_STRUCTURE: "smgp.login.bad_structure",
    20: "smgp.login.bad_address",
    21: "smgp.login.authentication_failed",
    22: "smgp.login.version_too_high",
    76: "smgp.login.account_expired",
}

SUBMIT_CODES = {
    0: "smgp.submit.accepted",
    SYSTEM_BUSY: "smgp.submit.flow_control",
    BAD_STRUCTURE: "smgp.submit.bad_structure",
    11: "smgp.submit.bad_command",
    12: "smgp.submit.duplicate_sequence",
    34: "smgp.submit.bad_format",
    36: "smgp.submit.bad_length",
    43: "smgp.submit.bad_service_id",
    46: "smgp.submit.bad_source",
    47: "smgp.submit.bad_destination",
    48: "smgp.submit.bad_charge_number",
    49: "smgp.submit.bad_provider",
    58: "smgp.submit.no_route",
    74: "smgp.submit.not_at_this_hour",
    75: "smgp.submit.over_daily_volume",
    76: "smgp.submit.account_expired",
}


def login_code(status: int) -> str:
    """A stable name for the status of a LOGIN_RESP."""
    return LOGIN_CODES.get(status, "smgp.login.other")


def submit_code(status: int) -> str:
    """A stable name for the status of a SUBMIT_RESP; 128–255, and often more, are the vendor's own."""
    return SUBMIT_CODES.get(status, "smgp.submit.other")
