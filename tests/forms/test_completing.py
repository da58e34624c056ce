"""What a submission amounts to."""

from __future__ import annotations

import json
import uuid
from datetime import date, timedelta

import pytest
from tests.factories import make_contact, phone
from tests.forms.world import NOW, ask, box, lottery, make_form, one, prize, submit, token_for

from xinfeng.consent.actions import record_opt_outs, suppress_numbers
from xinfeng.consent.reads import standing_of
from xinfeng.consent.suppressing import OptOut
from xinfeng.consent.verify import verify_ledger
from xinfeng.contacts.masked import tiers_of
from xinfeng.contacts.models import Contact
from xinfeng.forms import codes, guards
from xinfeng.forms.actions import Outcome, confirm_submission, send_again
from xinfeng.forms.draws import prize_of
from xinfeng.forms.lapsing import lapse
from xinfeng.forms.models import Award, FormCode, FormCount, Submission
from xinfeng.forms.submissions import LIFE
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene.actions import mark_reassigned
from xinfeng.hygiene.models import State
from xinfeng.hygiene.reads import number_of

pytestmark = pytest.mark.usefixtures("db")


def granted(contact_id: int, purpose: str = "marketing") -> bool:
    return next(row.granted for row in standing_of(contact_id) if row.purpose == purpose)


def contact_of(number: str) -> Contact:
    return Contact.objects.get(phone_index=vault().phone_index(number))


def opt_out(number: str, *, at=NOW - timedelta(days=2)) -> None:
    with bulk_transaction() as connection:
        record_opt_outs(
            connection,
            [OptOut(vault().phone_index(number), None, at, "reply")],
            now=at + timedelta(minutes=1),
        )


def counts(form, what: str) -> int:
    return sum(FormCount.objects.filter(form=form, what=what).values_list("count", flat=True))


def test_a_submission_makes_the_person_tags_her_source_and_records_what_she_did() -> None:
    form = make_form()
    number = phone()
    assert submit(form, number, name="王小明").outcome is Outcome.DONE
    person = contact_of(number)
    assert one("select name from tag where id = any(%s)", person.tags) == form.source
    assert ask("select kind, source, item from event where contact_id = %s", person.pk) == [
        (7, form.source, "报名")
    ]
    assert tiers_of([person.pk])[person.pk] != 0


def test_a_ticked_box_is_an_entry_with_notice_and_evidence_and_the_chain_holds() -> None:
    form = make_form()
    number = phone()
    submit(form, number)
    person = contact_of(number)
    [(source, notice_id, evidence)] = ask(
        "select source, notice_id, evidence from consent_entry where contact_id = %s", person.pk
    )
    assert (source, notice_id) == (form.source, form.current.design["boxes"][0]["notices"]["zh-hans"])
    submission = Submission.objects.get(form=form)
    assert (
        f"submission {submission.pk}; version 1; page sha256:{bytes(submission.page_digest).hex()}"
        in evidence
    )
    assert number not in evidence and "10.1." not in evidence
    assert granted(person.pk)
    assert verify_ledger().fault is None


def test_a_box_that_was_not_ticked_says_nothing() -> None:
    form = make_form()
    number = phone()
    submit(form, number, ticked=())
    assert ask("select 1 from consent_entry where contact_id = %s", contact_of(number).pk) == []


def test_a_box_the_form_does_not_have_can_not_be_ticked() -> None:
    form = make_form()
    number = phone()
    submit(form, number, ticked=("marketing", "sharing", "'; drop table contact; --"))
    assert ask("select purpose from consent_entry where contact_id = %s", contact_of(number).pk) == [
        ("marketing",)
    ]


def test_without_a_code_nothing_known_is_overwritten() -> None:
    form = make_form()
    number = phone()
    make_contact(phone=number, name="李雷", birthday=date(1980, 1, 1))
    before = contact_of(number)
    submit(form, number, name="坏人", birthday="1990-01-01")
    after = contact_of(number)
    assert bytes(after.name_index) == bytes(before.name_index)
    assert after.birthday == date(1980, 1, 1)


def test_without_a_code_an_opt_out_stays_and_no_grant_is_stored() -> None:
    form = make_form()
    number = phone()
    person = make_contact(phone=number, at=NOW - timedelta(days=9))
    opt_out(number)
    assert submit(form, number).outcome is Outcome.DONE
    assert not granted(person)
    assert ask("select 1 from consent_entry where contact_id = %s and source = %s", person, form.source) == []
    assert one("select count(*) from suppression where lifted_at is null") == 1


def test_without_a_code_a_withdrawal_long_ago_stays_too() -> None:
    form = make_form()
    number = phone()
    person = make_contact(phone=number, at=NOW - timedelta(days=900))
    opt_out(number, at=NOW - timedelta(days=800))
    with bulk_transaction() as connection:
        connection.execute("update suppression set lifted_at = %s", (NOW - timedelta(days=700),))
    submit(form, number)
    assert not granted(person)


@pytest.mark.parametrize(
    ("birthday", "counts_"), [("2010-11-21", False), ("2008-11-20", False), ("2008-11-19", True)]
)
def test_nobody_under_eighteen_is_marketed_to(birthday: str, counts_: bool) -> None:
    form = make_form()
    number = phone()
    assert submit(form, number, birthday=birthday).outcome is Outcome.DONE
    assert granted(contact_of(number).pk) is counts_


def test_under_fourteen_nothing_is_kept_at_all() -> None:
    form = make_form()
    begun = submit(form, birthday="2013-01-01")
    assert begun.outcome is Outcome.FAULTS
    assert begun.answers is not None and begun.answers.faults == {"birthday": "form.child"}
    assert Submission.objects.count() == 0


def test_the_same_page_sent_twice_is_one_submission() -> None:
    form = make_form()
    number, token = phone(), token_for(form)
    first, second = submit(form, number, token=token), submit(form, number, token=token)
    assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.DONE)
    assert first.public_id == second.public_id
    assert Submission.objects.count() == 1 and Award.objects.count() == 1
    assert ask("select detail, count from form_count where what = 'abuse'") == [("replay", 1)]


@pytest.mark.parametrize("with_code", [False, True])
def test_who_goes_back_and_changes_something_is_not_answered_with_what_was_sent_before(
    with_code: bool,
) -> None:
    form = make_form(with_code=with_code)
    number, token = phone(), token_for(form)
    first = submit(form, number, token=token, name="王")
    assert submit(form, phone(), token=token, name="王").outcome is Outcome.USED
    assert submit(form, number, token=token, name="王", ticked=()).outcome is Outcome.USED
    assert submit(form, number, token=token, name="李").outcome is Outcome.USED
    assert submit(form, number, token=token, name=" 王 ").public_id == first.public_id
    assert Submission.objects.count() == 1
    assert submit(form, phone(), name="王").outcome is first.outcome


def test_a_page_whose_submission_has_lapsed_can_be_sent_as_a_new_one() -> None:
    form = make_form(with_code=True)
    number, token = phone(), token_for(form)
    submit(form, number, token=token)
    lapse(now=NOW + LIFE + timedelta(minutes=1))
    assert submit(form, number, token=token).outcome is Outcome.USED
    assert submit(form, number).outcome is Outcome.CODE


def test_who_has_had_the_incentive_does_not_get_it_again() -> None:
    form = make_form(incentive={"prizes": [prize(kind="points", points=50)]})
    number = phone()
    for _ in range(3):
        assert submit(form, number).outcome is Outcome.DONE
    assert one("select sum(points) from point_entry") == 50
    assert one("select taken from prize") == 1
    assert Award.objects.count() == 1


def test_a_form_with_a_number_of_places_takes_no_more() -> None:
    form = make_form(at_most=2)
    outcomes = [submit(form).outcome for _ in range(3)]
    assert outcomes == [Outcome.DONE, Outcome.DONE, Outcome.FULL]
    assert Submission.objects.count() == 2


def test_an_incentive_for_marketing_consent_goes_to_who_ticked_it() -> None:
    form = make_form(incentive={"prizes": [prize(kind="points", points=50)], "only_for": "marketing"})
    submit(form, ticked=())
    submit(form)
    assert ask("select points, why_none from award order by id") == [(0, "not_asked_for"), (50, "")]


def test_a_draw_can_be_gone_over_later() -> None:
    form = make_form(
        incentive=lottery(prize("p1", odds_ppm=300_000), prize("p2", "points", points=5, odds_ppm=300_000))
    )
    for _ in range(40):
        submit(form)
    rows = ask("select a.roll, a.odds, p.key from award a left join prize p on p.id = a.prize_id")
    assert len(rows) == 40
    for roll, odds, key in rows:
        odds = odds if isinstance(odds, list) else json.loads(odds)
        assert odds == [["p1", 300_000], ["p2", 300_000]]
        assert prize_of(roll, odds) == key
    assert {key for _, _, key in rows} == {"p1", "p2", None}


class TestWithCode:
    def begin(self, number: str, **changes):
        form = make_form(with_code=True, **changes)
        begun = submit(form, number)
        assert begun.outcome is Outcome.CODE
        return form, begun

    def confirm(self, begun, code: str, *, now=NOW + timedelta(minutes=1), address="10.9.9.9"):
        return confirm_submission(begun.public_id, code, address=address, now=now)

    def test_a_code_confirms_and_everything_is_written_only_then(self) -> None:
        number = phone()
        form, begun = self.begin(number)
        person = contact_of(number)
        assert not granted(person.pk) and granted(person.pk, "service")
        assert ask("select source, evidence from consent_entry where contact_id = %s", person.pk) == [
            (form.source, f"code requested, submission {Submission.objects.get().pk}")
        ]
        assert self.confirm(begun, begun.send.code).outcome is Outcome.DONE
        assert granted(person.pk)
        assert "confirmed by code" in one(
            "select evidence from consent_entry where purpose = 'marketing' and contact_id = %s", person.pk
        )
        lapse(now=NOW + timedelta(minutes=2))
        assert not granted(person.pk, "service")
        assert granted(person.pk)

    def test_a_code_lifts_the_opt_out_of_the_persons_own_number(self) -> None:
        number = phone()
        person = make_contact(phone=number, at=NOW - timedelta(days=9))
        opt_out(number)
        _, begun = self.begin(number)
        self.confirm(begun, begun.send.code)
        assert granted(person)
        assert next(row for row in standing_of(person) if row.purpose == "marketing").may_be_written_to

    def test_a_code_does_not_lift_what_was_said_after_it_was_asked_for(self) -> None:
        number = phone()
        person = make_contact(phone=number, at=NOW - timedelta(days=9))
        _, begun = self.begin(number)
        opt_out(number, at=NOW + timedelta(seconds=20))
        self.confirm(begun, begun.send.code)
        assert not next(row for row in standing_of(person) if row.purpose == "marketing").may_be_written_to

    def test_a_complaint_is_not_lifted_by_a_code(self) -> None:
        number = phone()
        index = vault().phone_index(number)
        make_contact(phone=number, at=NOW - timedelta(days=9))
        suppress_numbers(
            [index],
            scope="marketing",
            reason="complaint",
            source="12321",
            actor="li",
            now=NOW - timedelta(days=1),
        )
        _, begun = self.begin(number)
        self.confirm(begun, begun.send.code)
        assert one("select count(*) from suppression where lifted_at is null") == 1

    def test_a_number_that_may_not_be_written_to_at_all_gets_no_code_and_looks_the_same(self) -> None:
        number = phone()
        suppress_numbers(
            [vault().phone_index(number)],
            scope="all",
            reason="opt_out",
            source="reply",
            actor="li",
            now=NOW - timedelta(days=1),
        )
        _, begun = self.begin(number)
        assert begun.send is None and begun.public_id is not None
        assert Contact.objects.filter(phone_index=vault().phone_index(number)).count() == 0
        answers = [self.confirm(begun, f"{at:06d}").outcome for at in range(codes.MOST_TRIES + 1)]
        assert answers == [Outcome.WRONG] * codes.MOST_TRIES + [Outcome.EXPIRED]
        assert (
            send_again(begun.public_id, address="10.3.3.3", now=NOW + timedelta(minutes=2)).outcome
            is Outcome.CODE
        )

    def test_five_guesses_end_a_code_even_if_the_sixth_is_right(self) -> None:
        _, begun = self.begin(phone())
        wrong = "000000" if begun.send.code != "000000" else "111111"
        answers = [self.confirm(begun, wrong).outcome for _ in range(codes.MOST_TRIES)]
        assert answers == [Outcome.WRONG] * codes.MOST_TRIES
        assert self.confirm(begun, begun.send.code).outcome is Outcome.EXPIRED
        assert Submission.objects.get().state == "awaiting"
        assert ask("select detail, count from form_count where what = 'abuse'") == [("code", 5)]

    def test_a_code_lives_ten_minutes(self) -> None:
        _, begun = self.begin(phone())
        late = NOW + codes.LIFE
        assert self.confirm(begun, begun.send.code, now=late).outcome is Outcome.EXPIRED

    def test_a_code_is_good_once(self) -> None:
        _, begun = self.begin(phone())
        self.confirm(begun, begun.send.code)
        assert self.confirm(begun, begun.send.code).outcome is Outcome.DONE
        assert Award.objects.count() == 1

    def test_another_code_comes_after_a_minute_and_ends_the_one_before(self) -> None:
        _, begun = self.begin(phone())
        soon = NOW + codes.RESEND_AFTER - timedelta(seconds=1)
        assert send_again(begun.public_id, address="10.4.4.4", now=soon).outcome is Outcome.WAIT
        again = send_again(begun.public_id, address="10.4.4.4", now=NOW + codes.RESEND_AFTER)
        assert again.send is not None
        if again.send.code != begun.send.code:
            assert (
                self.confirm(begun, begun.send.code, now=NOW + timedelta(minutes=2)).outcome is Outcome.WRONG
            )
        assert self.confirm(begun, again.send.code, now=NOW + timedelta(minutes=2)).outcome is Outcome.DONE

    def test_a_number_gets_only_so_many_codes_a_day(self) -> None:
        number = phone()
        form = make_form(with_code=True, per_person=20)
        outcomes = [submit(form, number).outcome for _ in range(codes.MOST_PER_DAY + 1)]
        assert outcomes == [Outcome.CODE] * codes.MOST_PER_DAY + [Outcome.FLOODED]

    def test_an_address_may_guess_only_so_often_whatever_it_guesses_at(self) -> None:
        _, begun = self.begin(phone())
        for _ in range(guards.GUESSES_PER_ADDRESS_PER_HOUR):
            confirm_submission(uuid.uuid4(), "123456", address="10.7.7.7", now=NOW)
        assert self.confirm(begun, begun.send.code, address="10.7.7.7").outcome is Outcome.FLOODED

    def test_what_nobody_confirms_lapses_and_leaves_no_number(self) -> None:
        number = phone()
        _, begun = self.begin(number)
        person = contact_of(number)
        assert lapse(now=NOW + LIFE) == 1
        row = Submission.objects.get()
        assert (row.state, row.answers_sealed, row.phone_sealed, row.phone_index) == (
            "lapsed",
            None,
            None,
            None,
        )
        person.refresh_from_db()
        assert (person.state, person.phone_index, person.phone_sealed) == (2, None, None)
        assert ask("select granted from consent_entry where contact_id = %s order by seq", person.pk) == [
            (True,),
            (False,),
        ]
        assert self.confirm(begun, begun.send.code, now=NOW + LIFE).outcome is Outcome.EXPIRED
        assert verify_ledger().fault is None

    def test_a_person_who_was_known_before_is_not_forgotten(self) -> None:
        number = phone()
        person = make_contact(phone=number, consent=("marketing", "service"), at=NOW - timedelta(days=5))
        self.begin(number)
        lapse(now=NOW + LIFE)
        assert contact_of(number).pk == person
        assert granted(person, "service") and granted(person)

    def test_a_service_consent_given_in_the_form_is_not_taken_back(self) -> None:
        number = phone()
        form = make_form(with_code=True, boxes=[box("service")])
        begun = submit(form, number, ticked=("service",))
        self.confirm(begun, begun.send.code)
        lapse(now=NOW + LIFE)
        assert granted(contact_of(number).pk, "service")

    def test_the_code_is_nowhere_in_the_clear(self) -> None:
        _, begun = self.begin(phone())
        row = FormCode.objects.get()
        assert begun.send.code.encode() not in bytes(row.code_hash)
        assert len(bytes(row.code_hash)) == 16
        assert begun.send.code not in str(ask("select * from submission"))


def shut(number: str, *, reason: str, at=NOW - timedelta(days=1)) -> None:
    suppress_numbers(
        [vault().phone_index(number)], scope="all", reason=reason, source="x", actor="li", now=at
    )


def in_force(number: str) -> set[tuple[str, str]]:
    return {
        (scope, reason)
        for scope, reason in ask(
            "select scope, reason from suppression where lifted_at is null and phone_index = %s",
            vault().phone_index(number),
        )
    }


def may_get(contact_id: int) -> set[str]:
    return {row.purpose for row in standing_of(contact_id) if row.may_be_written_to} & {
        "marketing",
        "service",
    }


@pytest.mark.parametrize("reason", ["erased", "reassigned"])
class TestAShutNumber:
    """Its holder may show that she holds it, and only what she then agrees to is opened."""

    def begin(self, number: str, *, ticked=("marketing",), now=NOW):
        form = make_form(with_code=True, boxes=[box(), box("service")], per_person=9)
        begun = submit(form, number, ticked=ticked, now=now)
        assert begun.outcome is Outcome.CODE and begun.send is not None
        return begun

    def confirm(self, begun, *, now=NOW + timedelta(minutes=1)):
        done = confirm_submission(begun.public_id, begun.send.code, address="10.9.9.9", now=now)
        assert done.outcome is Outcome.DONE

    def test_a_code_may_go_and_nothing_else_is_opened_by_asking(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        begun = self.begin(number)
        assert in_force(number) == {("marketing", reason)}
        assert may_get(begun.send.contact_id) == {"service"}

    def test_asking_without_confirming_leaves_it_as_shut_as_before(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        begun = self.begin(number)
        assert lapse(now=NOW + LIFE) == 1
        assert in_force(number) == {("all", reason)}
        assert may_get(begun.send.contact_id) == set()
        kept = ask("select source, at from suppression where lifted_at is null")
        assert kept == [("x", NOW - timedelta(days=1))]
        assert Contact.objects.filter(phone_index=vault().phone_index(number)).count() == 0

    def test_a_right_code_and_a_tick_open_it_with_the_proof_in_the_ledger(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        self.confirm(self.begin(number))
        lapse(now=NOW + LIFE)
        person = contact_of(number)
        assert in_force(number) == set()
        assert may_get(person.pk) == {"marketing"}
        assert "confirmed by code" in one(
            "select evidence from consent_entry where purpose = 'marketing' and contact_id = %s", person.pk
        )
        assert verify_ledger().fault is None

    def test_only_what_she_ticked_is_opened(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        self.confirm(self.begin(number, ticked=("service",)))
        lapse(now=NOW + LIFE)
        assert in_force(number) == {("marketing", reason)}
        assert may_get(contact_of(number).pk) == {"service"}

    def test_a_right_code_without_a_tick_opens_nothing(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        self.confirm(self.begin(number, ticked=()))
        lapse(now=NOW + LIFE)
        assert in_force(number) == {("all", reason)}
        assert may_get(contact_of(number).pk) == set()

    def test_what_keeps_marketing_away_besides_is_neither_replaced_nor_lifted(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        suppress_numbers(
            [vault().phone_index(number)],
            scope="marketing",
            reason="manual",
            source="desk",
            actor="li",
            now=NOW - timedelta(days=2),
        )
        self.confirm(self.begin(number))
        lapse(now=NOW + LIFE)
        assert in_force(number) == {("marketing", "manual")}
        assert may_get(contact_of(number).pk) == set()

    @pytest.mark.parametrize("first", [True, False])
    def test_two_who_ask_at_once_do_not_undo_each_other(self, reason: str, first: bool) -> None:
        number = phone()
        shut(number, reason=reason)
        one_, other = self.begin(number), self.begin(number, now=NOW + timedelta(minutes=2))
        self.confirm(one_ if first else other, now=NOW + timedelta(minutes=3))
        lapse(now=NOW + timedelta(minutes=40))
        assert in_force(number) == set()
        assert may_get(contact_of(number).pk) == {"marketing"}

    def test_it_stays_open_for_the_second_code_and_is_shut_after_it(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        self.begin(number)
        self.begin(number, now=NOW + timedelta(minutes=20))
        lapse(now=NOW + timedelta(minutes=31))
        assert in_force(number) == {("marketing", reason)}
        lapse(now=NOW + timedelta(minutes=51))
        assert in_force(number) == {("all", reason)}

    def test_shut_again_while_the_code_was_on_its_way_it_stays_shut(self, reason: str) -> None:
        number = phone()
        shut(number, reason=reason)
        begun = self.begin(number)
        shut(number, reason=reason, at=NOW + timedelta(seconds=20))
        self.confirm(begun)
        lapse(now=NOW + LIFE)
        assert in_force(number) >= {("all", reason)}
        assert may_get(contact_of(number).pk) == set()


@pytest.mark.parametrize("reason", ["manual", "complaint", "carrier", "opt_out"])
def test_what_others_decide_is_not_opened_by_asking(reason: str) -> None:
    number = phone()
    shut(number, reason=reason)
    begun = submit(make_form(with_code=True), number)
    assert begun.outcome is Outcome.CODE and begun.send is None
    assert in_force(number) == {("all", reason)}


def test_more_codes_than_a_day_allows_open_nothing() -> None:
    number = phone()
    form = make_form(with_code=True, per_person=20)
    for at in range(codes.MOST_PER_DAY):
        submit(form, number, now=NOW + timedelta(minutes=at))
    shut(number, reason="reassigned", at=NOW)
    assert submit(form, number, now=NOW + timedelta(minutes=9)).outcome is Outcome.FLOODED
    assert in_force(number) == {("all", "reassigned")}


class TestTheNewOwner:
    def reassigned(self, number: str) -> int:
        former = make_contact(
            phone=number, name="王伟", consent=("marketing", "service"), at=NOW - timedelta(days=90)
        )
        mark_reassigned(former, reason="新机主来电", actor="lin", now=NOW - timedelta(days=1))
        return former

    def test_by_a_code_she_is_somebody_new_and_he_stays_as_he_is(self) -> None:
        number = phone()
        former = self.reassigned(number)
        begun = submit(make_form(with_code=True), number, name="李娜")
        confirm_submission(
            begun.public_id, begun.send.code, address="10.9.9.9", now=NOW + timedelta(minutes=1)
        )
        lapse(now=NOW + LIFE)
        person = contact_of(number)
        assert person.pk != former
        assert vault().open(Kind.NAME, bytes(person.name_sealed)) == "李娜"
        assert may_get(person.pk) == {"marketing"} and may_get(former) == set()
        assert number_of(person.pk).quarantined is False
        assert number_of(former).state is State.REASSIGNED

    def test_without_a_code_she_is_somebody_new_too_and_nothing_is_opened(self) -> None:
        number = phone()
        former = self.reassigned(number)
        assert submit(make_form(), number, name="李娜").outcome is Outcome.DONE
        person = contact_of(number)
        assert person.pk != former and may_get(person.pk) == set()
        assert in_force(number) == {("all", "reassigned")}

    def test_what_a_file_said_of_the_former_owner_is_not_opened_with_it(self) -> None:
        number = phone()
        self.reassigned(number)
        person = make_contact(
            phone=number, consent=("marketing", "service"), at=NOW - timedelta(days=60)
        )  # a source that lags behind
        begun = submit(make_form(with_code=True), number)
        confirm_submission(
            begun.public_id, begun.send.code, address="10.9.9.9", now=NOW + timedelta(minutes=1)
        )
        lapse(now=NOW + LIFE)
        assert contact_of(number).pk == person
        assert may_get(person) == {"marketing"}
        assert "number_reassigned" in [
            row[0]
            for row in ask(
                "select evidence from consent_entry where contact_id = %s and purpose = 'service'"
                " and not granted",
                person,
            )
        ]

    def test_a_code_asked_for_before_the_number_changed_hands_opens_nothing(self) -> None:
        number = phone()
        former = make_contact(phone=number, at=NOW - timedelta(days=90))
        begun = submit(make_form(with_code=True), number)
        mark_reassigned(former, reason="新机主来电", actor="lin", now=NOW + timedelta(seconds=20))
        confirm_submission(
            begun.public_id, begun.send.code, address="10.9.9.9", now=NOW + timedelta(minutes=1)
        )
        lapse(now=NOW + LIFE)
        person = contact_of(number)
        assert person.pk != former
        assert may_get(person.pk) == may_get(former) == set()
        assert in_force(number) == {("all", "reassigned")}
