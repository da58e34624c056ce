"""Which texts a reviewer is shown: the pure choice."""

from hypothesis import given
from hypothesis import strategies as st

from xinfeng.content.parts import measure
from xinfeng.content.risky import MOST_SHOWN, Candidate, Why, riskiest


def one(contact_id: int, units: int, *, empty: int = 0, objections: tuple[str, ...] = ()) -> Candidate:
    text = "长" * units
    return Candidate(contact_id, "138****0000", text, measure(text, price_li=0), empty, objections)


def shown(candidates: list[Candidate]) -> list[tuple[int, list[str]]]:
    return [(each.candidate.contact_id, [str(why) for why in each.why]) for each in riskiest(candidates)]


def test_objections_come_first_then_length_and_what_is_missing() -> None:
    people = [
        one(1, 30),
        one(2, 90),
        one(3, 40, empty=2),
        one(4, 35, objections=("absolute.named",)),
        one(5, 36, objections=("absolute.named", "link.brought")),
    ]
    assert shown(people) == [
        (5, ["finding", "typical"]),
        (4, ["finding"]),
        (2, ["longest", "most_parts"]),
        (3, ["empty"]),
    ]


def test_each_person_is_shown_once_with_every_reason() -> None:
    assert shown([one(1, 90, empty=1)]) == [(1, ["longest", "most_parts", "empty", "typical"])]


def test_nobody_is_shown_where_there_is_nobody() -> None:
    assert riskiest([]) == []


def test_short_full_texts_are_not_called_long_or_empty() -> None:
    reasons = {why for each in riskiest([one(1, 30), one(2, 31)]) for why in each.why}
    assert reasons == {Why.LONGEST, Why.TYPICAL}


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=30)
)
def test_whoever_they_are_the_longest_and_an_objected_one_are_among_them(
    people: list[tuple[int, int, int]],
) -> None:
    candidates = [
        one(number, units, empty=empty, objections=("rule",) * objections)
        for number, (units, empty, objections) in enumerate(people)
    ]
    chosen = riskiest(candidates)
    ids = [each.candidate.contact_id for each in chosen]
    assert len(ids) == len(set(ids)) <= MOST_SHOWN
    longest = max(candidate.measure.units for candidate in candidates)
    assert any(each.candidate.measure.units == longest for each in chosen)
    if any(candidate.objections for candidate in candidates):
        assert Why.FINDING in chosen[0].why
