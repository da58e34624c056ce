"""What tests of the integrations room share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integrations.callers import Caller, make_key

from xinfeng.integrations.api import door


@pytest.fixture(autouse=True)
def _fresh_buckets() -> Iterator[None]:
    """No test waits for what another has used up."""
    door.rates.forget()
    door.failures.forget()
    yield


@pytest.fixture
def caller(db: None) -> Caller:
    """A program whose key may do everything."""
    return Caller(make_key().token)
