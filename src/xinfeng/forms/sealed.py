"""What forms keep sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (
    Sealed("submission", {"phone_sealed": Kind.PHONE, "answers_sealed": Kind.ROW}),
    Sealed("coupon_code", {"code_sealed": Kind.SECRET}),
)
