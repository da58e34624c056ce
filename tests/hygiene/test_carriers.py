"""Whose network a number is on: believed for a while, then the prefix again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.factories import NOW, make_contact

from xinfeng.contacts import prefixes
from xinfeng.contacts.models import Contact
from xinfeng.foundation.database import bulk_transaction
from xinfeng.hygiene import carriers, reads
from xinfeng.hygiene.actions import LookupNews, learn_from_lookup, mark_ported
from xinfeng.hygiene.models import NumberState, State
from xinfeng.hygiene.states import Answer
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")


def _looked_up(contact_id: int, carrier: Carrier, days_ago: int) -> None:
    at = NOW - timedelta(days=days_ago)
    index = bytes(Contact.objects.get(pk=contact_id).phone_index or b"")
    answer = Answer(state=State.VALID, carrier=int(carrier), ported=True)
    with bulk_transaction() as connection:
        learn_from_lookup(
            connection, [LookupNews(contact_id, index, answer, "0", at)], provider="test", now=at
        )


def _carrier(contact_id: int) -> int:
    return Contact.objects.get(pk=contact_id).carrier


def test_what_a_lookup_said_is_believed_for_sixty_days_and_a_new_answer_renews_it() -> None:
    old, renewed = make_contact(phone="13900000001"), make_contact(phone="13900000002")
    _looked_up(old, Carrier.UNICOM, 61)
    _looked_up(renewed, Carrier.UNICOM, 61)
    _looked_up(renewed, Carrier.UNICOM, 10)
    assert NumberState.objects.get(pk=renewed).carrier_at == NOW - timedelta(days=10)
    assert carriers.forget_old(now=NOW) == 1
    assert (_carrier(old), _carrier(renewed)) == (Carrier.MOBILE, Carrier.UNICOM)
    state = NumberState.objects.get(pk=old)
    assert (state.carrier_now, state.ported, state.carrier_at, state.state) == (0, False, None, State.VALID)
    assert carriers.forget_old(now=NOW) == 0


def test_what_a_person_said_grows_old_too() -> None:
    contact = make_contact(phone="13900000001")
    mark_ported(contact, Carrier.TELECOM, actor="li", now=utc_now())
    assert carriers.forget_old(now=utc_now() + timedelta(days=59)) == 0
    assert carriers.forget_old(now=utc_now() + timedelta(days=61)) == 1
    assert _carrier(contact) == Carrier.MOBILE


@pytest.mark.parametrize("days", [29, 91])
def test_belief_has_bounds(days: int) -> None:
    with pytest.raises(InvalidInput, match=r"number\.carrier_days"):
        carriers.believe_for(days, actor="li")


def test_a_shorter_belief_holds_at_once() -> None:
    contact = make_contact(phone="13900000001")
    _looked_up(contact, Carrier.UNICOM, 45)
    assert carriers.forget_old(now=NOW) == 0
    carriers.believe_for(30, actor="li")
    assert carriers.forget_old(now=NOW) == 1


def test_with_another_table_numbers_are_read_again_but_what_was_learned_stays(tmp_path: Path) -> None:
    guessed, learned = make_contact(phone="13900000001"), make_contact(phone="13900000002")
    _looked_up(learned, Carrier.UNICOM, 5)
    file = tmp_path / "ranges.csv"
    file.write_text("prefix,carrier\n139,telecom\n", encoding="utf-8")
    try:
        prefixes.replace(file, drawn_up=date(2026, 11, 1), source="test", actor="li", today=date(2026, 11, 2))
        assert carriers.read_again(actor="li", now=NOW) == 1
    finally:
        prefixes.use_shipped(actor="li")
    assert (_carrier(guessed), _carrier(learned)) == (Carrier.TELECOM, Carrier.UNICOM)


@pytest.mark.parametrize(
    ("now", "ported", "seen"),
    [
        (Carrier.UNKNOWN, False, Carrier.MOBILE),
        (Carrier.UNICOM, True, Carrier.UNICOM),
        (Carrier.MOBILE, False, Carrier.MOBILE),
        (Carrier.UNKNOWN, True, Carrier.UNKNOWN),
    ],
)
def test_whose_network_a_number_is_on_is_what_was_learned_before_what_its_range_says(
    db: None, now: Carrier, ported: bool, seen: Carrier
) -> None:
    card = replace(reads.number_of(0), carrier_now=int(now), ported=ported)
    assert card.carrier(int(Carrier.MOBILE)) == seen
