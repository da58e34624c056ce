"""Complaints handed in by another system."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.factories import make_contact, phone
from tests.integrations.callers import Caller, make_key

from xinfeng.complaints.models import Complaint, ComplaintStanding
from xinfeng.consent.models import Suppression
from xinfeng.integrations.api.complaints import MOST
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def caller() -> Caller:
    return Caller(make_key(scope_names=["complaints:write"]).token)


def row(**given: Any) -> dict[str, Any]:
    at = (utc_now() - timedelta(hours=1)).isoformat()
    return {"source": "12321", "phone": phone(), "complained_at": at, **given}


def said(answer: Any) -> Any:
    return json.loads(answer.content)


def test_each_row_is_taken_or_refused_by_itself(caller: Caller) -> None:
    person = phone()
    make_contact(phone=person, at=utc_now() - timedelta(days=3))
    rows = [row(phone=person, reference="A", about="too_often"), row(phone="12"), row(reference="B")]

    answer = caller.post("/complaints", {"complaints": rows})

    assert answer.status_code == 200
    body = said(answer)
    assert (body["new"], body["known"], body["rejected"]) == (2, 0, 1)
    assert [one["status"] for one in body["results"]] == ["new", "rejected", "new"]
    assert body["results"][1]["error"]["code"] == "phone.not_mainland_mobile"
    assert body["results"][0]["reference"].startswith("TS-")
    assert Suppression.objects.filter(scope="marketing", reason="complaint", lifted_at=None).count() == 2
    assert Complaint.objects.filter(actor__startswith="api:").count() == 2
    assert person not in answer.content.decode()


def test_again_is_known(caller: Caller) -> None:
    rows = [row(reference="A")]
    caller.post("/complaints", {"complaints": rows})

    body = said(caller.post("/complaints", {"complaints": rows}))

    assert (body["new"], body["known"]) == (0, 1)
    assert Complaint.objects.count() == ComplaintStanding.objects.count() == 1


def test_an_idempotency_key_gets_the_same_answer(caller: Caller) -> None:
    rows = [row(reference="A")]
    first = caller.post("/complaints", {"complaints": rows}, idempotency_key="k1")
    again = caller.post("/complaints", {"complaints": rows}, idempotency_key="k1")

    assert first.content == again.content
    assert said(again)["new"] == 1


def test_it_needs_a_scope_of_its_own() -> None:
    other = Caller(make_key(scope_names=["suppressions:write"]).token)

    assert other.post("/complaints", {"complaints": [row()]}).status_code == 403
    assert Caller().post("/complaints", {"complaints": [row()]}).status_code == 401
    assert not Complaint.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"complaints": []},
        {"complaints": [{}]},
        {"complaints": [row(source="fax")]},
        {"complaints": [row(source="reply")]},
        {"complaints": [row(complained_at="2026-11-20T10:00:00")]},
        {"complaints": [row(extra=1)]},
        {"complaints": [row(said="x" * 2001)]},
        {"complaints": [row(reply_id=1)]},
        {"complaints": [row()] * (MOST + 1)},
    ],
)
def test_a_body_of_the_wrong_shape_takes_nothing(caller: Caller, body: Any) -> None:
    assert caller.post("/complaints", body).status_code == 422
    assert not Complaint.objects.exists()
