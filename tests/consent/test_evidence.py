"""Evidence is a reference: it never says who the person is."""

from __future__ import annotations

import pytest
from tests.factories import NOW, make_contact

from xinfeng.consent import actions
from xinfeng.consent.evidence import check_reference
from xinfeng.consent.models import ConsentEntry
from xinfeng.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    "text",
    [
        "档案 2025-A-17",
        "form:spring/submission:918273",
        "订单 202611201234567890",
        "录音 REC-13800138000123",
        "18位流水号 110105194912310020",
        "",
    ],
)
def test_references_are_taken(text: str) -> None:
    assert check_reference(text) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("王女士 13800138000", "phone"),
        ("+8613800138000", "phone"),
        ("电话138 0013 8000确认", "phone"),
        ("邮件 wang.fang@example.com", "mail"),
        ("身份证11010519491231002X", "card"),
    ],
)
def test_what_identifies_is_refused(text: str, kind: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_reference(text)
    assert caught.value.params == {"kind": kind}


def test_doors_refuse_it_and_write_nothing(db: None) -> None:
    contact = make_contact(consent=())
    given = {"at": NOW, "source": "console", "evidence": "13800138000", "actor": "li", "now": NOW}
    with pytest.raises(InvalidInput, match="identifies"):
        actions.grant(contact, "marketing", notice_id=None, **given)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="identifies"):
        actions.withdraw(contact, "marketing", **given)  # type: ignore[arg-type]
    assert not ConsentEntry.objects.exists()
