"""What partners pass on is taken only under a contract, within it, and with a proof for every row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.consent.test_contracts import TERMS
from tests.factories import NOW, make_contact, phone
from tests.intake.test_import import contact_of, may_write, numbers, receive, take

from xinfeng.consent import contracts
from xinfeng.consent.actions import OptOut, record_opt_outs, suppress_numbers
from xinfeng.consent.reads import entries_of
from xinfeng.contacts.models import Contact, Tag
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.intake import actions, reads
from xinfeng.intake.claims import ConsentClaim
from xinfeng.intake.models import ImportJob, ImportState
from xinfeng.kernel.errors import XinfengError

CLAIM = ConsentClaim("marketing", source="晨光会员页", given_at=NOW)
MAPPING = {"手机号": "phone", "姓名": "name", "凭证": "consent_evidence"}
FILE = "手机号,姓名,凭证\n13800138000,王,CG-1\n13800138001,李,\n13800138002,赵,CG-3\n"


def agree(**change: Any) -> int:
    terms = replace(TERMS, **change)
    return int(contracts.file_contract(terms, [b"signed"], file_name="c.pdf", actor="li", now=NOW).pk)


def test_a_partners_file_is_taken_with_its_contract_in_evidence(db: None) -> None:
    done = take(FILE, consent=CLAIM, contract_id=agree(), mapping=MAPPING)
    assert (done.state, numbers(done)) == ("done", (2, 0, 0, 1))
    contact = contact_of("13800138000")
    [entry] = entries_of(contact.pk)
    assert (entry.evidence, entry.source) == ("XF-2026-017: CG-1", "import:晨光会员页")
    assert set(Tag.objects.filter(pk__in=contact.tags).values_list("name", flat=True)) == {
        "门店",
        "partner:晨光文具",
    }


def test_a_row_without_a_proof_is_refused_in_words(db: None) -> None:
    batch = replace(CLAIM, evidence="整批说明")
    done = take(FILE, consent=batch, contract_id=agree(), mapping=MAPPING)
    [row] = reads.rejections(done.id)
    assert (row.line, row.code) == (3, "partner.no_proof")
    assert "凭证" in row.reason("zh-hans")
    assert "proof" in row.reason("en")
    assert not Contact.objects.filter(phone_index=vault().phone_index("13800138001")).exists()


@pytest.mark.parametrize(
    ("change", "given", "code"),
    [
        ({"ends_on": date(2026, 11, 19)}, {}, "contract.not_in_force"),
        ({"starts_on": date(2026, 11, 21)}, {}, "contract.not_in_force"),
        ({}, {"consent": None, "mapping": {"手机号": "phone"}}, "partner.no_claim"),
        ({}, {"consent": replace(CLAIM, purpose="service")}, "partner.purpose"),
        (
            {},
            {"consent": replace(CLAIM, evidence="x"), "mapping": {"手机号": "phone"}},
            "partner.no_proof_column",
        ),
        ({"fields": ["phone"]}, {}, "partner.fields"),
        ({}, {"mapping": {**MAPPING, "姓名": "new:text"}}, "partner.fields"),
        ({}, {"contract_id": 0}, "contract.unknown"),
    ],
)
def test_a_file_outside_its_contract_is_not_started(
    db: None, change: dict[str, Any], given: dict[str, Any], code: str
) -> None:
    options = {"consent": CLAIM, "mapping": MAPPING, "contract_id": agree(**change)} | given
    with pytest.raises(XinfengError) as caught:
        take(FILE, **options)
    assert caught.value.code == code
    assert ImportJob.objects.get().state == ImportState.MAPPING


def test_events_and_reserved_sources_are_refused(db: None) -> None:
    with pytest.raises(XinfengError, match="not_for_events"):
        take("手机号,行为,时间\n13800138000,购买,2026-01-01\n", kind="events", contract_id=agree())
    with pytest.raises(XinfengError, match="source_reserved"):
        take(FILE, consent=CLAIM, mapping=MAPPING, source="partner:别人")


def test_a_contract_that_ends_before_the_import_runs_stops_it(db: None) -> None:
    contract, job = agree(), receive(FILE)
    actions.start_import(
        job, mapping=MAPPING, source="门店", consent=CLAIM, contract_id=contract, actor="li", now=NOW
    )
    contracts.end_contract(contract, reason="停止合作", actor="li", now=NOW)
    actions.run_import(job, now=NOW)
    done = reads.progress(job)
    assert (done.state, done.fault, done.rows_new) == ("failed", "contract.not_in_force", 0)


def test_evidence_that_names_the_person_is_refused(db: None) -> None:
    done = take("手机号,凭证\n13800138000,录音 13800138000\n", contract_id=agree(), consent=CLAIM, mapping={
        "手机号": "phone", "凭证": "consent_evidence"
    })  # fmt: skip
    assert [row.code for row in reads.rejections(done.id)] == ["consent.evidence_identifies"]


def test_a_partners_file_never_brings_an_opt_out_back(db: None) -> None:
    number = phone()
    contact = make_contact(phone=number)
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(vault().phone_index(number), None, NOW, "reply")], now=NOW)
    take(f"手机号,凭证\n{number},CG-9\n", consent=CLAIM, contract_id=agree(), mapping={
        "手机号": "phone", "凭证": "consent_evidence"
    })  # fmt: skip
    assert not may_write(contact)


@pytest.mark.parametrize(("reason", "taken"), [("erased", False), ("manual", True), ("opt_out", True)])
def test_only_who_was_erased_is_kept_out_by_her_suppression(db: None, reason: str, taken: bool) -> None:
    index = vault().phone_index("13800138000")
    suppress_numbers([index], scope="all", reason=reason, source="x", actor="x", now=NOW)
    done = take("手机号\n13800138000\n13800138001\n")
    assert numbers(done) == ((2, 0, 0, 0) if taken else (1, 0, 0, 1))
    assert [row.code for row in reads.rejections(done.id)] == ([] if taken else ["contact.erased"])
    assert Contact.objects.filter(phone_index=index).exists() == taken
