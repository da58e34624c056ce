"""The journal of erasures: a file beside the keys, so that no backup of the database brings anybody back.

One line of JSON an erasure, appended and flushed to the disk before the database commits: a crash in between can only
erase twice, never half. A line holds no number and no name: the ids of the person's rows and when each was made, and
the keyed hashes of her numbers and external ids.

    {"v":1,"seq":7,"at":"2026-11-20T04:00:00.000000+00:00","people":[[81,"2026-01-05T…"]],
     "phones":["…"],"externals":["…"],"prev":"<mac of line 6>","mac":"<keyed hash of all before>"}

The chain of keyed hashes shows that a line was changed, taken out or put in; the database remembers the last line it
knows of (`Erasure.journal_seq`, `journal_mac`), which shows that the end was cut off. A torn last line, without its
line break, is what a crash leaves: nothing was committed after it, so it is dropped. Every line is proved by itself,
so what is left of a damaged journal still counts.

A row of contacts is the one in a line if id and time of making fit: after a restore the series gives ids out again,
to other people. `xinfeng.privacy.replay` carries the journal out.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict

FILE_NAME = "erasures.journal"
GENESIS = "0" * 32
_SALT = "erasure journal 1|"
_TAIL_BYTES = 4096

_end_of_line = re.compile(rb',"mac":"([0-9a-f]{32})"\}\Z').search


@dataclass(frozen=True, slots=True)
class Person:
    """A row of contacts that was erased."""

    contact_id: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One erasure. `phones` and `externals` are keyed hashes of 16 bytes."""

    seq: int
    at: datetime
    people: tuple[Person, ...]
    phones: tuple[bytes, ...]
    externals: tuple[bytes, ...]
    mac: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the journal: `changed` (a line isn't what was written), `gap` (lines were taken out or put
    in), `cut` (the end is missing), `missing` (the file is). `line` counts from 1; 0 where no line is meant."""

    code: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Journal:
    """What could be read. `lines` are proved one by one, also where there are faults."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]


def path() -> Path:
    """Where it lies: beside the keys, apart from everything that is backed up with the database."""
    return xinfeng_settings.load().key_file.parent / FILE_NAME


def append(
    *, at: datetime, people: Sequence[Person], phones: Sequence[bytes], externals: Sequence[bytes], after: int
) -> Line:
    """Write a line and wait until it is on the disk. `after`: the last number the database knows of, so that the
    numbers go on where a journal was lost. Raises OSError when it can't be written: then nobody is erased."""
    file_path = path()
    file_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(file_path) as descriptor:
        seq, prev = _end(descriptor)
        seq = max(seq, after) + 1
        said = {
            "v": 1,
            "seq": seq,
            "at": at.isoformat(timespec="microseconds"),
            "people": [[one.contact_id, one.made_at.isoformat(timespec="microseconds")] for one in people],
            "phones": [one.hex() for one in phones],
            "externals": [one.hex() for one in externals],
            "prev": prev,
        }
        body = json.dumps(said, separators=(",", ":"))[:-1]
        mac = _mac(body)
        _write_all(descriptor, f'{body},"mac":"{mac.hex()}"}}\n'.encode())
        os.fsync(descriptor)
    _keep_entry(file_path.parent)
    return Line(seq, at, tuple(people), tuple(phones), tuple(externals), mac)


def read() -> Journal:
    """All lines with what is wrong. A file that was never made is an empty journal.

    Raises Conflict `request.journal_unreadable` (file) when it is there and can't be read.
    """
    lines: list[Line] = []
    faults: list[Fault] = []
    expected_seq, expected_prev = 1, GENESIS
    for number, raw in enumerate(_whole_lines(), start=1):
        found = _read_line(raw)
        if found is None:
            faults.append(Fault("changed", number))
            expected_prev = ""
            continue
        line, prev = found
        # Behind a line that is reported already, the next one's link can't be judged.
        if expected_prev and (prev != expected_prev or line.seq != expected_seq):
            faults.append(Fault("gap", number))
        lines.append(line)
        expected_seq, expected_prev = line.seq + 1, line.mac.hex()
    return Journal(tuple(lines), tuple(faults))


def _whole_lines() -> Iterator[bytes]:
    try:
        file = path().open("rb")
    except FileNotFoundError:
        return
    except OSError:
        raise Conflict("request.journal_unreadable", file=str(path())) from None
    with file:
        for raw in file:
            if raw.endswith(b"\n"):
                yield raw[:-1]


def _read_line(raw: bytes) -> tuple[Line, str] | None:
    """The line and the hash of the one before it; None if it isn't as it was written."""
    found = _end_of_line(raw)
    if found is None:
        return None
    mac = bytes.fromhex(found[1].decode())
    try:
        body = raw[: found.start()].decode()
    except UnicodeDecodeError:
        return None
    if not hmac.compare_digest(_mac(body), mac):
        return None
    said = json.loads(body + "}")
    line = Line(
        seq=said["seq"],
        at=datetime.fromisoformat(said["at"]),
        people=tuple(Person(id_, datetime.fromisoformat(made)) for id_, made in said["people"]),
        phones=tuple(map(bytes.fromhex, said["phones"])),
        externals=tuple(map(bytes.fromhex, said["externals"])),
        mac=mac,
    )
    return line, said["prev"]


def _mac(body: str) -> bytes:
    return vault().index(_SALT + body)


@contextmanager
def _alone(file_path: Path) -> Iterator[int]:
    """The file, open, while nobody else writes in it."""
    descriptor = os.open(file_path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _end(descriptor: int) -> tuple[int, str]:
    """Number and hash of the last line, after dropping a torn one; (0, GENESIS) in an empty file."""
    size = os.fstat(descriptor).st_size
    tail = _tail(descriptor, size)
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        os.ftruncate(descriptor, size - (len(tail) - whole))
    if not whole:
        return 0, GENESIS
    last = tail[:whole].splitlines()[-1]
    found = _read_line(last)
    if found is None:  # reported by `read`; the chain goes on from the damaged line as it is
        return 0, _mac(f"damaged|{last.hex()}").hex()
    return found[0].seq, found[0].mac.hex()


def _tail(descriptor: int, size: int) -> bytes:
    """The end of the file, at least the last whole line and what is torn behind it."""
    wanted = _TAIL_BYTES
    while True:
        start = max(0, size - wanted)
        tail = os.pread(descriptor, size - start, start)
        if start == 0:
            return tail
        inner = tail.find(b"\n") + 1
        if inner and tail.find(b"\n", inner) != -1:
            return tail[inner:]
        wanted *= 4


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _keep_entry(folder: Path) -> None:
    """Make sure that the folder itself remembers the file after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
