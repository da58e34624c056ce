"""Filling a pool with coupon codes. A code is a plain word: nothing that a spreadsheet would run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from xinfeng.forms.design import read, say
from xinfeng.forms.models import Form, Prize, PrizeKind
from xinfeng.foundation import audit
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput, NotFound

MOST_AT_ONCE = 1_000_000
_STEP = 10_000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{2,63}")
_HEADINGS = frozenset({"code", "codes", "coupon", "券码", "优惠码", "兑换码"})

_ADD = """\
insert into coupon_code (prize_id, code_sealed, code_index, added_at)
select %(prize)s, s, i, %(now)s from unnest(%(sealed)s::bytea[], %(indexes)s::bytea[]) as u(s, i)
on conflict (prize_id, code_index) do nothing"""


@dataclass(frozen=True, slots=True)
class AddedCoupons:
    """`known` were there before (or twice in the file); `refused` are no codes."""

    added: int
    known: int
    refused: int


def codes_in(text: str) -> Iterable[str]:
    """One candidate a line: the first cell of a CSV, quotes removed, headings and empty lines left out."""
    for line in text.removeprefix("\ufeff").splitlines():
        cell = re.split(r"[,;\t]", line, maxsplit=1)[0].strip().strip('"').strip()
        if cell and cell.lower() not in _HEADINGS:
            yield cell


def add_coupons(form_id: int, prize_key: str, text: str, *, actor: str, now: datetime) -> AddedCoupons:
    """Add the codes of a text to a pool; what is no plain code (formulas, sentences) is refused and counted.

    Raises NotFound `form.unknown`, `form.no_pool`, InvalidInput `form.too_many_codes`.
    """
    candidates = list(codes_in(text))
    if len(candidates) > MOST_AT_ONCE:
        raise InvalidInput("form.too_many_codes", at_most=MOST_AT_ONCE)
    fit = list(dict.fromkeys(one for one in candidates if _CODE.fullmatch(one)))
    refused = sum(not _CODE.fullmatch(one) for one in candidates)
    with bulk_transaction() as connection:
        prize = _pool(form_id, prize_key)
        added = 0
        for start in range(0, len(fit), _STEP):
            step = fit[start : start + _STEP]
            given = {
                "prize": prize.pk,
                "sealed": vault().seal_many(Kind.SECRET, step),
                "indexes": vault().indexes(step),
                "now": now,
            }
            added += connection.execute(_ADD, given).rowcount
        connection.execute(
            "update prize set stock = coalesce(stock, 0) + %s where id = %s", (added, prize.pk)
        )
        audit.record(
            actor=actor, action="form.coupons", kind="form", subject=form_id, prize=prize_key, added=added
        )
    return AddedCoupons(added, len(candidates) - refused - added, refused)


def _pool(form_id: int, key: str) -> Prize:
    form = Form.objects.filter(pk=form_id).first()
    if form is None:
        raise NotFound("form.unknown", id=form_id)
    prize = Prize.objects.filter(form=form, key=key[:20]).first()
    if prize is None:
        plan = next((one for one in read(form.draft).incentive.prizes if one.key == key), None)
        if plan is None or plan.kind != PrizeKind.POOL:
            raise NotFound("form.no_pool", prize=key[:20])
        name = say(plan.name, "zh-hans") or key
        prize, _ = Prize.objects.get_or_create(
            form=form, key=key, defaults={"kind": PrizeKind.POOL, "name": name, "stock": 0}
        )
    if prize.kind != PrizeKind.POOL:
        raise NotFound("form.no_pool", prize=key[:20])
    return prize
