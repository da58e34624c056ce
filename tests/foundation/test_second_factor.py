"""Codes of an authenticator app: RFC 6238's own numbers, each taken once, recovery codes, who may take one away."""

from __future__ import annotations

import base64
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.factories import NOW, make_user
from tests.patience import PATIENCE_S

from xinfeng.foundation import second_factor
from xinfeng.foundation.models import AuditEntry, RecoveryCode, SecondFactor, User
from xinfeng.foundation.second_factor import Given
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
STEP = timedelta(seconds=30)


def enrolled(username: str = "lin") -> tuple[User, str, list[str]]:
    """Somebody with an app; its secret; her recovery codes. The code of NOW has been used."""
    user = make_user(username)
    secret = second_factor.begin(user, now=NOW).secret
    return user, secret, second_factor.confirm(user, second_factor.code_at(secret, NOW), now=NOW)


def wrong(user: User, typed: str, at: datetime = NOW) -> None:
    with pytest.raises(NotAllowed, match=r"second_factor\.wrong"):
        second_factor.check(user, typed, now=at)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert second_factor.code_at(RFC_SECRET, datetime.fromtimestamp(seconds, UTC)) == code


def test_nothing_counts_before_a_code_was_typed(db: None) -> None:
    user = make_user("lin")
    begun = second_factor.begin(user, now=NOW)
    assert not second_factor.is_on(user)
    assert second_factor.begin(user, now=NOW + timedelta(minutes=5)).secret == begun.secret
    assert second_factor.begin(user, now=NOW + timedelta(hours=1)).secret != begun.secret
    with pytest.raises(NotAllowed):
        second_factor.confirm(user, "000000", now=NOW)
    wrong(user, second_factor.code_at(begun.secret, NOW))


def test_a_code_is_taken_once_and_only_around_its_time(db: None) -> None:
    user, secret, _ = enrolled()
    wrong(user, second_factor.code_at(secret, NOW))
    later = NOW + 10 * STEP
    for away in (-2, 2):
        wrong(user, second_factor.code_at(secret, later + away * STEP), later)
    typed = second_factor.code_at(secret, later - STEP)
    assert second_factor.check(user, f"{typed[:3]} {typed[3:]}", now=later) is Given.CODE
    wrong(user, typed, later)
    assert second_factor.check(user, second_factor.code_at(secret, later + STEP), now=later) is Given.CODE
    wrong(user, second_factor.code_at(secret, later), later)


def test_full_width_digits_are_digits(db: None) -> None:
    user, secret, _ = enrolled()
    typed = second_factor.code_at(secret, NOW + STEP).translate({48 + n: 0xFF10 + n for n in range(10)})
    assert second_factor.check(user, typed, now=NOW + STEP) is Given.CODE


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "½¾²³¹٤", "9" * 400, "' or 1=1 --", "\x00" * 6]
)
def test_whatever_else_is_typed_is_wrong(db: None, typed: str) -> None:
    user, _, _ = enrolled()
    wrong(user, typed)


def test_recovery_codes_are_good_once_each_and_kept_as_hashes_only(db: None) -> None:
    user, _, codes = enrolled()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){2}", code) for code in codes)
    assert second_factor.check(user, codes[0].lower(), now=NOW) is Given.RECOVERY
    wrong(user, codes[0])
    assert second_factor.codes_left(user) == 9
    kept = str([(bytes(row.salt), bytes(row.digest)) for row in RecoveryCode.objects.all()])
    assert all(code.replace("-", "") not in kept for code in codes)
    assert AuditEntry.objects.filter(action="second_factor.recovered", actor="lin").count() == 1


def test_new_recovery_codes_replace_the_old_ones(db: None) -> None:
    user, _, old = enrolled()
    new = second_factor.renew_codes(user)
    wrong(user, old[3])
    assert second_factor.check(user, new[3], now=NOW) is Given.RECOVERY


def test_the_code_of_one_is_nothing_for_another(db: None) -> None:
    _, secret, codes = enrolled()
    other, _, _ = enrolled("wang")
    wrong(other, codes[0])
    wrong(other, second_factor.code_at(secret, NOW + STEP), NOW + STEP)


def test_the_secret_is_sealed(db: None) -> None:
    _, secret, _ = enrolled()
    assert secret.replace(" ", "").encode() not in bytes(SecondFactor.objects.get().secret_sealed)


def test_taking_it_away_needs_a_reason_and_is_audited(db: None) -> None:
    user, _, _ = enrolled()
    with pytest.raises(InvalidInput, match=r"reason\.missing"):
        second_factor.reset(username="lin", actor="admin", reason=" ")
    second_factor.reset(username="lin", actor="admin", reason="手机丢了，当面核对过工牌")
    assert not second_factor.is_on(user)
    assert second_factor.codes_left(user) == 0
    assert AuditEntry.objects.get(action="second_factor.reset").detail["reason"].startswith("手机丢了")
    with pytest.raises(Conflict, match=r"second_factor\.off"):
        second_factor.reset(username="lin", actor="admin", reason="再来")
    with pytest.raises(NotFound):
        second_factor.reset(username="nobody", actor="admin", reason="x")


def test_two_pages_at_once_show_the_same_secret(committed_db: str) -> None:
    user = make_user("wei")
    start = threading.Barrier(4)
    shown: list[str] = []

    def look() -> None:
        try:
            start.wait(PATIENCE_S)
            shown.append(second_factor.begin(user, now=NOW).secret)
        finally:
            connection.close()

    pages = [threading.Thread(target=look) for _ in range(4)]
    for page in pages:
        page.start()
    for page in pages:
        page.join()
    assert len(shown) == 4 and len(set(shown)) == 1
