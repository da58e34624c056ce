"""CMPP 2.0 and 3.0."""

from functools import partial
from typing import Any

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

from xinfeng.protocols.cmpp import (
    Account,
    ClientSession,
    ServerSession,
    SubmitConstants,
    SubmitTemplate,
    Version,
)
from xinfeng.protocols.cmpp.bulk import (
    decode_batch,
    encode_deliver_responses,
    encode_replies,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.cmpp.codec import decode, encode
from xinfeng.protocols.cmpp.layout import LARGEST_PDU, layout_of
from xinfeng.protocols.cmpp.messages import (
    LOGIN_CODES,
    ActiveTest,
    ActiveTestResp,
    Command,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
)

V = vectors_of("cmpp")
IDS = st.binary(min_size=8, max_size=8)
PROOFS = st.binary(min_size=16, max_size=16)
HELLO = "测试gocmpp submit".encode("utf-16-be")
SUBMIT_ID = bytes.fromhex("b2b9da8000010000")
REPORTED_ID = bytes.fromhex("b4c5530000010000")
DELIVER_ID = bytes.fromhex("b525628000010000")
CONSTANTS = SubmitConstants(
    msg_src="900001",
    src_id="900001",
    service_id="test",
    fee_terminal_id="13500002696",
    fee_type="02",
    fee_code="10",
    valid_time="151105131555101+",
)


def client(version: Version, *, window: int, first_sequence: int) -> ClientSession:
    account = Account(source_addr="900001", secret=SECRET, version=version)
    constants = SubmitConstants(msg_src="900001", src_id=ACCESS_CODE)
    return ClientSession(account, constants, window=window, timers=TIMERS, first_sequence=first_sequence)


def vectors(version: Version) -> list[Vector]:
    short = version is Version.V20
    suffix, layout = ("V20" if short else "V30"), layout_of(version)
    receipt = (9, DELIVER_ID, REPORTED_ID, "DELIVRD", "1511120955", "1511120957", "13412340000")
    text = b"This is a test MO."
    found = [
        Vector(
            name=f"CONNECT_{suffix}",
            octets=V[f"CONNECT_{suffix}"],
            facts={"sequence": 1, "source_addr": "901234", "version": version, "timestamp": 708090100},
        ),
        Vector(
            name=f"CONNECT_RESP_{suffix}",
            octets=V[f"CONNECT_RESP_{suffix}"],
            facts={"sequence": 0x17, "status": 0, "long_status": not short},
        ),
        Vector(name="ACTIVE_TEST", octets=V["ACTIVE_TEST"], facts={"sequence": 0x17}),
        Vector(name="ACTIVE_TEST_RESP", octets=V["ACTIVE_TEST_RESP"], facts={"sequence": 0x17}),
        Vector(name="TERMINATE", octets=V["TERMINATE"], facts={"sequence": 0x17}),
        Vector(name="TERMINATE_RESP", octets=V["TERMINATE_RESP"], facts={"sequence": 0x17}),
        Vector(
            name=f"SUBMIT_{suffix}",
            octets=V[f"SUBMIT_{suffix}"],
            facts={
                "sequence": 0x17,
                "pk_total": 1,
                "pk_number": 1,
                "registered_delivery": 1,
                "service_id": "test",
                "fee_user_type": 2,
                "msg_fmt": 8,
                "msg_src": "900001",
                "valid_time": "151105131555101+",
                "src_id": "900001",
                "dest_terminal_ids": ("13500002696",),
                "content": HELLO,
            },
            batch={"submissions": [(0x17, ("13500002696",), "900001", 1, 1, 1, 0, 8, HELLO, b"")]},
            written=lambda: SubmitTemplate(CONSTANTS, version).encode_batch(
                [0x17], [("13500002696", HELLO, 8, 1, 1)]
            ),
        ),
        Vector(
            name=f"SUBMIT_RESP_{suffix}",
            octets=V[f"SUBMIT_RESP_{suffix}"],
            facts={"sequence": 0x17, "msg_id": SUBMIT_ID, "result": 0},
            batch={"submit_responses": [(0x17, SUBMIT_ID, 0)]},
            written=lambda: encode_submit_responses([(0x17, SUBMIT_ID, 0)], layout),
        ),
        Vector(
            name=f"DELIVER_{suffix}",
            octets=V[f"DELIVER_{suffix}"],
            facts={"dest_id": "900001", "src_terminal_id": "13412340000", "content": text},
        ),
    ]
    sequence, msg_id = (5, DELIVER_ID) if short else (1, REPORTED_ID)
    found += [
        Vector(
            name=f"DELIVER_RESP_{suffix}",
            octets=V[f"DELIVER_RESP_{suffix}"],
            facts={"sequence": sequence, "msg_id": msg_id, "result": 0},
            batch={"deliver_responses": [(sequence, msg_id, 0)]},
            written=lambda: encode_deliver_responses([(sequence, msg_id)], layout),
        ),
        Vector(
            name=f"DELIVER_{suffix}_REPLY",
            octets=V[f"DELIVER_{suffix}"],
            batch={"replies": [(sequence, msg_id, "13412340000", "900001", 0, 0, text, False)]},
            written=lambda: encode_replies(
                [sequence], [(msg_id, "13412340000", "900001", 0, 0, text)], version
            ),
        ),
    ]
    if short:
        found.append(
            Vector(
                name="DELIVER_V20_REPORT",
                octets=V["DELIVER_V20_REPORT"],
                facts={"registered_delivery": 1},
                batch={"receipts": [receipt]},
            )
        )
        found += [
            Vector(
                name=f"LONG_SUBMIT_{part}",
                octets=V[f"LONG_SUBMIT_{part}"],
                facts={"pk_total": 4, "pk_number": part, "tp_udhi": 1, "msg_fmt": 0 if part == 4 else 8},
            )
            for part in range(1, 5)
        ]
    else:
        found += [
            Vector(
                name="DELIVER_V30_SHORT_REPORT",
                octets=V["DELIVER_V30_SHORT_REPORT"],
                batch={"receipts": [receipt]},
            ),
            Vector(
                name="DELIVER_V30_LONG_REPORT",
                octets=V["DELIVER_V30_LONG_REPORT"],
                facts={"msg_id": bytes.fromhex("522a4980002aa6ce"), "registered_delivery": 1},
                batch={
                    "receipts": [
                        (
                            0xBC614E,
                            bytes.fromhex("522a4980002aa6ce"),
                            bytes.fromhex("522a4980002aa6cd"),
                            "AF:4",
                            "0001010000",
                            "0001010000",
                            "13800138000",
                        )
                    ]
                },
            ),
            Vector(name="UDHI_0X40", octets=V["DELIVER_V30_UDHI_0X40"], facts={"tp_udhi": 0x40}),
            Vector(name="PORT_ADDRESSED", octets=V["DELIVER_V30_PORT_ADDRESSED"], facts={"msg_fmt": 0xF5}),
        ]
    return found


def messages(version: Version) -> st.SearchStrategy[Any]:
    short = version is Version.V20
    width, link, only_long = (21, 8, st.just(0)) if short else (32, 20, OCTET)
    return st.one_of(
        st.builds(
            Submit,
            sequence=FOUR_OCTETS,
            dest_terminal_ids=st.lists(words(width), min_size=1, max_size=99).map(tuple),
            content=st.binary(max_size=255),
            msg_fmt=OCTET,
            msg_id=IDS,
            pk_total=OCTET,
            pk_number=OCTET,
            registered_delivery=OCTET,
            service_id=words(10),
            fee_terminal_id=words(width),
            fee_terminal_type=only_long,
            tp_udhi=OCTET,
            msg_src=words(6),
            src_id=words(21),
            dest_terminal_type=only_long,
            link_id=words(link),
        ),
        st.builds(
            Deliver,
            sequence=FOUR_OCTETS,
            msg_id=IDS,
            dest_id=words(21),
            src_terminal_id=words(width),
            content=st.binary(max_size=255),
            msg_fmt=OCTET,
            registered_delivery=OCTET,
            service_id=words(10),
            tp_udhi=OCTET,
            src_terminal_type=only_long,
            link_id=words(link),
        ),
        *(
            st.builds(kind, sequence=FOUR_OCTETS, msg_id=IDS, result=OCTET)
            for kind in (SubmitResp, DeliverResp)
        ),
        st.builds(
            Connect,
            sequence=FOUR_OCTETS,
            source_addr=words(6),
            authenticator=PROOFS,
            version=OCTET,
            timestamp=FOUR_OCTETS,
        ),
        st.builds(
            ConnectResp,
            sequence=FOUR_OCTETS,
            status=OCTET,
            authenticator=PROOFS,
            version=OCTET,
            long_status=st.booleans(),
        ),
        *(
            st.builds(kind, sequence=FOUR_OCTETS)
            for kind in (Terminate, TerminateResp, ActiveTest, ActiveTestResp)
        ),
    )


def dialect(name: str, version: Version) -> Dialect:
    suffix, layout = ("V20" if version is Version.V20 else "V30"), layout_of(version)
    reports = encode_reports(
        [1], [(bytes(8), "1069", bytes(8), "DELIVRD", "2511220101", "2511220102", "13800138000")], layout
    )
    return Dialect(
        name=name,
        prefix="cmpp.",
        client=partial(client, version),
        server=ServerSession,
        decode=partial(decode, version=version),
        encode=partial(encode, version=version),
        read=lambda octets: decode_batch(octets, 0, layout),
        messages=messages(version),
        vectors=vectors(version),
        header=12,
        largest=LARGEST_PDU,
        commands=list(Command),
        unknown_command=0x00000003,
        submit=Command.SUBMIT,
        deliveries=[Command.DELIVER],
        shortest_answer=9,
        not_for_providers=[V[f"SUBMIT_{suffix}"], V[f"CONNECT_{suffix}"], V[f"DELIVER_RESP_{suffix}"]],
        not_for_carriers=[V[f"SUBMIT_RESP_{suffix}"], V[f"CONNECT_RESP_{suffix}"], reports],
        id_width=8,
        stats=["DELIVRD", "UNDELIV", "MK:0001", "AF:4"],
        longest_content=159,
        login_codes=LOGIN_CODES | {5: "cmpp.login.other"},
    )


DIALECTS = [dialect("cmpp20", Version.V20), dialect("cmpp30", Version.V30)]
