"""Xinfeng's settings: read once from the environment, every fault reported at the same time."""

from __future__ import annotations

import functools
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

_T = TypeVar("_T")

CIPHERS = ("AES-256-GCM", "SM4-GCM")


class SettingsFault(Exception):
    """One or more settings cannot be used; `faults` holds a sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Settings:
    """`data` is the folder of everything that is kept: embedded PostgreSQL, keys, lens, uploads, logs.

    `proxies`: addresses or networks of the reverse proxies whose word on a client's address is believed. None named:
    the one on this host with `https`, nobody without. Limits per address rest on it.
    """

    data: Path
    database_url: str | None
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    https: bool
    proxies: tuple[str, ...]
    time_zone: str
    cipher: str
    key_file: Path
    log_level: str
    lens_memory_mb: int
    database_connections: int = 40
    """How many the threads of one process may hold at a time; PostgreSQL has to have room for `app` and the gateways."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def trusted_origins(self) -> tuple[str, ...]:
        scheme = "https" if self.https else "http"
        return tuple(f"{scheme}://{name}" for name in self.allowed_hosts if name not in ("*", "localhost"))

    @property
    def trusted_proxies(self) -> tuple[str, ...]:
        return self.proxies or (("127.0.0.1", "::1") if self.https else ())

    @property
    def lens_path(self) -> Path:
        return self.data / "lens" / "lens.duckdb"

    @property
    def uploads(self) -> Path:
        return self.data / "uploads"

    @property
    def door_socket(self) -> Path:
        """Where a running `app` takes commands that need the lens. Short, because socket paths are limited."""
        return run_folder(self.data) / "app.sock"

    def dsn(self) -> str:
        """Connection string of the PostgreSQL in use; the embedded one is reached by its socket folder."""
        if self.database_url:
            return self.database_url
        return f"postgresql://postgres@/xinfeng?host={run_folder(self.data)}"

    def django_database(self) -> dict[str, Any]:
        parts = urlsplit(self.dsn())
        query = dict(parse_qsl(parts.query))
        host = query.pop("host", parts.hostname or "")
        return {
            "ENGINE": "xinfeng.foundation.bounded",
            "NAME": unquote(parts.path.lstrip("/")) or "xinfeng",
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 0,  # a request has a thread of its own, which would keep its connection
            "OPTIONS": query,
        }

    def secret_key(self) -> str:
        """Django's signing secret, made on first use and kept beside the vault's keys."""
        path = self.data / "keys" / "django_secret"
        try:
            return path.read_text()
        except FileNotFoundError:
            pass
        value = secrets.token_urlsafe(48)
        write_secret(path, value)
        return path.read_text()


def run_folder(data: Path) -> Path:
    """A short folder for sockets, one per data folder: socket paths may have 107 bytes at most."""
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    return Path("/tmp") / f"xinfeng-{os.getuid()}-{name}"


def write_secret(path: Path, value: str) -> None:
    """Create `path` readable by its owner only; whoever is first wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    staged.touch(mode=0o600)
    staged.write_text(value)
    try:
        os.link(staged, path)
    except FileExistsError:
        pass
    finally:
        staged.unlink()


class _Reader:
    """Takes one variable after another and remembers what was wrong with each."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def take(self, name: str, default: _T, convert: Callable[[str], _T]) -> _T:
        raw = self._environment.get(f"XINFENG_{name}", "").strip()
        if not raw:
            return default
        try:
            return convert(raw)
        except (ValueError, KeyError, OSError) as fault:
            self.faults.append(f"XINFENG_{name}={raw!r}: {fault}")
            return default


def read(environment: Mapping[str, str]) -> Settings:
    """Build settings from XINFENG_* variables; raises SettingsFault that lists every fault at once."""
    reader = _Reader(environment)
    data = reader.take("DATA", Path("data"), Path).absolute()
    host, port = reader.take("HTTP", ("127.0.0.1", 8000), _host_and_port)
    settings = Settings(
        data=data,
        database_url=reader.take("DATABASE_URL", None, _database_url),
        host=host,
        port=port,
        allowed_hosts=reader.take("ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"), _names),
        https=reader.take("HTTPS", False, _yes_or_no),
        proxies=reader.take("PROXIES", (), _networks),
        time_zone=reader.take("TIME_ZONE", "Asia/Shanghai", _zone),
        cipher=reader.take("CIPHER", CIPHERS[0], functools.partial(_one_of, CIPHERS)),
        key_file=reader.take("KEY_FILE", data / "keys" / "vault.json", Path).absolute(),
        log_level=reader.take(
            "LOG", "INFO", functools.partial(_one_of, ("DEBUG", "INFO", "WARNING", "ERROR"))
        ),
        lens_memory_mb=reader.take("LENS_MEMORY_MB", 2048, _positive),
        database_connections=reader.take("DATABASE_CONNECTIONS", 40, _positive),
    )
    known = {
        "DATA",
        "DATABASE_URL",
        "HTTP",
        "ALLOWED_HOSTS",
        "HTTPS",
        "PROXIES",
        "TIME_ZONE",
        "CIPHER",
        "KEY_FILE",
        "LOG",
    }
    known |= {"LENS_MEMORY_MB", "DATABASE_CONNECTIONS"}
    for name in sorted(environment):
        if name.startswith("XINFENG_") and name.removeprefix("XINFENG_") not in known:
            reader.faults.append(f"{name}: no such setting (known: {', '.join(sorted(known))})")
    if reader.faults:
        raise SettingsFault(reader.faults)
    return settings


@functools.cache
def load() -> Settings:
    """The settings of this process."""
    return read(os.environ)


def _host_and_port(raw: str) -> tuple[str, int]:
    host, _, port = raw.rpartition(":")
    if not port.isdigit() or not 0 <= int(port) < 65536:
        raise ValueError("expected HOST:PORT, for example 127.0.0.1:8000")
    return host or "127.0.0.1", int(port)


def _database_url(raw: str) -> str | None:
    if urlsplit(raw).scheme not in ("postgresql", "postgres"):
        raise ValueError("expected postgresql://USER:PASSWORD@HOST:PORT/NAME")
    return raw


def _names(raw: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in raw.split(",") if name.strip())


def _networks(raw: str) -> tuple[str, ...]:
    return tuple(str(ip_network(one)) for one in _names(raw))


def _yes_or_no(raw: str) -> bool:
    if raw.lower() in ("1", "yes", "true", "on"):
        return True
    if raw.lower() in ("0", "no", "false", "off"):
        return False
    raise ValueError("expected yes or no")


def _zone(raw: str) -> str:
    return ZoneInfo(raw).key


def _one_of(choices: tuple[str, ...], raw: str) -> str:
    if raw.upper() not in choices:
        raise ValueError(f"expected one of {', '.join(choices)}")
    return raw.upper()


def _positive(raw: str) -> int:
    value = int(raw)
    if value <= 0:
        raise ValueError("expected a positive whole number")
    return value
