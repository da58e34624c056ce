"""What complaints keep sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (
    Sealed("complaint", {"phone_sealed": Kind.PHONE, "text_sealed": Kind.COMPLAINT}),
    Sealed("complaint_step", {"words_sealed": Kind.COMPLAINT}),
    Sealed("complaint_file_row", {"row_sealed": Kind.ROW}),
    Sealed("complaint_attachment", {"name_sealed": Kind.COMPLAINT, "content_sealed": Kind.COMPLAINT}),
)
