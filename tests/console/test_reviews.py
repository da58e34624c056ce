"""The reviewer's desk: the queue, one text with everything about it, decisions, proofs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.console.people import signed_in
from tests.factories import make_contacts

from xinfeng.content import evidence, review
from xinfeng.content.actions import add_signature, save_template
from xinfeng.content.models import Evidence, TemplateVersion
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in("operator")


@pytest.fixture
def reviewer(db: None) -> Client:
    return signed_in("reviewer")


def version(value: str = "新茶到店，满200减50", **changes: object) -> TemplateVersion:
    from xinfeng.content.models import Signature

    signature = Signature.objects.first() or add_signature("四时茶", hotline="400-820-8820", actor="test")
    given = {
        "name": "新茶",
        "purpose": "marketing",
        "signature_id": signature.pk,
        "value": value,
        "action": "到店领取",
        "opt_out": "拒收请回复R",
        "actor": "operator",
        **changes,
    }
    return save_template(**given)  # type: ignore[arg-type]


def asked(value: str = "新茶到店，满200减50", **changes: object) -> TemplateVersion:
    one = version(value, **changes)
    review.ask_for_review(one.pk, actor="operator", now=utc_now())
    return one


def body(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined]


def test_an_empty_desk_says_so(reviewer: Client) -> None:
    assert "都审完了" in body(reviewer.get("/reviews"))
    assert "还没有凭证" in body(reviewer.get("/reviews/evidence"))
    assert reviewer.get("/reviews/done").status_code == 200


def test_what_waits_is_counted_in_the_navigation_and_listed(operator: Client, reviewer: Client) -> None:
    one = asked("国家级的茶，销量第一")
    html = body(reviewer.get("/reviews"))
    assert f"/reviews/{one.pk}" in html
    assert "禁止 1" in html
    assert "缺凭证 1" in html
    assert "xf-tab-count" in body(reviewer.get("/"))
    assert 'href="/reviews"' not in body(operator.get("/"))


def test_findings_are_marked_in_the_very_characters(operator: Client, reviewer: Client) -> None:
    one = asked("国家级的茶")
    html = body(reviewer.get(f"/reviews/{one.pk}"))
    assert 'class="xf-mark is-block"' in html
    assert ">国家级<sup>" in html
    assert "广告法" in html
    assert "现在不能通过" in html


def test_approve_goes_on_to_the_queue(operator: Client, reviewer: Client) -> None:
    one = asked()
    response = reviewer.post(f"/reviews/{one.pk}/approve", {"comment": "好"})
    assert response.status_code == 302
    assert review.state_of(one.pk) == "approved"
    assert "已通过" in body(reviewer.get(f"/reviews/{one.pk}"))
    assert "新茶" in body(reviewer.get("/reviews/done"))


def test_a_refusal_stays_on_the_page_with_what_was_typed(operator: Client, reviewer: Client) -> None:
    one = asked("国家级的茶")
    response = reviewer.post(f"/reviews/{one.pk}/approve", {"comment": HOSTILE})
    html = body(response)
    assert response.status_code == 409
    assert "谁都不能批准" in html
    assert "&lt;script&gt;" in html
    assert HOSTILE not in html
    response = reviewer.post(f"/reviews/{one.pk}/return", {"comment": " "})
    assert "请写明原因" in body(response)


def test_operators_ask_and_take_back_but_do_not_decide(operator: Client) -> None:
    one = version()
    assert operator.post(f"/reviews/{one.pk}/ask", {"comment": ""}).status_code == 302
    assert review.state_of(one.pk) == "in_review"
    for deed in ("approve", "return", "block"):
        assert operator.post(f"/reviews/{one.pk}/{deed}", {"comment": "x"}).status_code == 403
    assert operator.post(f"/reviews/{one.pk}/take-back").status_code == 302
    assert review.state_of(one.pk) == "draft"
    assert operator.post(f"/reviews/{one.pk}/destroy").status_code == 404


def test_blocking_needs_a_reason_and_is_shown(operator: Client, reviewer: Client) -> None:
    one = asked()
    assert reviewer.post(f"/reviews/{one.pk}/block", {"comment": "品牌方不同意"}).status_code == 302
    html = body(operator.get(f"/reviews/{one.pk}"))
    assert "已禁用" in html
    assert "品牌方不同意" in html


def proof_of(**changes: object) -> dict[str, object]:
    return {
        "rule": "absolute.first",
        "claim": "销量第一",
        "title": "统计",
        "reference": "协会统字 12 号",
        "scope": "2025 年，全国",
        "valid_until": (datetime.now(UTC) + timedelta(days=9)).date().isoformat(),
        "file": SimpleUploadedFile("报告.pdf", b"%PDF-1.7"),
        **changes,
    }


def test_a_proof_is_attached_handed_out_and_withdrawn(operator: Client, reviewer: Client) -> None:
    one = asked("销量第一的茶")
    page = operator.get(
        f"/reviews/{one.pk}/evidence?rule=absolute.first&claim=%E9%94%80%E9%87%8F%E7%AC%AC%E4%B8%80"
    )
    assert "证明“销量第一”" in body(page)
    assert operator.post(f"/reviews/{one.pk}/evidence", proof_of()).status_code == 302
    kept = Evidence.objects.get()
    assert "即将到期" in body(reviewer.get(f"/reviews/{one.pk}"))
    file = reviewer.post(f"/reviews/evidence/{kept.pk}/file")
    assert file.content == b"%PDF-1.7"
    assert file["Content-Type"] == "application/octet-stream"
    assert file["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(action="evidence.read", actor="reviewer").exists()
    assert reviewer.post(f"/reviews/{one.pk}/approve", {}).status_code == 302
    assert operator.post(f"/reviews/evidence/{kept.pk}/withdraw", {"reason": "x"}).status_code == 403
    assert reviewer.post(f"/reviews/evidence/{kept.pk}/withdraw", {"reason": "数据有误"}).status_code == 302
    assert "需重新审核" in body(reviewer.get(f"/reviews/{one.pk}"))
    assert "已撤回" in body(reviewer.get("/reviews/evidence"))


def test_what_is_wrong_with_a_proof_stands_at_its_field(operator: Client) -> None:
    one = asked("销量第一的茶")
    response = operator.post(f"/reviews/{one.pk}/evidence", proof_of(valid_until="2020-01-01"))
    assert response.status_code == 422
    assert "已经过去了" in body(response)
    response = operator.post(f"/reviews/{one.pk}/evidence", proof_of(claim=HOSTILE))
    assert response.status_code == 422
    assert HOSTILE not in body(response)
    assert not Evidence.objects.exists()


def test_a_proof_that_is_there_is_offered_and_used_again(operator: Client, reviewer: Client) -> None:
    first = asked("销量第一的茶")
    operator.post(f"/reviews/{first.pk}/evidence", proof_of())
    kept = Evidence.objects.get()
    other = asked("年年销量第一", name="别的")
    assert f'name="evidence" value="{kept.pk}"' in body(operator.get(f"/reviews/{other.pk}"))
    assert operator.post(f"/reviews/{other.pk}/reuse", {"evidence": str(kept.pk)}).status_code == 302
    assert evidence.attached([other.pk])[other.pk] == [kept]
    assert operator.post(f"/reviews/{other.pk}/reuse", {"evidence": "1;drop"}).status_code == 400


def test_what_changed_since_the_last_approval_is_shown_word_by_word(
    operator: Client, reviewer: Client
) -> None:
    first = asked()
    reviewer.post(f"/reviews/{first.pk}/approve", {})
    second = asked("新茶到店，满300减50", template_id=first.template_id)
    html = body(reviewer.get(f"/reviews/{second.pk}"))
    assert "<del>2</del>" in html
    assert "<ins>3</ins>" in html


def test_risky_readers_are_shown_masked(operator: Client, reviewer: Client) -> None:
    make_contacts(1, name="王小明")
    make_contacts(1, name="国家级")
    one = asked("{{ contact.name }}您好，新茶到店", defaults={"contact.name": "会员"})
    html = body(reviewer.get(f"/reviews/{one.pk}"))
    assert "客户资料带来的问题" in html
    assert "国家级" not in html
    assert "王小明" not in html
    assert "王**您好" in html


def test_the_thread_keeps_who_said_what(operator: Client, reviewer: Client) -> None:
    one = asked()
    assert reviewer.post(f"/reviews/{one.pk}/comment", {"text": f"期限写清 {HOSTILE}"}).status_code == 302
    html = body(operator.get(f"/reviews/{one.pk}"))
    assert "期限写清" in html
    assert HOSTILE not in html
    assert signed_in("analyst").post(f"/reviews/{one.pk}/comment", {"text": "我"}).status_code == 403


def test_the_piece_for_other_pages_tells_where_it_stands(operator: Client) -> None:
    one = asked()
    assert "待审核" in body(operator.get(f"/reviews/{one.pk}/state"))


@pytest.mark.parametrize("path", ["/reviews/987654321", "/reviews/987654321/state"])
def test_a_version_that_is_not_there(reviewer: Client, path: str) -> None:
    assert reviewer.get(path).status_code == 404
