"""Signing in through the public door: two steps, lock-out, being led to what must be done, being asked again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from tests.console.people import signed_in
from tests.factories import make_contact, make_user

from xinfeng.console import permissions
from xinfeng.console.account import login, proving, recovery, views
from xinfeng.foundation import logins, people, second_factor, security, sessions
from xinfeng.foundation.models import AuditEntry, User
from xinfeng.foundation.security import SecuritySettings
from xinfeng.kernel.time import utc_now

PASSWORD = "tea-and-wind-9"
STEP = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, db: None):
    """`clock()` is now; `clock(seconds=40)` moves on, for everything that signs people in."""
    at = [utc_now()]

    def now(**delta: float):
        at[0] += timedelta(**delta)
        return at[0]

    for module in (login, proving, recovery, views, permissions):
        monkeypatch.setattr(module, "utc_now", lambda: at[0])
    return now


def person(role: str = "administrator", username: str = "wei") -> User:
    return User.objects.create_user(username, password=PASSWORD, role=role, name="魏明")


def browser() -> Client:
    return Client(headers={"host": "localhost"})


def enter(client: Client, **fields: str):
    return client.post("/login", {"username": "wei", "password": PASSWORD, **fields})


def with_app(user: User, now) -> tuple[str, list[str]]:
    secret = second_factor.begin(user, now=now()).secret
    codes = second_factor.confirm(user, second_factor.code_at(secret, now()), now=now())
    now(seconds=60)
    return secret, codes


def test_the_password_alone_lets_nobody_in_who_has_an_app(clock):
    secret, _ = with_app(person(), clock)
    client = browser()
    assert enter(client, next="/ui?page=1")["Location"] == "/login/code?next=%2Fui%3Fpage%3D1"
    assert client.get("/ui").status_code == 302
    assert "/login" in client.get("/account")["Location"]
    key = client.session.session_key
    answer = client.post(
        "/login/code", {"code": second_factor.code_at(secret, clock()), "next": "/ui?page=1"}
    )
    assert answer["Location"] == "/ui?page=1"
    assert client.get("/ui").status_code == 200
    assert client.session.session_key != key
    assert AuditEntry.objects.get(action="login", actor="wei").detail["factor"] == "code"


def test_who_presses_twice_still_sees_codes_that_are_good(clock):
    user = person()
    client = browser()
    client.force_login(user)
    secret = second_factor.begin(user, now=clock()).secret
    typed = {"code": second_factor.code_at(secret, clock())}
    first, second = (
        client.post("/account/second-factor", typed, follow=True).content.decode() for _ in range(2)
    )
    shown = [re.findall(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", one) for one in (first, second)]
    assert len(set(shown[1])) >= 10 and not set(shown[0]) & set(shown[1])
    clock(minutes=2)
    assert client.post("/account/second-factor", typed)["Location"] == "/account", (
        "later it is no second press"
    )
    client.post("/logout")
    enter(client)
    assert client.post("/login/code", {"code": shown[0][0]}).status_code == 403
    assert client.post("/login/code", {"code": shown[1][0]}).status_code == 302


def test_another_code_is_no_second_press(clock):
    user = person()
    with_app(user, clock)
    client = browser()
    client.force_login(user)
    assert client.post("/account/second-factor", {"code": "000000"})["Location"] == "/account"


def test_a_recovery_code_lets_in_once(clock):
    _, codes = with_app(person(), clock)
    for expected in (302, 403):
        client = browser()
        enter(client)
        assert client.post("/login/code", {"code": codes[0]}).status_code == expected


def test_a_code_somebody_has_seen_is_worth_nothing(clock):
    secret, _ = with_app(person(), clock)
    typed = {"code": second_factor.code_at(secret, clock())}
    first, second = browser(), browser()
    enter(first), enter(second)
    assert first.post("/login/code", typed).status_code == 302
    assert "已经用过" in second.post("/login/code", typed).content.decode()


def test_wrong_codes_lock_like_wrong_passwords_and_a_right_password_forgets_nothing(clock):
    secret, _ = with_app(person(), clock)
    client = browser()
    for _ in range(5):
        enter(client)
        assert client.post("/login/code", {"code": "000000"}).status_code == 403
    assert enter(client).status_code == 403
    right = {"code": second_factor.code_at(secret, clock())}
    assert "暂时不能从这里登录" in client.post("/login/code", right).content.decode()
    assert AuditEntry.objects.filter(action="login.failed", detail__factor="code").count() == 5


def test_codes_are_limited_for_the_person_from_wherever_they_come(clock):
    with_app(person(), clock)
    for number in range(logins.MOST_WRONG_CODES):
        logins.begin("wei", f"10.0.0.{number}", now=clock(), factor="code")
        logins.record_failure("wei", f"10.0.0.{number}", now=clock(), factor="code")
    client = browser()
    enter(client)
    assert "暂时不能" in client.post("/login/code", {"code": "000000"}).content.decode()


def test_the_second_step_lapses_and_falls_with_the_password(clock):
    user = person()
    secret, _ = with_app(user, clock)
    slow, changed = browser(), browser()
    enter(slow), enter(changed)
    clock(minutes=11)
    assert slow.get("/login/code")["Location"] == "/login"
    enter(changed)
    people.set_password(username="wei", password="another-good-phrase", actor="admin")
    assert (
        changed.post("/login/code", {"code": second_factor.code_at(secret, clock())})["Location"] == "/login"
    )
    assert browser().get("/login/code")["Location"] == "/login"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_step_leads_to_another_site(clock, target):
    secret, _ = with_app(person(), clock)
    client = browser()
    assert "evil" not in enter(client, next=target)["Location"]
    code = {"code": second_factor.code_at(secret, clock()), "next": target}
    assert client.post("/login/code", code)["Location"] == "/"
    clock(seconds=60)
    code = {"code": second_factor.code_at(secret, clock()), "next": target}
    assert client.post("/account/prove", code)["Location"] == "/"


def test_a_role_that_must_is_led_to_its_app_and_nowhere_else(clock):
    person()
    client = browser()
    assert enter(client)["Location"] == "/account/second-factor"
    for path in ("/", "/contacts", "/settings", "/ui"):
        assert client.get(path)["Location"] == "/account/second-factor"
    assert client.get("/contacts", headers={"hx-request": "true"})["HX-Redirect"] == "/account/second-factor"
    page = client.get("/account/second-factor").content.decode()
    assert "<svg" in page and "style=" not in page
    secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert secret is not None
    typed = second_factor.code_at(secret[1], clock())
    shown = client.post("/account/second-factor", {"code": typed}, follow=True).content.decode()
    assert shown.count("<li><code>") == 10
    assert client.get("/contacts").status_code == 200
    assert second_factor.is_on(User.objects.get(username="wei"))
    assert client.get("/account/second-factor")["Location"] == "/account"
    assert not re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", client.get("/account").content.decode())


def test_a_role_that_need_not_goes_in_and_may_have_one(clock):
    person("operator")
    client = browser()
    assert enter(client)["Location"] == "/"
    assert "现在设置" in client.get("/account").content.decode()


def test_a_password_from_somebody_else_is_changed_first(clock):
    people.add_user(username="wei", role="operator", name="", password=PASSWORD, actor="admin")
    client = browser()
    assert enter(client)["Location"] == "/password"
    assert client.get("/contacts")["Location"] == "/password"
    assert "请先换一个自己的密码" in client.get("/password").content.decode()
    same = {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert "和现在的一样" in client.post("/password", same).content.decode()
    new = {"old_password": PASSWORD, "new_password1": "walk-by-the-lake", "new_password2": "walk-by-the-lake"}
    assert client.post("/password", new)["Location"] == "/"
    assert client.get("/contacts").status_code == 200


def test_an_old_password_is_changed_where_the_settings_say_so(clock):
    user = person("operator")
    security.save(replace(SecuritySettings(), password_days=30), actor="test")
    User.objects.filter(pk=user.pk).update(password_changed_at=clock() - timedelta(days=31))
    assert enter(browser())["Location"] == "/password"


def test_guessing_the_old_password_is_limited(clock):
    client = signed_in("operator")
    wrong = {
        "old_password": "nonsense",
        "new_password1": "walk-by-the-lake",
        "new_password2": "walk-by-the-lake",
    }
    for _ in range(5):
        assert "密码不对" in client.post("/password", wrong).content.decode()
    assert "暂时不能" in client.post("/password", wrong | {"old_password": PASSWORD}).content.decode()


def test_what_is_sensitive_asks_again_after_a_while_and_comes_back(clock):
    client = signed_in("administrator")
    assert client.get("/settings/users/new").status_code == 200
    clock(minutes=16)
    asked = client.get("/settings/users/new")
    assert asked["Location"] == "/account/prove?next=%2Fsettings%2Fusers%2Fnew"
    assert client.get("/contacts").status_code == 200
    assert (
        client.post("/account/prove", {"password": "nonsense", "next": "/settings/users/new"}).status_code
        == 403
    )
    key = client.session.session_key
    back = client.post("/account/prove", {"password": PASSWORD, "next": "/settings/users/new"})
    assert back["Location"] == "/settings/users/new"
    assert client.session.session_key != key
    assert client.get("/settings/users/new").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/requests/1/download"),
        ("post", "/requests/1/reveal"),
        ("post", "/imports/1/rejected.csv"),
        ("get", "/segments/1/misses"),
        ("post", "/contracts/1/file"),
        ("post", "/filings/documents/1"),
        ("post", "/channels/1/edit"),
    ],
)
def test_full_numbers_are_taken_out_only_after_being_asked(clock, method: str, path: str):
    client = signed_in("administrator")
    assert getattr(client, method)(path).status_code == 404
    clock(minutes=16)
    assert getattr(client, method)(path)["Location"].startswith("/account/prove?")


def test_a_button_that_asks_leads_back_to_its_page(clock):
    contact = make_contact()
    client = signed_in("compliance")
    clock(minutes=16)
    headers = {"hx-request": "true", "hx-current-url": f"http://localhost/contacts/{contact}?tab=1"}
    answer = client.post(f"/contacts/{contact}/reveal", {"reason": "核对"}, headers=headers)
    assert answer["HX-Redirect"] == f"/account/prove?next=%2Fcontacts%2F{contact}%3Ftab%3D1"
    plain = client.post(
        f"/contacts/{contact}/reveal",
        {"reason": "核对"},
        headers={"referer": f"https://evil.example/contacts/{contact}"},
    )
    assert plain["Location"] == f"/account/prove?next=%2Fcontacts%2F{contact}"
    assert not AuditEntry.objects.filter(action="contact.reveal").exists()


def test_who_has_an_app_is_asked_for_a_code_not_the_password(clock):
    user = person()
    secret, _ = with_app(user, clock)
    client = browser()
    client.force_login(user)
    clock(minutes=16)
    page = client.get("/account/prove").content.decode()
    assert 'name="code"' in page and 'name="password"' not in page
    assert client.post("/account/prove", {"password": PASSWORD}).status_code == 200
    assert client.get("/settings/users/new").status_code == 302
    client.post("/account/prove", {"code": second_factor.code_at(secret, clock())})
    assert client.get("/settings/users/new").status_code == 200


def test_new_recovery_codes_and_a_new_phone(clock):
    user = person()
    _, old = with_app(user, clock)
    client, other = browser(), browser()
    client.force_login(user), other.force_login(user)
    answer = client.post("/account/recovery-codes")
    assert (answer.status_code, answer["Location"]) == (302, "/account/recovery-codes")
    assert client.head("/account/recovery-codes").status_code == 200
    shown = client.get("/account/recovery-codes").content.decode()
    assert shown.count("<li><code>") == 10 and old[0] not in shown
    assert client.post("/account/second-factor/off", {"again": "1"})["Location"] == "/account/second-factor"
    assert not second_factor.is_on(user) and other.get("/account").status_code == 302


@pytest.mark.parametrize("said", [{}, {"again": "1"}])
def test_who_must_have_one_cannot_stay_without(clock, said):
    user = person()
    with_app(user, clock)
    client = browser()
    client.force_login(user)
    client.post("/account/second-factor/off", said)
    assert client.get("/contacts")["Location"] == "/account/second-factor"


def test_an_administrator_takes_a_lost_one_away_with_a_reason(clock):
    user = person("operator")
    with_app(user, clock)
    theirs = browser()
    theirs.force_login(user)
    admin = signed_in("administrator")
    place = f"/settings/users/{user.pk}/second-factor"
    assert admin.post(place, {"reason": ""}).status_code == 400
    assert admin.post(place, {"reason": "手机丢了"}).status_code == 302
    assert not second_factor.is_on(user) and theirs.get("/account").status_code == 302
    assert signed_in("compliance").post(place, {"reason": "x"}).status_code == 403


def test_a_role_asked_from_now_on_signs_in_again(clock):
    operator, admin = signed_in("operator"), signed_in("administrator")
    form = {name: getattr(SecuritySettings(), name) for name in security.RANGES}
    form |= {"second_factor_roles": ["operator", "administrator"]}
    assert admin.post("/settings/security", form).status_code == 302
    assert operator.get("/account").status_code == 302
    assert admin.get("/settings/security").status_code == 200
    assert security.current().second_factor_roles == ("operator", "administrator")
    assert signed_in("compliance").post("/settings/security", form).status_code == 403


def test_accounts_nobody_uses_are_pointed_out_and_switched_off_if_wished(clock):
    old = make_user("old")
    User.objects.filter(pk=old.pk).update(date_joined=clock() - timedelta(days=91))
    admin = signed_in("administrator")
    assert "闲置" in admin.get("/settings").content.decode()
    assert people.disable_stale(security.current(), now=clock()) == []
    security.save(replace(SecuritySettings(), disable_stale=True), actor="test")
    assert people.disable_stale(security.current(), now=clock()) == ["old"]
    User.objects.filter(role="administrator").update(last_login=clock() - timedelta(days=200))
    assert people.disable_stale(security.current(), now=clock()) == []


def test_a_login_form_from_elsewhere_is_refused(clock):
    user = person("operator")
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert enter(strict).status_code == 403
    assert sessions.seats([user.pk]) == []


def test_an_initial_password_that_lay_about_is_worth_nothing(clock):
    people.add_user(username="wei", role="operator", name="", password=PASSWORD, actor="admin")
    clock(days=8)
    answer = enter(browser())
    assert answer.status_code == 403 and "初始密码" in answer.content.decode()
    User.objects.update(must_change_password=False)
    assert enter(browser()).status_code == 302


def test_who_comes_back_is_told_what_happened_meanwhile(clock):
    user = person("operator")
    User.objects.filter(pk=user.pk).update(last_login=clock() - timedelta(days=1))
    logins.begin("wei", "10.0.0.9", now=clock())
    logins.record_failure("wei", "10.0.0.9", now=clock())
    client = browser()
    enter(client)
    assert "1 次登录失败" in client.get("/account").content.decode()
    again = browser()
    enter(again)
    assert "次登录失败" not in again.get("/account").content.decode()


def _codes_in(page: str) -> set[str]:
    return set(re.findall(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", page))


def test_reloading_the_recovery_codes_makes_none_and_shows_none(clock):
    user = person()
    with_app(user, clock)
    client = browser()
    client.force_login(user)
    shown = _codes_in(client.post("/account/recovery-codes", follow=True).content.decode())
    assert len(shown) == 10
    assert not any(code in str(dict(client.session)) for code in shown), (
        "nothing of them stays in the session"
    )
    again = client.get("/account/recovery-codes").content.decode()
    assert not _codes_in(again) and "恢复码只显示一次" in again
    assert all(second_factor.is_good(user, code) for code in shown)


def test_codes_that_wait_to_be_shown_lie_sealed_and_not_for_long(clock):
    user = person()
    with_app(user, clock)
    client = browser()
    client.force_login(user)
    client.post("/account/recovery-codes")
    assert not _codes_in(str(dict(client.session)))
    clock(minutes=6)
    assert not _codes_in(client.get("/account/recovery-codes").content.decode())


def test_codes_that_others_have_replaced_are_not_shown(clock):
    user = person()
    with_app(user, clock)
    client = browser()
    client.force_login(user)
    client.post("/account/recovery-codes")
    second_factor.renew_codes(user)
    assert not _codes_in(client.get("/account/recovery-codes").content.decode())
