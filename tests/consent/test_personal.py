"""What the law keeps about a person, and that it can be shown to her."""

from __future__ import annotations

import json

from tests.factories import NOW, make_contact

from xinfeng.consent import actions
from xinfeng.foundation.personal import holdings


def test_entries_and_suppressions_are_shown_and_kept(db: None) -> None:
    contact, other = make_contact(), make_contact()
    actions.suppress_contact(
        contact, scope="marketing", reason="complaint", source="12321", actor="x", now=NOW
    )
    held = {one.name: one for one in holdings()}
    entries, suppressions = held["consents"], held["suppressions"]
    assert entries.erase is None
    assert suppressions.erase is None
    assert "第21条" in entries.kept_because
    found = list(entries.rows([contact, other]))
    assert [row["granted"] for row in found] == [True, True, False]
    assert [row["reason"] for row in suppressions.rows([contact])] == ["complaint"]
    assert list(suppressions.rows([other])) == []
    json.dumps([*found, *suppressions.rows([contact])])
