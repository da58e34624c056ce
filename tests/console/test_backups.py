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


def test_an_administrator_asks_for_one_more_and_sees_what_lies_there(committed_db, tmp_path):
    client = signed_in("administrator")
    assert "先填好放到哪个文件夹" in client.post("/settings/backups/now", follow=True).content.decode()
    schedule.save(schedule.Schedule(0, str(tmp_path), 5), actor="x")
    assert "已经开始" in client.post("/settings/backups/now", follow=True).content.decode()
    made = schedule.run_now(actor="x", now=utc_now())
    assert made is not None
    html = client.get("/settings/backups").content.decode()
    assert f"<code>{made.path.name}</code>" in html and "没有定时备份" in html
    assert "文件夹里的备份" not in signed_in("compliance").get("/settings/backups").content.decode()


@pytest.mark.parametrize("role", ["compliance", "operator", "analyst"])
def test_nobody_else_asks_for_one(db, role):
    assert signed_in(role).post("/settings/backups/now").status_code == 403
