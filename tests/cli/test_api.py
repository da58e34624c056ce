"""Keys and webhooks from the command line."""

from __future__ import annotations

import re

from tests.integrations.callers import Caller
from typer.testing import CliRunner

from xinfeng.cli import api, output
from xinfeng.cli.commands import commands
from xinfeng.integrations.models import ApiKey, WebhookDelivery
from xinfeng.integrations.webhooks import actions
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now


def run(monkeypatch, *arguments: str):
    for module in (api,):
        monkeypatch.setattr(module, "ready", lambda: None)
    output.redirect(None, 200)  # type: ignore[arg-type]
    return CliRunner().invoke(commands, arguments)


def test_a_key_is_made_listed_and_revoked(db, monkeypatch):
    made = run(monkeypatch, "api", "keys", "create", "shop", "--scope", "contacts:read", "--days", "30")
    assert made.exit_code == 0, made.output
    token = re.search(r"xf_\S+", made.output)[0]
    assert Caller(token).get("/tags").status_code == 200
    listed = run(monkeypatch, "api", "keys", "list").output
    assert "shop" in listed and token not in listed
    key = ApiKey.objects.get()
    assert run(monkeypatch, "api", "keys", "revoke", str(key.pk)).exit_code == 0
    assert Caller(token).get("/tags").status_code == 401


def test_webhooks_are_listed_and_replayed(db, monkeypatch):
    made = actions.add_webhook(
        name="crm", url="https://example.com/", kind_names=["tier.changed"], actor="t", now=utc_now()
    )
    delivery = actions.ping(made.id, actor="t", now=utc_now())
    assert "crm" in run(monkeypatch, "webhooks", "list").output
    WebhookDelivery.objects.update(state="delivered")
    again = run(monkeypatch, "webhooks", "replay", str(made.id), "--delivery", str(delivery.pk))
    assert again.exit_code == 0 and WebhookDelivery.objects.count() == 2
    span = run(monkeypatch, "webhooks", "replay", str(made.id), "--since", "2026-01-01T00:00:00+08:00")
    assert span.exit_code == 0 and "0" in span.output
    wrong = run(monkeypatch, "webhooks", "replay", str(made.id), "--since", "yesterday")
    assert isinstance(wrong.exception, InvalidInput)
