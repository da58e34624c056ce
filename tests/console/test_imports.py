"""Importing files through the console: upload, columns, consent, summary, progress, result."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.console.people import signed_in

from xinfeng.consent.models import ConsentEntry, Notice
from xinfeng.contacts.models import Attribute, Contact
from xinfeng.foundation.models import AuditEntry
from xinfeng.intake import actions
from xinfeng.intake.models import ImportJob
from xinfeng.kernel.time import utc_now

FILE = """\
手机号,姓名,生日,积分,备注
13900000001,欧阳明月,1990-02-03,120,<b>茶</b>
13900000002,王小明,1990-02-03,12,=1+1
139000,张三,1990-02-03,7,
13900000004,李四,1800-02-03,7,
"""

CONSENT = {
    "mode": "batch",
    "purpose": "marketing",
    "given_at": "2026-03-01T10:00",
    "consent_source": "门店入会表",
    "evidence": "档案 A-17",
    "notice": "",
}
COLUMNS = {
    "column:0": "phone",
    "column:1": "name",
    "column:2": "birthday",
    "column:3": "new:number",
    "column:4": "skip",
}


@pytest.fixture
def operator(committed_db) -> Client:
    return signed_in("operator")


def upload(client: Client, text: str = FILE, kind: str = "contacts", name: str = "会员.csv") -> int:
    file = SimpleUploadedFile(name, text.encode())
    answer = client.post("/imports/new", {"kind": kind, "file": file})
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].split("/")[2])


def start(client: Client, job_id: int, **changes: str):
    form = {**COLUMNS, **CONSENT, "source": "春季会员日", "step": "start", **changes}
    return client.post(f"/imports/{job_id}/columns", form)


def test_an_empty_list_says_what_to_do_next(operator):
    html = operator.get("/imports").content.decode()
    assert "还没有导入过" in html and "/imports/new" in html


def test_columns_are_guessed_and_samples_are_masked(operator):
    job_id = upload(operator)
    html = operator.get(f"/imports/{job_id}/columns").content.decode()
    assert '<option value="phone" selected>' in html and '<option value="birthday" selected>' in html
    assert "139****0001" in html and "13900000001" not in html
    assert "欧**" in html and "欧阳明月" not in html
    assert "&lt;b&gt;" in html and "<b>" not in html


def test_before_it_starts_everything_is_said_once_more(operator):
    job_id = upload(operator)
    html = start(operator, job_id, step="check").content.decode()
    assert "检查后开始" in html and "新属性“积分”" in html and "档案 A-17" in html
    assert ImportJob.objects.get(pk=job_id).state == "mapping"


def test_a_file_becomes_contacts_with_consent_and_every_bad_row_keeps_its_reason(operator):
    job_id = upload(operator)
    assert start(operator, job_id)["Location"] == f"/imports/{job_id}"
    assert "排队中" in operator.get(f"/imports/{job_id}").content.decode()
    actions.run_import(job_id, now=utc_now())
    assert Contact.objects.count() == 2 and Attribute.objects.get().label == "积分"
    assert ConsentEntry.objects.filter(source="import:门店入会表", granted=True).count() == 2
    html = operator.get(f"/imports/{job_id}").content.decode()
    assert "不是中国大陆手机号" in html and "生日太早了" in html
    assert "139****0004" in html and "13900000004" not in html and "李四" not in html


def test_rejected_rows_are_downloaded_by_post_and_leave_a_trace(operator):
    job_id = upload(operator)
    start(operator, job_id)
    actions.run_import(job_id, now=utc_now())
    answer = operator.post(f"/imports/{job_id}/rejected.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "13900000004,李四" in text and "行号" in text.splitlines()[0]
    assert AuditEntry.objects.get(action="import.rejected_downloaded").detail["rows"] == 2
    assert operator.get(f"/imports/{job_id}/rejected.csv").status_code == 405


def test_progress_is_polled_and_the_page_reloads_when_it_ends(operator):
    job_id = upload(operator)
    start(operator, job_id)
    answer = operator.get(f"/imports/{job_id}/progress", headers={"hx-request": "true"})
    assert f'hx-get="/imports/{job_id}/progress"' in answer.content.decode()
    actions.run_import(job_id, now=utc_now())
    answer = operator.get(f"/imports/{job_id}/progress", headers={"hx-request": "true"})
    assert answer["HX-Refresh"] == "true"


def test_without_consent_the_page_says_that_nobody_can_be_written_to(operator):
    job_id = upload(operator)
    html = start(operator, job_id, mode="none", step="check").content.decode()
    assert "不会写给任何人" in html
    start(operator, job_id, mode="none")
    actions.run_import(job_id, now=utc_now())
    assert not ConsentEntry.objects.exists()
    assert "这批客户没有授权" in operator.get(f"/imports/{job_id}").content.decode()


def test_an_incomplete_statement_of_consent_is_asked_for_at_its_field(operator):
    job_id = upload(operator)
    answer = start(operator, job_id, evidence="", mode="rows")
    html = answer.content.decode()
    assert answer.status_code == 422 and 'id="id_evidence_error"' in html
    assert ImportJob.objects.get(pk=job_id).state == "mapping"


def test_a_notice_can_be_registered_with_the_import_or_not_at_all(operator):
    job_id = upload(operator)
    notice = {"notice": "new", "notice_key": "privacy", "notice_version": "2026-03", "notice_text": "告知"}
    start(operator, job_id, **notice, step="check")
    start(operator, job_id, **notice, source="x" * 90)
    assert not Notice.objects.exists()
    start(operator, job_id, **notice)
    assert Notice.objects.get().version == "2026-03"
    assert ImportJob.objects.get(pk=job_id).consent["notice_key"] == "privacy"


def test_a_mapping_that_cannot_work_is_told_by_the_names_of_its_fields(operator):
    job_id = upload(operator)
    html = start(operator, job_id, **{"column:0": "skip"}).content.decode()
    assert "手机号 或 会员号" in html
    html = start(operator, job_id, **{"column:1": "phone"}).content.decode()
    assert "“手机号”" in html


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "文件是空的"), (b"%PDF-1.7 not a table", "不是 CSV"), (b"PK\x03\x04broken", "打不开")],
)
def test_a_file_that_cannot_be_read_says_so_and_keeps_nothing(operator, content, words):
    file = SimpleUploadedFile("a.csv", content)
    answer = operator.post("/imports/new", {"kind": "contacts", "file": file})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_events_need_no_consent_and_ask_for_none(operator):
    job_id = upload(operator)
    start(operator, job_id)
    actions.run_import(job_id, now=utc_now())
    text = "订单号,手机号,行为,时间,金额\nA1,13900000001,购买,2026-11-01 10:00,268\nA2,13999999999,购买,2026-11-01,1\n"
    events_id = upload(operator, text, "events", "订单.csv")
    html = operator.get(f"/imports/{events_id}/columns").content.decode()
    assert "客户同意过接收短信吗" not in html
    form = {f"column:{nr}": one for nr, one in enumerate(("event_id", "phone", "kind", "at", "amount"))}
    operator.post(f"/imports/{events_id}/columns", {**form, "source": "商城", "step": "start"})
    actions.run_import(events_id, now=utc_now())
    html = operator.get(f"/imports/{events_id}").content.decode()
    assert "没有这位客户" in html


def test_an_import_is_cancelled_before_it_starts(operator):
    job_id = upload(operator)
    operator.post(f"/imports/{job_id}/cancel")
    html = operator.get(f"/imports/{job_id}").content.decode()
    assert "导入已取消" in html
    assert operator.post(f"/imports/{job_id}/cancel").status_code == 409


def test_a_hostile_file_name_and_header_are_shown_not_run(operator):
    text = '<script>alert(1)</script>,手机号\n"<img src=x onerror=alert(1)>",13900000001\n'
    job_id = upload(operator, text, name="<script>alert(2)</script>.csv")
    for path in ("/imports", f"/imports/{job_id}/columns"):
        html = operator.get(path).content.decode()
        assert "<script>alert" not in html and "<img src=x" not in html, path


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(operator, asked):
    upload(operator)
    with asked() as one:
        operator.get("/imports")
    for _ in range(4):
        upload(operator)
    with asked() as five:
        operator.get("/imports")
    assert len(five) == len(one) <= 5


@pytest.mark.parametrize("role", ["reviewer", "compliance"])
def test_who_may_only_look_cannot_import(role, operator):
    job_id = upload(operator)
    client = signed_in(role)
    assert client.get("/imports").status_code == 200
    assert client.get(f"/imports/{job_id}").status_code == 200
    for path in ("/imports/new", f"/imports/{job_id}/columns", f"/imports/{job_id}/cancel"):
        assert client.post(path, {}).status_code == 403, path
    assert client.post(f"/imports/{job_id}/rejected.csv").status_code == 403


@pytest.mark.parametrize("role", ["analyst", "developer"])
def test_others_do_not_see_imports(role, operator):
    job_id = upload(operator)
    client = signed_in(role)
    paths = ("/imports", f"/imports/{job_id}", f"/imports/{job_id}/progress")
    assert {client.get(path).status_code for path in paths} == {403}
