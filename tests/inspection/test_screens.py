"""The inspection screens: who may see them, that every part answers, and what can be done there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from tests.campaigns.factories import planned
from tests.console.people import signed_in
from tests.factories import make_contact, make_contacts

from xinfeng.console.inspection.views import PARTS
from xinfeng.foundation import seals
from xinfeng.foundation.models import AuditEntry, LegalHold
from xinfeng.inspection.models import InspectionExport
from xinfeng.lens.engine import close_lens

PERIOD = "first=2026-11-01&last=2026-11-30"


@pytest.fixture
def world(committed_db: str) -> Iterator[int]:
    from datetime import date

    seals.head_path().unlink(missing_ok=True)
    make_contacts(3)
    make_contact(birthday=date(2012, 5, 1))
    campaign = planned()
    yield campaign.pk
    close_lens()
    seals.head_path().unlink(missing_ok=True)


def html_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_every_part_of_the_account_answers_in_both_languages(world: int) -> None:
    compliance = signed_in("compliance")
    html = html_of(compliance, f"/inspection?{PERIOD}")
    for name in PARTS:
        assert f"/inspection/part/{name}?first=2026-11-01" in html
        assert html_of(compliance, f"/inspection/part/{name}?{PERIOD}&campaign={world}"), name
    assert "form:test" in html_of(compliance, f"/inspection/part/consents?{PERIOD}")
    sample = html_of(compliance, f"/inspection/part/sample?{PERIOD}&n=2&seed=x")
    assert sample.count("/explain?contact=") == 2 and sample == html_of(
        compliance, f"/inspection/part/sample?{PERIOD}&n=2&seed=x"
    )
    english = Client(headers={"host": "localhost", "accept-language": "en"})
    english.force_login(_user("compliance"))
    for name in PARTS:
        html_of(english, f"/inspection/part/{name}?{PERIOD}")


def _user(name: str) -> object:
    from xinfeng.foundation.models import User

    return User.objects.get(username=name)


@pytest.mark.parametrize(
    "path",
    [
        "/inspection?first=x&last=2026-11-30",
        "/inspection?first=2026-11-30&last=2026-11-01",
        "/inspection?first=1900-01-01&last=2026-11-01",
        f"/inspection?{PERIOD}&campaign=1;drop",
        f"/inspection/part/sample?{PERIOD}&n=500",
        f"/inspection/messages?{PERIOD}&state=nonsense",
        f"/inspection/messages?{PERIOD}&carrier=9",
        f"/inspection/messages?{PERIOD}&after=x",
    ],
)
def test_what_makes_no_sense_is_refused(world: int, path: str) -> None:
    html_of(signed_in("compliance"), path, status=400)


def test_numbers_lead_to_the_rows_behind_them(world: int) -> None:
    compliance = signed_in("compliance")
    assert html_of(compliance, f"/inspection/messages?{PERIOD}").count("/explain?contact=") == 3
    for more, count in (("purpose=marketing", 3), ("purpose=service", 0), ("source=form:test", 3), ("source=x", 0),
                        ("proven=yes", 3), ("proven=no", 0), ("proven=missing", 0), ("state=planned", 3), ("state=failed", 0)):  # fmt: skip
        html = html_of(compliance, f"/inspection/messages?{PERIOD}&{more}")
        assert html.count("/explain?contact=") == count, more
    assert html_of(compliance, f"/inspection/left-out?{PERIOD}&reason=minor").count("/explain?contact=") == 1
    assert html_of(compliance, "/inspection/part/nonsense", status=404)


def test_only_those_who_answer_for_it_see_and_export(world: int) -> None:
    pages = (
        "/inspection",
        f"/inspection/part/volume?{PERIOD}",
        "/inspection/retention",
        f"/inspection/messages?{PERIOD}",
    )
    for role, seen in (
        ("operator", 403),
        ("analyst", 403),
        ("developer", 403),
        ("reviewer", 200),
        ("compliance", 200),
        ("administrator", 200),
    ):
        client = signed_in(role)
        for page in pages:
            html_of(client, page, status=seen)
        exporting = 200 if role in ("compliance", "administrator") else 403
        assert client.get("/inspection/archives", follow=False).status_code in (
            (200, 302) if exporting == 200 else (403,)
        )
        assert (client.post("/inspection/retention/messages", {"days": "400"}).status_code == 302) is (
            exporting == 200
        )


def test_only_those_who_export_are_led_to_the_archives(world: int) -> None:
    page = "/inspection/archives"
    assert page in html_of(signed_in("compliance"), f"/inspection?{PERIOD}")
    assert page not in html_of(signed_in("reviewer"), f"/inspection?{PERIOD}")
    assert page not in html_of(signed_in("reviewer"), "/inspection/retention")


def test_a_retention_below_the_floor_says_the_article(world: int) -> None:
    answer = signed_in("compliance").post("/inspection/retention/messages", {"days": "150"})
    html = answer.content.decode()
    assert answer.status_code == 400 and "184" in html and "74" in html


def test_holds_are_placed_and_lifted_with_reasons(world: int) -> None:
    compliance = signed_in("compliance")
    refused = compliance.post("/inspection/holds", {"what": "period", "reason": "法院"})
    assert refused.status_code == 422
    assert (
        compliance.post(
            "/inspection/holds", {"what": "campaign", "number": world, "reason": "法院调取"}
        ).status_code
        == 302
    )
    hold = LegalHold.objects.get()
    assert "法院调取" in html_of(compliance, "/inspection/retention")
    assert compliance.post(f"/inspection/holds/{hold.pk}/lift", {"reason": "结案"}).status_code == 302
    hold.refresh_from_db()
    assert hold.lifted_reason == "结案"
    assert html_of(compliance, "/inspection/retention/plan")


def test_an_archive_is_asked_for_and_numbers_in_the_clear_need_their_permission(world: int) -> None:
    compliance = signed_in("compliance")
    asked = {"first": "2026-11-01", "last": "2026-11-30", "numbers": "masked", "reason": ""}
    answer = compliance.post("/inspection/archives", asked)
    if answer.status_code == 302 and "archives" not in answer["Location"]:
        pytest.skip("this browser has to prove who it is")
    assert answer.status_code == 422
    assert compliance.post("/inspection/archives", {**asked, "reason": "通管局"}).status_code == 302
    assert InspectionExport.objects.get().about["first"] == "2026-11-01"
    assert "通管局" in html_of(compliance, "/inspection/archives")


def test_the_audit_log_is_narrowed_checked_and_exported(world: int) -> None:
    compliance = signed_in("compliance")
    html = html_of(compliance, "/audit?first=2026-01-01&last=2030-01-01&address=10.0.0.0/8")
    assert 'value="10.0.0.0/8"' in html
    html_of(compliance, "/audit?address=nonsense", status=400)
    assert compliance.post("/audit/check").status_code == 302
    assert AuditEntry.objects.filter(action="audit.check").exists()
    assert "正在核验" in html_of(compliance, "/audit/checking")
    assert compliance.post("/audit/export?action=login", {"reason": "内审"}).status_code == 302
    assert InspectionExport.objects.get().about == {"action": "login"}
    assert signed_in("reviewer").post("/audit/export", {"reason": "x"}).status_code == 403
