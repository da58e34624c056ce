"""Bringing a file in from the command line: the same actions as the console, with a progress bar."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import typer
from django.db import connections
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from xinfeng.cli.output import console, say, table
from xinfeng.consent.contracts import contract_numbered
from xinfeng.intake import actions, reads
from xinfeng.intake.claims import ConsentClaim
from xinfeng.intake.mapping import SKIP
from xinfeng.intake.models import ImportState
from xinfeng.intake.reasons import in_summary
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now

_PIECE = 1 << 20
_LOOK_AGAIN_S = 0.2


@dataclass(frozen=True)
class Terms:
    """What the person states about a file. `columns` overrides the guess; `rejects` is where refused rows go;
    `contract` is the number of the agreement under which a partner passes it on."""

    kind: str
    source: str
    consent: ConsentClaim | None
    actor: str
    columns: dict[str, str] = field(default_factory=dict)
    rejects: Path | None = None
    contract: str = ""


def bring_in(file: Path, terms: Terms) -> reads.ImportRow:
    """Receive, map, run, and say what came of it."""
    job = actions.receive_file(
        _pieces(file), file_name=file.name, kind=terms.kind, actor=terms.actor, user_id=None, now=utc_now()
    )
    preview = reads.preview(job.pk)
    mapping = {guess.column: guess.field for guess in preview.guesses} | terms.columns
    actions.start_import(
        job.pk,
        mapping={column: meaning for column, meaning in mapping.items() if meaning != SKIP},
        source=terms.source,
        consent=terms.consent,
        actor=terms.actor,
        now=utc_now(),
        contract_id=contract_numbered(terms.contract).pk if terms.contract else None,
    )
    _run(job.pk)
    done = reads.progress(job.pk)
    _tell(done, mapping, terms.rejects)
    return done


def columns_of(pairs: list[str]) -> dict[str, str]:
    """`--column 列名=field` options as a mapping."""
    chosen = {}
    for pair in pairs:
        column, equals, meaning = pair.rpartition("=")
        if not equals:
            raise InvalidInput("mapping.option", given=pair)
        chosen[column] = meaning
    return chosen


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            yield piece


def _run(job_id: int) -> None:
    """Run the import in a thread, so that the bar can move; a fault of the machine is raised here.

    A running `app` may have taken it on already; then it is followed to its end, and taken over if `app` dies.
    """
    faults: list[BaseException] = []

    def work() -> None:
        try:
            while reads.progress(job_id).is_open:
                actions.run_import(job_id, now=utc_now())
                time.sleep(_LOOK_AGAIN_S)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work, name="import")
    worker.start()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console(),
    )
    with bar:
        task = bar.add_task("导入 importing", total=None)
        while worker.is_alive():
            worker.join(0.3)
            now = reads.progress(job_id)
            bar.update(task, total=now.rows_total or None, completed=now.rows_read)
    if faults:
        raise faults[0]


def _tell(done: reads.ImportRow, mapping: dict[str, str], rejects: Path | None) -> None:
    if done.state == ImportState.FAILED:
        raise XinfengError(done.fault, **done.fault_params)
    skipped = [column for column, meaning in mapping.items() if meaning == SKIP]
    say(
        f"{done.file_name}: 新增 new {done.rows_new:,} · 更新 changed {done.rows_changed:,} · "
        f"未变 same {done.rows_same:,} · 未导入 rejected {done.rows_rejected:,}"
    )
    if skipped:
        say(f"未使用的列 columns left out: {'、'.join(skipped)}")
    if done.rows_rejected:
        rows = [
            [f"{count:,}", in_summary(code, language="zh"), in_summary(code, language="en")]
            for code, count in reads.rejection_counts(done.id).items()
        ]
        table("未导入的行 Rejected rows", ["行 rows", "原因", "reason"], rows, right=(0,))
        if rejects is None:
            say("加 --rejects FILE 可得到这些行，改正后重新导入。 Add --rejects FILE to get these rows back.")
        else:
            _write_rejects(done.id, rejects)


def _write_rejects(job_id: int, path: Path) -> None:
    with path.open("wb") as file:
        for piece in reads.rejections_csv(job_id, language="zh-hans"):
            file.write(piece)
    say(f"未导入的行已写入 rejected rows written to: {path}")


def check_file(file: Path) -> Path:
    if not file.is_file():
        raise typer.BadParameter(f"没有这个文件 no such file: {file}")
    return file
