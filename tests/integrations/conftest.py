"""What tests of the integrations room share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

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
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a machine takes, all requests of the test are made at one moment."""
    moment = time.monotonic()
    monkeypatch.setattr(door, "time", SimpleNamespace(monotonic=lambda: moment))


@pytest.fixture
def caller(db: None) -> Caller:
    """A program whose key may do everything."""
    return Caller(make_key().token)
