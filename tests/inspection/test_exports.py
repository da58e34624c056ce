"""An archive for an inspection: complete, masked unless asked otherwise, and nothing in it can be changed unnoticed."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from python_calamine import CalamineWorkbook
from tests.campaigns.factories import NOON, make_draft, make_template, planned
from tests.factories import make_contacts
from typer.testing import CliRunner

from xinfeng.campaigns.models import Campaign
from xinfeng.cli.commands import commands
from xinfeng.consent.bundle import form
from xinfeng.consent.bundle.writing import BundleWriter
from xinfeng.delivery.models import Message, Outcome
from xinfeng.foundation import audit, seals
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.signing import Signer, read_signer, signer
from xinfeng.foundation.trail import TrailQuery
from xinfeng.inspection import archive, exports
from xinfeng.inspection.checking import is_archive, verify_archive
from xinfeng.inspection.models import InspectionExport, Numbers
from xinfeng.inspection.period import last_month, scope
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.lens.engine import close_lens

DAY = date(2026, 11, 20)
NAME = "王小明"


@pytest.fixture
def campaign(committed_db: str) -> Iterator[Campaign]:
    seals.head_path().unlink(missing_ok=True)
    make_contacts(5, name=NAME)
    version = make_template(opt_out="拒收请回复R")
    made = planned(make_draft(name="=HYPERLINK(1)", template_version_id=version.pk))
    first = Message.objects.order_by("id").first()
    assert first is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, carrier_id, sent_at, at)"
            " values (%s, 1, %s, %s, '0', '\\x0102'::bytea, %s, %s)",
            (first.pk, made.channel_id, Outcome.ACCEPTED, NOON, NOON),
        )
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)"
            " values (1, %s, %s, '\\x0102'::bytea, 'DELIVRD', %s, 1)",
            (NOON + timedelta(seconds=3), made.channel_id, first.pk),
        )
    yield made
    close_lens()
    seals.head_path().unlink(missing_ok=True)


def draw_up(numbers: Numbers = Numbers.MASKED) -> Path:
    asked = exports.request_inspection(
        scope(DAY, DAY), numbers=numbers, reason="通信管理局检查", actor="he", now=NOON
    )
    done = exports.draw_up(asked.pk, now=NOON)
    assert done.state == "done", done.fault
    return Path(done.file_path)


def files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def rows(content: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in content.splitlines()]


def codes(path: Path, **more: str) -> set[str]:
    return {fault.code for fault in verify_archive(path, **more).faults}  # type: ignore[arg-type]


def test_an_archive_holds_every_message_with_its_whole_chain(campaign: Campaign) -> None:
    path = draw_up()
    report = verify_archive(path)
    assert report.whole and report.kind == "inspection" and report.reason == "通信管理局检查"
    assert report.fingerprint == signer().fingerprint and is_archive(path)
    held = files(path)
    log = rows(held["messages.jsonl"])
    assert len(log) == 5 == json.loads(held["manifest.json"])["rows"]["messages"]
    [sent] = [one for one in log if one["attempts"]]
    assert sent["state"] == "delivered" and sent["signature"] == "信风商城" and sent["approved_by"] == "wang"
    assert sent["attempts"][0]["carrier_id"] == "0102" and sent["receipts"][0]["status"] == "DELIVRD"  # type: ignore[index]
    assert sent["consent_source"] == "form:test" and sent["first_sent_at"] == form.spell_time(NOON)
    assert len(rows(held["consents.jsonl"])) == 5
    page = held["report.html"].decode()
    assert "通信管理局检查" in page and "<script" not in page and "http" not in page.replace("http-equiv", "")
    account = json.loads(held["account.json"])
    assert account["volume"]["messages"] == 5 and account["consents"]["missing"] == 0


def test_numbers_names_and_texts_are_masked_unless_asked_for(campaign: Campaign) -> None:
    held = files(draw_up())
    log = rows(held["messages.jsonl"])
    assert all("****" in str(one["number"]) for one in log)
    assert "{{ contact.name }}" in str(log[0]["content"])
    whole = b"".join(held.values()).decode()
    assert NAME not in whole and "13950" not in whole.replace(" ", "").split("****")[0][-5:]
    clear = files(draw_up(Numbers.CLEAR))
    shown = rows(clear["messages.jsonl"])
    assert all(str(one["number"]).isdigit() and len(str(one["number"])) == 11 for one in shown)
    assert all(NAME in str(one["content"]) for one in shown)
    hashed = rows(files(draw_up(Numbers.HASH))["messages.jsonl"])
    assert all(len(str(one["number"])) == 32 for one in hashed)


def test_no_cell_is_a_formula(campaign: Campaign) -> None:
    held = files(draw_up())
    text = held["messages.csv"].decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text)))
    place = table[0].index("campaign_name")
    assert {row[place] for row in table[1:]} == {"'=HYPERLINK(1)"}


def forge(path: Path, target: Path, name: str, old: bytes, new: bytes, *, key: Signer | None = None) -> Path:
    """The same files, one of them changed, packed and signed again."""
    held = files(path)
    assert old in held[name]
    manifest = json.loads(held.pop(archive.MANIFEST))
    held.pop(archive.SIGNATURE)
    held[name] = held[name].replace(old, new, 1)
    for own in ("format", "version", "files", "public_key"):
        manifest.pop(own)
    with BundleWriter(target, key or signer(), shape=archive) as writer:
        for each, content in held.items():
            writer.add(each, [content])
        writer.seal(manifest)
    return target


def test_any_byte_that_was_changed_is_found(campaign: Campaign, tmp_path: Path) -> None:
    path = draw_up()
    content = bytearray(path.read_bytes())
    for place in range(50, len(content), max(1, len(content) // 40)):
        changed = bytearray(content)
        changed[place] ^= 0x20
        target = tmp_path / "changed.zip"
        target.write_bytes(changed)
        assert not verify_archive(target).whole, place
    for size in (0, 100, len(content) // 2, len(content) - 1):
        target.write_bytes(content[:size])
        assert not verify_archive(target).whole, size


def test_an_archive_signed_by_another_is_told_by_its_fingerprint(campaign: Campaign, tmp_path: Path) -> None:
    path = draw_up()
    stranger = read_signer(tmp_path / "stranger.pem")
    forged = forge(
        path,
        tmp_path / "forged.zip",
        "messages.jsonl",
        b'"state":"delivered"',
        b'"state":"failed"',
        key=stranger,
    )
    assert verify_archive(forged).fingerprint == stranger.fingerprint
    assert "key" in codes(forged, trusted_key=signer().fingerprint)
    assert verify_archive(path, trusted_key=signer().fingerprint).whole


def test_rows_that_are_gone_and_entries_that_do_not_fit_are_found_though_signed(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = draw_up()
    held = files(path)
    line = held["messages.jsonl"].splitlines(keepends=True)[0]
    assert "count" in codes(forge(path, tmp_path / "a.zip", "messages.jsonl", line, b""))
    assert "entry_hash" in codes(
        forge(path, tmp_path / "b.zip", "consents.jsonl", b'"granted":true', b'"granted":false')
    )
    assert "row_unreadable" in codes(forge(path, tmp_path / "c.zip", "messages.jsonl", b"{", b"["))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nonsense" * 100])
def test_what_is_no_archive_is_said_so(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "x.zip"
    target.write_bytes(content)
    assert not verify_archive(target).whole and not is_archive(target)


def test_it_is_checked_without_a_database_a_key_file_or_settings(campaign: Campaign, tmp_path: Path) -> None:
    path = draw_up()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("XINFENG_", "DJANGO_"))
    }
    script = "import sys; from pathlib import Path; from xinfeng.inspection.checking import verify_archive as v;" \
             "print(v(Path(sys.argv[1])).whole, 'django' in sys.modules)"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "False"]


def test_an_export_needs_a_reason_is_audited_and_goes_after_a_week(campaign: Campaign) -> None:
    with pytest.raises(InvalidInput, match=r"export\.reason"):
        exports.request_inspection(scope(DAY, DAY), reason="  ", actor="he", now=NOON)
    path = draw_up()
    [one] = exports.listed(InspectionExport.objects.get().kind)
    assert exports.fetch(one.pk, actor="he") == path and path.stat().st_mode & 0o077 == 0
    actions = list(
        AuditEntry.objects.filter(object_kind="inspection").order_by("id").values_list("action", flat=True)
    )
    assert actions == ["inspection.export_inspection", "inspection.drawn_up", "inspection.fetch"]
    assert exports.remove_old(now=NOON + timedelta(days=6)) == 0
    assert exports.remove_old(now=NOON + timedelta(days=8)) == 1 and not path.exists()
    with pytest.raises(NotFound, match=r"inspection\.file_gone"):
        exports.fetch(one.pk, actor="he")
    with pytest.raises(NotFound, match=r"inspection\.unknown"):
        exports.fetch(10**6, actor="he")


def test_nobody_queues_without_end(campaign: Campaign) -> None:
    for _ in range(exports.MOST_OPEN):
        exports.request_inspection(scope(DAY, DAY), reason="x", actor="he", now=NOON)
    with pytest.raises(Conflict, match=r"inspection\.busy"):
        exports.request_inspection(scope(DAY, DAY), reason="x", actor="he", now=NOON)


def audit_archive_of(asked: TrailQuery) -> Path:
    made = exports.request_audit(asked, reason="内审", actor="he", now=NOON)
    done = exports.draw_up(made.pk, now=NOON)
    assert done.state == "done", done.fault
    return Path(done.file_path)


def test_the_audit_log_goes_out_with_its_seals(campaign: Campaign, tmp_path: Path) -> None:
    audit.record(actor="=cmd", action="login", address="10.1.2.3")
    seals.seal(now=utc_now())
    audit.record(actor="li", action="login", address="10.9.9.9")  # too new for a seal
    path = audit_archive_of(TrailQuery(action="login"))
    assert verify_archive(path).whole
    held = files(path)
    entries = rows(held["entries.jsonl"])
    assert [one["seal"] for one in entries] == [1, None]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(held["entries.xlsx"])).get_sheet_by_index(0).to_python()
    assert sheet[1][2] == "'=cmd" and len(sheet) == 3
    assert len(list(csv.reader(io.StringIO(held["entries.csv"].decode("utf-8-sig"))))) == 3
    forged = forge(path, tmp_path / "a.zip", "entries.jsonl", b"10.1.2.3", b"10.1.2.4")
    assert codes(forged) == {"audit_entry"}
    forged = forge(path, tmp_path / "b.zip", "seals.jsonl", b'"entries":', b'"entries":1')
    assert "seal_signature" in codes(forged) | codes(forged)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        (TrailQuery(actor="li"), 1),
        (TrailQuery(address="10.0.0.0/8"), 2),
        (TrailQuery(address="10.1.2.3"), 1),
        (TrailQuery(action="login", first=date(2020, 1, 1), last=date(2020, 1, 2)), 0),
        (TrailQuery(kind="contact", subject="7"), 1),
    ],
)
def test_an_export_of_the_log_is_narrowed_as_the_screen_is(
    campaign: Campaign, asked: TrailQuery, count: int
) -> None:
    audit.record(actor="wang", action="login", address="10.1.2.3")
    audit.record(actor="li2", action="contact.reveal", kind="contact", subject=7, address="10.200.0.1")
    AuditEntry.objects.none()
    audit.record(actor="li", action="login")
    path = audit_archive_of(asked)
    found = rows(files(path)["entries.jsonl"])
    expected = (
        count
        if asked.actor != "li"
        else sum(1 for one in found if json.loads(str(one["line"]))["actor"] == "li")
    )
    assert len(found) == expected and verify_archive(path).whole


def test_the_command_line_takes_the_month_before_and_says_so(campaign: Campaign, tmp_path: Path) -> None:
    target = tmp_path / "inspection.zip"
    close_lens()
    said = CliRunner().invoke(commands, ["inspection", "export", str(target), "--reason", "年度检查"])
    assert said.exit_code == 0, said.output
    usual = last_month(business_day(utc_now(), xinfeng_settings.load().zone))
    assert f"{usual.first} – {usual.last}" in said.output
    assert usual.first.isoformat() in verify_archive(target).about


def test_the_command_line_takes_no_half_a_period(campaign: Campaign, tmp_path: Path) -> None:
    target = tmp_path / "inspection.zip"
    said = CliRunner().invoke(
        commands, ["inspection", "export", str(target), "--reason", "年度检查", "--first", "2026-11-01"]
    )
    assert said.exit_code == 2
    assert not target.exists()
