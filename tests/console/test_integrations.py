"""Interfaces: keys and secrets are shown once, webhooks are watched and replayed."""

from __future__ import annotations

import re

import pytest
from tests.console.people import signed_in

from xinfeng.integrations.models import ApiKey, Webhook, WebhookDelivery
from xinfeng.integrations.webhooks import actions
from xinfeng.kernel.time import utc_now

KEY = {
    "name": "商城",
    "scopes": ["contacts:read", "events:write"],
    "rate": "600",
    "burst": "60",
    "days": "365",
}
HOOK = {"name": "crm", "url": "https://crm.example.com/hook", "kinds": ["consent.withdrawn"]}


@pytest.fixture
def developer(db):
    return signed_in("developer")


def test_empty_pages_say_what_to_do_next(developer):
    assert "/integrations/keys/new" in developer.get("/integrations").content.decode()
    assert "/integrations/webhooks/new" in developer.get("/integrations/webhooks").content.decode()


def test_a_key_is_shown_once_and_works_until_it_is_revoked(developer):
    page = developer.post("/integrations/keys/new", {**KEY, "addresses": "127.0.0.0/8\n10.0.0.0/8"})
    token = re.search(r"xf_[a-z0-9]{12}_[\w-]{43}", page.content.decode())[0]
    key = ApiKey.objects.get()
    assert key.scopes == KEY["scopes"] and key.created_by == "developer"
    for address in ("/integrations", f"/integrations/keys/{key.pk}"):
        html = developer.get(address).content.decode()
        assert token not in html and key.prefix in html
    headers = {"authorization": f"Bearer {token}"}
    assert developer.get("/api/v1/tags", headers=headers).status_code == 200
    assert developer.post(f"/integrations/keys/{key.pk}/revoke").status_code == 302
    assert developer.get("/api/v1/tags", headers=headers).status_code == 401
    assert "已吊销" in developer.get("/integrations").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("scopes", []),
        ("scopes", ["all"]),
        ("rate", "0"),
        ("addresses", "somewhere"),
        ("days", "7"),
    ],
)
def test_what_a_key_cannot_have_is_shown_at_its_field(developer, field, value):
    html = developer.post("/integrations/keys/new", {**KEY, field: value}).content.decode()
    assert f'id="id_{field}_error"' in html
    assert not ApiKey.objects.exists()


def test_a_webhook_is_added_tested_switched_and_replayed(developer):
    page = developer.post("/integrations/webhooks/new", HOOK).content.decode()
    secret = re.search(r"whsec_[\w-]{43}", page)[0]
    hook = Webhook.objects.get()
    where = f"/integrations/webhooks/{hook.pk}"
    assert secret not in developer.get(where).content.decode()
    assert developer.post(f"{where}/ping").status_code == 302
    html = developer.get(where).content.decode()
    assert "测试" in html and "等待" in html
    WebhookDelivery.objects.update(
        state="delivered", attempts=1, status=200, excerpt="<b>ok</b>", history=[{"status": 200, "error": ""}]
    )
    assert "&lt;b&gt;ok" in developer.get(where).content.decode()
    delivery = WebhookDelivery.objects.get()
    assert developer.post(f"{where}/deliveries/{delivery.pk}/replay").status_code == 302
    assert WebhookDelivery.objects.count() == 2
    assert developer.post(f"{where}/again", {"hours": "24"}).status_code == 302
    assert developer.post(f"{where}/again", {"hours": "9999"}).status_code == 400
    developer.post(f"{where}/switch", {"to": "off"})
    assert "已停用" in developer.get("/integrations/webhooks").content.decode()
    fresh = developer.post(f"{where}/secret").content.decode()
    assert "whsec_" in fresh and secret not in fresh
    assert developer.post(f"{where}/dance").status_code == 404
    assert developer.post(f"{where}/remove").status_code == 302 and not Webhook.objects.exists()


def test_only_an_administrator_lets_a_webhook_into_a_private_network(developer):
    inside = {**HOOK, "url": "http://127.0.0.1:9000/", "allow_private": "on"}
    html = developer.post("/integrations/webhooks/new", inside).content.decode()
    assert (
        'id="id_url_error"' in html
        and "allow_private" not in developer.get("/integrations/webhooks/new").content.decode()
    )
    administrator = signed_in("administrator")
    administrator.post("/integrations/webhooks/new", inside)
    hook = Webhook.objects.get()
    assert hook.allow_private
    developer.post(f"/integrations/webhooks/{hook.pk}/edit", {**HOOK, "url": "http://127.0.0.1:9000/"})
    hook.refresh_from_db()
    assert hook.allow_private
    refused = developer.post(
        f"/integrations/webhooks/{hook.pk}/edit", {**HOOK, "url": "http://127.0.0.1:22/"}
    )
    assert 'id="id_url_error"' in refused.content.decode()


def test_a_stopped_webhook_is_told_on_the_page(developer):
    made = actions.add_webhook(
        name="crm", url=HOOK["url"], kind_names=HOOK["kinds"], actor="test", now=utc_now()
    )
    Webhook.objects.filter(pk=made.id).update(state="stopped", enabled=False)
    assert "有推送已停止" in developer.get("/integrations/webhooks").content.decode()


def test_others_see_nothing_of_it(db):
    operator = signed_in("operator")
    for address in ("/integrations", "/integrations/keys/new", "/integrations/webhooks"):
        assert operator.get(address).status_code == 403
    assert operator.post("/integrations/keys/new", KEY).status_code == 403


def test_the_reference_reads_in_both_languages(developer):
    developer.cookies["django_language"] = "en"
    html = developer.get("/api/v1/docs").content.decode()
    assert "putEvents" in html and "curl" in html and "style=" not in html.split("<main")[-1]
