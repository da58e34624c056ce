from __future__ import annotations

from xinfeng.channels.backoff import Backoff


def test_waits_double_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.failed() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_connections_do_not_return_in_step() -> None:
    assert Backoff(lambda: 0.0).failed() == 0.5


def test_a_useful_connection_starts_afresh() -> None:
    backoff = Backoff(lambda: 1.0)
    backoff.failed()
    backoff.failed()
    backoff.succeeded()
    assert backoff.failed() == 1


def test_a_refused_account_waits_for_minutes() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.refused("cmpp.login.authentication_failed") for _ in range(5)] == [
        120,
        240,
        480,
        600,
        600,
    ]


def test_a_refusal_that_is_not_about_the_account_is_an_ordinary_failure() -> None:
    assert Backoff(lambda: 1.0).refused("cmpp.login.other") == 1
    assert Backoff(lambda: 1.0).refused("smgp.login.too_many_connections") == 1


def test_what_should_have_passed_and_did_not_is_asked_as_slowly_as_any_refusal() -> None:
    backoff = Backoff(lambda: 0.0)
    waits = [backoff.refused("cmpp.login.other") for _ in range(14)]
    assert max(waits[:10]) <= 60 < 120 <= waits[10] < waits[11]
    backoff.succeeded()
    assert backoff.refused("cmpp.login.other") < 1
