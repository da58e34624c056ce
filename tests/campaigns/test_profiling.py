"""Who refused to be profiled is left out of campaigns whose audience was chosen by habits, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.campaigns.factories import NOON, again, approved, make_draft, make_segment, planned
from tests.factories import make_contact, make_event

from xinfeng.campaigns import actions
from xinfeng.campaigns.explain import explain
from xinfeng.campaigns.explanation import Verdict
from xinfeng.campaigns.preflight import Preflight, preflight
from xinfeng.consent.actions import withdraw
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.lens.engine import close_lens
from xinfeng.policy.reasons import NO_PROFILING
from xinfeng.segments.actions import update_segment

BEFORE = NOON - timedelta(days=40)
BOUGHT = {"event": "purchase", "measure": "count", "op": "at_least", "value": 1}


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def two_buyers() -> tuple[int, int]:
    """One who may be profiled, and one who refused."""
    fine, refused = make_contact(at=BEFORE), make_contact(at=BEFORE)
    for contact in (fine, refused):
        make_event(contact, at=BEFORE)
    withdraw(refused, "profiling", at=BEFORE, source="form:x", evidence="x", actor="test", now=BEFORE)
    return fine, refused


def counted(found: Preflight) -> dict[str, int]:
    return {one.reason: one.contacts for one in found.left_out}


@pytest.mark.parametrize("nested", [False, True])
def test_preflight_plan_and_explain_say_so(nested: bool) -> None:
    _, refused = two_buyers()
    segment = make_segment(BOUGHT)
    if nested:
        segment = make_segment({"all": [{"segment": segment.pk, "op": "in"}]})
    campaign = approved(make_draft(segment_id=segment.pk))
    found = preflight(campaign, NOON)
    assert counted(found) == {NO_PROFILING: 1}
    assert explain(campaign.pk, now=NOON, contact_id=refused).reason == NO_PROFILING
    left_out = explain(planned(make_draft(segment_id=segment.pk)).pk, now=NOON, contact_id=refused)
    assert (left_out.verdict, left_out.reason) == (Verdict.LEFT_OUT, NO_PROFILING)
    assert "不同意个性化" in left_out.words("zh")[0]


def test_an_audience_by_stated_facts_keeps_everybody() -> None:
    two_buyers()
    campaign = approved(make_draft(segment_id=make_segment({"all": []}).pk))
    assert counted(preflight(campaign, NOON)) == {}


def test_a_named_segment_that_changed_voids_the_approval() -> None:
    inner = make_segment(BOUGHT)
    outer = make_segment({"all": [{"segment": inner.pk, "op": "in"}]})
    campaign = approved(make_draft(segment_id=outer.pk))
    update_segment(inner.pk, name=inner.name, rule={"all": []}, actor="li")
    with pytest.raises((Conflict, InvalidInput)):
        actions.start(campaign.pk, actor="li")
    assert again(campaign).plan_id is None
