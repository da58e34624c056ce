"""The command line about tiers and traits."""

from __future__ import annotations

import pytest
from tests.cli.inside import run_here as run

pytestmark = pytest.mark.usefixtures("committed_db")


def test_traits_from_the_first_one_to_its_values() -> None:
    assert "6" in run("traits", "install").stdout
    added = run("traits", "add", "visits", "到店次数", '{"measure": "count", "kinds": [5]}')
    assert added.returncode == 0, added.stdout
    listed = run("traits", "list").stdout
    assert "visits" in listed and "total_spent" in listed
    assert "0 人" in run("traits", "compute").stdout
    assert run("traits", "archive", "visits").returncode == 0
    assert "visits" in run("traits", "list", "--archived").stdout
    assert run("traits", "restore", "visits").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "Visits", "到店", '{"measure": "count"}'), "小写字母开头"),
        (("add", "visits_2", "到店", "{"), "JSON"),
        (("add", "visits_2", "到店", "[" * 50_000), "JSON"),
        (("add", "visits_2", "到店", '{"measure": "median"}'), "measure"),
        (("archive", "nope"), "没有这个特征"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(arguments: tuple[str, ...], said: str) -> None:
    done = run("traits", *arguments)
    assert done.returncode == 1
    assert said in done.stdout
    assert "Traceback" not in done.stderr


def test_tiers_are_recomputed_and_shown() -> None:
    assert "people changed" in run("tiers", "recompute").stdout
    shown = run("tiers", "show", "--days", "7")
    assert shown.returncode == 0
    assert "新客" in shown.stdout
