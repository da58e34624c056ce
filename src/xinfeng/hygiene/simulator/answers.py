"""What the simulated provider says of a number: it follows from its last digits. Pure.

| last two digits | state |
|---|---|
| 00–03 | not existing |
| 04–06 | out of service |
| 07–08 | silent |
| 09 | risky |
| 10–12 | powered off |
| 13 | unknown |
| others | valid |

Last two digits 90–92: reassigned since; 93: it cannot tell. Third digit from the end 7: ported. A hashed number is
taken as the number its last eight hex digits make.
"""

from __future__ import annotations

from xinfeng.kernel.prefixes import shipped

_STATES = (
    (range(4), "not_existing"),
    (range(4, 7), "out_of_service"),
    (range(7, 9), "silent"),
    (range(9, 10), "risky"),
    (range(10, 13), "powered_off"),
    (range(13, 14), "unknown"),
)

ALIYUN_WORDS = {
    "not_existing": "NOT_EXIST",
    "out_of_service": "SHUTDOWN",
    "silent": "NORMAL",
    "risky": "DEFECT",
    "powered_off": "POWER_OFF",
    "unknown": "UNKNOWN",
    "valid": "NORMAL",
}
_CARRIERS = ("CMCC", "CUCC", "CTCC")


def _digits(number: str) -> int:
    return int(number) if number.isdigit() and len(number) <= 11 else int(number[-8:], 16)


def state(number: str) -> str:
    """In the words of the generic interface."""
    tail = _digits(number) % 100
    return next((word for tails, word in _STATES if tail in tails), "valid")


def reassigned(number: str) -> bool | None:
    """None: cannot tell."""
    tail = _digits(number) % 100
    return None if tail == 93 else tail in range(90, 93)


def ported(number: str) -> bool:
    return _digits(number) // 100 % 10 == 7


def carrier(number: str) -> str:
    """Who serves it: whom the number was given to, or the next of the three if it was ported."""
    given = shipped().carrier_of(number) if len(number) == 11 else _digits(number) % 3 + 1
    return _CARRIERS[(int(given) - 1 + ported(number)) % len(_CARRIERS)]
