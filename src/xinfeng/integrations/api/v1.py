"""Version 1, put together: its routers, and its description with what every operation has in common."""

from __future__ import annotations

from functools import cache
from typing import Any

from xinfeng import __version__
from xinfeng.integrations.api import batches, complaints, consents, health, people, rest, segments, webhooks
from xinfeng.integrations.api.door import Api, StrictParser
from xinfeng.integrations.api.shapes import Problem
from xinfeng.integrations.problems import MEDIA_TYPE
from xinfeng.integrations.scopes import SCOPES

PREFIX = "/api/v1"
_DESCRIPTION = """\
Customers, what they did, what they agreed to. Every request carries a key: `Authorization: Bearer xf_…`. Writes may
carry `Idempotency-Key`; a repetition within 24 hours gets the same answer. Errors are `application/problem+json` with
a stable `code`, in Chinese or English by `Accept-Language`. Bodies are JSON in UTF-8, plain or gzip."""

_ERRORS = {
    "400": "The body is not what it says it is",
    "401": "No valid key",
    "403": "The key lacks a scope",
    "404": "There is no such thing",
    "409": "A conflict, or an idempotency key used for another request",
    "413": "The body is too large",
    "415": "The body is of the wrong type or encoding",
    "422": "Something in the request cannot be taken",
    "429": "Too many requests; see Retry-After",
    "503": "The database is busy; nothing was saved",
}
_OF_BODIES = ("413", "415")

api = Api(
    title="信风 Xinfeng",
    version="1.0.0",
    description=_DESCRIPTION,
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api-v1",
    parser=StrictParser(),
)
for _router in (health, batches, people, consents, complaints, segments, rest, webhooks):
    api.add_router("", _router.router)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX.lstrip("/") + "/"))
    schemas = document["components"].setdefault("schemas", {})
    for name, adapter in batches.SHAPES.items():
        shape = adapter.json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(shape.pop("$defs", {}))
        schemas[name] = shape
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    scopes = "; ".join(f"`{scope.name}`: {scope.en}" for scope in SCOPES)
    document["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": f"A key with scopes. {scopes}."}
    }
    document["info"]["x-product-version"] = __version__
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return document


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    has_key = bool(operation.pop("security", None))
    operation["security"] = [{"key": []}] if has_key else []
    if has_key:
        operation["x-scope"] = scope_of(operation["operationId"])
    writes = method in ("post", "patch", "put", "delete") and has_key
    if writes:
        operation.setdefault("parameters", []).append(
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "description": "Makes repeating the request safe for 24 hours",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
            }
        )
    for status, words in _ERRORS.items():
        if status in _OF_BODIES and not writes:
            continue
        if not has_key and status not in ("400", "503"):
            continue
        operation["responses"].setdefault(status, _problem(words))
    operation["responses"] = {
        str(status): answer for status, answer in sorted(operation["responses"].items(), key=_by_status)
    }


def _by_status(item: tuple[Any, Any]) -> int:
    return int(item[0])


def _problem(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


@cache
def _scopes() -> dict[str, str]:
    found = {}
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                for auth in operation.auth_callbacks:
                    found[str(operation.operation_id)] = str(getattr(auth, "scope", ""))
    return found


def scope_of(operation_id: str) -> str:
    """The scope an operation needs; empty for those without a key."""
    return _scopes().get(operation_id, "")
