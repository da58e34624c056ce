"""Templates as people keep them: saved, listed, previewed, measured for a real audience."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.factories import make_contact, make_user

from xinfeng.contacts.models import Attribute, Contact, ContactState
from xinfeng.content import reads
from xinfeng.content.actions import TRADES, add_signature, archive_template, edit_signature, save_template
from xinfeng.content.models import Signature, TemplateVersion
from xinfeng.content.preview import preview
from xinfeng.content.rendering import Draft
from xinfeng.content.values import Moment
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.policy.models import Trade

pytestmark = pytest.mark.usefixtures("db")
MOMENT = Moment(datetime(2026, 11, 22, 4, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def signature(db: None) -> Signature:
    return add_signature("信风", hotline="400-000-0000", actor="amy")


def save(signature: Signature, **fields: Any) -> TemplateVersion:
    given = {"name": "会员日", "purpose": "marketing", "value": "全场8折", "action": "点 s.xf.cn/a", **fields}
    return save_template(signature_id=signature.pk, actor="amy", **given)


def test_each_change_is_a_version_and_the_same_again_is_none(signature: Signature) -> None:
    make_user("amy")
    first = save(signature)
    again = save(signature, template_id=first.template_id)
    second = save(signature, template_id=first.template_id, value="全场7折")
    assert again == first
    assert (second.number, second.template_id) == (2, first.template_id)
    assert [row.value for row in reads.history(first.template_id)] == ["全场7折", "全场8折"]
    assert second.author is not None and second.author.username == "amy"
    assert AuditEntry.objects.filter(action="content.version_saved").count() == 2


def test_names_are_unique_and_purpose_stays(signature: Signature) -> None:
    first = save(signature)
    with pytest.raises(Conflict, match=r"template\.name_taken"):
        save(signature)
    with pytest.raises(Conflict, match=r"template\.purpose_fixed"):
        save(signature, template_id=first.template_id, purpose="service")
    with pytest.raises(InvalidInput, match=r"template\.purpose"):
        save(signature, name="x", purpose="spam")
    with pytest.raises(NotFound, match=r"template\.unknown"):
        save(signature, name="y", template_id=10**9)


def test_a_template_is_of_a_trade_that_has_windows(signature: Signature) -> None:
    assert set(TRADES) == set(Trade.values)
    with pytest.raises(InvalidInput, match=r"template\.trade"):
        save(signature, trade="nothing")
    assert reads.library().total == 0


def test_a_fault_saves_nothing(signature: Signature) -> None:
    with pytest.raises(InvalidInput, match=r"template\.unknown_variable"):
        save(signature, value="{{ contact.nme }}")
    assert reads.library().total == 0


def test_signatures_are_unique_and_can_be_taken_out_of_use(signature: Signature) -> None:
    with pytest.raises(Conflict, match=r"signature\.exists"):
        add_signature("信风", actor="amy")
    edit_signature(signature.pk, hotline="", enabled=False, actor="amy")
    with pytest.raises(Conflict, match=r"signature\.disabled"):
        save(signature)
    assert reads.signatures(only_enabled=True) == []
    assert [found.text for found in reads.signatures()] == ["信风"]


def test_the_library_lists_searches_and_archives(signature: Signature) -> None:
    sale = save(signature)
    save(signature, name="取货", purpose="service", value="您的包裹到了", action="")
    assert [row.name for row in reads.library().rows] == ["取货", "会员日"]
    assert [row.name for row in reads.library(search="包裹").rows] == ["取货"]
    assert [row.name for row in reads.library(purpose="marketing").rows] == ["会员日"]
    assert reads.library(search="会员").rows[0].opt_out == "拒收请回复R"
    archive_template(sale.template_id, archived=True, actor="amy")
    assert reads.library().total == 1
    assert reads.library(archived=True).rows[0].template_id == sale.template_id
    assert (reads.library(limit=1).total, len(reads.library(limit=1, offset=1).rows)) == (1, 0)


def test_texts_for_real_contacts_come_in_order_with_their_names(signature: Signature) -> None:
    version = save(
        signature,
        value="{{ contact.name }}{{ contact.salutation }}，全场8折",
        defaults={"contact.name": "亲爱的"},
    )
    named, unnamed = make_contact(name="欧阳小明", gender=1), make_contact()
    ids = [unnamed, 10**12, named]
    found = dict(reads.texts(version, ids, MOMENT))
    assert list(found) == [unnamed, named]
    assert found[named] == "【信风】欧阳小明先生，全场8折 点 s.xf.cn/a 拒收请回复R"
    assert found[unnamed] == "【信风】亲爱的会员，全场8折 点 s.xf.cn/a 拒收请回复R"
    spread = reads.longest(version, ids, price_li=35, moment=MOMENT)
    assert spread is not None and (spread.texts, spread.cost_li, spread.longest_text) == (2, 70, found[named])
    assert reads.longest_for_anyone(version, price_li=35).units >= spread.longest.units


def test_nobody_left_of_an_audience_is_no_trouble(signature: Signature) -> None:
    version = save(
        signature, value="{{ contact.salutation }}{{ contact.city }}", defaults={"contact.city": "本市"}
    )
    assert list(reads.texts(version, [10**12], MOMENT)) == []
    assert reads.longest(version, [10**12], price_li=35, moment=MOMENT) is None


def test_declared_attributes_join_the_catalogue(signature: Signature) -> None:
    Attribute.objects.create(key="points", label="积分", kind="number")
    assert "attr.points" in reads.catalogue()
    version = save(signature, value="您有{{ attr.points }}分", defaults={"attr.points": "许多"})
    contact = make_contact(attrs={"points": 120})
    assert dict(reads.texts(version, [contact], MOMENT))[contact].startswith("【信风】您有120分")


def test_a_sensitive_attribute_is_read_only_by_those_who_agreed_to_its_use(signature: Signature) -> None:
    Attribute.objects.create(key="allergy", label="过敏", kind="text", sensitive=True)
    wording = {"value": "为您避开{{ attr.allergy }}", "defaults": {"attr.allergy": "过敏原"}}
    version = save(signature, **wording)
    agreed = make_contact(attrs={"allergy": "花生"}, consent=("marketing", "sensitive:allergy"))
    silent = make_contact(attrs={"allergy": "牛奶"})
    texts = dict(reads.texts(version, [agreed, silent], MOMENT))
    assert "避开花生" in texts[agreed]
    assert "避开过敏原" in texts[silent]
    shown = preview(
        Draft(wording["value"], "", "", wording["defaults"]), signature, purpose="marketing", moment=MOMENT,
        price_li=35, contact_ids=[agreed],
    )  # fmt: skip
    assert "花生" not in shown.shown[0].text
    assert "sensitive_variable" in {remark.code for remark in shown.remarks}


def test_the_preview_masks_names_but_keeps_lengths(signature: Signature) -> None:
    contact = make_contact(name="王小明")
    draft = Draft("亲爱的{{ contact.name }}，全场8折", "点 s.xf.cn/a", "", {"contact.name": "会员"})
    found = preview(draft, signature, purpose="marketing", moment=MOMENT, price_li=35, contact_ids=[contact])
    (shown,) = found.shown
    assert shown.contact_id == contact
    assert shown.text == "【信风】亲爱的王**，全场8折 点 s.xf.cn/a 拒收请回复R"
    assert shown.phone.startswith("139****")
    assert (shown.measure.parts, shown.measure.cost_li) == (1, 35)
    assert found.upper_bound.units >= shown.measure.units


def test_without_contacts_the_preview_shows_an_example(signature: Signature) -> None:
    draft = Draft("亲爱的{{ contact.name }}", "", "", {"contact.name": "会员"})
    found = preview(draft, signature, purpose="marketing", moment=MOMENT, price_li=35)
    assert found.shown[0].text == "【信风】亲爱的王小明 拒收请回复R"
    assert {remark.code for remark in found.remarks} == {"missing_action"}


def test_nobody_merged_is_shown_in_a_preview(signature: Signature) -> None:
    one, other = make_contact(), make_contact()
    Contact.objects.filter(pk=other).update(state=ContactState.MERGED, merged_into=one)
    assert reads.people_to_show() == [one]
