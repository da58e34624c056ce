"""Batches: each row by itself, nothing twice, no opt-out undone."""

from __future__ import annotations

import gzip
import json

import pytest
from tests.factories import NOW, make_contact, make_event, make_notice, phone
from tests.integrations.callers import Caller, code_of, make_key

from xinfeng.consent.actions import suppress_numbers, withdraw
from xinfeng.consent.models import ConsentEntry, Standing
from xinfeng.contacts.actions import declare_attribute
from xinfeng.contacts.masked import tiers_of
from xinfeng.contacts.models import Contact, Event, Tag
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.vault import vault
from xinfeng.integrations.ingest.tiers import recompute_touched
from xinfeng.kernel.time import utc_now

CONSENT = {
    "purpose": "marketing",
    "at": "2026-01-05T10:00:00+08:00",
    "source": "web shop",
    "evidence": "order form 17",
    "notice": {"key": "privacy", "version": "1"},
}


def contacts(caller: Caller, *rows: object, **headers: str):
    response = caller.post("/contacts/batch", {"source": "crm", "contacts": rows}, **headers)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def events(caller: Caller, *rows: object, **headers: str):
    response = caller.post("/events/batch", {"source": "shop", "events": rows}, **headers)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def event(number: int = 1, **fields: object) -> dict[str, object]:
    return {"id": f"e{number}", "kind": "purchase", "at": "2026-01-05T20:15:00+08:00", **fields}


def test_a_contact_is_new_then_the_same_then_changed(caller):
    row = {
        "external_id": "M1",
        "phone": phone(),
        "name": "王小明",
        "gender": "male",
        "birthday": "1990-02-03",
    }
    first = contacts(caller, row)
    assert first["counts"] == {"new": 1, "changed": 0, "same": 0, "conflict": 0, "rejected": 0}
    [result] = first["results"]
    assert contacts(caller, row)["results"] == [{"index": 0, "status": "same", "id": result["id"]}]
    assert contacts(caller, {**row, "level": "金卡"})["results"][0]["status"] == "changed"
    contact = Contact.objects.get(pk=result["id"])
    assert (contact.external_id, contact.level, contact.gender) == ("M1", "金卡", 1)
    assert Tag.objects.get(name="crm").pk in contact.tags


def test_bad_rows_do_not_keep_good_ones_out(caller):
    done = contacts(
        caller,
        {"phone": phone()},
        {"phone": "12345"},
        {"name": "nobody"},
        {"phone": phone(), "unknown": 1},
        {"phone": phone(), "birthday": "2999-01-01"},
        {"phone": phone(), "attributes": {"nope": 1}},
        [],
        None,
        {"phone": phone(), "name": "a" * 61},
    )
    assert done["counts"]["new"] == 1 and done["counts"]["rejected"] == 8
    codes = [(one["error"]["code"], one["error"]["field"]) for one in done["results"][1:]]
    assert codes == [
        ("phone.not_mainland_mobile", "phone"),
        ("contact.unidentified", ""),
        ("field.extra_forbidden", "unknown"),
        ("birthday.in_future", "birthday"),
        ("attribute.unknown", "attributes.nope"),
        ("field.dict_type", ""),
        ("field.dict_type", ""),
        ("field.string_too_long", "name"),
    ]


def test_a_number_of_one_and_an_id_of_another_are_a_conflict(caller):
    one, other = phone(), phone()
    contacts(caller, {"external_id": "A", "phone": one}, {"external_id": "B", "phone": other})
    done = contacts(caller, {"external_id": "A", "phone": other})
    assert done["counts"]["conflict"] + done["counts"]["changed"] == 1


def test_attributes_are_read_as_they_are_declared(caller):
    for key, kind in (("shoe", "number"), ("vip", "bool"), ("since", "date"), ("note", "text")):
        declare_attribute(key=key, label=key, kind=kind, actor="test")
    row = {"phone": phone(), "attributes": {"shoe": 42.5, "vip": True, "since": "2020/1/2", "note": "a  b"}}
    [result] = contacts(caller, row)["results"]
    assert Contact.objects.get(pk=result["id"]).attrs == {
        "shoe": 42.5,
        "vip": True,
        "since": "2020-01-02",
        "note": "a b",
    }
    wrong = contacts(caller, {"phone": phone(), "attributes": {"vip": 3}})
    assert wrong["results"][0]["error"]["code"] == "attribute.kind_of_value"


def test_consent_needs_all_its_evidence(caller):
    make_notice()
    done = contacts(caller, {"phone": phone(), "consents": [CONSENT]})
    entry = ConsentEntry.objects.get(contact_id=done["results"][0]["id"])
    assert (entry.purpose, entry.granted, entry.source) == ("marketing", True, "import:web shop")
    assert Standing.objects.get(contact_id=entry.contact_id, purpose="marketing").granted
    for name in CONSENT:
        lacking = {key: value for key, value in CONSENT.items() if key != name}
        assert contacts(caller, {"phone": phone(), "consents": [lacking]})["counts"]["rejected"] == 1
    other = {**CONSENT, "notice": {"key": "privacy", "version": "2"}}
    assert contacts(caller, {"phone": phone(), "consents": [other]})["results"][0]["error"]["code"] == (
        "consent.notice_unknown"
    )
    telling = {**CONSENT, "evidence": f"called {phone()}"}
    assert contacts(caller, {"phone": phone(), "consents": [telling]})["results"][0]["error"]["code"] == (
        "consent.evidence_identifies"
    )
    future = {**CONSENT, "at": "2999-01-01T00:00:00Z"}
    assert contacts(caller, {"phone": phone(), "consents": [future]})["counts"]["rejected"] == 1


def test_the_same_consent_is_not_written_twice(caller):
    make_notice()
    row = {"phone": phone(), "consents": [CONSENT, CONSENT]}
    contacts(caller, row)
    contacts(caller, row)
    assert ConsentEntry.objects.count() == 1


def test_consent_needs_its_own_scope(db):
    make_notice()
    caller = Caller(make_key(scope_names=["contacts:write"]).token)
    body = {"source": "crm", "contacts": [{"phone": phone(), "consents": [CONSENT]}]}
    answer = caller.post("/contacts/batch", body)
    assert answer.status_code == 403 and code_of(answer) == "api.scope"
    assert not Contact.objects.exists()


def test_an_opt_out_outlives_a_batch(caller):
    make_notice()
    number = phone()
    contact_id = make_contact(phone=number, consent=("marketing",))
    now = utc_now()
    withdraw(contact_id, "marketing", at=now, source="reply", evidence="T", actor="test", now=now)
    suppress_numbers(
        [vault().phone_index(number)], scope="all", reason="opt_out", source="reply", actor="test", now=now
    )
    contacts(caller, {"phone": number, "consents": [{**CONSENT, "at": utc_now().isoformat()}]})
    standing = Standing.objects.get(contact_id=contact_id, purpose="marketing")
    assert not standing.granted and standing.suppressed == "opt_out"


def test_whoever_was_erased_is_not_taken_in_again(caller):
    number = phone()
    suppress_numbers(
        [vault().phone_index(number)], scope="all", reason="erased", source="request", actor="test", now=NOW
    )
    done = contacts(caller, {"phone": phone()}, {"phone": number, "name": "王"})
    assert [one["status"] for one in done["results"]] == ["new", "rejected"]
    assert done["results"][1]["error"]["code"] == "contact.erased"


def test_events_are_taken_once_by_source_and_id(caller):
    number = phone()
    contact_id = make_contact(phone=number, external_id="M9")
    done = events(
        caller,
        event(
            1,
            phone=number,
            amount_fen=1200,
            item="春茶",
            properties={"sku": "a\tb\\n", "n": [1, {"x": None}]},
        ),
        event(2, external_id="M9"),
        event(3, contact_id=contact_id),
        event(3, contact_id=contact_id),
    )
    assert [one["status"] for one in done["results"]] == ["new", "new", "new", "same"]
    assert events(caller, event(1, phone=number))["counts"]["same"] == 1
    stored = Event.objects.get(source_id="e1")
    assert stored.contact_id == contact_id and stored.properties == {"sku": "a\tb\\n", "n": [1, {"x": None}]}
    assert Event.objects.count() == 3


def test_events_of_strangers_and_of_no_time_are_refused(caller):
    contact_id = make_contact(external_id="M9")
    other = make_contact(external_id="M8")
    done = events(
        caller,
        event(1, phone=phone()),
        event(2),
        event(3, contact_id=contact_id, at="2999-01-01T00:00:00Z"),
        event(4, contact_id=contact_id, at="1960-01-01T00:00:00Z"),
        event(5, contact_id=contact_id, at="0001-01-01T00:00:00+23:00"),
        event(6, contact_id=contact_id, at="2026-01-05T20:15:00"),
        event(7, contact_id=contact_id, at=1700000000),
        event(8, contact_id=contact_id, kind="dance"),
        event(9, contact_id=contact_id, amount_fen=1.5),
        event(10, contact_id=contact_id, amount_fen=-1),
        event(11, contact_id=contact_id, external_id="M8"),
        event(12, contact_id=contact_id, properties={"x": "y" * 5000}),
        event(13, contact_id=0),
    )
    assert done["counts"]["rejected"] == 13, done
    assert [one["error"]["code"] for one in done["results"]] == [
        "event.contact_unknown",
        "contact.unidentified",
        "time.out_of_range",
        "time.out_of_range",
        "time.out_of_range",
        "field.timezone_aware",
        "field.datetime_text",
        "field.literal_error",
        "field.int_type",
        "field.greater_than_equal",
        "contact.conflict",
        "event.properties_too_large",
        "field.greater_than_equal",
    ]
    assert other and not Event.objects.exists()


def test_tiers_follow_the_events_of_a_batch(caller):
    contact_id = make_contact(at=NOW.replace(year=2020))
    now = utc_now()
    events(caller, event(1, contact_id=contact_id, at=now.isoformat()))
    assert recompute_touched(now=now) == 1
    assert tiers_of([contact_id]) == {contact_id: 2}
    assert recompute_touched(now=now) == 0


def test_a_repeated_request_gets_the_same_answer_and_another_one_is_refused(caller):
    body = {"source": "crm", "contacts": [{"phone": phone()}]}
    first = caller.post("/contacts/batch", body, idempotency_key="k-1")
    again = caller.post("/contacts/batch", body, idempotency_key="k-1")
    assert first.content == again.content and again["Idempotent-Replayed"] == "true"
    assert json.loads(again.content)["counts"]["new"] == 1 and Contact.objects.count() == 1
    other = caller.post("/contacts/batch", {**body, "source": "x"}, idempotency_key="k-1")
    assert other.status_code == 409 and code_of(other) == "idempotency.other_request"
    elsewhere = caller.post("/events/batch", body, idempotency_key="k-1")
    assert elsewhere.status_code in (409, 422)
    stranger = Caller(make_key().token)
    assert stranger.post("/contacts/batch", body, idempotency_key="k-1").status_code == 200


def test_what_failed_is_not_remembered(caller):
    refused = caller.post("/contacts/batch", {"source": "crm", "contacts": []}, idempotency_key="k-2")
    assert refused.status_code == 422
    body = {"source": "crm", "contacts": [{"phone": phone()}]}
    assert caller.post("/contacts/batch", body, idempotency_key="k-2").status_code == 200
    assert caller.post("/contacts/batch", body, idempotency_key="\xe9").status_code == 400
    assert caller.post("/contacts/batch", body, idempotency_key="x" * 201).status_code == 400


def test_only_faults_are_listed_when_asked_for(caller):
    body = {"source": "crm", "contacts": [{"phone": phone()}, {"phone": "1"}]}
    done = json.loads(caller.post("/contacts/batch?results=faults", body).content)
    assert [one["index"] for one in done["results"]] == [1] and done["counts"]["new"] == 1
    assert caller.post("/contacts/batch?results=some", body).status_code == 422


def test_a_batch_may_come_packed(caller):
    body = gzip.compress(json.dumps({"source": "crm", "contacts": [{"phone": phone()}]}).encode())
    answer = caller.send("POST", "/contacts/batch", body, content_encoding="gzip")
    assert answer.status_code == 200


def test_a_batch_leaves_one_line_in_the_audit(caller):
    contacts(caller, {"phone": phone()}, {"phone": phone()})
    [entry] = AuditEntry.objects.filter(action="contact.batch")
    assert entry.actor.startswith("api:") and entry.detail["new"] == 2


@pytest.mark.parametrize("language,words", [("en", "Neither"), ("zh-CN,zh;q=0.9,en;q=0.8", "没有手机号")])
def test_faults_are_in_the_callers_language(caller, language, words):
    done = contacts(caller, {"name": "x"}, accept_language=language)
    assert done["results"][0]["error"]["message"].startswith(words)


def test_a_source_and_known_people_are_needed(caller):
    contact_id = make_contact()
    make_event(contact_id)
    for body in (
        {"events": [event(1, contact_id=contact_id)]},
        {"source": "", "events": [event(1, contact_id=contact_id)]},
        {"source": 3, "events": [event(1, contact_id=contact_id)]},
        {"source": "x", "events": {}},
        {"source": "x", "events": [event(1)], "more": 1},
        [],
        "x",
        None,
    ):
        assert caller.post("/events/batch", body).status_code == 422, body


@pytest.mark.parametrize("source", ["partner:acme", "PARTNER:acme", " partner:x"])
def test_nothing_may_look_as_if_a_partner_had_passed_it_on(caller, source):
    make_notice()
    who = make_contact()
    for path, name in (("/contacts/batch", "contacts"), ("/events/batch", "events")):
        answer = caller.post(path, {"source": source, name: [{"external_id": "M1"}]})
        assert (answer.status_code, code_of(answer)) == (422, "partner.not_by_api")
    assert not Tag.objects.filter(name__iendswith="acme").exists()
    consent = {**CONSENT, "source": source}
    [result] = contacts(caller, {"external_id": "M1", "consents": [consent]})["results"]
    assert result["error"]["code"] == "partner.not_by_api" and result["error"]["field"] == "consents"
    answer = caller.post(f"/contacts/{who}/consents/grant", consent)
    assert (answer.status_code, code_of(answer)) == (422, "partner.not_by_api")
