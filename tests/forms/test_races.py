"""A thousand submissions at once, on real PostgreSQL: stock never below zero, nobody twice, nothing twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from tests.factories import phone
from tests.forms.world import NOW, ask, draft_form, lottery, make_form, one, prize, submit, token_for

from xinfeng.consent.verify import verify_ledger
from xinfeng.forms.actions import Outcome, add_coupons, confirm_submission, publish
from xinfeng.forms.models import Prize

pytestmark = pytest.mark.usefixtures("committed_db")

THREADS = 24


def all_at_once(work, items):
    """Every item in one of THREADS threads, each with a connection of its own."""

    def run(item):
        try:
            return work(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, items))


def test_a_thousand_submissions_race_for_a_lottery() -> None:
    form = _lottery()
    people = [phone() for _ in range(250)]
    numbers = [people[at % 250] for at in range(1_000)]
    begun = all_at_once(lambda number: submit(form, number), numbers)
    assert {one.outcome for one in begun} == {Outcome.DONE}
    for row in Prize.objects.all():
        assert row.stock is not None
        assert 0 <= row.taken <= row.stock
    assert ask("select key, taken, stock from prize where taken < stock and key <> 'p3'") == []
    won = ask("select person_index, count(*) from award group by 1 having count(*) > 1")
    assert won == []
    assert one("select count(*) from award") == 250
    assert one("select count(*) from coupon_code where award_id is not null") == one(
        "select count(*) from award a join prize p on p.id = a.prize_id where p.kind in ('pool', 'generated')"
    )
    assert one("select coalesce(sum(points), 0) from point_entry") == 10 * one(
        "select count(*) from award a join prize p on p.id = a.prize_id where p.kind = 'points'"
    )
    assert one("select sum(taken) from prize") == one("select count(*) from award where prize_id is not null")
    assert one("select sum(count) from form_count where what = 'done'") == 1_000
    assert verify_ledger().fault is None


def _lottery():
    form = draft_form(
        incentive=lottery(
            prize("p1", "pool", odds_ppm=400_000),
            prize("p2", "generated", stock=7, prefix="WIN-", odds_ppm=300_000),
            prize("p3", "points", points=10, stock=100, odds_ppm=100_000),
        )
    )
    added = add_coupons(form.pk, "p1", "\n".join(f"CODE-{at:04d}" for at in range(20)), actor="li", now=NOW)
    assert added.added == 20
    publish(form.pk, codes_ready=True, actor="li", now=NOW)
    form.refresh_from_db()
    return form


def test_one_page_sent_many_times_at_once_is_one_submission() -> None:
    form = make_form(incentive={"prizes": [prize(kind="points", points=50)]})
    number, token = phone(), token_for(form)
    begun = all_at_once(lambda _: submit(form, number, token=token), range(20))
    assert {one.outcome for one in begun} == {Outcome.DONE}
    assert len({one.public_id for one in begun}) == 1
    assert one("select count(*) from submission") == 1
    assert one("select sum(points) from point_entry") == 50


def test_one_code_entered_many_times_at_once_pays_once() -> None:
    form = make_form(with_code=True, incentive={"prizes": [prize(kind="generated", stock=3)]})
    begun = submit(form)
    assert begun.send is not None and begun.public_id is not None
    code = begun.send.code
    answers = all_at_once(
        lambda at: confirm_submission(begun.public_id, code, address=f"10.8.0.{at}", now=NOW).outcome,
        range(30),
    )
    assert Counter(answers)[Outcome.DONE] >= 1
    assert set(answers) <= {Outcome.DONE, Outcome.EXPIRED}
    assert one("select count(*) from award") == 1
    assert one("select taken from prize") == 1


def test_guesses_at_once_are_no_more_than_five() -> None:
    form = make_form(with_code=True)
    begun = submit(form)
    assert begun.send is not None and begun.public_id is not None
    right = begun.send.code
    guesses = [f"{at:06d}" for at in range(60) if f"{at:06d}" != right]
    answers = all_at_once(
        lambda guess: (
            confirm_submission(begun.public_id, guess, address=f"10.8.1.{int(guess)}", now=NOW).outcome
        ),
        guesses,
    )
    assert Counter(answers) == {Outcome.WRONG: 5, Outcome.EXPIRED: len(guesses) - 5}
    assert one("select tries from form_code") == 5


def test_the_last_place_is_given_once() -> None:
    form = make_form(at_most=5)
    outcomes = Counter(one.outcome for one in all_at_once(lambda _: submit(form), range(60)))
    assert outcomes == {Outcome.DONE: 5, Outcome.FULL: 55}
    assert one("select count(*) from submission") == 5
