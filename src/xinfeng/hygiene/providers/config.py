"""How an account with a provider is set up; everything but its secret."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from xinfeng.hygiene.models import ProviderKind
from xinfeng.hygiene.providers.base import Question
from xinfeng.hygiene.providers.mapping import TABLES, WORDS
from xinfeng.kernel.errors import InvalidInput

FORMS = ("plain", "md5", "sha256", "sm3")
MOST_IN_A_BATCH = 200
ALIYUN_ENDPOINT = "https://dytnsapi.aliyuncs.com"

_is_key = re.compile(r"[\x21-\x7e]{1,100}").fullmatch
_is_code = re.compile(r"[\x21-\x7e]{1,40}").fullmatch
_is_host = re.compile(r"(?!-)[a-zA-Z0-9.-]{1,253}").fullmatch


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """`endpoint`: where it listens, without query; https unless `private_network`, which says that it stands in a network of
    ours and may have a private address. `key_id` names the key whose secret signs. `form`: how numbers travel.
    `table` and `codes` tell what its codes mean (`mapping`). `auth_codes`: Alibaba's authorisation per question.
    """

    endpoint: str
    key_id: str
    questions: tuple[str, ...] = ("status",)
    form: str = "plain"
    batch: int = 50
    timeout_s: float = 10.0
    private_network: bool = False
    table: str = "xinfeng"
    codes: Mapping[str, str] = field(default_factory=dict)
    auth_codes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, config: Mapping[str, Any], kind: str) -> ProviderConfig:
        """Check it; raises InvalidInput `lookup.config` with `faults`, a code by field, all at once."""
        given = dict(config)
        if kind == ProviderKind.ALIYUN:
            given = {"endpoint": ALIYUN_ENDPOINT, "table": "aliyun", "batch": 1} | given
        faults: dict[str, str] = dict.fromkeys(given.keys() - cls.__dataclass_fields__.keys(), "unknown")
        _check_endpoint(given, faults)
        if not isinstance(given.get("key_id"), str) or not _is_key(given["key_id"]):
            faults["key_id"] = "missing" if not given.get("key_id") else "not_ascii"
        _check_words(given, faults)
        _check_numbers(given, faults)
        if kind == ProviderKind.ALIYUN:
            _check_auth_codes(given, faults)
        if faults:
            raise InvalidInput("lookup.config", faults=faults)
        given["questions"] = tuple(dict.fromkeys(given.get("questions", ("status",))))
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"questions": list(self.questions)}


def _check_endpoint(given: dict[str, Any], faults: dict[str, str]) -> None:
    endpoint = given.get("endpoint")
    if not isinstance(endpoint, str) or not endpoint:
        faults["endpoint"] = "missing"
        return
    try:
        parts = urlsplit(endpoint)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        faults["endpoint"] = "no_url"
        return
    host = parts.hostname or ""
    if (
        parts.scheme not in ("http", "https")
        or not port_is_fine
        or not (_is_host(host) or _is_ip(host))
        or parts.username is not None
        or parts.query
        or parts.fragment
        or len(endpoint) > 300
    ):
        faults["endpoint"] = "no_url"
    elif not given.get("private_network"):
        if parts.scheme != "https":
            faults["endpoint"] = "not_https"
        elif _is_ip(host) and not ipaddress.ip_address(host).is_global:
            faults["endpoint"] = "private"


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _check_words(given: dict[str, Any], faults: dict[str, str]) -> None:
    questions = given.get("questions", ("status",))
    if not isinstance(questions, (list, tuple)) or not questions or not {*questions} <= {*Question}:
        faults["questions"] = "unknown"
    if given.get("form", "plain") not in FORMS:
        faults["form"] = "unknown"
    if given.get("table", "xinfeng") not in TABLES:
        faults["table"] = "unknown"
    codes = given.get("codes", {})
    if not isinstance(codes, Mapping) or not all(
        isinstance(code, str) and _is_code(code) and word in WORDS for code, word in codes.items()
    ):
        faults["codes"] = "unknown"


def _check_numbers(given: dict[str, Any], faults: dict[str, str]) -> None:
    batch, timeout_s = given.get("batch", 50), given.get("timeout_s", 10.0)
    if not isinstance(batch, int) or not 1 <= batch <= MOST_IN_A_BATCH:
        faults["batch"] = "out_of_range"
    if not isinstance(timeout_s, (int, float)) or not 0.1 <= timeout_s <= 60:
        faults["timeout_s"] = "out_of_range"
    if not isinstance(given.get("private_network", False), bool):
        faults["private_network"] = "unknown"


def _check_auth_codes(given: dict[str, Any], faults: dict[str, str]) -> None:
    auth_codes = given.get("auth_codes", {})
    for question in given.get("questions", ("status",)):
        code = auth_codes.get(question) if isinstance(auth_codes, Mapping) else None
        if not isinstance(code, str) or not _is_key(code):
            faults[f"auth_{question}"] = "missing"
