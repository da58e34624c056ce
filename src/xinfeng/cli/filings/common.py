"""What the commands about filings share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Protocol

import typer

from xinfeng.cli.output import say
from xinfeng.filings import defaults as filing_defaults
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.phones import Carrier
from xinfeng.policy import defaults as policy_defaults

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


def both(name: str) -> str:
    """The name of a peak or a gap as lists show it: with its English, where it ships with one."""
    english = policy_defaults.in_language(filing_defaults.in_language(name, "en"), "en")
    return name if english == name else f"{name} {english}"


def days(first: Any, last: Any) -> str:
    """A span of days as lists show it."""
    return f"{first or '—'} – {last or '—'}"


class Mover(Protocol):
    """Moves one filing; `move` is a value of `filings.lifecycle.Move`."""

    def __call__(self, filing_id: int, move: str, *, number: str = "", reason: str = "") -> None: ...


_Filing = Annotated[int, typer.Argument(help="报备编号 filing id")]
_Number = Annotated[str, typer.Option(help="对方给的编号或模板号 the number or template id that was given")]
_Refused = Annotated[str, typer.Option(help="对方说的原因 why, as they said")]
_Ended = Annotated[str, typer.Option(help="为什么撤销 why")]
_NOTED = "已记下。 Noted."


def add_moves(group: typer.Typer, move: Mover, *, taker: tuple[str, str]) -> None:
    """Add the commands that note what became of one filing. `taker`: who it is handed to, Chinese and English."""
    chinese, english = taker

    @group.command("submit", help=f"记下：已提交给{chinese}。 Note that it was handed in.")
    def submit(filing_id: _Filing) -> None:
        move(filing_id, "submit")
        say(_NOTED)

    @group.command("confirm", help=f"记下：{chinese}已通过。 Note that the {english} took it.")
    def confirm(filing_id: _Filing, number: _Number) -> None:
        move(filing_id, "confirm", number=number)
        say(_NOTED)

    @group.command("refuse", help=f"记下：{chinese}驳回。 Note that the {english} refused it.")
    def refuse(filing_id: _Filing, reason: _Refused) -> None:
        move(filing_id, "refuse", reason=reason)
        say(_NOTED)

    @group.command(
        "withdraw",
        help="撤销；正在依据它发送的活动会暂停。 End it; what is being sent on its strength is paused.",
    )
    def withdraw(filing_id: _Filing, reason: _Ended) -> None:
        move(filing_id, "withdraw", reason=reason)
        say(_NOTED)
