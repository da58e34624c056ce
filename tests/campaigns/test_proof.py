"""A campaign's proof: every recipient with the entry relied on, checked offline."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.campaigns.factories import NOON, jobs, make_campaign, planned
from tests.consent.test_bundles import forge
from tests.factories import make_contact, make_contacts

from xinfeng.campaigns.proof import campaign_bundle, draw_up_proof, request_proof
from xinfeng.consent import actions, proof_files
from xinfeng.consent.bundle.checking import verify_bundle
from xinfeng.consent.ledger_checks import last_check, progress, request_check, run_check
from xinfeng.consent.models import ProofState
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.signing import signer
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import close_lens

BEFORE = NOON - timedelta(days=40)
WHY = "通道要求提供授权证明"


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def planned_for(count: int) -> tuple[int, list[int]]:
    """A campaign that is planned for so many, among others who are left out or came later."""
    contacts = make_contacts(count, at=BEFORE, consent=("marketing", "service"))
    make_contact(consent=())
    campaign = planned()
    make_contacts(2)
    return campaign.pk, contacts


def ask(campaign: int, *, reveal: bool = False, reason: str = WHY) -> int:
    return int(request_proof(campaign, reason=reason, reveal=reveal, actor="he", now=NOON).pk)


def recipients(path: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read("recipients.csv").decode())))


def test_the_proof_names_every_recipient_with_her_entry() -> None:
    campaign, contacts = planned_for(3)
    run_check(now=NOON)
    proof_id = ask(campaign)
    assert ("campaigns.draw_up_proof", "todo") in jobs()
    done = draw_up_proof(proof_id, now=NOON)
    assert done.state == ProofState.DONE
    path = proof_files.fetch(proof_id, actor="he")
    report = verify_bundle(path, trusted_key=signer().fingerprint)
    assert report.faults == ()
    assert (report.kind, report.entries, report.recipients, report.persons) == ("campaign", 3, 3, 3)
    rows = recipients(path)
    assert [int(row["contact"]) for row in rows] == contacts
    assert all(row["number"].count("*") == 4 for row in rows)
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["subject"]["name"] == "双十一"
    assert manifest["ledger"]["check"]["whole"] is True
    assert [one.action for one in AuditEntry.objects.filter(action__startswith="proof.").order_by("id")] == [
        "proof.campaign",
        "proof.drawn_up",
        "proof.fetch",
    ]


def test_numbers_are_in_the_clear_where_it_was_asked_for_and_withheld_messages_say_so(tmp_path: Path) -> None:
    campaign, contacts = planned_for(2)
    actions.suppress_contact(
        contacts[0], scope="marketing", reason="complaint", source="x", actor="x", now=NOON
    )
    target = tmp_path / "p.zip"
    campaign_bundle(campaign, target=target, reason=WHY, reveal=True, actor="he", now=NOON)
    assert verify_bundle(target).faults == ()
    assert all(len(row["number"]) == 11 and row["number"].isdigit() for row in recipients(target))
    with zipfile.ZipFile(target) as archive:
        assert json.loads(archive.read("suppressions.jsonl"))["recipients"] == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[:-1], "count"),
        (lambda rows: [*rows, rows[-1]], "count"),
        (lambda rows: [rows[0], rows[1].replace(b",1,", b",99,", 1), *rows[2:]], "recipient_entry"),
        (lambda rows: [rows[0], b"1,2\n", *rows[2:]], "recipient_unreadable"),
        (lambda rows: rows[1:], "recipient_unreadable"),
        (lambda rows: [rows[0], rows[1].replace(rows[1].split(b",")[5], b"0"), *rows[2:]], "recipient_entry"),
    ],
)
def test_a_list_of_recipients_that_does_not_fit_its_entries_is_found(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], code: str
) -> None:
    campaign, _ = planned_for(2)
    target = tmp_path / "p.zip"
    campaign_bundle(campaign, target=target, reason=WHY, reveal=False, actor="he", now=NOON)

    def apply(files: dict[str, bytes]) -> None:
        files["recipients.csv"] = b"".join(change(files["recipients.csv"].splitlines(keepends=True)))

    forged = forge(target, tmp_path / "f.zip", apply)
    assert code in {fault.code for fault in verify_bundle(forged).faults}


def test_proofs_that_cannot_be_asked_for() -> None:
    campaign, _ = planned_for(1)
    with pytest.raises(NotFound):
        ask(campaign + 1)
    with pytest.raises(Conflict, match="not_planned"):
        ask(make_campaign().pk)
    with pytest.raises(InvalidInput, match="no_reason"):
        ask(campaign, reason=" ")
    first = ask(campaign)
    with pytest.raises(Conflict, match="under_way"):
        ask(campaign)
    with pytest.raises(NotFound, match="file_gone"):
        proof_files.fetch(first, actor="he")
    draw_up_proof(first, now=NOON)
    ask(campaign)


def test_files_of_proofs_go_after_a_week_and_their_rows_stay() -> None:
    campaign, _ = planned_for(1)
    proof_id = ask(campaign)
    path = Path(draw_up_proof(proof_id, now=NOON).file_path)
    assert proof_files.remove_old(now=NOON + timedelta(days=6)) == 0
    assert path.exists()
    assert proof_files.remove_old(now=NOON + timedelta(days=8)) == 1
    assert not path.exists()
    kept = proof_files.of(proof_id)
    assert (kept.state, len(kept.file_sha256)) == (ProofState.REMOVED, 64)
    assert draw_up_proof(proof_id, now=NOON).state == ProofState.REMOVED


def test_a_proof_that_a_crash_interrupted_is_begun_again() -> None:
    campaign, _ = planned_for(1)
    proof_id = ask(campaign)
    (proof_files.folder() / f"campaign-{proof_id}.zip").write_bytes(b"half a zip")
    proof = proof_files.of(proof_id)
    proof.state = ProofState.WRITING
    proof.save()
    assert verify_bundle(Path(draw_up_proof(proof_id, now=NOON).file_path)).whole


def test_the_ledger_is_checked_on_demand_and_remembered() -> None:
    make_contacts(3)
    assert last_check() is None
    request_check(actor="he")
    request_check(actor="he")
    waiting = progress()
    assert waiting is not None
    assert (waiting.requested_by, waiting.in_all) == ("he", 3)
    assert [one for one in jobs() if one[0] == "consent.check_ledger"] == [("consent.check_ledger", "todo")]
    run_check(now=NOON)
    found = last_check()
    assert found is not None
    assert (found.at, found.entries, found.whole) == (NOON, 3, True)
    assert progress() is None
