"""Programs that use the API in tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.test import Client

from xinfeng.integrations import scopes
from xinfeng.integrations.keys import MadeKey, create_key
from xinfeng.kernel.time import utc_now

EVERY_SCOPE = sorted(scopes.NAMES)


def make_key(*, scope_names: Sequence[str] = EVERY_SCOPE, **fields: Any) -> MadeKey:
    """A key that may do everything, as often as it likes."""
    given = {"name": "shop", "rate_per_minute": 60_000, "burst": 60_000, **fields}
    return create_key(scope_names=scope_names, actor="test", now=utc_now(), **given)


class Caller:
    """A program with a key."""

    def __init__(self, token: str | None = None, **headers: str) -> None:
        self._client = Client(headers={"host": "localhost"})
        self._headers = {"accept-language": "en", **headers}
        if token:
            self._headers["authorization"] = f"Bearer {token}"

    @property
    def headers(self) -> dict[str, str]:
        """What it sends with every request."""
        return {"host": "localhost", **self._headers}

    def send(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        *,
        kind: str = "application/json",
        **headers: str,
    ) -> HttpResponse:
        sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.generic(method, f"/api/v1{path}", body, content_type=kind, headers=sent)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.send("GET", path, **headers)

    def post(self, path: str, value: Any, **headers: str) -> HttpResponse:
        return self.send("POST", path, json.dumps(value), **headers)

    def patch(self, path: str, value: Any, **headers: str) -> HttpResponse:
        return self.send("PATCH", path, json.dumps(value), **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.send("DELETE", path, **headers)


def code_of(response: HttpResponse) -> str:
    """The code of a problem; the answer must be one."""
    assert response["Content-Type"] == "application/problem+json", response.content[:300]
    return str(json.loads(response.content)["code"])
