"""ACS3-HMAC-SHA256, the vendor's signature "V3" (reference, section 7.2). Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from xinfeng.protocols.vendor import form

ALGORITHM = "ACS3-HMAC-SHA256"


def canonical_request(
    method: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, path: str = "/"
) -> tuple[str, str]:
    """The canonical request and the names of the signed headers: host, content-type and all x-acs-*."""
    signed = {
        name: value.strip()
        for name, value in ((name.lower(), value) for name, value in headers.items())
        if name in ("host", "content-type") or name.startswith("x-acs-")
    }
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    text = "\n".join((method, path, form(query), lines, names, hashlib.sha256(body).hexdigest()))
    return text, names


def signature(secret: str, canonical: str) -> str:
    """Of a canonical request. The secret is used as it is."""
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def authorization(
    method: str,
    *,
    access_key_id: str,
    secret: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> str:
    """The value of the header `Authorization`."""
    canonical, names = canonical_request(method, query=query, headers=headers, body=body)
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={names},Signature={signature(secret, canonical)}"


def proves(
    method: str, *, secret: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> bool:
    """The vendor's side: whether a request was signed by somebody who knows the secret."""
    given = dict(_fields(headers.get("authorization", "")))
    names = given.get("SignedHeaders", "").split(";")
    if not {"host", "x-acs-date", "x-acs-content-sha256", "x-acs-signature-nonce"} <= set(names):
        return False
    if headers.get("x-acs-content-sha256") != hashlib.sha256(body).hexdigest():
        return False
    signed = {name: headers.get(name, "") for name in names}
    canonical, _ = canonical_request(method, query=query, headers=signed, body=body)
    return hmac.compare_digest(signature(secret, canonical), given.get("Signature", ""))


def credential(value: str) -> str:
    """The AccessKeyId that a header `Authorization` names; empty if none."""
    return dict(_fields(value)).get("Credential", "")


def _fields(value: str) -> list[tuple[str, str]]:
    scheme, _, rest = value.partition(" ")
    if scheme != ALGORITHM:
        return []
    return [(name.strip(), text) for name, _, text in (one.partition("=") for one in rest.split(","))]
