"""What integrations hold about a person can be read and erased."""

from __future__ import annotations

import hashlib
import json

from tests.factories import NOW, make_contact
from tests.integrations.callers import Caller

from xinfeng.foundation.database import bulk_transaction
from xinfeng.integrations.models import IdempotencyRecord
from xinfeng.integrations.personal import HOLDINGS

(HOLDING,) = HOLDINGS


def test_answers_that_describe_her_are_told_and_go_with_her(caller: Caller) -> None:
    one, other = make_contact(external_id="M1"), make_contact(external_id="M2")
    for who in (one, other):
        path = f"/contacts/{who}"
        assert caller.patch(path, {"level": "金卡"}, idempotency_key=f"a{who}").status_code == 200
        put = {"put": ["常客"], "reason": "x"}
        assert caller.post(f"{path}/tags", put, idempotency_key=f"b{who}").status_code == 200
    assert [row["answer"].get("external_id") for row in HOLDING.rows([one])] == ["M1", None]
    assert HOLDING.erase is not None
    with bulk_transaction() as connection:
        assert HOLDING.erase(connection, [one], NOW) == 2
        assert HOLDING.erase(connection, [one], NOW) == 0
    assert set(IdempotencyRecord.objects.values_list("contact_id", flat=True)) == {other}


def test_nobody_can_try_numbers_against_what_is_kept_of_a_request(caller: Caller) -> None:
    body = json.dumps({"phones": ["13900001234"], "scope": "marketing", "reason": "manual", "source": "desk"})
    answer = caller.send("POST", "/suppressions", body, idempotency_key="k")
    assert answer.status_code == 200, answer.content
    [record] = IdempotencyRecord.objects.all()
    plain = hashlib.sha256(b"POST /api/v1/suppressions\n" + body.encode()).digest()
    assert bytes(record.request_digest) not in (plain, plain[:16])
    assert caller.send("POST", "/suppressions", body, idempotency_key="k")["Idempotent-Replayed"] == "true"
