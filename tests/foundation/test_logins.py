"""Passwords can't be guessed at leisure, and both ends of a login are in the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import NOW, make_user

from xinfeng.foundation import logins, people
from xinfeng.foundation.models import AuditEntry, LoginFailures
from xinfeng.kernel.errors import NotAllowed

HERE = "10.1.2.3"


def fail(times: int, name: str = "lin", address: str = HERE, at=NOW) -> None:
    for _ in range(times):
        logins.record_failure(name, address, now=at)


def test_the_fifth_wrong_password_locks_for_a_quarter_of_an_hour(db):
    make_user("lin")
    fail(4)
    logins.check("lin", HERE, now=NOW)
    fail(1)
    with pytest.raises(NotAllowed) as refused:
        logins.check("LIN ", HERE, now=NOW)
    assert (refused.value.code, refused.value.params["minutes"]) == ("login.locked", 15)
    logins.check("lin", HERE, now=NOW + timedelta(minutes=16))


def test_nobody_is_locked_out_from_elsewhere(db):
    fail(5)
    logins.check("lin", "10.9.9.9", now=NOW)


def test_failures_far_apart_do_not_add_up(db):
    for hour in range(8):
        fail(1, at=NOW + timedelta(hours=hour))
    logins.check("lin", HERE, now=NOW + timedelta(hours=7))


def test_an_address_that_tries_many_names_is_locked_as_a_whole(db):
    for number in range(50):
        fail(1, name=f"name{number}")
    with pytest.raises(NotAllowed):
        logins.check("somebody-else", HERE, now=NOW)


def test_a_success_and_a_new_password_forget_the_failures(db):
    person = make_user("lin")
    fail(4)
    logins.record_success(person, HERE)
    fail(4)
    logins.check("lin", HERE, now=NOW)
    fail(1)
    people.set_password(username="lin", password="tea-and-wind-9", actor="admin")
    logins.check("lin", HERE, now=NOW)


def test_what_was_typed_as_a_name_is_kept_nowhere(db):
    typed = "my-password-in-the-wrong-field"
    fail(1, name=typed)
    assert typed not in str([(row.actor, row.detail, row.object_id) for row in AuditEntry.objects.all()])
    assert not LoginFailures.objects.filter(key__contains=typed).exists()


def test_old_failures_are_removed(db):
    fail(1)
    assert logins.forget_old(now=NOW) == 0
    assert logins.forget_old(now=NOW + timedelta(hours=1)) == 2


def test_the_login_page_locks_and_audits(db):
    make_user("lin")
    browser = Client(headers={"host": "localhost"})
    wrong = {"username": "lin", "password": "nonsense"}
    for _ in range(5):
        assert "用户名或密码不对" in browser.post("/login", wrong).content.decode()
    answer = browser.post("/login", {"username": "lin", "password": "linlin"})
    assert answer.status_code == 403 and "密码或验证码错了太多次" in answer.content.decode()
    assert AuditEntry.objects.filter(action="login.failed", actor="lin", address="127.0.0.1").count() == 5
    logins.forget("lin")
    assert browser.post("/login", {"username": "lin", "password": "linlin"}).status_code == 302
    assert AuditEntry.objects.filter(action="login", actor="lin").count() == 1
