"""What imports hold about a person: rows of files that were refused, sealed with their job.

Files themselves are deleted when their import is over, after seven days at the latest (`intake.actions`); what is
in one that still runs is taken in under `intake.erased`, so nobody who was erased comes back with it. Refused rows
carry no contact, so hers are found by opening them: a second for a hundred thousand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from xinfeng.contacts.models import Contact
from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.foundation.vault import Kind, vault
from xinfeng.intake.cells import protect
from xinfeng.intake.models import ImportRejection
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland

_AT_ONCE = 2_000


def _rows(ids: Ids) -> Iterator[Mapping[str, Any]]:
    for one, cells in _hers(ids):
        yield {
            "import": one.job_id,
            "line": one.line,
            "reason": one.code,
            "row": [protect(cell) for cell in cells],
        }


def _erase(connection: Connection, ids: Ids, now: datetime) -> int:
    found = [one.pk for one, _ in _hers(ids)]
    return (
        connection.execute("delete from import_rejection where id = any(%s)", (found,)).rowcount
        if found
        else 0
    )


def _hers(ids: Ids) -> Iterator[tuple[ImportRejection, list[str]]]:
    """Refused rows with one of her numbers or member ids."""
    numbers, externals = _known_by(ids)
    if not numbers and not externals:
        return
    after = 0
    while page := list(ImportRejection.objects.filter(pk__gt=after).order_by("pk")[:_AT_ONCE]):
        after = page[-1].pk
        opened = vault().open_many(Kind.ROW, [bytes(one.row_sealed) for one in page])
        for one, text in zip(page, opened, strict=True):
            cells: list[str] = json.loads(text)
            if any(cell.strip() in externals or _number(cell) in numbers for cell in cells if cell.strip()):
                yield one, cells


def _known_by(ids: Ids) -> tuple[set[str], set[str]]:
    rows = list(Contact.objects.filter(pk__in=list(ids)).values_list("phone_sealed", "external_id"))
    sealed = [bytes(phone) for phone, _ in rows if phone is not None]
    return set(vault().open_many(Kind.PHONE, sealed)), {external for _, external in rows if external}


def _number(cell: str) -> str | None:
    if not any(sign.isdigit() for sign in cell):
        return None
    try:
        return parse_mainland(cell)
    except InvalidInput:
        return None


HOLDINGS = (
    Holding(
        "rejected_rows",
        "未导入的行",
        "Rows of files that were refused",
        _rows,
        _erase,
        order=10,  # while her number can still be read
    ),
)
