"""The messages of CMPP 2.0 and 3.0, one readable type each. The bulk paths in `bulk` do without them.

Source: China Mobile QB-GF-028-2003 (CMPP 3.0.0) with its revision history, which gives 2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from xinfeng.protocols.cmpp.auth import authenticator_source


class Version(IntEnum):
    """High nibble major, low nibble minor. 2.1 has the layout of 2.0."""

    V20 = 0x20
    V21 = 0x21
    V30 = 0x30


class Command(IntEnum):
    """What matters between a provider and the gateway. A response is its request with the top bit set."""

    CONNECT = 0x00000001
    CONNECT_RESP = 0x80000001
    TERMINATE = 0x00000002
    TERMINATE_RESP = 0x80000002
    SUBMIT = 0x00000004
    SUBMIT_RESP = 0x80000004
    DELIVER = 0x00000005
    DELIVER_RESP = 0x80000005
    ACTIVE_TEST = 0x00000008
    ACTIVE_TEST_RESP = 0x80000008


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """A provider asks to be let in. `timestamp` reads MMDDHHMMSS as a decimal number."""

    sequence: int
    source_addr: str
    authenticator: bytes
    version: int
    timestamp: int

    @property
    def account(self) -> str:
        return self.source_addr

    def proves(self, secret: str) -> bool:
        """Whether whoever asks knows the secret, in either reading of a short account."""
        return any(
            self.authenticator
            == authenticator_source(
                source_addr=self.source_addr, secret=secret, timestamp=self.timestamp, pad_account=pad
            )
            for pad in (False, True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectResp:
    """The gateway's answer. `long_status`: four octets of status, as in 3.0; told by length, not by version."""

    sequence: int
    status: int
    authenticator: bytes
    version: int
    long_status: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminate:
    """Goodbye."""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateResp:
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
    """A short message from a provider. Defaults suit bulk messages that the provider pays for.

    `fee_terminal_type` and `dest_terminal_type` exist in 3.0 only; `link_id` has 20 octets there, and is the
    8 reserved octets of 2.0.
    """

    sequence: int
    dest_terminal_ids: tuple[str, ...]
    content: bytes
    msg_fmt: int = 8
    msg_id: bytes = bytes(8)
    pk_total: int = 1
    pk_number: int = 1
    registered_delivery: int = 1
    msg_level: int = 1
    service_id: str = ""
    fee_user_type: int = 2
    fee_terminal_id: str = ""
    fee_terminal_type: int = 0
    tp_pid: int = 0
    tp_udhi: int = 0
    msg_src: str = ""
    fee_type: str = "01"
    fee_code: str = "000000"
    valid_time: str = ""
    at_time: str = ""
    src_id: str = ""
    dest_terminal_type: int = 0
    link_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResp:
    """The gateway took the message (`result` 0, and `msg_id` is its id), or not."""

    sequence: int
    msg_id: bytes
    result: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The body of a status report: what became of the message `msg_id`. Times read YYMMDDHHMM.

    `number_width` is that of the number field, 21 or 32; it does not follow the version of the link.
    """

    msg_id: bytes
    stat: str
    submit_time: str
    done_time: str
    dest_terminal_id: str
    smsc_sequence: int = 0
    number_width: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """From the gateway: a text from a handset, or (`registered_delivery` not 0) a status report in `content`."""

    sequence: int
    msg_id: bytes
    dest_id: str
    src_terminal_id: str
    content: bytes
    msg_fmt: int = 0
    registered_delivery: int = 0
    service_id: str = ""
    tp_pid: int = 0
    tp_udhi: int = 0
    src_terminal_type: int = 0
    link_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverResp:
    """The provider has it, for good."""

    sequence: int
    msg_id: bytes
    result: int = 0


Control = Connect | ConnectResp | Terminate | TerminateResp | ActiveTest | ActiveTestResp
"""Messages about the session itself; everything else carries traffic."""

Message = Control | Submit | SubmitResp | Deliver | DeliverResp


BAD_STRUCTURE = 1
"""Result of an answer: the request could not be read."""
FLOW_CONTROL = 8
"""SUBMIT_RESP result: too fast. Nothing was accepted, so the message may go again, later."""

LOGIN_CODES = {
    1: "cmpp.login.bad_structure",
    2: "cmpp.login.bad_source_address",
    3: "cmpp.login.authentication_failed",
    4: "cmpp.login.version_too_high",
}

SUBMIT_CODES = {
    0: "cmpp.submit.accepted",
    BAD_STRUCTURE: "cmpp.submit.bad_structure",
    2: "cmpp.submit.bad_command",
    3: "cmpp.submit.duplicate_sequence",
    4: "cmpp.submit.bad_length",
    5: "cmpp.submit.bad_fee_code",
    6: "cmpp.submit.too_long",
    7: "cmpp.submit.bad_service_id",
    FLOW_CONTROL: "cmpp.submit.flow_control",
    9: "cmpp.submit.number_not_served",
    10: "cmpp.submit.bad_src_id",
    11: "cmpp.submit.bad_msg_src",
    12: "cmpp.submit.bad_fee_terminal",
    13: "cmpp.submit.bad_destination",
}


def login_code(status: int) -> str:
    """A stable name for the status of a CONNECT_RESP; gateways use 5 and above as they like."""
    return LOGIN_CODES.get(status, "cmpp.login.other")


def submit_code(result: int) -> str:
    """A stable name for the result of a SUBMIT_RESP; 14–99 are reserved, 100–199 the vendor's own."""
    return SUBMIT_CODES.get(result, "cmpp.submit.other")


class MsgIdFields(NamedTuple):
    """What a gateway packs into its 64-bit message id, most significant first. To us the id stays opaque."""

    month: int
    day: int
    hour: int
    minute: int
    second: int
    gateway: int
    counter: int


def other_order(msg_id: bytes) -> list[bytes]:
    """How else a gateway may have written this id in its answer: some swap the octets of the number in one of them."""
    return [msg_id[::-1]] if msg_id != msg_id[::-1] else []


_MSG_ID_WIDTHS = (4, 5, 5, 6, 6, 22, 16)


def compose_msg_id(fields: MsgIdFields) -> bytes:
    """Eight octets, big-endian."""
    value = 0
    for field, width in zip(fields, _MSG_ID_WIDTHS, strict=True):
        value = value << width | field & (1 << width) - 1
    return value.to_bytes(8, "big")


def read_msg_id(msg_id: bytes) -> MsgIdFields:
    """The reverse, for people who look at an id."""
    value = int.from_bytes(msg_id, "big")
    fields = []
    for width in reversed(_MSG_ID_WIDTHS):
        fields.append(value & (1 << width) - 1)
        value >>= width
    return MsgIdFields(*reversed(fields))
