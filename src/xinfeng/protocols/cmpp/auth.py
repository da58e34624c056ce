"""Authenticators of CMPP: MD5 over account, secret and time (CMPP 3.0.0, 7.4.1). MD5 is the protocol's choice."""

from __future__ import annotations

from hashlib import md5

_ACCOUNT_WIDTH = 6


def authenticator_source(
    *, source_addr: str, secret: str, timestamp: int, pad_account: bool = False
) -> bytes:
    """What the provider proves its secret with.

    `pad_account`: gateways disagree whether an account of fewer than six characters is padded before hashing.
    """
    account = source_addr.encode()
    if pad_account:
        account = account.ljust(_ACCOUNT_WIDTH, b"\0")
    return md5(account + bytes(9) + secret.encode() + b"%010d" % timestamp, usedforsecurity=False).digest()


def authenticator_ismg(*, status: int, status_width: int, source: bytes, secret: str) -> bytes:
    """What the gateway proves its secret with; the status takes 1 octet in 2.0 and 4 in 3.0."""
    return md5(
        status.to_bytes(status_width, "big") + source + secret.encode(), usedforsecurity=False
    ).digest()


def is_authentic_ismg(answer: bytes, *, status: int, source: bytes, secret: str) -> bool:
    """Whether the gateway knows the secret, in either reading of the status.

    Only worth a note: many gateways send zeros, plain text, or a hash of something else.
    """
    return any(
        answer == authenticator_ismg(status=status, status_width=width, source=source, secret=secret)
        for width in (1, 4)
        if status < 256**width
    )
