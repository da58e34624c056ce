"""What other implementations put on the wire is read as they meant it, and written as they write it."""

import pytest
from tests.protocols.conformance.dialects import DIALECTS
from tests.protocols.conformance.harness import Dialect, Vector, label, trouble

from xinfeng.kernel.errors import RemoteProtocolError

VECTORS = [(dialect, vector) for dialect in DIALECTS for vector in dialect.vectors]
BROKEN = [(dialect, vector) for dialect in DIALECTS for vector in dialect.broken]
WRITTEN = [pair for pair in VECTORS if pair[1].written is not None]
READ = [pair for pair in VECTORS if pair[1].batch]
ALIKE = [(dialect, plain, odd) for dialect in DIALECTS for plain, odd in dialect.alike]
TRAFFIC = ("submit_responses", "receipts", "replies", "submissions", "deliver_responses")


@pytest.mark.parametrize(("dialect", "vector"), VECTORS, ids=label)
def test_a_vector_says_what_its_authors_say(dialect: Dialect, vector: Vector) -> None:
    message = dialect.decode(vector.octets)
    assert {name: getattr(message, name) for name in vector.facts} == dict(vector.facts)


@pytest.mark.parametrize(("dialect", "vector"), [pair for pair in VECTORS if pair[1].exact], ids=label)
def test_a_vector_is_written_octet_by_octet(dialect: Dialect, vector: Vector) -> None:
    assert dialect.encode(dialect.decode(vector.octets)) == vector.octets


@pytest.mark.parametrize(("dialect", "vector"), READ, ids=label)
def test_the_bulk_path_reads_a_vector(dialect: Dialect, vector: Vector) -> None:
    batch = dialect.read(vector.octets)
    assert (batch.error, batch.consumed) == (None, len(vector.octets))
    assert {name: getattr(batch, name) for name in TRAFFIC if getattr(batch, name)} == dict(vector.batch)


@pytest.mark.parametrize(("dialect", "vector"), WRITTEN, ids=label)
def test_the_bulk_path_writes_a_vector(dialect: Dialect, vector: Vector) -> None:
    assert vector.written is not None
    assert vector.written() == vector.octets


def test_the_bulk_paths_are_held_to_vectors_in_both_directions(dialect: Dialect) -> None:
    """Submits, their answers and receipts at least."""
    read = {name for vector in dialect.vectors for name in vector.batch}
    written = {name for vector in dialect.vectors if vector.written for name in vector.batch}
    assert read >= {"submissions", "submit_responses", "receipts"}
    assert written >= {"submissions", "submit_responses"}


@pytest.mark.parametrize(("dialect", "vector"), VECTORS, ids=label)
def test_truncated_at_any_octet_a_vector_is_waited_for(dialect: Dialect, vector: Vector) -> None:
    whole = vector.octets
    for end in range(len(whole)):
        batch = dialect.read(whole + whole[:end])
        first = dialect.read(whole)
        if first.control is None:
            assert (batch.error, batch.consumed) == (None, len(whole))
        cut = dialect.read(whole[:end])
        assert (cut.error, cut.consumed, cut.control) == (None, 0, None)
        assert not any(getattr(cut, name) for name in TRAFFIC)
        with pytest.raises(RemoteProtocolError) as caught:
            dialect.decode(whole[:end])
        assert caught.value.code == f"{dialect.prefix}bad_length"


@pytest.mark.parametrize(("dialect", "vector"), VECTORS, ids=label)
def test_a_vector_of_any_other_length_is_read_or_malformed(dialect: Dialect, vector: Vector) -> None:
    """Never anything else, and the readable codec agrees with the bulk path."""
    whole = vector.octets + bytes(30)
    for size in range(dialect.header, len(whole)):
        octets = size.to_bytes(4, "big") + whole[4:size]
        batch = dialect.read(octets)
        told = trouble(batch)
        if told is None:
            assert batch.consumed == size
            dialect.decode(octets)
        else:
            assert told.code in {f"{dialect.prefix}malformed", f"{dialect.prefix}bad_length"}
            with pytest.raises(RemoteProtocolError) as caught:
                dialect.decode(octets)
            assert caught.value.code == told.code


@pytest.mark.parametrize(("dialect", "vector"), BROKEN, ids=label)
def test_a_message_that_breaks_the_rules_is_a_typed_error(dialect: Dialect, vector: Vector) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        dialect.decode(vector.octets)
    told = trouble(dialect.read(vector.octets))
    assert told is not None
    assert caught.value.code == told.code == vector.facts["code"]


@pytest.mark.parametrize(("dialect", "plain", "odd"), ALIKE, ids=label)
def test_unknown_and_broken_options_change_nothing(dialect: Dialect, plain: bytes, odd: bytes) -> None:
    expected, batch = dialect.read(plain), dialect.read(odd)
    assert (batch.error, batch.consumed) == (None, len(odd))
    assert expected.error is None
    for name in TRAFFIC:
        assert getattr(batch, name) == getattr(expected, name)
    dialect.decode(odd)
