"""What the foundation keeps sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (Sealed("second_factor", {"secret_sealed": Kind.TOTP}, {"user_id": "bigint"}),)
