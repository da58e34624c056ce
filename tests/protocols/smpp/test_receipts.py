"""Receipts as vendors write them. The forms are those of the book (appendix B) and of real centres."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.protocols.smpp.bulk import Reading, decode_batch
from xinfeng.protocols.smpp.codec import encode
from xinfeng.protocols.smpp.coding import Codings, DefaultAlphabet
from xinfeng.protocols.smpp.layout import Tag
from xinfeng.protocols.smpp.messages import DeliverSm
from xinfeng.protocols.smpp.receipts import (
    IdFormat,
    Report,
    answer_id,
    other_spellings,
    read_report,
    report_id,
    write_report,
)

USUAL = b"id:1234567890 sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 text:hello"


@pytest.mark.parametrize(
    ("text", "report"),
    [
        (USUAL, Report(b"1234567890", "DELIVRD", "2611221000", "2611221001")),
        (
            USUAL.replace(b"stat:DELIVRD", b"stat:delivrd"),
            Report(b"1234567890", "DELIVRD", "2611221000", "2611221001"),
        ),
        (
            b"ID:a-b_c SUBMIT DATE:261122100059 DONE DATE:261122100159 STAT:UNDELIV ERR:0A1 TEXT:",
            Report(b"a-b_c", "UNDELIV:0A1", "2611221000", "2611221001"),
        ),
        (
            b"stat:EXPIRED done date:20261122100159 id:77 err:0",
            Report(b"77", "EXPIRED", "", "2611221001"),
        ),
        (b"id:77 submit date: done date: stat:REJECTD err: text:", Report(b"77", "REJECTD", "", "")),
        (b"id:77 stat:REJECTD", Report(b"77", "REJECTD", "", "")),
        (b"id: 77 stat: ACCEPTD err: 107", Report(b"77", "ACCEPTD:107", "", "")),
        (b"id:77,sub:001,dlvrd:000,stat:MK:0001,err:12", Report(b"77", "MK:0001", "", "")),
        (b"id:77 stat:DELIVRD err:5", Report(b"77", "DELIVRD", "", "")),
        (b"id:77 submit date:261122 done date:soon stat:UNKNOWN", Report(b"77", "UNKNOWN", "", "")),
        (b"id:77 stat:UNDELIV err:" + b"9" * 80, Report(b"77", ("UNDELIV:" + "9" * 80)[:60], "", "")),
        (b"id:77 stat:UNDELIV err:\xe9\x01", Report(b"77", "UNDELIV:??", "", "")),
        ("id:77 stat:EXPIRED err:004".encode("utf-16-be"), Report(b"77", "EXPIRED:004", "", "")),
        ("id:77 stat:EXPIRED err:004".encode("utf-16-le"), Report(b"77", "EXPIRED:004", "", "")),
        (
            b"id:77 submit_date:2611221000 done_date:2611221001 status:Delivered error code:0 Text:\xe4\xbd\xa0",
            Report(b"77", "DELIVRD", "2611221000", "2611221001"),
        ),
        (b"id:77 stat:UNDELIVERABLE err:0x1A", Report(b"77", "UNDELIV:0x1A", "", "")),
        (b"id:77 stat:2 err:000", Report(b"77", "DELIVRD", "", "")),
        (b"id:77 state:REJECTED txt:id:88", Report(b"77", "REJECTD", "", "")),
        (b"text:ours id:77 stat:DELIVRD", Report(b"77", "DELIVRD", "", "")),
        (b"id:77 stat:UNDELIV text:id:88 stat:DELIVRD", Report(b"77", "UNDELIV", "", "")),
        (b"msgid:88 id:77 substat:x stat:DELIVRD", Report(b"77", "DELIVRD", "", "")),
    ],
)
def test_texts_of_any_order_and_case_are_read(text: bytes, report: Report) -> None:
    assert read_report(text, {}, IdFormat.AS_IS) == report


@pytest.mark.parametrize("text", [b"", b"hello", b"id:77", b"stat:DELIVRD", b"id: stat:DELIVRD", b"\0" * 9])
def test_a_text_that_does_not_say_which_and_what_is_no_receipt(text: bytes) -> None:
    assert read_report(text, {}, IdFormat.AS_IS) is None


ID, STATE, NETWORK = Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE, Tag.NETWORK_ERROR_CODE


@pytest.mark.parametrize(
    ("text", "tlvs", "message_id", "stat"),
    [
        (b"", {ID: b"abc\0", STATE: b"\2"}, b"abc", "DELIVRD"),
        (b"", {ID: b"abc", STATE: b"\5", NETWORK: b"\3\0\x45"}, b"abc", "UNDELIV:3-69"),
        (b"", {ID: b"abc", STATE: b"\5", NETWORK: b"\3\0"}, b"abc", "UNDELIV"),
        (USUAL, {ID: b"abc\0"}, b"abc", "DELIVRD"),
        (USUAL, {STATE: b"\5"}, b"1234567890", "UNDELIV"),
        (b"id:77 stat:MK:0001 err:000", {STATE: b"\5"}, b"77", "MK:0001"),
        (b"id:77 stat:MK:0001 err:000", {STATE: b"\2"}, b"77", "DELIVRD"),
        (b"id:77 stat:UNDELIV err:012", {STATE: b"\2"}, b"77", "DELIVRD"),
        (b"id:77 stat:UNDELIV", {STATE: b"\x09"}, b"77", "UNKNOWN"),
        (b"id:77 stat:UNDELIV", {STATE: b""}, b"77", "UNDELIV"),
        (b"id:77", {STATE: b"\0"}, b"77", "ENROUTE"),
    ],
)
def test_tlvs_are_believed_over_the_text(
    text: bytes, tlvs: dict[int, bytes], message_id: bytes, stat: str
) -> None:
    report = read_report(text, tlvs, IdFormat.AS_IS)
    assert report is not None
    assert (report.message_id, report.stat) == (message_id, stat)


@pytest.mark.parametrize(
    ("form", "answer", "report"),
    [
        (IdFormat.AS_IS, b"00a7", b"00a7"),
        (IdFormat.UNPADDED, b"00117", b"117"),
        (IdFormat.UNPADDED, b"000", b"0"),
        (IdFormat.HEX_ANSWERS, b"38601fa", b"0059113978"),
        (IdFormat.HEX_ANSWERS, b"38601FA", b"59113978"),
        (IdFormat.DECIMAL_ANSWERS, b"0059113978", b"38601fa"),
        (IdFormat.HEX_ANSWERS, b"no-number", b"no-number"),
    ],
)
def test_ids_are_the_same_in_answers_and_receipts(form: IdFormat, answer: bytes, report: bytes) -> None:
    assert answer_id(answer, form) == report_id(report, form)


def test_by_default_ids_are_compared_octet_by_octet() -> None:
    assert answer_id(b"0117", IdFormat.AS_IS) != report_id(b"117", IdFormat.AS_IS)


@given(st.binary(max_size=80), st.sampled_from(IdFormat))
def test_an_id_is_never_an_exception_and_never_too_long(raw: bytes, form: IdFormat) -> None:
    assert len(answer_id(raw, form)) <= 80
    assert len(report_id(raw, form)) <= 80


@given(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from([ID, STATE, NETWORK]), st.binary(max_size=9)),
    st.sampled_from(IdFormat),
)
def test_any_receipt_is_read_or_refused(text: bytes, tlvs: dict[int, bytes], form: IdFormat) -> None:
    report = read_report(text, tlvs, form)
    if report is not None:
        assert report.message_id
        assert 0 < len(report.stat) <= 60
        assert report.stat.isascii() and report.stat.isprintable()
        assert len(report.submit_time) in (0, 10)


@given(
    stat=st.one_of(
        st.sampled_from(["DELIVRD", "ENROUTE", "MK:0001", "CB:0053"]),
        st.builds(
            "{}:{}".format,
            st.sampled_from(["UNDELIV", "EXPIRED", "REJECTD", "DELETED", "UNKNOWN", "ACCEPTD"]),
            st.text(st.sampled_from("123456789AB"), min_size=1, max_size=3),
        ),
    )
)
def test_what_a_centre_writes_is_read_back(stat: str) -> None:
    text = b"id:77" + write_report(stat=stat, submit_time="2611221000", done_time="2611221001")
    assert read_report(text, {}, IdFormat.AS_IS) == Report(b"77", stat, "2611221000", "2611221001")


def _receive(octets: bytes, ids: IdFormat = IdFormat.AS_IS) -> list[tuple[object, ...]]:
    batch = decode_batch(octets, 0, Reading(ids=ids))
    assert batch.consumed == len(octets)
    assert batch.error is None
    return list(batch.receipts)


def test_captured_receipts_are_read(vectors: Mapping[str, bytes]) -> None:
    assert _receive(vectors["RECEIPT"]) == [
        (2, b"", b"38601fa", "DELIVRD", "1002101730", "1002101731", "44951361920")
    ]
    assert _receive(vectors["RECEIPT"], IdFormat.HEX_ANSWERS)[0][2] == b"59113978"
    assert _receive(vectors["RECEIPT_ACCEPTED"])[0][2:4] == (b"94251430923", "ACCEPTD:107")
    faulty = _receive(vectors["RECEIPT_FAULTY_TLV"])[0]
    assert faulty[2:] == (b"0000003005", "DELIVRD", "1001181431", "1001181431", "2348033768151")


def _deliver(
    content: bytes, *, source: str = "8613800138000", destination: str = "10690001", **more: Any
) -> bytes:
    return encode(
        DeliverSm(sequence=5, source=source, destination=destination, short_message=content, **more)
    )


@pytest.mark.parametrize("esm_class", [0x04, 0x08, 0x10, 0x20, 0x24, 0x0C, 0x84, 0x07])
def test_classes_that_gateways_give_receipts(esm_class: int) -> None:
    """With a store-and-forward mode, a reply path or the bit of another kind beside that of a receipt."""
    ((_, _, message_id, stat, *_),) = _receive(_deliver(b"id:77 stat:UNDELIV err:005", esm_class=esm_class))
    assert (message_id, stat) == (b"77", "UNDELIV:005")


def test_a_receipt_without_its_class_is_one_if_it_is_written_by_the_book() -> None:
    assert _receive(_deliver(USUAL))[0][2:4] == (b"1234567890", "DELIVRD")
    assert decode_batch(_deliver(b"id:77 stat:DELIVRD"), 0, Reading()).receipts == []
    for content, tlvs in ((b"", ((ID, b"abc\0"), (STATE, b"\2"))), (b"stat:delivered", ((ID, b"abc\0"),))):
        assert _receive(_deliver(content, tlvs=tlvs))[0][2:4] == (b"abc", "DELIVRD")


@pytest.mark.parametrize(
    "text",
    [
        b"TD",
        b"stat: fine, id: none",
        b"id:77 submit date:1 done date:2 stat:maybe err:000",
        b"id: what is this?",
    ],
)
@pytest.mark.parametrize("tlvs", [(), ((ID, b"abc\0"),)])
def test_what_a_person_wrote_is_never_taken_for_a_receipt(
    text: bytes, tlvs: tuple[tuple[int, bytes], ...]
) -> None:
    """Also where the centre gives texts an id of its own."""
    batch = decode_batch(_deliver(text, tlvs=tlvs), 0, Reading())
    (reply,) = batch.replies
    assert reply[1:] == (b"abc" if tlvs else b"", "8613800138000", "10690001", 0, 0, text, False)


def test_a_receipt_that_says_nothing_claims_to_be_one() -> None:
    (reply,) = decode_batch(_deliver(b"hello", esm_class=4), 0, Reading()).replies
    assert reply[7] is True


def test_receipts_with_their_addresses_the_other_way_round() -> None:
    for content in (USUAL, b"id:77 stat:EXPIRED"):
        octets = _deliver(content, source="10690001", destination="8613800138000", esm_class=4)
        (receipt,) = decode_batch(octets, 0, Reading(own=b"10690001")).receipts
        assert receipt[6] == "8613800138000"


def test_receipts_may_be_packed_where_texts_are() -> None:
    codings = Codings(DefaultAlphabet.GSM7_PACKED)
    for content in (USUAL, codings.pack(b"id:77 stat:EXPIRED err:004", 0)):
        (receipt,) = decode_batch(_deliver(content, esm_class=4), 0, Reading(codings=codings)).receipts
        assert receipt[3] in ("DELIVRD", "EXPIRED:004")


@given(st.binary(max_size=64))
def test_other_spellings_are_others_and_never_too_many(raw: bytes) -> None:
    others = other_spellings(raw)
    assert raw not in others
    assert len(others) == len(set(others)) <= 40
    assert all(len(one) <= 64 for one in others)
