"""Which alternative text of a campaign a contact gets. Pure."""

from __future__ import annotations

ONLY_VARIANT = 0
"""The number of the variant of a campaign that has one."""

_MASK = 0xFFFF_FFFF_FFFF_FFFF


def variant_of(campaign_id: int, contact_id: int, *, variants: int) -> int:
    """A stable hash of both ids, so that a plan made again gives everyone the same text; 0 … `variants` - 1.

    The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014)
    spreads neighbouring ids evenly.
    """
    if variants <= 1:
        return ONLY_VARIANT
    mixed = (contact_id + campaign_id * 0x9E37_79B9_7F4A_7C15) & _MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58_476D_1CE4_E5B9 & _MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D0_49BB_1331_11EB & _MASK
    return (mixed ^ mixed >> 31) % variants
