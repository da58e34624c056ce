"""Who is looked at in a large audience: those at its edges and some of everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.factories import make_contact, make_contacts

from xinfeng.content.spread import EACH_EDGE, spread
from xinfeng.lens.engine import Lens, close_lens
from xinfeng.lens.engine import lens as lens_of_this_process


@pytest.fixture
def mirror(committed_db: str) -> Iterator[Lens]:
    close_lens()
    yield lens_of_this_process()
    close_lens()


def everyone(mirror: Lens) -> object:
    contact = mirror.table("contact")
    return contact.select(contact_id=contact["id"])


def test_those_at_the_edges_are_found_among_many_and_however_old(mirror: Lens) -> None:
    long = make_contact(city="新疆维吾尔自治区克孜勒苏柯尔克孜自治州")
    lacking = make_contact(city="杭州")
    ordinary = make_contacts(300, city="杭州", level="金卡")
    mirror.refresh()
    found = spread(
        mirror, everyone(mirror), ["contact.city", "contact.level", "contact.name"], seed=1, most=50
    )
    assert lacking in found
    assert long in found
    assert len(found) == len(set(found)) <= 1 + EACH_EDGE + 50
    assert min(ordinary) < sorted(found)[len(found) // 2] < max(ordinary)


def test_the_rest_is_of_everywhere_and_the_same_each_time(mirror: Lens) -> None:
    people = make_contacts(600, city="杭州")
    mirror.refresh()
    first = spread(mirror, everyone(mirror), [], seed=7, most=120)
    assert first == spread(mirror, everyone(mirror), [], seed=7, most=120)
    assert first != spread(mirror, everyone(mirror), [], seed=8, most=120)
    assert len(first) == 120
    quarters = [sum(low <= people.index(one) < low + 150 for one in first) for low in (0, 150, 300, 450)]
    assert min(quarters) >= 10


def test_only_people_of_the_audience_with_a_number(mirror: Lens) -> None:
    within = make_contacts(5, city="杭州")
    make_contacts(5, city="宁波")
    mirror.refresh()
    contact = mirror.table("contact")
    people = contact.filter(contact["city"] == "杭州").select(contact_id=contact["id"])
    assert sorted(spread(mirror, people, ["contact.city", "attr.gone", "brand.name"], seed=1)) == within
    assert spread(mirror, people.limit(0), ["contact.city"], seed=1) == []
