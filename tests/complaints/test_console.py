"""The screens of complaints: who sees what, and the way from intake to answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.complaints.world import TEXT
from tests.console.people import signed_in
from tests.factories import make_contact, phone
from tests.privacy.people import wrote

from xinfeng.complaints import actions, files, settings
from xinfeng.complaints.intake import NewComplaint
from xinfeng.complaints.models import (
    Complaint,
    ComplaintAttachment,
    ComplaintFile,
    ComplaintStanding,
    Waiver,
)
from xinfeng.consent.models import Suppression
from xinfeng.delivery.models import Reply, ReplyHandled
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now

HOSTILE = '"><script>alert(1)</script>'

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(xinfeng_settings.load()), "uploads", property(lambda _: tmp_path / "uploads"))


@pytest.fixture
def officer() -> Client:
    return signed_in("compliance")


def taken(**given: object) -> int:
    fields = {
        "source": "12321",
        "phone": phone(),
        "complained_at": utc_now() - timedelta(hours=1),
        "said": HOSTILE,
        "quoted": TEXT,
        "reference": "GD-1",
    }
    return actions.take_complaint(NewComplaint(**{**fields, **given}), actor="yu", now=utc_now()).complaint_id


def html_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def test_an_empty_list_says_what_to_do(officer: Client) -> None:
    assert "还没有投诉" in html_of(officer, "/complaints")


def test_it_is_taken_in_by_hand(officer: Client) -> None:
    at = (utc_now() - timedelta(hours=2)).astimezone(xinfeng_settings.load().zone)
    number = phone()
    given = {
        "source": "10086",
        "phone": number,
        "complained_at": f"{at:%Y-%m-%dT%H:%M}",
        "about": "too_often",
        "reference": "R-1",
    }

    answer = officer.post("/complaints/new", given)

    kept = Complaint.objects.get()
    assert answer.url == f"/complaints/{kept.pk}"
    assert (kept.source, kept.about, kept.actor) == ("10086", "too_often", "compliance")
    assert Suppression.objects.filter(scope="marketing", reason="complaint", lifted_at=None).exists()
    assert "登记过了" in officer.post("/complaints/new", given, follow=True).content.decode()
    assert number not in html_of(officer, f"/complaints/{kept.pk}")


@pytest.mark.parametrize(
    "broken",
    [{"phone": "1"}, {"complained_at": "x"}, {"source": "fax"}, {"complained_at": "2090-01-01T00:00"}],
)
def test_what_cannot_be_taken_stays_in_the_form(officer: Client, broken: dict[str, str]) -> None:
    given = {"source": "12321", "phone": phone(), "complained_at": "2026-11-20T10:00", "about": "other"}

    answer = officer.post("/complaints/new", {**given, **broken})

    assert answer.status_code == 422
    assert not Complaint.objects.exists()


def test_it_is_handled_to_its_end(officer: Client) -> None:
    complaint_id = taken()
    do = f"/complaints/{complaint_id}/do"
    officer.post(f"{do}/take_up")
    officer.post(f"/complaints/{complaint_id}/notes", {"text": HOSTILE})
    officer.post(
        f"/complaints/{complaint_id}/attachments", {"file": SimpleUploadedFile("a<b>.html", b"<script>")}
    )
    officer.post(f"{do}/extend", {"days": "2", "why": "等回执"})
    officer.post(f"{do}/letter", {"to": "carrier", "letter": "情况说明"})
    html = html_of(officer, f"/complaints/{complaint_id}?letter=carrier")
    assert "情况说明" in html
    assert "<script>alert" not in html
    answer = officer.post(f"{do}/answer", {"valid": "yes", "how": "书面答复"})
    assert answer.status_code == 302

    standing = ComplaintStanding.objects.get()
    assert (standing.state, standing.valid, standing.assigned_to) == ("answered", True, "compliance")
    html = html_of(officer, f"/complaints/{complaint_id}")
    assert "<script>alert" not in html
    file = officer.get(f"/complaints/{complaint_id}/attachments/{ComplaintAttachment.objects.get().pk}")
    assert file["Content-Type"] == "application/octet-stream"
    assert file["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(action="complaint.download").exists()


@pytest.mark.parametrize("role", ["operator", "reviewer", "analyst"])
def test_others_see_it_masked_and_may_not_decide(role: str) -> None:
    number = phone()
    complaint_id = taken(phone=number, said="住在某某路")
    client = signed_in(role)

    html = html_of(client, f"/complaints/{complaint_id}")
    assert number not in html
    assert ("住在某某路" in html) is (role == "operator")  # who takes them in reads them
    for deed in ("take_up", "answer", "dismiss", "match", "letter", "extend", "assign", "reopen"):
        assert client.post(f"/complaints/{complaint_id}/do/{deed}", {"valid": "yes"}).status_code == 403
    assert client.post("/complaints/rules", {}).status_code == 403
    assert client.post("/complaints/rates/waive", {}).status_code == 403
    assert client.get("/complaints/new").status_code == (200 if role == "operator" else 403)
    assert client.get("/complaints/rates").status_code == 200
    assert ComplaintStanding.objects.get().state == "open"


def test_a_developer_sees_none() -> None:
    complaint_id = taken()
    client = signed_in("developer")
    for path in ("", f"/{complaint_id}", "/rates", "/rules", "/files", "/new"):
        assert client.get(f"/complaints{path}").status_code == 403


def test_a_reply_in_the_inbox_is_a_complaint(officer: Client) -> None:
    number = phone()
    person = make_contact(phone=number, at=utc_now() - timedelta(days=30))
    wrote(person, number)
    reply = Reply.objects.get()
    assert "是投诉" in html_of(officer, "/inbox")

    answer = officer.post(f"/complaints/replies/{reply.pk}", {"about": "unsolicited"})

    kept = Complaint.objects.get()
    assert answer.url == f"/complaints/{kept.pk}"
    assert (kept.source, kept.reply_id, kept.contact_id) == ("reply", reply.pk, person)
    assert ReplyHandled.objects.filter(pk=reply.pk).exists()
    assert "已登记为投诉" in html_of(officer, "/inbox")
    officer.post(f"/complaints/replies/{reply.pk}", {"about": "other"})
    assert Complaint.objects.count() == 1
    assert officer.post("/complaints/replies/999999", {"about": "other"}).status_code == 404


def test_a_file_is_mapped_taken_and_its_refused_rows_fetched(officer: Client) -> None:
    text = f"投诉号码,投诉时间,工单号\n{phone()},2026-11-20 10:00,=1+1\n12,2026-11-20,@x\n"
    answer = officer.post("/complaints/files/new", {"file": SimpleUploadedFile("a.csv", text.encode())})
    kept = ComplaintFile.objects.get()
    assert answer.url == f"/complaints/files/{kept.pk}"
    html = html_of(officer, answer.url)
    assert "****" in html

    chosen = {"column-0": "phone", "column-1": "complained_at", "column-2": "reference", "source": "12321"}
    assert officer.post(answer.url, {**chosen, "column-1": "phone"}).status_code == 422
    assert officer.post(answer.url, {**chosen, "remember": "1"}).status_code == 302
    files.run(kept.pk, now=utc_now())

    assert "已完成" in html_of(officer, answer.url)
    assert "a.csv" in html_of(officer, "/complaints/files")
    fetched = officer.get(f"/complaints/files/{kept.pk}/rejected")
    assert "'@x" in b"".join(fetched.streaming_content).decode()  # type: ignore[arg-type]
    assert AuditEntry.objects.filter(action="complaint.rejected").exists()
    assert Complaint.objects.get().reference == "=1+1"


def test_the_rules_are_shown_with_their_sources_and_can_be_changed(officer: Client) -> None:
    html = html_of(officer, "/complaints/rules")
    assert "华为云短信服务使用规范" in html
    given = {f"days-{code}": "3" for code in (
        "12321", "10086", "10010", "10000", "10099", "vendor", "hotline", "shop", "social", "regulator", "reply"
    )}  # fmt: skip
    for at, one in enumerate(settings.THRESHOLDS):
        given |= {f"limit-{at}": str(one.per_million), f"consequence-{at}": one.consequence}
        given |= {f"enabled-{at}": "1"}
    given |= {
        "look_back_days": "7",
        "window_days": "30",
        "at_least": "3",
        "confidence": "90",
        "counts": "valid",
        "pauses": "1",
        "new-label": "合同限额",
        "new-limit": "0.8",
        "new-consequence": "suspend",
        "new-source": "合同第八条",
    }

    assert officer.post("/complaints/rules", given).status_code == 302
    rules = settings.current()
    assert (rules.at_least, rules.confidence, rules.counts) == (3, 0.9, "valid")
    assert (rules.thresholds[-1].label, rules.thresholds[-1].per_million) == ("合同限额", 0.8)

    assert officer.post("/complaints/rules", {**given, "at_least": "0"}).status_code == 422
    assert officer.post("/complaints/rules", {**given, "confidence": "nan"}).status_code == 422
    assert settings.current() == rules


def test_rates_without_anything_sent(officer: Client) -> None:
    taken()
    html = html_of(officer, "/complaints/rates?by=template&days=90")
    assert "没有送达的营销短信" in html
    assert officer.get("/complaints/rates?by=x").status_code == 400


def test_a_waiver_needs_days_and_a_reason(officer: Client) -> None:
    given = {"dimension": "signature", "id": "1", "days": "7", "reason": "已整改"}
    assert officer.post("/complaints/rates/waive", given).status_code == 302
    assert Waiver.objects.get().reason == "已整改"
    for broken in ({"days": "99"}, {"reason": ""}, {"dimension": "x"}, {"id": "a"}):
        assert officer.post("/complaints/rates/waive", {**given, **broken}).status_code == 400


def test_a_contact_shows_hers(officer: Client) -> None:
    number = phone()
    person = make_contact(phone=number)
    assert html_of(officer, f"/complaints/contacts/{person}").strip() == ""
    taken(phone=number)
    assert f"/complaints/{Complaint.objects.get().pk}" in html_of(officer, f"/complaints/contacts/{person}")


@pytest.mark.parametrize(
    "path", ["?state=x", "?after=x", "?plan=x", "?source=fax", "/99999999", "/1/do/nothing"]
)
def test_addresses_that_were_tampered_with(officer: Client, path: str) -> None:
    assert officer.get(f"/complaints{path}").status_code in (400, 404, 405)
