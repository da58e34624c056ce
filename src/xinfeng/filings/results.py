"""A carrier's or vendor's answers about many filings, taken over line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from xinfeng.filings import steps
from xinfeng.filings.days import business_day_of
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.models import FilingState, SignatureFiling, Subject
from xinfeng.kernel.errors import InvalidInput, NotFound, XinfengError
from xinfeng.kernel.phones import Carrier

MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A line of a carrier's result file, as a door has read it."""

    line: int
    signature: str
    carrier: str
    state: str
    number: str = ""
    reason: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a result file; `refused` are lines with the code of what is wrong."""

    confirmed: int
    refused_by_carrier: int
    unchanged: int
    faults: tuple[tuple[int, str], ...]


CARRIER_NAMES: dict[str, Carrier] = {
    **dict.fromkeys(("移动", "mobile", "cmcc", "yd", "1"), Carrier.MOBILE),
    **dict.fromkeys(("联通", "unicom", "cucc", "lt", "2"), Carrier.UNICOM),
    **dict.fromkeys(("电信", "telecom", "ctcc", "dx", "3"), Carrier.TELECOM),
    **dict.fromkeys(("广电", "broadnet", "cbn", "gd", "4"), Carrier.BROADNET),
}
"""How result files name the carriers, without 中国 or China."""
STATE_NAMES: dict[str, Move] = {
    **dict.fromkeys(["通过", "成功", "已通过", "已生效", "生效", "审核通过", "报备成功", "ok", "pass", "passed", "approved", "success", "in_force"], Move.CONFIRM),
    **dict.fromkeys(["驳回", "失败", "未通过", "拒绝", "被驳回", "审核不通过", "报备失败", "refused", "rejected", "fail", "failed"], Move.REFUSE),
    **dict.fromkeys(["已提交", "审核中", "处理中", "待审核", "submitted", "pending", "processing"], Move.SUBMIT),
}  # fmt: skip


def take_results(rows: Iterable[ResultRow], *, channel_id: int, actor: str, now: datetime) -> Taken:
    """Take over a carrier's or vendor's answers for one channel, line by line; a line that can't be taken leaves the
    others alone. Faults: `signature.unknown`, `filing.carrier`, `result.state`, `filing.unknown`, and those of
    `steps.move`."""
    counts = dict.fromkeys((Move.CONFIRM, Move.REFUSE, None), 0)
    faults: list[tuple[int, str]] = []
    for row in rows:
        try:
            counts[_take_row(row, channel_id=channel_id, actor=actor, now=now)] += 1
        except XinfengError as fault:
            faults.append((row.line, fault.code))
    return Taken(counts[Move.CONFIRM], counts[Move.REFUSE], counts[None], tuple(faults))


def _take_row(row: ResultRow, *, channel_id: int, actor: str, now: datetime) -> Move | None:
    named = row.carrier.strip().lower().removeprefix("中国").removeprefix("china")
    carrier = CARRIER_NAMES.get(named.strip())
    if carrier is None:
        raise InvalidInput("filing.carrier")
    move = STATE_NAMES.get(row.state.strip().lower())
    if move is None:
        raise InvalidInput("result.state")
    text = row.signature.strip().removeprefix("【").removesuffix("】")
    with transaction.atomic():
        filing = (
            SignatureFiling.objects.select_for_update()
            .filter(signature__text=text, channel_id=channel_id, carrier=int(carrier))
            .exclude(state=FilingState.WITHDRAWN)
            .first()
        )
        if filing is None:
            raise NotFound("filing.unknown")
        day = business_day_of(now)
        state = filing.state_on(day)
        already = {Move.CONFIRM: FilingState.IN_FORCE, Move.REFUSE: FilingState.REFUSED}.get(move)
        same = (
            state is already
            and row.number in ("", filing.number)
            and row.expires_on in (None, filing.expires_on)
        )
        if same or move is Move.SUBMIT:
            if move is Move.SUBMIT and state in (
                FilingState.PREPARING,
                FilingState.REFUSED,
                FilingState.EXPIRED,
            ):
                steps.move(filing, Subject.SIGNATURE, move, actor=actor, now=now, day=day)
            return None
        reason = row.reason or ("服务商未说明原因" if move is Move.REFUSE else "")
        steps.move(
            filing,
            Subject.SIGNATURE,
            move,
            actor=actor,
            now=now,
            day=day,
            number=row.number,
            reason=reason,
            expires_on=row.expires_on,
        )
        return move
