"""The screens of requests: what is shown to whom, and the way of each request from receipt to answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.console.people import signed_in
from tests.factories import phone
from tests.privacy.people import NAME, asked, known_person, suppressions, who_has

from xinfeng.contacts.models import Contact
from xinfeng.filings.days import business_day_of
from xinfeng.foundation.models import AuditEntry, User
from xinfeng.kernel.time import utc_now
from xinfeng.privacy import actions, exports, journal
from xinfeng.privacy.models import PrivacyRequest

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(journal, "path", lambda: tmp_path / "keys" / journal.FILE_NAME)
    monkeypatch.setattr(exports, "folder", lambda: tmp_path / "exports")
    yield


@pytest.fixture
def officer(db):
    return signed_in("compliance")


def html_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def do(client, request_id, deed, code=302, **given):
    answer = client.post(f"/requests/{request_id}/do/{deed}", given)
    assert answer.status_code == code, answer.content.decode()[:2000]


def test_an_empty_list_says_what_it_is_for(officer):
    html = html_of(officer, "/requests")
    assert "还没有人提出请求" in html and "登记请求" in html


def test_only_those_who_answer_requests_see_them(db):
    request = asked("access", phone())
    for role in ("operator", "reviewer", "analyst", "developer"):
        client = signed_in(role)
        for path in ("/requests", f"/requests/{request}", "/requests/new", f"/requests/{request}/letter"):
            assert client.get(path).status_code == 403
        assert client.post(f"/requests/{request}/do/export").status_code == 403
        assert client.post(f"/requests/{request}/erase").status_code == 403
        assert client.post(f"/requests/{request}/download").status_code == 403


def test_a_request_is_taken_in_and_found_again(officer):
    number = phone()
    known_person(number)
    given = {
        "kind": "access",
        "phone": number,
        "name": NAME,
        "via": "shop",
        "words": HOSTILE,
        "received_on": business_day_of(utc_now()).isoformat(),
    }
    answer = officer.post("/requests/new", given)
    assert answer.status_code == 302
    page = html_of(officer, answer["Location"])
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert number not in page and f"{number[:3]}****{number[-4:]}" in page and NAME not in page
    assert "还有 21 天" in html_of(officer, f"/requests?q={number}")
    assert "GX-" not in html_of(officer, "/requests?q=13899999999")
    assert officer.get("/requests?state=nonsense").status_code == 400


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phone": "12345"}, "11 位"),
        ({"phone": ""}, "手机号和会员号都没有填"),
        ({"received_on": "2999-01-01"}, "未来"),
        ({"kind": "everything"}, "everything"),
        ({"words": "a\x00b"}, ""),
    ],
)
def test_a_form_that_does_not_fit_says_where(officer, change, words):
    given = {
        "kind": "access",
        "phone": phone(),
        "via": "shop",
        "received_on": business_day_of(utc_now()).isoformat(),
    }
    answer = officer.post("/requests/new", given | change)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not PrivacyRequest.objects.exists()


def test_who_asks_is_shown_in_the_clear_only_on_demand_and_audited(officer):
    number = phone()
    request = asked("access", number)
    page = officer.post(f"/requests/{request}/reveal").content.decode()
    assert number in page and NAME in page and "x@example.com" in page
    assert AuditEntry.objects.filter(action="request.reveal", object_id=str(request)).count() == 1


def test_an_access_request_goes_its_way(committed_db):
    officer = signed_in("compliance")
    number = phone()
    known_person(number)
    request = asked("access", number, checked=False)
    assert "先核验身份" in html_of(officer, f"/requests/{request}")
    do(officer, request, "export", code=409)
    answer = officer.post(
        f"/requests/{request}/identity", {"how": "call_back", "note": "对得上", "result": "ok"}
    )
    assert answer.status_code == 302
    page = html_of(officer, f"/requests/{request}")
    assert "整理导出文件" in page and "发给您的短信" in html_of(officer, f"/requests/{request}/held")
    do(officer, request, "export")
    assert "hx-trigger" in html_of(officer, f"/requests/{request}/export")
    actions.make_export(request, actor="compliance", now=utc_now())
    polled = officer.get(f"/requests/{request}/export")
    assert polled["HX-Refresh"] == "true"
    got = officer.post(f"/requests/{request}/download")
    assert got["Content-Type"] == "application/zip" and b"".join(got.streaming_content)[:2] == b"PK"
    assert officer.get(f"/requests/{request}/download").status_code == 405
    do(officer, request, "letter", letter=f"改过的答复 {HOSTILE}")
    printed = html_of(officer, f"/requests/{request}/letter")
    assert "改过的答复" in printed and "<script>alert" not in printed
    do(officer, request, "close", sent="当面交付")
    assert PrivacyRequest.objects.get(pk=request).state == "closed"
    do(officer, request, "letter", code=409, letter="再改")


def test_an_erasure_needs_the_word_and_ends_with_nothing(committed_db):
    officer = signed_in("compliance")
    number = phone()
    person = known_person(number)
    request = asked("erasure", number)
    assert "永久删除" in html_of(officer, f"/requests/{request}")
    assert officer.post(f"/requests/{request}/erase", {"confirmation": "好"}).status_code == 400
    assert who_has(number) == person
    assert officer.post(f"/requests/{request}/erase", {"confirmation": "删除"}).status_code == 302
    assert who_has(number) is None and ("all", "erased") in suppressions(number)
    page = html_of(officer, f"/requests/{request}")
    assert "删除记录" in page and "通信短信息服务管理规定" in page
    assert officer.post(f"/requests/{request}/erase", {"confirmation": "删除"}).status_code == 409
    do(officer, request, "close", sent="邮件")
    page = html_of(officer, f"/requests/{request}")
    assert NAME not in page and "已经抹去" in page
    assert officer.get(f"/requests/{request}/letter").status_code == 404


def test_a_correction_is_made_and_remembered_together(officer):
    number, taken = phone(), phone()
    person = known_person(number, city="杭州")
    known_person(taken)
    request = asked("correction", number)
    answer = officer.post(f"/requests/{request}/correct", {"city": "苏州", "phone": taken})
    assert answer.status_code == 422
    assert Contact.objects.get(pk=person).city == "杭州"
    answer = officer.post(f"/requests/{request}/correct", {"city": "苏州", "clear": ["name"]})
    assert answer.status_code == 302
    row = Contact.objects.get(pk=person)
    assert (row.city, row.name_sealed) == ("苏州", None)
    do(officer, request, "corrected")
    assert "更正的项目：姓名、城市。" in html_of(officer, f"/requests/{request}")


def test_a_switch_needs_no_check_and_cannot_be_refused(officer):
    number = phone()
    known_person(number)
    request = asked("no_marketing", number, checked=False)
    page = html_of(officer, f"/requests/{request}")
    assert "马上停止" in page and "先核验身份" not in page and "不能办理" not in page
    do(officer, request, "refuse", code=409, refusal="others")
    do(officer, request, "switch_off")
    assert suppressions(number) == [("marketing", "opt_out")]


def test_a_refusal_an_explanation_and_nothing_held(officer):
    refused, explained, unknown = (asked(kind, phone()) for kind in ("access", "explanation", "access"))
    do(officer, refused, "refuse", refusal="tea", code=400)
    do(officer, refused, "refuse", refusal="others")
    assert "已拒绝" in html_of(officer, f"/requests/{refused}")
    do(officer, explained, "explained", note="", code=400)
    do(officer, explained, "nothing_held")
    do(officer, unknown, "nothing_held")
    do(officer, unknown, "dance", code=404)
    other = asked("access", phone())
    do(officer, other, "extend", days="3", why="核对门店")
    do(officer, other, "extend", days="99", why="核对门店", code=400)
    do(officer, other, "take_back", why="误会")
    assert "本人撤回了请求" in html_of(officer, f"/requests/{other}")


def test_deadlines_are_changed_by_administrators_only(officer):
    days = {f"days-{kind}": "9" for kind in actions.RequestKind.values} | {"days-export": "7"}
    assert officer.post("/requests/deadlines", days).status_code == 403
    administrator = signed_in("administrator")
    assert administrator.post("/requests/deadlines", days | {"days-access": "31"}).status_code == 400
    assert administrator.post("/requests/deadlines", days).status_code == 302
    request = PrivacyRequest.objects.get(pk=asked("access", phone()))
    assert request.due_at - request.received_at <= timedelta(days=10)


def test_a_damaged_journal_is_shown_to_those_who_can_act(officer):
    number = phone()
    known_person(number)
    actions.erase(asked("erasure", number), actor="she", now=utc_now())
    assert "删除日志受损" not in html_of(officer, "/requests")
    journal.path().unlink()
    assert "删除日志受损" in html_of(officer, "/requests")


def test_a_list_asks_as_often_for_many_as_for_one(officer):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    asked("access", phone())
    html_of(officer, "/requests")
    with CaptureQueriesContext(connection) as one:
        html_of(officer, "/requests")
    for _ in range(10):
        asked("access", phone())
    with CaptureQueriesContext(connection) as many:
        html_of(officer, "/requests")
    assert len(many) == len(one)


def test_requests_that_are_not_there_are_not_found(officer):
    for path in ("/requests/999999", "/requests/999999/held", "/requests/999999/correct"):
        assert officer.get(path).status_code == 404


def test_in_english_the_word_to_type_is_the_one_that_is_asked_for(committed_db):
    officer = signed_in("compliance")
    User.objects.update(language="en")
    number = phone()
    known_person(number)
    request = asked("erasure", number)
    page = html_of(officer, f"/requests/{request}")
    word = page.split('data-expect="')[1].split('"')[0]
    assert word.isascii() and "Erase for good" in page
    assert officer.post(f"/requests/{request}/erase", {"confirmation": word}).status_code == 302
    assert who_has(number) is None
