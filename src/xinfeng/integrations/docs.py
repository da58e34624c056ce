"""The description of the API, for programs and for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from xinfeng.integrations.api.batches import EVENTS_EXAMPLE
from xinfeng.integrations.api.door import on_doorstep
from xinfeng.integrations.api.v1 import PREFIX, description
from xinfeng.integrations.webhooks.kinds import KINDS

_GROUPS = {
    "batches": ("批量写入", "Batches"),
    "contacts": ("客户", "Contacts"),
    "consents": ("授权和屏蔽", "Consents and suppressions"),
    "segments": ("分群", "Segments"),
    "numbers": ("号码", "Numbers"),
    "complaints": ("投诉", "Complaints"),
    "privacy": ("个人信息请求", "Requests about personal data"),
    "forms": ("表单", "Forms"),
    "webhooks": ("推送", "Webhooks"),
    "health": ("健康检查", "Health"),
}
_SUMMARIES = {
    "health": "接口是否可用",
    "putContacts": "批量写入客户",
    "putEvents": "批量写入行为",
    "findContact": "按手机号或会员号查找客户",
    "getContact": "查看客户",
    "changeContact": "修改客户",
    "changeTags": "打标签、去标签",
    "listTags": "列出标签",
    "listAttributes": "列出自定义属性",
    "declareAttribute": "声明自定义属性",
    "getConsents": "查看授权，以及何时可以再次征求",
    "grantConsent": "记录同意",
    "withdrawConsent": "记录撤回",
    "getProof": "查看授权凭证",
    "suppressNumbers": "屏蔽号码",
    "lookUpSuppressions": "查询屏蔽",
    "listSegments": "列出分群",
    "countSegment": "现在计算分群人数",
    "listMembers": "分群成员的编号",
    "getNumber": "号码状态",
    "handInRequest": "提交个人信息请求",
    "takeComplaints": "登记投诉",
    "listForms": "列出表单",
    "getFormStatistics": "表单统计",
    "listWebhooks": "列出推送",
    "addWebhook": "添加推送",
    "getWebhook": "查看推送",
    "changeWebhook": "修改推送",
    "removeWebhook": "删除推送",
    "pingWebhook": "发测试",
    "listDeliveries": "投递记录",
    "replayDelivery": "重新投递一次",
    "replaySpan": "重新投递一段时间",
}
"""The API's description is in English; these are its headlines for Chinese readers. A test keeps them complete."""

_TONES = {"get": "info", "post": "good", "patch": "warn", "delete": "bad"}
_DEEPEST = 3


@dataclass(frozen=True)
class Field:
    """A line of a table of fields."""

    name: str
    kind: str
    words: str
    required: bool


@dataclass(frozen=True)
class Operation:
    """An operation as the page shows it."""

    id: str
    method: str
    tone: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: list[Field]
    fields: list[Field]
    status: str
    answer: list[Field]
    curl: str
    errors: list[str]


@dataclass(frozen=True)
class Group:
    """Operations about one thing."""

    name: str
    title: str
    operations: list[Operation]


@on_doorstep
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document."""
    return JsonResponse(description(), json_dumps_params={"ensure_ascii": False})


@on_doorstep
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """The same for people: every operation with its fields, answers and an example."""
    english = (get_language() or "").startswith("en")
    base = request.build_absolute_uri(PREFIX)
    context = {
        "groups": _groups(description(), base, english=english),
        "base": base,
        "events_example": json.dumps(EVENTS_EXAMPLE, ensure_ascii=False),
        "kinds": [
            {"name": one.name, "words": one.en if english else one.zh, "fields": one.fields} for one in KINDS
        ],
    }
    return render(request, "integrations/reference.html", context)


def _groups(document: dict[str, Any], base: str, *, english: bool) -> list[Group]:
    found: dict[str, list[Operation]] = {name: [] for name in _GROUPS}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = _operation(document, path, method, operation, base, english=english)
            found[operation["tags"][0]].append(shown)
    return [Group(name, _GROUPS[name][english], operations) for name, operations in found.items()]


def _operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], base: str, *, english: bool
) -> Operation:
    parameters = [
        Field(
            one["name"],
            _kind(document, one["schema"]),
            one.get("description", ""),
            bool(one.get("required")),
        )
        for one in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    status, answer = next(
        (status, one) for status, one in operation["responses"].items() if status.startswith("2")
    )
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        tone=_TONES[method],
        path=path,
        summary=operation["summary"] if english else _SUMMARIES[operation["operationId"]],
        description=" ".join(operation.get("description", "").split()),
        scope=operation.get("x-scope", ""),
        parameters=parameters,
        fields=_fields(document, body.get("schema", {})),
        status=status,
        answer=_fields(document, schema),
        curl=_curl(document, base, path, method, operation, body),
        errors=[one for one in operation["responses"] if not one.startswith("2")],
    )


def _follow(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference points at; of a choice with null, the other one."""
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return found
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null" and len(schema["anyOf"]) == 2:
            return _follow(document, one)
    return schema


def _fields(document: dict[str, Any], schema: dict[str, Any], under: str = "", depth: int = 0) -> list[Field]:
    """Its fields and those inside, as dotted names; `[]` stands for the items of a list."""
    schema = _follow(document, schema)
    if schema.get("type") == "array":
        return _fields(document, schema.get("items", {}), f"{under}[]", depth)
    found = []
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        full = f"{under}.{name}" if under else name
        words = inner.get("description") or _follow(document, inner).get("description", "")
        found.append(Field(full, _kind(document, inner), " ".join(words.split()), name in required))
        if depth < _DEEPEST:
            found += _fields(document, inner, full, depth + 1)
    return found


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _follow(document, schema)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " | ".join(_kind(document, one) for one in schema["anyOf"])
    kind = str(schema.get("format") or schema.get("type", "any"))
    if kind == "array":
        return f"[{_kind(document, schema.get('items', {}))}]"
    limits = [
        f"{sign} {schema[name]}"
        for name, sign in (
            ("maxLength", "≤"),
            ("minimum", "≥"),
            ("maximum", "≤"),
            ("maxItems", "≤"),
        )
        if name in schema and abs(schema[name]) < 10**9
    ]
    return f"{kind} {', '.join(limits)}".strip()


def _curl(
    document: dict[str, Any],
    base: str,
    path: str,
    method: str,
    operation: dict[str, Any],
    body: dict[str, Any],
) -> str:
    address = base + path.removeprefix(PREFIX)
    for one in operation.get("parameters", ()):
        if one["in"] == "path":
            address = address.replace(f"{{{one['name']}}}", "17")
    needed = [
        f"{one['name']}=marketing"
        for one in operation.get("parameters", ())
        if one["in"] == "query" and one.get("required")
    ]
    if needed:
        address += "?" + "&".join(needed)
    lines = ["curl" + ("" if method == "get" else f" -X {method.upper()}") + f" '{address}'"]
    if operation.get("x-scope"):
        lines.append('-H "Authorization: Bearer xf_…"')
    if body:
        example = body.get("example") or _example(document, body.get("schema", {}))
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(example, ensure_ascii=False)}'")
    return " \\\n  ".join(lines)


_EXAMPLES: dict[str, Any] = {
    "phone": "13800138000",
    "phones": ["13800138000"],
    "external_id": "M0001",
    "purpose": "marketing",
    "source": "crm",
    "evidence": "订单 10001",
    "version": "1",
    "url": "https://crm.example.com/hooks/xinfeng",
    "name": "crm",
    "key": "privacy",
    "label": "鞋码",
    "kinds": ["contact.created", "consent.withdrawn"],
}


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A body with what is required (all of it where nothing is)."""
    schema = _follow(document, schema)
    properties = schema.get("properties", {})
    wanted = schema.get("required") or list(properties)[:2]
    return {name: _value(document, name, properties[name]) for name in wanted}


def _value(document: dict[str, Any], name: str, schema: dict[str, Any]) -> Any:
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    schema = _follow(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "date-time":
        return "2026-01-05T20:15:00+08:00"
    kind = schema.get("type")
    if kind == "object":
        return _example(document, schema)
    return {"integer": 1, "number": 1, "boolean": True, "array": ["vip"]}.get(str(kind), "…")
