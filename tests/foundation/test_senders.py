"""What a proxy says of the sender is an address, or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from xinfeng.foundation.senders import plain_address, with_plain_addresses


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("9.9.9.9", "9.9.9.9"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("garbage", None),
        ("", None),
        ("1.2.3.4:5678", None),
        ("１.2.3.4", None),
        ("a" * 5000, None),
        ("unknown", None),
    ],
)
def test_an_address_has_one_form_and_nothing_else_is_one(said: str, address: str | None) -> None:
    assert plain_address(said) == address


@pytest.mark.parametrize(
    ("client", "told"),
    [
        (("::ffff:9.9.9.9", 80), ("9.9.9.9", 80)),
        (("garbage", 0), None),
        (None, None),
    ],
)
def test_the_application_is_told_an_address_or_of_no_sender(client: Any, told: Any) -> None:
    heard: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["client"])

    asyncio.run(with_plain_addresses(app)({"type": "http", "client": client}, None, None))  # type: ignore[arg-type]
    assert heard == [told]
