"""The inbox: newest first, opened only for those who handle replies, never as markup."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from tests.console.people import signed_in
from tests.factories import make_contact, phone

from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.time import utc_now

HOSTILE = '<img src=x onerror="alert(1)">好的'


def reply(
    text: str = "好的", *, meaning: str = "other", minutes: int = 0, contact_id: int | None = None
) -> int:
    number = phone()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into reply (id, received_at, channel_id, phone_sealed, phone_index, contact_id, to_number,"
            " body_sealed, meaning) values ((select coalesce(max(id), 0) + 1 from reply), %s, 1, %s, %s, %s,"
            " '10690', %s, %s) returning id",
            (
                utc_now() - timedelta(minutes=minutes),
                vault().seal(Kind.PHONE, number),
                vault().phone_index(number),
                contact_id,
                vault().seal(Kind.REPLY, text),
                meaning,
            ),
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def operator(db):
    return signed_in("operator")


def html_of(client, path="/inbox"):
    return client.get(path).content.decode()


def test_an_empty_inbox_says_what_will_be_here(operator):
    assert "还没有回复" in html_of(operator)


def test_replies_stand_newest_first_with_opt_outs_as_binding(operator):
    reply("早些时候", minutes=5)
    reply("退订", meaning="opt_out")
    html = html_of(operator)
    assert html.index("收到时已经生效") < html.index("早些时候")
    assert "1 条回复等人处理" in html


def test_a_reply_is_shown_as_text_never_as_markup(operator):
    reply(HOSTILE)
    html = html_of(operator)
    assert "<img src=x" not in html and "&lt;img src=x" in html


def test_only_those_who_handle_replies_read_them_and_that_is_audited(operator):
    first = reply("我要投诉")
    assert "我要投诉" in html_of(operator)
    entry = AuditEntry.objects.get(action="reply.read")
    assert (entry.actor, entry.detail["replies"]) == ("operator", [first])
    html = html_of(signed_in("reviewer"))
    assert "我要投诉" not in html and "（不能查看）" in html
    assert AuditEntry.objects.filter(action="reply.read").count() == 1


def test_a_reply_is_marked_handled_once(operator):
    one = reply("请问几点开门")
    assert operator.post(f"/inbox/{one}/handled").status_code == 302
    assert operator.post(f"/inbox/{one}/handled").status_code == 302
    assert AuditEntry.objects.filter(action="reply.handle").count() == 1
    assert "operator 已处理" in html_of(operator)
    assert "请问几点开门" not in html_of(operator, "/inbox?show=waiting")
    assert operator.post("/inbox/999999/handled").status_code == 404
    assert signed_in("reviewer").post(f"/inbox/{one}/handled").status_code == 403


def test_filters_and_pages_keep_to_what_was_asked(operator):
    contact = make_contact()
    for number in range(30):
        reply(f"第{number}条", minutes=number)
    reply("退订", meaning="opt_out", contact_id=contact)
    assert "第0条" not in html_of(operator, "/inbox?show=opt_out")
    assert "第0条" not in html_of(operator, f"/inbox?contact={contact}")
    first = html_of(operator, "/inbox?show=other")
    after = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = html_of(operator, "/inbox" + after)
    assert "第24条" in first and "第25条" not in first and "第25条" in second and "第24条" not in second
    assert operator.get("/inbox?after=nonsense").status_code == 400
    assert operator.get("/inbox?plan=x").status_code == 400


def test_the_inbox_asks_as_often_for_many_replies_as_for_one(operator, asked):
    reply()
    html_of(operator)
    with asked() as one:
        html_of(operator)
    for _ in range(10):
        reply()
    with asked() as many:
        html_of(operator)
    assert len(many) == len(one)


def test_an_analyst_may_not_see_the_inbox(db):
    assert signed_in("analyst").get("/inbox").status_code == 403
