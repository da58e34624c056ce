"""What content keeps sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (Sealed("evidence_file", {"sealed": Kind.EVIDENCE}, {"evidence_id": "bigint"}),)
