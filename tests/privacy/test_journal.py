"""The journal of erasures: appended, proved line by line, and honest about what was done to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict
from xinfeng.privacy import journal
from xinfeng.privacy.journal import Fault, Line, Person

AT = datetime(2026, 11, 20, 4, 0, 0, 123456, tzinfo=UTC)


def written(count: int, *, after: int = 0) -> list[Line]:
    return [
        journal.append(
            at=AT + timedelta(minutes=number),
            people=[Person(number, AT - timedelta(days=number))],
            phones=[bytes([number % 256]) * 16],
            externals=[],
            after=after,
        )
        for number in range(1, count + 1)
    ]


def test_what_is_written_is_read_again() -> None:
    lines = written(3)
    assert journal.read() == journal.Journal(tuple(lines), ())
    assert [line.seq for line in lines] == [1, 2, 3]


def test_a_journal_that_was_never_made_is_empty() -> None:
    assert journal.read() == journal.Journal((), ())


def test_the_file_is_for_its_owner_and_names_nobody(journal_path: Path) -> None:
    written(1)
    assert journal_path.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(journal_path.read_text())) == {
        *("v", "seq", "at", "people", "phones", "externals", "prev", "mac")
    }


def test_a_changed_line_is_noticed_and_the_others_still_count(journal_path: Path) -> None:
    lines = written(4)
    raw = journal_path.read_text().splitlines()
    raw[1] = raw[1].replace('"people":[[2,', '"people":[[9,')
    journal_path.write_text("\n".join(raw) + "\n")
    read = journal.read()
    assert read.faults == (Fault("changed", 2),)
    assert read.lines == (lines[0], lines[2], lines[3])


@pytest.mark.parametrize("order", [(0, 2, 3), (0, 2, 1, 3), (0, 1, 1, 2, 3), (1, 2, 3)])
def test_lines_taken_out_swapped_or_repeated_are_noticed(journal_path: Path, order: tuple[int, ...]) -> None:
    written(4)
    raw = journal_path.read_text().splitlines()
    journal_path.write_text("\n".join(raw[at] for at in order) + "\n")
    read = journal.read()
    assert [fault.code for fault in read.faults][0] == "gap"
    assert len(read.lines) == len(order)


@pytest.mark.parametrize(
    "junk", [b"{}\n", b"\xff\xfe\n", b"\n", b'{"v":1,"mac":"00000000000000000000000000000000"}\n', b"null\n"]
)
def test_junk_is_a_fault_never_a_crash(journal_path: Path, junk: bytes) -> None:
    written(1)
    with journal_path.open("ab") as file:
        file.write(junk)
    assert journal.read().faults == (Fault("changed", 2),)
    later = written(1)[0]
    assert journal.read().lines[-1] == later


def test_a_torn_line_is_dropped_and_the_chain_goes_on(journal_path: Path) -> None:
    first = written(2)
    with journal_path.open("ab") as file:
        file.write(b'{"v":1,"seq":3,"at":"2026-')
    assert journal.read() == journal.Journal(tuple(first), ())
    third = written(1)[0]
    assert third.seq == 3
    assert journal.read() == journal.Journal((*first, third), ())


def test_numbers_go_on_where_a_journal_was_lost_and_that_shows() -> None:
    lines = written(1, after=41)
    assert lines[0].seq == 42
    assert journal.read().faults == (Fault("gap", 1),)


def test_lines_longer_than_the_tail_that_is_read_keep_the_chain() -> None:
    people = [Person(number, AT) for number in range(2_000)]
    for _ in range(3):
        journal.append(at=AT, people=people, phones=[], externals=[], after=0)
    read = journal.read()
    assert not read.faults and [line.seq for line in read.lines] == [1, 2, 3]


def test_threads_that_write_at_once_take_turns() -> None:
    threads = [threading.Thread(target=written, args=(20,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read = journal.read()
    assert not read.faults and [line.seq for line in read.lines] == list(range(1, 81))


_DIE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from xinfeng.privacy import journal
journal.path = lambda: Path(sys.argv[1])
journal._write_all = lambda descriptor, data: (os.write(descriptor, data[: int(sys.argv[2])]), os._exit(9))
journal.append(at=datetime.now(UTC), people=[], phones=[], externals=[], after=0)
"""


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_process_that_dies_while_writing_leaves_a_journal_that_goes_on(
    journal_path: Path, cut: int
) -> None:
    before = written(2)
    done = subprocess.run([sys.executable, "-c", _DIE, str(journal_path), str(cut)], env=dict(os.environ))
    assert done.returncode == 9
    after = written(1)[0]
    assert journal.read() == journal.Journal((*before, after), ())


def test_a_journal_that_cannot_be_read_is_said_so_in_words(journal_path: Path) -> None:
    journal_path.mkdir(parents=True)
    with pytest.raises(Conflict, match=r"request\.journal_unreadable") as refused:
        journal.read()
    assert str(journal_path) in sentence(refused.value)
