"""What filings keep sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (Sealed("filing_document_piece", {"sealed": Kind.EXPORT}),)
