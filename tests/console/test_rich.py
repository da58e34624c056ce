"""The designer of 5G messages: its page, preview, saving, pictures, and what hostile JSON comes to."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.console.people import signed_in
from tests.factories import make_contact

from xinfeng.console.content.rich.beginnings import beginnings
from xinfeng.console.content.rich.reading import for_designer, read_designed
from xinfeng.console.content.rich.shown import changes, outline, place
from xinfeng.content import pictures, reads
from xinfeng.content.actions import add_signature, save_rich, save_template
from xinfeng.content.models import TemplateVersion
from xinfeng.content.rich import to_json
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.maap.messages import LARGEST_IMAGE, RichFault

ZONE = xinfeng_settings.load().zone


def png(width: int = 4, height: int = 3) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\1\2\3" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in("operator")


@pytest.fixture
def version(db: None) -> TemplateVersion:
    signature = add_signature("四时茶", hotline="400-820-8820", actor="test")
    return save_template(
        name="新茶到店", purpose="marketing", signature_id=signature.pk, value="明前龙井到店，会员日满200元减30元",
        action="到店选购", opt_out="拒收请回复R", actor="test",
    )  # fmt: skip


def face(*titles: str, **more: Any) -> dict[str, Any]:
    cards = [{"title": title, "description": "", "media": None, "buttons": []} for title in titles]
    return {"cards": cards, "chips": [], **more}


def where(version: TemplateVersion, more: str = "") -> str:
    return f"/templates/{version.template_id}/rich{more}"


def preview(client: Client, version: TemplateVersion, designed: Any, **more: str) -> str:
    posted = {"rich": designed if isinstance(designed, str) else json.dumps(designed), **more}
    answer = client.post(where(version, "/preview"), posted)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_template_without_a_face_offers_beginnings(operator, version) -> None:
    html = operator.get(where(version)).content.decode()
    for one in ("单张卡片", "商品橱窗", "预约", "门店到访"):
        assert one in html
    assert "<noscript>" in html and "需要 JavaScript" in html


def test_the_page_holds_no_inline_script_or_style(operator, version) -> None:
    save_rich(version.template_id, face("龙井"), actor="test")
    html = operator.get(where(version)).content.decode()
    assert " style=" not in html and "<script>" not in html and " onclick" not in html


@pytest.mark.parametrize("key", ["single", "shop", "booking", "visit"])
def test_a_beginning_can_be_previewed_but_not_saved_before_it_is_filled_in(operator, version, key) -> None:
    begun = next(one for one in beginnings(utc_now(), ZONE) if one.key == key)
    html = preview(operator, version, begun.face)
    assert "还不能保存" in html and "还没有换成自己的内容" in html
    refused = operator.post(where(version), {"rich": json.dumps(begun.face)})
    assert refused.status_code == 422 and "没有保存" in refused.content.decode()
    assert reads.newest_version(version.template_id).number == 1


def test_the_phone_shows_a_real_contact_masked_and_the_text_others_get(operator, version) -> None:
    make_contact(name="欧阳明月", phone="13800000011")
    html = preview(operator, version, face('{{ contact.name | default: "会员" }}您好'))
    assert "欧***您好" in html and "欧阳明月" not in html and "13800000011" not in html
    assert "收不到 5G 消息的手机看到的短信" in html and "【四时茶】明前龙井到店" in html


def test_an_example_person_stands_in_where_there_is_nobody(operator, version) -> None:
    assert "示例客户" in preview(operator, version, face("龙井"))


def test_what_the_rules_object_to_is_marked_where_it_was_typed(operator, version) -> None:
    html = preview(operator, version, face("好茶", "新茶，\n国家级品质"))
    assert 'data-marks="cards.1.title">新茶，\n<mark class="is-block">国家级</mark>品质' in html
    assert "卡片 2 · 标题" in html and "《广告法》" in html
    assert 'data-replace="cards.1.title" data-start="4" data-end="7"' in html


def test_faults_are_told_at_their_fields_all_at_once(operator, version) -> None:
    designed = face("龙井", "{{ contact.name }}您好", "{{ 什么 }}")
    designed["cards"][0]["buttons"] = [
        {"kind": "link", "label": "看", "url": "shop.cn"},
        {"kind": "dial", "label": "一二三四五六七八九十一二三四五六七八九十一二三四五六", "number": "问店员"},
        {"kind": "place", "label": "去", "latitude": "", "longitude": None},
        {"kind": "calendar", "label": "记", "title": "茶会", "starts_at": "", "ends_at": "昨天"},
    ]
    designed["chips"] = [
        {"kind": "book", "label": "周六", "slot": " "},
        {"kind": "form", "label": "预约", "url": ""},
    ]
    html = preview(operator, version, designed)
    for at in (
        "cards.0.buttons.0.url", "cards.0.buttons.1.number", "cards.0.buttons.1.label", "cards.0.buttons.2.latitude",
        "cards.0.buttons.2.longitude", "cards.0.buttons.3.starts_at", "cards.0.buttons.3.ends_at", "cards.1.title",
        "cards.2.title", "chips.0.slot", "chips.1.url",
    ):  # fmt: skip
        assert f'data-fault="{at}"' in html, at
    assert "xf-rich-phone" in html, "the phone shows what can be shown"


def test_saving_makes_a_version_and_saving_the_same_makes_none(operator, version) -> None:
    designed = face("龙井", "白茶", width="SMALL_WIDTH")
    designed["chips"] = [{"kind": "book", "label": "周六十点", "slot": "12月5日 10:00"}]
    answer = operator.post(where(version), {"rich": json.dumps(designed)}, follow=True).content.decode()
    saved = reads.newest_version(version.template_id)
    assert saved.number == 2 and "已保存为第 2 版" in answer
    assert saved.rich["chips"][0] == {"kind": "reply", "label": "周六十点", "data": "xf:book:12月5日 10:00"}
    operator.post(where(version), {"rich": json.dumps(designed)})
    assert reads.newest_version(version.template_id).number == 2
    assert "周六十点" in operator.get(where(version)).content.decode()


def test_marketing_gets_its_way_to_refuse_before_ones_eyes(operator, version) -> None:
    assert (
        "退订"
        in preview(operator, version, face("龙井")).split('id="rich-beside"')[0].split("xf-rich-chips")[1]
    )
    full = face("龙井", chips=[{"kind": "reply", "label": f"回复{n}"} for n in range(11)])
    assert 'data-fault="chips"' in preview(operator, version, full)
    assert operator.post(where(version), {"rich": json.dumps(full)}).status_code == 422


def test_the_face_can_be_removed_and_its_version_stays(operator, version) -> None:
    save_rich(version.template_id, face("龙井"), actor="test")
    operator.post(where(version, "/drop"))
    assert [row.rich is None for row in reads.history(version.template_id)] == [True, False, True]


def test_a_reader_without_the_permission_sees_the_phone_only(version) -> None:
    save_rich(version.template_id, face("龙井"), actor="test")
    reviewer = signed_in("reviewer")
    html = reviewer.get(where(version)).content.decode()
    assert "xf-rich-phone" in html and "<xf-rich" not in html
    for path in ("", "/preview", "/drop"):
        assert reviewer.post(where(version, path), {"rich": json.dumps(face("白茶"))}).status_code == 403
    assert reviewer.post("/templates/pictures", {}).status_code == 403
    assert reads.newest_version(version.template_id).number == 2


def test_the_templates_page_shows_and_compares_the_face(operator, version) -> None:
    save_rich(version.template_id, face("明前龙井"), actor="test")
    html = operator.get(f"/templates/{version.template_id}").content.decode()
    assert "xf-rich-phone" in html and "明前龙井" in html
    save_rich(version.template_id, face("明前白茶"), actor="test")
    html = operator.get(f"/templates/{version.template_id}?from=2&to=3").content.decode()
    assert "5G · 卡片 1 · 标题" in html and "<del>龙井</del>" in html and "<ins>白茶</ins>" in html


def test_a_copy_has_the_face_too(operator, version) -> None:
    save_rich(version.template_id, face("明前龙井"), actor="test")
    wording = {"name": "副本", "trade": "retail", "purpose": "marketing", "signature": version.signature_id,
               "value": version.value, "action": version.action, "opt_out": version.opt_out}  # fmt: skip
    operator.post(f"/templates/new?from={version.template_id}", wording)
    copy = TemplateVersion.objects.filter(template__name="副本").latest("number")
    assert copy.rich["cards"][0]["title"] == "明前龙井"


def test_a_copy_says_when_its_face_could_not_come_along(operator, version) -> None:
    wording = {"name": version.template.name, "trade": "retail", "purpose": "marketing",
               "signature": version.signature_id, "value": "{{ contact.name }}您好，新茶到店", "action": "",
               "opt_out": version.opt_out, "default:contact.name": "会员"}  # fmt: skip
    operator.post(f"/templates/{version.template_id}/edit", wording)
    save_rich(version.template_id, face("{{ contact.name }}您好"), actor="test")
    other = wording | {"name": "副本", "value": "新茶到店", "default:contact.name": ""}
    html = operator.post(f"/templates/new?from={version.template_id}", other, follow=True).content.decode()
    assert "5G 消息没有一起复制" in html


def test_a_reviewer_sees_the_face_for_sample_contacts_and_what_changed(version) -> None:
    make_contact(name="王小明")
    saved = save_rich(
        version.template_id, face("{{ contact.name | default: '会员' }}，国家级茶"), actor="test"
    )
    html = signed_in("reviewer").get(f"/reviews/{saved.pk}").content.decode()
    assert "xf-rich-phone" in html and "王**，国家级茶" in html and "王小明" not in html


class TestPictures:
    def upload(self, client: Client, octets: bytes, name: str = "茶.png") -> Any:
        return client.post("/templates/pictures", {"file": SimpleUploadedFile(name, octets, "image/png")})

    def test_an_uploaded_picture_is_offered_and_shown(self, operator, version) -> None:
        html = self.upload(operator, png()).content.decode()
        kept = pictures.recent()[0]
        assert f'data-picture="media:{kept.digest}"' in html and "4 × 3" in html
        shown = operator.get(f"/templates/pictures/{kept.digest}")
        assert shown.content == png() and shown["Content-Type"] == "image/png"
        assert shown["X-Content-Type-Options"] == "nosniff"
        assert kept.digest in operator.get(where(version)).content.decode()

    @pytest.mark.parametrize("octets", [b"", b"<svg onload=alert(1)>", b"GIF89a", png()[:20]])
    def test_what_is_no_picture_is_refused_in_words(self, operator, octets) -> None:
        answer = self.upload(operator, octets)
        assert answer.status_code == 400 and "JPEG" in answer.json()["words"]

    def test_what_is_too_large_is_refused_in_words(self, operator) -> None:
        answer = self.upload(operator, png() + bytes(LARGEST_IMAGE))
        assert answer.status_code == 400 and "2 MB" in answer.json()["words"]

    def test_a_name_is_shown_as_text(self, operator) -> None:
        html = self.upload(operator, png(), '"><img src=x onerror=alert(1)>.png').content.decode()
        assert "<img src=x" not in html

    @pytest.mark.parametrize("digest", ["0" * 64, "..", "%2e%2e%2fetc", "ZZ"])
    def test_what_is_not_kept_is_not_found(self, operator, digest) -> None:
        assert operator.get(f"/templates/pictures/{digest}").status_code == 404

    def test_what_is_said_of_a_picture_is_taken_from_the_picture(self, operator, version) -> None:
        kept = pictures.add_picture(png(), name="a", actor="test", now=utc_now())
        designed = face("龙井")
        designed["cards"][0]["media"] = {
            "url": f"media:{kept.digest}",
            "content_type": "video/mp4",
            "size": 1,
        }
        operator.post(where(version), {"rich": json.dumps(designed)})
        media = reads.newest_version(version.template_id).rich["cards"][0]["media"]
        assert (media["content_type"], media["size"]) == ("image/png", len(png()))

    @pytest.mark.parametrize("url", ["media:" + "0" * 64, "media:../../etc/passwd", "javascript:alert(1)"])
    def test_a_picture_that_is_not_kept_stops_a_save_at_its_card(self, operator, version, url) -> None:
        designed = face("龙井")
        designed["cards"][0]["media"] = {"url": url, "content_type": "image/png", "size": 9}
        assert 'data-fault="cards.0.media' in preview(operator, version, designed)
        assert operator.post(where(version), {"rich": json.dumps(designed)}).status_code == 422


HOSTILE = [
    "",
    "null",
    "[]",
    "{",
    '"text"',
    "7",
    "[" * 50_000,
    '{"cards":' + "[" * 900 + "]" * 900 + "}",
    '{"cards": {}}',
    '{"cards": [null]}',
    '{"cards": [[]], "chips": "x"}',
    '{"cards": [{"title": 7}]}',
    '{"cards": [{"title": "\\ud800"}]}',
    '{"cards": [{"title": "\\u0000"}]}',
    '{"cards": [{"title": "a", "media": "x"}]}',
    '{"cards": [{"title": "a", "media": {"url": "media:\\ud800", "size": 1, "content_type": "image/png"}}]}',
    '{"cards": [{"title": "a", "buttons": [{"kind": "x"}]}]}',
    '{"cards": [{"title": "a", "buttons": [{"kind": ["reply"], "label": "a"}]}]}',
    '{"cards": [{"title": "a", "buttons": [{"kind": "reply", "label": "\\u0000"}]}]}',
    '{"cards": [{"title": "a", "buttons": [{"kind": "place", "label": "a", "latitude": NaN, "longitude": 1e999}]}]}',
    '{"cards": [{"title": "a", "buttons": [{"kind": "place", "label": "a", "latitude": 1'
    + "0" * 400
    + "}]}]}",
    '{"cards": [{"title": "a", "buttons": [{"kind": "calendar", "starts_at": 7, "ends_at": "9999-99-99"}]}]}',
    '{"cards": [{"title": "a"}], "width": ["SMALL_WIDTH"]}',
    '{"cards": [{"title": "a"}], "orientation": {}}',
    '{"cards": [{"title": "' + "a" * 61_000 + '"}]}',
    '{"cards": [{"title": "a", "media": {"size": 1' + "0" * 5000 + "}}]}",
    "a" * 500_000,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_json_is_refused_in_words_and_nothing_is_saved(operator, version, hostile) -> None:
    preview(operator, version, hostile)
    assert operator.post(where(version), {"rich": hostile}).status_code == 422
    assert reads.newest_version(version.template_id).number == 1


def test_words_are_shown_as_text_wherever_they_stand(operator, version) -> None:
    attack = "<img src=x onerror=alert(1)>"
    designed = face(attack)
    designed["cards"][0]["description"] = attack
    designed["chips"] = [{"kind": "reply", "label": "<b>x</b>"}]
    html = preview(operator, version, designed)
    assert "<img src=x" not in html and "<b>x" not in html
    operator.post(where(version), {"rich": json.dumps(designed)})
    for path in (where(version), f"/templates/{version.template_id}"):
        assert "<img src=x" not in operator.get(path).content.decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cards", "chips", "buttons", "kind", "label", "media", "title", "url", "size"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(raw=JSON)
def test_any_json_is_read_or_refused(raw: Any) -> None:
    try:
        read = read_designed(json.dumps(raw), ZONE)
    except InvalidInput as refused:
        assert refused.code in ("rich.shape", "rich.too_large")
    else:
        assert to_json(read.message)


def test_what_the_designer_shows_reads_back_as_it_was() -> None:
    designed = face("龙井")
    designed["chips"] = [
        {"kind": "book", "label": "周六", "slot": "12月5日"},
        {"kind": "form", "label": "预约", "url": "https://t.example.cn/f/a"},
        {"kind": "link", "label": "看", "url": "https://t.example.cn/b", "inside": True},
        {"kind": "calendar", "label": "记", "title": "茶会", "starts_at": "2026-12-05T10:00",
         "ends_at": "2026-12-05T12:00", "description": ""},
    ]  # fmt: skip
    read = read_designed(json.dumps(designed), ZONE)
    assert not read.faults
    again = for_designer(read.message, ZONE, ["https://t.example.cn/f/a"])
    assert [one["kind"] for one in again["chips"]] == ["book", "form", "link", "calendar"]
    assert again["chips"][0]["slot"] == "12月5日" and again["chips"][3]["starts_at"] == "2026-12-05T10:00"
    assert read_designed(json.dumps(again), ZONE).message == read.message


def test_places_are_said_as_people_say_them() -> None:
    assert place("cards.0.buttons.1.label") == "卡片 1 · 按钮 2 · 按钮文字"
    assert place("chips.2") == "悬浮按钮 3"
    assert place("cards") == "5G 消息"


def test_only_what_differs_is_compared() -> None:
    before, after = face("龙井", "白茶"), face("龙井", "红茶")
    assert [label for label, _ in changes(before, after)] == ["5G · 卡片 2 · 标题"]
    assert changes(before, before) == [] and outline(None) == {}
    assert len(changes(None, after)) == len([text for text in outline(after).values() if text])


def test_every_fault_has_words() -> None:
    from xinfeng.console.content.rich.beside import told_faults

    codes = [
        "rich.no_card", "rich.too_many_cards", "rich.empty_card", "rich.too_long", "rich.not_https", "rich.media_type",
        "rich.media_size", "rich.thumbnail_size", "rich.tall_in_small", "rich.too_many_buttons", "rich.no_label",
        "rich.not_a_link", "rich.not_a_number", "rich.no_such_place", "rich.ends_before_it_starts", "rich.media_unknown",
        "rich.no_opt_out", "rich.no_number", "rich.no_time", "rich.no_slot", "rich.unfilled",
    ]  # fmt: skip
    params = {"at_most": 1, "length": 2, "type": "x", "words": "〔a〕"}
    told = told_faults([RichFault(f"cards.{n}", code, params) for n, code in enumerate(codes)])
    assert all("rich." not in one.words and "{" not in one.words for one in told)


def test_a_refusal_by_the_action_names_every_fault(version) -> None:
    designed = face("龙井")
    designed["cards"][0]["media"] = {"url": "media:" + "0" * 64, "content_type": "image/png", "size": 9}
    designed["chips"] = [{"kind": "dial", "label": "", "number": "x"}]
    with pytest.raises(XinfengError) as refused:
        save_rich(version.template_id, designed, actor="test")
    assert {(one["where"], one["code"]) for one in refused.value.params["faults"]} == {
        ("cards.0.media", "rich.media_unknown"),
        ("chips.0.label", "rich.no_label"),
        ("chips.0.number", "rich.not_a_number"),
    }
