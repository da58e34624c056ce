"""TC3-HMAC-SHA256 (reference, section 8.1). Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
SIGNED = ("content-type", "host", "x-tc-action")


def canonical_request(headers: Mapping[str, str], body: bytes, *, signed: tuple[str, ...] = SIGNED) -> str:
    """Names and values of the signed headers in lower case, then the digest of the body."""
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in signed)
    return "\n".join(("POST", "/", "", lines, ";".join(signed), hashlib.sha256(body).hexdigest()))


def signature(secret: str, canonical: str, *, service: str, timestamp: int) -> str:
    """Of a canonical request, with a key for one day and service."""
    day = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{timestamp}\n{day}/{service}/tc3_request\n{digest}"
    key = f"TC3{secret}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def authorization(
    *, secret_id: str, secret: str, service: str, timestamp: int, headers: Mapping[str, str], body: bytes
) -> str:
    """The value of the header `Authorization`; `headers` in lower case."""
    day = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
    signed = signature(secret, canonical_request(headers, body), service=service, timestamp=timestamp)
    return (
        f"{ALGORITHM} Credential={secret_id}/{day}/{service}/tc3_request,"
        f" SignedHeaders={';'.join(SIGNED)}, Signature={signed}"
    )


def proves(*, secret: str, service: str, headers: Mapping[str, str], body: bytes) -> bool:
    """The vendor's side: whether a request was signed by somebody who knows the secret."""
    given = _fields(headers.get("authorization", ""))
    names = tuple(given.get("SignedHeaders", "").split(";"))
    stamp = headers.get("x-tc-timestamp", "")
    if not ({"content-type", "host"} <= set(names) and set(names) <= set(headers)):
        return False
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        return False
    canonical = canonical_request(headers, body, signed=names)
    expected = signature(secret, canonical, service=service, timestamp=int(stamp))
    return hmac.compare_digest(expected, given.get("Signature", ""))


def credential(value: str) -> str:
    """The SecretId that a header `Authorization` names; empty if none."""
    return _fields(value).get("Credential", "").partition("/")[0]


def _fields(value: str) -> dict[str, str]:
    scheme, _, rest = value.partition(" ")
    if scheme != ALGORITHM:
        return {}
    return {name.strip(): text for name, _, text in (one.partition("=") for one in rest.split(","))}
