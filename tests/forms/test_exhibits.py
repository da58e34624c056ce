"""What a proof bundle shows of the form somebody agreed on."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from tests.factories import phone
from tests.forms.world import NOW, make_form, submit

from xinfeng.consent.bundle.checking import verify_bundle
from xinfeng.consent.bundles import person_bundle
from xinfeng.consent.exhibits import Reference, exhibitors
from xinfeng.consent.models import ConsentEntry
from xinfeng.contacts.models import Contact
from xinfeng.forms.exhibits import EXHIBITORS
from xinfeng.forms.models import Form, Submission
from xinfeng.foundation.vault import vault

pytestmark = pytest.mark.usefixtures("db")

SUBMISSIONS, PAGES = EXHIBITORS


def agreed(form: Form) -> ConsentEntry:
    """The entry that somebody's "yes" on the form left."""
    number = phone()
    submit(form, number, name="王小明")
    contact = Contact.objects.get(phone_index=vault().phone_index(number))
    return ConsentEntry.objects.get(contact_id=contact.pk, purpose="marketing")


def reference(entry: ConsentEntry) -> Reference:
    return Reference(entry.pk, entry.contact_id, entry.source, entry.evidence)


def test_a_bundle_holds_the_page_she_read_and_its_digest_is_the_one_in_the_ledger(tmp_path: Path) -> None:
    entry = agreed(make_form())
    target = tmp_path / "proof.zip"
    person_bundle(entry.contact_id, target=target, reason="监管来函", reveal=False, actor="he", now=NOW)
    assert verify_bundle(target).faults == ()
    with zipfile.ZipFile(target) as archive:
        [page] = [json.loads(line) for line in archive.read("evidence/form_pages.jsonl").splitlines()]
        [sent] = [json.loads(line) for line in archive.read("evidence/form_submissions.jsonl").splitlines()]
    digest = hashlib.sha256(page["page"].encode()).hexdigest()
    assert digest == page["page_sha256"] == sent["page_sha256"]
    assert f"sha256:{digest};" in entry.evidence
    assert "双十一抽奖" in page["page"] and "回复 R 即可退订" in page["page"]
    assert (sent["seq"], sent["ticked"], sent["granted"]) == (entry.pk, ["marketing"], ["marketing"])
    assert sent["confirmed_by_code"] is False


def test_exhibits_name_nobody() -> None:
    entry = agreed(make_form())
    submission = Submission.objects.get(contact_id=entry.contact_id)
    shown = json.dumps(
        [*SUBMISSIONS.shown([reference(entry)]), *PAGES.shown([reference(entry)])], ensure_ascii=False
    )
    assert "王小明" not in shown and str(submission.public_id) not in shown
    assert bytes(submission.address_index).hex() not in shown


def test_one_page_is_shown_once_for_everybody_who_read_it() -> None:
    form = make_form()
    references = [reference(agreed(form)) for _ in range(3)] + [reference(agreed(make_form()))]
    assert len(list(SUBMISSIONS.shown(references))) == 4
    assert len(list(PAGES.shown(references))) == 2


def test_references_to_something_else_show_nothing() -> None:
    entry = agreed(make_form())
    there = reference(entry)
    strangers = [
        Reference(1, 1, there.source, "submission 999999999; version 1"),
        Reference(2, 1, there.source, f"submission {'9' * 40}; version 1"),
        Reference(3, 1, "form:another", there.evidence),
        Reference(4, 1, "import:file", there.evidence),
        Reference(5, 1, there.source, "order form 17"),
        Reference(6, 1, there.source, "submission 1' or '1'='1; version 1"),
    ]
    assert list(SUBMISSIONS.shown(strangers)) == list(PAGES.shown(strangers)) == []


def test_bundles_find_them_by_themselves() -> None:
    assert set(EXHIBITORS) <= set(exhibitors())
