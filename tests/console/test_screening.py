"""Content rules in the console: found, explained, changed with a reason; own words; a text tried."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation
from tests.console.people import signed_in

from xinfeng.console.marking import mark
from xinfeng.kernel.time import utc_now
from xinfeng.screening.models import OwnWord, RuleOverride
from xinfeng.screening.reads import filed_domains, screener
from xinfeng.screening.rules import shipped

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def compliance() -> Client:
    return signed_in("compliance")


def test_rules_are_found_by_word_category_and_outcome(compliance: Client) -> None:
    assert "法律点名的绝对化用语" in compliance.get("/screening?q=国家级").text
    page = compliance.get("/screening?category=education&outcome=evidence").text
    assert "education.teacher" in page
    assert "education.guarantee" not in page
    assert "absolute.named" not in compliance.get("/screening?q=zzzzzz").text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_rule_has_a_page(compliance: Client, language: str) -> None:
    compliance.cookies["django_language"] = language
    for rule in shipped():
        page = compliance.get(f"/screening/rules/{rule.id}")
        assert page.status_code == 200
        assert rule.id in page.text
    assert compliance.get("/screening/rules/no.such").status_code == 404


def test_a_rule_is_changed_with_a_reason_and_restored(compliance: Client) -> None:
    address = "/screening/rules/contact.mobile"
    assert compliance.post(address, {"change": "off", "reason": ""}).status_code == 200
    assert not RuleOverride.objects.exists()
    done = compliance.post(address, {"change": "off", "reason": "客服手机已报备", "until": "2099-01-01"})
    assert done.status_code == 302
    page = compliance.get(address).text
    assert "客服手机已报备" in page
    assert "已停用" in page
    assert compliance.post(address + "/withdraw", {"reason": "到期"}).status_code == 302
    assert RuleOverride.objects.get().withdrawn_by == "compliance"


def test_what_the_law_fixes_offers_no_milder_change(compliance: Client) -> None:
    page = compliance.get("/screening/rules/absolute.named").text
    assert "不能放宽" in page
    refused = compliance.post("/screening/rules/absolute.named", {"change": "off", "reason": "试试"})
    assert refused.status_code == 200
    assert not RuleOverride.objects.exists()


def test_words_are_pasted_listed_and_retired(compliance: Client) -> None:
    given = {
        "words": "蓝鲸计划\n\n旧口号\n旧口号",
        "outcome": "block",
        "reason": "已停用的活动",
        "trades": ["retail"],
    }
    assert compliance.post("/screening/words/new", given).status_code == 302
    page = compliance.get("/screening/words").text
    assert "蓝鲸计划" in page
    assert "零售" in page
    word = OwnWord.objects.get(word="旧口号")
    assert compliance.post(f"/screening/words/{word.pk}/retire", {"reason": "恢复使用"}).status_code == 302
    assert "旧口号" not in compliance.get("/screening/words").text.split("<tbody", 1)[1]
    assert "旧口号" in compliance.get("/screening/words?state=retired").text


def test_words_that_cannot_be_taken_are_said_at_the_field(compliance: Client) -> None:
    page = compliance.post("/screening/words/new", {"words": "一", "outcome": "block", "reason": "试"})
    assert "不能作为词" in page.text
    assert not OwnWord.objects.exists()


def test_a_text_is_tried_and_marked(compliance: Client) -> None:
    result = compliance.post(
        "/screening/try/result", {"text": "<b>全网最低价</b>", "trade": "retail", "purpose": "marketing"}
    ).text
    assert "&lt;b&gt;" in result
    assert '<mark class="xf-mark is-evidence"' in result
    assert "限时优惠价" in result
    assert (
        "没有发现问题"
        in compliance.post(
            "/screening/try/result", {"text": "周六上新", "trade": "retail", "purpose": "marketing"}
        ).text
    )


def test_filed_domains_are_kept(compliance: Client) -> None:
    assert (
        compliance.post("/screening/domains", {"domains": "example.cn\nshop.example.com"}).status_code == 302
    )
    assert filed_domains() == ["example.cn", "shop.example.com"]
    assert "不是一个域名" in compliance.post("/screening/domains", {"domains": "https://x"}).text


@pytest.mark.parametrize("role", ["operator", "reviewer"])
def test_others_look_but_do_not_touch(role: str) -> None:
    client = signed_in(role)
    for address in ("", "/rules/contact.mobile", "/words", "/try", "/domains"):
        assert client.get("/screening" + address).status_code == 200
    assert client.get("/screening/words/new").status_code == 403
    assert client.post("/screening/rules/contact.mobile", {"change": "off", "reason": "x"}).status_code == 403
    assert client.post("/screening/domains", {"domains": "a.cn"}).status_code == 403
    assert client.post("/screening/words/1/retire", {"reason": "x"}).status_code == 403


def test_overlapping_findings_are_marked_once_each() -> None:
    text = "國\u200b家級，销量第一\u200b"
    with translation.override("zh-hans"):
        marked = mark(text, screener(utc_now()).screen(text, trade="retail", purpose="marketing"))
    assert "".join(one.text for one in marked.pieces) == text.replace("\u200b", "␣")
    assert [note.number for note in marked.notes] == list(range(1, len(marked.notes) + 1))
    first = marked.pieces[0]
    assert first.outcome == "block"
    assert len(first.numbers) == 2
