"""Money is an integer of fen. Formatting happens at the edge."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import NewType

from xinfeng.kernel.errors import InvalidInput

Fen = NewType("Fen", int)

LI_PER_FEN = 10
"""Prices per part are kept in tenths of a fen ("li"): trade prices such as 3.5 fen a part are usual."""


def fen_from_yuan(text: str) -> Fen:
    """Read an amount in yuan such as `1,234.50`, `¥12` or `12元`; at most two decimals."""
    cleaned = (
        text.strip()
        .replace(",", "")
        .replace("，", "")
        .removeprefix("¥")
        .removeprefix("￥")
        .removesuffix("元")
    )
    try:
        fen = Decimal(cleaned) * 100
    except InvalidOperation:
        raise InvalidInput("money.unreadable", text=text[:40]) from None
    if not fen.is_finite() or fen != fen.to_integral_value() or abs(fen) > 10**15:
        raise InvalidInput("money.unreadable", text=text[:40])
    return Fen(int(fen))


def yuan(fen: int) -> str:
    """`123456` → `1,234.56`."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"
