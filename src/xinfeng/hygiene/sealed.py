"""What number hygiene keeps sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (Sealed("lookup_provider", {"secret_sealed": Kind.SECRET}),)
