"""What evidence makes of a number: the table of `hygiene.states`, and what holds for any evidence at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.hygiene.models import Quarantine, State
from xinfeng.hygiene.receipt_codes import meaning_of
from xinfeng.hygiene.states import (
    NOTHING,
    Answer,
    Evidence,
    Known,
    Verdict,
    after_lookup,
    after_receipt,
    by_hand,
    last_proof,
)
from xinfeng.kernel.time import SHANGHAI, business_day

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def delivered(at: datetime, message_id: int = 1) -> Evidence:
    return Evidence(Verdict.ALIVE, State.VALID, at, message_id)


def failed(at: datetime, message_id: int, state: State = State.NOT_EXISTING) -> Evidence:
    return Evidence(Verdict.PERMANENT, state, at, message_id)


def told(*evidence: Evidence, known: Known = NOTHING) -> Known:
    for one in evidence:
        known = after_receipt(known, one, SHANGHAI)
    return known


DEAD = told(failed(NOON - 9 * DAY, 1), failed(NOON - 8 * DAY, 2))


class TestReceipts:
    def test_one_permanent_failure_is_only_counted(self) -> None:
        known = told(failed(NOON, 1))
        assert (known.failures, known.state, known.quarantined) == (1, State.UNKNOWN, False)

    def test_the_second_on_another_day_quarantines(self) -> None:
        assert (DEAD.state, DEAD.quarantine) == (State.NOT_EXISTING, Quarantine.RECEIPTS)

    def test_the_parts_of_one_message_count_once(self) -> None:
        assert told(failed(NOON, 1), failed(NOON + DAY, 1)).failures == 1

    def test_two_messages_of_one_day_count_once(self) -> None:
        assert told(failed(NOON, 1), failed(NOON + timedelta(hours=5), 2)).failures == 1

    def test_a_day_is_the_enterprises(self) -> None:
        before_midnight = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
        assert told(failed(before_midnight, 1), failed(before_midnight + timedelta(minutes=2), 2)).quarantined

    def test_a_delivery_in_between_starts_the_count_anew(self) -> None:
        known = told(failed(NOON, 1), delivered(NOON + DAY, 2), failed(NOON + 2 * DAY, 3))
        assert (known.failures, known.quarantined) == (1, False)

    def test_a_handset_that_is_off_neither_counts_nor_heals(self) -> None:
        off = Evidence(Verdict.HANDSET, State.POWERED_OFF, NOON + DAY, 2)
        assert told(failed(NOON, 1), off).failures == 1

    def test_back_alive_means_out_of_quarantine_and_a_question_whose_it_is(self) -> None:
        known = told(delivered(NOON), known=DEAD)
        assert (known.state, known.quarantine, known.recheck) == (State.VALID, Quarantine.FREE, True)

    def test_a_suspended_number_that_is_paid_again_is_hers(self) -> None:
        suspended = told(failed(NOON - 2 * DAY, 1), failed(NOON - DAY, 2, State.OUT_OF_SERVICE))
        assert told(delivered(NOON), known=suspended).recheck is False

    @pytest.mark.parametrize("why", [Quarantine.MANUAL, Quarantine.REASSIGNED])
    def test_a_delivery_frees_neither_what_a_person_shut_nor_what_changed_hands(
        self, why: Quarantine
    ) -> None:
        known = Known(state=State.VALID, quarantine=why, quarantined_at=NOON - DAY)
        assert told(delivered(NOON), known=known).quarantine is why

    def test_life_is_written_down_weekly(self) -> None:
        alive = told(delivered(NOON))
        assert told(delivered(NOON + 6 * DAY), known=alive) is alive
        assert told(delivered(NOON + 8 * DAY), known=alive).alive_at == NOON + 8 * DAY

    def test_an_old_delivery_does_not_undo_a_later_failure(self) -> None:
        assert told(delivered(NOON - 30 * DAY), known=DEAD) is DEAD


class TestLookups:
    @pytest.mark.parametrize("state", [State.NOT_EXISTING, State.OUT_OF_SERVICE, State.RISKY])
    def test_what_cannot_be_reached_is_quarantined(self, state: State) -> None:
        known = after_lookup(NOTHING, Answer(state), NOON)
        assert (known.state, known.quarantine, known.checked_at) == (state, Quarantine.LOOKUP, NOON)

    @pytest.mark.parametrize("state", [State.SILENT, State.POWERED_OFF])
    def test_what_exists_is_not(self, state: State) -> None:
        known = after_lookup(NOTHING, Answer(state), NOON)
        assert (known.state, known.quarantined) == (state, False)

    def test_a_recent_delivery_weighs_more(self) -> None:
        alive = told(delivered(NOON - 5 * DAY))
        once = after_lookup(alive, Answer(State.NOT_EXISTING), NOON)
        assert (once.state, once.quarantined, once.failures) == (State.VALID, False, 1)
        assert after_lookup(once, Answer(State.NOT_EXISTING), NOON + DAY).quarantined

    def test_an_old_delivery_does_not(self) -> None:
        alive = told(delivered(NOON - 40 * DAY))
        assert after_lookup(alive, Answer(State.NOT_EXISTING), NOON).quarantined

    def test_no_answer_is_no_check(self) -> None:
        known = after_lookup(NOTHING, Answer(), NOON)
        assert (known.checked_at, known.asked_at, last_proof(known)) == (None, NOON, None)

    def test_empty_then_alive_waits_in_quarantine_until_it_is_known_whose_it_is(self) -> None:
        empty = after_lookup(NOTHING, Answer(State.NOT_EXISTING), NOON)
        reborn = after_lookup(empty, Answer(State.VALID), NOON + 90 * DAY)
        assert (reborn.quarantine, reborn.recheck) == (Quarantine.REBORN, True)
        hers = after_lookup(reborn, Answer(reassigned=False), NOON + 91 * DAY)
        assert (hers.quarantine, hers.recheck, hers.state) == (Quarantine.FREE, False, State.VALID)
        gone = after_lookup(reborn, Answer(reassigned=True), NOON + 91 * DAY)
        assert (gone.quarantine, gone.recheck, gone.state) == (Quarantine.REASSIGNED, False, State.REASSIGNED)

    def test_ported_is_not_reassigned(self) -> None:
        alive = told(delivered(NOON - DAY))
        ported = after_lookup(alive, Answer(carrier=2, ported=True), NOON)
        assert (ported.ported, ported.carrier_now, ported.state) == (True, 2, State.VALID)
        assert not ported.quarantined

    def test_nothing_brings_a_reassigned_number_back_but_a_person(self) -> None:
        gone = after_lookup(NOTHING, Answer(reassigned=True), NOON)
        later = after_lookup(gone, Answer(State.VALID), NOON + DAY)
        assert told(delivered(NOON + 2 * DAY), known=later).quarantine is Quarantine.REASSIGNED
        assert by_hand(later, quarantine=False, at=NOON + DAY).quarantine is Quarantine.FREE


times = st.integers(0, 60 * 24).map(lambda hours: NOON + timedelta(hours=hours))
receipts = st.builds(
    Evidence,
    st.sampled_from(Verdict),
    st.sampled_from([State.NOT_EXISTING, State.OUT_OF_SERVICE]),
    times,
    st.integers(1, 8),
)
lookups = st.builds(
    Answer,
    st.sampled_from(State),
    st.sampled_from([None, True, False]),
    st.integers(0, 4),
    st.sampled_from([None, True, False]),
)
steps = st.lists(st.one_of(receipts, st.tuples(lookups, times), st.tuples(st.booleans(), times)), max_size=25)


def live(life: list[Evidence | tuple[Answer | bool, datetime]]) -> list[Known]:
    seen = [NOTHING]
    for step in life:
        known = seen[-1]
        if isinstance(step, Evidence):
            known = after_receipt(known, step, SHANGHAI)
        elif isinstance(step[0], Answer):
            known = after_lookup(known, step[0], step[1])
        else:
            known = by_hand(known, quarantine=step[0], at=step[1])
        seen.append(known)
    return seen


@given(steps)
def test_a_quarantine_always_has_its_time(life: list[Evidence | tuple[Answer | bool, datetime]]) -> None:
    for known in live(life):
        assert known.quarantined == (known.quarantined_at is not None)
        assert known.state is State.UNKNOWN or known.since is not None


@given(steps, receipts)
def test_the_same_receipt_again_changes_nothing(
    life: list[Evidence | tuple[Answer | bool, datetime]], receipt: Evidence
) -> None:
    once = after_receipt(live(life)[-1], receipt, SHANGHAI)
    assert after_receipt(once, receipt, SHANGHAI) is once


@given(steps, receipts)
def test_no_receipt_frees_what_a_person_shut(
    life: list[Evidence | tuple[Answer | bool, datetime]], receipt: Evidence
) -> None:
    shut = by_hand(live(life)[-1], quarantine=True, at=NOON)
    assert after_receipt(shut, receipt, SHANGHAI).quarantine is Quarantine.MANUAL


@given(st.lists(receipts, max_size=20))
def test_receipts_quarantine_only_after_failures_of_two_days(life: list[Evidence]) -> None:
    final = told(*life)
    days = {business_day(one.at, SHANGHAI) for one in life if one.verdict is Verdict.PERMANENT}
    messages = {one.message_id for one in life if one.verdict is Verdict.PERMANENT}
    assert not final.quarantined or (len(days) > 1 and len(messages) > 1)


class TestCodes:
    @pytest.mark.parametrize(
        ("code", "verdict", "state"),
        [
            ("DELIVRD", Verdict.ALIVE, State.VALID),
            ("DELIVRD\x00", Verdict.ALIVE, State.VALID),
            ("MK:0001", Verdict.PERMANENT, State.NOT_EXISTING),
            ("mk:0005", Verdict.PERMANENT, State.OUT_OF_SERVICE),
            ("EXPIRED", Verdict.HANDSET, State.POWERED_OFF),
            ("EXPIREDS608S", Verdict.HANDSET, State.POWERED_OFF),
            ("UNDELIVS601S", Verdict.NOTHING, State.UNKNOWN),
            ("DB:0141", Verdict.NOTHING, State.UNKNOWN),
            ("MK:0012", Verdict.NOTHING, State.UNKNOWN),
            ("MI:0013", Verdict.NOTHING, State.UNKNOWN),
        ],
    )
    def test_what_codes_say(self, code: str, verdict: Verdict, state: State) -> None:
        assert (meaning_of(code).verdict, meaning_of(code).state) == (verdict, state)

    @given(st.text(max_size=30))
    def test_garbage_is_no_verdict(self, code: str) -> None:
        assert meaning_of(code).words() and meaning_of(code).words("en")
