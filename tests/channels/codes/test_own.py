"""What operators say about codes: checked, audited, in force without a restart, and taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from xinfeng.channels import codes
from xinfeng.channels.codes import Verdict
from xinfeng.channels.codes.own import OwnCode, own_codes, read_file, remove_code, set_codes
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")

ONE = OwnCode("xx:0001", "cmpp3", "receipt", "off", "关机", "off")


@pytest.fixture(autouse=True)
def _as_shipped() -> Iterator[None]:
    yield
    codes.lookup.install([], None)


def _say(*entries: OwnCode, why: str = "运营商答复") -> int:
    changed = set_codes(entries, why=why, actor="boss", now=utc_now())
    codes.refresh(at_once=True)
    return changed


def test_it_is_in_force_at_once_and_audited_and_can_be_taken_back() -> None:
    assert _say(ONE) == 1
    found = codes.explain("cmpp3", "XX:0001")
    assert (found.category, found.zh, found.own) == ("off", "关机", True)
    assert codes.explain("sgip12", "XX:0001").category == "unlisted"
    [kept] = own_codes()
    assert (kept.by, kept.why, kept.entry.code) == ("boss", "运营商答复", "XX:0001")
    assert AuditEntry.objects.filter(action="code.set", object_id="cmpp3:receipt:XX:0001").count() == 1
    assert _say(ONE) == 0, "saying it again changes nothing"
    remove_code("XX:0001", "cmpp3", "receipt", actor="boss")
    codes.refresh(at_once=True)
    assert codes.explain("cmpp3", "XX:0001").category == "unlisted"
    with pytest.raises(NotFound):
        remove_code("XX:0001", "cmpp3", "receipt", actor="boss")


def test_a_result_may_get_another_verdict() -> None:
    assert codes.verdict("smgp30", 75) is Verdict.ALL_MESSAGES
    _say(OwnCode("75", "smgp30", "submit", "flow", "这个网关用 75 表示太快"))
    assert codes.verdict("smgp30", 75) is Verdict.THROTTLED
    assert codes.verdict("cmpp3", 75) is Verdict.ALL_MESSAGES


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (OwnCode("", "*", "receipt", "off", "x"), "code"),
        (OwnCode("*", "*", "receipt", "off", "x"), "code"),
        (OwnCode("A" * 61, "*", "receipt", "off", "x"), "code"),
        (OwnCode("空号", "*", "receipt", "off", "x"), "code"),
        (OwnCode("A\nB", "*", "receipt", "off", "x"), "code"),
        (OwnCode("A", "fax", "receipt", "off", "x"), "kind"),
        (OwnCode("A", "*", "later", "off", "x"), "phase"),
        (OwnCode("A", "*", "receipt", "nonsense", "x"), "category"),
        (OwnCode("8", "cmpp3", "submit", "accepted", "x"), "category"),
        (OwnCode("UNDELIV", "*", "receipt", "delivered", "x"), "category"),
        (OwnCode("A", "*", "receipt", "off", ""), "zh"),
        (OwnCode("A", "*", "receipt", "off", "x" * 201), "zh"),
        (OwnCode("A", "*", "receipt", "off", "a\x00b"), "zh"),
        (OwnCode("A", "*", "receipt", "off", "x", carrier="martian"), "carrier"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(entry: OwnCode, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _say(entry)
    assert field in refused.value.params["faults"]
    assert own_codes() == []


def test_several_are_taken_all_or_none_and_a_reason_is_needed() -> None:
    with pytest.raises(InvalidInput) as refused:
        _say(ONE, OwnCode("B", "*", "receipt", "nonsense", "x"))
    assert refused.value.params["faults"] == {"2 category": "unknown"}
    with pytest.raises(InvalidInput, match=r"code\.no_reason"):
        _say(ONE, why=" ")
    assert own_codes() == []


def test_a_file_brings_many() -> None:
    text = "\ufeffcode,kind,phase,category,zh,en\nXX:0001-XX:0003,*,receipt,off,关机,off\nYY:1,cmpp3,receipt,dead,空号,\n"
    entries = read_file(text)
    assert [one.code for one in entries] == ["XX:0001", "XX:0002", "XX:0003", "YY:1"]
    assert _say(*entries) == 4
    assert codes.explain("cmpp2", "XX:0002").category == "off"


def test_a_file_may_have_the_shape_that_ships() -> None:
    text = (
        '[[group]]\nphase = "receipt"\nkinds = ["cmpp2", "cmpp3"]\nsource = "合同附件"\ndate = "2026-11"\n'
        '[group.codes]\n"ZZ:1 ZZ:2" = ["content", "关键词", "keyword"]\n'
    )
    assert [(one.code, one.kind) for one in read_file(text)] == [
        ("ZZ:1", "cmpp2"),
        ("ZZ:1", "cmpp3"),
        ("ZZ:2", "cmpp2"),
        ("ZZ:2", "cmpp3"),
    ]


LONG_FIELD = "code,kind,phase,category,zh\nXX:1,*,receipt,off," + "关" * 200_000
"""More in one field than a reader of CSV takes."""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        "[[group]]\nphase = 'x'",
        "[[[",
        "[a]\nb=1",
        "#\x00",
        "x" * (2 * 2**20 + 1),
        LONG_FIELD,
    ],
)
def test_a_file_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_file(text)


def test_a_file_cannot_blow_up() -> None:
    head = "code,kind,phase,category,zh\n"
    with pytest.raises(InvalidInput):
        read_file(head + "0-999999999,*,receipt,off,关机\n")
