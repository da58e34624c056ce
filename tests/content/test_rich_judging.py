"""A 5G face is judged with its text: every branch, every label and link, at the characters that were typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.factories import make_user

from xinfeng.content import review
from xinfeng.content.actions import save_rich, save_template
from xinfeng.content.judging import FACE, judge
from xinfeng.content.models import Signature
from xinfeng.content.rendering import BrandText, Draft
from xinfeng.content.rich import to_json
from xinfeng.content.rich_rendering import FaceWords, RichRenderer, words_in_lines
from xinfeng.kernel.errors import Conflict
from xinfeng.protocols.maap.messages import AddToCalendar, Card, OpenUrl, Reply, RichMessage, ShowPlace
from xinfeng.screening.engine import Screener
from xinfeng.screening.ruleset import ruleset_on

SCREENER = Screener(ruleset_on(date(2026, 11, 20)))
BRAND = BrandText("四时茶")
DRAFT = Draft("新茶到店", "到店领取", "拒收请回复R", {"contact.city": "杭州"})
NOON = datetime(2026, 12, 5, 4, tzinfo=UTC)


def found(face: RichMessage, draft: Draft = DRAFT) -> list[tuple[str, str, str]]:
    """Place, rule and the words marked."""
    judged = judge(draft, BRAND, SCREENER, trade="retail", purpose="marketing", face=face)
    told = []
    for one in judged.findings:
        part, start, end = judged.source.place(one.start, one.end)
        text = next(
            judged.source.text[first:last] for name, first, last in judged.source.parts if name == part
        )
        assert text[start:end] == judged.source.text[one.start : one.end]
        told.append((part.removeprefix(FACE), one.rule, text[start:end]))
    return told


@pytest.mark.parametrize(
    ("face", "where"),
    [
        (RichMessage((Card("国家级好茶"),)), "cards.0.title"),
        (RichMessage((Card("好茶", "来自杭州，国家级品质"),)), "cards.0.description"),
        (RichMessage((Card("好茶"), Card("白茶", buttons=(Reply("要国家级的", ""),)))), "cards.1.buttons.0.label"),
        (RichMessage((Card("好茶"),), (Reply("国家级", ""),)), "chips.0.label"),
        (RichMessage((Card("好茶"),), (ShowPlace("到店", 30.0, 120.0, "国家级茶馆"),)), "chips.0.name"),
        (
            RichMessage((Card("好茶"),), (AddToCalendar("记下", "国家级茶会", NOON, NOON.replace(hour=6)),)),
            "chips.0.title",
        ),
    ],
)  # fmt: skip
def test_whatever_a_reader_may_see_is_judged_where_it_stands(face: RichMessage, where: str) -> None:
    assert [(place, words) for place, rule, words in found(face) if rule == "absolute.named"] == [
        (where, "国家级")
    ]


def test_every_branch_of_a_face_is_read() -> None:
    face = RichMessage(
        (
            Card(
                "{% if contact.city == '杭州' %}好茶{% else %}国家级茶{% endif %}",
                "{% if contact.level %}满减{% elsif contact.city %}顶级享受{% endif %}",
            ),
        )
    )
    assert {where for where, _, _ in found(face)} == {"cards.0.title", "cards.0.description"}


def test_a_link_behind_a_button_is_judged_as_one_in_the_text() -> None:
    face = RichMessage((Card("好茶", buttons=(OpenUrl("去看", "https://shop.example.com/tea"),)),))
    assert ("cards.0.buttons.0.url", "text.example", "https://shop.example.com/tea") in found(face)


def test_words_are_not_made_across_the_pieces_of_a_face() -> None:
    assert found(RichMessage((Card("买国家", "级别看会员卡"),))) == []


def test_a_label_is_no_template() -> None:
    face = RichMessage((Card("好茶"),), (Reply("{% comment %}国家级{% endcomment %}", ""),))
    assert [words for _, rule, words in found(face) if rule == "absolute.named"] == ["国家级"]


def test_the_wording_is_judged_as_before() -> None:
    plain = judge(DRAFT, BRAND, SCREENER, trade="retail", purpose="marketing")
    faced = judge(
        DRAFT, BRAND, SCREENER, trade="retail", purpose="marketing", face=RichMessage((Card("白茶"),))
    )
    assert faced.source.text == f"{plain.source.text}\n\n白茶"
    assert faced.source.parts[: len(plain.source.parts)] == plain.source.parts


def test_a_persons_own_words_in_a_face_are_news_to_the_gate_for_texts() -> None:
    face = RichMessage(
        (Card("{{ contact.name }}您好", "满200减30", buttons=(Reply("好", ""),)),)
    )  # fmt: skip
    draft = replace(DRAFT, defaults={"contact.name": "会员"})
    judged = judge(draft, BRAND, SCREENER, trade="retail", purpose="marketing", face=face)
    words = FaceWords(RichRenderer(face, defaults=draft.defaults))
    assert words.needed == ("contact.name",)
    texts = words.render_many([{"contact.name": "王小明"}, {"contact.name": "国家级"}, {}])
    assert texts[0] == "王小明您好\n满200减30\n好" and texts[2].startswith("会员您好")
    judgements = SCREENER.screen_many(texts, trade="retail", purpose="marketing")
    refused = [judged.said.objections(text, one) for text, one in zip(texts, judgements, strict=True)]
    assert refused == [[], ["absolute.named"], []]


def test_a_face_in_lines_says_everything_once() -> None:
    face = RichMessage(
        (Card("春 茶\n到店", buttons=(OpenUrl("看", "https://a.example.cn"),)),), (Reply("好", ""),)
    )
    assert words_in_lines(face).split("\n") == ["春 茶 到店", "看", "https://a.example.cn", "好"]


class TestReview:
    @pytest.fixture
    def version(self, db: None):
        make_user("li", role="operator")
        make_user("chen", role="reviewer")
        signature = Signature.objects.create(text="四时茶", hotline="400-820-8820")
        return save_template(
            name="新茶", purpose="marketing", signature_id=signature.pk, value="明前龙井到店，会员日满200元减30元",
            action="到店选购", opt_out="拒收请回复R", actor="li",
        )  # fmt: skip

    def test_nobody_can_approve_what_the_rules_block_in_a_face(self, version) -> None:
        saved = save_rich(version.template_id, to_json(RichMessage((Card("国家级龙井"),))), actor="li")
        review.ask_for_review(saved.pk, actor="li", now=NOON)
        with pytest.raises(Conflict) as refused:
            review.approve_version(saved.pk, actor="chen", now=NOON)
        assert refused.value.code == "review.forbidden" and refused.value.params["matched"] == "国家级"

    def test_an_approval_keeps_the_words_of_the_face(self, version) -> None:
        saved = save_rich(version.template_id, to_json(RichMessage((Card("龙井到店"),))), actor="li")
        review.ask_for_review(saved.pk, actor="li", now=NOON)
        row = review.approve_version(saved.pk, actor="chen", now=NOON)
        assert row.text.endswith("\n龙井到店\n退订")

    def test_another_face_is_another_version_and_a_draft(self, version) -> None:
        review.ask_for_review(version.pk, actor="li", now=NOON)
        review.approve_version(version.pk, actor="chen", now=NOON)
        saved = save_rich(version.template_id, to_json(RichMessage((Card("龙井到店"),))), actor="li")
        assert saved.number == 2 and review.state_of(saved.pk) == "draft"

    def test_a_new_wording_keeps_the_default_that_only_the_face_uses(self, version) -> None:
        with_default = save_template(
            name="新茶", purpose="marketing", signature_id=version.signature_id, value="{{ contact.name }}您好，到店",
            action="到店选购", opt_out="拒收请回复R", defaults={"contact.name": "会员"},
            template_id=version.template_id, actor="li",
        )  # fmt: skip
        save_rich(
            with_default.template_id, to_json(RichMessage((Card("{{ contact.name }}您好"),))), actor="li"
        )
        plain = save_template(
            name="新茶", purpose="marketing", signature_id=version.signature_id, value="龙井到店",
            action="到店选购", opt_out="拒收请回复R", template_id=version.template_id, actor="li",
        )  # fmt: skip
        assert plain.rich is not None and plain.defaults == {"contact.name": "会员"}
