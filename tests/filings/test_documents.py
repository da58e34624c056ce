"""Uploaded material, among it hostile files."""

from __future__ import annotations

import io
import threading
import zipfile

import pytest
from django.db import connection
from tests.filings.factories import NOW
from tests.patience import PATIENCE_S

from xinfeng.filings import documents
from xinfeng.filings.models import DocumentPiece, FilingDocument, FilingStep, Subject
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import Conflict, InvalidInput

PDF = b"%PDF-1.7\n" + b"licence " * 60_000 + b"\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPG = b"\xff\xd8\xff\xe0" + b"\x00" * 64 + b"\xff\xd9"


def package(*parts: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return file.getvalue()


OFD = package(("OFD.xml", b"<ofd/>"), ("Doc_0/Document.xml", b"<d/>"))


def keep(content: bytes, *, name: str = "营业执照.pdf") -> int:
    chunks = (content[start : start + 65_536] for start in range(0, len(content), 65_536))
    return documents.keep(Subject.SIGNATURE, 1, chunks, name=name, actor="he", now=NOW)


@pytest.mark.usefixtures("db")
def test_a_file_lies_sealed_and_comes_back_as_it_came() -> None:
    document = documents.document_of(keep(PDF))
    assert (document.media_type, document.size_bytes) == ("application/pdf", len(PDF))
    pieces = [bytes(one.sealed) for one in DocumentPiece.objects.filter(document=document)]
    assert len(pieces) == 3
    assert not any(b"licence" in piece for piece in pieces)
    assert b"".join(documents.read(document, actor="he")) == PDF
    assert AuditEntry.objects.filter(action="filing.document_read", actor="he").exists()
    assert FilingStep.objects.filter(action="document").exists()


@pytest.mark.parametrize(("content", "extension"), [(PDF, "pdf"), (PNG, "png"), (JPG, "jpg"), (OFD, "ofd")])
def test_what_a_file_is_says_its_content(content: bytes, extension: str) -> None:
    assert documents.kind_of(content) == extension


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"\n%PDF-1.7 behind a line",
        b"%PDF-1.7 cut off",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ\x90\x00",
        b"PK\x03\x04 no directory",
        package(("xl/workbook.xml", b"<w/>")),
        package(("evil.exe", b"MZ")),
        b"GIF89a",
        b"\x00",
    ],
)
def test_anything_else_is_refused_whatever_it_is_called(content: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        documents.kind_of(content)
    assert refused.value.code == "document.kind"


def test_a_bomb_in_a_package_is_refused_by_its_directory() -> None:
    bomb = package(("OFD.xml", b"<ofd/>"), ("Doc_0/big.xml", b"\x00" * (201 << 20)))
    assert len(bomb) < 1 << 20
    with pytest.raises(InvalidInput):
        documents.kind_of(bomb)
    many = package(("OFD.xml", b""), *((f"p{number}", b"") for number in range(2_001)))
    with pytest.raises(InvalidInput):
        documents.kind_of(many)


@pytest.mark.usefixtures("db")
def test_a_huge_file_is_refused_before_it_is_read_to_its_end() -> None:
    read = 0

    def endless() -> object:
        nonlocal read
        yield b"%PDF-"
        while True:
            read += 1 << 20
            yield b"\x00" * (1 << 20)

    with pytest.raises(InvalidInput) as refused:
        documents.keep(Subject.SIGNATURE, 1, endless(), name="a.pdf", actor="he", now=NOW)  # type: ignore[arg-type]
    assert refused.value.code == "file.too_large"
    assert read <= documents.LARGEST_FILE + (1 << 20)
    assert not FilingDocument.objects.exists()


@pytest.mark.usefixtures("db")
def test_an_empty_file_and_one_too_many_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"file\.empty"):
        keep(b"")
    for _ in range(documents.MOST_DOCUMENTS):
        keep(PNG)
    with pytest.raises(Conflict, match=r"document\.too_many"):
        keep(PNG)


def test_files_that_come_at_once_are_no_more_than_may_be(committed_db: str) -> None:
    for _ in range(documents.MOST_DOCUMENTS - 1):
        keep(PNG)
    start = threading.Barrier(4)
    kept: list[int] = []

    def one_more() -> None:
        try:
            start.wait(PATIENCE_S)
            kept.append(keep(PNG))
        except Conflict:
            return
        finally:
            connection.close()

    people = [threading.Thread(target=one_more) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(kept) == 1
    assert FilingDocument.objects.count() == documents.MOST_DOCUMENTS


@pytest.mark.usefixtures("db")
def test_a_piece_that_was_exchanged_is_noticed() -> None:
    one, other = documents.document_of(keep(PNG)), documents.document_of(keep(JPG))
    foreign = DocumentPiece.objects.get(document=other).sealed
    DocumentPiece.objects.filter(document=one).update(sealed=foreign)
    with pytest.raises(Conflict, match=r"document\.changed"):
        documents.read(one, actor="he")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("营业执照.html", "营业执照.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\a\\b.exe", "b.pdf"),
        ("x\r\nSet-Cookie: a=b.pdf", "xSet-Cookie: a=b.pdf"),
        ("a\x00.php", "a.pdf"),
        ("...", "document.pdf"),
        ("名" * 300, "名" * 120 + ".pdf"),
    ],
)
def test_names_are_harmless(given: str, kept: str) -> None:
    assert documents.safe_name(given, "pdf") == kept
