"""Own words, overrides and rulesets: kept, audited, never deleted; and what a moment's rules were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.screening import actions, reads
from xinfeng.screening.models import OwnWord, RuleOverride, RuleSetKept

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHO = {"reason": "试行", "actor": "compliance"}

pytestmark = pytest.mark.usefixtures("db")


def _rules(text: str, at: datetime) -> set[str]:
    return {one.rule for one in reads.screener(at).screen(text, trade="retail", purpose="marketing")}


def test_a_word_holds_from_when_it_is_added_until_it_is_retired() -> None:
    word = actions.add_word("蓝鲸计划", outcome="block", now=NOW, **WHO)
    actions.retire_word(word.pk, now=NOW + HOUR, **WHO)
    assert "own.block" not in _rules("蓝鲸计划", NOW - HOUR)
    assert "own.block" in _rules("蓝鲸计划", NOW)
    assert "own.block" not in _rules("蓝鲸计划", NOW + HOUR)
    assert OwnWord.objects.get().retired_by == "compliance"
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True))[-2:] == [
        "screening.words_added",
        "screening.word_retired",
    ]


def test_the_same_word_in_another_writing_is_no_second_word() -> None:
    actions.add_word("ＶＩＰ專享", outcome="block", now=NOW, **WHO)
    with pytest.raises(Conflict, match=r"screening\.word_exists"):
        actions.add_word("vip专享", outcome="evidence", now=NOW, **WHO)
    done = actions.add_words(["vip专享", "新词", "新词 "], outcome="block", now=NOW, **WHO)
    assert done == actions.Added(("新词",), ("vip专享",))


def test_a_retired_word_can_come_back() -> None:
    word = actions.add_word("蓝鲸", outcome="block", now=NOW, **WHO)
    actions.retire_word(word.pk, now=NOW, **WHO)
    actions.add_word("蓝鲸", outcome="evidence", now=NOW + HOUR, **WHO)
    assert "own.evidence" in _rules("蓝鲸", NOW + HOUR)
    with pytest.raises(Conflict, match=r"screening\.word_retired"):
        actions.retire_word(word.pk, now=NOW, **WHO)
    with pytest.raises(NotFound, match=r"screening\.word_unknown"):
        actions.retire_word(10**9, now=NOW, **WHO)


@pytest.mark.parametrize(
    "word", ["", "一", "·····", "字" * 41, "\u200b\u200b", "坏\ud800字", "a\x00b", "\ufdfa" * 40]
)
def test_what_is_no_word_is_refused(word: str) -> None:
    with pytest.raises(InvalidInput, match=r"screening\.word"):
        actions.add_word(word, outcome="block", now=NOW, **WHO)
    assert not OwnWord.objects.exists()


def test_one_bad_word_keeps_the_others_out() -> None:
    with pytest.raises(InvalidInput):
        actions.add_words(["好词", "一"], outcome="block", now=NOW, **WHO)
    assert not OwnWord.objects.exists()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"outcome": "shout"}, "screening.outcome"),
        ({"reason": "  "}, "screening.reason"),
        ({"reason": "长" * 201}, "screening.reason"),
        ({"trades": ["rocketry"]}, "screening.trade"),
        ({"purposes": ["gossip"]}, "screening.purpose"),
    ],
)
def test_what_cannot_be_taken_is_refused(given: dict[str, object], code: str) -> None:
    wanted = {"outcome": "block", "now": NOW, **WHO, **given}
    with pytest.raises(InvalidInput) as fault:
        actions.add_word("蓝鲸", **wanted)  # type: ignore[arg-type]
    assert fault.value.code == code


def test_there_is_a_limit_to_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_WORDS", 2)
    with pytest.raises(InvalidInput, match=r"screening\.too_many"):
        actions.add_words(["甲甲", "乙乙", "丙丙"], outcome="block", now=NOW, **WHO)
    with pytest.raises(InvalidInput, match=r"screening\.words"):
        actions.add_words([], outcome="block", now=NOW, **WHO)


def test_an_override_holds_for_its_time() -> None:
    text = "详询13800138000"
    actions.override_rule("contact.mobile", change="off", now=NOW, until=NOW + HOUR, **WHO)
    assert "contact.mobile" in _rules(text, NOW - HOUR)
    assert "contact.mobile" not in _rules(text, NOW)
    assert "contact.mobile" in _rules(text, NOW + HOUR)


def test_a_later_override_takes_the_place_of_the_earlier_and_is_withdrawn() -> None:
    actions.override_rule("contact.mobile", change="off", now=NOW, **WHO)
    actions.override_rule("contact.mobile", change="evidence", now=NOW + HOUR, **WHO)
    actions.withdraw_override("contact.mobile", now=NOW + 2 * HOUR, **WHO)
    changes = [
        {one.rule: one.change for one in reads.overrides_at(NOW + hours * HOUR)}.get("contact.mobile")
        for hours in range(3)
    ]
    assert changes == ["off", "evidence", None]
    assert len(reads.overrides_of("contact.mobile")) == 2
    with pytest.raises(NotFound, match=r"screening\.override_unknown"):
        actions.withdraw_override("contact.mobile", now=NOW + 3 * HOUR, **WHO)


def test_what_the_law_fixes_cannot_be_made_milder_but_stricter() -> None:
    for change in ("off", "remark", "evidence", "block"):
        with pytest.raises(Conflict, match=r"screening\.fixed_by_law"):
            actions.override_rule("absolute.named", change=change, now=NOW, **WHO)
    actions.override_rule("price.compared", change="block", now=NOW, **WHO)
    assert not RuleOverride.objects.exclude(rule="price.compared").exists()


def test_overrides_that_cannot_be_are_refused() -> None:
    with pytest.raises(NotFound, match=r"screening\.rule_unknown"):
        actions.override_rule("no.rule", change="off", now=NOW, **WHO)
    with pytest.raises(InvalidInput, match=r"screening\.change"):
        actions.override_rule("contact.mobile", change="shout", now=NOW, **WHO)
    with pytest.raises(InvalidInput, match=r"screening\.until"):
        actions.override_rule("contact.mobile", change="off", now=NOW, until=NOW, **WHO)


def test_filed_domains_are_checked_and_used() -> None:
    assert actions.file_domains([" Example.CN. ", "example.cn", ""], actor="compliance") == ("example.cn",)
    assert "link.unfiled" in _rules("点https://a.example.com/1", NOW)
    assert "link.unfiled" not in _rules("点https://a.example.cn/1", NOW)
    for bad in ("https://example.cn", "例子.中国", "a b.cn", "localhost", "-a.cn", "x" * 300 + ".cn"):
        with pytest.raises(InvalidInput, match=r"screening\.domain"):
            actions.file_domains([bad], actor="compliance")


def test_what_judged_can_be_read_a_year_later() -> None:
    actions.add_word("蓝鲸计划", outcome="block", now=NOW, **WHO)
    screener = reads.screener(NOW)
    finding = screener.screen("蓝鲸计划", trade="retail", purpose="marketing")[0]
    word = OwnWord.objects.get()
    actions.retire_word(word.pk, now=NOW + HOUR, **WHO)
    kept = reads.ruleset(screener.digest)
    assert kept == screener.ruleset
    assert kept.digest == screener.digest
    assert kept.by_id[finding.rule].message_zh == finding.of.message_zh
    assert reads.screener(NOW + HOUR).digest != screener.digest
    with pytest.raises(NotFound, match=r"screening\.ruleset_unknown"):
        reads.ruleset("0" * 64)


def test_the_same_rules_are_compiled_once() -> None:
    assert reads.screener(NOW) is reads.screener(NOW + HOUR)


def test_history_stays() -> None:
    actions.add_word("蓝鲸", outcome="block", now=NOW, **WHO)
    actions.override_rule("contact.mobile", change="off", now=NOW, **WHO)
    reads.screener(NOW)
    for table in ("screening_word", "screening_override", "screening_ruleset"):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            connection.cursor().execute(f"delete from {table}")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        RuleSetKept.objects.update(content={})


def test_the_rules_of_a_moment_cost_few_queries() -> None:
    from django.test.utils import CaptureQueriesContext

    actions.add_words([f"词语{number}" for number in range(300)], outcome="block", now=NOW, **WHO)
    reads.screener(NOW)
    with CaptureQueriesContext(connection) as queries:
        reads.screener(NOW)
    assert len(queries) <= 4
