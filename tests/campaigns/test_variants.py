"""Which alternative text a contact gets."""

from __future__ import annotations

from collections import Counter

from xinfeng.campaigns.variants import variant_of


def test_one_variant_is_everybodys() -> None:
    assert {variant_of(7, contact, variants=1) for contact in range(100)} == {0}


def test_a_contact_keeps_its_variant() -> None:
    assert [variant_of(7, contact, variants=3) for contact in range(8)] == [
        variant_of(7, contact, variants=3) for contact in range(8)
    ]


def test_neighbouring_ids_are_spread_evenly() -> None:
    counts = Counter(variant_of(3, contact, variants=4) for contact in range(40_000))
    assert set(counts) == {0, 1, 2, 3}
    assert all(abs(count - 10_000) < 400 for count in counts.values())  # over four standard deviations


def test_campaigns_split_their_audience_independently() -> None:
    same = sum(
        variant_of(1, contact, variants=2) == variant_of(2, contact, variants=2) for contact in range(20_000)
    )
    assert abs(same - 10_000) < 400
