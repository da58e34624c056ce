"""What operators say about codes, as it is stored, and as entries of the book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xinfeng.channels.codes.book import classes
from xinfeng.channels.codes.shapes import CodeInfo, Phase

KEY = "channels.codes"


def read_rows(rows: object) -> list[CodeInfo]:
    """Stored rows as entries of the book."""
    return [_info(row) for row in rows] if isinstance(rows, list) else []


def stored_rows() -> tuple[list[dict[str, Any]], object]:
    """What is stored, and its stamp."""
    from xinfeng.foundation.models import StoredSetting  # looking codes up needs no Django

    found = StoredSetting.objects.filter(pk=KEY).values_list("value", "updated_at").first()
    return ([], None) if found is None else (found[0], found[1])


def _info(row: Mapping[str, Any]) -> CodeInfo:
    whole = classes()[row["category"]]
    return CodeInfo(
        code=row["code"],
        phase=Phase(row["phase"]),
        pattern=row["code"],
        category=whole.key,
        zh=row["zh"],
        en=row["en"],
        side=whole.side,
        permanence=whole.permanence,
        action=whole.action,
        verdict=whole.verdict,
        source=row["by"],
        date=row["at"][:10],
        own=True,
        carrier=row["carrier"],
        kinds=(row["kind"],),
    )
