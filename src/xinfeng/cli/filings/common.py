"""What the commands about filings share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import typer

from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.phones import Carrier

ACTOR = "system:command line"

CARRIERS = {
    Carrier.MOBILE: "移动 mobile",
    Carrier.UNICOM: "联通 unicom",
    Carrier.TELECOM: "电信 telecom",
    Carrier.BROADNET: "广电 broadnet",
}
STATES = {
    "preparing": "准备中 preparing",
    "submitted": "已提交 submitted",
    "in_force": "已生效 in force",
    "refused": "被驳回 refused",
    "expired": "已到期 expired",
    "withdrawn": "已撤销 withdrawn",
}

DAY_FORMATS = ["%Y-%m-%d"]


def day_of(given: datetime | None) -> date | None:
    """What was typed as a day."""
    return given.date() if given is not None else None


def carriers_named(names: list[str] | None) -> list[int]:
    """Carriers by their English names; none named: all four. Exits with a usage error for an unknown one."""
    if not names:
        return [int(one) for one in CARRIERS]
    known = {one.name.lower(): int(one) for one in CARRIERS}
    if strange := [one for one in names if one.lower() not in known]:
        raise typer.BadParameter(f"{strange[0]}: {', '.join(known)}")
    return [known[one.lower()] for one in names]


def signature_named(text: str) -> int:
    """Raises NotFound `signature.unknown`."""
    from xinfeng.content.models import Signature

    found = Signature.objects.filter(text=text.removeprefix("【").removesuffix("】")).values_list(
        "pk", flat=True
    )
    if not (ids := list(found)):
        raise NotFound("signature.unknown", text=text)
    return int(ids[0])


def days(first: Any, last: Any) -> str:
    """A span of days as lists show it."""
    return f"{first or '—'} – {last or '—'}"
