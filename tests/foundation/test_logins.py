"""Passwords can't be guessed at leisure, and both ends of a login are in the audit log."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import count, islice

import pytest
from django.test import Client
from django.utils import timezone
from tests.factories import NOW, make_user

from xinfeng.console.account import login
from xinfeng.foundation import logins, people
from xinfeng.foundation.models import AuditEntry, LoginFailures
from xinfeng.kernel.errors import NotAllowed

HERE = "10.1.2.3"


def fail(times: int, name: str = "lin", address: str = HERE, at=NOW) -> None:
    for _ in range(times):
        logins.begin(name, address, now=at)
        logins.record_failure(name, address, now=at)


def try_right(name: str = "lin", address: str = HERE, at=NOW) -> None:
    with logins.trying(name, address, now=at):
        pass


def test_the_fifth_wrong_password_locks_for_a_quarter_of_an_hour(db):
    make_user("lin")
    fail(4)
    try_right("lin", HERE)
    fail(1)
    with pytest.raises(NotAllowed) as refused:
        try_right("LIN ", HERE, at=NOW)
    assert (refused.value.code, refused.value.params["minutes"]) == ("login.locked", 15)
    try_right("lin", HERE, at=NOW + timedelta(minutes=16))


def test_nobody_is_locked_out_from_elsewhere(db):
    fail(5)
    try_right("lin", "10.9.9.9", at=NOW)


def test_failures_far_apart_do_not_add_up(db):
    for hour in range(8):
        fail(1, at=NOW + timedelta(hours=hour))
    try_right("lin", HERE, at=NOW + timedelta(hours=7))


def test_an_address_that_tries_many_names_is_locked_as_a_whole(db):
    for number in range(50):
        fail(1, name=f"name{number}")
    with pytest.raises(NotAllowed):
        try_right("somebody-else", HERE, at=NOW)


def test_a_success_and_a_new_password_forget_the_failures(db):
    person = make_user("lin")
    fail(4)
    logins.record_success(person, HERE)
    fail(4)
    try_right("lin", HERE, at=NOW)
    fail(1)
    people.set_password(username="lin", password="tea-and-wind-9", actor="admin")
    try_right("lin", HERE, at=NOW)


def test_tries_that_come_at_once_are_no_more_than_one_after_the_other(db):
    """All begin before the first is judged."""
    for _ in range(logins.MOST_FAILURES):
        logins.begin("lin", HERE, now=NOW)
    with pytest.raises(NotAllowed):
        logins.begin("lin", HERE, now=NOW)


def test_a_right_try_counts_for_nothing_and_lifts_what_only_it_has_locked(db):
    fail(4)
    for _ in range(3):
        try_right()
    fail(1)
    with pytest.raises(NotAllowed):
        try_right()


def test_what_could_not_be_judged_counts_for_nothing(db):
    fail(4)
    with pytest.raises(ZeroDivisionError), logins.trying("lin", HERE, now=NOW):
        raise ZeroDivisionError
    try_right()


@pytest.mark.parametrize("name", ["ｌｉｎ", "LIN", " lin ", "ｌin", "ℓin"])
def test_another_way_to_write_a_name_has_no_tries_of_its_own(db, name: str):
    fail(5)
    with pytest.raises(NotAllowed):
        logins.begin(name, HERE, now=NOW)


def test_an_ipv6_network_is_one_sender(db):
    for number in range(5):
        fail(1, address=f"2001:db8:1:2::{number:x}")
    with pytest.raises(NotAllowed):
        logins.begin("lin", "2001:db8:1:2:ffff:1::9", now=NOW)
    try_right(address="2001:db8:1:3::1")
    fail(5, name="wei", address="::ffff:10.0.0.7")
    with pytest.raises(NotAllowed):
        logins.begin("wei", "10.0.0.7", now=NOW)


_elsewhere = count()


def fail_from_everywhere(times: int, *, name: str = "lin", at=NOW) -> int:
    """One wrong password from each of so many addresses; how many were judged."""
    judged = 0
    for number in islice(_elsewhere, times):
        try:
            fail(1, name=name, address=f"203.{number >> 16}.{number >> 8 & 255}.{number & 255}", at=at)
        except NotAllowed as slow:
            assert slow.code == "login.slow"
        else:
            judged += 1
    return judged


def test_guessing_one_name_from_very_many_addresses_slows_down(db):
    make_user("lin")
    assert fail_from_everywhere(300) == logins.MOST_FAILURES_FROM_ANYWHERE
    hour = sum(fail_from_everywhere(2, at=NOW + timedelta(seconds=30 * part)) for part in range(1, 120))
    assert logins.MOST_FAILURES_FROM_ANYWHERE + hour <= 100, "ASVS 2.2.1: at most a hundred an hour"


def test_who_is_guessed_at_signs_in_from_where_she_always_does(db):
    person = make_user("lin")
    logins.record_success(person, HERE)
    logins.record_success(person, "2001:db8:1:2::1")
    fail_from_everywhere(60)
    at = timezone.now()
    for address in (HERE, "2001:db8:1:2:ffff::9"):
        with logins.trying("lin", address, now=at):
            pass
    for strange in ("10.9.9.9", ""):
        fail_from_everywhere(60, at=at)
        with pytest.raises(NotAllowed) as slow, logins.trying("lin", strange, now=at):
            pass
        assert slow.value.code == "login.slow"


def test_from_a_strange_place_she_waits_a_minute_and_is_never_locked_out_for_good(db):
    make_user("lin")
    fail_from_everywhere(60)
    later = NOW + timedelta(minutes=1, seconds=1)
    with logins.trying("lin", "10.9.9.9", now=later):
        pass
    with pytest.raises(NotAllowed), logins.trying("lin", "10.8.8.8", now=later):
        pass
    people.set_password(username="lin", password="tea-and-wind-9", actor="admin")
    with logins.trying("lin", "10.8.8.8", now=later):
        pass


def test_a_name_that_nobody_has_slows_down_just_the_same(db):
    assert fail_from_everywhere(60, name="nobody") == logins.MOST_FAILURES_FROM_ANYWHERE
    assert fail_from_everywhere(60, name="ＮＯＢＯＤＹ") == 0


def test_right_passwords_from_many_places_slow_nobody_down(db):
    make_user("lin")
    for number in range(100):
        try_right("lin", f"203.0.113.{number}")


def test_a_name_no_database_can_hold_is_a_wrong_one(db):
    answer = Client(headers={"host": "localhost"}).post("/login", {"username": "a\x00b", "password": "x"})
    assert answer.status_code == 200
    assert AuditEntry.objects.get(action="login.failed").actor == "system:login"


def test_who_is_one_too_many_is_told_so(db, monkeypatch: pytest.MonkeyPatch):
    room = threading.BoundedSemaphore(1)
    room.acquire()
    monkeypatch.setattr(login, "_ROOM", room)
    monkeypatch.setattr(login, "ROOM_WAITS_S", 0.01)
    answer = Client(headers={"host": "localhost"}).post("/login", {"username": "lin", "password": "x"})
    assert answer.status_code == 503 and "请过几秒钟再试" in answer.content.decode()
    assert not LoginFailures.objects.exists()


def test_what_was_typed_as_a_name_is_kept_nowhere(db):
    typed = "my-password-in-the-wrong-field"
    fail(1, name=typed)
    assert typed not in str([(row.actor, row.detail, row.object_id) for row in AuditEntry.objects.all()])
    assert not LoginFailures.objects.filter(key__contains=typed).exists()


def test_old_failures_are_removed(db):
    fail(1)
    assert logins.forget_old(now=NOW) == 0
    assert logins.forget_old(now=NOW + timedelta(hours=1)) == 0
    assert logins.forget_old(now=NOW + timedelta(hours=2)) == 3


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
