"""The inspection archive: its form. Built and sealed as a proof bundle (`consent.bundle`), with these files:

    report.html          the whole account for people, in Chinese and English; opens without a network
    account.json         the same sums for programs
    <table>.jsonl        rows, one canonical JSON object a line
    <table>.csv          the same for people: UTF-8 with BOM, no cell is a formula
    entries.jsonl        (audit log) the canonical lines that seals were made over
    seals.jsonl          (audit log) the seals that cover them
    manifest.json        who drew it up, when, why and about what; rows, size and SHA-256 of every file; the public key
    signature.json       Ed25519 over "xinfeng-inspection-1 manifest\\n" and the bytes of manifest.json

The file's comment is `XINFENG-SEAL-1 ` and an Ed25519 signature over "xinfeng-inspection-1 file\\n" and the SHA-256 of
everything before it. Pure: checking one needs neither database nor settings.
"""

from __future__ import annotations

import re

from xinfeng.consent.bundle import form

FORMAT = "xinfeng-inspection"
VERSION = 1
MANIFEST, SIGNATURE = form.MANIFEST, form.SIGNATURE
KINDS = ("inspection", "audit")
NEEDED: tuple[str, ...] = ()
"""What it must hold depends on its kind; `checking` sees to that."""
SIGNED_MANIFEST = b"xinfeng-inspection-1 manifest\n"
SIGNED_FILE = b"xinfeng-inspection-1 file\n"
SEAL, SEAL_BYTES = form.SEAL, form.SEAL_BYTES

REPORT, ACCOUNT, AUDIT_ENTRIES, AUDIT_SEALS = "report.html", "account.json", "entries.jsonl", "seals.jsonl"

NEEDED_BY_KIND = {
    "inspection": (REPORT, ACCOUNT, "messages.jsonl", "consents.jsonl", "opt_outs.jsonl", "complaints.jsonl"),
    "audit": (AUDIT_ENTRIES, AUDIT_SEALS),
}

_is_file_name = re.compile(r"report\.html|account\.json|[a-z][a-z_]{0,30}\.(jsonl|csv|xlsx)").fullmatch


def is_file_name(name: str) -> bool:
    """Whether an archive may hold a file of this name besides manifest and signature."""
    return _is_file_name(name) is not None
