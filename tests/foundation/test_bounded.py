"""A process holds so many connections and no more, and gives each back."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connections

from xinfeng.foundation.bounded.base import DatabaseWrapper, Seats

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def seats(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seats]:
    found = Seats(2, patience_s=0.0)
    monkeypatch.setattr(DatabaseWrapper, "seats", found)
    yield found


def another() -> DatabaseWrapper:
    made = connections["default"].copy()
    assert isinstance(made, DatabaseWrapper)
    return made


def test_one_too_many_is_told_why(seats: Seats) -> None:
    held = [another(), another()]
    for one in held:
        one.ensure_connection()
    with pytest.raises(OperationalError, match=r"all 2 .*XINFENG_DATABASE_CONNECTIONS"):
        another().ensure_connection()

    held[0].close()
    held[0].close()  # twice gives back once
    third = another()
    third.ensure_connection()
    with pytest.raises(OperationalError):
        another().ensure_connection()
    for one in (held[1], third):
        one.close()


def test_who_waits_gets_what_comes_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseWrapper, "seats", Seats(1, patience_s=30.0))
    first, second = another(), another()
    first.inc_thread_sharing()
    first.ensure_connection()
    threading.Timer(0.05, first.close).start()
    second.ensure_connection()
    assert first.connection is None
    second.close()


def test_a_connection_that_fails_takes_no_seat(seats: Seats) -> None:
    for _ in range(3):
        wrong = another()
        wrong.settings_dict = {**wrong.settings_dict, "NAME": "nosuchdatabase"}
        with pytest.raises(OperationalError, match="nosuchdatabase"):
            wrong.ensure_connection()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forgotten_connection_gives_its_seat_back(seats: Seats) -> None:
    for _ in range(3):
        another().ensure_connection()
        gc.collect()
