"""The messages of SMPP 3.4, one readable type each. The bulk paths in `bulk` do without them.

Source: SMPP Developers Forum, Short Message Peer to Peer Protocol Specification v3.4, issue 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from hmac import compare_digest
from typing import TypeAlias

VERSION = 0x34


class Command(IntEnum):
    """What matters between a provider and the centre. A response is its request with the top bit set."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x00000001
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER = 0x00000002
    BIND_TRANSMITTER_RESP = 0x80000002
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    DATA_SM_RESP = 0x80000103


RESPONSE = 0x80000000
"""The bit that makes a command a response."""


class BindMode(IntEnum):
    """What a connection is for; the value is the command that asks for it."""

    RECEIVER = 1
    TRANSMITTER = 2
    TRANSCEIVER = 9


Tlvs: TypeAlias = tuple[tuple[int, bytes], ...]
"""Optional parameters in their order: tag, value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A provider asks to be let in."""

    sequence: int
    mode: BindMode
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    interface_version: int = VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    @property
    def account(self) -> str:
        return self.system_id

    @property
    def version(self) -> int:
        return self.interface_version

    def proves(self, secret: str) -> bool:
        """Whether whoever asks knows the secret, which travels in the clear."""
        return compare_digest(self.password.encode(), secret.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class BindResp:
    """The centre's answer. `sc_version`: what it claims to speak; 0 where it claims nothing (3.3 and before)."""

    sequence: int
    mode: BindMode
    status: int
    system_id: str = ""
    sc_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    """Goodbye."""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindResp:
    """Goodbye, too."""

    sequence: int
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLink:
    """Are you there?"""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLinkResp:
    """I am."""

    sequence: int
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericNack:
    """The answer to a request that could not be understood: the one of this sequence."""

    sequence: int
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNotification:
    """A handset is reachable again. Needs no answer."""

    sequence: int
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A command that we don't know, or have no use for. A request is answered with GenericNack."""

    sequence: int
    command: int
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """What submit_sm and deliver_sm have in common. Types of numbers are (TON, NPI)."""

    sequence: int
    source: str
    destination: str
    short_message: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    service_type: str = ""
    source_types: tuple[int, int] = (0, 0)
    destination_types: tuple[int, int] = (0, 0)
    protocol_id: int = 0
    priority: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    replace_if_present: int = 0
    default_message: int = 0
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSm(ShortMessage):
    """A short message from a provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSm(ShortMessage):
    """From the centre: a text from a handset, or (`esm_class`) a receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSm:
    """The short form of either; its content is the TLV `message_payload`."""

    sequence: int
    source: str
    destination: str
    data_coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    service_type: str = ""
    source_types: tuple[int, int] = (0, 0)
    destination_types: tuple[int, int] = (0, 0)
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSmResp:
    """The centre took the message (`status` 0, and `message_id` is its id), or not."""

    sequence: int
    status: int = 0
    message_id: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSmResp:
    """The provider has it, for good."""

    sequence: int
    status: int = 0
    message_id: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSmResp:
    """The answer to data_sm, in either direction."""

    sequence: int
    status: int = 0
    message_id: bytes = b""


Control = (
    Bind
    | BindResp
    | Unbind
    | UnbindResp
    | EnquireLink
    | EnquireLinkResp
    | GenericNack
    | AlertNotification
    | Unsupported
)
"""Messages about the session itself; everything else carries traffic."""

Message = Control | SubmitSm | SubmitSmResp | DeliverSm | DeliverSmResp | DataSm | DataSmResp

UDHI = 0x40
"""esm_class: content begins with a user data header."""
KIND = 0x3C
"""esm_class: the bits that say what a deliver_sm is. 0: a text. Acknowledgements of whoever reads it (0x08, 0x10) are
receipts where their text reads as one."""
RECEIPT = 0x04
INTERMEDIATE = 0x20
"""A receipt on the way, not the last word."""
SAYS_RECEIPT = RECEIPT | INTERMEDIATE
"""With either of these bits it is no text of a person, whatever other bits gateways set beside them."""

INVALID_LENGTH = 0x01
"""ESME_RINVMSGLEN: a message could not be read."""
INVALID_COMMAND = 0x03
"""ESME_RINVCMDID: the command is not known here."""
QUEUE_FULL = 0x14
"""ESME_RMSGQFUL: nothing was accepted; the message may go again after some seconds."""
THROTTLED = 0x58
"""ESME_RTHROTTLED: too fast. Nothing was accepted, so the message may go again, later."""
UNKNOWN_ERROR = 0xFF
"""ESME_RUNKNOWNERR; also what a refusal counts as that says 0."""
FLOW_CONTROL = frozenset({QUEUE_FULL, THROTTLED})

LOGIN_CODES = {
    0x03: "smpp.login.bad_command",
    0x04: "smpp.login.wrong_state",
    0x05: "smpp.login.already_bound",
    0x08: "smpp.login.system_error",
    0x0D: "smpp.login.failed",
    0x0E: "smpp.login.bad_password",
    0x0F: "smpp.login.bad_system_id",
    0x53: "smpp.login.bad_system_type",
    THROTTLED: "smpp.login.throttled",
}

SUBMIT_CODES = {
    0x00: "smpp.submit.accepted",
    0x01: "smpp.submit.bad_length",
    0x02: "smpp.submit.bad_structure",
    0x03: "smpp.submit.bad_command",
    0x04: "smpp.submit.wrong_state",
    0x06: "smpp.submit.bad_priority",
    0x07: "smpp.submit.bad_registered_delivery",
    0x08: "smpp.submit.system_error",
    0x0A: "smpp.submit.bad_source",
    0x0B: "smpp.submit.bad_destination",
    QUEUE_FULL: "smpp.submit.queue_full",
    0x15: "smpp.submit.bad_service_type",
    0x43: "smpp.submit.bad_esm_class",
    0x45: "smpp.submit.failed",
    0x48: "smpp.submit.bad_source",
    0x49: "smpp.submit.bad_source",
    0x50: "smpp.submit.bad_destination",
    0x51: "smpp.submit.bad_destination",
    THROTTLED: "smpp.submit.throttled",
    0x61: "smpp.submit.bad_schedule",
    0x62: "smpp.submit.bad_validity",
    0x63: "smpp.submit.bad_default_message",
    0xC0: "smpp.submit.bad_parameter",
    0xC1: "smpp.submit.bad_parameter",
    0xC2: "smpp.submit.bad_parameter",
    0xC3: "smpp.submit.bad_parameter",
    0xC4: "smpp.submit.bad_parameter",
    0xFE: "smpp.submit.failed",
    UNKNOWN_ERROR: "smpp.submit.unknown_error",
}


def login_code(status: int) -> str:
    """A stable name for the status of a bind response."""
    return LOGIN_CODES.get(status, "smpp.login.other")


def submit_code(status: int) -> str:
    """A stable name for the status of a submit_sm_resp; 0x400–0x4FF are the vendor's own."""
    return SUBMIT_CODES.get(status, "smpp.submit.other")
