"""What intake keeps sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (Sealed("import_rejection", {"row_sealed": Kind.ROW}),)
