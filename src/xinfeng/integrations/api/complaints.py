"""Complaints that another system took: handed in by the batch, taken once each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from xinfeng.complaints import actions
from xinfeng.complaints.intake import NewComplaint, Taken, check_row
from xinfeng.complaints.reads import reference_of
from xinfeng.complaints.reasons import in_words
from xinfeng.foundation.database import Connection
from xinfeng.integrations import problems
from xinfeng.integrations.api.door import Needs, actor_of, desk_of, write
from xinfeng.integrations.api.shapes import In, Out, When
from xinfeng.integrations.ingest.rows import Phone
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

router = Router(tags=["complaints"])

MOST = 200

SourceName = Literal[
    "12321",
    "10086",
    "10010",
    "10000",
    "10099",
    "vendor",
    "hotline",
    "shop",
    "social",
    "regulator",
]
AboutName = Literal[
    "unsolicited", "after_opt_out", "too_often", "hour", "untrue", "not_theirs", "cannot_opt_out", "other"
]


class ComplaintIn(In):
    """One complaint. `reference` is the source's own number for it; without one, source, number and time tell it
    apart. `quoted` is the message as the complainant quotes it, `names_message` its id, ours or the carrier's."""

    source: SourceName
    phone: Phone
    complained_at: When
    about: AboutName = "other"
    reference: Annotated[str, Field(max_length=80)] = ""
    said: Annotated[str, Field(max_length=2000)] = ""
    quoted: Annotated[str, Field(max_length=1000)] = ""
    names_message: Annotated[str, Field(max_length=64)] = ""


class ComplaintsIn(In):
    """Up to 200 complaints: so long the wire waits."""

    complaints: Annotated[list[ComplaintIn], Field(min_length=1, max_length=MOST)]


class ComplaintFault(Out):
    """Why one was not taken. `code` is stable."""

    code: str
    message: str


class ComplaintTaken(Out):
    """What became of one. `known`: it had been taken before, as `reference`."""

    index: int
    status: Literal["new", "known", "rejected"]
    reference: str | None = None
    error: ComplaintFault | None = None


class ComplaintsTaken(Out):
    """In the order given."""

    new: int
    known: int
    rejected: int
    results: list[ComplaintTaken]


@router.post(
    "/complaints",
    auth=Needs("complaints:write"),
    operation_id="takeComplaints",
    summary="Hand in complaints",
    response={200: ComplaintsTaken},
)
def take(request: HttpRequest, given: ComplaintsIn) -> HttpResponse:
    """Marketing to each number has ended, for every signature, when the answer comes; service messages still arrive.
    Each row is taken or refused by itself. The same complaint is taken once, however often it is handed in. Which
    message it was is looked for within a minute."""
    desk_of(request).rows = len(given.complaints)
    actor, now = actor_of(request), utc_now()
    language = problems.language_of(request)
    rows = [NewComplaint(**one.model_dump()) for one in given.complaints]
    faults: dict[int, InvalidInput] = {}
    for index, row in enumerate(rows):
        try:
            check_row(row, now=now)
        except InvalidInput as fault:
            faults[index] = fault

    def do(connection: Connection) -> ComplaintsTaken:
        good = [row for index, row in enumerate(rows) if index not in faults]
        taken = iter(actions.take_many(connection, good, actor=actor, now=now) if good else ())
        results = [
            _refused(index, faults[index], language) if index in faults else _taken(index, next(taken))
            for index in range(len(rows))
        ]
        counts = {
            status: sum(one.status == status for one in results) for status in ("new", "known", "rejected")
        }
        return ComplaintsTaken(**counts, results=results)

    return write(request, do)


def _taken(index: int, taken: Taken) -> ComplaintTaken:
    status: Any = "known" if taken.known else "new"
    return ComplaintTaken(index=index, status=status, reference=reference_of(taken.complaint_id))


def _refused(index: int, fault: InvalidInput, language: str) -> ComplaintTaken:
    words = in_words(fault.code, fault.params, language=language)
    return ComplaintTaken(
        index=index, status="rejected", error=ComplaintFault(code=fault.code, message=words)
    )
