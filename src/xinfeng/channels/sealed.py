"""What channels keep sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (
    Sealed("channel", {"secret_sealed": Kind.SECRET}),
    Sealed("platform_token", {"token_sealed": Kind.SECRET}, key={"account": "varchar"}),
)
