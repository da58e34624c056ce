"""What forms hold about a person: what she filled in, what she won, her points."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from xinfeng.forms.models import Award, CouponCode, PointEntry, Submission
from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.foundation.vault import Kind, vault

_STEP = 500


# Those that wait for a code name nobody while the number may not be written to: these are found by the number.
_EMPTY_SUBMISSIONS = """\
update submission set answers_sealed = null, phone_sealed = null, phone_index = null, parameters = '{}', source = ''
where (answers_sealed is not null or phone_index is not null) and (contact_id = any(%(ids)s::bigint[])
  or state = 'awaiting' and phone_index = any(array(
    select phone_index from contact where id = any(%(ids)s::bigint[]) and phone_index is not null)))"""


def _submissions(ids: Ids) -> Iterator[Mapping[str, Any]]:
    found = Submission.objects.select_related("form", "version").filter(contact_id__in=ids).order_by("pk")
    for one in found.iterator(chunk_size=_STEP):
        sealed = one.answers_sealed
        yield {
            "form": one.form.name,
            "address": f"/f/{one.form.slug}",
            "version": one.version.number,
            "at": one.created_at.isoformat(),
            "state": one.state,
            "confirmed_by_code": one.confirmed,
            "agreed_to": list(one.granted),
            "source": one.source,
            "answers": json.loads(vault().open(Kind.ROW, bytes(sealed))) if sealed is not None else None,
        }


def _erase_submissions(connection: Connection, ids: Ids, now: datetime) -> int:
    """Answers, numbers and parameters go; that a form was sent in then and there stays, for the ledger names it."""
    return connection.execute(_EMPTY_SUBMISSIONS, {"ids": list(ids)}).rowcount


def _awards(ids: Ids) -> Iterator[Mapping[str, Any]]:
    found = Award.objects.select_related("form", "prize").filter(contact_id__in=ids).order_by("pk")
    for one in found.iterator(chunk_size=_STEP):
        code = CouponCode.objects.filter(award=one).values_list("code_sealed", flat=True).first()
        yield {
            "form": one.form.name,
            "at": one.at.isoformat(),
            "prize": one.prize.name if one.prize else None,
            "coupon": vault().open(Kind.SECRET, bytes(code)) if code is not None else None,
            "points": one.points,
            "roll": one.roll,
            "odds_per_million": one.odds,
        }


def _erase_awards(connection: Connection, ids: Ids, now: datetime) -> int:
    """The number's keyed hash goes; the draw stays, without a person, so that odds can be gone over."""
    return connection.execute(
        "update award set person_index = null where contact_id = any(%s) and person_index is not null",
        (list(ids),),
    ).rowcount


def _points(ids: Ids) -> Iterator[Mapping[str, Any]]:
    for one in PointEntry.objects.filter(contact_id__in=ids).order_by("pk").iterator(chunk_size=_STEP):
        yield {"at": one.at.isoformat(), "points": one.points}


HOLDINGS = (
    Holding("form_submissions", "表单提交", "Forms sent in", _submissions, _erase_submissions),
    Holding("form_awards", "表单奖品", "Prizes from forms", _awards, _erase_awards),
    Holding(
        "form_points",
        "积分",
        "Points",
        _points,
        None,
        kept_because="积分流水是账目，只含客户编号和数目，不含可识别的信息",
        kept_because_en="The ledger of points is an account; it names a contact's id and amounts, nothing that identifies",
    ),
)
