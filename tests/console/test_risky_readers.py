"""Whose texts the reviewer is shown on the desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.campaigns.factories import make_campaign, make_draft
from tests.console.people import signed_in
from tests.console.test_reviews import body, version
from tests.factories import make_contact, make_contacts

from xinfeng.consent.actions import withdraw
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens
from xinfeng.segments.actions import create_segment


@pytest.fixture
def own_lens(committed_db: str) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


def test_they_are_from_the_audience_of_the_campaign_or_from_all_who_may_be_written_to(own_lens: None) -> None:
    reviewer = signed_in("reviewer")
    one = version("{{ contact.city }}的客人您好，新茶到店", defaults={"contact.city": "本市"})
    assert "还没有可以发的客户" not in body(reviewer.get(f"/reviews/{one.pk}"))  # nobody to show at all
    old = make_contact(city="克孜勒苏柯尔克孜自治州")
    make_contact(city="一个没有同意过的地方", consent=())
    make_contacts(20, city="杭州")
    html = body(reviewer.get(f"/reviews/{one.pk}"))
    assert "从所有可以发的客户里挑出来" in html
    assert "克孜勒苏柯尔克孜自治州的客人" in html
    assert "一个没有同意过的地方" not in html
    rule = {"attribute": "city", "op": "is", "value": "杭州"}
    segment = create_segment(name="杭州客人", rule=rule, actor="test")
    make_campaign(make_draft(segment_id=segment.pk, template_version_id=one.pk))
    html = body(reviewer.get(f"/reviews/{one.pk}"))
    assert "从“杭州客人”的受众里挑出来" in html
    assert "杭州的客人" in html
    assert "克孜勒苏柯尔克孜自治州的客人" not in html
    assert old


def test_the_phone_beside_a_template_shows_its_audience_at_its_edges(own_lens: None) -> None:
    operator = signed_in("operator")
    one = version("{{ contact.city }}的客人您好，新茶到店", defaults={"contact.city": "本市"})
    long = make_contact(city="克孜勒苏柯尔克孜自治州")
    make_contact(city="")
    make_contacts(120, city="杭州")
    lens().refresh()
    page = f"/templates/{one.template_id}"
    html = body(operator.get(page))
    assert "从可以发的客户里挑的 50 位" in html
    shown = [body(operator.get(f"{page}?at={at}")) for at in range(4)]
    assert "杭州的客人" in shown[0], "an ordinary reader first"
    assert any("克孜勒苏柯尔克孜自治州的客人" in one for one in shown)
    assert any("本市的客人" in one for one in shown)
    withdraw(
        long,
        "marketing",
        at=utc_now(),
        source="test",
        evidence="e",
        actor="test",
        now=utc_now(),
    )
    rule = {"attribute": "city", "op": "is", "value": "杭州"}
    segment = create_segment(name="杭州客人", rule=rule, actor="test")
    make_campaign(make_draft(segment_id=segment.pk, template_version_id=one.pk))
    Contact.objects.filter(pk=long).update(state=ContactState.ERASED)
    html = body(operator.get(page))
    assert "从分群“杭州客人”里挑的 50 位" in html, "who was erased is not shown from what was kept"
