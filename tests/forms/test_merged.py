"""Numbers of rows that were merged: whom a code reaches, and who has taken part already."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.factories import make_contact, phone
from tests.forms.world import NOW, lottery, make_form, one, prize, submit

from xinfeng.contacts.merging import merge
from xinfeng.forms.actions import Outcome, confirm_submission, send_again
from xinfeng.forms.models import Award, Submission

pytestmark = pytest.mark.usefixtures("db")
ANYTHING = prize(kind="points", points=10, odds_ppm=1_000_000)


def joined(survivor: int, absorbed: int) -> None:
    merge(survivor, absorbed, how="manual", actor="li", reason="", now=NOW)


def test_a_code_never_goes_to_another_number_than_the_one_typed() -> None:
    own, other = phone(), phone()
    joined(make_contact(phone=own, at=NOW), make_contact(phone=other, at=NOW))
    form = make_form(with_code=True)
    begun = submit(form, other)
    assert begun.outcome is Outcome.CODE and begun.send is None
    assert Submission.objects.get().contact_id is None
    guessed = confirm_submission(begun.public_id, "123456", address="10.9.9.9", now=NOW)
    assert guessed.outcome is Outcome.WRONG
    again = send_again(begun.public_id, address="10.9.9.9", now=NOW + timedelta(minutes=2))
    assert again.outcome is Outcome.CODE and again.send is None
    assert submit(form, own).send is not None


def test_who_was_merged_since_gets_no_second_code() -> None:
    own, other = phone(), phone()
    survivor, absorbed = make_contact(phone=own, at=NOW), make_contact(phone=other, at=NOW)
    begun = submit(make_form(with_code=True), other)
    assert begun.send is not None
    joined(survivor, absorbed)
    assert send_again(begun.public_id, address="10.9.9.9", now=NOW + timedelta(minutes=2)).send is None


def test_a_person_with_two_numbers_does_not_win_twice() -> None:
    form = make_form(kind="lottery", incentive=lottery(ANYTHING))
    first, second, third = phone(), phone(), phone()
    submit(form, first)
    earlier = one("select contact_id from award")
    now_one = make_contact(phone=second, at=NOW)
    joined(now_one, earlier)
    submit(form, second)
    submit(form, first)
    assert Award.objects.filter(form=form).count() == 1
    submit(form, third)
    assert Award.objects.filter(form=form).count() == 2
