"""Every address there is: guarded by a permission or public by name, with the same headers, under known hosts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.console.people import signed_in
from tests.factories import make_user

from xinfeng.console import permissions
from xinfeng.console.permissions import ALL, PROVEN, ROLES
from xinfeng.console.preferences.permission_words import DESCRIPTIONS, GROUPS, ROLE_WORDS
from xinfeng.foundation.models import Role

PUBLIC = {
    "login": "where one signs in",
    "login.code": "its second step",
    "set_language": "also before signing in",
    "set_theme": "also before signing in",
    "asset": "static files",
    "healthz": "whether it lives, for load balancers",
    "metrics": "numbers for monitoring; says itself whom it answers",
    "favicon": "the icon, where browsers look for it",
}
"""Doors of the console that ask for nothing."""

OWN = {
    "logout",
    "password",
    "account",
    "account.prove",
    "account.second_factor",
    "account.second_factor_off",
    "account.codes",
    "account.end_others",
    "account.end_session",
}
"""One's own account: for whoever is signed in."""

REDIRECTS = {"settings.tiers"}
"""Lead to another door, which is guarded."""


def doors(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in (resolver or get_resolver()).url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from doors(one, route)
        else:
            yield route, one


def console_doors() -> list[tuple[str, URLPattern]]:
    return [
        (route, door)
        for route, door in doors()
        if not route.startswith(("api/", "callbacks/", "f/", "^media/"))
    ]


def path_of(route: str) -> str:
    """Some address that fits a route."""
    samples = {
        "int": "1",
        "slug": "x",
        "str": "x",
        "uuid": "00000000-0000-4000-8000-000000000000",
        "path": "x",
    }
    filled = re.sub(r"<(?:(\w+):)?\w+>", lambda found: samples.get(found[1] or "str", "1"), route)
    return "/" + filled.lstrip("/^").rstrip("$")


def test_every_door_of_the_console_asks_for_a_permission_or_is_named_here():
    named = set(PUBLIC) | OWN | REDIRECTS
    for route, door in console_doors():
        permission = getattr(door.callback, "permission", None)
        if door.name in named:
            assert permission is None, route
        else:
            assert permission in ALL, f"{route} ({door.name}) asks for no permission"


def test_only_the_public_doors_open_to_strangers(db):
    client = Client(headers={"host": "localhost"})
    for route, door in console_doors():
        if door.name in PUBLIC:
            continue
        for answer in (client.get(path_of(route)), client.post(path_of(route))):
            assert answer.status_code in (301, 302, 404, 405), (route, answer.status_code)
            if answer.status_code == 302:
                assert answer["Location"].startswith("/login"), route


@pytest.mark.parametrize("role", Role.values)
def test_no_door_opens_to_a_role_without_its_permission(db, role):
    client = signed_in(role)
    for route, door in console_doors():
        permission = getattr(door.callback, "permission", None)
        if permission is None or permission in ROLES[role]:
            continue
        for answer in (client.get(path_of(route)), client.post(path_of(route))):
            assert answer.status_code in (403, 405), (route, role, answer.status_code)


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def test_every_answer_has_the_headers_whoever_asks(db):
    inside, stranger = signed_in("administrator"), Client(headers={"host": "localhost"})
    asked = 0
    for route, door in doors():
        public_page = route.startswith("f/")
        for client in (inside, stranger):
            answer = client.get(path_of(route))
            asked += 1
            assert answer["X-Content-Type-Options"] == "nosniff", route
            if public_page:
                continue  # forms may be framed where their owner says so; tests/pages looks at them
            for name, value in HEADERS.items():
                assert answer[name] == value, (route, name)
            policy = answer["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy and "unsafe-" not in policy, route
            assert "default-src 'none'" in policy, route
            assert answer["Cross-Origin-Resource-Policy"] in ("same-origin", "cross-origin"), route
            if door.name not in ("asset", "favicon") and not route.startswith("api/"):
                assert "no-store" in answer["Cache-Control"], route
    assert asked > 200


@pytest.mark.parametrize("path", ["/nope", "/contacts/999999999", "/settings/users/999999999"])
def test_errors_have_them_too(db, path):
    answer = signed_in("administrator").get(path)
    assert answer.status_code == 404
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", ""])
def test_another_host_in_the_header_is_refused(db, host):
    assert Client(headers={"host": host}).get("/login").status_code == 400


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(db):
    client = Client(headers={"host": "localhost"})
    make_user("lin")
    client.get("/login")
    client.post("/login", {"username": "lin", "password": "linlin"})
    assert {"xf_session", "xf_csrf"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/", cookie.key


def test_with_https_cookies_are_bound_to_the_host_and_tls_is_remembered(tmp_path):
    asked = (
        "import os; from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_HSTS_SECONDS, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_DOMAIN)"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked],
        env={
            "XINFENG_DATA": str(tmp_path),
            "XINFENG_HTTPS": "yes",
            "DJANGO_SETTINGS_MODULE": "xinfeng.foundation.django_settings",
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert said == ["__Host-xf_session", "__Host-xf_csrf", "True", "True", "31536000", "None", "None"]


def test_nobody_but_an_administrator_writes_and_approves():
    for role, granted in ROLES.items():
        if role == Role.ADMINISTRATOR:
            continue
        for matter in ("template", "campaign"):
            assert not {f"{matter}.edit", f"{matter}.approve"} <= granted, role
        assert not {"user.edit", "security.edit", "key.rotate"} & granted, role


def test_no_permission_lets_anybody_change_the_audit_log():
    assert [
        name for name in ALL if name.startswith("audit.") and name not in ("audit.view", "audit.export")
    ] == []


def test_what_is_most_sensitive_is_asked_again_for():
    assert permissions.PROVEN <= ALL
    assert {"contact.reveal", "campaign.export", "user.edit", "api.edit", "key.rotate"} <= PROVEN
    assert {"channel.edit", "filing.download"} <= PROVEN


def test_every_permission_has_words_on_the_page_of_roles():
    named = {name for names in GROUPS.values() for name in names}
    assert named == ALL
    assert set(DESCRIPTIONS) <= ALL and set(ROLE_WORDS) == set(ROLES)
