"""What integrations hold about a person: for a day, the answers to requests that changed her.

A repetition of such a request would get its answer again, so an answer that describes her goes when she is erased.
Webhooks tell ids, purposes and tiers, never who somebody is; those ids belong to nobody once she is erased.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.integrations.models import IdempotencyRecord


def _answers(ids: Ids) -> Iterator[Mapping[str, Any]]:
    for one in IdempotencyRecord.objects.filter(contact_id__in=ids).order_by("at", "id").iterator():
        if one.body:
            answer = json.loads(zlib.decompress(bytes(one.body)) or b"null")
            yield {"contact_id": one.contact_id, "at": one.at.isoformat(), "answer": answer}


def _erase(connection: Connection, ids: Ids, now: datetime) -> int:
    statement = "delete from idempotency_record where contact_id = any(%s)"
    return connection.execute(statement, (list(ids),)).rowcount


HOLDINGS = (
    Holding(
        "api_answers",
        "接口一天内的回答",
        "Answers of the API, kept a day",
        rows=_answers,
        erase=_erase,
        order=50,
    ),
)
