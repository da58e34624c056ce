"""The archive a person gets: `index.html` to read and print, `data.json` for other systems, `README.txt`.

Written as a stream: rows come from the holdings one by one and go out compressed and encrypted, so ten rows and ten
million take the same memory. Both files are of the same moment. The shape of `data.json`, version 1:

    {"format": "xinfeng.personal-data", "version": 1, "reference": "GX-000042", "made_at": "<ISO 8601, UTC>",
     "holdings": [{"name": "…", "label": "…", "label_en": "…", "kept_because": "…", "kept_because_en": "…",
                   "rows": [{…}, …], "count": 2}, …],
     "complete": true}

Times are ISO 8601 in UTC, amounts whole fen in fields that end in `_fen`; what a row's fields are is the holding's.
A file without `"complete": true` at its end was cut off.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.db import transaction

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.personal import Holding, holdings
from xinfeng.privacy.erasing import in_one_snapshot
from xinfeng.privacy.page import PageWriter
from xinfeng.privacy.sealed import SealedWriter

FORMAT = "xinfeng.personal-data"
VERSION = 1

README = """\
这个压缩包里是我们保存的、与您有关的全部个人信息（编号 {reference}）。

index.html  用浏览器打开，可以阅读和打印
data.json   供其他系统读取；格式 {format}，版本 {version}

data.json 里 holdings 的每一项是一类信息：label 是名称，rows 是内容。时间是 UTC 的 ISO 8601 写法，以 _fen 结尾的金额单位为分。
以 "complete": true 结尾表示文件完整。

This archive holds all personal information we keep about you (reference {reference}).

index.html  to read and print in a browser
data.json   for other systems; format {format}, version {version}

Each item of "holdings" is one kind of information: "label_en" names it, "rows" is its content. Times are ISO 8601 in
UTC; amounts in fields that end in _fen are in fen. A complete file ends with "complete": true.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """An archive as written: rows, size of the ZIP, and its SHA-256."""

    rows: int
    size_bytes: int
    digest: bytes


class _Hashing(io.RawIOBase):
    """Counts and hashes what passes through. Says that it can't seek, so the ZIP is written from front to end."""

    def __init__(self, below: SealedWriter) -> None:
        super().__init__()
        self._below = below
        self.digest = hashlib.sha256()
        self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        self.digest.update(data)
        self.count += len(data)
        return self._below.write(data)


def write_archive(path: Path, ids: Sequence[int], *, reference: str, now: datetime) -> Written:
    """Write everything held about the person known as `ids` to a sealed file (`privacy.sealed`, named by its stem)."""
    with SealedWriter(path, path.stem) as sealed:
        through = _Hashing(sealed)
        with (
            transaction.atomic(),
            zipfile.ZipFile(through, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            in_one_snapshot()
            readme = README.format(reference=reference, format=FORMAT, version=VERSION)
            archive.writestr("README.txt", readme)
            with archive.open("data.json", "w", force_zip64=True) as file:
                rows = _write_json(file, ids, reference=reference, now=now)
            with archive.open("index.html", "w", force_zip64=True) as file:
                _write_page(file, ids, reference=reference, now=now)
    return Written(rows, through.count, through.digest.digest())


def _write_json(file: IO[bytes], ids: Sequence[int], *, reference: str, now: datetime) -> int:
    put = _put(file)
    head = {"format": FORMAT, "version": VERSION, "reference": reference, "made_at": now.isoformat()}
    put(_json(head)[:-1] + ',"holdings":[')
    total = 0
    for number, holding in enumerate(shown_first()):
        put(("," if number else "") + "\n" + _json(_about(holding))[:-1] + ',"rows":[')
        count = 0
        for row in _rows(holding, ids):
            put((",\n" if count else "\n") + _json(row))
            count += 1
        put(f'],"count":{count}}}')
        total += count
    put('\n],"complete":true}\n')
    return total


def shown_first() -> list[Holding]:
    """The holdings as people read them: who she is first. (They are erased the other way round.)"""
    return sorted(holdings(), key=lambda one: (-one.order, one.name))


def _about(holding: Holding) -> dict[str, str]:
    about = {"name": holding.name, "label": holding.label, "label_en": holding.label_en}
    if holding.kept_because:
        about |= {"kept_because": holding.kept_because, "kept_because_en": holding.kept_because_en}
    return about


def _write_page(file: IO[bytes], ids: Sequence[int], *, reference: str, now: datetime) -> None:
    page = PageWriter(_put(file), zone=xinfeng_settings.load().zone)
    page.begin(reference=reference, made_at=now)
    for holding in shown_first():
        page.section(holding.label, holding.label_en, _rows(holding, ids), note=holding.kept_because)
    page.end()


def _rows(holding: Holding, ids: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    return iter(holding.rows(ids))


def _put(file: IO[bytes]) -> Callable[[str], None]:
    def put(text: str) -> None:
        file.write(text.encode("utf-8", "replace"))

    return put


def _json(value: Mapping[str, Any]) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"not ready for JSON: {type(value).__name__}")


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
