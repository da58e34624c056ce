"""A file of ported numbers that was sent in: kept, taken in by a job, one at a time, gone afterwards."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.factories import make_contact

from xinfeng.contacts.number_files import LARGEST_FILE, faults_of
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.hygiene import ported_files, ported_uploads
from xinfeng.hygiene.models import NumberFact
from xinfeng.hygiene.ported_uploads import Upload, UploadState, latest, receive, resume_unfinished, run
from xinfeng.hygiene.reads import number_of
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.phones import Carrier

pytestmark = pytest.mark.usefixtures("committed_db")

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """No test finds the files of another that never ran their jobs."""
    for path in _kept():
        path.unlink()


def _send(text: str, *, drawn_up: date = date(2026, 11, 20)) -> Upload:
    return receive(
        [text.encode()], file_name="携转.csv", drawn_up=drawn_up, source="管局", actor="li", now=NOW
    )


def _kept() -> list[Path]:
    return sorted(xinfeng_settings.load().uploads.glob("*.ported"))


def _waiting() -> int:
    waiting: int = ProcrastinateJob.objects.filter(task_name=ported_uploads.JOB, status="todo").count()
    return waiting


def test_a_file_is_kept_for_the_job_and_gone_when_it_is_taken_in() -> None:
    contact = make_contact(phone="13900000001", at=BEFORE)
    upload = _send("手机号,运营商\n13900000001,电信\n13900000009,联通\n")
    [path] = _kept()
    assert path.stat().st_mode & 0o777 == 0o600 and _waiting() == 1
    assert number_of(contact).carrier_now == 0, "nothing happens within the request"
    run(upload.id, now=NOW)
    done = latest()
    assert done is not None and done.state is UploadState.DONE and done.error is None
    assert (done.rows, done.done, done.contacts, done.changed, done.newer) == (2, 2, 1, 1, 0)
    assert number_of(contact).carrier_now == Carrier.TELECOM and _kept() == []
    run(upload.id, now=NOW)
    assert NumberFact.objects.count() == 1


def test_rows_that_are_wrong_are_told_afterwards_and_numbers_among_them_are_not() -> None:
    text = "手机号,运营商\n1390000000,电信\n13900000001,火星\n13900000002,139 0000 0003\n"
    upload = _send(text)
    run(upload.id, now=NOW)
    failed = latest()
    assert failed is not None and failed.state is UploadState.FAILED and failed.error is not None
    assert [(one.line, one.code, one.shown) for one in faults_of(failed.error)] == [
        (2, "number", ""),
        (3, "carrier", "火星"),
        (4, "carrier", ""),
    ]
    assert _kept() == []


def test_one_file_at_a_time() -> None:
    upload = _send("手机号,运营商\n13900000001,电信\n")
    with pytest.raises(Conflict, match="ported.busy"):
        _send("手机号,运营商\n13900000001,联通\n")
    assert len(_kept()) == 1
    run(upload.id, now=NOW)
    assert _send("手机号,运营商\n13900000001,联通\n").is_open


def test_after_a_crash_it_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ported_files, "STEP", 2)
    people = [make_contact(phone=f"1390000000{at}", at=BEFORE) for at in range(5)]
    upload = _send("手机号,运营商\n" + "".join(f"1390000000{at},电信\n" for at in range(5)))
    original, steps = ported_files._take_some, []

    def take(*given: object, **named: object) -> tuple[int, int, int]:
        steps.append(len(given[1]))  # type: ignore[arg-type]
        if len(steps) == 2:
            raise ConnectionError("the process died")
        return original(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(ported_files, "_take_some", take)
    with pytest.raises(ConnectionError):
        run(upload.id, now=NOW)
    broken = latest()
    assert broken is not None and broken.is_open and (broken.done, broken.changed) == (2, 2)
    resume_unfinished(now=NOW + timedelta(days=2))
    assert len(_kept()) == 1 and _waiting() == 1
    run(upload.id, now=NOW)
    done = latest()
    assert done is not None and (done.done, done.contacts, done.changed) == (5, 5, 5)
    assert steps == [2, 2, 2, 1]
    assert all(number_of(one).carrier_now == Carrier.TELECOM for one in people)
    assert NumberFact.objects.count() == 5


def test_a_file_that_is_gone_is_told() -> None:
    upload = _send("手机号,运营商\n13900000001,电信\n")
    _kept()[0].unlink()
    run(upload.id, now=NOW)
    gone = latest()
    assert gone is not None and gone.fault == "ported.file_gone"


def test_what_cannot_be_taken_at_all_is_refused_at_once_and_not_kept() -> None:
    with pytest.raises(InvalidInput, match="ported.too_old"):
        _send("手机号,运营商\n13900000001,电信\n", drawn_up=date(2026, 1, 1))
    with pytest.raises(InvalidInput, match="ported.too_large"):
        receive(
            [bytes(LARGEST_FILE), b"1"],
            file_name="a.csv",
            drawn_up=date(2026, 11, 20),
            source="管局",
            actor="li",
            now=NOW,
        )
    assert _kept() == [] and latest() is None and _waiting() == 0


def test_files_that_a_crash_left_behind_go_after_a_day() -> None:
    folder = xinfeng_settings.load().uploads
    folder.mkdir(parents=True, exist_ok=True)
    left = folder / f"{'a' * 32}.ported"
    left.write_bytes(b"13900000001")
    at = NOW.timestamp()
    os.utime(left, (at, at))
    resume_unfinished(now=NOW + timedelta(hours=1))
    assert left.exists()
    resume_unfinished(now=NOW + timedelta(hours=25))
    assert not left.exists()
