"""People in the console: merged and taken apart, added, asked, their tags managed, by those who may."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from tests.console.people import signed_in
from tests.factories import NOW, make_contact, make_contacts, make_event, make_notice, phone

from xinfeng.consent.actions import withdraw
from xinfeng.consent.models import ConsentEntry, Standing
from xinfeng.contacts import reads, tagging
from xinfeng.contacts.models import Contact, Merge, Tag
from xinfeng.contacts.suggesting import find_suggestions
from xinfeng.intake.people import merge_people
from xinfeng.kernel.time import utc_now

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def operator(db) -> Client:
    return signed_in("operator")


@pytest.fixture
def compliance(db) -> Client:
    return signed_in("compliance")


def html_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def merged(one: int, other: int) -> int:
    return merge_people(one, other, how="manual", actor="test", reason="同一人", now=utc_now())


def test_a_suggestion_is_compared_merged_and_gone(operator):
    one, other = (make_contact(name="王小明", birthday=date(1990, 1, 2)) for _ in range(2))
    find_suggestions(now=NOW)
    listed = html_of(operator, "/contacts/merges")
    assert "姓名和生日相同" in listed and f"/contacts/{one}/with/{other}" in listed and "王小明" not in listed
    assert "可能还有一位" in html_of(operator, f"/contacts/{one}")
    side_by_side = html_of(operator, f"/contacts/{one}/with/{other}")
    assert side_by_side.count("以这一位为准") == 2 and "王小明" not in side_by_side
    form = {"survivor": one, "absorbed": other, "how": "suggested", "why": "电话核对"}
    assert operator.post("/contacts/merges/merge", form)["Location"] == f"/contacts/{one}"
    assert "没有待处理的建议" in html_of(operator, "/contacts/merges")
    assert (Merge.objects.get().how, Merge.objects.get().reason) == ("suggested", "电话核对")


def test_two_people_are_told_apart_for_good(operator):
    for _ in range(2):
        make_contact(name="王小明", birthday=date(1990, 1, 2))
    find_suggestions(now=NOW)
    number = re.search(r'name="suggestion" value="(\d+)"', html_of(operator, "/contacts/merges"))
    assert number is not None
    operator.post("/contacts/merges/dismiss", {"suggestion": number[1]})
    find_suggestions(now=NOW + timedelta(days=1))
    assert "没有待处理的建议" in html_of(operator, "/contacts/merges")
    assert operator.post("/contacts/merges/dismiss", {"suggestion": number[1]}).status_code == 404


def test_a_merged_contact_leads_to_who_speaks_for_her_and_comes_back(operator):
    one = make_contact(phone="13800138000")
    other = make_contact(phone="13900139000", external_id="M2")
    make_event(other, at=NOW - timedelta(days=1), amount_fen=12_300)
    merge_id = merged(one, other)
    assert operator.get(f"/contacts/{other}")["Location"] == f"/contacts/{one}"
    html = html_of(operator, f"/contacts/{one}")
    assert "139****9000" in html and "购买 ¥123.00" in html and "13900139000" not in html
    assert operator.post("/contacts/find", {"q": "139****9000"}).get("Location") != f"/contacts/{other}"
    assert operator.post("/contacts/merges/undo", {"merge": merge_id, "why": ""}).status_code == 400
    back = operator.post("/contacts/merges/undo", {"merge": merge_id, "why": "是姐妹"})
    assert back["Location"] == f"/contacts/{one}/with/{other}"
    assert "是姐妹" in html_of(operator, "/contacts/merges/done")
    assert html_of(operator, f"/contacts/{other}")


def test_a_merge_keeps_the_stricter_consent_also_when_undone(operator):
    one, other = make_contacts(2)
    withdraw(other, "marketing", at=utc_now(), source="console", evidence="电话", actor="test", now=utc_now())
    merge_id = merged(one, other)
    assert not Standing.objects.get(contact_id=one, purpose="marketing").granted
    operator.post("/contacts/merges/undo", {"merge": merge_id, "why": "两个人"})
    for contact in (one, other):
        assert not Standing.objects.get(contact_id=contact, purpose="marketing").granted


def test_the_other_one_is_found_by_what_is_known_of_her(operator):
    one, other = make_contacts(2)
    member = make_contact(external_id="M7")
    found = operator.post(f"/contacts/{one}/merge", {"q": "M7"})
    assert found["Location"] == f"/contacts/{one}/with/{member}"
    for nothing in ("", "M8", "' or 1=1 --"):
        assert operator.post(f"/contacts/{one}/merge", {"q": nothing})["Location"] == f"/contacts/{one}"
    assert operator.get(f"/contacts/{one}/with/{one}").status_code == 400
    assert operator.get(f"/contacts/{one}/with/{10**15}").status_code == 404
    for form in ({}, {"survivor": "1' or 1=1", "absorbed": other}, {"survivor": one, "absorbed": one}):
        assert operator.post("/contacts/merges/merge", form).status_code == 400
    for path in ("/contacts/merges?after=x", "/contacts/merges/done?after=-1"):
        assert operator.get(path).status_code == 400


def test_somebody_is_added_by_hand_without_consent(operator):
    number = phone()
    form = {"phone": number, "name": "赵静", "source": "门店登记", "gender": "2", "language": "zh-hans"}
    made = int(operator.post("/contacts/new", form)["Location"].rpartition("/")[2])
    card = reads.contact_card(made)
    assert (card.row.name, card.row.gender, card.row.tags) == ("赵*", 2, ("门店登记",))
    assert not ConsentEntry.objects.filter(contact_id=made).exists()
    again = operator.post("/contacts/new", form)
    assert again.status_code == 422 and 'id="id_phone_error"' in again.content.decode()
    nobody = operator.post("/contacts/new", {"source": "门店", "gender": "0", "language": "zh-hans"})
    assert nobody.status_code == 422 and "手机号和会员号都没有" in nobody.content.decode()


def test_a_guessed_region_is_marked_and_an_edit_that_leaves_it_leaves_the_mark(operator):
    contact_id = make_contact(phone="13800138000")
    assert "（约）" in html_of(operator, f"/contacts/{contact_id}")
    form = {"province": "北京", "city": "北京", "gender": "0", "language": "zh-hans", "level": "金卡"}
    operator.post(f"/contacts/{contact_id}/edit", form)
    assert Contact.objects.get(pk=contact_id).region_guessed
    operator.post(f"/contacts/{contact_id}/edit", form | {"city": "海淀"})
    contact = Contact.objects.get(pk=contact_id)
    assert (contact.province, contact.city, contact.region_guessed) == ("北京", "海淀", False)


def test_consent_is_recorded_with_where_when_and_evidence(compliance):
    contact_id = make_contact(consent=())
    notice = make_notice()
    form = {
        "purpose": "marketing",
        "source": "南京路店",
        "why": "入会表 0312",
        "notice": str(notice.pk),
        "at": "2026-03-01T10:00",
    }
    assert compliance.post(f"/contacts/{contact_id}/grant", form).status_code == 302
    entry = ConsentEntry.objects.get(contact_id=contact_id)
    assert (entry.source, entry.evidence, entry.notice_id) == ("console:南京路店", "入会表 0312", notice.pk)
    assert entry.at.isoformat() == "2026-03-01T02:00:00+00:00"
    assert "南京路店" in html_of(compliance, f"/contacts/{contact_id}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"why": ""},
        {"source": ""},
        {"purpose": "everything"},
        {"notice": "1 or 1=1"},
        {"notice": "99999999"},
        {"at": "tomorrow"},
        {"at": "2999-01-01T00:00"},
        {"why": "他的号码是 13800138000"},
    ],
)
def test_consent_that_proves_nothing_is_not_recorded(compliance, wrong):
    contact_id = make_contact(consent=())
    form = {"purpose": "marketing", "source": "店", "why": "表 1"} | wrong
    assert compliance.post(f"/contacts/{contact_id}/grant", form).status_code == 400
    assert not ConsentEntry.objects.filter(contact_id=contact_id).exists()


def test_who_refused_is_only_recorded_if_she_came_back_herself(compliance):
    contact_id = make_contact()
    withdraw(
        contact_id,
        "marketing",
        at=utc_now() - timedelta(days=1),
        source="console",
        evidence="电话",
        actor="test",
        now=utc_now(),
    )
    form = {"purpose": "marketing", "source": "店", "why": "表 1"}
    refused = compliance.post(f"/contacts/{contact_id}/grant", form)
    assert refused.status_code >= 400 and ConsentEntry.objects.filter(contact_id=contact_id).count() == 2
    assert compliance.post(f"/contacts/{contact_id}/grant", form | {"herself": "yes"}).status_code == 302
    assert Standing.objects.get(contact_id=contact_id, purpose="marketing").granted


@pytest.mark.parametrize(("purpose", "words"), [("marketing", "不再营销"), ("profiling", "不做个性化")])
def test_who_was_never_asked_can_say_no_all_the_same(compliance, purpose, words):
    contact_id = make_contact(consent=())
    assert words in html_of(compliance, f"/contacts/{contact_id}")
    compliance.post(f"/contacts/{contact_id}/withdraw", {"purpose": purpose, "why": "来电"})
    assert not ConsentEntry.objects.get(contact_id=contact_id, purpose=purpose).granted
    assert f'id="no-{purpose}' not in html_of(compliance, f"/contacts/{contact_id}")


@pytest.mark.parametrize("role", ["reviewer", "analyst", "compliance"])
def test_only_those_who_may_merge(db, role):
    one, other = make_contacts(2)
    merge_id = merged(one, other)
    client = signed_in(role)
    for path in ("merges/merge", "merges/dismiss", "merges/undo", f"{one}/merge"):
        assert client.post(f"/contacts/{path}", {"merge": merge_id, "why": "x"}).status_code == 403, path
    assert "以这一位为准" not in html_of(client, "/contacts/merges")
    assert (client.get("/contacts/new").status_code == 403) and Merge.objects.get().undone_at is None


@pytest.fixture
def tagger(committed_db) -> Client:
    return signed_in("operator")


def test_tags_are_listed_renamed_described_and_merged(tagger):
    one = make_contact(tags=("甲", "乙"))
    make_contact(tags=("甲",))
    first, second = (Tag.objects.get(name=name).pk for name in "甲乙")
    listed = html_of(tagger, "/tiers/tags?sort=-contacts")
    assert f'"/tiers/tags/{first}"' in listed and "?tag=" in listed
    form = {"name": "甲 新", "description": "说明"}
    assert tagger.post(f"/tiers/tags/{first}", form).status_code == 302
    html = html_of(tagger, f"/tiers/tags/{first}")
    assert "甲 新" in html and "改名" in html and "2 位客户" in html
    taken = tagger.post(f"/tiers/tags/{first}", {"name": "乙", "description": ""})
    assert taken.status_code == 422 and 'id="id_name_error"' in taken.content.decode()
    merged_into = tagger.post(f"/tiers/tags/{first}/merge", {"into": "乙"})
    assert merged_into["Location"] == f"/tiers/tags/{second}"
    tagging.move_tagged(first, second, actor="operator", now=utc_now())
    assert set(reads.contacts_by_id([one])[0].tags) == {"乙", "测试"}
    assert tagger.get(f"/tiers/tags/{first}").status_code == 404
    assert tagger.post(f"/tiers/tags/{second}/merge", {"into": "没有"}).status_code == 404


def test_markup_in_tags_is_shown_not_run_and_looking_is_not_changing(tagger):
    tag = tagging.add_tag(HOSTILE, description=HOSTILE, actor="test")
    for path in ("/tiers/tags", f"/tiers/tags/{tag}"):
        assert "<script>alert" not in html_of(tagger, path)
    made = tagger.post("/tiers/tags/new", {"name": "新的", "description": ""})
    assert made["Location"] == f"/tiers/tags/{Tag.objects.get(name='新的').pk}"
    reviewer = signed_in("reviewer")
    assert reviewer.get("/tiers/tags").status_code == 200 == reviewer.get(f"/tiers/tags/{tag}").status_code
    assert reviewer.post(f"/tiers/tags/{tag}", {"name": "x"}).status_code == 403
    assert reviewer.post(f"/tiers/tags/{tag}/merge", {"into": "新的"}).status_code == 403
    assert reviewer.get("/tiers/tags/new").status_code == 403
