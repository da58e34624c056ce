"""TLS without sockets: octets in and out of memory.

The event loops' own TLS queues what it encrypts until the end of a turn; what was written within a permit must be with
the kernel when the permit is given back, so we hand it over ourselves (see `channels.connection`).
"""

from __future__ import annotations

import functools
import ssl

_PIECE = 64 * 1024


@functools.cache
def trusted() -> ssl.SSLContext:
    """Who is believed: the certificate authorities of the system, TLS 1.2 and later."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class Plain:
    """No TLS, for a simulator on this machine."""

    ready = True

    def begin(self) -> bytes:
        return b""

    def seal(self, data: bytes) -> bytes:
        return data

    def take(self, data: bytes) -> tuple[bytes, bytes, bool]:
        return data, b"", False


class Tls:
    """A client's end. Raises ssl.SSLError where the peer's certificate or its octets are not in order."""

    def __init__(self, host: str, *, context: ssl.SSLContext | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = (context or trusted()).wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.ready = False
        """Whether the handshake is done, and the peer is who it should be."""

    def begin(self) -> bytes:
        """The first octets to send."""
        self._shake()
        return self._outgoing.read()

    def seal(self, data: bytes) -> bytes:
        """What to send for `data`. Only when ready."""
        self._object.write(data)
        return self._outgoing.read()

    def take(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """For octets received: what they say, what to send in answer, and whether the peer said goodbye."""
        self._incoming.write(data)
        if not self.ready:
            self._shake()
        pieces, ended = [], False
        while self.ready:
            try:
                piece = self._object.read(_PIECE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            if not piece:
                ended = True
                break
            pieces.append(piece)
        return b"".join(pieces), self._outgoing.read(), ended

    def _shake(self) -> None:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.ready = True
