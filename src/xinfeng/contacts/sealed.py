"""What contacts keep sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

_PERSON = {"phone_sealed": Kind.PHONE, "name_sealed": Kind.NAME}

SEALED = (
    Sealed("contact", _PERSON),
    Sealed("former_number", {"phone_sealed": Kind.PHONE}),
    Sealed("merge", {}, inside={"before": _PERSON}),
)
