"""A backup stands up again: the steps of `xinfeng backup restore`, in the order that keeps everybody safe.

Nothing is touched before the whole file has been checked and the keys are the right ones. Uploaded files come before the
database, which comes in one transaction; after its commit every start does the rest that is left (erasures, partitions).
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from django.db import Error as DjangoDatabaseError

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.backups.checking import check
from xinfeng.foundation.backups.form import Archive, open_archive
from xinfeng.foundation.backups.loading import Loaded
from xinfeng.foundation.backups.manifest import Manifest
from xinfeng.foundation.postgres import PostgresFault
from xinfeng.foundation.settings import Settings
from xinfeng.kernel.errors import Conflict, InvalidInput

KEY_FILE = "vault.json"
JOURNAL = "erasures.journal"
_LITTLE_BYTES = 64 * 2**20
"""PostgreSQL writes its log in pieces of 16 MB; where there is less than this, that is why it fell."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`keys`: the folder (or key file) they lie in; with `passphrase` they come out of the backup itself. None of
    both: they are where the settings say. `trusted`: fingerprint of the key that signed it, if that is not ours."""

    file: Path
    folder: Path | None
    keys: Path | None = None
    passphrase: str | None = None
    trusted: str = ""
    nothing_sent: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. `ledger_fault`, `audit_fault`: None where the chain is whole. `journal_upto`: the last erasure that
    the journal at hand knows of; whoever was erased later is back."""

    manifest: Manifest
    loaded: Loaded
    erased_again: int
    suppressed_again: int
    journal_faults: tuple[str, ...]
    ledger_fault: str | None
    audit_fault: str | None
    uploads: int
    journal_upto: datetime | None

    @property
    def whole(self) -> bool:
        return not (self.ledger_fault or self.audit_fault or self.journal_faults)


def restore(asked: Asked, tell: Callable[[str], None]) -> Restored:
    """All of it; `tell` hears the steps as codes. What it made is taken away again when it fails.

    Raises Conflict `backup.folder_not_empty`, `backup.not_empty`, `backup.newer`, `backup.keys_missing`,
    `backup.keys_other` (missing), `backup.rights`, `backup.restore_no_room` (folder),
    `backup.restore_interrupted` (folder); InvalidInput `backup.…`.
    """
    with open_archive(asked.file):
        pass  # a glance, and one at the folder, before minutes are spent on reading all of it
    settings = _settle_in(asked)
    with _fresh_folder(settings, asked):
        tell("check")
        checked = check(asked.file)
        _bring_keys(settings, asked)
        _check_keys(settings, checked.manifest, asked.keys)
        _check_signer(settings, checked.public_key, asked.trusted)
        return _restore(settings, asked, tell)


def _restore(settings: Settings, asked: Asked, tell: Callable[[str], None]) -> Restored:
    from xinfeng.cli.ready import check_keys, set_up_django, start_postgres

    start_postgres(settings)
    set_up_django()
    from xinfeng.consent.verify import verify_ledger
    from xinfeng.foundation import seal_verifying, seals
    from xinfeng.foundation.backups.loading import load, prepare_schema
    from xinfeng.foundation.preparation import prepare
    from xinfeng.kernel.time import utc_now
    from xinfeng.privacy import journal
    from xinfeng.privacy.replay import replay

    with open_archive(asked.file) as archive:
        tell("schema")
        prepare_schema(archive.manifest)
        _write_uploads(archive, settings.uploads)
        tell("load")
        loaded = load(
            archive, now=utc_now(), nothing_sent=asked.nothing_sent, uploads_folder=str(settings.uploads)
        )
        tell("migrate")
        prepare()
        check_keys(settings)
        tell("erase")
        replayed = replay(now=utc_now())
        seals.accept_head(actor="system:restore", reason=f"backup of {archive.manifest.made_at.isoformat()}")
        seals.seal(now=utc_now())
        tell("verify")
        ledger, audit = verify_ledger(), seal_verifying.verify()
        tell("lens")
        _rebuild_lens()
        erasures = journal.read().lines
        return Restored(
            manifest=archive.manifest,
            loaded=loaded,
            erased_again=replayed.people,
            suppressed_again=replayed.numbers,
            journal_faults=tuple(one.code for one in replayed.faults),
            ledger_fault=ledger.fault,
            audit_fault=audit.fault,
            uploads=len(archive.manifest.uploads),
            journal_upto=max((line.at for line in erasures), default=None),
        )


def _rebuild_lens() -> None:
    from xinfeng.lens.engine import close_lens, lens

    lens().rebuild()
    close_lens()


def _settle_in(asked: Asked) -> Settings:
    """From here on this process works on the new folder."""
    if asked.folder is not None:
        os.environ["XINFENG_DATA"] = str(asked.folder.absolute())
        xinfeng_settings.load.cache_clear()
    return xinfeng_settings.load()


@contextmanager
def _fresh_folder(settings: Settings, asked: Asked) -> Iterator[None]:
    """Empty but for keys; what came into it goes again when the restore fails."""
    data = settings.data
    present = {path.name for path in data.iterdir()} if data.is_dir() else set()
    if present - {"keys"} and (asked.folder is not None or not settings.database_url):
        raise Conflict("backup.folder_not_empty", folder=str(data))
    existed, keys = data.exists(), {*(data / "keys").glob("*")}
    try:
        yield
    except BaseException as fault:
        full = _is_full(fault, data)
        _take_away(settings, present, keys)
        if not existed and data.is_dir() and not any(data.iterdir()):
            data.rmdir()
        if isinstance(fault, KeyboardInterrupt):
            raise Conflict("backup.restore_interrupted", folder=str(data)) from None
        if full:
            raise Conflict("backup.restore_no_room", folder=str(data)) from fault
        raise


def _is_full(fault: BaseException, data: Path) -> bool:
    """A PostgreSQL that falls for want of room says no more than that the connection is gone: the disk tells."""
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if not isinstance(fault, OSError | DjangoDatabaseError | psycopg.Error | PostgresFault):
        return False
    place = next(path for path in (data, *data.parents) if path.exists())
    return shutil.disk_usage(place).free < _LITTLE_BYTES


def _take_away(settings: Settings, present: set[str], keys: set[Path]) -> None:
    from xinfeng.foundation.postgres import EmbeddedPostgres

    if not settings.database_url and (settings.data / "postgres").exists():
        EmbeddedPostgres(settings).abandon()
    if not settings.data.is_dir():
        return
    for path in (settings.data / "keys").glob("*"):
        if path not in keys:
            path.unlink()
    for path in settings.data.iterdir():
        if path.name not in present and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in present:
            path.unlink()


def _bring_keys(settings: Settings, asked: Asked) -> None:
    """Never over others; but a journal of erasures that was put there beforehand is newer than the one in the backup."""
    if asked.passphrase is not None:
        held = _keys_within(asked.file, asked.passphrase)
    elif asked.keys is not None:
        held = _keys_in(asked.keys)
    else:
        return
    for name, content in held.items():
        home = settings.data / "keys" if name == "django_secret" else settings.key_file.parent
        target = home / (
            name.replace(KEY_FILE, settings.key_file.name, 1) if name.startswith(KEY_FILE) else name
        )
        if target.exists() and name == JOURNAL and asked.passphrase is not None:
            continue
        if target.exists():
            raise Conflict("backup.keys_there", file=str(target))
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.touch(mode=0o600)
        target.write_bytes(content)


def _keys_within(file: Path, passphrase: str) -> dict[str, bytes]:
    from xinfeng.foundation.backups.sealing import open_keys

    with open_archive(file) as archive:
        member = archive.manifest.key_member
        if member is None:
            raise InvalidInput("backup.no_keys_within")
        return open_keys(b"".join(archive.pieces(member)), passphrase)


def _keys_in(place: Path) -> dict[str, bytes]:
    """A folder of keys, or a key file: then its folder's other files come along."""
    folder, main = (place.parent, place.name) if place.is_file() else (place, KEY_FILE)
    if not (folder / main).is_file():
        raise Conflict("backup.keys_missing", file=str(folder / main))
    names = ("signing.pem", JOURNAL, "audit-head.json", "django_secret")
    found = {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}
    found |= {
        path.name.replace(main, KEY_FILE, 1): path.read_bytes()
        for path in folder.glob(f"{main}*")
        if path.is_file()
    }
    return found


def _check_keys(settings: Settings, manifest: Manifest, given: Path | None) -> None:
    """`given`: where they were brought from; that is the place to look at when they are wrong."""
    from xinfeng.foundation.vault import fingerprints_of, read_key_file

    if not settings.key_file.is_file():
        raise Conflict("backup.keys_missing", file=str(settings.key_file))
    try:
        held = fingerprints_of(read_key_file(settings.key_file))
    except (ValueError, KeyError, TypeError):
        raise Conflict("vault.keys_unreadable", file=str(settings.key_file)) from None
    missing = sorted(name for name, fingerprint in manifest.keys.items() if held.get(name) != fingerprint)
    if missing:
        raise Conflict("backup.keys_other", file=str(given or settings.key_file), missing=missing)


def _check_signer(settings: Settings, public_key: bytes, trusted: str) -> None:
    """By us, or by whom the person names. Where our own key is gone, the name is needed."""
    from xinfeng.foundation.signing import fingerprint, key_path, read_signer, same_fingerprint

    path = key_path(settings)
    if path.is_file() and read_signer(path).public_key == public_key:
        return
    signed_by = fingerprint(public_key)
    if not same_fingerprint(trusted, signed_by):
        raise Conflict("backup.other_signer", fingerprint=signed_by)


def _write_uploads(archive: Archive, folder: Path) -> None:
    from xinfeng.foundation.backups.sealing import open_file

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in archive.manifest.uploads:
        target = folder / one.path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.touch(mode=0o600)
        with target.open("wb") as file:
            for piece in open_file(archive.pieces(one.file), one.path):
                file.write(piece)
