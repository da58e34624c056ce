"""Consent in the console: notices, suppressions, proof, contracts with partners."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.campaigns.factories import planned
from tests.console.people import signed_in
from tests.console.test_imports import upload
from tests.factories import NOW, make_contact, make_notice

from xinfeng.campaigns.proof import draw_up_proof
from xinfeng.consent import ledger_checks, proof_files
from xinfeng.consent.asking import cool_down_days
from xinfeng.consent.bundle.checking import verify_bundle
from xinfeng.consent.models import ConsentEntry, Notice, SharingContract, Suppression
from xinfeng.consent.reads import standing_of
from xinfeng.contacts.models import Contact
from xinfeng.filings.days import business_day_of
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.signing import signer
from xinfeng.intake import actions as intake
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens


@pytest.fixture
def he(db: None) -> Client:
    """Somebody of compliance."""
    return signed_in("compliance")


def html(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def downloaded(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


NOTICE = {
    "key": "privacy",
    "version": "2026-11",
    "purpose": "marketing",
    "effective_at": "2026-11-01T09:00",
    "text": "我们<b>发短信",
}


@pytest.mark.parametrize("address", ["", "/suppressions", "/proof", "/notices/new"])
def test_empty_pages_say_what_to_do(he: Client, address: str) -> None:
    assert "授权" in html(he, f"/consents{address}")


def test_pages_are_for_those_who_may_see_them(db: None) -> None:
    operator, developer = signed_in("operator"), signed_in("developer")
    assert operator.get("/consents").status_code == 200
    for address in ("/consents/notices/new", "/contracts", "/contracts/new", "/consents/proof/campaigns/1"):
        assert operator.get(address).status_code == 403
    for address in (
        "suppressions/add",
        "suppressions/1/lift",
        "proof/check",
        "proof/cool-down",
        "proof/contacts/1",
    ):
        assert operator.post(f"/consents/{address}").status_code == 403
    assert developer.get("/consents").status_code == 403


def test_a_notice_is_published_compared_and_never_changed(he: Client) -> None:
    assert he.post("/consents/notices/new", NOTICE).status_code == 302
    first = Notice.objects.get()
    assert first.created_by == "compliance"
    assert "我们&lt;b&gt;发短信" in html(he, f"/consents/notices/{first.pk}")
    again = he.post("/consents/notices/new", {**NOTICE, "text": "别的话"})
    assert again.status_code == 422
    assert "版本" in again.content.decode()
    newer = {**NOTICE, "version": "2026-12", "text": "我们<b>打电话", "requires_renewal": "on"}
    assert he.post("/consents/notices/new", newer).status_code == 302
    second = Notice.objects.get(version="2026-12")
    page = html(he, f"/consents/notices/{first.pk}/{second.pk}")
    assert "<del" in page
    assert "打电话</ins>" in page
    assert "过时" in html(he, f"/consents/notices/{first.pk}")
    other = make_notice(key="other")
    assert he.get(f"/consents/notices/{first.pk}/{other.pk}").status_code == 404
    assert he.get("/consents/notices/999").status_code == 404
    assert 'value="privacy"' in html(he, f"/consents/notices/new?from={first.pk}")
    assert he.get("/consents/notices/new?from=x'").status_code == 200


def test_numbers_are_suppressed_found_and_lifted_with_a_reason(he: Client) -> None:
    contact = make_contact(phone="13812345678", consent=("marketing", "service"))
    form = {"phone": "138 1234 5678", "reason": "complaint", "scope": "marketing", "source": "12321 工单 7"}
    assert he.post("/consents/suppressions/add", form).status_code == 302
    assert he.post("/consents/suppressions/add", form).status_code == 302
    row = Suppression.objects.get()
    standing = {one.purpose: one.may_be_written_to for one in standing_of(contact)}
    assert (standing["marketing"], standing["service"]) == (False, True)
    page = html(he, "/consents/suppressions")
    assert "138****5678" in page
    assert "13812345678" not in page
    found = he.post("/consents/suppressions", {"phone": "13812345678"}).content.decode()
    assert "12321 工单 7" in found
    assert "没有屏蔽的号码" in he.post("/consents/suppressions", {"phone": "13900000000"}).content.decode()
    assert he.post(f"/consents/suppressions/{row.pk}/lift", {"reason": " "}).status_code == 400
    assert he.post(f"/consents/suppressions/{row.pk}/lift", {"reason": "登记错了"}).status_code == 302
    assert "登记错了" in AuditEntry.objects.get(action="suppression.lift").detail["why"]
    assert "解除" in html(he, "/consents/suppressions?show=lifted")


@pytest.mark.parametrize(
    "change", [{"phone": "123"}, {"phone": ""}, {"reason": "erased"}, {"scope": "none"}, {"source": ""}]
)
def test_suppressions_that_cannot_be_added(he: Client, change: dict[str, str]) -> None:
    form = {"phone": "13812345678", "reason": "manual", "scope": "all", "source": "x", **change}
    assert he.post("/consents/suppressions/add", form).status_code == 422
    assert not Suppression.objects.exists()


def test_the_list_of_suppressions_goes_on(he: Client) -> None:
    for number in range(30):
        form = {"phone": f"138123456{number:02}", "reason": "manual", "scope": "all", "source": "x"}
        he.post("/consents/suppressions/add", form)
    after = Suppression.objects.order_by("-id")[24].pk
    page = html(he, f"/consents/suppressions?after={after}")
    assert page.count("未建档的号码") == 5
    assert he.get("/consents/suppressions?after=x").status_code == 400


def test_the_key_the_ledger_and_the_cool_down_are_shown_and_kept(he: Client) -> None:
    make_contact()
    page = html(he, "/consents/proof")
    assert signer().fingerprint in page
    assert "还没有核验过" in page
    assert he.post("/consents/proof/check").status_code == 302
    assert "正在核验" in html(he, "/consents/proof/ledger")
    ledger_checks.remember(ledger_checks.verify_ledger(), now=NOW)
    assert "完整" in html(he, "/consents/proof/ledger")
    assert he.post("/consents/proof/cool-down", {"days": "90"}).status_code == 302
    assert cool_down_days() == 90
    assert he.post("/consents/proof/cool-down", {"days": "0"}).status_code == 422
    assert cool_down_days() == 90


def test_a_persons_proof_is_handed_over_and_nothing_is_left_behind(he: Client, tmp_path: Any) -> None:
    contact = make_contact(phone="13812345678")
    before = sorted(proof_files.folder().iterdir())
    answer = he.post(f"/consents/proof/contacts/{contact}", {"reason": "来函", "reveal": "1"})
    path = tmp_path / "p.zip"
    path.write_bytes(downloaded(answer))
    assert "attachment" in answer["Content-Disposition"]
    assert verify_bundle(path, trusted_key=signer().fingerprint).whole
    with zipfile.ZipFile(path) as archive:
        assert b"13812345678" in archive.read("manifest.json")
    assert he.post(f"/consents/proof/contacts/{contact}", {"reason": ""}).status_code == 400
    assert he.post("/consents/proof/contacts/999", {"reason": "x"}).status_code == 404
    assert sorted(proof_files.folder().iterdir()) == before
    assert AuditEntry.objects.filter(action="proof.person").count() == 1


def test_a_campaigns_proof_is_asked_for_drawn_up_and_fetched(committed_db: str) -> None:
    he = signed_in("compliance")
    try:
        make_contact(at=NOW - timedelta(days=40))
        campaign = planned()
        address = f"/consents/proof/campaigns/{campaign.pk}"
        assert "还没有出具过" in html(he, address)
        assert he.post(address, {"reason": " "}).status_code == 422
        assert he.post(address, {"reason": "通道要求"}).status_code == 302
        assert he.post(address, {"reason": "再一份"}).status_code == 422
        assert "hx-get" in html(he, f"{address}/files")
        [proof] = proof_files.proofs_of("campaign", campaign.pk)
        assert he.post(f"/consents/proof/files/{proof.pk}").status_code == 404
        draw_up_proof(proof.pk, now=NOW)
        assert "下载" in html(he, address)
        raw = downloaded(he.post(f"/consents/proof/files/{proof.pk}"))
        assert zipfile.ZipFile(io.BytesIO(raw)).testzip() is None
        assert signed_in("operator").post(f"/consents/proof/files/{proof.pk}").status_code == 403
    finally:
        close_lens()


def contract_form(**changes: Any) -> dict[str, Any]:
    today = business_day_of(utc_now())
    return {
        "partner": "晨光文具",
        "number": "XF-1",
        "title": "联合营销",
        "starts_on": (today - timedelta(days=30)).isoformat(),
        "ends_on": (today + timedelta(days=10)).isoformat(),
        "scope": "共同会员",
        "purposes": ["marketing"],
        "fields_": ["phone", "name"],
        "file": SimpleUploadedFile("../../合同.pdf", b"%PDF"),
        **changes,
    }


def test_a_contract_is_filed_read_and_ended(he: Client) -> None:
    assert "还没有合同" in html(he, "/contracts")
    assert he.post("/contracts/new", contract_form()).status_code == 302
    contract = SharingContract.objects.get()
    assert "天到期" in html(he, "/contracts")
    page = html(he, f"/contracts/{contract.pk}")
    assert "共同会员" in page
    answer = he.post(f"/contracts/{contract.pk}/file")
    assert downloaded(answer) == b"%PDF"
    assert answer["Content-Type"] == "application/octet-stream"
    assert he.post("/contracts/new", contract_form()).status_code == 422
    assert he.post(f"/contracts/{contract.pk}/end", {"reason": ""}).status_code == 400
    assert he.post(f"/contracts/{contract.pk}/end", {"reason": "停止合作"}).status_code == 302
    assert "停止合作" in html(he, f"/contracts/{contract.pk}")
    assert he.post(f"/contracts/{contract.pk}/end", {"reason": "又"}).status_code == 409
    assert he.get("/contracts/999").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"file": SimpleUploadedFile("a.pdf", b"")},
        {"file": ""},
        {"ends_on": "2020-01-01"},
        {"purposes": ["x"]},
        {"fields_": []},
    ],
)
def test_contracts_that_cannot_be_filed(he: Client, change: dict[str, Any]) -> None:
    assert he.post("/contracts/new", contract_form(**change)).status_code == 422
    assert not SharingContract.objects.exists()


def test_a_partners_file_is_imported_under_its_contract(committed_db: str) -> None:
    he, operator = signed_in("compliance"), signed_in("operator")
    he.post("/contracts/new", contract_form())
    contract = SharingContract.objects.get()
    job = upload(operator, "手机号,姓名,凭证,城市\n13800138000,王,CG-1,深圳\n13800138001,李,,深圳\n")
    form = {
        "column:0": "phone",
        "column:1": "name",
        "column:2": "consent_evidence",
        "column:3": "city",
        "source": "联名活动",
        "contract": str(contract.pk),
        "mode": "rows",
        "purpose": "marketing",
        "given_at": "2026-03-01T10:00",
        "consent_source": "晨光会员页",
        "evidence": "",
        "notice": "",
        "step": "check",
    }
    refused = operator.post(f"/imports/{job}/columns", form)
    assert refused.status_code == 422
    assert "没有包括这些列：城市" in refused.content.decode()
    form["column:3"] = "skip"
    summary = operator.post(f"/imports/{job}/columns", form).content.decode()
    assert "XF-1" in summary
    assert operator.post(f"/imports/{job}/columns", {**form, "step": "start"}).status_code == 302
    intake.run_import(job, now=utc_now())
    assert [entry.evidence for entry in ConsentEntry.objects.all()] == ["XF-1: CG-1"]
    assert Contact.objects.count() == 1
    page = html(operator, f"/imports/{job}")
    assert "没有授权凭证" in page
    assert f"/contracts/{contract.pk}" not in page
    assert f"/contracts/{contract.pk}" in html(signed_in("administrator"), f"/imports/{job}")
    assert "会员" in html(he, f"/contracts/{contract.pk}")


def test_a_campaign_without_a_plan_has_nothing_to_prove(he: Client) -> None:
    from tests.campaigns.factories import make_campaign

    campaign = make_campaign()
    assert "还没有生成计划" in html(he, f"/consents/proof/campaigns/{campaign.pk}")
    assert he.post(f"/consents/proof/campaigns/{campaign.pk}", {"reason": "x"}).status_code == 422
    assert he.get("/consents/proof/campaigns/999").status_code == 404
