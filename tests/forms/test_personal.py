"""What forms hold about a person can be handed out and erased; the commands say what the console says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.factories import make_contact, phone
from tests.forms.world import NOW, ask, draft_form, make_form, one, prize, submit
from typer.testing import CliRunner

from xinfeng.cli import forms as commands
from xinfeng.consent.actions import suppress_numbers
from xinfeng.contacts.models import Contact
from xinfeng.forms.models import Award
from xinfeng.forms.personal import HOLDINGS
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")

SUBMISSIONS, AWARDS, POINTS = HOLDINGS


def person_of(number: str) -> int:
    return Contact.objects.get(phone_index=vault().phone_index(number)).pk


def test_a_person_gets_what_she_filled_in_and_won() -> None:
    form = make_form(incentive={"prizes": [prize(kind="points", points=70)]})
    number = phone()
    submit(form, number, name="王小明")
    ids = [person_of(number)]
    [sent] = SUBMISSIONS.rows(ids)
    assert (sent["form"], sent["answers"]["phone"], sent["answers"]["name"]) == ("报名", number, "王小明")
    assert sent["agreed_to"] == ["marketing"]
    [won] = AWARDS.rows(ids)
    assert (won["points"], won["coupon"]) == (70, None)
    assert [row["points"] for row in POINTS.rows(ids)] == [70]
    assert list(SUBMISSIONS.rows([10**9])) == []


def test_erasing_leaves_nothing_that_identifies() -> None:
    form = make_form(incentive={"prizes": [prize(kind="generated", stock=5)]})
    number, other = phone(), phone()
    submit(form, number, name="王小明"), submit(form, other)
    ids = [person_of(number)]
    with bulk_transaction() as connection:
        assert SUBMISSIONS.erase is not None and AWARDS.erase is not None
        assert SUBMISSIONS.erase(connection, ids, NOW) == 1
        assert AWARDS.erase(connection, ids, NOW) == 1
        assert SUBMISSIONS.erase(connection, ids, NOW) == 0
    assert ask(
        "select answers_sealed, phone_sealed, phone_index from submission where contact_id = %s", ids[0]
    ) == [(None, None, None)]
    assert Award.objects.get(contact_id=ids[0]).person_index is None
    assert one("select count(*) from submission where answers_sealed is not null") == 1
    assert POINTS.erase is None and POINTS.kept_because


def test_what_waits_for_a_code_that_is_never_sent_is_found_by_the_number() -> None:
    number, other = phone(), phone()
    person = make_contact(phone=number, at=NOW)
    indexes = [vault().phone_index(one) for one in (number, other)]
    suppress_numbers(indexes, scope="all", reason="manual", source="li", actor="li", now=NOW)
    form = make_form(with_code=True)
    submit(form, number, name="王小明"), submit(form, other)
    with bulk_transaction() as connection:
        assert SUBMISSIONS.erase is not None and SUBMISSIONS.erase(connection, [person], NOW) == 1
    assert one("select count(*) from submission where answers_sealed is not null") == 1
    assert one("select count(*) from submission where phone_index = %s", indexes[0]) == 0


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch):
    from xinfeng.foundation import settings

    monkeypatch.setattr(commands, "ready", settings.load)
    return lambda *words: CliRunner().invoke(commands.group, list(words))


def test_forms_are_listed_shown_published_and_filled_from_the_command_line(command, tmp_path: Path) -> None:
    form = draft_form(now=utc_now(), name="命令行", incentive={"prizes": [prize("p1", "pool")]})
    codes = tmp_path / "codes.csv"
    codes.write_text("code\nAAA-1\n=1+1\nBBB-2\n")
    assert "加入 2 个" in command("coupons", form.slug, "p1", str(codes)).output
    assert "已发布第 1 版" in command("publish", form.slug).output
    form.refresh_from_db()
    submit(form, now=utc_now())
    assert form.slug in command("list").output
    shown = command("show", form.slug).output
    assert "第 1 版" in shown and "marketing" in shown
    assert command("coupons", form.slug, "p1", str(tmp_path / "none.csv")).exit_code != 0
