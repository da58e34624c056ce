"""TLS in memory: a vendor with a certificate that is in order, and one with a certificate that is not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.channels.vendors.world import Ears, account, items, quick
from tests.patience import PATIENCE_S

from xinfeng.channels.lines import Line
from xinfeng.channels.vendors import VendorSessions, tls
from xinfeng.kernel.errors import InvalidInput


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate for a host, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vendor")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@asynccontextmanager
async def lines(
    folder: Path, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[VendorSessions, Ears, list[bytes]]]:
    """A vendor that answers everything with OK, over TLS."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head)
        body = b'{"Code":"OK","BizId":"77^0"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        await reader.read(1)
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, host))
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    ears = Ears()
    at = account(server.sockets[0].getsockname()[1], plain_http=False)
    sessions = VendorSessions(at, ears, make_backoff=quick)
    sessions.start()
    try:
        yield sessions, ears, heard
    finally:
        await sessions.stop(patience_s=1.0)
        server.close()


async def until_ready(sessions: VendorSessions) -> Line:
    async with asyncio.timeout(PATIENCE_S):
        while not sessions.ready():
            await asyncio.sleep(0.005)
    return sessions.ready()[0]


def test_a_request_goes_sealed_to_a_vendor_whose_certificate_is_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with lines(tmp_path) as (sessions, ears, heard):
            trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
            monkeypatch.setattr(tls, "trusted", lambda: trusting)
            line = await until_ready(sessions)
            line.submit(items(1), [("c", 0, 0)], monotonic())
            assert not line.clogged
            async with asyncio.timeout(PATIENCE_S):
                while not ears.taken:
                    await asyncio.sleep(0.005)
            assert ears.results == [0] and heard[0].startswith(b"POST /?")

    asyncio.run(scenario())


@pytest.mark.parametrize("named", ["127.0.0.1", "127.0.0.2"])
def test_nothing_is_sent_to_one_whose_certificate_is_not(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with lines(tmp_path, named) as (sessions, ears, heard):
            if named != "127.0.0.1":  # trusted, but it speaks for somebody else
                trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
                monkeypatch.setattr(tls, "trusted", lambda: trusting)
            async with asyncio.timeout(PATIENCE_S):
                while not sessions.places[0].detail.startswith("tls.certificate"):
                    await asyncio.sleep(0.005)
            assert not sessions.ready() and not heard and not ears.unknown

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["sms.example.com", "10.0.0.8", "localhost.example.com", "127.evil.com"])
def test_without_tls_there_is_only_this_machine(host: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        account(80, host=host, plain_http=True)
    assert refused.value.params["faults"] == {"plain_http": "not_loopback"}
