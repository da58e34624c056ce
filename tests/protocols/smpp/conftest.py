from collections.abc import Mapping
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def vectors() -> Mapping[str, bytes]:
    """Captured and produced messages by name."""
    lines = (Path(__file__).parent / "vectors.txt").read_text().splitlines()
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {name: bytes.fromhex(octets) for name, octets in pairs}
