"""Review of a version: who may, what stops it, what it rests on; and two who act at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import make_user

from xinfeng.content import comments, evidence, review, review_queue
from xinfeng.content.actions import add_signature, edit_signature, save_template
from xinfeng.content.evidence import Document, Proof
from xinfeng.content.models import EvidenceFile, Signature, TemplateVersion, VersionReview
from xinfeng.foundation.models import AuditEntry, Role
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, XinfengError
from xinfeng.screening.actions import add_word

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
PDF = b"%PDF-1.7 \x00\xff scan"


def people() -> None:
    make_user("li")
    make_user("wang", role=Role.REVIEWER)
    make_user("zhao", role=Role.REVIEWER)


def version(value: str = "新茶到店，满200减50", *, actor: str = "li", **changes: object) -> TemplateVersion:
    signature = Signature.objects.first() or add_signature("四时茶", hotline="400-820-8820", actor="test")
    given = {
        "name": "新茶",
        "purpose": "marketing",
        "signature_id": signature.pk,
        "value": value,
        "action": "到店领取",
        "opt_out": "拒收请回复R",
        "actor": actor,
        **changes,
    }
    return save_template(**given)  # type: ignore[arg-type]


def ask(one: TemplateVersion, *, at: datetime = NOW) -> VersionReview:
    return review.ask_for_review(one.pk, actor="li", now=at)


def approve(one: TemplateVersion, *, by: str = "wang", at: datetime = NOW) -> VersionReview:
    return review.approve_version(one.pk, actor=by, now=at)


def prove(
    one: TemplateVersion,
    *,
    rule: str = "absolute.first",
    claim: str = "销量第一",
    until: date = date(2026, 12, 10),
    name: str = "报告.pdf",
    chunks: tuple[bytes, ...] = (PDF,),
) -> int:
    proof = Proof("2025 年度统计", "协会统字 12 号，第 3 页", until, "2025 年，全国")
    kept = review.attach_evidence(
        one.pk, rule=rule, claim=claim, proof=proof, document=Document(name, chunks), actor="li", now=NOW
    )
    return kept.pk


def test_another_approves_what_was_asked_for_and_the_judgement_is_kept(db: None) -> None:
    people()
    one = version()
    assert review.state_of(one.pk) == "draft"
    assert ask(one).state == "in_review"
    row = approve(one)
    assert (row.state, row.actor, row.alone, row.findings, row.trade) == (
        "approved",
        "wang",
        False,
        [],
        "retail",
    )
    assert len(row.ruleset) == 64
    assert row.text == "【四时茶】新茶到店，满200减50 到店领取 拒收请回复R"
    deeds = AuditEntry.objects.filter(action__startswith="content.review_").order_by("id")
    assert [entry.action for entry in deeds] == ["content.review_in_review", "content.review_approved"]


def test_facts_of_reviews_are_never_changed(db: None) -> None:
    people()
    row = ask(version())
    with pytest.raises(IntegrityError), transaction.atomic():
        VersionReview.objects.filter(pk=row.pk).update(state="approved")


def test_nobody_approves_her_own_text_while_another_could(db: None) -> None:
    people()
    mine = version(actor="wang")
    ask(mine)
    with pytest.raises(NotAllowed, match=r"review\.own_text"):
        approve(mine, by="wang")
    assert approve(mine, by="zhao").alone is False


def test_whoever_wrote_a_version_since_the_last_approval_is_a_writer_too(db: None) -> None:
    people()
    first = version()
    ask(first)
    approve(first)
    version("秋茶到店", actor="wang", template_id=first.template_id)
    third = version("冬茶到店", template_id=first.template_id)
    ask(third)
    with pytest.raises(NotAllowed, match=r"review\.own_text"):
        approve(third, by="wang")
    assert approve(third, by="zhao").state == "approved"
    fourth = version("春茶到店", template_id=first.template_id)
    ask(fourth)
    assert approve(fourth, by="wang").state == "approved"


def test_the_only_one_who_may_approves_her_own_and_it_is_recorded(db: None) -> None:
    make_user("chef", role=Role.ADMINISTRATOR)
    one = version(actor="chef")
    review.ask_for_review(one.pk, actor="chef", now=NOW)
    assert approve(one, by="chef").alone is True


@pytest.mark.parametrize(("by", "code"), [("li", "approval.role"), ("ghost", "approval.unknown_user")])
def test_others_may_not_decide(db: None, by: str, code: str) -> None:
    people()
    one = version(actor="wang")
    ask(one)
    deeds: list[Callable[[], object]] = [
        lambda: approve(one, by=by),
        lambda: review.return_version(one.pk, comment="改", actor=by, now=NOW),
        lambda: review.block_version(one.pk, comment="改", actor=by, now=NOW),
    ]
    for deed in deeds:
        with pytest.raises(NotAllowed) as caught:
            deed()
        assert caught.value.code == code
    assert review.state_of(one.pk) == "in_review"


def test_what_the_law_forbids_nobody_approves(db: None) -> None:
    people()
    one = version("国家级品质的茶")
    ask(one)
    with pytest.raises(Conflict, match=r"review\.forbidden") as caught:
        approve(one)
    assert caught.value.params["matched"] == "国家级"
    assert "广告法" in caught.value.params["law_zh"]
    assert caught.value.params["suggestion_en"]
    assert review.state_of(one.pk) == "in_review"


def test_a_claim_is_approved_only_with_proof_and_the_proof_is_kept_with_it(db: None) -> None:
    people()
    one = version("销量第一的茶")
    ask(one)
    with pytest.raises(Conflict, match=r"review\.unproven") as caught:
        approve(one)
    assert caught.value.params["claims"] == ["销量第一"]
    kept = prove(one)
    row = approve(one)
    assert [one["id"] for one in row.evidence] == [kept]
    assert [one["rule"] for one in row.findings] == ["absolute.first"]


def test_the_document_is_sealed_and_comes_back_as_it_was(db: None) -> None:
    people()
    kept = prove(version("销量第一的茶"), name='../../etc/a\x00"<b>.pdf', chunks=(PDF, PDF))
    assert PDF not in bytes(EvidenceFile.objects.get(pk=kept).sealed)
    assert evidence.read_file(kept, actor="wang") == PDF + PDF
    assert evidence.one(kept).file_name == "ab.pdf"
    assert AuditEntry.objects.filter(action="evidence.read", actor="wang").count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"until": date(2026, 11, 19)}, "evidence.past"),
        ({"chunks": ()}, "file.empty"),
        ({"chunks": (b"x" * (evidence.LARGEST_FILE + 1),)}, "file.too_large"),
        ({"claim": "天下第二"}, "evidence.no_such_claim"),
        ({"rule": "absolute.named"}, "evidence.no_such_claim"),
    ],
)
def test_what_proves_nothing_is_not_kept(db: None, changes: dict[str, object], code: str) -> None:
    people()
    one = version("销量第一的茶")
    with pytest.raises(InvalidInput) as caught:
        prove(one, **changes)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert evidence.attached([one.pk]) == {}


def test_a_proof_serves_other_texts_with_the_same_claim_when_somebody_attaches_it(db: None) -> None:
    people()
    kept = prove(version("销量第一的茶"))
    other = version("连年销量第一，欢迎品尝", name="别的")
    ask(other)
    with pytest.raises(Conflict, match=r"review\.unproven"):
        approve(other)
    review.reuse_evidence(other.pk, kept, actor="wang", now=NOW)
    assert approve(other).state == "approved"
    elsewhere = version("销量第一的课", name="课", trade="education")
    with pytest.raises(XinfengError):
        review.reuse_evidence(elsewhere.pk, kept, actor="wang", now=NOW)


def test_a_later_version_takes_its_proofs_along(db: None) -> None:
    people()
    first = version("销量第一的茶")
    kept = prove(first)
    second = version("销量第一的茶，八折", template_id=first.template_id)
    row = ask(second)
    assert [one["id"] for one in row.evidence] == [kept]


def test_a_proof_that_ran_out_or_was_withdrawn_proves_nothing(db: None) -> None:
    people()
    one = version("销量第一的茶")
    kept = prove(one)
    ask(one)
    row = approve(one)
    today = review.judgement_of(one, at=LATER)
    assert [(doubt.code, doubt.stops) for doubt in review.doubts(one, row, today)] == [
        ("text_unproven", True)
    ]
    assert review.doubts(one, row, review.judgement_of(one, at=NOW)) == []
    evidence.withdraw(kept, reason="数据有误", actor="wang", now=NOW)
    assert review.judgement_of(one, at=NOW).unproven
    with pytest.raises(Conflict, match=r"evidence\.withdrawn"):
        evidence.withdraw(kept, reason="再来", actor="wang", now=NOW)


def test_stricter_rules_and_another_hotline_make_an_approval_doubtful(db: None) -> None:
    people()
    one = version("新茶到店，详询{{ brand.hotline }}")
    ask(one)
    row = approve(one)
    edit_signature(one.signature_id, hotline="400-111-2222", enabled=True, actor="li")
    fresh = TemplateVersion.objects.select_related("template", "signature").get(pk=one.pk)
    codes = [doubt.code for doubt in review.doubts(fresh, row, review.judgement_of(fresh, at=NOW))]
    assert codes == ["hotline_changed"]
    add_word("新茶到店", outcome="block", reason="季节已过", actor="wang", now=NOW)
    after = NOW + timedelta(minutes=1)
    found = review.doubts(fresh, row, review.judgement_of(fresh, at=after))
    assert ("text_forbidden", True) in [(doubt.code, doubt.stops) for doubt in found]
    assert review.judgement_of(fresh, at=NOW - timedelta(minutes=1)).passes


def test_returned_needs_a_word_why_and_may_be_asked_for_again(db: None) -> None:
    people()
    one = version()
    ask(one)
    with pytest.raises(InvalidInput, match=r"review\.no_comment"):
        review.return_version(one.pk, comment="  ", actor="wang", now=NOW)
    review.return_version(one.pk, comment="写清期限", actor="wang", now=NOW)
    assert review.state_of(one.pk) == "returned"
    ask(one)
    assert approve(one).state == "approved"


def test_a_blocked_version_stays_blocked(db: None) -> None:
    people()
    one = version()
    ask(one)
    review.block_version(one.pk, comment="不许用", actor="wang", now=NOW)
    for deed in (lambda: ask(one), lambda: approve(one)):
        with pytest.raises(Conflict, match=r"review\.state"):
            deed()


def test_who_asked_may_take_it_back_and_nobody_else(db: None) -> None:
    people()
    one = version()
    ask(one)
    with pytest.raises(NotAllowed, match=r"review\.not_yours"):
        review.take_back(one.pk, actor="zhao", now=NOW)
    assert review.take_back(one.pk, actor="li", now=NOW).state == "draft"


def test_only_the_newest_version_goes_through_the_queue(db: None) -> None:
    people()
    first = version()
    ask(first)
    second = version("秋茶到店", template_id=first.template_id)
    assert review_queue.queue(at=NOW) == []
    with pytest.raises(Conflict, match=r"review\.newer_version"):
        approve(first)
    ask(second)
    assert [one.version.pk for one in review_queue.queue(at=NOW)] == [second.pk]
    assert review_queue.waiting_count() == 1


def test_the_queue_is_oldest_first_and_tells_the_risk(db: None) -> None:
    people()
    risky = version("国家级的茶，销量第一", name="甲")
    plain = version(name="乙")
    ask(risky)
    ask(plain, at=NOW + timedelta(minutes=5))
    rows = review_queue.queue(at=NOW)
    assert [row.version.template.name for row in rows] == ["甲", "乙"]
    assert (rows[0].risk.block, rows[0].risk.unproven, rows[0].risk.stops) == (1, 1, True)
    assert not rows[1].risk.stops
    prove(risky)
    assert review_queue.queue(at=NOW)[0].risk.unproven == 0
    assert review_queue.queue(at=LATER)[0].risk.unproven == 1


def test_comments_are_kept_in_order_and_never_changed(db: None) -> None:
    people()
    one = version()
    comments.add_comment(one.pk, "期限？", actor="wang", now=NOW)
    said = comments.add_comment(one.pk, "三天\x00<script>", actor="li", now=NOW)
    assert [each.text for each in comments.comments([one.pk])] == ["期限？", "三天<script>"]
    assert comments.counts([one.pk]) == {one.pk: 2}
    with pytest.raises(IntegrityError), transaction.atomic():
        said.delete()
    for text, code in (("  ", "comment.empty"), ("长" * 1001, "comment.too_long")):
        with pytest.raises(InvalidInput) as caught:
            comments.add_comment(one.pk, text, actor="li", now=NOW)
        assert caught.value.code == code
    with pytest.raises(NotFound):
        comments.add_comment(987654, "？", actor="li", now=NOW)


class TestAtOnce:
    """Real commits, two connections."""

    @pytest.fixture(autouse=True)
    def _commits(self, committed_db: str) -> Iterator[None]:
        people()
        yield

    def both(self, *deeds: Callable[[], object]) -> list[str]:
        """Do these at the same moment; returns "" or the code of each, in order."""
        ready, codes = threading.Barrier(len(deeds)), [""] * len(deeds)

        def run(at: int) -> None:
            try:
                ready.wait()
                deeds[at]()
            except XinfengError as fault:
                codes[at] = fault.code
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(at,)) for at in range(len(deeds))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return codes

    def test_of_two_reviewers_one_is_told_that_the_other_was_faster(self) -> None:
        one = version()
        ask(one)
        codes = self.both(
            lambda: approve(one, by="wang"),
            lambda: review.return_version(one.pk, comment="改", actor="zhao", now=NOW),
        )
        states = [row.state for row in review.history(one.pk)]
        if "approved" in states and "returned" in states:  # returning what was approved is allowed
            assert (states[0], codes) == ("returned", ["", ""])
        else:
            assert sorted(codes) == ["", "review.state"]

    def test_twice_approved_is_approved_once(self) -> None:
        one = version()
        ask(one)
        codes = self.both(lambda: approve(one, by="wang"), lambda: approve(one, by="zhao"))
        assert sorted(codes) == ["", "review.state"]
        assert [row.state for row in review.history(one.pk)].count("approved") == 1

    def test_an_approval_and_a_new_version_never_meet(self) -> None:
        one = version()
        ask(one)
        codes = self.both(
            lambda: approve(one),
            lambda: version("另一句话", template_id=one.template_id),
        )
        newest = TemplateVersion.objects.order_by("-number").first()
        assert newest is not None
        assert newest.number == 2
        assert review.state_of(newest.pk) == "draft"
        approved = review.state_of(one.pk) == "approved"
        assert codes == (["", ""] if approved else ["review.newer_version", ""])
