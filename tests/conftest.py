"""One embedded PostgreSQL for the whole run. `db` rolls back; `committed_db` gives a database of its own. A test that
asks for neither has none: what it writes would be found by the tests after it.
"""

from __future__ import annotations

import asyncio.selector_events
import atexit
import gc
import logging
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_IN_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30


def _roomy(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _ROOM


# A database of its own for a test is a copy of 1,400 files: four times as fast in memory, where there is room.
_folder = Path(tempfile.mkdtemp(prefix="xinfeng-test-", dir=_IN_MEMORY if _roomy(_IN_MEMORY) else None))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["XINFENG_DATA"] = str(_folder)
for _name in ("XINFENG_DATABASE_URL", "XINFENG_HTTP", "XINFENG_KEY_FILE", "XINFENG_TIME_ZONE"):
    os.environ.pop(_name, None)
os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
# Some tests start many processes of ours: each would compile all of it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import django  # noqa: E402
import pytest  # noqa: E402

django.setup()

import hypothesis  # noqa: E402
from django.contrib.auth.hashers import ScryptPasswordHasher  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from xinfeng.foundation import settings as xinfeng_settings  # noqa: E402
from xinfeng.foundation.logs import JsonLines  # noqa: E402
from xinfeng.foundation.partitions import cover_around  # noqa: E402
from xinfeng.foundation.postgres import EmbeddedPostgres  # noqa: E402
from xinfeng.kernel.time import utc_now  # noqa: E402

# Speed is a benchmark's business: a busy machine makes no test fail. Every run tries the same examples, so that what
# it finds is found again; `--hypothesis-profile wander` looks for others.
_calm = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("wander", **_calm)
hypothesis.settings.register_profile("xinfeng", derandomize=True, **_calm)
hypothesis.settings.load_profile("xinfeng")

# A password that takes a sixth of a second to check is right for people, and most of a test that makes three of them.
ScryptPasswordHasher.work_factor = 2**4

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and not (
        str(address[0]).startswith("127.") or address[0] in ("::1", "localhost")
    ):
        raise AssertionError(f"a test tried to reach {address!r}; only loopback is allowed")
    _connect(self, address)


socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]


_close_loop = asyncio.selector_events.BaseSelectorEventLoop.close


def _close_with_what_is_open(self: Any) -> None:
    """A peer may not have heard of the end when a test's loop ends, on a busy machine. What is open then ends here, and
    not as a warning in whichever test the collector runs next."""
    for transport in list(getattr(self, "_transports", {}).values()):
        if transport._sock is not None:
            transport._closing = True
            transport._sock.close()
            transport._sock = None
    _close_loop(self)


asyncio.selector_events.BaseSelectorEventLoop.close = _close_with_what_is_open  # type: ignore[method-assign]

_make_transport = asyncio.selector_events._SelectorTransport.__init__  # type: ignore[attr-defined]


def _make_transport_or_close(self: Any, loop: Any, sock: socket.socket, *more: Any) -> None:
    """Who calls in the very moment in which a server closes is dropped, but not closed, by Python before 3.12
    (gh-109564)."""
    try:
        _make_transport(self, loop, sock, *more)
    except AssertionError:
        sock.close()
        self._sock = None
        raise


asyncio.selector_events._SelectorTransport.__init__ = _make_transport_or_close  # type: ignore[attr-defined]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: the collector need not look through it thousands of times."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_sessionfinish() -> None:
    gc.unfreeze()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, four at most: tests that wait for something leave theirs to another."""
    return min(4, (os.cpu_count() or 1) + 1)


@pytest.fixture(autouse=True)
def _logs_end_with_the_test() -> Iterator[None]:
    """A command that a test runs in this process sends its logs to the stderr of that test, which is then closed."""
    level = logging.root.level
    yield
    logging.root.handlers[:] = [
        one for one in logging.root.handlers if not isinstance(one.formatter, JsonLines)
    ]
    logging.root.setLevel(level)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(xinfeng_settings.load())
    server.folder.mkdir(parents=True, exist_ok=True)
    server.start()
    xinfeng_settings.load().uploads.mkdir(exist_ok=True)
    _forget_durability(server)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cover_around(cursor, utc_now())
    _use(NONE_ASKED_FOR)
    yield server
    connection.close()
    server.stop()
    shutil.rmtree(_folder, ignore_errors=True)


def _forget_durability(server: EmbeddedPostgres) -> None:
    """Nothing here must survive a power cut. Tests of crashes start a server of their own, which is durable."""
    import psycopg

    (server.folder / "xinfeng.local.conf").write_text(
        "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
    )
    with psycopg.connect(
        host=str(server.sockets), user="postgres", dbname="postgres", autocommit=True
    ) as admin:
        admin.execute("select pg_reload_conf()")


NONE_ASKED_FOR = "a_test_must_ask_for_db_or_committed_db"
"""There is no such database; its name is what whoever connects without asking reads."""


def _use(name: str) -> None:
    """Point Django, settings and every child process at database `name`."""
    connection.close()
    sockets = xinfeng_settings.run_folder(_folder)
    os.environ["XINFENG_DATABASE_URL"] = f"postgresql://postgres@/{name}?host={sockets}"
    xinfeng_settings.load.cache_clear()
    connection.settings_dict["NAME"] = name


def _clone(server: EmbeddedPostgres, name: str) -> None:
    import psycopg

    with psycopg.connect(
        host=str(server.sockets), user="postgres", dbname="postgres", autocommit=True
    ) as admin:
        admin.execute(f"create database {name} template xinfeng strategy file_copy")


def _drop(server: EmbeddedPostgres, name: str) -> None:
    import psycopg

    with psycopg.connect(
        host=str(server.sockets), user="postgres", dbname="postgres", autocommit=True
    ) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def _rollback_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    _clone(postgres, "rollback")
    yield "rollback"


@pytest.fixture
def db(postgres: EmbeddedPostgres, _rollback_database: str) -> Iterator[None]:
    """Everything the test writes is rolled back."""
    _use(_rollback_database)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    _use(NONE_ASKED_FOR)


@pytest.fixture
def committed_db(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database of the test's own, in which commits are real; yields its URL (also in XINFENG_DATABASE_URL)."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    _clone(postgres, name)
    _use(name)
    yield os.environ["XINFENG_DATABASE_URL"]
    _use(NONE_ASKED_FOR)
    _drop(postgres, name)
