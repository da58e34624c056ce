from __future__ import annotations

import pytest

from xinfeng.foundation import people
from xinfeng.foundation.models import AuditEntry, Role, User
from xinfeng.kernel.errors import Conflict, InvalidInput

GOOD = "correct horse 9 battery"


def test_the_first_user_is_made_once(db: None) -> None:
    made = people.make_first_user()
    assert made is not None
    assert User.objects.get(username=made.username).check_password(made.password)
    assert people.make_first_user() is None


def test_adding_a_user_is_audited(db: None) -> None:
    user = people.add_user(username="li", role="reviewer", name="李", password=GOOD, actor="admin")
    assert AuditEntry.objects.filter(action="user.add", object_id=str(user.pk), actor="admin").count() == 1


def test_faults_of_a_new_user_are_told_apart(db: None) -> None:
    with pytest.raises(InvalidInput, match="user.role"):
        people.add_user(username="li", role="king", name="", password=GOOD, actor="admin")
    with pytest.raises(InvalidInput, match="password.short"):
        people.add_user(username="li", role="operator", name="", password="123", actor="admin")
    with pytest.raises(InvalidInput, match="user.username"):
        people.add_user(username="l i\n", role="operator", name="", password=GOOD, actor="admin")
    people.add_user(username="li", role="operator", name="", password=GOOD, actor="admin")
    with pytest.raises(Conflict, match="user.exists"):
        people.add_user(username="li", role="operator", name="", password=GOOD, actor="admin")


def test_the_last_administrator_stays(db: None) -> None:
    admin = people.add_user(username="a", role="administrator", name="", password=GOOD, actor="x")
    with pytest.raises(Conflict, match="user.last_administrator"):
        people.change_user(user_id=admin.pk, role=Role.OPERATOR, name="", active=True, actor="a")
    with pytest.raises(Conflict, match="user.last_administrator"):
        people.change_user(user_id=admin.pk, role=Role.ADMINISTRATOR, name="", active=False, actor="a")
    people.add_user(username="b", role="administrator", name="", password=GOOD, actor="x")
    people.change_user(user_id=admin.pk, role=Role.OPERATOR, name="前管理员", active=True, actor="b")
    assert User.objects.get(pk=admin.pk).role == Role.OPERATOR


@pytest.mark.parametrize("like", ["ADMIN", "ａｄｍｉｎ", " admin "])
def test_nobody_gets_a_name_that_looks_like_anothers(db, like: str):
    people.add_user(username="admin", role="operator", name="", password=GOOD, actor="x")
    with pytest.raises(Conflict, match="user.exists"):
        people.add_user(username=like, role="operator", name="", password=GOOD, actor="x")


def test_a_name_typed_in_full_width_is_kept_as_the_login_reads_it(db):
    made = people.add_user(username="ｗｅｉ", role="operator", name="", password=GOOD, actor="x")
    assert made.username == "wei"
