"""Contacts in the console: found without leaving traces, shown masked, changed and revealed by those who may."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.console.people import signed_in
from tests.factories import NOW, make_contact, make_contacts, make_event, phone
from tests.forms.world import make_form, prize, submit

from xinfeng.consent.actions import withdraw
from xinfeng.consent.asking import cool_down_days
from xinfeng.consent.models import ConsentEntry, Standing, Suppression
from xinfeng.contacts import reads
from xinfeng.contacts.actions import declare_attribute, put_tag
from xinfeng.contacts.models import Contact, TagFact
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.vault import vault
from xinfeng.kernel.time import utc_now

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def operator(db) -> Client:
    return signed_in("operator")


@pytest.fixture
def compliance(db) -> Client:
    return signed_in("compliance")


@pytest.fixture
def at_work(committed_db) -> Client:
    """An operator in a database where commits are real: the lens answers filters, and sees what is committed."""
    return signed_in("operator")


def html_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_an_empty_list_says_what_to_do_next(operator):
    html = html_of(operator, "/contacts")
    assert "还没有客户" in html and "/imports/new" in html


def test_a_full_number_leads_to_its_contact_and_never_stands_in_an_address(operator):
    number = phone()
    contact_id = make_contact(phone=number)
    make_contact()
    spaced = f"+86 {number[:3]} {number[3:7]} {number[7:]}"
    answer = operator.post("/contacts/find", {"q": spaced})
    assert (answer.status_code, answer["Location"]) == (302, f"/contacts/{contact_id}")


def test_the_search_on_every_page_posts(operator):
    head = html_of(operator, "/contacts").split('class="xf-find"')[1].split("</form>")[0]
    assert 'method="post"' in head and "csrfmiddlewaretoken" in head


def test_a_member_id_is_found_and_a_tag_filters(at_work):
    contact_id = make_contact(external_id="M000007", tags=("爱喝白茶",))
    make_contact()
    assert at_work.post("/contacts/find", {"q": "M000007"})["Location"] == f"/contacts/{contact_id}"
    filtered = at_work.post("/contacts/find", {"q": "爱喝白茶"})["Location"]
    html = html_of(at_work, filtered)
    assert f'"/contacts/{contact_id}"' in html and html.count('<td><a class="xf-cell-main"') == 1


def test_people_of_one_name_are_listed_without_the_name_in_an_address(operator):
    ids = make_contacts(3, name="王小明")
    answer = operator.post("/contacts/find", {"q": "王小明"})
    html = answer.content.decode()
    assert answer.status_code == 200 and "找到 3 位" in html
    assert all(f'"/contacts/{one}"' in html for one in ids) and "王小明" not in html


def test_what_is_not_found_is_told_without_repeating_it(operator):
    answer = operator.post("/contacts/find", {"q": "13912345678"}, follow=True)
    html = answer.content.decode()
    assert "没有找到" in html and "13912345678" not in html


def test_who_is_not_found_is_not_answered_with_everybody(operator):
    other = make_contact(name="李四")
    html = operator.post("/contacts/find", {"q": "王小"}, follow=True).content.decode()
    assert "没有找到" in html and f'"/contacts/{other}"' not in html and "回到全部客户" in html


def test_a_member_id_is_found_in_either_case(operator):
    contact_id = make_contact(external_id="M000007")
    assert operator.post("/contacts/find", {"q": "m000007"})["Location"] == f"/contacts/{contact_id}"


def test_filters_by_tier_consent_and_province_narrow_the_list(at_work):
    agreed = make_contact(province="浙江")
    refused = make_contact(province="浙江")
    never = make_contact(province="江苏", consent=())
    withdraw(
        refused, "marketing", at=utc_now(), source="console", evidence="电话", actor="test", now=utc_now()
    )
    wanted = {"reachable": agreed, "withdrawn": refused, "none": never}
    for state, contact_id in wanted.items():
        html = html_of(at_work, f"/contacts?consent={state}")
        shown = {one for one in wanted.values() if f'"/contacts/{one}"' in html}
        assert shown == {contact_id}, state
    html = html_of(at_work, "/contacts?province=江苏")
    assert f'"/contacts/{never}"' in html and f'"/contacts/{agreed}"' not in html
    assert at_work.get("/contacts?consent=everything").status_code == 400


def test_pages_go_on_where_the_last_one_ended(operator):
    ids = make_contacts(30)
    first = html_of(operator, "/contacts")
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = html_of(operator, f"/contacts{following}")
    seen = [[one for one in ids if f'"/contacts/{one}"' in html] for html in (first, second)]
    assert [len(part) for part in seen] == [25, 5] and not set(seen[0]) & set(seen[1])


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(operator, asked):
    make_contacts(2, tags=("甲",))
    with asked() as few:
        operator.get("/contacts")
    make_contacts(20, tags=("乙",))
    with asked() as many:
        operator.get("/contacts")
    assert len(many) == len(few) <= 8


def test_one_contact_shows_profile_proof_tags_and_history_masked(operator):
    number = phone()
    declare_attribute(key="points", label="积分", kind="number", actor="test")
    contact_id = make_contact(
        phone=number, name="欧阳明月", city="杭州", attrs={"points": 120}, external_id="M1"
    )
    make_event(contact_id, at=NOW - timedelta(days=2), amount_fen=26_800)
    html = html_of(operator, f"/contacts/{contact_id}")
    assert "欧**" in html and "欧阳明月" not in html and number not in html
    assert "积分" in html and "120" in html and "购买 ¥268.00" in html
    entry = ConsentEntry.objects.get(contact_id=contact_id)
    assert f"#{entry.seq}" in html and bytes(entry.hash).hex()[:12] in html and "未被改动" in html
    assert "可以发送" in html


def test_beside_a_refusal_stands_when_she_may_be_asked_again(operator):
    contact_id = make_contact()
    assert "征求" not in html_of(operator, f"/contacts/{contact_id}")
    now = utc_now()
    withdraw(contact_id, "marketing", at=now, source="console", evidence="来电", actor="li", now=now)
    html = html_of(operator, f"/contacts/{contact_id}")
    day = timezone.localtime(now + timedelta(days=cool_down_days())).strftime("%Y-%m-%d")
    assert html.count("起可以再次征求，但不能用短信征求") == 1 and day in html


def test_older_history_is_fetched_in_pieces_until_it_ends(operator):
    contact_id = make_contact()
    for hours in range(45):
        make_event(contact_id, at=NOW - timedelta(hours=hours + 1), amount_fen=hours + 1)
    pages, url = [], f"/contacts/{contact_id}"
    while url:
        html = html_of(operator, url)
        pages.append(html.count("xf-timeline-item"))
        after = html.split('class="xf-older"')[1:]
        url = after[0].split('href="')[1].split('"')[0].replace("&amp;", "&") if after else ""
    assert len(pages) == 3 and sum(pages) == 45 + 1 + TagFact.objects.filter(contact_id=contact_id).count()


def test_the_timeline_opened_by_itself_begins_with_the_newest_and_has_a_frame(operator):
    contact_id = make_contact(name="欧阳明月")
    make_event(contact_id, at=NOW - timedelta(hours=1), amount_fen=26_800)
    html = html_of(operator, f"/contacts/{contact_id}/timeline")
    assert "购买 ¥268.00" in html and "xf-nav" in html and "欧**" in html and "欧阳明月" not in html
    piece = operator.get(f"/contacts/{contact_id}/timeline", headers={"HX-Request": "true"}).content.decode()
    assert "购买 ¥268.00" in piece and "xf-nav" not in piece
    for before in ("x", "2026-11-20", "2026-11-20T10:00:00"):
        assert operator.get(f"/contacts/{contact_id}/timeline?before={before}").status_code == 400
    assert operator.get("/contacts/999999/timeline").status_code == 404


def test_the_full_number_is_shown_only_with_a_reason_and_leaves_a_trace(compliance):
    number = phone()
    contact_id = make_contact(phone=number, name="欧阳明月")
    assert compliance.post(f"/contacts/{contact_id}/reveal", {"reason": " "}).status_code == 400
    answer = compliance.post(f"/contacts/{contact_id}/reveal", {"reason": "客户来电核对"})
    html = answer.content.decode()
    assert number in html and "欧阳明月" in html and "no-store" in answer["Cache-Control"]
    trace = AuditEntry.objects.get(action="contact.reveal")
    assert (trace.actor, trace.detail["reason"]) == ("compliance", "客户来电核对")
    assert number not in str(trace.detail)


def test_a_profile_is_edited_without_seeing_what_is_sealed(operator):
    declare_attribute(key="points", label="积分", kind="number", actor="test")
    number = phone()
    contact_id = make_contact(phone=number, name="王小明", city="杭州", level="银卡", attrs={"points": 5})
    html = html_of(operator, f"/contacts/{contact_id}/edit")
    assert number not in html and "王小明" not in html
    form = {
        "name": "",
        "phone": "",
        "city": "宁波",
        "level": "",
        "gender": "2",
        "birthday": "1990-02-03",
        "attr:points": "7",
    }
    assert operator.post(f"/contacts/{contact_id}/edit", form).status_code == 302
    card = reads.contact_card(contact_id)
    assert (card.row.city, card.row.level, card.row.gender, card.row.name) == ("宁波", None, 2, "王**")
    assert [one.value for one in card.attributes] == [7] and card.row.phone == f"139****{number[-4:]}"


def test_a_wrong_number_or_value_stands_at_its_field(operator):
    declare_attribute(key="points", label="积分", kind="number", actor="test")
    contact_id = make_contact()
    html = operator.post(f"/contacts/{contact_id}/edit", {"phone": "12", "gender": "0"}).content.decode()
    assert 'id="id_phone_error"' in html
    form = {"attr:points": "许多", "gender": "0"}
    html = operator.post(f"/contacts/{contact_id}/edit", form).content.decode()
    assert 'id="id_attr:points_error"' in html


def test_a_number_that_is_suppressed_stays_so_when_a_contact_takes_it_over(operator, compliance):
    number = phone()
    first = make_contact(phone=number)
    compliance.post(
        f"/contacts/{first}/suppress", {"scope": "marketing", "reason": "complaint", "why": "来电投诉"}
    )
    second = make_contact()
    operator.post(f"/contacts/{first}/edit", {"phone": phone(), "gender": "0"})
    operator.post(f"/contacts/{second}/edit", {"phone": number, "gender": "0"})
    standing = Standing.objects.get(contact_id=second, purpose="marketing")
    assert standing.suppressed == "complaint"


def test_tags_are_put_on_and_taken_off_with_who_and_why(operator):
    contact_id = make_contact()
    operator.post(f"/contacts/{contact_id}/tags", {"tag": " 爱喝  白茶 ", "why": "电话里说的"})
    html = html_of(operator, f"/contacts/{contact_id}")
    assert "爱喝 白茶" in html and "operator · 电话里说的" in html
    operator.post(f"/contacts/{contact_id}/tags/take", {"tag": "爱喝 白茶"})
    assert "爱喝 白茶" not in reads.contact_card(contact_id).row.tags
    assert operator.post(f"/contacts/{contact_id}/tags", {"tag": ""}).status_code == 400


def test_consent_is_withdrawn_and_a_number_suppressed_and_lifted(compliance):
    contact_id = make_contact()
    compliance.post(f"/contacts/{contact_id}/withdraw", {"purpose": "marketing", "why": "电话要求"})
    assert not Standing.objects.get(contact_id=contact_id, purpose="marketing").granted
    compliance.post(
        f"/contacts/{contact_id}/suppress", {"scope": "all", "reason": "manual", "why": "员工号码"}
    )
    suppression = Suppression.objects.get()
    assert "屏蔽名单" in html_of(compliance, f"/contacts/{contact_id}")
    compliance.post(f"/contacts/{contact_id}/lift", {"suppression": str(suppression.pk), "why": "登记错了"})
    suppression.refresh_from_db()
    assert suppression.lifted_by == "compliance"
    assert compliance.post(f"/contacts/{contact_id}/withdraw", {"purpose": "marketing"}).status_code == 400


def test_markup_in_names_tags_and_attributes_is_shown_not_run(operator):
    declare_attribute(key="note", label=HOSTILE, kind="text", actor="test")
    contact_id = make_contact(
        name=HOSTILE, external_id=HOSTILE, city="<b>杭州", level="<i>金", attrs={"note": HOSTILE}
    )
    put_tag(contact_id, "<script>x</script>", actor=HOSTILE, now=NOW, reason=HOSTILE)
    make_event(contact_id, item=HOSTILE, category="<b>")
    for path in ("/contacts", f"/contacts/{contact_id}", f"/contacts/{contact_id}/edit"):
        html = html_of(operator, path)
        assert "<script>alert" not in html and "<script>x" not in html and "<b>" not in html, path
        assert "&lt;" in html, path


CHANGES = ("edit", "tags", "tags/take", "withdraw", "suppress", "lift", "reveal")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("operator", {"edit", "tags", "tags/take"}),
        ("reviewer", set()),
        ("analyst", set()),
        ("compliance", {"withdraw", "suppress", "lift", "reveal"}),
    ],
)
def test_each_role_has_its_own_doors(role, may, db):
    contact_id = make_contact()
    client = signed_in(role)
    assert client.get(f"/contacts/{contact_id}").status_code == 200
    for change in CHANGES:
        refused = client.post(f"/contacts/{contact_id}/{change}", {}).status_code == 403
        assert refused is (change not in may), change


def test_developers_see_no_contacts_at_all(db):
    contact_id = make_contact()
    client = signed_in("developer")
    paths = ("/contacts", f"/contacts/{contact_id}", f"/contacts/{contact_id}/timeline")
    assert {client.get(path).status_code for path in paths} == {403}
    assert client.post("/contacts/find", {"q": "x"}).status_code == 403
    assert "xf-find" not in html_of(client, "/")


def test_a_contact_that_is_not_there_is_told_so(operator):
    assert operator.get("/contacts/999999").status_code == 404


def test_forms_she_sent_in_and_her_points_stand_on_her_page_masked(operator):
    number = phone()
    form = make_form(name=HOSTILE, incentive={"prizes": [prize(kind="points", points=1500)]})
    submit(form, number), submit(form, phone())
    html = html_of(operator, f"/contacts/{Contact.objects.get(phone_index=vault().phone_index(number)).pk}")
    card = html.split("共有 1,500 积分")[1].split("</table>")[0]
    assert card.count(f"/forms/{form.pk}") == 1 and "奖品p1" in card
    assert f"{number[:3]}****{number[-4:]}" in card and number not in card
    assert "<script>alert" not in html


def test_the_timeline_says_which_agreements_had_no_effect(compliance):
    contact_id = make_contact(consent=())
    compliance.post(
        f"/contacts/{contact_id}/suppress", {"scope": "marketing", "reason": "complaint", "why": "来电投诉"}
    )
    compliance.post(
        f"/contacts/{contact_id}/grant",
        {"purpose": "marketing", "source": "门店", "why": "会员表 12", "herself": "yes"},
    )
    html = html_of(compliance, f"/contacts/{contact_id}/timeline")
    assert "同意没有生效：营销短信" in html and "登记时号码正被屏蔽（投诉）" in html
    assert "同意：营销短信" not in html
