"""Requests from receipt to answer, through the actions."""

from __future__ import annotations

import io
import json
import threading
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections
from tests.factories import make_contact, phone
from tests.patience import PATIENCE_S
from tests.privacy.people import NAME, TEXT, all_of, asked, known_person, suppressions

from xinfeng.consent.reads import standing_of
from xinfeng.contacts.models import Contact, EventKind
from xinfeng.contacts.records import EventRecord
from xinfeng.contacts.sql import append_events
from xinfeng.content.models import Signature
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.privacy import actions, deadlines, exports, reads, retention
from xinfeng.privacy.models import ExportState, Outcome, PrivacyRequest, RequestState, RequestStep
from xinfeng.privacy.reads import RequestQuery
from xinfeng.privacy.requesters import Requester

HOSTILE = '<script>alert("1")</script>=cmd|\' /C calc\'!A0 \u202e"],{"x":'


def of(request_id: int) -> PrivacyRequest:
    return PrivacyRequest.objects.get(pk=request_id)


def archive_of(request_id: int) -> zipfile.ZipFile:
    got = exports.download(request_id, actor="she", address="127.0.0.1", now=utc_now())
    return zipfile.ZipFile(io.BytesIO(b"".join(got.pieces)))


def test_a_request_finds_the_person_and_sets_its_deadline(db: None) -> None:
    number = phone()
    person = known_person(number)
    request = of(asked("access", f"+86 {number[:3]}-{number[3:7]}-{number[7:]}", checked=False))
    assert (request.contact_id, request.state) == (person, RequestState.RECEIVED)
    assert timedelta(days=20) < request.due_at - request.received_at <= timedelta(days=22)
    assert NAME.encode() not in bytes(request.requester_sealed or b"")
    [row] = reads.requests(RequestQuery(), now=utc_now()).rows
    assert (row.who, row.days_left) == (f"王** {number[:3]}****{number[-4:]}", 21)


def test_a_merged_row_leads_to_the_one_who_speaks_for_it(db: None) -> None:
    number = phone()
    survivor, absorbed = make_contact(), make_contact(phone=number)
    Contact.objects.filter(pk=absorbed).update(state=1, merged_into=survivor)
    assert of(asked("access", number)).contact_id == survivor


def test_an_unknown_number_is_answered_with_nothing_held(db: None) -> None:
    request = asked("access", phone(), checked=False)
    assert of(request).contact_id is None
    actions.answer(request, outcome=Outcome.NOTHING_HELD, actor="she", now=utc_now())
    assert "没有找到与您有关的个人信息" in reads.request(request, now=utc_now()).letter
    known = asked("access", "", external_id=Contact.objects.get(pk=known_person(phone())).external_id or "")
    with pytest.raises(Conflict, match=r"request\.outcome"):
        actions.answer(known, outcome=Outcome.NOTHING_HELD, actor="she", now=utc_now())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "everything"}, "request.kind"),
        ({"via": "pigeon"}, "request.via"),
        ({"requester": Requester(name="x")}, "request.whom"),
        ({"requester": Requester(phone="12345")}, "phone.not_mainland_mobile"),
        ({"requester": Requester(phone="13800138000", words="字" * 2_001)}, "request.unfit"),
        ({"requester": Requester(external_id="a\x00b")}, "request.unfit"),
        ({"received_at": utc_now() + timedelta(days=400)}, "request.received_in_future"),
    ],
)
def test_what_cannot_be_a_request_is_refused(db: None, given: dict[str, object], code: str) -> None:
    fine = {"kind": "access", "via": "phone", "requester": Requester(phone="13800138000")}
    with pytest.raises(InvalidInput, match=code.replace(".", r"\.")):
        actions.receive(**{"received_at": utc_now(), **fine, **given}, actor="x", now=utc_now())  # type: ignore[arg-type]
    assert not PrivacyRequest.objects.exists()


def test_number_and_id_of_two_people_are_refused(db: None) -> None:
    number = phone()
    known_person(number)
    other = Contact.objects.get(pk=known_person(phone()))
    with pytest.raises(InvalidInput, match=r"request\.two_people"):
        asked("access", number, external_id=other.external_id or "")


def test_nothing_is_handed_over_before_the_identity_is_checked(db: None) -> None:
    person_number = phone()
    known_person(person_number)
    request = asked("access", person_number, checked=False)
    with pytest.raises(Conflict, match=r"request\.state"):
        actions.prepare_export(request, actor="she", now=utc_now())
    erasure = asked("erasure", person_number, checked=False)
    with pytest.raises(Conflict, match=r"request\.identity_first"):
        actions.erase(erasure, actor="she", now=utc_now())
    actions.check_identity(request, how="document", ok=False, note="照片不符", actor="she", now=utc_now())
    assert of(request).state == RequestState.RECEIVED
    actions.refuse(request, refusal="identity", actor="she", now=utc_now())
    assert "第二十五条" in reads.request(request, now=utc_now()).letter
    with pytest.raises(InvalidInput, match=r"request\.identity_note"):
        actions.check_identity(erasure, how="document", ok=True, note="  ", actor="she", now=utc_now())


def test_an_export_holds_everything_and_lies_encrypted_until_it_expires(committed_db: str) -> None:
    number = phone()
    person = known_person(number)
    request = asked("copy", number)
    actions.prepare_export(request, actor="she", now=utc_now())
    queued = all_of("select args from procrastinate_jobs where task_name = 'privacy.export'")
    assert queued == [({"request_id": request, "actor": "she"},)] or json.loads(queued[0][0]) == {
        "request_id": request,
        "actor": "she",
    }
    actions.make_export(request, actor="she", now=utc_now())
    made = of(request)
    assert (made.state, made.outcome, made.export_state) == ("answering", "provided", ExportState.READY)
    path = Path(made.export_path)
    raw = path.read_bytes()
    assert NAME.encode() not in raw and b"PK\x03\x04" not in raw and path.stat().st_mode & 0o777 == 0o600
    with archive_of(request) as archive:
        assert archive.testzip() is None
        data = json.loads(archive.read("data.json"))
        html = archive.read("index.html").decode()
    assert data["complete"] and data["version"] == 1
    rows = {one["name"]: one["rows"] for one in data["holdings"]}
    assert [one["text"] for one in rows["messages"]] == [TEXT]
    assert [(one["from"], one["text"]) for one in rows["replies"]] == [(number, "好的，谢谢")]
    assert [one["words"] for one in rows["privacy_requests"]] == ["请按法律办理"]
    assert number in json.dumps(data) and NAME in json.dumps(data, ensure_ascii=False)
    assert NAME in html and "龙井 250g" in html
    assert AuditEntry.objects.filter(action="request.download").count() == 1
    assert made.export_rows == sum(map(len, rows.values()))
    later = utc_now() + timedelta(days=15)
    with pytest.raises(Conflict, match=r"request\.no_export"):
        exports.download(request, actor="she", address=None, now=later)
    assert exports.drop_expired(now=later) == 1
    assert not path.exists() and of(request).export_state == ExportState.GONE
    assert reads.request(request, now=utc_now()).row.contact_id == person


def test_what_people_wrote_stays_data_in_every_file(committed_db: str) -> None:
    number = phone()
    known_person(number, name=HOSTILE[:60], attrs={"note": HOSTILE})
    request = asked("copy", number)
    actions.make_export(request, actor="she", now=utc_now())
    with archive_of(request) as archive:
        text = archive.read("data.json").decode()
        html = archive.read("index.html").decode()
    data = json.loads(text)
    assert HOSTILE in json.dumps(data, ensure_ascii=False).replace('\\"', '"').replace("\\\\", "\\")
    assert "<script>alert" not in html and "&lt;script&gt;" in html


def test_ten_thousand_events_pass_through_in_bounded_memory(committed_db: str) -> None:
    number = phone()
    person = known_person(number)
    now = utc_now()
    with bulk_transaction() as raw:
        for start in range(0, 10_000, 2_500):
            events = [
                EventRecord(
                    person,
                    int(EventKind.VIEW),
                    now - timedelta(minutes=at),
                    source="t",
                    source_id=str(at),
                    item="一件商品的名字" * 8,
                )
                for at in range(start, start + 2_500)
            ]
            append_events(raw, events, now=now)
    request = asked("access", number)
    tracemalloc.start()
    actions.make_export(request, actor="she", now=utc_now())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (of(request).export_rows or 0) > 10_000
    assert peak < 12_000_000, peak
    with archive_of(request) as archive:
        assert archive.getinfo("data.json").file_size > 2_000_000
    connection.close()


def test_who_is_erased_while_her_export_is_made_gets_none(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = phone()
    person = known_person(number)
    request, erasure = asked("access", number), asked("erasure", number)
    write = exports.write

    def meanwhile(*args: object, **given: object) -> None:
        write(*args, **given)  # type: ignore[arg-type]
        actions.erase(erasure, actor="he", now=utc_now())

    monkeypatch.setattr(exports, "write", meanwhile)
    actions.make_export(request, actor="she", now=utc_now())
    assert of(request).export_path == "" and list(exports.folder().glob("*.sealed")) == []
    assert Contact.objects.get(pk=person).state == 2


def test_an_export_that_fails_says_so_and_leaves_no_file(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = phone()
    known_person(number)
    request = asked("access", number)
    actions.prepare_export(request, actor="she", now=utc_now())
    monkeypatch.setattr("xinfeng.privacy.page.PageWriter.end", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.make_export(request, actor="she", now=utc_now())
    assert of(request).export_state == ExportState.FAILED and of(request).state == RequestState.WORKING
    assert list(exports.folder().glob("*.sealed")) == []
    monkeypatch.undo()


def test_an_erasure_empties_the_request_once_it_was_answered(committed_db: str) -> None:
    number = phone()
    known_person(number)
    copy = asked("copy", number)
    actions.make_export(copy, actor="she", now=utc_now())
    path = Path(of(copy).export_path)
    actions.close(copy, sent="当面交付", actor="she", now=utc_now())
    request = asked("erasure", number)
    actions.erase(request, actor="she", now=utc_now())
    assert not path.exists() and of(copy).requester_sealed is None and of(copy).letter_sealed is None
    card = reads.request(request, now=utc_now())
    assert card.requester.contact and NAME in card.letter and "通信短信息服务管理规定" in card.letter
    actions.close(request, sent="邮件", actor="she", now=utc_now())
    card = reads.request(request, now=utc_now())
    assert (card.requester, card.letter, card.request.phone_index) == (Requester(), "", None)
    assert card.erasure is not None and card.row.outcome == "erased"
    assert ("all", "erased") in suppressions(number)


def test_what_was_written_beside_a_request_goes_with_the_person(db: None) -> None:
    number = phone()
    known_person(number)
    marketing = asked("no_marketing", number, checked=False)
    actions.switch_off(marketing, actor="she", now=utc_now())
    actions.close(marketing, sent="已发到 wang@example.com", actor="she", now=utc_now())
    request = asked("erasure", number)
    actions.erase(request, actor="she", now=utc_now())
    actions.close(request, sent="已寄给王小明", actor="she", now=utc_now())
    retention.let_go_of_kept(now=utc_now())
    assert not RequestStep.objects.exclude(comment="").exists()
    assert RequestStep.objects.filter(action="close").count() == 2


def test_no_marketing_binds_at_once_also_for_a_number_nobody_knows(db: None) -> None:
    number, unknown = phone(), phone()
    person = known_person(number)
    actions.switch_off(asked("no_marketing", number, checked=False), actor="she", now=utc_now())
    stands = {one.purpose: one for one in standing_of(person)}
    assert not stands["marketing"].granted and stands["marketing"].suppressed == "opt_out"
    assert stands["profiling"].granted
    actions.switch_off(asked("no_marketing", unknown, checked=False), actor="she", now=utc_now())
    assert suppressions(number) == suppressions(unknown) == [("marketing", "opt_out")]


def test_no_personalisation_is_not_no_marketing(db: None) -> None:
    number = phone()
    person = known_person(number)
    request = asked("no_personalisation", number, checked=False)
    actions.switch_off(request, actor="she", now=utc_now())
    stands = {one.purpose: one.granted for one in standing_of(person)}
    assert stands["marketing"] and not stands["profiling"]
    with pytest.raises(Conflict, match=r"request\.state"):
        actions.switch_off(request, actor="she", now=utc_now())
    with pytest.raises(Conflict, match=r"request\.never_refused"):
        other = asked("no_personalisation", number, checked=False)
        actions.refuse(other, refusal="others", actor="she", now=utc_now())
    nobody = actions.switch_off(
        asked("no_personalisation", phone(), checked=False), actor="she", now=utc_now()
    )
    assert nobody.outcome == Outcome.NOTHING_HELD


def test_a_correction_is_answered_with_what_was_changed(db: None) -> None:
    number = phone()
    known_person(number)
    request = asked("correction", number)
    with pytest.raises(Conflict, match=r"request\.not_done"):
        actions.answer(request, outcome=Outcome.CORRECTED, actor="she", now=utc_now())
    with pytest.raises(InvalidInput, match=r"request\.nothing_changed"):
        actions.record_correction(request, fields=[], actor="she", now=utc_now())
    actions.record_correction(request, fields=["姓名", "生日"], actor="she", now=utc_now())
    actions.answer(request, outcome=Outcome.CORRECTED, actor="she", now=utc_now())
    assert "更正的项目：姓名、生日。" in reads.request(request, now=utc_now()).letter


def test_a_letter_is_signed_edited_and_final_once_sent(db: None) -> None:
    Signature.objects.create(text="信风茶社", hotline="400-100-2000")
    request = asked("explanation", phone(), checked=True)
    with pytest.raises(InvalidInput, match=r"request\.no_reason"):
        actions.answer(request, outcome=Outcome.EXPLAINED, note=" ", actor="she", now=utc_now())
    actions.answer(request, outcome=Outcome.EXPLAINED, note="分层只看购买。", actor="she", now=utc_now())
    letter = reads.request(request, now=utc_now()).letter
    assert "分层只看购买。" in letter and "信风茶社" in letter and "400-100-2000" in letter
    actions.edit_letter(request, text="改过的信", actor="she", now=utc_now())
    actions.close(request, sent="邮件", actor="she", now=utc_now())
    assert reads.request(request, now=utc_now()).letter == "改过的信"
    for deed in (
        lambda: actions.edit_letter(request, text="x", actor="she", now=utc_now()),
        lambda: actions.close(request, sent="x", actor="she", now=utc_now()),
        lambda: actions.take_back(request, reason="x", actor="she", now=utc_now()),
        lambda: actions.extend(request, days=1, reason="x", actor="she", now=utc_now()),
    ):
        with pytest.raises(Conflict, match=r"request\.state"):
            deed()


def test_a_deadline_can_be_extended_but_never_beyond_thirty_days(db: None) -> None:
    request = asked("access", phone())
    before = of(request).due_at
    actions.extend(request, days=9, reason="要向三家门店核对", actor="she", now=utc_now())
    assert of(request).due_at - before == timedelta(days=9)
    for days in (1, 0, -3, 10**9):
        with pytest.raises(InvalidInput, match=r"request\.too_late_a_day"):
            actions.extend(request, days=days, reason="x", actor="she", now=utc_now())
    with pytest.raises(InvalidInput, match=r"request\.no_reason"):
        actions.extend(request, days=1, reason="", actor="she", now=utc_now())


def test_days_can_be_set_within_the_law(db: None) -> None:
    deadlines.change_deadlines(days={"access": 10}, export_days=7, actor="she")
    request = of(asked("access", phone()))
    assert request.due_at - request.received_at <= timedelta(days=11)
    for bad in ({"access": 31}, {"access": -1}, {"tea": 3}):
        with pytest.raises(InvalidInput, match=r"request\.days"):
            deadlines.change_deadlines(days=bad, export_days=7, actor="she")
    with pytest.raises(InvalidInput, match=r"request\.days"):
        deadlines.change_deadlines(days={}, export_days=0, actor="she")


def test_lists_and_counts_show_what_burns_first(db: None) -> None:
    late, soon, calm = (asked("access", phone()) for _ in range(3))
    now = utc_now()
    PrivacyRequest.objects.filter(pk=late).update(due_at=now - timedelta(hours=1))
    PrivacyRequest.objects.filter(pk=soon).update(due_at=now + timedelta(days=2))
    over = asked("no_marketing", phone(), checked=False)
    actions.take_back(over, reason="误会", actor="she", now=now)
    assert [row.id for row in reads.requests(RequestQuery(), now=now).rows] == [late, soon, calm, over]
    found = reads.counts(now=now)
    assert (found.open, found.overdue, found.due_soon, found.unchecked) == (3, 1, 1, 0)
    assert [one.id for one in reads.requests(RequestQuery(due="overdue"), now=now).rows] == [late]
    assert [one.id for one in reads.requests(RequestQuery(due="soon"), now=now).rows] == [soon]
    assert [one.id for one in reads.requests(RequestQuery(state="taken_back"), now=now).rows] == [over]
    assert [one.id for one in reads.requests(RequestQuery(limit=2, offset=2), now=now).rows] == [calm, over]
    assert [one.id for one in reads.requests(RequestQuery(text=f"gx-{soon:06d}"), now=now).rows] == [soon]
    assert reads.requests(RequestQuery(text="'; drop table contact --"), now=now).rows == ()
    for query in (RequestQuery(kind="x"), RequestQuery(state="x"), RequestQuery(due="x")):
        with pytest.raises(InvalidInput, match=r"request\.filter"):
            reads.requests(query, now=now)


def test_a_person_is_found_by_number_and_by_id_in_the_list(db: None) -> None:
    number = phone()
    person = known_person(number)
    request = asked("access", number)
    asked("access", phone())
    external = Contact.objects.get(pk=person).external_id or ""
    for query in (RequestQuery(text=number), RequestQuery(text=external), RequestQuery(contact_id=person)):
        assert [row.id for row in reads.requests(query, now=utc_now()).rows] == [request]


def test_what_we_hold_is_counted_by_kind(db: None) -> None:
    person = known_person(phone())
    held = {one.name: one for one in reads.holdings_of(person)}
    assert (held["messages"].count, held["replies"].count) == (1, 1)
    assert held["messages"].kept_because and not held["left_out"].erasable


def test_history_is_appended_and_the_database_sees_to_it(db: None) -> None:
    request = asked("access", phone())
    assert [one.action for one in RequestStep.objects.order_by("pk")] == ["receive", "identify"]
    with pytest.raises(IntegrityError):
        RequestStep.objects.filter(request_id=request).delete()


def test_a_request_that_is_not_there_is_not_found(db: None) -> None:
    with pytest.raises(NotFound, match=r"request\.unknown"):
        actions.take_back(10**12, reason="x", actor="she", now=utc_now())
    with pytest.raises(NotFound, match=r"request\.unknown"):
        reads.request(10**12, now=utc_now())
    with pytest.raises(NotFound, match=r"request\.unknown"):
        exports.download(10**12, actor="she", address=None, now=utc_now())


def test_two_who_answer_at_once_answer_once(committed_db: str) -> None:
    request = asked("no_marketing", phone(), checked=False)
    outcomes: list[str] = []
    begun = threading.Barrier(4)

    def work() -> None:
        begun.wait()
        try:
            actions.switch_off(request, actor="she", now=utc_now())
            outcomes.append("done")
        except Conflict as conflict:
            outcomes.append(conflict.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(outcomes) == ["done", *["request.state"] * 3]
    number = of(request).phone_index
    assert number is not None and bytes(number) != vault().phone_index("13800138000")
