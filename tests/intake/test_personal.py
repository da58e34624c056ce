"""Rows that were refused belong to somebody too."""

from __future__ import annotations

from tests.factories import NOW, make_contact
from tests.intake.test_import import take

from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.personal import holdings
from xinfeng.intake.models import ImportRejection


def test_refused_rows_are_found_by_number_or_member_id_and_erased(db: None) -> None:
    contact = make_contact(phone="13800138000", external_id="M-1")
    take("手机号,会员号,生日\n138 0013 8000,,不知道\n13800138001,M-1,不知道\n13800138002,M-2,不知道\n")
    [held] = [one for one in holdings() if one.name == "rejected_rows"]
    rows = list(held.rows([contact]))
    assert [(row["line"], row["reason"]) for row in rows] == [
        (2, "birthday.unreadable"),
        (3, "birthday.unreadable"),
    ]
    assert rows[0]["row"] == ["138 0013 8000", "", "不知道"]
    assert held.erase is not None
    with bulk_transaction() as raw:
        assert held.erase(raw, [contact], NOW) == 2
        assert held.erase(raw, [contact], NOW) == 0
    assert ImportRejection.objects.count() == 1
