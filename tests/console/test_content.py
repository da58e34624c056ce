"""Templates and signatures in the console: the library, the editor, the phone beside it, versions."""

import pytest
from django.test import Client
from tests.console.people import signed_in
from tests.factories import make_contacts

from xinfeng.console.content.compare import pieces
from xinfeng.console.content.preview import bounds_of, yuan_of_li
from xinfeng.contacts.models import Attribute
from xinfeng.content import library, reads
from xinfeng.content.actions import add_signature, save_template
from xinfeng.content.models import Signature, Template
from xinfeng.foundation.models import AuditEntry

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def operator(db) -> Client:
    return signed_in("operator")


@pytest.fixture
def signature(db) -> Signature:
    return add_signature("山岚茶社", hotline="400-820-8820", actor="test")


def wording(signature: Signature, **changes) -> dict[str, str]:
    return {
        "name": "到店提醒",
        "purpose": "marketing",
        "trade": "retail",
        "signature": str(signature.pk),
        "value": "{{ contact.surname }}您好，新茶到店",
        "action": "回复1预留",
        "opt_out": "拒收请回复R",
        "default:contact.surname": "会员",
        **changes,
    }


def saved(signature: Signature, **changes):
    given = {
        "name": "到店提醒",
        "purpose": "marketing",
        "signature_id": signature.pk,
        "value": "新茶到店",
        "action": "回复1预留",
        "actor": "test",
        **changes,
    }
    return save_template(**given)


def test_without_a_signature_the_library_says_to_register_one(operator):
    html = operator.get("/templates").content.decode()
    assert "先登记一个签名" in html and "/templates/signatures" in html


def test_a_template_is_written_and_found_in_the_library(operator, signature):
    answer = operator.post("/templates/new", wording(signature))
    template = Template.objects.get()
    assert answer["Location"] == f"/templates/{template.pk}"
    version = reads.newest_version(template.pk)
    assert version.defaults == {"contact.surname": "会员"}
    assert "到店提醒" in operator.get("/templates?q=新茶").content.decode()
    assert "到店提醒" not in operator.get("/templates?purpose=service").content.decode()


def test_a_change_is_a_new_version_and_versions_can_be_compared(operator, signature):
    template_id = saved(signature).template_id
    operator.post(f"/templates/{template_id}/edit", wording(signature, value="新茶到店，九折"))
    html = operator.get(f"/templates/{template_id}?from=1&to=2").content.decode()
    assert "<ins>，九折</ins>" in html
    assert [row.number for row in reads.history(template_id)] == [2, 1]


def test_the_purpose_of_a_template_with_versions_cannot_be_smuggled_in(operator, signature):
    template_id = saved(signature).template_id
    operator.post(f"/templates/{template_id}/edit", wording(signature, purpose="service"))
    assert reads.newest_version(template_id).template.purpose == "marketing"


def test_a_refusal_stands_at_the_field_it_is_about_and_keeps_what_was_typed(operator, signature):
    answer = operator.post("/templates/new", wording(signature, action="{{ contact.shoe_size }}到店"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "contact.shoe_size" in html and 'id="id_action_error"' in html
    assert "新茶到店" in html and not Template.objects.exists()


def test_a_name_that_is_taken_is_told_at_the_name(operator, signature):
    saved(signature)
    html = operator.post("/templates/new", wording(signature)).content.decode()
    assert 'id="id_name_error"' in html and "已经有叫“到店提醒”的模板" in html


def test_a_missing_default_is_asked_for_until_it_is_given_or_left_out(operator, signature):
    without = wording(signature, **{"default:contact.surname": ""})
    assert "默认值" in operator.post("/templates/preview", without).content.decode()
    left_out = {**without, "leave_out:contact.surname": "on"}
    assert "xf-bubble" in operator.post("/templates/preview", left_out).content.decode()


def test_the_preview_shows_real_people_masked(operator, signature):
    make_contacts(2, name="欧阳明月", city="杭州")
    text = wording(signature, value="{{ contact.name }}您好，新茶到店", **{"default:contact.name": "会员"})
    html = operator.post("/templates/preview", text).content.decode()
    assert "欧***您好" in html and "欧阳明月" not in html
    assert "139****" in html and "1 / 2" in html


def test_the_preview_tells_a_fault_at_its_field(operator, signature):
    html = operator.post("/templates/preview", wording(signature, value="{{ contact.nme }}")).content.decode()
    value = html.split('id="error-value"')[1].split('id="error-action"')[0]
    assert "contact.nme" in value


def test_service_texts_carry_no_opt_out_wording(operator, signature):
    operator.post("/templates/new", wording(signature, purpose="service"))
    assert reads.newest_version(Template.objects.get().pk).opt_out == ""


def test_markup_in_texts_and_names_is_shown_not_run(operator, signature):
    version = saved(signature, name=HOSTILE, value=f"新茶{HOSTILE}")
    saved(signature, name=HOSTILE, value=f"陈茶{HOSTILE}", template_id=version.template_id)
    paths = ("/templates", f"/templates/{version.template_id}?from=1&to=2")
    for path in (
        *paths,
        f"/templates/{version.template_id}/edit",
        f"/templates/new?from={version.template_id}",
    ):
        html = operator.get(path).content.decode()
        assert "<script>alert" not in html, path
        assert "&lt;script&gt;alert" in html, path
    shown = operator.post("/templates/preview", wording(signature, value=HOSTILE)).content.decode()
    assert "<script>alert" not in shown


def test_an_archived_template_leaves_the_list_and_comes_back(operator, signature):
    template_id = saved(signature).template_id
    operator.post(f"/templates/{template_id}/archive", {"archived": "1"})
    assert f"/templates/{template_id}" not in operator.get("/templates").content.decode()
    assert f"/templates/{template_id}" in operator.get("/templates?archived=1").content.decode()
    operator.post(f"/templates/{template_id}/archive", {"archived": "0"})
    assert f"/templates/{template_id}" in operator.get("/templates").content.decode()


def test_a_signature_is_registered_changed_and_audited(operator):
    answer = operator.post("/templates/signatures", {"text": "【山岚茶社】", "hotline": "400-820-8820"})
    assert answer.status_code == 302
    signature = Signature.objects.get()
    operator.post(f"/templates/signatures/{signature.pk}", {"hotline": "", "enabled": "0"})
    signature.refresh_from_db()
    assert (signature.text, signature.hotline, signature.enabled) == ("山岚茶社", "", False)
    assert AuditEntry.objects.filter(object_kind="signature").count() == 2


def test_a_signature_that_cannot_be_used_says_why(operator):
    answer = operator.post("/templates/signatures", {"text": "1", "hotline": ""})
    assert answer.status_code == 422 and "2 到 16 个" in answer.content.decode()


@pytest.mark.parametrize("role", ["reviewer", "analyst", "developer", "compliance"])
def test_who_may_only_look_cannot_write(role, db):
    signature = add_signature("山岚茶社", actor="test")
    template_id = saved(signature).template_id
    client = signed_in(role)
    assert client.get("/templates").status_code == 200
    assert client.get(f"/templates/{template_id}").status_code == 200
    for path in ("/templates/new", "/templates/preview", "/templates/signatures", "/templates/signatures/1"):
        assert client.post(path, wording(signature)).status_code == 403, path
    for path in (f"/templates/{template_id}/edit", f"/templates/{template_id}/archive"):
        assert client.post(path, wording(signature)).status_code == 403, path
    assert "/templates/new" not in client.get("/templates").content.decode()


def test_the_library_asks_the_same_number_of_questions_however_long_it_is(operator, signature, asked):
    saved(signature)
    with asked() as one:
        operator.get("/templates")
    for number in range(5):
        saved(signature, name=f"到店提醒 {number}")
    with asked() as six:
        operator.get("/templates")
    assert len(six) == len(one) <= 9


def test_differences_are_told_character_by_character():
    assert [(one.change, one.text) for one in pieces("春茶九折", "春茶八折")] == [
        ("same", "春茶"),
        ("out", "九"),
        ("in", "八"),
        ("same", "折"),
    ]


def test_parts_end_where_they_end_on_the_wire():
    assert bounds_of("茶" * 70) == ()
    assert bounds_of("茶" * 100) == (67,)
    assert bounds_of("茶" * 66 + "🍵" + "茶" * 40) == (66,)


def test_prices_are_shown_to_the_tenth_of_a_fen():
    assert (yuan_of_li(45), yuan_of_li(12_345)) == ("0.045", "12.345")


def test_a_sensitive_attribute_is_marked_in_the_picker(operator, signature):
    plain = operator.get("/templates/new").content.decode()
    assert "敏感" not in plain
    Attribute.objects.create(key="allergy", label="过敏", kind="text", sensitive=True)
    Attribute.objects.create(key="points", label="积分", kind="number")
    html = operator.get("/templates/new").content.decode()
    entries = [one.split("</button>")[0] for one in html.split('class="xf-variable"')[1:]]
    marked = [one for one in entries if "敏感</span>" in one]
    assert "attr.allergy" in html and "attr.points" in html and "单独同意" in html
    assert len(marked) == 1 and "attr.allergy" in marked[0]


def test_the_library_is_filtered_by_trade_and_kind_and_searched(operator, signature):
    html = operator.get("/templates/library?trade=catering&kind=birthday").content.decode()
    assert "长寿面" in html and "retail.birthday.gift" not in html
    assert "山岚茶社" in html, "shown with our own signature"
    weather = operator.get("/templates/library?trade=catering&scene=weather").content.decode()
    assert "catering.care.rain" in weather and "catering.birthday.longevity" not in weather
    assert "catering.care.rain" in operator.get("/templates/library?q=路滑").content.decode()
    assert "没有符合条件的" in operator.get("/templates/library?q=没有这样的字").content.decode()
    assert operator.get("/templates/library?trade=nothing").status_code == 400


def test_a_text_of_the_library_shows_how_it_comes_out_for_different_readers(operator, signature):
    html = operator.get("/templates/library/retail.memberday.weekday").content.decode()
    assert "金卡另有双倍积分" in html and "另赠帆布袋一个" in html
    assert html.index("资料齐全的客户") and html.index("只有手机号的客户")
    assert "换成自己的" in html and "/templates/new?library=retail.memberday.weekday" in html
    assert operator.get("/templates/library/no.such.text").status_code == 404


def test_the_editor_begins_with_a_text_of_the_library_and_says_what_to_replace(operator, signature):
    html = operator.get("/templates/new?library=retail.care.weather").content.decode()
    assert 'value="降温添衣"' in html and "这两天降温" in html and 'value="您那边"' in html
    assert "保存前请换成自己的：围巾、手套、第二件减10元" in html
    assert operator.get("/templates/new?library=no.such.text").status_code == 404


def test_what_was_begun_from_the_library_is_saved_like_any_other(operator, signature):
    text = library.text("retail.care.weather")
    changes = {
        "name": text.title,
        "value": text.value,
        "action": text.action,
        "default:contact.city": "您那边",
    }
    operator.post("/templates/new?library=retail.care.weather", wording(signature, **changes))
    assert reads.newest_version(Template.objects.get().pk).value == text.value


def test_who_may_not_write_sees_the_library_without_its_buttons(db, signature):
    html = signed_in("analyst").get("/templates/library").content.decode()
    assert "新会员见面礼" in html and "?library=" not in html
