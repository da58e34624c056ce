"""Who stands for many readers: the ordinary one first, and everybody at an edge."""

from hypothesis import given
from hypothesis import strategies as st

from xinfeng.content.representatives import representatives

NEEDED = ("contact.name", "contact.city")


def person(id_: int, name: str | None, city: str | None = "杭州") -> tuple[int, dict[str, str | None]]:
    return id_, {"contact.name": name, "contact.city": city}


def test_short_long_and_missing_values_are_among_the_few():
    pool = [person(nr, "王小明") for nr in range(1, 400)]
    edges = [
        person(900, "李"),
        person(901, "阿卜杜拉·买买提明"),
        person(902, None),
        person(903, "王小明", ""),
    ]
    far = person(904, "王小明", "克孜勒苏柯尔克孜")
    found = representatives([*pool, *edges, far], NEEDED, most=10)
    assert set(found) >= {900, 901, 902, 903, 904} and len(found) == 10
    assert found[0] < 400, "the first phone shows an ordinary reader"


def test_nobody_to_choose_from():
    assert representatives([], NEEDED) == []


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "李", "王小明", "欧阳"]), st.none() | st.text(max_size=5)), max_size=80
    ),
    st.integers(1, 60),
)
def test_each_is_shown_once_and_no_more_than_asked_for(rows, most):
    pool = [person(nr, name, city) for nr, (name, city) in enumerate(rows)]
    found = representatives(pool, NEEDED, most=most)
    assert len(found) == len(set(found)) == min(most, len(pool))
    assert found == representatives(pool, NEEDED, most=most)
