"""Writes the archive of a period: the account for people and programs, then every row behind it. Streams.

Two million rows need no more memory than two: rows are read by cursors on the server and go straight into the zip
file; the file for people is written beside it and added afterwards.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from psycopg import IsolationLevel

from xinfeng import __version__
from xinfeng.complaints.models import ComplaintStanding
from xinfeng.consent import bundles, ledger_checks
from xinfeng.consent.bundle import form
from xinfeng.consent.bundle.writing import BundleWriter, Written
from xinfeng.foundation import database, retention, seal_checks
from xinfeng.foundation.database import Connection
from xinfeng.foundation.signing import signer
from xinfeng.insights.cells import safe
from xinfeng.inspection import account, archive, report, sampling, sending_log, volume
from xinfeng.inspection.models import Numbers
from xinfeng.inspection.period import Scope

SAMPLE = 50
_AT_ONCE = 2_000
_PIECE = 1 << 20

_RELIED_ON = f"""\
select {bundles.COLUMNS} from consent_entry e where e.seq in (
  select consent_seq from message where planned_at >= %(since)s and planned_at < %(until)s{{plans}}) order by e.seq"""  # noqa: S608
_OPT_OUTS = """\
select id, at, bound_at, source, scope, lifted_at from suppression
where at >= %(since)s and at < %(until)s and reason = 'opt_out' order by id"""
_COUNT = """\
select count(*) from message where planned_at >= %(since)s and planned_at < %(until)s{plans}"""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """When, by whom and why."""

    at: datetime
    by: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {
            "at": form.spell_time(self.at),
            "by": self.by,
            "reason": self.reason,
            "software": f"xinfeng {__version__}",
        }


@dataclass
class Tables:
    """Adds tables to an archive, each for programs and for people, and counts their rows."""

    writer: BundleWriter
    progress: Progress | None = None
    in_all: int = 0
    done: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        with tempfile.TemporaryFile(prefix="xinfeng-") as people:
            self.writer.add(f"{name}.jsonl", self._lines(name, columns, rows, people))
            people.seek(0)
            self.writer.add(f"{name}.csv", iter(lambda: people.read(_PIECE), b""))

    def count(self, name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Lines of a file of its own form, counted as they pass."""
        self.rows[name] = 0
        for line in lines:
            self.rows[name] += 1
            self._step()
            yield line

    def _lines(
        self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], people: IO[bytes]
    ) -> Iterator[bytes]:
        people.write(b"\xef\xbb\xbf")
        text = io.TextIOWrapper(people, encoding="utf-8", newline="", write_through=False)
        sheet = csv.writer(text)
        sheet.writerow(columns)
        self.rows[name] = 0
        for row in rows:
            cells = [row[column] for column in columns]
            sheet.writerow([safe(one if type(one) is str else _cell(one)) for one in cells])
            self.rows[name] += 1
            self._step()
            yield _canonical(row) + b"\n"
        text.flush()
        text.detach()

    def _step(self) -> None:
        self.done += 1
        if self.progress is not None and self.done % _AT_ONCE == 0:
            self.progress(self.done, max(self.in_all, self.done))


def write(
    asked: Scope,
    *,
    numbers: Numbers,
    target: Path,
    drawn_up: DrawnUp,
    progress: Progress | None = None,
) -> Written:
    """Draw the archive up. Whoever calls has audited it (`exports`)."""
    connection = database.connect()
    try:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("set time zone 'UTC'")  # so that times need no converting
        params = {"since": asked.since, "until": asked.until, "plans": asked.plan_ids()}
        plans = "" if params["plans"] is None else " and plan_id = any(%(plans)s)"
        row = connection.execute(_COUNT.format(plans=plans), params).fetchone()
        sums = collect(asked, now=drawn_up.at)
        with BundleWriter(target, signer(), shape=archive) as writer:
            tables = Tables(writer, progress, in_all=2 * row[0] if row else 0)
            about = _about(asked, numbers)
            writer.add(archive.REPORT, report.page(about, drawn_up.as_json(), sums, signer().fingerprint))
            writer.add(archive.ACCOUNT, [json.dumps(plain(sums), ensure_ascii=False, indent=1).encode()])
            tables.add("messages", sending_log.COLUMNS, sending_log.rows(connection, asked, numbers))
            entries = bundles.stream_entries(connection, _RELIED_ON.format(plans=plans), params)
            writer.add("consents.jsonl", tables.count("consents", map(form.entry_line, entries)))
            _small_tables(tables, connection, asked, sums, params)
            return writer.seal(
                {
                    "kind": "inspection",
                    "about": about,
                    "drawn_up": drawn_up.as_json(),
                    "rows": tables.rows,
                    "ledger": {"head_seq": bundles.ledger_head()[0], "check": ledger_checks.for_manifest()},
                    "audit": plain(seal_checks.last_check()),
                }
            )
    finally:
        connection.close()


def collect(asked: Scope, *, now: datetime) -> dict[str, Any]:
    """Every sum of the account, by name; values are the typed results of `volume`, `account`, `sampling`."""
    seed = f"{asked.first}/{asked.last}"
    return {
        "volume": volume.volume(asked),
        "outcomes": volume.outcomes(asked),
        "consents": volume.consents(asked),
        "left_out": volume.left_out(asked),
        "opt_outs": account.opt_outs(asked),
        "complaints": account.complaints(asked, now=now),
        "approvals": account.approvals(asked),
        "requests": account.requests(asked, now=now),
        "filings": account.filings(asked),
        "retention": [
            {"kind": one.kept.kind, "label": one.kept.label, "floor_days": one.kept.floor_days, "days": one.days,
             "source": one.kept.source, "why": one.kept.why}
            for one in retention.settings()
        ],
        "audit": seal_checks.last_check(),
        "sample": {"seed": seed, "messages": sampling.sample(asked, count=SAMPLE, seed=seed)},
    }  # fmt: skip


def _about(asked: Scope, numbers: Numbers) -> dict[str, Any]:
    return {**asked.as_json(), "numbers": numbers.value, "zone": asked.zone.key}


def _small_tables(
    tables: Tables, connection: Connection, asked: Scope, sums: Mapping[str, Any], params: Mapping[str, Any]
) -> None:
    names = ("id", "at", "bound_at", "source", "scope", "lifted_at")
    rows = connection.execute(_OPT_OUTS, params)
    tables.add("opt_outs", names, (dict(zip(names, row, strict=True)) for row in rows))
    columns = ("complaint_id", "source", "about", "complained_at", "taken_at", "due_at", "closed_at", "state", "valid",
               "contact_id", "message_id", "plan_id")  # fmt: skip
    found = ComplaintStanding.objects.filter(taken_at__gte=asked.since, taken_at__lt=asked.until)
    if params["plans"] is not None:
        found = found.filter(plan_id__in=params["plans"])
    tables.add("complaints", columns, found.order_by("pk").values(*columns).iterator())
    for name, listed in (
        ("filings", sums["filings"].signatures),
        ("requests", sums["requests"]),
        ("exceptions", sums["approvals"].exceptions),
        ("sample", sums["sample"]["messages"]),
    ):
        shown = [asdict(one) for one in listed]
        tables.add(name, tuple(shown[0]) if shown else ("none",), shown)
    qualifications = [
        {
            name: getattr(one.qualification, name)
            for name in ("id", "kind", "name", "number", "holder", "issued_on", "expires_on")
        }
        for one in sums["filings"].qualifications
    ]
    tables.add("qualifications", tuple(qualifications[0]) if qualifications else ("none",), qualifications)


def plain(value: Any) -> Any:
    """JSON-ready."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return form.spell_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


_encode_line = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain
).encode
_encode_cell = json.JSONEncoder(ensure_ascii=False, default=plain).encode


def _canonical(row: Mapping[str, Any]) -> bytes:
    """As `form.canonical`, with times and days spelt; most rows have none left to spell."""
    return _encode_line(row).encode()


def _cell(value: Any) -> str | int | float | None:
    """A list becomes text that people can read: one item after the other."""
    if isinstance(value, (list, tuple, dict)):
        return _encode_cell(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    return str(plain(value))
