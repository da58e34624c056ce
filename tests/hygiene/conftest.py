"""One simulated provider for all tests of the folder; each begins with it in good health."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.hygiene.world import Simulator, simulator


@pytest.fixture(scope="session")
def _provider_process() -> Iterator[Simulator]:
    with simulator() as running:
        yield running


@pytest.fixture
def sim(_provider_process: Simulator) -> Simulator:
    _provider_process.fail()
    return _provider_process
