"""Uploaded material: licences, letters, screenshots of what a carrier said. Sealed at rest, downloaded only by permission.

What a file is decides its content, never its name: PDF, JPEG, PNG, or OFD (GB/T 33190, the form of electronic licences).
Nothing is ever opened or unpacked here; of an OFD only the list of its parts is read. Whoever downloads a file gets it
as an attachment under a name that fits what it is.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePath

from django.db import connection, transaction

from xinfeng.filings import steps
from xinfeng.filings.models import DocumentPiece, FilingDocument, Subject
from xinfeng.foundation import audit
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

LARGEST_FILE = 10 << 20
MOST_DOCUMENTS = 20
"""Of one filing or qualification."""
PIECE_BYTES = 192 * 1024
_MOST_PARTS = 2_000
_LARGEST_UNPACKED = 200 << 20

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "ofd": "application/ofd",
}
"""By the extension that a kept file's name gets."""


def keep(
    subject: Subject, subject_id: int, chunks: Iterable[bytes], *, name: str, actor: str, now: datetime
) -> int:
    """Keep a file with a filing or a qualification; returns its id.

    Raises InvalidInput `file.empty`, `file.too_large` (at_most), `document.kind` (what it is can't be told, or is not
    taken), Conflict `document.too_many` (at_most). Then nothing is kept.
    """
    content = _collect(chunks)
    extension = kind_of(content)
    digest = hashlib.sha256(content).digest()
    with transaction.atomic():
        _take_turns(subject, subject_id)
        of_it = FilingDocument.objects.filter(subject=subject, subject_id=subject_id)
        if of_it.count() >= MOST_DOCUMENTS:
            raise Conflict("document.too_many", at_most=MOST_DOCUMENTS)
        document = FilingDocument.objects.create(
            subject=subject,
            subject_id=subject_id,
            name=safe_name(name, extension),
            media_type=MEDIA_TYPES[extension],
            size_bytes=len(content),
            sha256=digest,
            created_by=actor,
        )
        DocumentPiece.objects.bulk_create(
            DocumentPiece(document=document, number=number, sealed=_seal(document.pk, number, piece))
            for number, piece in enumerate(_pieces(content))
        )
        steps.note(
            subject,
            subject_id,
            "document",
            actor=actor,
            now=now,
            detail={"document": document.pk, "sha256": digest.hex(), "file_kind": extension},
        )
    return document.pk


def _take_turns(subject: Subject, subject_id: int) -> None:
    """Until the transaction ends: files that come at once for one thing are counted one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"filing documents {subject.value} {subject_id}"],
        )


def _collect(chunks: Iterable[bytes]) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > LARGEST_FILE:
            raise InvalidInput("file.too_large", at_most=LARGEST_FILE)
    if not content:
        raise InvalidInput("file.empty")
    return bytes(content)


def kind_of(content: bytes) -> str:
    """The extension that fits what a file is. Raises InvalidInput `document.kind`."""
    for extension, fits in _KINDS.items():
        if fits(content):
            return extension
    raise InvalidInput("document.kind", known=list(MEDIA_TYPES))


def _is_ofd(content: bytes) -> bool:
    """A package with OFD.xml at its root; only the directory at its end is read, nothing is unpacked."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False
    whole = sum(part.file_size for part in parts)
    harmless = len(parts) <= _MOST_PARTS and whole <= _LARGEST_UNPACKED
    return harmless and "OFD.xml" in {part.filename for part in parts}


_KINDS: Mapping[str, Callable[[bytes], bool]] = {
    "pdf": lambda content: content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:],
    "jpg": lambda content: (
        content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\x00").endswith(b"\xff\xd9")
    ),
    "png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in content[-16:],
    "ofd": _is_ofd,
}


def safe_name(name: str, extension: str) -> str:
    """What was uploaded as `name`, without folders, control characters and a false extension."""
    plain = "".join(
        one for one in PurePath(name.replace("\\", "/").replace("\x00", "")).name if one.isprintable()
    )
    stem = PurePath(plain).stem.strip(" .")[:120]
    return f"{stem or 'document'}.{extension}"


def documents_of(subject: Subject, subject_id: int) -> list[FilingDocument]:
    """The files of a filing or qualification, oldest first."""
    return list(FilingDocument.objects.filter(subject=subject, subject_id=subject_id).order_by("pk"))


def document_of(document_id: int) -> FilingDocument:
    """Raises NotFound `document.unknown`."""
    found = FilingDocument.objects.filter(pk=document_id).first()
    if found is None:
        raise NotFound("document.unknown", id=document_id)
    return found


def read(document: FilingDocument, *, actor: str) -> Iterator[bytes]:
    """The file as it came; audited. The door has checked the permission.

    Raises Conflict `document.changed` when what lies there is not what was kept; InvalidInput `vault.unreadable`.
    """
    digest = hashlib.sha256()
    for piece in _opened(document):
        digest.update(piece)
    if digest.digest() != bytes(document.sha256):
        raise Conflict("document.changed", id=document.pk)
    audit.record(
        actor=actor,
        action="filing.document_read",
        kind=f"filing_{document.subject}",
        subject=document.subject_id,
        document=document.pk,
    )
    return _opened(document)


def _opened(document: FilingDocument) -> Iterator[bytes]:
    for piece in document.pieces.order_by("number").iterator(chunk_size=4):
        head, _, content = vault().open(Kind.EXPORT, bytes(piece.sealed)).rpartition("|")
        if head != _head(document.pk, piece.number):
            raise Conflict("document.changed", id=document.pk)
        yield base64.b64decode(content)


def _pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), PIECE_BYTES):
        yield content[start : start + PIECE_BYTES]


def _seal(document_id: int, number: int, piece: bytes) -> bytes:
    text = f"{_head(document_id, number)}|{base64.b64encode(piece).decode()}"
    return vault().seal(Kind.EXPORT, text)


def _head(document_id: int, number: int) -> str:
    return f"filing document {document_id}|{number}"
