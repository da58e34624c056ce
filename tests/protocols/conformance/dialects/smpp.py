"""SMPP 3.4."""

from tests.protocols.conformance.harness import ACCESS_CODE, SECRET, TIMERS, Dialect, Vector, vectors_of
from tests.protocols.smpp.strategies import MESSAGES

from xinfeng.protocols.smpp import Account, ClientSession, ServerSession, SubmitConstants, SubmitTemplate
from xinfeng.protocols.smpp.bulk import Reading, SmppBatch, decode_batch, encode_deliver_responses
from xinfeng.protocols.smpp.centre import encode_replies, encode_submit_responses
from xinfeng.protocols.smpp.codec import decode, encode
from xinfeng.protocols.smpp.coding import Codings
from xinfeng.protocols.smpp.layout import HEADER, LARGEST_PDU
from xinfeng.protocols.smpp.messages import LOGIN_CODES, Command

V = vectors_of("smpp")
_CENTRE_READS = {Command.SUBMIT_SM, Command.DELIVER_SM_RESP}


def client(*, window: int, first_sequence: int) -> ClientSession:
    account = Account(system_id="xinfeng", password=SECRET)
    constants = SubmitConstants(source=ACCESS_CODE)
    return ClientSession(account, constants, window=window, timers=TIMERS, first_sequence=first_sequence)


def read(octets: bytes) -> SmppBatch:
    """As the end reads it whom the first message is for."""
    command = HEADER.unpack_from(octets)[1] if len(octets) >= HEADER.size else 0
    return decode_batch(octets, 0, Reading(at_centre=command in _CENTRE_READS))


class SmppDialect(Dialect):
    """Ids are text, for they must stand in receipts."""

    def ids(self, count: int) -> list[bytes]:
        return [b"%0*d" % (self.id_width, index + 1) for index in range(count)]


TEXT = b"@$#!%&/:"
VECTORS = [
    Vector(
        name="BIND_TRANSCEIVER",
        octets=V["BIND_TRANSCEIVER"],
        facts={
            "sequence": 0x39951,
            "system_id": "ALL_TW",
            "password": "ALL_TW",
            "addr_ton": 1,
            "addr_npi": 2,
        },
    ),
    Vector(
        name="BIND_TRANSCEIVER_RESP_TLV",
        octets=V["BIND_TRANSCEIVER_RESP_TLV"],
        facts={"status": 0, "system_id": "Smsc GW", "sc_version": 0x34},
    ),
    Vector(
        name="SUBMIT_SM",
        octets=V["SUBMIT_SM"],
        facts={"sequence": 0x4FE8, "source": "40404", "destination": "44951361920", "short_message": TEXT},
        batch={"submissions": [(0x4FE8, ("44951361920",), "40404", 1, 1, 1, 0, 0, TEXT, b"")]},
        written=lambda: SubmitTemplate(
            SubmitConstants(source="40404", source_types=(1, 1), destination_types=(1, 1))
        ).encode_batch([0x4FE8], [("44951361920", TEXT, 0, 1, 1)]),
    ),
    Vector(
        name="SUBMIT_SM_RESP",
        octets=V["SUBMIT_SM_RESP"],
        facts={"sequence": 0x0A342EE1, "message_id": b"94258431594", "status": 0},
        batch={"submit_responses": [(0x0A342EE1, b"94258431594", 0)]},
        written=lambda: encode_submit_responses([(0x0A342EE1, b"94258431594", 0)]),
    ),
    Vector(
        name="SUBMIT_SM_RESP_ERROR",
        octets=V["SUBMIT_SM_RESP_ERROR"],
        facts={"message_id": b"", "status": 0x30},
        batch={"submit_responses": [(0x0A342EE1, b"", 0x30)]},
        written=lambda: encode_submit_responses([(0x0A342EE1, b"", 0x30)]),
    ),
    Vector(
        name="DELIVER_SM",
        octets=V["DELIVER_SM"],
        facts={"source": "87654321", "tlvs": ((0x000E, b"\1"), (0x0006, b"\1"))},
        batch={"replies": [(3, b"", "87654321", "40404", 0, 0, TEXT, False)]},
    ),
    Vector(
        name="DELIVER_SM_PAYLOAD",
        octets=V["DELIVER_SM_PAYLOAD"],
        facts={"short_message": b""},
        batch={
            "replies": [
                (0x547EB, b"", "4495136192", "40404", 0, 0, b"@Maidenman664 was it sappy? &Romantic?", False)
            ]
        },
    ),
    Vector(
        name="RECEIPT",
        octets=V["RECEIPT"],
        facts={"esm_class": 4},
        batch={"receipts": [(2, b"", b"38601fa", "DELIVRD", "1002101730", "1002101731", "44951361920")]},
    ),
    Vector(
        name="RECEIPT_ACCEPTED",
        octets=V["RECEIPT_ACCEPTED"],
        facts={"destination": "GTBank"},
        batch={
            "receipts": [
                (
                    0x116AD5,
                    b"",
                    b"94251430923",
                    "ACCEPTD:107",
                    "0911040124",
                    "0911040124",
                    "4495136192057",
                )
            ]
        },
    ),
    Vector(
        name="RECEIPT_FAULTY_TLV",
        octets=V["RECEIPT_FAULTY_TLV"],
        facts={"tlvs": ((0x0427, b"\2"),)},
        batch={"receipts": [(5, b"", b"0000003005", "DELIVRD", "1001181431", "1001181431", "2348033768151")]},
        exact=False,
    ),
    Vector(
        name="DELIVER_SM_RESP",
        octets=V["DELIVER_SM_RESP"],
        facts={"sequence": 0x116AC7},
        batch={"deliver_responses": [(0x116AC7, b"", 0)]},
        written=lambda: encode_deliver_responses([(0x116AC7, b"")]),
    ),
    Vector(name="ENQUIRE_LINK", octets=V["ENQUIRE_LINK"], facts={"sequence": 0x0A342EE7}),
    Vector(name="UNBIND_RESP", octets=V["UNBIND_RESP"], facts={"sequence": 1}),
    Vector(name="GENERIC_NACK", octets=V["GENERIC_NACK"], facts={"sequence": 0x82A77, "status": 1}),
]

_reply = encode_replies([5], [(b"", "13312345678", "10659", 0, 8, b"\x4f\x60")], Codings())


def _with(octets: bytes, more: str) -> bytes:
    extra = bytes.fromhex(more)
    return (len(octets) + len(extra)).to_bytes(4, "big") + octets[4:] + extra


DIALECTS = [
    SmppDialect(
        name="smpp34",
        prefix="smpp.",
        client=client,
        server=ServerSession,
        decode=decode,
        encode=encode,
        read=read,
        messages=MESSAGES,
        vectors=VECTORS,
        header=HEADER.size,
        largest=LARGEST_PDU,
        commands=[command for command in Command if command is not Command.SUBMIT_SM_RESP],
        unknown_command=0x110,
        unknown_is_answered=True,
        submit=Command.SUBMIT_SM,
        deliveries=[Command.DELIVER_SM, Command.DATA_SM],
        not_for_providers=[V["SUBMIT_SM"], V["BIND_TRANSCEIVER"], V["DELIVER_SM_RESP"]],
        not_for_carriers=[V["SUBMIT_SM_RESP"], V["DELIVER_SM"], V["BIND_TRANSCEIVER_RESP"]],
        id_width=10,
        id_octets=b"0123456789abcdefXYZ",
        result_limit=2**32 - 1,
        stats=["DELIVRD", "UNDELIV", "UNDELIV:005", "EXPIRED:0A7", "MK:0001"],
        longest_content=254,
        authentic=False,
        login_codes=LOGIN_CODES | {0x401: "smpp.login.other"},
        first_before_wrap=0x7FFFFFFC,
        alike=[
            (_reply, _with(_reply, more))
            for more in (
                "77770003010203",  # unknown
                "77770000",  # unknown, and empty
                "020c0000",  # known, and empty
                "020c",  # cut off in its head
                "020c0005ff",  # cut off in its value
                "001effff",
                "020c00020001020e000102",  # a part that does not say which
            )
        ],
    )
]
