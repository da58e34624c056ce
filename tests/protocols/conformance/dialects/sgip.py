"""SGIP 1.2. The carrier calls to deliver."""

from hypothesis import strategies as st
from tests.protocols.conformance.harness import (
    ACCESS_CODE,
    OCTET,
    SECRET,
    TIMERS,
    Dialect,
    Vector,
    vectors_of,
    words,
)

from xinfeng.protocols.sgip import (
    Account,
    ClientSession,
    DeliveryClientSession,
    DeliveryServerSession,
    ServerSession,
    SubmitConstants,
    SubmitTemplate,
)
from xinfeng.protocols.sgip.bulk import (
    REPORTED,
    decode_batch,
    encode_acknowledgements,
    encode_replies,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.sgip.codec import decode, encode
from xinfeng.protocols.sgip.layout import LARGEST_PDU
from xinfeng.protocols.sgip.messages import (
    LOGIN_CODES,
    Bind,
    BindResp,
    Command,
    Deliver,
    DeliverResp,
    Report,
    ReportResp,
    Submit,
    SubmitResp,
    Unbind,
    UnbindResp,
)
from xinfeng.protocols.sgip.sequence import Fields, compose

V = vectors_of("sgip")
SEQUENCES = st.integers(0, 2**96 - 1)
SUBMIT = compose(Fields(3010012345, 1120203225, 7))
SUBMIT_ID = SUBMIT.to_bytes(12, "big")
REPORTS = [compose(Fields(4290000001, 1120203301, counter)) for counter in (1, 2)]
DELIVER = compose(Fields(4290000001, 1120203302, 3))
HELLO = "你好".encode("utf-16-be")


def client(*, window: int, first_sequence: int) -> ClientSession:
    account = Account(node_id=3010012345, name="unicomsp", secret=SECRET)
    constants = SubmitConstants(sp_number=ACCESS_CODE, corp_id="12345")
    return ClientSession(account, constants, window=window, timers=TIMERS, first_sequence=first_sequence)


def delivery_carrier(*, window: int) -> DeliveryClientSession:
    account = Account(node_id=4290000001, name="unicomsp", secret=SECRET)
    return DeliveryClientSession(account, window=window, timers=TIMERS)


def template() -> bytes:
    constants = SubmitConstants(sp_number="10655012345", corp_id="12345", service_type="SVC")
    return SubmitTemplate(constants).encode_batch([SUBMIT], [("13012345678", HELLO, 8, 1, 1)])


def report_item(word: str) -> tuple[bytes, str, bytes, str, str, str, str]:
    return b"", "", SUBMIT_ID, word, "", "", "13012345678"


def received_report(place: int, word: str) -> tuple[int, bytes, bytes, str, str, str, str]:
    sequence = REPORTS[place]
    return sequence + REPORTED, sequence.to_bytes(12, "big"), SUBMIT_ID, word, "", "", "13012345678"


VECTORS = [
    Vector(
        name="BIND",
        octets=V["BIND"],
        facts={"sequence": SUBMIT, "login_type": 1, "name": "unicomsp", "password": "secret16"},
    ),
    Vector(name="UNBIND", octets=V["UNBIND"], facts={"sequence": SUBMIT}),
    Vector(
        name="SUBMIT_CAPTURED",
        octets=V["SUBMIT_CAPTURED"],
        facts={
            "sequence": compose(Fields(0, 0x11F333F2, 0x6EBB10DD)),
            "sp_number": "106559125028",
            "charge_number": "",
            "user_numbers": ("8613800138000",),
            "corp_id": "61118",
            "fee_type": 2,
            "priority": 9,
            "report_flag": 1,
            "content": b"233a",
        },
    ),
    Vector(
        name="SUBMIT",
        octets=V["SUBMIT"],
        facts={
            "sequence": SUBMIT,
            "sp_number": "10655012345",
            "charge_number": "0" * 21,
            "user_numbers": ("8613012345678",),
            "corp_id": "12345",
            "service_type": "SVC",
            "fee_type": 1,
            "fee_value": "0",
            "given_value": "0",
            "agent_flag": 0,
            "morelate_to_mt": 2,
            "report_flag": 1,
            "message_coding": 8,
            "content": HELLO,
        },
        batch={"submissions": [(SUBMIT, ("13012345678",), "10655012345", 1, 1, 1, 0, 8, HELLO, SUBMIT_ID)]},
        written=template,
    ),
    Vector(
        name="SUBMIT_RESP",
        octets=V["SUBMIT_RESP"],
        facts={"sequence": SUBMIT, "result": 0},
        batch={"submit_responses": [(SUBMIT, SUBMIT_ID, 0)]},
        written=lambda: encode_submit_responses([(SUBMIT, SUBMIT_ID, 0)]),
    ),
    Vector(
        name="REPORT_OK",
        octets=V["REPORT_OK"],
        facts={"sequence": REPORTS[0], "submit_sequence": SUBMIT, "report_type": 0, "state": 0},
        batch={"receipts": [received_report(0, "DELIVRD")]},
        written=lambda: encode_reports(REPORTS[:1], [report_item("DELIVRD")]),
    ),
    Vector(
        name="REPORT_FAILED",
        octets=V["REPORT_FAILED"],
        facts={"user_number": "8613012345678", "state": 2, "error_code": 69},
        batch={"receipts": [received_report(1, "SGIP:69")]},
        written=lambda: encode_reports(REPORTS[1:], [report_item("SGIP:69")]),
    ),
    Vector(
        name="DELIVER",
        octets=V["DELIVER"],
        facts={
            "user_number": "8613012345678",
            "sp_number": "10655012345",
            "message_coding": 8,
            "content": HELLO,
        },
        batch={
            "replies": [
                (DELIVER, DELIVER.to_bytes(12, "big"), "13012345678", "10655012345", 0, 8, HELLO, False)
            ]
        },
        written=lambda: encode_replies([DELIVER], [(b"", "13012345678", "10655012345", 0, 8, HELLO)]),
    ),
]

MESSAGES = st.one_of(
    st.builds(
        Submit,
        sequence=SEQUENCES,
        user_numbers=st.lists(words(21), min_size=1, max_size=100).map(tuple),
        content=st.binary(max_size=300),
        message_coding=OCTET,
        sp_number=words(21),
        charge_number=words(21),
        corp_id=words(5),
        service_type=words(10),
        fee_type=OCTET,
        fee_value=words(6),
        given_value=words(6),
        agent_flag=OCTET,
        morelate_to_mt=OCTET,
        priority=OCTET,
        expire_time=words(16),
        schedule_time=words(16),
        report_flag=OCTET,
        tp_pid=OCTET,
        tp_udhi=OCTET,
        message_type=OCTET,
        reserve=words(8),
    ),
    st.builds(
        Deliver,
        sequence=SEQUENCES,
        user_number=words(21),
        sp_number=words(21),
        content=st.binary(max_size=300),
        message_coding=OCTET,
        tp_pid=OCTET,
        tp_udhi=OCTET,
        reserve=words(8),
    ),
    st.builds(
        Report,
        sequence=SEQUENCES,
        submit_sequence=SEQUENCES,
        user_number=words(21),
        state=OCTET,
        error_code=OCTET,
        report_type=OCTET,
        reserve=words(8),
    ),
    st.builds(
        Bind, sequence=SEQUENCES, login_type=OCTET, name=words(16), password=words(16), reserve=words(8)
    ),
    *(
        st.builds(kind, sequence=SEQUENCES, result=OCTET, reserve=words(8))
        for kind in (BindResp, SubmitResp, DeliverResp, ReportResp)
    ),
    *(st.builds(kind, sequence=SEQUENCES) for kind in (Unbind, UnbindResp)),
)

DIALECTS = [
    Dialect(
        name="sgip12",
        prefix="sgip.",
        client=client,
        server=ServerSession,
        delivery_carrier=delivery_carrier,
        delivery_provider=DeliveryServerSession,
        decode=decode,
        encode=encode,
        read=lambda octets: decode_batch(octets, 0),
        messages=MESSAGES,
        vectors=VECTORS,
        header=20,
        largest=LARGEST_PDU,
        commands=list(Command),
        unknown_command=0x00000011,
        submit=Command.SUBMIT,
        deliveries=[Command.DELIVER, Command.REPORT],
        shortest_answer=1,
        not_for_providers=[
            V["SUBMIT"],
            V["BIND"],
            encode_acknowledgements([(1, b"")]),
            encode_acknowledgements([(1 + REPORTED, b"")]),
        ],
        not_for_carriers=[
            V["SUBMIT_RESP"],
            V["REPORT_OK"],
            V["DELIVER"],
            encode(BindResp(sequence=1, result=0)),
        ],
        id_width=12,
        own_ids=True,
        stats=["DELIVRD", "ACCEPTD", "UNDELIV", "SGIP:69", "SGIP:255", "SGIP:9:0"],
        longest_content=160,
        carries_times=False,
        carries_parts=False,
        tests_link=False,
        authentic=False,
        login_codes=LOGIN_CODES | {99: "sgip.login.other"},
        first_before_wrap=0xFFFD,
    )
]
