from __future__ import annotations

from xinfeng.consent.models import Purpose
from xinfeng.kernel.purposes import PURPOSES


def test_consent_names_the_same_purposes() -> None:
    assert tuple(Purpose.values) == PURPOSES
