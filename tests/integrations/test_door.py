"""Keys: what opens the door, how often, from where, and for what."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from tests.factories import make_contact, make_notice, phone
from tests.integrations.callers import EVERY_SCOPE, Caller, code_of, make_key

from xinfeng.consent.models import Suppression
from xinfeng.contacts.models import Contact
from xinfeng.foundation.bodies import Refusal
from xinfeng.foundation.bounded.base import DatabaseWrapper, Seats
from xinfeng.foundation.models import AuditEntry
from xinfeng.integrations import gatekeeping
from xinfeng.integrations.api import v1
from xinfeng.integrations.keys import Meter, create_key, meter, revoke_key
from xinfeng.integrations.models import ApiKey, ApiUse
from xinfeng.integrations.throttle import Buckets
from xinfeng.integrations.urls import urlpatterns
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.privacy.models import PrivacyRequest


def test_without_a_right_key_nothing_opens(db):
    token = make_key().token
    head, prefix, secret = token.split("_", 2)
    wrong = [
        None,
        "",
        "x",
        token + "x",
        token[:-1],
        f"{head}_{prefix}_{'A' * 43}",
        f"{head}_aaaaaaaaaaaa_{secret}",
    ]
    for one in wrong:
        answer = Caller(one).get("/tags")
        assert answer.status_code == 401 and code_of(answer) == "api.unauthorized"
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert Caller(token).get("/tags").status_code == 200
    basic = Caller(None, authorization=f"Basic {token}")
    assert basic.get("/tags").status_code == 401


def test_a_session_of_the_console_opens_nothing(db):
    from tests.console.people import signed_in

    assert signed_in("administrator").get("/api/v1/tags").status_code == 401


def test_revoked_and_expired_keys_are_dead(db):
    now = utc_now()
    made = make_key()
    revoke_key(made.id, actor="test", now=now)
    assert Caller(made.token).get("/tags").status_code == 401
    with pytest.raises(Conflict):
        revoke_key(made.id, actor="test", now=now)
    old = make_key(expires_at=now + timedelta(hours=1))
    assert Caller(old.token).get("/tags").status_code == 200
    ApiKey.objects.filter(pk=old.id).update(expires_at=now)
    assert Caller(old.token).get("/tags").status_code == 401


def test_a_key_opens_only_from_its_addresses(db):
    inside = make_key(allowed_addresses=["127.0.0.0/8"])
    outside = make_key(allowed_addresses=["10.0.0.0/8", "2001:db8::/32"])
    assert Caller(inside.token).get("/tags").status_code == 200
    assert Caller(outside.token).get("/tags").status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 81},
        {"scope_names": []},
        {"scope_names": ["everything"]},
        {"rate_per_minute": 0},
        {"burst": 10**9},
        {"allowed_addresses": ["300.1.1.1"]},
        {"expires_at": utc_now() - timedelta(days=1)},
    ],
)
def test_keys_that_make_no_sense_are_not_made(db, wrong):
    with pytest.raises(InvalidInput):
        create_key(**{"name": "x", "scope_names": ["contacts:read"], "actor": "t", "now": utc_now(), **wrong})


def test_every_operation_needs_its_scope(db):
    make_contact(external_id="M1")
    for path, methods in v1.description()["paths"].items():
        for method, operation in methods.items():
            scope = operation.get("x-scope")
            if not scope:
                assert operation["operationId"] == "health"
                continue
            others = [name for name in EVERY_SCOPE if name != scope]
            caller = Caller(make_key(scope_names=others).token)
            where = path.removeprefix("/api/v1")
            for name in ("contact_id", "segment_id", "webhook_id", "delivery_id", "form_id"):
                where = where.replace(f"{{{name}}}", "1")
            answer = caller.send(method.upper(), where, b"{}")
            assert answer.status_code == 403 and code_of(answer) == "api.scope", (method, path)


def test_the_rate_is_told_and_kept(db, at_once):
    caller = Caller(make_key(rate_per_minute=60, burst=3).token)
    answers = [caller.get("/tags") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert [one["RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert answers[3]["Retry-After"] == "1" and code_of(answers[3]) == "api.rate"


def test_guessing_keys_is_slowed_down_for_the_address(db, at_once):
    token = make_key().token
    for _ in range(20):
        assert Caller("xf_aaaaaaaaaaaa_" + "A" * 43).get("/tags").status_code == 401
    assert Caller("xf_aaaaaaaaaaaa_" + "A" * 43).get("/tags").status_code == 429
    assert Caller(token).get("/tags").status_code == 429


def test_buckets_fill_again_and_forget_the_oldest():
    buckets = Buckets(at_most=2)
    assert buckets.take("a", per_minute=60, burst=2, now=0.0).allowed
    assert buckets.take("a", per_minute=60, burst=2, now=0.0).allowed
    refused = buckets.take("a", per_minute=60, burst=2, now=0.0)
    assert not refused.allowed and (refused.wait_s, refused.reset_s) == (1, 2)
    assert buckets.take("a", per_minute=60, burst=2, now=1.0).allowed
    for name in "bcd":
        buckets.take(name, per_minute=60, burst=2, now=1.0)
    assert buckets.take("a", per_minute=60, burst=2, now=1.0).remaining == 1


def test_use_is_counted_and_written_at_most_once_a_minute(db):
    made = make_key()
    counted, now = Meter(), utc_now()
    for second in range(5):
        counted.count(made.id, 200 if second else 404, rows=10, now=now + timedelta(seconds=second))
    assert ApiKey.objects.get(pk=made.id).requests == 1
    counted.count(made.id, 500, rows=10, now=now + timedelta(seconds=61))
    key = ApiKey.objects.get(pk=made.id)
    assert key.requests == 6 and key.last_used_at == now + timedelta(seconds=61)
    used = list(ApiUse.objects.filter(key=made.id))
    assert sum(one.requests for one in used) == 6 and sum(one.rows for one in used) == 60
    assert (sum(one.refused for one in used), sum(one.failed for one in used)) == (1, 1)
    counted.flush(now)
    ApiKey.objects.filter(pk=made.id).delete()
    counted.count(made.id, 200, rows=1, now=now + timedelta(hours=1))
    assert meter is not counted


def test_numbers_and_names_are_masked_and_revealing_is_audited(caller):
    number = phone()
    contact_id = make_contact(phone=number, name="王小明", external_id="M1")
    seen = json.loads(caller.post("/contacts/find", {"phone": number}).content)
    assert seen["id"] == contact_id and seen["name"] == "王**" and "****" in seen["phone"]
    assert number not in caller.get(f"/contacts/{contact_id}").content.decode()
    assert code_of(caller.get(f"/contacts/{contact_id}?reveal=true")) == "contact.reveal_needed"
    shown = caller.get(f"/contacts/{contact_id}?reveal=true", x_reveal_reason="complaint 7")
    assert json.loads(shown.content)["phone"] == number
    assert AuditEntry.objects.get(action="contact.reveal").detail["reason"] == "complaint 7"
    plain = Caller(make_key(scope_names=["contacts:read"]).token)
    answer = plain.get(f"/contacts/{contact_id}?reveal=true", x_reveal_reason="x")
    assert answer.status_code == 403


def test_a_contact_is_found_changed_and_tagged(caller):
    contact_id = make_contact(external_id="M1", phone=phone())
    assert caller.post("/contacts/find", {"external_id": "M2"}).status_code == 404
    assert caller.post("/contacts/find", {}).status_code == 422
    changed = caller.patch(f"/contacts/{contact_id}", {"level": "金卡", "gender": "female"})
    assert (json.loads(changed.content)["level"], json.loads(changed.content)["gender"]) == ("金卡", "female")
    assert Contact.objects.get(pk=contact_id).external_id == "M1"
    cleared = caller.patch(f"/contacts/{contact_id}", {"clear": ["level"]})
    assert json.loads(cleared.content)["level"] is None
    assert caller.patch(f"/contacts/{contact_id}", {"clear": ["phone"]}).status_code == 422
    put = caller.post(f"/contacts/{contact_id}/tags", {"put": ["vip", "vip", "母婴"], "reason": "crm"})
    assert json.loads(put.content) == {"put": ["vip", "母婴"], "taken": []}
    taken = caller.post(f"/contacts/{contact_id}/tags", {"take": ["vip", "none"]})
    assert json.loads(taken.content) == {"put": [], "taken": ["vip"]}
    assert caller.patch("/contacts/999999", {"level": "x"}).status_code == 404


def test_consents_are_recorded_with_evidence_and_withdrawn(caller):
    make_notice()
    contact_id = make_contact(consent=())
    given = {
        "purpose": "marketing",
        "at": "2026-01-05T10:00:00+08:00",
        "source": "shop",
        "evidence": "form 1",
        "notice": {"key": "privacy", "version": "1"},
    }
    granted = caller.post(f"/contacts/{contact_id}/consents/grant", given)
    assert granted.status_code == 201, granted.content
    assert json.loads(granted.content)["consent"]["may_be_written_to"]
    proof = json.loads(caller.get(f"/contacts/{contact_id}/consents/proof?purpose=marketing").content)
    assert proof["hash_fits"] and proof["source"] == "api:shop" and proof["evidence"] == "form 1"
    back = {name: given[name] for name in ("purpose", "source", "evidence")}
    withdrawn = caller.post(
        f"/contacts/{contact_id}/consents/withdraw", {**back, "at": utc_now().isoformat()}
    )
    assert not json.loads(withdrawn.content)["consent"]["granted"]
    standings = json.loads(caller.get(f"/contacts/{contact_id}/consents").content)
    asking = next(one for one in standings if one["purpose"] == "marketing")["asking"]
    assert not asking["allowed"] and asking["reason"] == "cooling_down" and asking["may_ask_from"]
    lacking = {name: value for name, value in given.items() if name != "notice"}
    assert caller.post(f"/contacts/{contact_id}/consents/grant", lacking).status_code == 422


def test_numbers_are_suppressed_looked_up_and_never_lifted(caller):
    make_notice()
    number = phone()
    contact_id = make_contact(phone=number)
    body = {"phones": [number, "x"], "scope": "all", "reason": "opt_out", "source": "call centre"}
    assert json.loads(caller.post("/suppressions", body).content) == {"added": 1, "unreadable": [1]}
    assert json.loads(caller.post("/suppressions", body).content)["added"] == 0
    found = json.loads(caller.post("/suppressions/lookup", {"phones": [number, phone(), "x"]}).content)
    assert [bool(one["suppressed"]) for one in found] == [True, False, False]
    assert [one["valid"] for one in found] == [True, True, False]
    granted = caller.post(
        f"/contacts/{contact_id}/consents/grant",
        {
            "purpose": "marketing",
            "at": utc_now().isoformat(),
            "source": "shop",
            "evidence": "form",
            "notice": {"key": "privacy", "version": "1"},
        },
    )
    assert not json.loads(granted.content)["consent"]["may_be_written_to"]
    assert Suppression.objects.get().lifted_at is None
    assert not [url for url in urlpatterns if "lift" in str(url.pattern)]


def test_requests_of_persons_are_handed_in_without_telling_who_is_known(caller):
    number = phone()
    make_contact(phone=number)
    said = {"kind": "erasure", "received_at": utc_now().isoformat(), "words": "请删除"}
    known = caller.post("/privacy/requests", {**said, "phone": number})
    stranger = caller.post("/privacy/requests", {**said, "phone": phone()})
    assert known.status_code == stranger.status_code == 201, known.content
    assert set(json.loads(known.content)) == set(json.loads(stranger.content))
    assert PrivacyRequest.objects.count() == 2
    assert caller.post("/privacy/requests", said).status_code == 422


def test_attributes_are_declared_and_listed(caller):
    made = caller.post("/attributes", {"key": "shoe", "label": "鞋码", "kind": "number"})
    assert made.status_code == 201
    assert caller.post("/attributes", {"key": "shoe", "label": "x", "kind": "number"}).status_code == 409
    hostile = {"key": "x'); drop table contact; --", "label": "x", "kind": "text"}
    assert caller.post("/attributes", hostile).status_code == 422
    assert [one["key"] for one in json.loads(caller.get("/attributes").content)] == ["shoe"]


def test_the_description_and_its_page_need_nothing_from_elsewhere(db):
    caller = Caller()
    document = json.loads(caller.get("/openapi.json").content)
    assert document["openapi"].startswith("3.1") and len(document["paths"]) > 20
    page = caller.get("/docs")
    html = page.content.decode()
    assert page.status_code == 200 and "default-src 'none'" in page["Content-Security-Policy"]
    assert "<script" not in html.replace('<script src="/static/', "").lower() or "cdn" not in html
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["operationId"] in html
    assert caller.get("/health").status_code == 200


def test_other_methods_are_refused_as_problems(caller):
    answer = caller.delete("/tags")
    assert answer.status_code == 405 and code_of(answer) == "api.method" and "GET" in answer["Allow"]


def test_nothing_of_the_body_is_limited_by_django_alone():
    """Batches of 8 MB are read from the stream; everything else stays below Django's own limit."""
    from xinfeng.integrations import bodies

    assert bodies.SINGLE_BYTES < settings.DATA_UPLOAD_MAX_MEMORY_SIZE < bodies.BATCH_BYTES


def test_a_host_that_is_not_ours_is_refused_and_no_failure(db):
    for path in ("/health", "/tags"):
        assert Caller(host="evil.example").get(path).status_code == 400


def test_faults_of_a_body_are_named_as_the_caller_wrote_them(db):
    caller = Caller(make_key().token)
    contact_id = make_contact()
    cases = [
        ("POST", "/contacts/find", {"shoe": 1}, "shoe"),
        ("PATCH", f"/contacts/{contact_id}", {"shoe": 1}, "shoe"),
        ("POST", f"/contacts/{contact_id}/consents/grant", {"purpose": 5}, "purpose"),
        ("POST", "/suppressions", {"phones": "13800138000"}, "phones"),
        ("POST", "/complaints", {"complaints": [{"phone": 1}]}, "complaints.0."),
        ("POST", "/webhooks", {"name": []}, "name"),
        ("POST", "/webhooks", [], "body"),
    ]
    for method, path, body, first in cases:
        answer = caller.send(method, path, json.dumps(body))
        paths = [one["path"] for one in json.loads(answer.content)["errors"]]
        assert any(one.startswith(first) for one in paths), (path, paths)


def test_a_method_that_an_address_does_not_take_is_refused_in_words_with_those_it_takes(db):
    caller = Caller(make_key().token)
    cases = [
        ("GET", "/suppressions", "POST"),
        ("PUT", "/tags", "GET"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ]
    for method, path, allowed in [
        *cases,
        ("POST", "/docs", "GET, HEAD"),
        ("DELETE", "/contacts/1", "GET, PATCH"),
    ]:
        answer = caller.send(method, path)
        assert answer.status_code == 405 and code_of(answer) == "api.method"
        assert set(answer["Allow"].split(", ")) == set(allowed.split(", "))
        assert allowed.split(", ")[0] in json.loads(answer.content)["title"]


def _in_a_thread_without_seats(monkeypatch, ask):
    """What a request gets whose thread finds no database connection free."""
    monkeypatch.setattr(DatabaseWrapper, "seats", Seats(0, patience_s=0.0))
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask()))
    thread.start()
    thread.join()
    return answers[0]


def test_without_a_database_connection_callers_are_told_to_come_again(db, monkeypatch):
    caller = Caller(make_key().token)
    asks = [
        lambda: caller.get("/tags"),
        lambda: caller.post("/contacts/batch", {"source": "s", "contacts": [{"external_id": "1"}]}),
        lambda: caller.post("/suppressions", {"phones": [], "source": "s"}),
    ]
    for ask in asks:
        answer = _in_a_thread_without_seats(monkeypatch, ask)
        assert answer.status_code == 503 and code_of(answer) == "api.busy" and answer["Retry-After"]


def test_large_bodies_wait_too_while_no_connection_is_free(db, monkeypatch):
    token = make_key().token
    scope = {"path": "/api/v1/contacts/batch", "headers": [(b"authorization", f"Bearer {token}".encode())]}
    refusal = _in_a_thread_without_seats(monkeypatch, lambda: gatekeeping._may_send(scope))
    assert isinstance(refusal, Refusal) and refusal.status == 503
    assert dict(refusal.headers)["retry-after"] and json.loads(refusal.body)["code"] == "api.busy"


def test_a_request_that_was_served_is_not_failed_by_its_counting(db, monkeypatch):
    made, counted, now = make_key(), Meter(), utc_now()
    with monkeypatch.context() as patched:
        _in_a_thread_without_seats(patched, lambda: counted.count(made.id, 200, rows=3, now=now))
    counted.count(made.id, 200, rows=4, now=now + timedelta(seconds=61))
    assert ApiUse.objects.get(key_id=made.id).rows == 7
