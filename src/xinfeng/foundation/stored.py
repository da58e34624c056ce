"""Settings that people change in the console, kept in PostgreSQL. The owning slice validates `value`."""

from __future__ import annotations

from typing import Any

from xinfeng.foundation.models import StoredSetting


def read(key: str, default: Any) -> Any:
    """The stored value, or `default` when nobody has changed it."""
    found = StoredSetting.objects.filter(pk=key).values_list("value", flat=True).first()
    return default if found is None else found


def write(key: str, value: Any, *, actor: str) -> None:
    StoredSetting.objects.update_or_create(pk=key, defaults={"value": value, "updated_by": actor})
