"""Which passwords are taken, and how strong one is in words.

The rules (OWASP ASVS 4.0.3, 2.1; NIST SP 800-63B, 5.1.1.2): 12 to 128 characters, any characters, no rules about
which; not one that is known to everybody, even when it is made longer by digits, repetition or look-alike signs; and
nothing of the person or the product in it.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator

from xinfeng.kernel.errors import InvalidInput

SHORTEST, LONGEST = 12, 128
FEWEST_SIGNS = 5
"""Different signs a password has at least."""

PRODUCT = ("xinfeng", "信风")
_WALKS = (
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "98765432109876543210",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_LOOK_ALIKES = str.maketrans(
    {"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "5": "s", "$": "s", "7": "t"}
)


class Strength(Enum):
    """How long a password would stand against guessing."""

    WEAK = "weak"
    FAIR = "fair"
    STRONG = "strong"


def stable(password: str) -> str:
    """As it is hashed and judged: keyboards and systems write the same sign in different ways, among them `é` and
    full-width letters (NIST SP 800-63B, 5.1.1.2: NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, *, own: Iterable[str] = ()) -> None:
    """Raises InvalidInput `password.short` or `password.long` (with `length`), `password.common`,
    `password.repeats`, or `password.own`. `own`: the person's names."""
    password = stable(password)
    if not SHORTEST <= len(password) <= LONGEST:
        code = "password.short" if len(password) < SHORTEST else "password.long"
        raise InvalidInput(code, length=len(password), shortest=SHORTEST, longest=LONGEST)
    bare = password.strip().casefold()
    if _is_known(bare) or _is_known(bare.translate(_LOOK_ALIKES)):
        raise InvalidInput("password.common")
    if len(set(bare)) < FEWEST_SIGNS:
        raise InvalidInput("password.repeats", fewest=FEWEST_SIGNS)
    plain = _letters(bare)
    for word in map(_letters, map(stable, (*own, *PRODUCT))):
        if len(word) >= (4 if word.isascii() else 2) and word in plain:
            raise InvalidInput("password.own")


def strength(password: str) -> Strength:
    """By length and by how many different signs there are: an estimate, no promise."""
    plain = _once(password)
    kinds = sum(
        size
        for pattern, size in (
            (r"[a-z]", 26),
            (r"[A-Z]", 26),
            (r"\d", 10),
            (r"[ -/:-@\[-`{-~]", 33),
            (r"[^ -~]", 2000),
        )
        if re.search(pattern, plain)
    )
    bits = min(len(plain), 2 * len(set(plain))) * math.log2(kinds) if kinds > 1 else 0.0
    if len(password) < SHORTEST or bits < 60:
        return Strength.WEAK
    return Strength.FAIR if bits < 100 else Strength.STRONG


def _is_known(bare: str) -> bool:
    pieces = {bare, _once(bare), _core(bare), _once(_core(bare))}
    return any(piece in _common() or _is_walk(piece) for piece in pieces if len(piece) >= 4)


@functools.cache
def _common() -> frozenset[str]:
    """20,000 from public leaks (Django's list), and our own."""
    own = Path(__file__).with_name("common_passwords.txt").read_text().splitlines()
    return frozenset(CommonPasswordValidator().passwords) | {word for word in own if not word.startswith("#")}


def _letters(text: str) -> str:
    """Without what separates words."""
    return re.sub(r"[\s._@+-]", "", text.casefold())


def _once(text: str) -> str:
    """What is repeated, once: `abcabcabc` is no better than `abc`."""
    repeated = re.fullmatch(r"(.+?)\1+", text, re.DOTALL)
    return repeated[1] if repeated else text


def _core(text: str) -> str:
    """Without the digits and signs people put around a word."""
    return re.sub(r"^[\d\W_]+|[\d\W_]+$", "", text)


def _is_walk(text: str) -> bool:
    """A walk over the keyboard, the alphabet or the digits, forwards or backwards."""
    return any(text in walk or text in walk[::-1] for walk in _WALKS)
