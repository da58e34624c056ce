"""What delivery keeps sealed (see `foundation.rotation`)."""

from __future__ import annotations

from xinfeng.foundation.rotation import Sealed
from xinfeng.foundation.vault import Kind

SEALED = (
    Sealed("message", {"body_sealed": Kind.BODY}, {"id": "bigint", "planned_at": "timestamptz"}),
    Sealed("parcel", {"body_sealed": Kind.BODY}, {"first_id": "bigint", "planned_at": "timestamptz"}),
    Sealed(
        "reply",
        {"phone_sealed": Kind.PHONE, "body_sealed": Kind.REPLY},
        {"received_at": "timestamptz", "id": "bigint"},
    ),
)
