"""Authenticators of SMGP: MD5 over account, secret and time (SMGP 3.0.3, Login). MD5 is the protocol's choice."""

from __future__ import annotations

from hashlib import md5

ACCOUNT_WIDTH = 8


def authenticator_client(*, client_id: str, secret: str, timestamp: int, pad_account: bool = False) -> bytes:
    """What the provider proves its secret with.

    `pad_account`: gateways disagree whether an account of fewer than eight characters is padded before hashing.
    """
    account = client_id.encode()
    if pad_account:
        account = account.ljust(ACCOUNT_WIDTH, b"\0")
    return md5(account + bytes(7) + secret.encode() + b"%010d" % timestamp, usedforsecurity=False).digest()


def authenticator_server(*, status: int, client: bytes, secret: str) -> bytes:
    """What the gateway proves its secret with."""
    return md5(status.to_bytes(4, "big") + client + secret.encode(), usedforsecurity=False).digest()


def is_authentic_server(answer: bytes, *, status: int, client: bytes, secret: str) -> bool:
    """Whether the gateway knows the secret.

    Only worth a note: gateways hash the status in other widths, or something else, or send plain text.
    """
    return answer == authenticator_server(status=status, client=client, secret=secret)
