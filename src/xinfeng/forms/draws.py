"""Lottery draws. Pure: the roll comes from outside, and is kept with the odds it was held against.

A roll is a whole number from 0 to 999,999, each equally likely. The prizes stand in their order, each on as many
of these numbers as it has chances in a million; what no prize stands on wins nothing. Whoever has the award's
`roll` and `odds` can go over the draw with `prize_of`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from xinfeng.forms.design import MILLION, PrizePlan

Odds = Sequence[tuple[str, int]]
"""Prize keys in their order, with their chances in a million."""


def roll() -> int:
    """A number nobody can foresee, from the system's generator for keys."""
    return secrets.randbelow(MILLION)


def odds_of(prizes: Sequence[PrizePlan]) -> list[tuple[str, int]]:
    """What a roll is held against."""
    return [(prize.key, prize.odds_ppm) for prize in prizes]


def prize_of(rolled: int, odds: Odds) -> str | None:
    """The key of the prize that this roll wins, None for nothing."""
    upto = 0
    for key, chances in odds:
        upto += chances
        if rolled < upto:
            return key
    return None


ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what is mistaken for one another when copied by hand (0 O 1 I)."""
CODE_LETTERS = 10
"""Random letters of a generated coupon: 32^10, so that a guess among a million coupons finds one in 10^9."""


def coupon_code(prefix: str) -> str:
    """A coupon nobody can guess."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
    return f"{prefix}{letters}"
