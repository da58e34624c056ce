"""Files that go to carriers and come back from them: what is to be filed, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path

from xinfeng.filings.models import SignatureFiling
from xinfeng.filings.results import MOST_ROWS, ResultRow
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.insights.cells import csv_lines
from xinfeng.intake import workbook
from xinfeng.intake.files import examine, read_rows
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier

LARGEST_FILE = 5 << 20
_ZIP = b"PK\x03\x04"

COLUMNS: dict[str, tuple[str, ...]] = {
    "signature": ("签名", "短信签名", "签名名称", "signature"),
    "carrier": ("运营商", "carrier"),
    "state": ("状态", "结果", "报备结果", "报备状态", "审核结果", "state", "status", "result"),
    "number": ("编号", "报备编号", "报备号", "备案号", "number", "filing number"),
    "reason": ("原因", "驳回原因", "失败原因", "备注", "reason", "remark"),
    "expires_on": ("到期日", "有效期至", "有效期", "expires", "expires on", "valid until"),
}
"""How result files name their columns."""
_REQUIRED = ("signature", "carrier", "state")


def result_rows(path: Path) -> list[ResultRow]:
    """The lines of a result file (CSV or .xlsx), by its header.

    Raises InvalidInput `result.columns` (missing), `result.too_many`, and what `intake.files.examine` and
    `intake.workbook.convert` raise: a workbook is looked at before it is opened, and opened in a process of little means.
    """
    with _as_text(path) as plain:
        shape = examine(plain)
        where = {
            field: at
            for at, name in enumerate(shape.header)
            for field, names in COLUMNS.items()
            if name.strip().lower() in names
        }
        if missing := [COLUMNS[field][0] for field in _REQUIRED if field not in where]:
            raise InvalidInput("result.columns", missing=missing)
        rows = [
            ResultRow(
                row.line,
                **{field: row.cells[at].strip() for field, at in where.items() if field != "expires_on"},
                expires_on=_day(row.cells[where["expires_on"]]) if "expires_on" in where else None,
            )
            for row in islice(read_rows(plain, shape), MOST_ROWS + 1)
            if len(row.cells) > max(where.values())
        ]
    if len(rows) > MOST_ROWS:
        raise InvalidInput("result.too_many", at_most=MOST_ROWS)
    return rows


def _day(text: str) -> date | None:
    """2027-01-31, 2027/1/31 or 2027年1月31日; anything else, such as 长期, is no day."""
    plain = (
        text.strip()[:10]
        .replace("年", "-")
        .replace("月", "-")
        .replace("/", "-")
        .replace(".", "-")
        .rstrip("日")
    )
    try:
        year, month, day = (int(one) for one in plain.split("-"))
        return date(year, month, day)
    except ValueError:
        return None


@contextmanager
def _as_text(path: Path) -> Iterator[Path]:
    with path.open("rb") as file:
        is_workbook = file.read(4) == _ZIP
    if not is_workbook:
        yield path
        return
    folder = xinfeng_settings.load().uploads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    converted = folder / f"{secrets.token_hex(16)}.csv"
    try:
        workbook.convert(path, converted)
        yield converted
    finally:
        converted.unlink(missing_ok=True)


CARRIERS = {
    Carrier.MOBILE: "中国移动",
    Carrier.UNICOM: "中国联通",
    Carrier.TELECOM: "中国电信",
    Carrier.BROADNET: "中国广电",
}


def to_file_csv(filings: Iterable[SignatureFiling]) -> bytes:
    """What is to be handed in, with the columns a result file comes back with."""
    header = ("签名", "运营商", "通道", "号码", "依据", "资质", "状态", "编号", "原因", "到期日")
    rows = [
        (
            one.signature.text,
            CARRIERS[Carrier(one.carrier)],
            one.channel.name,
            one.port,
            str(one.get_basis_display()),
            "；".join(f"{each.name} {each.number}" for each in one.qualifications.all()),
            "",
            "",
            "",
            "",
        )
        for one in filings
    ]
    return b"".join(csv_lines(header, rows))
