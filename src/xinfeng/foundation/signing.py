"""Signs what leaves the house as proof: Ed25519 (RFC 8032), one key a deployment.

The private key lies beside the vault's keys and is made on first use. Checking a signature needs neither settings nor
a key file: whoever got the bundle and knows the key's fingerprint can do it anywhere.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict

KEY_BYTES = 32
SIGNATURE_BYTES = 64
_FINGERPRINT_BYTES = 20


class Signer:
    """The key of this deployment."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key: bytes = private.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes. Begin a message with what it is for, so that a signature can't be passed off as another's."""
        return self._private.sign(message)


def fits(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is this key's over `message`."""
    if len(public_key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public_key: bytes) -> str:
    """What people compare: the first 160 bits of the key's SHA-256 in ten groups of four hex digits."""
    digits = hashlib.sha256(b"xinfeng signing key" + public_key).hexdigest()[: 2 * _FINGERPRINT_BYTES]
    return "-".join(re.findall("....", digits))


def same_fingerprint(one: str, other: str) -> bool:
    """Whether two fingerprints are the same, however they are spaced."""
    return _bare(one) == _bare(other) != ""


def _bare(text: str) -> str:
    return re.sub(r"[\s:\-]+", "", text).lower()


def key_path(settings: xinfeng_settings.Settings) -> Path:
    """Where the private key lies."""
    return settings.key_file.with_name("signing.pem")


def read_signer(path: Path) -> Signer:
    """The key in this file, which is made when it doesn't exist. Raises Conflict `signing.unreadable` (file)."""
    if not path.exists():
        fresh = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        xinfeng_settings.write_secret(path, fresh.decode())
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise Conflict("signing.unreadable", file=str(path))
    return Signer(private)


@functools.cache
def signer() -> Signer:
    """The signer of this process."""
    return read_signer(key_path(xinfeng_settings.load()))
