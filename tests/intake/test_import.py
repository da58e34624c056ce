"""Imports through their public doors: what arrives, what is refused, and what an import never does."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import xlsxwriter
from django.db import connection
from tests.factories import NOW, make_contact, make_notice, phone

from xinfeng.consent.actions import OptOut, record_opt_outs
from xinfeng.consent.models import ConsentEntry
from xinfeng.consent.reads import entries_of, standing_of
from xinfeng.contacts.masked import tiers_of
from xinfeng.contacts.models import Attribute, Contact, Event, Tag, TagFact, Tier
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.intake import actions, importing, reads
from xinfeng.intake.claims import ConsentClaim
from xinfeng.intake.models import ImportJob, ImportRejection
from xinfeng.kernel.errors import Conflict, InvalidInput

CLAIM = ConsentClaim(
    "marketing", source="门店入会表", given_at=NOW - timedelta(days=30), evidence="档案 A-17"
)


def receive(content: bytes | str, *, kind: str = "contacts", name: str = "客户.csv") -> int:
    raw = content.encode() if isinstance(content, str) else content
    chunks = [raw[at : at + 1000] for at in range(0, len(raw), 1000)]
    job = actions.receive_file(chunks, file_name=name, kind=kind, actor="li", user_id=None, now=NOW)
    return int(job.pk)


def start(job_id: int, *, consent: ConsentClaim | None = None, **given: Any) -> None:
    mapping = {guess.column: guess.field for guess in reads.preview(job_id).guesses}
    options = {"mapping": mapping, "source": "门店", "consent": consent, "actor": "li", "now": NOW} | given
    actions.start_import(job_id, **options)


def take(
    content: bytes | str, *, kind: str = "contacts", consent: ConsentClaim | None = None, **given: Any
) -> reads.ImportRow:
    job_id = receive(content, kind=kind)
    start(job_id, consent=consent, **given)
    actions.run_import(job_id, now=NOW)
    return reads.progress(job_id)


def numbers(row: reads.ImportRow) -> tuple[int, int, int, int]:
    return row.rows_new, row.rows_changed, row.rows_same, row.rows_rejected


def may_write(contact_id: int | None) -> bool:
    assert contact_id is not None
    return standing_of(contact_id)[0].may_be_written_to


def contact_of(number: str) -> Contact:
    return Contact.objects.get(phone_index=vault().phone_index(number))


def corrected(job_id: int) -> list[dict[str, str]]:
    content = b"".join(reads.rejections_csv(job_id, language="zh-hans")).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_a_file_becomes_contacts_that_may_be_written_to(db: None) -> None:
    done = take("手机号,姓名,生日,标签\n138 0013 8000,王,1990/2/3,母婴\n+8613800138001,李,,\n", consent=CLAIM)
    assert (done.state, numbers(done), done.rows_total, done.part) == ("done", (2, 0, 0, 0), 2, 1.0)
    contact = contact_of("13800138000")
    assert may_write(contact.pk)
    [entry] = entries_of(contact.pk)
    assert (entry.source, entry.at, entry.evidence) == ("import:门店入会表", CLAIM.given_at, "档案 A-17")
    assert set(Tag.objects.filter(pk__in=contact.tags).values_list("name", "kind")) == {
        ("门店", "source"),
        ("母婴", "manual"),
    }


def test_without_a_claim_nobody_may_be_written_to(db: None) -> None:
    take("手机号\n13800138000\n")
    assert not may_write(contact_of("13800138000").pk)


def test_the_same_file_twice_changes_nothing(db: None) -> None:
    content = "手机号,姓名,会员号,授权时间\n" + "".join(
        f"{phone()},客户{n},M{n},2025-01-0{1 + n % 9}\n" for n in range(40)
    )
    first = take(content, consent=CLAIM)
    before = _everything()
    second = take(content, consent=CLAIM)
    assert numbers(first) == (40, 0, 0, 0)
    assert numbers(second) == (0, 0, 40, 0)
    assert _everything() == before


def _everything() -> list[Any]:
    found = []
    with connection.cursor() as cursor:
        for table in ("contact", "tag_fact", "consent_entry", "ledger_head", "standing"):
            cursor.execute(f"select ctid::text, xmin::text, t.* from {table} t order by 1")
            found.append(cursor.fetchall())
    return found


def test_an_import_never_undoes_an_opt_out(db: None) -> None:
    contact = make_contact(phone="13800138000", at=NOW - timedelta(days=60))
    with bulk_transaction() as raw:
        record_opt_outs(
            raw,
            [OptOut(vault().phone_index("13800138000"), None, NOW - timedelta(days=50), "reply")],
            now=NOW,
        )
    done = take("手机号,授权时间\n13800138000,2026-11-19 10:00\n", consent=CLAIM)
    assert numbers(done)[3] == 0
    assert not may_write(contact)
    assert len(entries_of(contact)) == 3


def test_columns_about_consent_go_before_the_batch(db: None) -> None:
    notice = make_notice(key="privacy", version="2")
    content = (
        "手机号,是否同意,授权时间,授权来源,授权凭证,告知版本\n"
        "13800138000,是,2025-01-02 10:00,官网,IP 1.2.3.4,2\n"
        "13800138001,否,,,,\n"
        "13800138002,,2025-01-02,官网,x,\n"
        "13800138003,是,2030-01-01,,,\n"
        "13800138004,是,,,,99\n"
        "13800138005,是,,,,\n"
    )
    claim = ConsentClaim("marketing", "入会表", "privacy", "2", CLAIM.given_at, "档案")
    done = take(content, consent=claim)
    assert numbers(done) == (4, 0, 0, 2)
    [entry] = entries_of(contact_of("13800138000").pk)
    assert (entry.source, entry.evidence, entry.notice) == ("import:官网", "IP 1.2.3.4", "privacy 2")
    assert not may_write(contact_of("13800138001").pk)
    assert not may_write(contact_of("13800138002").pk)
    assert may_write(contact_of("13800138005").pk)
    assert {row.code for row in reads.rejections(done.id)} == {
        "consent.time_in_future",
        "consent.notice_unknown",
    }
    assert ConsentEntry.objects.filter(notice_id=notice.pk).count() == 2


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (ConsentClaim("amusement", "x", given_at=NOW, evidence="x"), "consent.purpose"),
        (ConsentClaim("marketing", "", given_at=NOW, evidence="x"), "consent.incomplete"),
        (ConsentClaim("marketing", "x", given_at=NOW, evidence=""), "consent.incomplete"),
        (ConsentClaim("marketing", "x", given_at=None, evidence="x"), "consent.incomplete"),
        (
            ConsentClaim("marketing", "x", given_at=NOW + timedelta(days=1), evidence="x"),
            "consent.time_in_future",
        ),
        (ConsentClaim("marketing", "x", "privacy", "9", NOW, "x"), "consent.notice_unknown"),
        (ConsentClaim("marketing", "x" * 74, given_at=NOW, evidence="x"), "consent.too_long"),
    ],
)
def test_claims_that_prove_nothing_are_refused(db: None, claim: ConsentClaim, code: str) -> None:
    job_id = receive("手机号\n13800138000\n")
    with pytest.raises(InvalidInput) as caught:
        start(job_id, consent=claim)
    assert caught.value.code == code
    assert ImportJob.objects.get(pk=job_id).state == "mapping"


def test_columns_about_consent_need_a_claim(db: None) -> None:
    job_id = receive("手机号,授权时间\n13800138000,2025-01-01\n")
    with pytest.raises(InvalidInput, match=r"consent\.without_claim"):
        start(job_id)


def test_bad_rows_are_kept_and_come_back_corrected(db: None) -> None:
    content = (
        "手机号,姓名,生日,备注\n"
        "13800138000,王,1990-02-03,好\n"
        "12345,\"=cmd|'/C calc'!A0\",1990-02-03,+1\n"
        "13800138002,@李,属马,'=x\n"
        ",张,,-5\n"
    )
    done = take(
        content,
        consent=CLAIM,
        mapping={"手机号": "phone", "姓名": "name", "生日": "birthday", "备注": "new:text"},
    )
    assert numbers(done) == (1, 0, 0, 3)
    assert reads.rejection_counts(done.id) == {
        "phone.not_mainland_mobile": 1,
        "birthday.unreadable": 1,
        "contact.unidentified": 1,
    }
    rows = corrected(done.id)
    assert [row["行号"] for row in rows] == ["3", "4", "5"]
    assert rows[1]["原因"] == "生日：看不懂这个生日"
    for row in rows:
        assert not any(cell[:1] in tuple("=+-@\t\r") for cell in row.values())
    rows[0]["手机号"], rows[1]["生日"], rows[2]["手机号"] = "13800138001", "1991-01-01", "13800138003"
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    mapping = {
        "手机号": "phone",
        "姓名": "name",
        "生日": "birthday",
        "备注": f"attr:{Attribute.objects.get().key}",
    }
    again = take(out.getvalue(), consent=CLAIM, mapping=mapping)
    assert numbers(again) == (3, 0, 0, 0)
    key = Attribute.objects.get().key
    remarks = [contact_of(f"1380013800{n}").attrs[key] for n in (1, 2, 3)]
    assert remarks == ["+1", "=x", "-5"]
    assert bytes(contact_of("13800138001").name_index or b"") == vault().index("=cmd|'/C calc'!A0")


def test_reasons_in_english(db: None) -> None:
    done = take("phone,name\n123,a\n")
    content = b"".join(reads.rejections_csv(done.id, language="en")).decode("utf-8-sig")
    assert content.splitlines() == [
        "phone,name,Line,Reason",
        "123,a,2,phone: Not a mainland China mobile number",
    ]


def test_refused_rows_are_sealed(db: None) -> None:
    done = take("手机号,姓名\n13800138000 转 801,王小明\n")
    row = ImportRejection.objects.get(job_id=done.id)
    assert "王小明".encode() not in bytes(row.row_sealed)
    assert "1380" not in str(row.params)


def test_rows_of_one_number_are_merged_in_order(db: None) -> None:
    done = take("手机号,姓名,城市\n13800138000,王,深圳\n13800138001,李,\n13800138000,王二,\n", consent=CLAIM)
    assert numbers(done) == (2, 1, 0, 0)
    contact = contact_of("13800138000")
    assert contact.city == "深圳"
    assert bytes(contact.name_index or b"") == vault().index("王二")
    assert len(entries_of(contact.pk)) == 1


def test_phone_of_one_and_id_of_another_is_a_bad_row(db: None) -> None:
    take("手机号,会员号\n13800138000,M1\n13800138001,M2\n")
    done = take("手机号,会员号\n13800138000,M2\n")
    assert numbers(done) == (0, 0, 0, 1)
    assert reads.rejections(done.id)[0].code == "contact.conflict"


def test_unknown_columns_become_attributes_only_when_asked(db: None) -> None:
    take(
        "手机号,积分,备注\n13800138000,12,x\n",
        mapping={"手机号": "phone", "积分": "new:number", "备注": "skip"},
    )
    attribute = Attribute.objects.get()
    assert (attribute.label, attribute.kind) == ("积分", "number")
    assert contact_of("13800138000").attrs == {attribute.key: 12}


def test_a_workbook(db: None, tmp_path: Path) -> None:
    source = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(source)) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["手机号", "姓名"])
        sheet.write_row(1, 0, [13800138000, "王"])
        sheet.write_row(2, 0, ["坏", "李"])
    done = take(source.read_bytes())
    assert numbers(done) == (1, 0, 0, 1)
    assert reads.rejections(done.id)[0].line == 3


def test_the_file_is_for_its_owner_only(db: None) -> None:
    path = Path(ImportJob.objects.get(pk=receive("手机号\n13800138000\n")).file_path)
    assert path.parent == xinfeng_settings.load().uploads
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_refused_upload_leaves_nothing_behind(db: None) -> None:
    folder = xinfeng_settings.load().uploads
    before = set(folder.glob("*"))
    with pytest.raises(InvalidInput, match=r"file\.not_text"):
        receive(b"%PDF-1.7")
    with pytest.raises(InvalidInput, match=r"import\.kind"):
        receive("手机号\n1\n", kind="people")
    assert set(folder.glob("*")) == before


def test_too_large_a_file_is_refused_while_it_arrives(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "LARGEST_FILE", 1500)
    with pytest.raises(InvalidInput, match=r"file\.too_large"):
        receive("手机号\n" + "13800138000\n" * 200)


def test_the_name_of_a_file_is_only_a_name(db: None) -> None:
    job_id = receive("手机号\n13800138000\n", name="../../etc/pass\x00wd")
    job = ImportJob.objects.get(pk=job_id)
    assert job.file_name == "passwd"
    assert "passwd" not in job.file_path


def test_a_file_with_a_header_only_fails_and_says_so(db: None) -> None:
    done = take("手机号,姓名\n")
    assert (done.state, done.fault) == ("failed", "file.no_rows")


def test_a_confirmed_import_cannot_be_confirmed_again(db: None) -> None:
    job_id = receive("手机号\n13800138000\n")
    start(job_id)
    with pytest.raises(Conflict, match=r"import\.state"):
        start(job_id)


def test_the_mapping_screen_masks_numbers_and_recognises_the_file(db: None) -> None:
    done = take("手机号,姓名\n13800138000,王\n")
    found = reads.preview(receive("手机号,姓名\n13800138000,王\n"))
    assert found.rows == [["138****8000", "王"]]
    assert found.earlier == [done.id]
    assert [row.id for row in reads.imports()] == [found.job_id, done.id]


def test_an_interrupted_import_goes_on_where_it_stopped(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)
    lines = [f"139{n:08d},客户{n}" if n % 9 else f"坏{n},客户" for n in range(47)]
    job_id = receive("手机号,姓名\n" + "\n".join(lines))
    start(job_id, consent=CLAIM)
    write = importing._write_contacts
    calls = []

    def dies_at_the_third(*args: Any, **named: Any) -> None:
        calls.append(1)
        write(*args, **named)
        if len(calls) == 3:
            raise psycopg.OperationalError("the server went away")

    monkeypatch.setattr(importing, "_write_contacts", dies_at_the_third)
    with pytest.raises(psycopg.OperationalError):
        actions.run_import(job_id, now=NOW)
    monkeypatch.setattr(importing, "_write_contacts", write)
    path = Path(ImportJob.objects.get(pk=job_id).file_path)
    assert path.exists()
    assert reads.progress(job_id).rows_read == 20
    assert Contact.objects.count() == 20 - reads.progress(job_id).rows_rejected
    assert actions.resume_unfinished() == 1
    actions.run_import(job_id, now=NOW)
    done = reads.progress(job_id)
    assert (done.state, done.rows_read, done.rows_rejected) == ("done", 47, 6)
    assert numbers(done) == (41, 0, 0, 6)
    assert [row.line for row in reads.rejections(job_id)] == [2 + n for n in range(0, 47, 9)]
    assert TagFact.objects.count() == ConsentEntry.objects.count() == 41
    assert not path.exists()


def test_cancelling_stops_between_batches_and_keeps_what_was_taken(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)
    job_id = receive("手机号\n" + "\n".join(f"139{n:08d}" for n in range(50)))
    start(job_id)
    write = importing._write_contacts
    calls = []

    def somebody_cancels(*args: Any, **named: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            ImportJob.objects.filter(pk=job_id).update(state="cancelled")
        write(*args, **named)

    monkeypatch.setattr(importing, "_write_contacts", somebody_cancels)
    ImportJob.objects.filter(pk=job_id).update(state="running")
    actions.run_import(job_id, now=NOW)
    assert Contact.objects.count() == 20


def test_cancelling_before_it_runs(db: None) -> None:
    job_id = receive("手机号\n13800138000\n")
    start(job_id)
    actions.cancel_import(job_id, actor="li", now=NOW)
    assert actions.run_import(job_id, now=NOW) == "cancelled"
    with pytest.raises(Conflict):
        actions.cancel_import(job_id, actor="li", now=NOW)
    assert Contact.objects.count() == 0


def test_two_workers_do_not_run_one_import(committed_db: str) -> None:
    from xinfeng.foundation.database import connect

    job_id = receive("手机号\n13800138000\n")
    start(job_id)
    other = connect(autocommit=True)
    try:
        other.execute("select pg_advisory_lock(%s, %s)", (actions._LOCK, job_id))
        assert actions.run_import(job_id, now=NOW) == "queued"
        other.execute("select pg_advisory_unlock(%s, %s)", (actions._LOCK, job_id))
    finally:
        other.close()
    assert actions.run_import(job_id, now=NOW) == "done"


def test_confirming_queues_a_job_once(committed_db: str) -> None:
    job_id = receive("手机号\n13800138000\n")
    start(job_id)
    assert actions.resume_unfinished() == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "select args ->> 'job_id' from procrastinate_jobs where task_name = 'intake.run_import'"
        )
        assert cursor.fetchall() == [(str(job_id),)]


def test_abandoned_uploads_are_dropped(committed_db: str) -> None:
    job_id = receive("手机号\n13800138000\n")
    path = Path(ImportJob.objects.get(pk=job_id).file_path)
    created = ImportJob.objects.get(pk=job_id).created_at
    assert actions.drop_abandoned(now=created + timedelta(days=6)) == 0
    assert path.exists()
    assert actions.drop_abandoned(now=created + timedelta(days=8)) == 1
    assert not path.exists()


EVENTS = (
    "手机号,会员号,行为,时间,金额,商品,品类,订单号\n"
    "13800138000,,购买,2026-11-01 20:15,¥199.00,奶粉,母婴,T1\n"
    ",M1,view,2026/11/02 8:00,,纸尿裤,母婴,T2\n"
    "13800138000,,购买,2026-11-01 20:15,199,奶粉,母婴,T1\n"
    "13999999999,,购买,2026-11-01,1,x,y,T3\n"
    "13800138000,,发呆,2026-11-01,1,x,y,T4\n"
    "13800138000,,购买,2027-11-01,1,x,y,T5\n"
    "13800138000,,购买,2026-11-01,一百,x,y,T6\n"
    "13800138000,,购买,,1,x,y,T7\n"
)


def test_events(db: None) -> None:
    contact = make_contact(phone="13800138000", external_id="M1", at=NOW - timedelta(days=300))
    done = take(EVENTS, kind="events")
    assert numbers(done) == (2, 0, 1, 5)
    purchase = Event.objects.get(source_id="T1")
    assert (purchase.contact_id, purchase.amount_fen, purchase.item, purchase.source) == (
        contact,
        19900,
        "奶粉",
        "门店",
    )
    assert purchase.at.isoformat() == "2026-11-01T12:15:00+00:00"
    assert [row.code for row in reads.rejections(done.id)] == [
        "event.contact_unknown",
        "event.kind_unknown",
        "time.in_future",
        "money.unreadable",
        "event.incomplete",
    ]
    assert tiers_of([contact]) == {contact: Tier.ACTIVE}
    assert numbers(take(EVENTS, kind="events")) == (0, 0, 3, 5)
    assert Event.objects.count() == 2


def test_events_without_ids_are_known_by_their_content(db: None) -> None:
    make_contact(phone="13800138000")
    content = "手机号,行为,时间,金额\n13800138000,购买,2026-11-01,10\n13800138000,购买,2026-11-02,10\n"
    assert numbers(take(content, kind="events")) == (2, 0, 0, 0)
    assert numbers(take(content, kind="events")) == (0, 0, 2, 0)


def test_events_claim_no_consent(db: None) -> None:
    job_id = receive(EVENTS, kind="events")
    with pytest.raises(InvalidInput, match=r"consent\.not_for_events"):
        start(job_id, consent=CLAIM)


def test_newcomers_get_their_tier_as_soon_as_the_import_is_over(committed_db: str) -> None:
    asked = "select count(*) from procrastinate_jobs where task_name = 'contacts.catch_up'"
    for file in ("手机号\n13800138000\n", "手机号\n13800138001\n"):  # one that waits is enough
        job_id = receive(file)
        start(job_id)
        assert actions.run_import(job_id, now=NOW) == "done"
        with connection.cursor() as cursor:
            cursor.execute(asked)
            assert cursor.fetchone() == (1,)


def test_what_exports_write_for_nothing_is_nothing(db: None) -> None:
    done = take(
        "手机号,姓名,会员号,生日,性别\n13800138000,-,NULL,0000-00-00,--\n13800138001,\\N,N/A,1900-01-00,#N/A\n"
        "13800138002,王, - ,—,/\n-,李,,,\n"
    )
    assert numbers(done) == (3, 0, 0, 1)
    for number, name in (("13800138000", ""), ("13800138001", ""), ("13800138002", "王")):
        contact = contact_of(number)
        assert (
            vault().open(Kind.NAME, contact.name_sealed) if contact.name_sealed else "",
            contact.external_id,
            contact.birthday,
        ) == (name, None, None)
    assert [row["原因"] for row in corrected(done.id)] == ["没有手机号，也没有会员号"]


def test_a_dash_proves_no_consent(db: None) -> None:
    claim = ConsentClaim("marketing", "门店入会表", "", "", CLAIM.given_at, "")
    done = take("手机号,授权凭证\n13800138000,-\n13800138001,档案 3\n", consent=claim)
    assert numbers(done) == (1, 0, 0, 1)
    assert may_write(contact_of("13800138001").pk)


def test_dates_as_spreadsheets_count_them(db: None) -> None:
    claim = ConsentClaim("marketing", "门店入会表", "", "", None, "档案")
    done = take(
        "手机号,生日,注册时间,授权时间\n13800138000,33270,45678.5,45678.25\n13800138001,9999,,45678\n",
        consent=claim,
    )
    assert numbers(done) == (1, 0, 0, 1)
    contact = contact_of("13800138000")
    assert str(contact.birthday) == "1991-02-01"
    assert contact.joined_at == datetime(2025, 1, 21, 4, 0, tzinfo=UTC)
    [entry] = entries_of(contact.pk)
    assert entry.at == datetime(2025, 1, 20, 22, 0, tzinfo=UTC)


def test_numbers_that_were_masked_or_rounded_are_told_apart(db: None) -> None:
    done = take("手机号\n138****0074\n1.38001E+10\n1380013800x\n13800138000\n")
    assert [row["原因"] for row in corrected(done.id)] == [
        "手机号：号码里有星号，不完整；请导出完整的号码",
        "手机号：表格软件把号码变成了科学计数，后几位丢了；请把这一列设为文本再导出",
        "手机号：看不懂这个手机号",
    ]


def test_days_that_programs_keep_as_moments_are_the_days_they_mean(db: None) -> None:
    take(
        "手机号,生日\n13800138000,1990-01-01T16:00:00.000Z\n13800138001,1988-06-30T15:00:00Z\n"
        "13800138002,1990-01-02T09:30:00Z\n13800138003,1990-01-02T00:00:00\n"
    )
    found = [str(contact_of(f"1380013800{n}").birthday) for n in range(4)]
    assert found == ["1990-01-02", "1988-07-01", "1990-01-02", "1990-01-02"]


@pytest.mark.parametrize(
    ("word", "agreed"), [("已订阅", True), ("☑", True), ("已退订", False), ("拒收", False)]
)
def test_a_consent_column_in_the_words_of_other_systems(db: None, word: str, agreed: bool) -> None:
    take(f"手机号,是否同意\n13800138000,{word}\n", consent=CLAIM)
    assert may_write(contact_of("13800138000").pk) is agreed


@pytest.mark.parametrize("word", ["是", "1", "已退订", "Y", "unsubscribed", "2026-03-01 08:00"])
def test_who_opted_out_elsewhere_is_not_taken_to_agree_with_the_rest_of_the_file(db: None, word: str) -> None:
    done = take(f"手机号,是否退订\n13800138000,{word}\n13800138001,\n13800138002,否\n", consent=CLAIM)
    assert numbers(done) == (3, 0, 0, 0)
    assert [may_write(contact_of(f"1380013800{at}").pk) for at in range(3)] == [False, True, True]
    [entry] = entries_of(contact_of("13800138000").pk)
    assert (entry.purpose, entry.granted, entry.source) == ("marketing", False, "import:门店入会表")


def test_an_opt_out_in_a_file_ends_what_was_agreed_before_and_needs_no_claim(db: None) -> None:
    take("手机号\n13800138000\n", consent=CLAIM)
    assert may_write(contact_of("13800138000").pk)
    take("手机号,退订标记\n13800138000,1\n", source="客服系统")
    contact = contact_of("13800138000")
    assert not may_write(contact.pk)
    last = entries_of(contact.pk)[0]
    assert (last.granted, last.source, last.at) == (False, "import:客服系统", NOW)
    take("手机号\n13800138000\n", consent=CLAIM)
    assert not may_write(contact.pk)


def test_an_old_opt_out_does_not_end_what_was_agreed_later(db: None) -> None:
    agreed = NOW - timedelta(days=2)
    contact = make_contact(phone="13800138000", at=agreed)
    for days, writable in ((-3, True), (1, False)):
        take(f"手机号,退订时间\n13800138000,{(agreed + timedelta(days=days)).isoformat()}\n")
        assert may_write(contact) is writable


def test_a_list_of_opt_outs_imported_every_night_says_it_once(db: None) -> None:
    nightly = "手机号,退订\n13800138000,是\n13800138001,2026-03-01\n"
    for _ in range(3):
        take(nightly)
    assert [len(entries_of(contact_of(f"1380013800{at}").pk)) for at in range(2)] == [1, 1]


def test_a_word_for_refusing_in_a_column_about_consent_is_a_refusal_and_a_plain_no_is_none(db: None) -> None:
    content = "手机号,短信订阅状态\n13800138000,已退订\n13800138001,否\n13800138002,已订阅\n"
    take(content, consent=CLAIM)
    said = [[one.granted for one in entries_of(contact_of(f"1380013800{at}").pk)] for at in range(3)]
    assert said == [[False], [], [True]]


def test_a_row_of_which_nobody_can_tell_whether_it_opted_out_is_left_out(db: None) -> None:
    done = take("手机号,是否退订\n13800138000,也许\n", consent=CLAIM)
    assert numbers(done) == (0, 0, 0, 1)
    [row] = corrected(done.id)
    assert row["原因"] == "是否退订：看不懂这个人有没有退订；请写“是”“否”或退订时间"


def test_a_row_of_a_service_list_that_opted_out_says_no_to_both(db: None) -> None:
    claim = ConsentClaim("service", source="订单", given_at=NOW - timedelta(days=1), evidence="A-18")
    take("手机号,退订\n13800138000,是\n", consent=claim)
    assert {one.purpose: one.granted for one in entries_of(contact_of("13800138000").pk)} == {
        "marketing": False,
        "service": False,
    }
