"""The page of the backups: seen by who may see settings, changed by administrators, loud when one failed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.console.people import signed_in

from xinfeng.foundation import stored
from xinfeng.foundation.backups import schedule
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now


def test_an_administrator_sets_when_backups_are_made(db, tmp_path):
    client = signed_in("administrator")
    given = {"every_h": "6", "folder": str(tmp_path), "keep": "5"}
    assert client.post("/settings/backups", given).status_code == 302
    assert schedule.current() == schedule.Schedule(6, str(tmp_path), 5)
    assert AuditEntry.objects.filter(action="backup.schedule").exists()
    assert str(tmp_path) in client.get("/settings/backups").content.decode()


def test_a_folder_that_is_not_there_is_refused_at_its_field(db):
    answer = signed_in("administrator").post(
        "/settings/backups", {"every_h": "6", "folder": "/no/such", "keep": "5"}
    )
    assert answer.status_code == 400 and "/no/such" in answer.content.decode()
    assert schedule.current().every_h == 0


@pytest.mark.parametrize(("role", "status"), [("compliance", 403), ("operator", 403), ("analyst", 403)])
def test_nobody_else_changes_it(db, tmp_path, role, status):
    answer = signed_in(role).post("/settings/backups", {"every_h": "6", "folder": str(tmp_path), "keep": "5"})
    assert answer.status_code == status
    assert schedule.current().every_h == 0


def test_a_failure_stands_on_the_page(db):
    now = utc_now()
    good = (now - timedelta(hours=9)).isoformat()
    stored.write(
        "backup.last", {"good_at": good, "failed_at": now.isoformat(), "fault": "backup.no_room"}, actor="x"
    )
    text = signed_in("administrator").get("/settings/backups").content.decode()
    assert "上一次备份失败了" in text and "磁盘空间不够" in text
