"""Whose texts the reviewer is shown on the desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.campaigns.factories import make_campaign, make_draft
from tests.console.people import signed_in
from tests.console.test_reviews import body, version
from tests.factories import make_contact, make_contacts

from xinfeng.lens.engine import close_lens
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
