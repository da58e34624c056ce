"""Paying what was promised: exactly once, never more than there is. Runs in the submission's own transaction.

Stock is taken by one statement that looks and takes at once, so that no two can take the last one; the tables'
constraints say the same. A code of a pool is taken with SKIP LOCKED behind the prize's row, which everybody who
wants this prize has to wait for anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from xinfeng.forms import draws
from xinfeng.forms.design import Incentive
from xinfeng.forms.models import PrizeKind
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import Kind, vault

OUT_OF_STOCK, LOST, NOT_ASKED_FOR = "out_of_stock", "lost", "not_asked_for"
"""Why a submission won nothing."""
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Who takes part: all rows that are her, the keyed hash of her number."""

    contact_id: int
    index: bytes


# Also by rows that were merged into hers, each of which has counted for itself.
_TAKEN_PART = """\
select count(*) from award
where form_id = %(form)s and (person_index = %(index)s or contact_id = any(array(
  select c.id from contact c where c.id = %(contact)s or c.merged_into = %(contact)s)))"""

_TAKE = """\
update prize set taken = taken + 1 where form_id = %(form)s and key = %(key)s and (stock is null or taken < stock)
returning id, kind"""

_AWARD = """\
insert into award (form_id, submission_id, contact_id, person_index, nth, prize_id, why_none, points, roll, odds, at)
values (%(form)s, %(submission)s, %(contact)s, %(index)s, %(nth)s, %(prize)s, %(why)s, %(points)s, %(roll)s, %(odds)s,
  %(now)s)
returning id"""

_TAKE_CODE = """\
update coupon_code set award_id = %(award)s where id = (
  select id from coupon_code where prize_id = %(prize)s and award_id is null order by id limit 1 for update skip locked
) returning id"""

_NEW_CODE = """\
insert into coupon_code (prize_id, code_sealed, code_index, award_id, added_at)
values (%(prize)s, %(sealed)s, %(index)s, %(award)s, %(now)s) on conflict (prize_id, code_index) do nothing
returning id"""


def taken_part(connection: Connection, form_id: int, person: Person) -> int:
    """How often a person has taken part in a form already."""
    given = {"form": form_id, "contact": person.contact_id, "index": person.index}
    row = connection.execute(_TAKEN_PART, given).fetchone()
    assert row is not None
    return int(row[0])


def award(
    connection: Connection,
    incentive: Incentive,
    *,
    form_id: int,
    submission_id: int,
    person: Person,
    ticked: Sequence[str],
    nth: int,
    now: datetime,
) -> int:
    """Draw, take and pay; returns the award's id. Everybody who takes part gets a row, also for nothing."""
    given = {
        "form": form_id,
        "submission": submission_id,
        "contact": person.contact_id,
        "index": person.index,
        "nth": nth,
        "now": now,
    }
    chosen, why, roll, odds = _choose(incentive, ticked)
    plan = next((one for one in incentive.prizes if one.key == chosen), None)
    taken = None
    if plan is not None:
        taken = connection.execute(_TAKE, {"form": form_id, "key": plan.key}).fetchone()
        why = "" if taken else OUT_OF_STOCK
    points = plan.points if plan is not None and taken and taken[1] == PrizeKind.POINTS else 0
    row = connection.execute(
        _AWARD,
        given
        | {
            "prize": taken[0] if taken else None,
            "why": why,
            "points": points,
            "roll": roll,
            "odds": Jsonb([list(one) for one in odds]) if odds is not None else None,
        },
    ).fetchone()
    assert row is not None
    award_id = int(row[0])
    if taken and taken[1] == PrizeKind.POOL:
        _hand_out(connection, taken[0], award_id)
    elif taken and plan is not None and taken[1] == PrizeKind.GENERATED:
        _generate(connection, taken[0], award_id, plan.prefix, now=now)
    elif points:
        connection.execute(
            "insert into point_entry (contact_id, points, award_id, at) values (%s, %s, %s, %s)",
            (person.contact_id, points, award_id, now),
        )
    return award_id


def _choose(
    incentive: Incentive, ticked: Sequence[str]
) -> tuple[str | None, str, int | None, draws.Odds | None]:
    """The prize's key or None, why none, and the draw."""
    if not incentive.prizes or (incentive.only_for and incentive.only_for not in ticked):
        return None, NOT_ASKED_FOR, None, None
    if not incentive.lottery:
        return incentive.prizes[0].key, "", None, None
    rolled, odds = draws.roll(), draws.odds_of(incentive.prizes)
    won = draws.prize_of(rolled, odds)
    return won, "" if won else LOST, rolled, odds


def _hand_out(connection: Connection, prize_id: int, award_id: int) -> None:
    """The pool's stock is the number of its codes, so behind the prize's row there is one."""
    found = connection.execute(_TAKE_CODE, {"award": award_id, "prize": prize_id}).fetchone()
    if found is None:
        raise AssertionError(f"prize {prize_id} has stock but no code")


def _generate(connection: Connection, prize_id: int, award_id: int, prefix: str, *, now: datetime) -> None:
    for _ in range(_ATTEMPTS):
        code = draws.coupon_code(prefix)
        given = {
            "prize": prize_id,
            "sealed": vault().seal(Kind.SECRET, code),
            "index": vault().index(code),
            "award": award_id,
            "now": now,
        }
        if connection.execute(_NEW_CODE, given).fetchone():
            return
    raise AssertionError(f"no unused coupon code in {_ATTEMPTS} attempts")
