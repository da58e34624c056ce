"""Where a visitor came from, as the address says: `source`, or the usual utm parameters. Tamed, for anybody writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

PARAMETERS = ("source", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
LONGEST = 60


def parameters(given: Mapping[str, str]) -> dict[str, str]:
    """The known ones, short and without control characters or markup."""
    found = {}
    for name in PARAMETERS:
        value = re.sub(r"[^\w .:/@+-]", "", given.get(name, "")[: LONGEST * 4], flags=re.UNICODE).strip()[
            :LONGEST
        ]
        if value:
            found[name] = value
    return found


def source_of(found: Mapping[str, str]) -> str:
    """The one name that statistics go by."""
    return found.get("source") or found.get("utm_source", "")


def address_parameters(given: Mapping[str, str]) -> str:
    """For an address that carries them along."""
    return urlencode(parameters(given))
