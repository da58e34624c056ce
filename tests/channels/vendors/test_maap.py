"""Lines to 5G platforms: tokens, batches, what is known after an answer and what is not."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from tests.channels.vendors.world import SECRET, World, account, number, world
from tests.patience import PATIENCE_S

from xinfeng.channels import maap
from xinfeng.channels.lines import TakenBack
from xinfeng.channels.maap import CspConfig, MaapConfig, MobileConfig
from xinfeng.channels.models import RICH_KINDS, ConnectionPhase
from xinfeng.channels.simulator import witness
from xinfeng.channels.simulator.vendors.maap import Platform
from xinfeng.channels.vendors import asking
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.maap.messages import Card, Reply, RichMessage
from xinfeng.protocols.maap.parcel import RICH, parcel_of
from xinfeng.protocols.traffic import SubmitItem

CHATBOT = "sip:106500@botplatform.rcs.chinamobile.com"
KINDS = sorted(RICH_KINDS)


def in_a_loop(scenario: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @functools.wraps(scenario)
    def run(*args: Any, **given: Any) -> None:
        asyncio.run(scenario(*args, **given))

    return run


def platform(folder: Path, kind: str, **more: Any) -> AbstractAsyncContextManager[World]:
    return world(folder, kind, chatbot=CHATBOT, **more)


def cards(count: int, *, same: bool = True, first: int = 0) -> list[SubmitItem]:
    found = []
    for index in range(first, first + count):
        title = "秋季新品" if same else f"第{index}位您好"
        message = RichMessage((Card(title, "到店有礼", buttons=(Reply("预约", "xf:book:sat"),)),))
        parcel = parcel_of(message, sms="【信风】秋季新品到店，拒收请回复R")
        found.append((number(index), parcel.pack(), RICH, 1, 1))
    return found


def simulated(found: World) -> Platform:
    vendor = found.vendor.vendor
    assert isinstance(vendor, Platform)
    return vendor


def config(kind: str, **more: Any) -> MaapConfig:
    found = account(1, kind, chatbot=CHATBOT, **more).config
    assert isinstance(found, MaapConfig)
    return found


@pytest.mark.parametrize("kind", KINDS)
@in_a_loop
async def test_the_same_card_goes_to_a_hundred_numbers_in_one_request(tmp_path: Path, kind: str) -> None:
    async with platform(tmp_path, kind) as found:
        assert await found.send_all(cards(230)) == [100, 100, 30]
        await found.until(lambda: len(found.ears.taken) == 230)
        assert set(found.ears.results) == {0}
        kept = {carrier_id for _, carrier_id, _ in found.ears.taken}
        assert len(kept) == 230
        numbers = [number(index).encode() for index in range(230)]
        assert all(len(one) <= 64 and not any(digits in one for digits in numbers) for one in kept)
        [*messages] = simulated(found).messages.values()
        assert messages[0]["sms"] == "【信风】秋季新品到店，拒收请回复R"
    totals = witness.totals(tmp_path / "vendor.log")
    assert (totals.messages, totals.duplicates) == (230, 0)


@pytest.mark.parametrize("kind", KINDS)
@in_a_loop
async def test_cards_that_differ_go_on_their_own(tmp_path: Path, kind: str) -> None:
    async with platform(tmp_path, kind) as found:
        assert await found.send_all(cards(3, same=False)) == [1, 1, 1]
        await found.until(lambda: len(found.ears.taken) == 3)
        words = [one["card"] for one in simulated(found).messages.values()]
        assert [w["message"]["generalPurposeCard"]["content"]["title"] for w in words] == [
            f"第{index}位您好" for index in range(3)
        ]


@pytest.mark.parametrize("kind", KINDS)
@in_a_loop
async def test_a_platform_that_accepts_and_breaks_leaves_everything_uncertain(
    tmp_path: Path, kind: str
) -> None:
    async with platform(tmp_path, kind, behaviour={"broken": 1.0}) as found:
        found.send(cards(40))
        await found.until(lambda: len(found.ears.unknown) == 40)
        assert not found.ears.taken
    assert witness.totals(tmp_path / "vendor.log").messages == 40


@pytest.mark.parametrize("kind", KINDS)
@in_a_loop
async def test_a_platform_that_never_answers_leaves_everything_uncertain(tmp_path: Path, kind: str) -> None:
    async with platform(tmp_path, kind, behaviour={"silent": True}, response_timeout_s=1) as found:
        found.send(cards(5))
        await found.until(lambda: len(found.ears.unknown) == 5)
        assert {code for _, code in found.ears.unknown} == {"timeout"}


@in_a_loop
async def test_one_token_serves_all_lines_of_a_channel_and_is_kept_over_connections(tmp_path: Path) -> None:
    async with platform(tmp_path, "maap_csp", behaviour={"closing": True}, connections=4) as found:
        await found.until(lambda: len(found.sessions.ready()) >= 1)
        for _ in range(6):
            await found.send_all(cards(2))
        await found.until(lambda: len(found.ears.taken) == 12)
        assert set(found.ears.results) == {0}
        assert len(simulated(found).tokens) == 1


@in_a_loop
async def test_a_token_that_is_over_is_fetched_anew_and_its_messages_are_given_back(tmp_path: Path) -> None:
    async with platform(tmp_path, "maap_csp") as found:
        await found.send_all(cards(2))
        await found.until(lambda: len(found.ears.taken) == 2)
        simulated(found).tokens.clear()
        found.send(cards(10, first=10))
        await found.until(lambda: len(found.ears.taken) == 12)
        assert all(isinstance(one, TakenBack) and one == "42001" for one in found.ears.results[2:])
        await found.send_all(cards(10, first=10))
        await found.until(lambda: len(found.ears.taken) == 22)
        assert found.ears.results[12:] == [0] * 10
    totals = witness.totals(tmp_path / "vendor.log")
    assert (totals.messages, totals.duplicates) == (12, 0)


@in_a_loop
async def test_a_token_that_is_never_good_for_anything_is_said_and_not_hammered(tmp_path: Path) -> None:
    async with platform(tmp_path, "maap_csp", behaviour={"refuse": {"42001": 1.0}}) as found:
        await found.send_all(cards(1))
        await found.until(lambda: len(found.ears.taken) == 1)
        await found.send_all(cards(1))
        await found.until(lambda: found.sessions.places[0].phase is ConnectionPhase.REFUSED)
        assert found.sessions.places[0].detail == "42001"
        assert all(isinstance(one, TakenBack) for one in found.ears.results)
        assert simulated(found).counters.requests <= 5
    assert witness.totals(tmp_path / "vendor.log").messages == 0


@pytest.mark.parametrize("kind", KINDS)
@in_a_loop
async def test_a_wrong_secret_costs_no_message_and_is_said(tmp_path: Path, kind: str) -> None:
    async with platform(tmp_path, kind, secret="another", wait=kind == "maap_mobile") as found:
        if kind == "maap_mobile":
            found.send(cards(1))
        await found.until(lambda: found.sessions.places[0].phase is ConnectionPhase.REFUSED)
        assert all(isinstance(one, TakenBack) for one in found.ears.results)
        assert simulated(found).counters.unsigned == 1
    assert witness.totals(tmp_path / "vendor.log").messages == 0


@pytest.mark.parametrize(("kind", "code"), [("maap_csp", "60002"), ("maap_mobile", "POL0009")])
@in_a_loop
async def test_a_refusal_is_the_code_of_every_message_of_its_request(
    tmp_path: Path, kind: str, code: str
) -> None:
    async with platform(tmp_path, kind, behaviour={"refuse": {code: 1.0}}) as found:
        found.send(cards(7))
        await found.until(lambda: len(found.ears.taken) == 7)
        assert set(found.ears.results) == {code}
        assert not any(isinstance(one, TakenBack) for one in found.ears.results)


@in_a_loop
async def test_of_an_unknown_error_nobody_knows(tmp_path: Path) -> None:
    async with platform(tmp_path, "maap_csp", behaviour={"refuse": {"-2": 1.0}}) as found:
        found.send(cards(3))
        await found.until(lambda: len(found.ears.unknown) == 3)


@in_a_loop
async def test_a_number_that_a_batch_is_refused_for_goes_alone(tmp_path: Path) -> None:
    behaviour = {"refuse_numbers": {number(3): "SVC0004"}}
    async with platform(tmp_path, "maap_mobile", behaviour=behaviour) as found:
        found.send(cards(6))
        await found.until(lambda: len(found.ears.taken) == 6)
        assert all(isinstance(one, TakenBack) for one in found.ears.results)
        assert await found.send_all(cards(6)) == [1] * 6
        await found.until(lambda: len(found.ears.taken) == 12)
        assert found.ears.results[6:] == [0, 0, 0, "SVC0004", 0, 0]


@pytest.mark.parametrize("kind", KINDS)
@in_a_loop
async def test_an_account_is_tried_without_a_message(tmp_path: Path, kind: str) -> None:
    async with platform(tmp_path, kind) as found:
        mine = account(found.vendor.port, kind, chatbot=CHATBOT).config
        assert isinstance(mine, MaapConfig)

        async def said(secret: str) -> str:
            return await asyncio.to_thread(asking.check, mine, secret, timeout_s=PATIENCE_S)

        assert await said(SECRET) == "ok"
        if kind == "maap_csp":
            assert await said("another") == "40001"
        assert simulated(found).counters.accepted == 0


def test_a_text_without_a_card_goes_as_the_words_of_one() -> None:
    [(_, content, coding, total, part)] = config("maap_csp").write("13800138000", "【信风】您好", reference=1)
    assert (coding, total, part) == (RICH, 1, 1)
    assert json.loads(content)[2] == "【信风】您好"
    assert json.loads(content)[0]["message"]["generalPurposeCard"]["content"] == {
        "description": "【信风】您好"
    }


def test_the_sms_behind_a_card_can_be_left_out() -> None:
    [item] = config("maap_mobile", sms_fallback=False).write("13800138000", "【信风】您好", reference=1)
    assert json.loads(item[1])[2] == ""


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("chatbot", "", "missing"),
        ("chatbot", "sip:a b@c", "not_fitting"),
        ("media_address", "http://a.cn", "not_fitting"),
        ("window", 101, "out_of_range"),
        ("path", "messaging/../x y", "not_fitting"),
        ("traffic", "spam", "unknown"),
        ("plain_http", True, "not_loopback"),
        ("pull_every_s", 5, "unknown"),
    ],
)
def test_what_an_account_may_not_state(name: str, value: Any, code: str) -> None:
    stated = {"host": "maap.example.com", "account": "a", "chatbot": CHATBOT, name: value}
    with pytest.raises(InvalidInput) as caught:
        MobileConfig.read(stated, "maap_mobile")
    assert caught.value.params["faults"] == {name: code}


def test_an_account_reads_back_what_it_keeps() -> None:
    stated = {"host": "maap.example.com", "account": "a", "chatbot": CHATBOT, "bare_token": True}
    read = CspConfig.read(stated, "maap_csp")
    assert CspConfig.read(read.to_json(), "maap_csp") == read
    assert read.port == 443


def test_no_secret_is_printed() -> None:
    mine = config("maap_csp")
    assert isinstance(mine, CspConfig)
    assert "s3cret" not in repr(mine.bot("s3cret\npush"))
    assert mine.bot("s3cret\npush").app_key == "s3cret"
    assert maap.secret_parts("s3cret\npush") == ("s3cret", "push")
