from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from tests import patience
from tests.delivery.world import (
    agreed,
    ask,
    carrier_and_gateway,
    fates,
    finished,
    make_channel,
    make_plan,
    one,
    wait_until,
)

from xinfeng.channels.lines import Line
from xinfeng.channels.models import ConnectionPhase
from xinfeng.delivery.inbox import InboxQuery, inbox
from xinfeng.delivery.replies import PATIENCE_S, Assembly, Incoming, ReplyDesk, read, store
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.text import Encoding, contents, udh
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.traffic import Reply as Delivered

DEST = "1069000101"


def _delivered(
    content: bytes, *, udhi: int = 0, fmt: int = 8, number: str = "13912345678", serial: int = 1
) -> Delivered:
    return (serial, serial.to_bytes(8, "big"), number, DEST, udhi, fmt, content, False)


def _number_of(contact_id: int) -> str:
    sealed = one("select phone_sealed from contact where id = %s", contact_id)
    return vault().open(Kind.PHONE, bytes(sealed))


def test_a_long_reply_is_put_together_in_any_order() -> None:
    text = "你们上次寄来的外套颜色不对，" * 12
    parts = contents(text, encoding=Encoding.UCS2, reference=9)
    assembly = Assembly()
    found = [
        assembly.add(1, read(_delivered(part, udhi=1, serial=serial), None, 0.0))
        for serial, part in reversed(list(enumerate(parts)))
    ]
    assert found[:-1] == [None] * (len(parts) - 1)
    assert found[-1] is not None
    assert found[-1].text == text
    assert len(found[-1].fragments) == len(parts)


def test_replies_of_two_people_with_one_reference_do_not_mix() -> None:
    parts = contents("好" * 100, encoding=Encoding.UCS2, reference=9)
    assembly = Assembly()
    assert assembly.add(1, read(_delivered(parts[0], udhi=1, number="13900000001"), None, 0.0)) is None
    assert assembly.add(1, read(_delivered(parts[1], udhi=1, number="13900000002"), None, 0.0)) is None


def test_a_part_that_never_comes_is_not_waited_for_for_ever() -> None:
    parts = contents("好" * 100, encoding=Encoding.UCS2, reference=9)
    assembly = Assembly()
    assembly.add(1, read(_delivered(parts[0], udhi=1), None, 10.0))
    assert assembly.overdue(10.0 + PATIENCE_S - 0.1) == []
    (incomplete,) = assembly.overdue(10.0 + PATIENCE_S)
    assert incomplete.text == "好" * 67
    assert assembly.overdue(1e9) == []


@pytest.mark.parametrize(
    ("content", "fmt", "text"),
    [(b"\x00\x01", 4, "0x0001"), ("退订".encode("gbk"), 15, "退订"), (b"T", 0, "T")],
)
def test_any_content_becomes_something_to_show(content: bytes, fmt: int, text: str) -> None:
    assert read(_delivered(content, fmt=fmt), None, 0.0).text == text


@pytest.mark.usefixtures("committed_db")
def test_an_opt_out_is_stored_and_binds_what_has_not_left(tmp_path: Path) -> None:
    contacts = agreed(400)
    target = contacts[-1]
    number = _number_of(target)
    with carrier_and_gateway(tmp_path) as world:
        channel = make_channel(world.port, rate_per_s=150)
        first = make_plan([target], channel)
        finished(first)
        plan = make_plan(contacts, channel)
        wait_until("select count(*) > 20 from attempt", True)
        world.reply(number, "退 订！")
        wait_until("select count(*) from reply where meaning = 'opt_out'", 1)
        finished(plan)
    assert fates(plan) == {"accepted": 399, "withheld:opted_out": 1}
    assert ask("select contact_id, plan_id, to_number from reply") == [(target, first, DEST)]
    assert one("select count(*) from consent_entry where not granted and contact_id = %s", target) == 1
    assert one("select reason from suppression where lifted_at is null") == "opt_out"
    assert one("select count(*) from event where kind = 9 and contact_id = %s", target) == 1
    sealed = one("select body_sealed from reply")
    assert vault().open(Kind.REPLY, bytes(sealed)) == "退 订！"


@pytest.mark.usefixtures("committed_db")
def test_replies_from_unknown_numbers_are_kept_and_their_opt_outs_too(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        make_channel(world.port)
        wait_until("select max(phase) from connection_state", "ready")
        world.reply("13800000001", "TD")
        world.reply("13800000002", "请问几点开门")
        wait_until("select count(*) from reply", 2)
    assert sorted(ask("select meaning, contact_id from reply")) == [("opt_out", None), ("other", None)]
    index = bytes(one("select phone_index from suppression"))
    assert index == vault().phone_index("13800000001")


def _store(*delivered: Delivered, channel_id: int = 1) -> int:
    """Store them in one transaction; returns how many were new."""
    assembly = Assembly()
    batch = [assembly.add(channel_id, read(one, None, 0.0)) for one in delivered]
    with bulk_transaction() as connection:
        return store(connection, [whole for whole in batch if whole is not None], now=utc_now())


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("known", [True, False])
def test_the_same_delivery_twice_is_one_reply(known: bool) -> None:
    number = _number_of(agreed(1)[0]) if known else "13700000001"
    delivered = _delivered("你好".encode("utf-16-be"), number=number)
    assert _store(delivered) == 1
    assert _store(delivered) == 0
    assert _store(delivered, delivered) == 0
    assert one("select count(*) from reply") == 1
    assert one("select count(*) from event where kind = 9") == (1 if known else 0)


@pytest.mark.usefixtures("committed_db")
def test_a_reply_from_a_merged_number_answers_what_was_sent_to_it_and_is_the_persons() -> None:
    survivor, absorbed = agreed(2)
    plan = make_plan([absorbed], make_channel(7890))
    message = one("select id from message where plan_id = %s", plan)
    ask(
        "insert into attempt (message_id, part, channel_id, outcome, sent_at, at)"
        " values (%s, 1, 1, 1, now(), now()) returning 1",
        message,
    )
    number = _number_of(absorbed)
    _store(_delivered("早".encode("utf-16-be"), number=number))
    ask("update contact set state = 1, merged_into = %s where id = %s returning 1", survivor, absorbed)
    _store(_delivered("退订".encode("utf-16-be"), number=number, serial=2))
    assert ask("select contact_id, message_id, plan_id from reply order by id") == [
        (absorbed, message, plan),
        (survivor, message, plan),
    ]
    assert set(ask("select contact_id, granted from standing where purpose = 'marketing'")) == {
        (survivor, False),
        (absorbed, False),
    }
    for contact_id in (survivor, absorbed):
        assert len(inbox(InboxQuery(contact_id=contact_id), reader=None).rows) == 2
    assert len(inbox(InboxQuery(contact_id=survivor + absorbed), reader=None).rows) == 0


@pytest.mark.usefixtures("committed_db")
def test_twice_in_one_batch_is_one_reply_too() -> None:
    delivered = _delivered(b"T", fmt=0)
    assert _store(delivered, delivered) == 1
    assert one("select count(*) from reply") == 1


@pytest.mark.usefixtures("committed_db")
def test_another_text_number_or_channel_under_the_same_id_is_another_reply() -> None:
    assert _store(_delivered(b"T", fmt=0), _delivered(b"hi", fmt=0)) == 2
    assert _store(_delivered(b"T", fmt=0, number="13700000002")) == 1
    assert _store(_delivered(b"T", fmt=0), channel_id=2) == 1


@pytest.mark.usefixtures("committed_db")
def test_what_came_without_id_and_without_a_connection_has_no_repeats() -> None:
    delivered = _delivered(b"T", fmt=0, serial=0)
    assert _store(delivered, delivered) == 2


class _Line:
    """A connection that carries texts without ids."""

    channel_id = 1

    def __init__(self) -> None:
        self.phase = ConnectionPhase.READY
        self.acknowledged: list[int] = []

    def acknowledge(self, deliveries: Iterable[tuple[int, bytes]]) -> None:
        if self.phase is ConnectionPhase.READY:
            self.acknowledged += [sequence for sequence, _ in deliveries]


async def _desk(*heard: tuple[Any, list[Delivered]], before: Callable[[int], None] = lambda _: None) -> None:
    """One gateway's desk that hears these, one after the other, each stored before the next."""
    desk = ReplyDesk()
    stopping = False
    task = asyncio.create_task(desk.run(lambda: stopping))
    for index, (line, delivered) in enumerate(heard):
        before(index)
        desk.receive(line, delivered)
        while not desk.empty:
            await asyncio.sleep(0.01)
    stopping = True
    await task


def _nameless(text: str = "TD", sequence: int = 1) -> Delivered:
    return (sequence, b"", "13912345678", DEST, 0, 0, text.encode(), False)


@pytest.mark.usefixtures("committed_db")
def test_a_text_without_id_that_is_delivered_again_after_a_break_is_one_reply() -> None:
    """The connection broke before the carrier heard us: on the next one, or to the gateway that was started anew."""
    first, second, third = _Line(), _Line(), _Line()

    def break_off(index: int) -> None:
        if index == 1:
            first.phase = ConnectionPhase.CLOSED

    asyncio.run(_desk((first, [_nameless()]), (second, [_nameless(sequence=9)]), before=break_off))
    asyncio.run(_desk((third, [_nameless(sequence=3)])))
    assert one("select count(*) from reply") == 1
    assert (first.acknowledged, second.acknowledged, third.acknowledged) == ([1], [9], [3])


@pytest.mark.usefixtures("committed_db")
def test_what_a_person_wrote_twice_is_two_replies_although_it_has_no_id() -> None:
    """After the first was acknowledged on a connection that lives, over the same or another one; or both at once."""
    line, other = _Line(), _Line()
    asyncio.run(
        _desk(
            (line, [_nameless()]),
            (line, [_nameless(sequence=2)]),
            (other, [_nameless(sequence=1)]),
            (line, [_nameless("1", sequence=3), _nameless("1", sequence=4)]),
        )
    )
    assert one("select count(*) from reply") == 5
    assert (line.acknowledged, other.acknowledged) == ([1, 2, 3, 4], [1])


@pytest.mark.usefixtures("committed_db")
def test_the_same_words_without_id_much_later_are_another_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(_desk((_Line(), [_nameless()])))
    monkeypatch.setattr("xinfeng.delivery.replies.ALIKE", timedelta(0))
    asyncio.run(_desk((_Line(), [_nameless()])))
    assert one("select count(*) from reply") == 2


def test_letters_that_were_cut_in_two_are_read_as_a_whole() -> None:
    emoji = "好" * 3 + "🍵"
    for coding, octets in ((8, emoji.encode("utf-16-be")), (15, "退订退订".encode("gbk"))):
        assembly = Assembly()
        cut = len(octets) - 2 if coding == 8 else 3
        halves = [udh(7, 2, 1) + octets[:cut], udh(7, 2, 2) + octets[cut:]]
        found = [
            assembly.add(1, read(_delivered(half, udhi=1, fmt=coding, serial=serial), None, 0.0))
            for serial, half in enumerate(halves)
        ]
        assert found[1] is not None
        assert found[1].text == (emoji if coding == 8 else "退订退订")


def test_parts_in_different_codings_are_read_each_as_it_is() -> None:
    halves = [(udh(7, 2, 1) + "退订".encode("utf-16-be"), 8), (udh(7, 2, 2) + b"abc", 0)]
    assembly = Assembly()
    found = [assembly.add(1, read(_delivered(half, udhi=1, fmt=fmt), None, 0.0)) for half, fmt in halves]
    assert found[1] is not None
    assert found[1].text == "退订abc"


def test_a_part_that_comes_again_is_acknowledged_with_the_first() -> None:
    parts = contents("好" * 100, encoding=Encoding.UCS2, reference=9)
    assembly = Assembly()
    for serial in (1, 2):
        assert assembly.add(1, read(_delivered(parts[0], udhi=1, serial=serial), None, 0.0)) is None
    whole = assembly.add(1, read(_delivered(parts[1], udhi=1, serial=3), None, 0.0))
    assert whole is not None
    assert whole.text == "好" * 100
    assert sorted(fragment.sequence for fragment in whole.fragments) == [1, 2, 3]


def test_another_part_in_the_same_place_begins_another_text_and_loses_nothing() -> None:
    first, second = (contents(letter * 100, encoding=Encoding.UCS2, reference=9) for letter in "好坏")
    assembly = Assembly()
    assert assembly.add(1, read(_delivered(first[0], udhi=1, serial=1), None, 0.0)) is None
    broken_off = assembly.add(1, read(_delivered(second[0], udhi=1, serial=2), None, 0.0))
    assert broken_off is not None
    assert (broken_off.text, len(broken_off.fragments)) == ("好" * 67, 1)
    whole = assembly.add(1, read(_delivered(second[1], udhi=1, serial=3), None, 0.0))
    assert whole is not None
    assert whole.text == "坏" * 100


@pytest.mark.usefixtures("committed_db")
def test_two_gateways_that_hear_the_same_at_once_store_it_once() -> None:
    delivered = _delivered(b"T", fmt=0)
    whole = Assembly().add(1, read(delivered, None, 0.0))
    assert whole is not None
    found: list[int] = []
    first = connect()
    other = threading.Thread(target=lambda: found.append(_store_apart(whole)))
    with first.transaction():
        assert store(first, [whole], now=utc_now()) == 1
        other.start()
        wait_until("select count(*) from pg_locks where locktype = 'advisory' and not granted", 1)
    other.join(patience.PATIENCE_S)
    first.close()
    assert found == [0]
    assert one("select count(*) from reply") == 1


def _store_apart(whole: Incoming) -> int:
    with connect() as connection:
        return store(connection, [whole], now=utc_now())


@pytest.mark.usefixtures("committed_db")
def test_a_long_opt_out_over_the_wire_is_read_as_a_whole(tmp_path: Path) -> None:
    (contact_id,) = agreed(1)
    text = "请不要再给我发短信了，" + "我已经搬到外地，用不到你们的服务，谢谢。" * 4
    with carrier_and_gateway(tmp_path) as world:
        make_channel(world.port)
        wait_until("select max(phase) from connection_state", "ready")
        world.reply(_number_of(contact_id), text)
        wait_until("select count(*) from reply", 1)
    assert one("select meaning from reply") == "opt_out"


@pytest.mark.parametrize("serials", [(1, 2, 2), (1, 2, 9)], ids=["with its id", "with another"])
def test_a_part_that_comes_again_after_its_text_is_acknowledged_and_begins_none(
    serials: tuple[int, int, int],
) -> None:
    parts = contents("好" * 100, encoding=Encoding.UCS2, reference=9)
    assembly = Assembly()
    come = zip((parts[1], parts[0], parts[0]), serials, strict=True)
    found = [
        assembly.add(1, read(_delivered(part, udhi=1, serial=serial), None, 0.0)) for part, serial in come
    ]
    assert found[1] is not None and found[1].text == "好" * 100
    assert found[2] is not None and found[2].again and found[2].fragments[0].sequence == serials[2]
    assert assembly.overdue(1e9) == []


def test_another_text_under_the_reference_of_one_that_is_whole_is_another() -> None:
    assembly = Assembly()
    for at, text in ((0.0, "好" * 100), (1.0, "谢" * 100), (20.0, "谢" * 100)):
        parts = contents(text, encoding=Encoding.UCS2, reference=9)
        found = [
            assembly.add(1, read(_delivered(part, udhi=1, serial=int(at) * 10 + serial), None, at))
            for serial, part in enumerate(parts)
        ]
        assert found[1] is not None and found[1].text == text and not found[1].again


class _ToldLine:
    """What the desk asks of a connection."""

    channel_id = 1

    def __init__(self) -> None:
        self.told: list[int] = []

    def acknowledge(self, deliveries: Any) -> None:
        self.told += [sequence for sequence, _ in deliveries]


@pytest.mark.usefixtures("committed_db")
def test_the_desk_stores_a_long_text_once_and_acknowledges_all_that_came() -> None:
    parts = contents("别再发给我了" * 20, encoding=Encoding.UCS2, reference=9)
    line = _ToldLine()

    async def go() -> None:
        desk = ReplyDesk()
        for serial, part in enumerate((*parts, parts[1]), start=1):
            desk.receive(cast(Line, line), [_delivered(part, udhi=1, serial=serial)])
        await desk.run(lambda: True)

    asyncio.run(go())
    assert line.told == [1, 2, 3] and one("select count(*) from reply") == 1
