"""What integrations keep sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (Sealed("webhook", {"secret_sealed": Kind.SECRET}),)
