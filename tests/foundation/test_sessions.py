"""Sessions: listed, limited, ended by time, by their owner, by an administrator, and by what changes of a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.factories import make_user

from xinfeng.console.account import middleware
from xinfeng.foundation import people, security, sessions
from xinfeng.foundation.models import AuditEntry, LoginSession, User
from xinfeng.foundation.security import SecuritySettings
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now


def signed_in(user: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def is_inside(client: Client) -> bool:
    return client.get("/account").status_code == 200


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """`clock(minutes=5)`: so much later, for whoever asks the middleware."""
    at = [utc_now()]

    def later(**delta: float) -> None:
        at[0] += timedelta(**delta)

    monkeypatch.setattr(middleware, "utc_now", lambda: at[0])
    return later


def test_a_session_is_listed_with_its_device_and_address(db):
    user = make_user("lin")
    client = Client(headers={"host": "localhost", "user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"})
    client.post("/login", {"username": "lin", "password": "linlin"})
    [seat] = sessions.seats([user.pk])
    assert (sessions.device_words(seat.device), seat.address) == ("Chrome · Windows", "127.0.0.1")


@pytest.mark.parametrize(("role", "minutes"), [("administrator", 30), ("operator", 60)])
def test_silence_ends_a_session_sooner_for_those_who_may_much(db, clock, role, minutes):
    client = signed_in(make_user(role=role))
    for _ in range(4):
        clock(minutes=minutes - 1)
        assert is_inside(client)
    clock(minutes=minutes)
    assert client.get("/account")["Location"].startswith("/login?next=")


def test_a_day_of_work_ends_it_however_busy(db, clock):
    client = signed_in(make_user())
    for _ in range(14):
        clock(minutes=50)
        assert is_inside(client)
    clock(minutes=25)
    assert not is_inside(client)


def test_a_page_that_renews_itself_keeps_nobody_signed_in(db, clock):
    client = signed_in(make_user())
    poll = {"hx-request": "true", "hx-trigger": "dashboard", "hx-target": "dashboard"}
    for _ in range(6):
        clock(minutes=9)
        assert client.get("/", headers=poll).status_code == 200
    clock(minutes=9)
    assert client.get("/", headers=poll)["HX-Redirect"].startswith("/login")


def test_no_request_writes_within_a_minute(db, clock):
    client = signed_in(make_user())
    clock(seconds=59)
    with CaptureQueriesContext(connection) as asked:
        assert is_inside(client)
    assert not [query for query in asked if query["sql"].lower().startswith(("insert", "update", "delete"))]
    clock(minutes=2)
    with CaptureQueriesContext(connection) as asked:
        assert is_inside(client)
    assert any("login_session" in query["sql"] for query in asked if query["sql"].startswith("UPDATE"))


def test_the_oldest_of_too_many_ends(db):
    user = make_user("lin")
    clients = [signed_in(user) for _ in range(6)]
    assert [is_inside(client) for client in clients] == [False] + [True] * 5
    security.save(replace(SecuritySettings(), most_sessions=1), actor="test")
    newest = signed_in(user)
    assert is_inside(newest) and not any(is_inside(client) for client in clients)


def test_its_owner_ends_one_or_all_others_and_nobody_elses(db):
    user, other = make_user("lin"), make_user("wang")
    here, there, third, elsewhere = signed_in(user), signed_in(user), signed_in(user), signed_in(other)
    stranger = LoginSession.objects.get(user=other)
    assert here.post(f"/account/sessions/{stranger.pk}/end").status_code == 404
    mine = LoginSession.objects.get(key=there.session.session_key)
    here.post(f"/account/sessions/{mine.pk}/end")
    assert [is_inside(one) for one in (here, there, third, elsewhere)] == [True, False, True, True]
    here.post("/account/sessions/end")
    assert [is_inside(one) for one in (here, third, elsewhere)] == [True, False, True]
    assert AuditEntry.objects.filter(action="session.end", actor="lin").count() == 2


def test_an_administrator_ends_anybodys(db):
    admin, user = signed_in(make_user(role="administrator")), make_user("lin")
    theirs = signed_in(user)
    assert admin.post(f"/settings/users/{user.pk}/sessions").status_code == 302
    assert not is_inside(theirs)
    with pytest.raises(NotFound):
        sessions.end(10**9, actor="x")


@pytest.mark.parametrize("change", ["role", "off", "password"])
def test_a_change_of_the_person_ends_her_sessions_at_once(db, change):
    user = make_user("lin")
    client = signed_in(user)
    if change == "password":
        people.set_password(username="lin", password="tea-and-wind-9", actor="admin")
    else:
        role, active = ("analyst", True) if change == "role" else (user.role, False)
        people.change_user(user_id=user.pk, role=role, name="", active=active, actor="admin")
    assert not is_inside(client)
    assert not LoginSession.objects.filter(user=user).exists()


def test_a_changed_name_ends_nothing(db):
    user = make_user("lin")
    client = signed_in(user)
    people.change_user(user_id=user.pk, role=user.role, name="林", active=True, actor="admin")
    assert is_inside(client)


def test_leaving_is_audited_and_off_the_list(db):
    client = signed_in(make_user("lin"))
    client.post("/logout")
    assert not LoginSession.objects.exists()
    assert AuditEntry.objects.filter(action="logout", actor="lin").count() == 1


def test_what_has_ended_by_itself_is_removed(db):
    client = signed_in(make_user("lin"))
    assert sessions.forget_over(now=utc_now() + timedelta(minutes=10)) == 0
    assert sessions.forget_over(now=utc_now() + timedelta(hours=13)) == 1
    assert not is_inside(client)


def test_settings_out_of_range_are_refused(db):
    with pytest.raises(InvalidInput, match=r"security\.range"):
        security.save(replace(SecuritySettings(), life_hours=0), actor="test")
    with pytest.raises(InvalidInput, match=r"user\.role"):
        security.save(replace(SecuritySettings(), second_factor_roles=("king",)), actor="test")
