"""The screens of forms, through the console's door."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.console.people import signed_in
from tests.forms.world import draft_form, lottery, make_form, notice, one, prize, submit

from xinfeng.forms.models import Form, FormVersion
from xinfeng.foundation.models import User
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")

SCREENS = (
    "",
    "/edit",
    "/preview",
    "/preview?step=code",
    "/preview?step=result",
    "/preview.css",
    "/versions",
    "/submissions",
    "/awards",
)


def inputs(html: str) -> dict[str, Any]:
    """What a browser would send of the builder, as it stands."""
    form = html[html.index('id="builder"') : html.index('id="beside"')]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or ('type="checkbox"' in tag or 'type="radio"' in tag) and " checked" not in tag:
            continue
        found.setdefault(name[1], []).append(value[1] if value else "on")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        found[name] = [text]
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = [chosen[1] if chosen else ""]
    found.pop("csrfmiddlewaretoken", None)
    return found


def test_every_screen_answers_for_a_draft_and_for_a_published_form() -> None:
    operator = signed_in("operator")
    full = make_form(
        now=utc_now(),
        languages=["zh-hans"],
        incentive=lottery(
            prize("p1", odds_ppm=500_000, stock=3), prize("p2", "points", points=5, odds_ppm=500_000)
        ),
        fields=[
            {"key": "phone"},
            {"key": "q_1", "kind": "choice", "label": {"zh-hans": "哪个"}, "choices": [{"zh-hans": "甲"}]},
        ],
    )
    submit(full, now=utc_now(), q_1="0")
    for form in (draft_form(now=utc_now()), full):
        for screen in SCREENS:
            assert operator.get(f"/forms/{form.pk}{screen}").status_code == 200, screen
    for screen in ("/forms", "/forms/new", "/forms/codes", "/forms?q=报名&state=published"):
        assert operator.get(screen).status_code == 200, screen
    for screen in ("/forms/999", "/forms/999/edit"):
        assert operator.get(screen).status_code == 404


def test_numbers_are_masked_everywhere() -> None:
    form = make_form(now=utc_now(), incentive={"prizes": [prize(kind="generated", stock=5)]})
    submit(form, "13912349876", now=utc_now(), name="王小明")
    operator = signed_in("operator")
    for screen in ("/submissions", "/awards"):
        html = operator.get(f"/forms/{form.pk}{screen}").content.decode()
        assert "13912349876" not in html and "王小明" not in html
        assert "139****9876" in html


def test_who_may_look_may_not_change() -> None:
    form = make_form(now=utc_now())
    reviewer = signed_in("reviewer")
    assert reviewer.get(f"/forms/{form.pk}").status_code == 200
    for path in ("publish", "close", "coupons", "keep"):
        assert reviewer.post(f"/forms/{form.pk}/{path}").status_code == 403
    assert reviewer.get(f"/forms/{form.pk}/edit").status_code == 403
    assert signed_in("developer").get("/forms").status_code == 403


def test_what_the_builder_shows_it_takes_back_unchanged() -> None:
    form = _rich()
    before = form.draft
    operator = signed_in("operator")
    sent = inputs(operator.get(f"/forms/{form.pk}/edit").content.decode())
    answer = operator.post(f"/forms/{form.pk}/edit", {**sent, "do": "save"})
    assert answer.status_code == 302
    form.refresh_from_db()
    assert form.draft == before


def _rich() -> Form:
    return draft_form(
        now=utc_now(),
        languages=["zh-hans", "en"],
        title={"zh-hans": "标题", "en": "Title"},
        incentive=lottery(
            prize("p1", odds_ppm=123_456, stock=3, value_fen=1_250), prize("p2", "pool", odds_ppm=1_000)
        ),
        fields=[
            {"key": "phone"},
            {"key": "name", "required": True},
            {
                "key": "q_1",
                "kind": "choices",
                "label": {"zh-hans": "哪些"},
                "choices": [{"zh-hans": "甲"}, {"zh-hans": "乙"}],
            },
        ],
        opens_at="2026-12-01T08:00:00+08:00",
        at_most=100,
        origins=["https://shop.example"],
    )


@pytest.mark.parametrize(
    ("do", "keys"),
    [
        ("add:fields:city", ["phone", "name", "q_1", "city"]),
        ("add:fields:text", ["phone", "name", "q_1", "q_2"]),
        ("up:fields:2", ["phone", "q_1", "name"]),
        ("down:fields:0", ["name", "phone", "q_1"]),
        ("remove:fields:1", ["phone", "q_1"]),
        ("remove:fields:99", ["phone", "name", "q_1"]),
        ("up:fields:0", ["phone", "name", "q_1"]),
        ("explode:fields:0", ["phone", "name", "q_1"]),
        ("add:nothing:0", ["phone", "name", "q_1"]),
    ],
)
def test_rows_are_added_moved_and_removed_without_scripts(do: str, keys: list[str]) -> None:
    form = _rich()
    operator = signed_in("operator")
    sent = inputs(operator.get(f"/forms/{form.pk}/edit").content.decode())
    assert operator.post(f"/forms/{form.pk}/edit", {**sent, "do": do}).status_code == 302
    form.refresh_from_db()
    assert [one["key"] for one in form.draft["fields"]] == keys


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fields-0-key", "attr_x'; drop table contact"),
        ("per_person", "many"),
        ("prizes-0-odds", "half"),
        ("look-colour", "red;}"),
        ("origins", "https://a.example; script-src *"),
        ("privacy_url", "javascript:alert(1)"),
        ("opens_at", "soon"),
    ],
)
def test_what_cannot_be_kept_is_told_and_nothing_is_lost(name: str, value: str) -> None:
    form = _rich()
    before = form.draft
    operator = signed_in("operator")
    sent = inputs(operator.get(f"/forms/{form.pk}/edit").content.decode())
    answer = operator.post(f"/forms/{form.pk}/edit", {**sent, name: value, "do": "save"})
    assert answer.status_code == 422
    form.refresh_from_db()
    assert form.draft == before
    kept = operator.post(f"/forms/{form.pk}/keep", {**sent, name: value})
    assert kept.status_code == 200
    assert (
        "没有保存" in kept.content.decode() or name == "fields-0-key"
    )  # other rows: overtaken, not looked at
    form.refresh_from_db()
    assert form.draft == before


def test_a_form_is_published_from_the_console_and_closed_again() -> None:
    form = draft_form(now=utc_now())
    operator = signed_in("operator")
    assert operator.post(f"/forms/{form.pk}/publish").status_code == 302
    assert FormVersion.objects.filter(form=form).count() == 1
    html = operator.get(f"/forms/{form.pk}").content.decode()
    assert f"/f/{form.slug}/qr.svg" in html and "embed.js" in html
    assert operator.post(f"/forms/{form.pk}/close").status_code == 302
    assert operator.post(f"/forms/{form.pk}/close").status_code == 409
    assert operator.post(f"/forms/{form.pk}/reopen").status_code == 302


def test_what_is_missing_is_said_and_not_published() -> None:
    form = draft_form(
        now=utc_now(), boxes=[{"purpose": "marketing", "label": {"zh-hans": "同意"}}], with_code=True
    )
    operator = signed_in("operator")
    html = operator.get(f"/forms/{form.pk}/edit").content.decode()
    assert "有授权框没有选告知文本" in html and "验证码短信还没有设置通道和签名" in html
    assert operator.post(f"/forms/{form.pk}/publish").status_code == 400
    assert FormVersion.objects.count() == 0


def test_a_pool_is_filled_from_the_console_and_formulas_stay_out() -> None:
    form = draft_form(now=utc_now(), incentive=lottery(prize("p1", "pool", odds_ppm=1)))
    operator = signed_in("operator")
    file = SimpleUploadedFile("codes.csv", b"code\n=cmd|' /C calc'!A0\nAAA-1\nBBB-2\n")
    assert (
        operator.post(
            f"/forms/{form.pk}/coupons", {"prize": "p1", "codes": "CCC-3", "file": file}
        ).status_code
        == 302
    )
    assert one("select count(*) from coupon_code") == 3
    broken = SimpleUploadedFile("codes.csv", b"\xff\xfe\x00")
    assert operator.post(f"/forms/{form.pk}/coupons", {"prize": "p1", "file": broken}).status_code == 400
    assert operator.post(f"/forms/{form.pk}/coupons", {"prize": "zz", "codes": "X-1"}).status_code == 404


def test_labels_that_look_like_templates_are_text_in_the_console_too() -> None:
    nasty = "{% load x %}{{ secret }}<img src=x onerror=alert(1)>"
    form = draft_form(
        now=utc_now(),
        name="<b>{{ 7 }}</b>",
        fields=[{"key": "phone"}, {"key": "q_1", "label": {"zh-hans": nasty}}],
    )
    operator = signed_in("operator")
    for screen in ("", "/edit", "/preview", "/versions"):
        html = operator.get(f"/forms/{form.pk}{screen}").content.decode()
        assert "<img src=x" not in html and "<b>{{" not in html


def test_the_preview_may_be_framed_by_the_console_only_and_sends_nothing() -> None:
    form = make_form(now=utc_now())
    answer = signed_in("operator").get(f"/forms/{form.pk}/preview")
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "form-action 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    builder = signed_in("operator").get(f"/forms/{form.pk}/edit")
    assert builder["Content-Security-Policy"].endswith("frame-src 'self'")


def test_an_unknown_notice_is_never_offered() -> None:
    own, other = notice("marketing"), notice("sharing")
    form = draft_form(now=utc_now())
    html = signed_in("operator").get(f"/forms/{form.pk}/edit").content.decode()
    assert f'value="{own.pk}"' in html
    assert f'<option value="{other.pk}"' not in html


def test_what_was_typed_before_a_row_went_does_not_bring_it_back() -> None:
    form = _rich()
    operator = signed_in("operator")
    sent = inputs(operator.get(f"/forms/{form.pk}/edit").content.decode())
    operator.post(f"/forms/{form.pk}/edit", {**sent, "do": "remove:fields:2"})
    assert operator.post(f"/forms/{form.pk}/keep", sent).status_code == 200
    form.refresh_from_db()
    assert [one["key"] for one in form.draft["fields"]] == ["phone", "name"]


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "须大于 0，不超过 100%<"), ("en", "Must be above 0, at most 100%<")]
)
def test_chances_beyond_a_whole_are_told_with_one_percent_sign(language: str, words: str) -> None:
    form = draft_form(
        now=utc_now(),
        incentive=lottery(prize("p1", odds_ppm=900_000), prize("p2", odds_ppm=200_000)),
    )
    operator = signed_in("operator")
    User.objects.update(language=language)
    html = operator.get(f"/forms/{form.pk}/edit").content.decode()
    assert words in html
