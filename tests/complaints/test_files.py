"""Files of complaints: taken once, row by row, whatever is in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from tests.complaints.world import number_of, sent
from tests.factories import NOW, make_contact

from xinfeng.complaints import files
from xinfeng.complaints.models import Complaint, ComplaintFile, ComplaintFileRow, ComplaintStanding
from xinfeng.consent.models import Suppression
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.intake.cells import protect
from xinfeng.kernel.errors import Conflict, InvalidInput

pytestmark = pytest.mark.usefixtures("db")

HEADER = "工单号,投诉号码,投诉时间,投诉类型,短信内容,举报内容\n"


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "uploads"
    folder.mkdir()
    loaded = xinfeng_settings.load()
    monkeypatch.setattr(type(loaded), "uploads", property(lambda _: folder))
    yield folder


def received(text: str | bytes, *, name: str = "投诉.csv") -> ComplaintFile:
    content = text.encode() if isinstance(text, str) else text
    return files.receive([content], file_name=name, actor="ma", now=NOW)


def run(text: str | bytes, *, source: str = "12321", **mapping: str) -> ComplaintFile:
    kept = received(text)
    chosen = {**files.preview(kept.pk, source=source).guess, **mapping}
    files.start(kept.pk, mapping=chosen, source=source, remember=True, actor="ma", now=NOW)
    files.run(kept.pk, now=NOW)
    return files.one(kept.pk)


def row(reference: str, phone: str, at: str = "2026-11-20 10:30", about: str = "发得太多") -> str:
    return f"{reference},{phone},{at},{about},【信风商城】满200减50,不要再发\n"


def test_rows_are_taken_matched_and_barred() -> None:
    person = make_contact(at=NOW - timedelta(days=30))
    message = sent(person, ago=timedelta(hours=5))

    done = run(HEADER + row("G1", number_of(person)))

    assert (done.state, done.taken, done.known, done.refused) == ("done", 1, 0, 0)
    standing = ComplaintStanding.objects.get()
    assert (standing.source, standing.about, standing.message_id) == ("12321", "too_often", message)
    assert Suppression.objects.get().source == "complaint:12321"


def test_the_same_file_again_changes_nothing() -> None:
    text = HEADER + row("G1", "13800138000") + row("", "13800138001", at="2026-11-20")
    assert run(text).taken == 2

    again = run(text)

    assert (again.taken, again.known) == (0, 2)
    assert Complaint.objects.count() == 2


def test_bad_rows_are_kept_with_reasons_and_come_back_to_be_corrected() -> None:
    good, bad = row("G1", "13800138000"), row("G2", "12345")
    future, when = row("G3", "13800138001", at="2030-01-01 00:00"), row("G4", "13800138002", at="昨天")

    done = run(HEADER + good + bad + future + when)

    assert (done.taken, done.refused) == (1, 3)
    codes = dict(ComplaintFileRow.objects.values_list("line", "code"))
    assert codes == {3: "phone.not_mainland_mobile", 4: "complaint.in_future", 5: "time.unreadable"}
    with connection.cursor() as cursor:
        cursor.execute("select row_sealed from complaint_file_row")
        assert all(b"13800138001" not in bytes(one[0]) for one in cursor.fetchall())
    text = b"".join(files.rejections_csv(done.pk, language="zh")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][-2:] == ["行号", "原因"]
    assert [one[0] for one in rows[1:]] == ["G2", "G3", "G4"]

    corrected = run(text.replace("12345", "13800138005").replace("2030-01-01", "2026-11-19"))
    assert (corrected.taken, corrected.refused) == (2, 1)


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\tx"])
def test_formulas_do_not_leave_as_formulas(cell: str) -> None:
    done = run(HEADER + f'"{cell}",12345,2026-11-20,其他,,\n')

    text = b"".join(files.rejections_csv(done.pk, language="en")).decode("utf-8-sig")

    [line] = list(csv.reader(io.StringIO(text)))[1:]
    assert line[0] in (
        protect(cell.strip()),
        protect(cell),
        cell.strip() if cell.strip()[0] not in "=+-@" else "",
    )
    assert line[0][:1] not in "=+-@\t\r"


def test_gb18030_is_read() -> None:
    done = run((HEADER + row("编号一", "13800138000")).encode("gb18030"))

    assert done.taken == 1
    assert Complaint.objects.get().reference == "编号一"


def test_a_workbook_is_read(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for at, name in enumerate(["手机号", "投诉时间", "编号"]):
        sheet.write(0, at, name)
    sheet.write_row(1, 0, ["13800138000", "2026-11-20 10:30:00", "X-1"])
    sheet.write_row(2, 0, ["13800138001", "2026-11-20", "X-2"])
    book.close()

    done = run(path.read_bytes(), source="10086")

    assert (done.taken, done.refused) == (2, 0)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\x03" * 50, b"\x89PNG\r\n\x1a\n" + b"\x00" * 99])
def test_what_is_no_table_is_refused_and_not_kept(content: bytes, uploads: Path) -> None:
    with pytest.raises(InvalidInput):
        received(content)

    assert list(uploads.iterdir()) == []
    assert not ComplaintFile.objects.exists()


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, uploads: Path) -> None:
    monkeypatch.setattr(files, "LARGEST_FILE", 100)

    with pytest.raises(InvalidInput) as refused:
        files.receive((b"x" * 60 for _ in range(10)), file_name="a.csv", actor="ma", now=NOW)

    assert refused.value.code == "file.too_large"
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"投诉号码": "", "投诉时间": "complained_at"}, "mapping.missing"),
        ({"投诉号码": "phone"}, "mapping.missing"),
        ({"投诉号码": "phone", "投诉时间": "phone"}, "mapping.twice"),
        ({"投诉号码": "phone", "投诉时间": "salary"}, "mapping.unknown_field"),
        ({"没有": "phone"}, "mapping.unknown_column"),
    ],
)
def test_a_mapping_that_cannot_work(mapping: dict[str, str], code: str) -> None:
    kept = received(HEADER + row("G1", "13800138000"))

    with pytest.raises(InvalidInput) as refused:
        files.start(kept.pk, mapping=mapping, source="12321", remember=False, actor="ma", now=NOW)

    assert refused.value.code == code
    assert files.one(kept.pk).state == "mapping"


def test_columns_are_remembered_for_a_source() -> None:
    text = "甲,乙,丙\n13800138000,2026-11-20,R1\n"
    kept = received(text)
    chosen = {"甲": "phone", "乙": "complained_at", "丙": "reference"}
    files.start(kept.pk, mapping=chosen, source="vendor", remember=True, actor="ma", now=NOW)

    assert files.preview(received(text).pk, source="vendor").guess == chosen
    assert files.preview(received(text).pk, source="12321").guess == dict.fromkeys(chosen, "")


def test_each_row_may_have_its_own_source() -> None:
    text = "来源,手机号,投诉时间\n10086,13800138000,2026-11-20\n门店,13800138001,2026-11-20\n火星,13800138002,2026-11-20\n"

    done = run(text, source="")

    assert (done.taken, done.refused) == (2, 1)
    assert set(Complaint.objects.values_list("source", flat=True)) == {"10086", "shop"}


def test_a_day_without_a_time_is_its_end() -> None:
    run(HEADER + row("G1", "13800138000", at="2026-11-18") + row("G2", "13800138001", at="2026-11-20"))

    kept = dict(Complaint.objects.values_list("reference", "complained_at"))
    assert kept["G1"].isoformat() == "2026-11-18T15:59:59+00:00"
    assert kept["G2"] == NOW


def test_a_crash_goes_on_behind_what_was_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 2)
    text = HEADER + "".join(row(f"G{at}", f"1380013800{at}") for at in range(5))
    kept = received(text)
    files.start(
        kept.pk, mapping=files.preview(kept.pk).guess, source="12321", remember=False, actor="ma", now=NOW
    )
    true = files.write_checked
    calls = []

    def fall(*given: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit
        return true(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "write_checked", fall)
    with pytest.raises(SystemExit):
        files.run(kept.pk, now=NOW)
    assert files.one(kept.pk).rows_done == 2

    assert files.run(kept.pk, now=NOW) == "done"

    done = files.one(kept.pk)
    assert (done.rows_done, done.taken, done.known) == (5, 5, 0)


def test_it_is_started_once_and_leaves_no_file(uploads: Path) -> None:
    done = run(HEADER + row("G1", "13800138000"))

    with pytest.raises(Conflict):
        files.start(done.pk, mapping={}, source="12321", remember=False, actor="ma", now=NOW)
    assert files.run(done.pk, now=NOW) == "done"


def test_what_nobody_confirms_is_dropped() -> None:
    kept = received(HEADER + row("G1", "13800138000"))

    assert files.drop_abandoned(now=NOW + timedelta(days=6)) == 0
    assert files.drop_abandoned(now=NOW + timedelta(days=8)) == 1
    assert files.one(kept.pk).state == "failed"


def test_previews_mask_numbers() -> None:
    kept = received(HEADER + row("G1", "13800138000"))

    [cells] = files.preview(kept.pk).rows
    assert "138****8000" in cells
    assert not any("13800138000" in cell for cell in cells)
