"""Is a backup whole? Reads all of it, opens nothing, needs no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xinfeng.foundation.backups.form import open_archive
from xinfeng.foundation.backups.manifest import Manifest
from xinfeng.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Checked:
    """A whole backup: what it says of itself, and by whose key."""

    manifest: Manifest
    public_key: bytes
    bytes: int


def check(path: Path, progress: Callable[[int, int], None] | None = None) -> Checked:
    """Every file against its size, SHA-256 and number of rows.

    `progress` is told bytes done and in all. Raises InvalidInput: what `open_archive` raises, and `backup.damaged` (file).
    """
    with open_archive(path) as archive:
        manifest = archive.manifest
        rows_of = {one.file.name: one.rows for one in manifest.tables}
        total, done = sum(one.bytes for one in manifest.members), 0
        for member in manifest.members:
            rows = 0
            for piece in archive.pieces(member):
                rows += piece.count(b"\n")  # in COPY's text a line break within a value is written as \n
                done += len(piece)
                if progress is not None:
                    progress(done, total)
            if rows_of.get(member.name, rows) != rows:
                raise InvalidInput("backup.damaged", file=member.name)
        return Checked(manifest, archive.public_key, total)
