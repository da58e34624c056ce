"""Making, publishing and closing forms, and filling their pools."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.forms.world import NOW, ask, design, draft_form, lottery, make_form, one, prize, submit, token_for

from xinfeng.forms import evidence
from xinfeng.forms.actions import Outcome, add_coupons, close, create_form, publish, reopen, save_draft
from xinfeng.forms.models import FormVersion, Prize
from xinfeng.forms.submissions import shown
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.usefixtures("db")


@pytest.mark.parametrize("slug", ["", "A", "a", "-ab", "a b", "a" * 33, "表单", "a/b", "a'--"])
def test_an_address_is_plain(slug: str) -> None:
    with pytest.raises(InvalidInput, match=r"form\.slug"):
        create_form(slug=slug, name="x", kind="sign_up", actor="li", now=NOW)


def test_an_address_is_taken_once() -> None:
    create_form(slug="double", name="x", kind="sign_up", actor="li", now=NOW)
    with pytest.raises(Conflict, match=r"form\.slug_taken"):
        create_form(slug="double", name="x", kind="sign_up", actor="li", now=NOW)


def test_an_unfinished_draft_is_kept_but_not_published() -> None:
    form = draft_form(title={}, boxes=[])
    with pytest.raises(InvalidInput) as refused:
        publish(form.pk, codes_ready=True, actor="li", now=NOW)
    assert refused.value.code == "form.unready"
    assert "no_title" in refused.value.params["faults"]
    with pytest.raises(NotFound):
        shown(form.slug)


def test_what_was_published_never_changes() -> None:
    form = make_form()
    with pytest.raises(DatabaseError), transaction.atomic():
        FormVersion.objects.filter(form=form).update(number=9)
    with pytest.raises(DatabaseError), transaction.atomic():
        FormVersion.objects.filter(form=form).delete()


def test_a_draft_changes_nothing_the_public_sees_before_it_is_published() -> None:
    form = make_form()
    save_draft(form.pk, design(title={"zh-hans": "新的"}), now=NOW)
    assert shown(form.slug).design.title["zh-hans"] == "双十一抽奖"
    publish(form.pk, codes_ready=True, actor="li", now=NOW)
    assert shown(form.slug).design.title["zh-hans"] == "新的"
    assert shown(form.slug).version.number == 2


def test_a_page_of_the_version_before_has_to_be_looked_at_again() -> None:
    form = make_form()
    token = token_for(form)
    save_draft(form.pk, design(title={"zh-hans": "新的"}), now=NOW)
    publish(form.pk, codes_ready=True, actor="li", now=NOW)
    assert submit(form, token=token).outcome is Outcome.STALE


def test_publishing_the_same_again_is_a_conflict() -> None:
    form = make_form()
    with pytest.raises(Conflict, match=r"form\.unchanged"):
        publish(form.pk, codes_ready=True, actor="li", now=NOW)


def test_a_closed_form_takes_nothing_in_until_it_is_reopened() -> None:
    form = make_form()
    close(form.pk, actor="li", now=NOW)
    assert submit(form).outcome is Outcome.NOT_OPEN
    with pytest.raises(Conflict, match=r"form\.state"):
        close(form.pk, actor="li", now=NOW)
    reopen(form.pk, actor="li", now=NOW)
    assert submit(form).outcome is Outcome.DONE


def test_every_deed_is_in_the_audit() -> None:
    form = make_form()
    close(form.pk, actor="li", now=NOW)
    rows = ask(
        "select action from audit_entry where object_kind = 'form' and object_id = %s order by id",
        str(form.pk),
    )
    assert [row[0] for row in rows] == ["form.create", "form.publish", "form.close"]


def test_stock_follows_a_new_version_but_not_below_what_is_taken() -> None:
    form = make_form(incentive={"prizes": [prize(kind="points", points=5, stock=2)]})
    submit(form), submit(form)
    save_draft(form.pk, design(incentive={"prizes": [prize(kind="points", points=5, stock=1)]}), now=NOW)
    with pytest.raises(Conflict, match=r"form\.stock_below_taken"):
        publish(form.pk, codes_ready=True, actor="li", now=NOW)
    save_draft(form.pk, design(incentive={"prizes": [prize(kind="points", points=5, stock=3)]}), now=NOW)
    publish(form.pk, codes_ready=True, actor="li", now=NOW)
    form.refresh_from_db()
    submit(form), submit(form)
    assert ask("select taken, stock from prize") == [(3, 3)]


def test_the_database_itself_refuses_to_take_more_than_there_is() -> None:
    make_form(incentive={"prizes": [prize(kind="points", points=5, stock=2)]})
    with pytest.raises(DatabaseError), transaction.atomic():
        Prize.objects.update(taken=3)


def test_a_pool_takes_plain_codes_each_once_and_refuses_formulas() -> None:
    form = draft_form(incentive=lottery(prize("p1", "pool", odds_ppm=1_000_000)))
    text = 'code\nAAA-111\nAAA-111\nBBB-222\n=cmd|calc\n+1+1\n@SUM(A1)\n-2\n"CCC-333","x"\n<script>\nDROP TABLE\n'
    added = add_coupons(form.pk, "p1", text, actor="li", now=NOW)
    assert (added.added, added.refused) == (3, 6)
    assert add_coupons(form.pk, "p1", "AAA-111\nDDD-444", actor="li", now=NOW).added == 1
    assert one("select stock from prize") == 4
    sealed = [vault().open(Kind.SECRET, bytes(row[0])) for row in ask("select code_sealed from coupon_code")]
    assert sorted(sealed) == ["AAA-111", "BBB-222", "CCC-333", "DDD-444"]
    with pytest.raises(NotFound, match=r"form\.no_pool"):
        add_coupons(form.pk, "p2", "X-1", actor="li", now=NOW)


def test_a_pool_hands_each_code_out_once() -> None:
    form = draft_form(incentive={"prizes": [prize("p1", "pool")]})
    add_coupons(form.pk, "p1", "AAA-111\nBBB-222", actor="li", now=NOW)
    publish(form.pk, codes_ready=True, actor="li", now=NOW)
    form.refresh_from_db()
    for _ in range(3):
        submit(form)
    assert ask("select why_none from award order by id") == [("",), ("",), ("out_of_stock",)]
    assert one("select count(distinct award_id) from coupon_code") == 2


def test_the_digest_of_a_page_can_be_made_again() -> None:
    form = make_form()
    submit(form)
    digest = one("select page_digest from submission")
    assert bytes(digest) == evidence.digest(FormVersion.objects.get(form=form), "zh-hans")
    snapshot = evidence.snapshot(FormVersion.objects.get(form=form), "zh-hans")
    assert "每月不超过 4 条" in snapshot


ABUSE: list[tuple[dict[str, Any], Outcome, str | None]] = [
    ({"trap": "http://spam.example"}, Outcome.DONE, "honeypot"),
    ({"token": "x" * 86}, Outcome.STALE, "token"),
    ({"token": ""}, Outcome.STALE, "token"),
]


@pytest.mark.parametrize(("changes", "outcome", "counted"), ABUSE)
def test_programs_are_stopped_and_counted(changes: dict[str, Any], outcome: Outcome, counted: str) -> None:
    from xinfeng.forms.actions import Attempt, begin_submission

    form = make_form()
    given = {"phone": ["13912345678"]}
    attempt = Attempt(**{"token": token_for(form), "given": given, "address": "10.66.0.1", **changes})
    begun = begin_submission(shown(form.slug), attempt, now=NOW)
    assert begun.outcome is outcome
    assert one("select count(*) from submission") == 0
    assert ask("select detail, count from form_count where what = 'abuse'") == [(counted, 1)]


def test_who_answers_at_once_is_asked_to_try_again() -> None:
    from xinfeng.forms import guards
    from xinfeng.forms.submissions import token_key

    form = make_form()
    token = guards.mint(form.current_id, key=token_key(), now=NOW)
    assert submit(form, token=token).outcome is Outcome.TOO_FAST
    assert submit(form, token=token, now=NOW + guards.MIN_FILL).outcome is Outcome.DONE


def test_a_flood_from_one_address_ends() -> None:
    from xinfeng.forms import guards

    form = make_form()
    outcomes = [submit(form, address="10.77.0.1").outcome for _ in range(guards.PER_ADDRESS_PER_HOUR + 3)]
    assert outcomes.count(Outcome.DONE) == guards.PER_ADDRESS_PER_HOUR
    assert outcomes[-3:] == [Outcome.FLOODED] * 3
    assert submit(form, address="10.77.0.2").outcome is Outcome.DONE
