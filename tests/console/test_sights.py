"""Whoever sees or takes out personal data in the clear leaves an entry in the audit log, with a reason where one is due."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.console.people import signed_in
from tests.factories import make_contact

from xinfeng.console.audit.deeds import DEEDS
from xinfeng.foundation import security
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.security import SecuritySettings
from xinfeng.insights import drill
from xinfeng.kernel.errors import InvalidInput


def test_a_number_is_seen_with_a_reason_and_one_entry(db):
    contact = make_contact(phone="13800138000", name="王小明")
    client = signed_in("compliance")
    assert "13800138000" not in client.get(f"/contacts/{contact}").content.decode()
    shown = client.post(f"/contacts/{contact}/reveal", {"reason": "电话核对"}, headers={"hx-request": "true"})
    assert "13800138000" in shown.content.decode().replace(" ", "")
    entry = AuditEntry.objects.get(action="contact.reveal")
    assert (entry.actor, entry.object_id) == ("compliance", str(contact))
    assert "13800138000" not in str(entry.detail)


@pytest.mark.parametrize("role", ["operator", "reviewer", "analyst", "developer"])
def test_who_may_not_see_a_number_leaves_none_seen(db, role):
    contact = make_contact(phone="13800138000")
    answer = signed_in(role).post(f"/contacts/{contact}/reveal", {"reason": "x"})
    assert answer.status_code == 403 and "13800138000" not in answer.content.decode()
    assert not AuditEntry.objects.filter(action="contact.reveal").exists()


class _Copy:
    """A lens that holds so many rows."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def refresh(self) -> None: ...

    def scalar(self, question: object) -> int:
        return self.rows


class _Chosen:
    def count(self) -> None: ...


@pytest.mark.parametrize(
    ("rows", "clear", "reason", "code"),
    [
        (10, False, "", None),
        (10, True, "", "export.reason"),
        (10, True, "核对退订", None),
        (1001, False, " ", "export.reason_rows"),
        (1001, False, "给门店打电话", None),
    ],
)
def test_an_export_says_what_for_when_it_is_long_or_in_the_clear(db, monkeypatch, rows, clear, reason, code):
    monkeypatch.setattr(drill, "lens", lambda: _Copy(rows))
    monkeypatch.setattr(drill, "_chosen", lambda *_: _Chosen())
    given = {"actor": "lin", "clear_numbers": clear, "reason": reason, "form": "csv"}
    selection = drill.Selection(drill.Group("planned"))
    if code is None:
        assert drill._audit(7, selection, **given) == rows
        entry = AuditEntry.objects.get(action="plan.export")
        assert (entry.detail["rows"], entry.detail["reason"]) == (rows, reason)
    else:
        with pytest.raises(InvalidInput) as refused:
            drill._audit(7, selection, **given)
        assert refused.value.code == code
        assert not AuditEntry.objects.exists()


def test_how_many_rows_are_many_is_a_setting(db, monkeypatch):
    security.save(replace(SecuritySettings(), reason_from_rows=5), actor="test")
    monkeypatch.setattr(drill, "lens", lambda: _Copy(6))
    monkeypatch.setattr(drill, "_chosen", lambda *_: _Chosen())
    with pytest.raises(InvalidInput, match=r"export\.reason_rows"):
        drill._audit(
            7,
            drill.Selection(drill.Group("planned")),
            actor="lin",
            clear_numbers=False,
            reason="",
            form="csv",
        )


def test_what_people_do_to_accounts_and_keys_has_words_in_the_log():
    named = {
        "login", "login.failed", "logout", "session.end", "security.save", "user.add", "user.change", "user.password",
        "second_factor.on", "second_factor.off", "second_factor.codes", "second_factor.recovered",
        "second_factor.reset", "key.add", "key.activate", "key.reseal", "key.retire",
    }  # fmt: skip
    assert named <= set(DEEDS), named - set(DEEDS)


def test_secrets_are_never_shown_twice(db):
    client = signed_in("administrator")
    form = {"name": "商城", "scopes": ["contacts:write"], "rate": "600", "burst": "60", "days": "365"}
    made = client.post("/integrations/keys/new", form, follow=True).content.decode()
    secret = re.search(r"xf_[0-9A-Za-z]+_[0-9A-Za-z_-]{20,}", made)
    if secret is None:
        pytest.fail(made[:2000])
    for path in ("/integrations", "/integrations/keys/1", "/audit"):
        assert secret[0] not in client.get(path).content.decode()
