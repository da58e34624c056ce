"""Vendors who answer questions about numbers. One file a kind; `open_provider` gives the one an account needs.

What a provider says is hostile until it was read: replies are bounded in size and time, every answer is matched to
a number that was asked about, and anything else is counted as no answer. Numbers travel as the vendor wants them
(in the clear or hashed; a hash of a number is still personal data). Nothing here logs a number or a secret.
"""

from __future__ import annotations

from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene.models import LookupProvider, ProviderKind
from xinfeng.hygiene.providers.aliyun import Aliyun
from xinfeng.hygiene.providers.base import Provider
from xinfeng.hygiene.providers.config import ProviderConfig
from xinfeng.hygiene.providers.generic import Generic


def open_provider(row: LookupProvider) -> Provider:
    """The account, ready to be asked. Raises InvalidInput `lookup.config` (faults), `vault.unreadable`."""
    config = ProviderConfig.read(row.config, row.kind)
    secret = vault().open(Kind.SECRET, bytes(row.secret_sealed))
    made: Provider = Aliyun(config, secret) if row.kind == ProviderKind.ALIYUN else Generic(config, secret)
    return made
