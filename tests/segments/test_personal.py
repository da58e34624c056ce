"""What segments hold about a person can be read and erased."""

from __future__ import annotations

import pytest
from tests.factories import NOW, make_contacts

from xinfeng.foundation.database import bulk_transaction
from xinfeng.segments import actions
from xinfeng.segments.models import SegmentMember
from xinfeng.segments.personal import HOLDINGS


@pytest.mark.usefixtures("db")
def test_lists_she_is_in_are_told_and_left() -> None:
    one, other = make_contacts(2)
    actions.create_list(name="会员日", contact_ids=[one, other], actor="ada")
    actions.create_list(name="别人的", contact_ids=[other], actor="ada")
    (holding,) = HOLDINGS
    assert [row["segment"] for row in holding.rows([one])] == ["会员日"]
    assert holding.erase is not None
    with bulk_transaction() as connection:
        assert holding.erase(connection, [one], NOW) == 1
        assert holding.erase(connection, [one], NOW) == 0
    assert set(SegmentMember.objects.values_list("contact_id", flat=True)) == {other}
