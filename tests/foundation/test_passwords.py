"""Which passwords are taken: length, not what everybody knows in any disguise, nothing of oneself."""

from __future__ import annotations

import pytest

from xinfeng.foundation.models import User
from xinfeng.foundation.passwords import Strength, check, strength
from xinfeng.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    "password",
    [
        "tea-and-wind-9",
        "correct horse 9 battery",
        "西湖边上种了三棵柳树等风",
        "        spaces  count too",
        "x7" * 3 + "Kq-veranda",
        "ÅngströmÜber9zig",
    ],
)
def test_a_long_phrase_is_taken_whatever_is_in_it(password: str) -> None:
    check(password, own=("lin", "林晓岚"))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-one-9", "password.short"),
        ("", "password.short"),
        ("a b" * 50, "password.long"),
        ("password12345", "password.common"),
        ("P@ssw0rd!!!!!", "password.common"),
        ("woaini1314520", "password.common"),
        ("qwertyuiop[]", "password.common"),
        ("1qaz2wsx3edc", "password.common"),
        ("123456789012", "password.common"),
        ("dragondragondragon", "password.common"),
        ("2026zhangwei!!", "password.common"),
        ("aaaaaaaaaaaa", "password.repeats"),
        ("abababab1212ab", "password.repeats"),
        ("my-linxiaolan-2026", "password.own"),
        ("Lin.Xiao.Lan-x-2026", "password.own"),
        ("我是林晓岚请让我进来好吗", "password.own"),
        ("i like XinFeng a lot", "password.own"),
    ],
)
def test_the_others_are_refused_with_a_reason(password: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(password, own=("linxiaolan", "林晓岚"))
    assert refused.value.code == code


def test_strength_grows_with_length_not_with_repetition() -> None:
    assert strength("tea-and-9") is Strength.WEAK
    assert strength("abcabcabcabcabcabc") is Strength.WEAK
    assert strength("tea-and-wind-9") is Strength.FAIR
    assert strength("a long walk beside the western lake in May") is Strength.STRONG


def test_full_width_letters_make_no_password_better() -> None:
    with pytest.raises(InvalidInput) as refused:
        check("ｐａｓｓｗｏｒｄ１２３４５")
    assert refused.value.code == "password.common"
    with pytest.raises(InvalidInput) as refused:
        check("ｌｉｎｘｉａｏ的茶馆开张了", own=("linxiao",))
    assert refused.value.code == "password.own"


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [("caf\u00e9 am See 2026", "cafe\u0301 am See 2026"), ("西湖边，种了三棵柳树", "西湖边,种了三棵柳树")],
)
def test_another_keyboard_writes_the_same_password(chosen: str, typed: str) -> None:
    user = User()
    user.set_password(chosen)
    assert user.check_password(typed) and user.check_password(chosen)
    assert not user.check_password(chosen + " ")
