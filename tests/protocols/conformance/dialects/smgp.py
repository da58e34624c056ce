"""SMGP 3.0."""

from functools import partial

from hypothesis import strategies as st
from tests.protocols.conformance.harness import (
    ACCESS_CODE,
    FOUR_OCTETS,
    OCTET,
    SECRET,
    TIMERS,
    Dialect,
    Vector,
    vectors_of,
    words,
)

from xinfeng.protocols.smgp import Account, ClientSession, ServerSession, SubmitConstants, SubmitTemplate
from xinfeng.protocols.smgp.bulk import (
    decode_batch,
    encode_deliver_responses,
    encode_replies,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.smgp.codec import decode, encode
from xinfeng.protocols.smgp.layout import LARGEST_PDU, V13, V30
from xinfeng.protocols.smgp.messages import (
    LOGIN_CODES,
    ActiveTest,
    ActiveTestResp,
    Command,
    Deliver,
    DeliverResp,
    Exit,
    ExitResp,
    Login,
    LoginResp,
    Submit,
    SubmitResp,
    Version,
)

V = vectors_of("smgp")
ID = bytes.fromhex("01006101161700012345")
IDS = st.binary(min_size=10, max_size=10)
PROOFS = st.binary(min_size=16, max_size=16)
OPTIONS = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40), max_size=6)
REPORT_ITEM = (ID, "10659000001", ID, "DELIVRD", "0301161700", "0301161701", "13312345678")


def client(*, window: int, first_sequence: int) -> ClientSession:
    account = Account(client_id="12345678", secret=SECRET)
    constants = SubmitConstants(src_term_id=ACCESS_CODE)
    return ClientSession(account, constants, window=window, timers=TIMERS, first_sequence=first_sequence)


def template(octets: bytes) -> bytes:
    """The SUBMIT of go_smgp without its optional parameter, which ours leaves out where it says nothing."""
    constants = SubmitConstants(
        src_term_id="10659000001", service_id="SVC", fee_type="00", fee_code="0", fixed_fee="0"
    )
    item = ("13312345678", "你好".encode("utf-16-be"), 8, 1, 1)
    written = SubmitTemplate(constants, V30).encode_batch([3], [item])
    assert int.from_bytes(written[:4], "big") == len(written) == len(octets) - 5
    return octets[:4] + written[4:] + bytes.fromhex("0002000100")


def report(octets: bytes) -> bytes:
    """The report of go_smgp, who writes two of the labels with a capital."""
    written = encode_reports([4], [REPORT_ITEM])
    return written.replace(b"submit date", b"Submit date").replace(b" text:", b" Text:")


VECTORS = [
    Vector(
        name="LOGIN",
        octets=V["LOGIN"],
        facts={"sequence": 1, "client_id": "12345678", "mode": 2, "timestamp": 301000000, "version": 0x30},
    ),
    Vector(
        name="LOGIN_BARE",
        octets=V["LOGIN_BARE"],
        facts={"sequence": 2, "client_id": "10000", "timestamp": 1231235959},
    ),
    Vector(
        name="LOGIN_RESP",
        octets=V["LOGIN_RESP"],
        facts={
            "sequence": 1,
            "status": 0,
            "version": 0x30,
            "authenticator": bytes.fromhex("100f6bc78bada7d1d86eec89bb5c4b40"),
        },
    ),
    Vector(
        name="SUBMIT",
        octets=V["SUBMIT"],
        facts={
            "sequence": 3,
            "msg_type": 6,
            "need_report": 1,
            "service_id": "SVC",
            "fee_type": "00",
            "fee_code": "0",
            "fixed_fee": "0",
            "msg_format": 8,
            "src_term_id": "10659000001",
            "charge_term_id": "",
            "dest_term_ids": ("13312345678",),
            "content": "你好".encode("utf-16-be"),
            "options": {2: b"\0"},
        },
        batch={
            "submissions": [
                (3, ("13312345678",), "10659000001", 1, 1, 1, 0, 8, "你好".encode("utf-16-be"), b"")
            ]
        },
        written=lambda: template(V["SUBMIT"]),
    ),
    Vector(
        name="SUBMIT_RESP",
        octets=V["SUBMIT_RESP"],
        facts={"sequence": 3, "msg_id": bytes.fromhex("57106211212328060002"), "status": 8200},
        batch={"submit_responses": [(3, bytes.fromhex("57106211212328060002"), 8200)]},
        written=lambda: encode_submit_responses([(3, bytes.fromhex("57106211212328060002"), 8200)]),
    ),
    Vector(
        name="DELIVER_REPORT",
        octets=V["DELIVER_REPORT"],
        facts={"sequence": 4, "msg_id": ID, "is_report": 1, "recv_time": "20030116170100"},
        batch={"receipts": [(4, ID, ID, "DELIVRD", "0301161700", "0301161701", "13312345678")]},
        written=lambda: report(V["DELIVER_REPORT"]),
    ),
    Vector(
        name="DELIVER_REPLY",
        octets=V["DELIVER_REPLY"],
        facts={"sequence": 5, "is_report": 0, "msg_format": 15, "content": "你好".encode("gbk")},
        batch={"replies": [(5, ID, "13312345678", "10659000001", 0, 15, "你好".encode("gbk"), False)]},
    ),
]

SUBMITS = st.builds(
    Submit,
    sequence=FOUR_OCTETS,
    dest_term_ids=st.lists(words(21), min_size=1, max_size=100).map(tuple),
    content=st.binary(max_size=255),
    msg_format=OCTET,
    msg_type=OCTET,
    need_report=OCTET,
    priority=OCTET,
    service_id=words(10),
    fee_type=words(2),
    fee_code=words(6),
    fixed_fee=words(6),
    valid_time=words(17),
    at_time=words(17),
    src_term_id=words(21),
    charge_term_id=words(21),
    reserve=words(8),
    options=OPTIONS,
)
DELIVERS = st.builds(
    Deliver,
    sequence=FOUR_OCTETS,
    msg_id=IDS,
    dest_term_id=words(21),
    src_term_id=words(21),
    content=st.binary(max_size=255),
    is_report=OCTET,
    msg_format=OCTET,
    recv_time=words(14),
    reserve=words(8),
    options=OPTIONS,
)
MESSAGES = st.one_of(
    SUBMITS,
    DELIVERS,
    st.builds(SubmitResp, sequence=FOUR_OCTETS, msg_id=IDS, status=FOUR_OCTETS),
    st.builds(DeliverResp, sequence=FOUR_OCTETS, msg_id=IDS, status=FOUR_OCTETS),
    st.builds(
        Login,
        sequence=FOUR_OCTETS,
        client_id=words(8),
        authenticator=PROOFS,
        mode=OCTET,
        timestamp=FOUR_OCTETS,
        version=OCTET,
    ),
    st.builds(LoginResp, sequence=FOUR_OCTETS, status=FOUR_OCTETS, authenticator=PROOFS, version=OCTET),
    *(st.builds(kind, sequence=FOUR_OCTETS) for kind in (Exit, ExitResp, ActiveTest, ActiveTestResp)),
)

_reply = encode_replies([5], [(ID, "13312345678", "10659", 0, 8, b"\x4f\x60")], Version.V30)


def _with(octets: bytes, more: str) -> bytes:
    extra = bytes.fromhex(more)
    return (len(octets) + len(extra)).to_bytes(4, "big") + octets[4:] + extra


DIALECTS = [
    Dialect(
        name="smgp30",
        prefix="smgp.",
        client=client,
        server=ServerSession,
        decode=partial(decode, version=Version.V30),
        encode=partial(encode, version=Version.V30),
        read=lambda octets: decode_batch(octets, 0, V30),
        messages=MESSAGES,
        vectors=VECTORS,
        broken=[
            Vector(name="SUBMIT_BROKEN", octets=V["SUBMIT_BROKEN"][:239], facts={"code": "smgp.malformed"})
        ],
        header=12,
        largest=LARGEST_PDU,
        commands=list(Command),
        unknown_command=0x0000000A,
        submit=Command.SUBMIT,
        deliveries=[Command.DELIVER],
        shortest_answer=14,
        not_for_providers=[V["SUBMIT"], V["LOGIN"], encode_deliver_responses([(1, ID)])],
        not_for_carriers=[V["SUBMIT_RESP"], V["DELIVER_REPORT"], V["LOGIN_RESP"]],
        id_width=10,
        result_limit=2**32 - 1,
        stats=["DELIVRD", "UNDELIV", "UNDELIV:005", "EXPIRED:007", "MK:0001"],
        login_codes=LOGIN_CODES | {99: "smgp.login.other"},
        alike=[
            (_reply, _with(_reply, more))
            for more in (
                "77770003010203",  # unknown
                "77770000",  # unknown, and empty
                "00020000",  # known, and empty
                "0002",  # cut off in its head
                "00020005ff",  # cut off in its value
                "0002ffff",
                "0012000100000200010000",  # an unknown one behind, cut off
            )
        ],
    )
]

VECTORS_V13 = Vector(
    name="SUBMIT_V13",
    octets=V["SUBMIT_V13"],
    facts={
        "src_term_id": "10086",
        "dest_term_ids": ("13800138000",),
        "content": b"dfa8eb6a-ad9f-4654-94fa-f114718ed05a",
        "priority": 2,
    },
)
READ_V13 = partial(decode, version=Version.V13)
WRITE_V13 = partial(encode, version=Version.V13)
BATCH_V13 = partial(decode_batch, layout=V13)
