"""Agreements that changed nothing are told apart from those that did."""

from datetime import timedelta

import pytest
from tests.consent.test_standing import DAY, NOW, index_of, opt_out, say
from tests.factories import make_contact

from xinfeng.consent.actions import grant, lift_suppression, suppress_numbers
from xinfeng.consent.effect import Idle, Why, idle_grants
from xinfeng.consent.evidence_words import evidence_in_words, source_in_words
from xinfeng.consent.models import Suppression
from xinfeng.consent.reads import entries_of
from xinfeng.foundation.database import bulk_transaction


def idle_of(contact_id: int) -> dict[int, Idle]:
    return idle_grants(contact_id, entries_of(contact_id))


def suppress(contact_id: int, reason: str, scope: str = "marketing") -> None:
    with bulk_transaction():
        suppress_numbers(
            [index_of(contact_id)], scope=scope, reason=reason, source="test", actor="test", now=NOW
        )


def test_a_grant_that_nothing_stands_against_had_its_effect(db: None) -> None:
    contact = make_contact(consent=())
    say(contact, True)
    say(contact, False, at=NOW + DAY)
    assert idle_of(contact) == {}


def test_a_grant_for_a_number_that_complained_had_none(db: None) -> None:
    contact = make_contact(consent=())
    suppress(contact, "complaint")
    seq = say(contact, True, at=NOW + DAY)
    assert idle_of(contact) == {seq: Idle(Why.SUPPRESSED, "complaint")}


def test_a_suppression_of_marketing_leaves_grants_for_service_alone(db: None) -> None:
    contact = make_contact(consent=())
    suppress(contact, "manual")
    say(contact, True, at=NOW + DAY, purpose="service")
    say(contact, True, at=NOW + DAY, purpose="profiling")
    assert idle_of(contact) == {}


def test_a_grant_stays_without_effect_when_the_number_is_released_later(db: None) -> None:
    contact = make_contact(consent=())
    suppress(contact, "manual", scope="all")
    seq = say(contact, True, at=NOW + DAY)
    lift_suppression(Suppression.objects.get().pk, reason="r", actor="a", now=NOW + 40 * DAY)
    later = say(contact, True, at=NOW + 2 * DAY)
    assert set(idle_of(contact)) == {seq, later}  # `say` records at day 30, before the release
    grant(
        contact,
        "marketing",
        at=NOW + 41 * DAY,
        source="form:b",
        notice_id=None,
        evidence="e",
        actor="a",
        now=NOW + 41 * DAY,
    )
    assert set(idle_of(contact)) == {seq, later}


def test_files_and_old_papers_do_not_undo_a_refusal(db: None) -> None:
    contact = make_contact(consent=())
    say(contact, False)
    old = say(contact, True, at=NOW - timedelta(minutes=1))
    file = say(contact, True, at=NOW + DAY, source="import:list")
    say(contact, True, at=NOW + 2 * DAY)
    assert idle_of(contact) == {old: Idle(Why.REFUSED_LATER), file: Idle(Why.FROM_FILE)}


def test_her_own_new_word_after_opting_out_had_its_effect(db: None) -> None:
    contact = make_contact(consent=())
    opt_out(contact)
    grant(
        contact,
        "marketing",
        at=NOW + DAY,
        source="form:a",
        notice_id=None,
        evidence="e",
        actor="a",
        now=NOW + DAY,
        lifts_opt_out=True,
    )
    assert idle_of(contact) == {}


@pytest.mark.parametrize(
    ("evidence", "zh", "en"),
    [
        (
            "merge: entry 12 of contact 7: 门店签字 0093",
            "合并客户：沿用账本第 12 条（客户 #7） · 门店签字 0093",
            "merged: as ledger entry 12 of contact #7 · 门店签字 0093",
        ),
        (
            "merge: entry 12 of contact 7: version 3; confirmed by code",
            "合并客户：沿用账本第 12 条（客户 #7） · 表单第 3 版 · 验证码已确认",
            "merged: as ledger entry 12 of contact #7 · form version 3 · confirmed by code",
        ),
        (
            "merge: number refused",
            "合并客户：其中一个号码已拒绝",
            "merged: one of the numbers had refused",
        ),
        (
            "merge: withdrawn by entry 5 of contact 9",
            "合并客户：账本第 5 条（客户 #9）已撤回",
            "merged: withdrawn by ledger entry 5 of contact #9",
        ),
        ("merge: parted from contact 4", "撤销合并：与客户 #4 分开", "parted again from contact #4"),
        ("客服录音 2026-8812", "客服录音 2026-8812", "客服录音 2026-8812"),
        ("paper; drawer 3", "paper; drawer 3", "paper; drawer 3"),
    ],
)
def test_evidence_of_the_house_is_said_in_both_languages(evidence: str, zh: str, en: str) -> None:
    assert evidence_in_words(evidence, "zh-hans") == zh
    assert evidence_in_words(evidence, "en") == en


def test_sources_are_said_in_both_languages() -> None:
    assert source_in_words("merge", "zh") == "合并客户"
    assert source_in_words("request:no_marketing", "en") == "Privacy request · no marketing"
    assert source_in_words("import:门店扫码", "zh") == "导入 · 门店扫码"
    assert source_in_words("此前退订名单", "en") == "此前退订名单"
