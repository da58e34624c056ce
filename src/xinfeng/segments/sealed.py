"""What segments keep sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (Sealed("segment_list_miss", {"row_sealed": Kind.ROW}),)
