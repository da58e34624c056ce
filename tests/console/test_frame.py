"""The frame through the public door: login, headers, language, theme, permissions, errors, assets."""

import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client
from tests.console import people

from xinfeng.console import assets, permissions
from xinfeng.console.middleware import CONTENT_SECURITY_POLICY
from xinfeng.console.navigation import SECTIONS
from xinfeng.foundation import security
from xinfeng.foundation.bounded.base import DatabaseWrapper, Seats
from xinfeng.foundation.models import AuditEntry, Role, User
from xinfeng.foundation.security import SecuritySettings
from xinfeng.kernel.errors import NotAllowed

PASSWORD = "tea-and-wind-9"


@pytest.fixture
def person(db):
    security.save(replace(SecuritySettings(), second_factor_roles=()), actor="test")
    return User.objects.create_user("lin", password=PASSWORD, role="administrator", name="林晓岚")


@pytest.fixture
def client():
    return Client(headers={"host": "localhost"})


@pytest.fixture
def inside(client, person):
    client.force_login(person)
    return client


def test_a_stranger_is_sent_to_the_login_and_back(client, person):
    answer = client.get("/ui?page=1")
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/ui%3Fpage%3D1")
    answer = client.post("/login", {"username": "lin", "password": PASSWORD, "next": "/ui?page=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/ui?page=1")


def test_a_wrong_password_says_what_to_do(client, person):
    answer = client.post("/login", {"username": "lin", "password": "nonsense"})
    assert "用户名或密码不对" in answer.content.decode()


def test_htmx_leaves_the_page_when_the_session_has_ended(client, db):
    answer = client.get("/ui", headers={"hx-request": "true", "hx-current-url": "http://localhost/ui?q=a"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/login?next=%2Fui%3Fq%3Da")


def test_pages_forbid_scripts_and_styles_of_others_and_are_never_kept(inside):
    for path in ("/ui", "/login", "/nope"):
        answer = inside.get(path)
        assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert "no-store" in answer["Cache-Control"]


def test_no_page_holds_inline_scripts_styles_or_handlers(inside):
    for path in ("/ui", "/password", "/nope"):
        html = inside.get(path).content.decode()
        assert not re.search(r"<[^>]+\sstyle=|<[^>]+\son\w+=|<style|javascript:", html)
        inline = [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag]
        assert all('type="application/json"' in tag for tag in inline)


def test_chinese_comes_first_whatever_the_browser_accepts(client, db):
    html = client.get("/login", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="zh-hans"' in html


def test_the_language_switch_is_remembered_in_the_browser_and_on_the_person(inside, person):
    answer = inside.post("/language", {"language": "en", "next": "/ui"})
    assert answer["Location"] == "/ui"
    person.refresh_from_db()
    assert person.language == "en"
    assert "Sign out" in inside.get("/ui").content.decode()
    inside.post("/logout")
    assert "Sign in" in inside.get("/login").content.decode()


def test_the_theme_switch_is_remembered_and_painted_by_the_server(inside, person):
    inside.post("/theme", {"theme": "dark", "next": "/ui"})
    person.refresh_from_db()
    assert person.theme == "dark"
    assert 'data-bs-theme="dark"' in inside.get("/ui").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_switch_never_leads_to_another_site(inside, target):
    assert inside.post("/theme", {"theme": "light", "next": target})["Location"] == "/"


def test_a_theme_nobody_offered_is_refused(inside):
    assert inside.post("/theme", {"theme": "neon"}).status_code == 400


def test_a_changed_password_keeps_this_session_ends_the_others_and_is_audited(inside, person):
    other = Client(headers={"host": "localhost"})
    other.force_login(person)
    new = "wind-and-letter-7"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert inside.post("/password", form)["Location"] == "/"
    assert inside.get("/ui").status_code == 200
    assert other.get("/ui").status_code == 302
    assert AuditEntry.objects.filter(action="user.password", actor="lin").count() == 1


def test_the_dashboard_opens_for_every_role(client, db):
    for role in Role.values:
        client.force_login(User.objects.create_user(role, password=PASSWORD, role=role))
        assert client.get("/").status_code == 200


def test_posts_need_a_token(person):
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    strict.force_login(person)
    assert strict.post("/theme", {"theme": "dark"}).status_code == 403


def test_who_lacks_a_permission_gets_a_page_that_says_so(client, db):
    client.force_login(User.objects.create_user("op", password=PASSWORD, role="operator"))
    answer = client.get("/ui")
    assert answer.status_code == 403
    assert "您的角色没有这项权限" in answer.content.decode()


def test_a_refusal_reaches_htmx_as_a_message(inside):
    answer = inside.post("/ui/refuse", {"fail": "1"}, headers={"hx-request": "true"})
    assert (answer.status_code, answer["HX-Reswap"]) == (409, "none")
    assert "sample.conflict" in answer["HX-Trigger"]


def test_htmx_gets_only_the_table(inside):
    answer = inside.get("/ui?q=龙井", headers={"hx-request": "true", "hx-target": "campaigns"})
    html = answer.content.decode()
    assert html.startswith('<div class="xf-table"')
    assert "明前龙井到店提醒" in html and "茶具清仓" not in html


def test_a_search_is_shown_as_text_never_as_markup(inside):
    html = inside.get('/ui?q="><script>alert(1)</script>').content.decode()
    assert "<script>alert" not in html


def test_an_unknown_page_is_told_in_the_language_of_the_reader(inside):
    answer = inside.get("/nope")
    assert answer.status_code == 404
    assert "没有找到这一页" in answer.content.decode()


def test_every_role_is_in_the_table_and_administrators_may_everything():
    assert set(permissions.ROLES) == set(Role.values) == set(permissions.ROLE_LABELS)
    assert permissions.ROLES["administrator"] == permissions.ALL


def test_the_author_of_campaigns_may_not_approve_by_role_and_the_reviewer_may_not_edit():
    assert "campaign.approve" not in permissions.ROLES["operator"]
    assert "campaign.edit" not in permissions.ROLES["reviewer"]


def test_a_guard_with_an_unknown_permission_is_a_mistake_found_at_import():
    with pytest.raises(LookupError):
        permissions.allowed("campaign.aprove")


def test_a_guard_lets_nobody_through_who_is_not_active(person):
    person.is_active = False
    assert not permissions.may(person, "dashboard.view")
    view = permissions.allowed("dashboard.view")(lambda request: None)
    with pytest.raises(NotAllowed):
        view(type("Request", (), {"user": person})())


def test_assets_may_be_kept_for_ever_under_their_hash(client):
    url = assets.asset_url("xinfeng/app.js")
    answer = client.get(url, headers={"accept-encoding": "gzip"})
    assert answer["Cache-Control"] == assets.FOR_EVER
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    old = client.get(url.replace(assets.shelf().version, "0" * 12))
    assert (old.status_code, old["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["../urls.py", "xinfeng/../../urls.py", "xinfeng", "nothing.css"])
def test_only_assets_are_served(client, path):
    assert client.get(f"/static/{assets.shelf().version}/{path}").status_code == 404


def test_the_icon_is_also_where_it_used_to_be(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("image/svg+xml")
    assert answer.content == assets.shelf().files["xinfeng/logo.svg"].body


def test_no_asset_points_to_another_site_or_a_source_map():
    for name, asset in assets.shelf().files.items():
        if name.endswith((".css", ".js")):
            text = asset.body.decode()
            assert "sourceMappingURL" not in text, name
            assert not re.search(r"url\(\s*['\"]?(https?:)?//", text), name


def test_every_icon_named_in_a_template_is_in_the_sprite():
    sprite = assets.shelf().files["vendor/tabler-icons-3.51.0/icons.svg"].body.decode()
    symbols = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    named = {section.icon for section in SECTIONS}
    for file in Path(permissions.__file__).parent.rglob("*.html"):
        named |= set(re.findall(r'(?:\{% icon |\bicon=)"([^"]+)"', file.read_text()))
    assert named - {""} <= symbols, named - symbols


def test_charts_keep_their_numbers_when_htmx_swaps_them_in(db):
    """htmx takes scripts out of what it swaps in, so the numbers stand in an attribute."""
    html = people.signed_in("administrator").get("/ui").content.decode()
    assert 'data-spec="{' in html and "application/json" not in html


def test_an_address_that_only_takes_forms_says_so_when_it_is_opened(inside):
    answer = inside.get("/contacts/1/grant")
    assert answer.status_code == 405 and answer["Allow"] == "POST"
    assert "这个地址不能直接打开" in answer.content.decode()


@pytest.mark.parametrize("htmx", [False, True])
def test_without_a_database_connection_the_console_asks_to_come_again(inside, monkeypatch, htmx):
    monkeypatch.setattr(DatabaseWrapper, "seats", Seats(0, patience_s=0.0))
    inside.raise_request_exception = False
    answers = []
    headers = {"hx-request": "true"} if htmx else {}
    thread = threading.Thread(target=lambda: answers.append(inside.get("/contacts", headers=headers)))
    thread.start()
    thread.join()
    assert answers[0].status_code == 503 and answers[0]["Retry-After"]
    said = answers[0].content.decode() or json.loads(answers[0]["HX-Trigger"])["xf:toast"]["text"]
    assert "正忙" in said
