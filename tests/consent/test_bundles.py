"""Proof bundles: what is in them, and that nobody can change anything in one unnoticed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.factories import NOW, make_contact, make_contacts, make_notice

from xinfeng.consent import actions
from xinfeng.consent.actions import append_entries
from xinfeng.consent.bundle import checking, form
from xinfeng.consent.bundle.checking import Fault, verify_bundle
from xinfeng.consent.bundle.writing import BundleWriter
from xinfeng.consent.bundles import person_bundle
from xinfeng.consent.ledger import NewEntry
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.signing import Signer, read_signer, signer
from xinfeng.kernel.errors import InvalidInput, NotFound

DAY = timedelta(days=1)


def draw_up(folder: Path, contact: int, *, reveal: bool = False) -> Path:
    target = folder / "proof.zip"
    person_bundle(contact, target=target, reason="监管来函 2026-77", reveal=reveal, actor="he", now=NOW + DAY)
    return target


def make_person(*, text: str = "每月至多四条") -> int:
    """Somebody who agreed twice, said no once, and other people's entries between."""
    contact = make_contact(consent=(), phone="13912345678")
    notice = make_notice()
    with bulk_transaction() as raw:
        given = NewEntry(contact, "marketing", True, NOW, "form:春季", notice.pk, "form:春季/17", "form")
        append_entries(raw, [given, given._replace(purpose="service", notice_id=None)], now=NOW)
    make_contacts(3)
    actions.suppress_contact(
        contact, scope="marketing", reason="complaint", source="12321", actor="he", now=NOW
    )
    return contact


def unpack(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def codes(path: Path, *, trusted_key: str | None = None) -> set[str]:
    return {fault.code for fault in verify_bundle(path, trusted_key=trusted_key).faults}


def forge(
    path: Path, target: Path, change: Callable[[dict[str, bytes]], None], *, key: Signer | None = None
) -> Path:
    """The same files changed and packed again with the same tools; signed by `key`, if the forger has one."""
    files = unpack(path)
    manifest = json.loads(files.pop(form.MANIFEST))
    files.pop(form.SIGNATURE)
    change(files)
    for name in ("format", "version", "files", "public_key"):
        manifest.pop(name)
    with BundleWriter(target, key or signer()) as writer:
        for name, content in files.items():
            writer.add(name, [content])
        writer.seal(manifest)
    return target


def test_a_bundle_holds_everything_about_a_person_and_verifies(db: None, tmp_path: Path) -> None:
    contact = make_person()
    path = draw_up(tmp_path, contact)
    assert path.stat().st_mode & 0o777 == 0o600
    report = verify_bundle(path, trusted_key=signer().fingerprint)
    assert report.faults == ()
    assert (report.kind, report.entries, report.persons, report.links) == ("person", 3, 1, 1)
    assert (report.drawn_up_by, report.reason, report.key_trusted) == ("he", "监管来函 2026-77", True)
    files = unpack(path)
    manifest = json.loads(files["manifest.json"])
    assert manifest["subject"]["number"] == ["139****5678"]
    assert manifest["counts"] == {
        "entries": 3,
        "notices": 1,
        "persons": 1,
        "recipients": 0,
        "suppressions": 1,
    }
    assert files[manifest["notices"][0]["file"]].decode() == "我们会……"
    assert json.loads(files["suppressions.jsonl"])["reason"] == "complaint"
    page = files["report.html"].decode()
    assert "监管来函 2026-77" in page
    assert signer().fingerprint in page
    assert b"13912345678" not in b"".join(files.values())


def test_the_number_is_in_the_clear_only_where_it_was_asked_for(db: None, tmp_path: Path) -> None:
    contact = make_person()
    manifest = json.loads(unpack(draw_up(tmp_path, contact, reveal=True))["manifest.json"])
    assert manifest["subject"]["number"] == ["13912345678"]
    assert AuditEntry.objects.get(action="proof.person").detail["revealed"] is True


def test_rows_merged_into_a_person_are_part_of_her_proof(db: None, tmp_path: Path) -> None:
    one, other = make_contact(), make_contact(consent=("marketing", "service"))
    Contact.objects.filter(pk=other).update(state=ContactState.MERGED, merged_into=one)
    for asked in (one, other):
        report = verify_bundle(draw_up(tmp_path, asked))
        assert (report.faults, report.entries, report.persons) == ((), 3, 2)


def test_a_person_nobody_knows_and_a_proof_without_a_reason(db: None, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        draw_up(tmp_path, 99)
    with pytest.raises(InvalidInput, match="no_reason"):
        person_bundle(make_contact(), target=tmp_path / "x", reason=" ", reveal=False, actor="he", now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_what_people_typed_cannot_become_markup(db: None, tmp_path: Path) -> None:
    contact = make_contact(consent=())
    with bulk_transaction() as raw:
        entry = NewEntry(contact, "marketing", True, NOW, "<script>a</script>", None, '"><img src=x>', "x")
        append_entries(raw, [entry], now=NOW)
    page = unpack(draw_up(tmp_path, contact))["report.html"]
    assert b"<script>" not in page
    assert b"<img" not in page


def test_every_flipped_byte_is_noticed(db: None, tmp_path: Path) -> None:
    path = draw_up(tmp_path, make_person())
    whole = path.read_bytes()
    places = {*range(80), *range(80, len(whole), 11), *range(len(whole) - 300, len(whole))}
    for at in sorted(places):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        assert codes(path), f"the byte at {at} was changed"
    path.write_bytes(whole)
    assert codes(path) == set()


def test_every_truncated_or_extended_file_is_noticed(db: None, tmp_path: Path) -> None:
    path = draw_up(tmp_path, make_person())
    whole = path.read_bytes()
    for size in [*range(0, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:size])
        assert codes(path), f"only {size} bytes are left"
    for longer in (whole + b"\x00", b"#!/bin/sh\n" + whole, whole + whole, whole[:500] + b"x" + whole[500:]):
        path.write_bytes(longer)
        assert codes(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06" + bytes(18), b"%PDF-1.7" * 100, b"{}", os.urandom(5_000)]
)
def test_files_that_are_no_bundles(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert codes(path) == {"not_a_bundle"}
    assert codes(tmp_path / "none.zip") == {"unreadable"}


def _rewrite(name: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], None]:
    def rewrite(files: dict[str, bytes]) -> None:
        files[name] = change(files[name])

    return rewrite


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_rewrite("entries.jsonl", lambda raw: raw.replace(b'"granted":true', b'"granted":false', 1)), "entry_hash"),
        (_rewrite("entries.jsonl", lambda raw: b"".join(reversed(raw.splitlines(keepends=True)))), "entry_order"),
        (_rewrite("entries.jsonl", lambda raw: raw + raw.splitlines(keepends=True)[-1]), "entry_order"),
        (_rewrite("entries.jsonl", lambda raw: b"".join(raw.splitlines(keepends=True)[1:])), "count"),
        (_rewrite("entries.jsonl", lambda raw: raw.replace(b'{"actor"', b'{ "actor"', 1)), "entry_unreadable"),
        (_rewrite("entries.jsonl", lambda raw: raw.replace(b'"seq":', b'"seq":1e', 1)), "entry_unreadable"),
        (_rewrite("entries.jsonl", lambda raw: b"[" * 90_000 + raw), "entry_unreadable"),
        (_rewrite("entries.jsonl", lambda raw: b"\xff\n" + raw), "entry_unreadable"),
        (lambda files: [files.pop(name) for name in list(files) if "notices" in name], "notice"),
        (lambda files: files.pop("entries.jsonl"), "missing"),
    ],
)  # fmt: skip
def test_even_the_keys_owner_cannot_change_what_was_said(
    db: None, tmp_path: Path, change: Callable[[dict[str, bytes]], object], code: str
) -> None:
    path = draw_up(tmp_path, make_person())

    def apply(files: dict[str, bytes]) -> None:
        change(files)

    assert code in codes(forge(path, tmp_path / "forged.zip", apply))


def test_a_broken_link_between_neighbours_is_found(db: None, tmp_path: Path) -> None:
    path = draw_up(tmp_path, make_person())

    def rehash(raw: bytes) -> bytes:
        """A forger who computes hashes anew, but cannot do so for the entries behind."""
        lines = raw.splitlines(keepends=True)
        one = form.read_entry(lines[0])
        entry = one.entry._replace(source="form:夏季")
        fitting = form.entry_hash(
            seq=one.seq, recorded_at=one.recorded_at, entry=entry, prev_hash=one.prev_hash
        )
        lines[0] = form.entry_line(form.BundleEntry(one.seq, one.recorded_at, entry, one.prev_hash, fitting))
        return b"".join(lines)

    assert "entry_link" in codes(forge(path, tmp_path / "f.zip", _rewrite("entries.jsonl", rehash)))


def test_somebody_elses_key_is_found_when_the_right_one_is_named(db: None, tmp_path: Path) -> None:
    path = draw_up(tmp_path, make_person())
    forged = forge(path, tmp_path / "f.zip", lambda files: None, key=read_signer(tmp_path / "forger.pem"))
    assert codes(forged) == set()
    assert codes(forged, trusted_key=signer().fingerprint) == {"key"}
    assert codes(path, trusted_key="0000") == {"key"}


def packed(target: Path, add: Callable[[zipfile.ZipFile], None], *, manifest: bytes = b"{}") -> Path:
    """A zip of somebody who knows the format: what `add` puts in, and a seal that looks right."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(form.MANIFEST, manifest)
        archive.writestr(form.SIGNATURE, b"{}")
        add(archive)
        archive.comment = form.SEAL + b"0" * 128
    target.write_bytes(buffer.getvalue())
    return target


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../../etc/passwd", "path"),
        ("/etc/passwd", "path"),
        ("notices/../../x.txt", "path"),
        ("C:evil", "path"),
        ("notices/", "path"),
        ("run.sh", "extra"),
        ("notices/x.txt", "extra"),
        ("evidence/a/b.jsonl", "extra"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, code: str) -> None:
    path = packed(tmp_path / "x.zip", lambda archive: archive.writestr(name, b"x"))
    assert code in codes(path)
    assert [one.name for one in tmp_path.iterdir()] == ["x.zip"]


def test_a_name_of_nothing_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", lambda archive: archive.writestr("Q.txt", b"x"))
    path.write_bytes(path.read_bytes().replace(b"Q.txt", b"\0.txt"))
    assert "path" in codes(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    def add(archive: zipfile.ZipFile) -> None:
        for _ in range(2):
            archive.writestr("entries.jsonl", b"")

    assert "duplicate" in codes(packed(tmp_path / "x.zip", add))


def test_bombs_are_refused_without_being_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = b"\x00" * (64 << 20)
    small = packed(tmp_path / "a.zip", lambda archive: None, manifest=bomb)
    assert codes(small) == {"too_large"}
    key = read_signer(tmp_path / "k.pem")
    with BundleWriter(tmp_path / "b.zip", key) as writer:
        writer.add("entries.jsonl", [bomb])
        for name in ("suppressions.jsonl", "report.html"):
            writer.add(name, [b""])
        nothing = dict.fromkeys(("entries", "persons", "recipients", "notices", "suppressions"), 0)
        writer.seal({
            "kind": "person", "subject": {}, "ledger": {"head_seq": 0, "head_hash": ""}, "counts": nothing,
            "drawn_up": {"at": form.spell_time(NOW), "by": "x", "reason": "x"}, "notices": [],
        })  # fmt: skip
    assert codes(tmp_path / "b.zip") == {"too_large"}
    monkeypatch.setattr(checking, "LARGEST_DIRECTORY", 100)
    assert Fault("too_large", "zip") in verify_bundle(tmp_path / "b.zip").faults


@pytest.mark.parametrize(
    "manifest",
    [b"[]", b"{", b"\xff", b"[" * 100_000, b'{"format":"xinfeng-bundle","version":1}', b'{"format":"other"}',
     b'{"format":"xinfeng-bundle","version":2}'],
)  # fmt: skip
def test_manifests_that_say_nothing(tmp_path: Path, manifest: bytes) -> None:
    found = codes(packed(tmp_path / "x.zip", lambda archive: None, manifest=manifest))
    assert found & {"manifest", "not_a_bundle", "version"}


@pytest.mark.parametrize("head", [float("inf"), float("nan"), 1.0, True, "1", None])
def test_a_head_of_the_ledger_that_is_no_number(db: None, tmp_path: Path, head: object) -> None:
    files = unpack(draw_up(tmp_path, make_person()))
    manifest = json.loads(files.pop(form.MANIFEST))
    files.pop(form.SIGNATURE)
    manifest["ledger"]["head_seq"] = head
    for name in ("format", "version", "files", "public_key"):
        manifest.pop(name)
    target = tmp_path / "x.zip"
    with BundleWriter(target, signer()) as writer:
        for name, content in files.items():
            writer.add(name, [content])
        writer.seal(manifest)
    assert "manifest" in codes(target)


def test_checking_loads_neither_a_database_nor_the_web(tmp_path: Path) -> None:
    probe = (
        "import sys; from xinfeng.consent.bundle.checking import verify_bundle; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'django', 'psycopg', 'duckdb', 'ibis'}))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
