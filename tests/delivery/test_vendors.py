"""Plans over cloud vendors, with real commits: what is sent and by which template, what is known of it, what a no does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.delivery.vendor_world import GREETING, LONG, file, vendor_and_gateway
from tests.delivery.world import agreed, ask, fates, finished, make_plan, one, wait_until

from xinfeng.channels.simulator import witness
from xinfeng.channels.vendors import VendorConfig
from xinfeng.channels.vendors.asking import ask as ask_vendor
from xinfeng.delivery import fetching
from xinfeng.delivery.reads import message_to
from xinfeng.filings.models import TemplateFiling
from xinfeng.foundation.vault import Kind, vault
from xinfeng.protocols.vendor import HttpRequest

pytestmark = pytest.mark.usefixtures("committed_db")

SETTLED = """
select count(distinct (message_id, part)) from receipt_match where stat = 'DELIVRD'
"""


def greeting(index: int) -> str:
    return "【信风】" + GREETING.replace("${1}", str(index))


def number_of(contact_id: int) -> str:
    sealed = one("select phone_sealed from contact where id = %s", contact_id)
    return vault().open(Kind.PHONE, bytes(sealed))


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_a_plan_is_sent_once_to_everybody_and_every_receipt_finds_its_message(
    tmp_path: Path, kind: str
) -> None:
    count = 1200 if kind == "aliyun" else 120
    behaviour = {"double_receipts": 0.2, "late_receipts": 0.1, "late_by_ms": 300}
    with vendor_and_gateway(tmp_path, kind, **behaviour) as world:
        plan = make_plan(agreed(count), world.channel(kind), text=greeting)
        finished(plan)
        assert fates(plan) == {"accepted": count}
        wait_until(SETTLED, count)
        assert one("select count(*) from receipt") == count
        if kind == "aliyun":
            assert world.vendor.counters.requests < count / 5
    totals = witness.totals(tmp_path / "vendor.log")
    assert (totals.messages, totals.numbers, totals.duplicates) == (count, count, 0)
    texts = {
        text for found in witness.deliveries_by_number(tmp_path / "vendor.log").values() for text in found
    }
    assert texts == {greeting(index) for index in range(count)}


@pytest.mark.parametrize(("kind", "batch"), [("aliyun", 100), ("tencent", 200)])
def test_requests_are_full_although_texts_alternate(tmp_path: Path, kind: str, batch: int) -> None:
    def text(index: int) -> str:
        return greeting(1) if index % 2 else "【信风】" + LONG.replace("${1}", "1")

    with vendor_and_gateway(tmp_path, kind) as world:
        channel = world.channel(kind)
        contacts = agreed(800)
        plan = make_plan(contacts, channel, text=text)
        finished(plan)
        assert fates(plan) == {"accepted": 800}
        assert world.vendor.counters.requests <= 800 // batch + 4
    found = witness.deliveries_by_number(tmp_path / "vendor.log")
    assert {number_of(one): {text(index): 1} for index, one in enumerate(contacts)} == found


def test_a_long_text_goes_whole_and_its_one_receipt_is_about_every_part(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path) as world:
        contacts = agreed(20)
        plan = make_plan(
            contacts, world.channel("aliyun"), text=lambda n: "【信风】" + LONG.replace("${1}", str(n))
        )
        finished(plan)
        parts = one("select max(parts) from message")
        assert parts > 1
        assert one("select count(*) from attempt where outcome = 1") == 20 * parts
        wait_until(SETTLED, 20 * parts)
        history = message_to(contacts[0], plan)
        assert history is not None and history.state == "delivered"
    assert witness.totals(tmp_path / "vendor.log").messages == 20


def test_a_text_that_is_no_filed_template_is_withheld_and_never_sent_differently(tmp_path: Path) -> None:
    def text(index: int) -> str:
        return greeting(index) if index % 2 else f"【信风】第{index}位您好，今日到店有大礼，拒收请回复R"

    with vendor_and_gateway(tmp_path) as world:
        channel = world.channel("aliyun")
        file(channel, "SMS_9", "【信风】第${1}位您好，今日到店有大礼，拒收请回复R", state="submitted")
        plan = make_plan(agreed(40), channel, text=text)
        finished(plan)
        assert fates(plan) == {"accepted": 20, "withheld:text_not_filed": 20}
    assert witness.totals(tmp_path / "vendor.log").messages == 20


def test_a_filing_that_ends_stops_what_has_not_left(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path) as world:
        channel = world.channel("aliyun")
        TemplateFiling.objects.filter(channel_id=channel, number="SMS_1").update(expires_on="2020-01-01")
        plan = make_plan(agreed(5), channel, text=greeting)
        finished(plan)
        assert fates(plan) == {"withheld:text_not_filed": 5}


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_a_vendor_that_accepts_and_never_answers_leaves_messages_uncertain_until_their_receipts(
    tmp_path: Path, kind: str
) -> None:
    with vendor_and_gateway(tmp_path, kind, silent=True, receipt_delay_ms=3_000) as world:
        contacts = agreed(2)
        plan = make_plan(contacts, world.channel(kind, response_timeout_s=2), text=greeting)
        finished(plan)
        assert fates(plan) == {"uncertain": 2}
        assert world.vendor.counters.accepted == 2
        wait_until("select count(distinct message_id) from receipt_match", 2)
        history = message_to(contacts[0], plan)
        assert history is not None and history.state == "delivered"
    totals = witness.totals(tmp_path / "vendor.log")
    assert (totals.messages, totals.duplicates) == (2, 0)


def test_a_cut_leaves_messages_uncertain_and_the_rest_goes_on(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, cut_after=250, receipts={}) as world:
        plan = make_plan(agreed(600), world.channel("aliyun"), text=greeting)
        finished(plan)
        found = fates(plan)
        assert (
            found["uncertain"] > 0 and sum(found.values()) == 600 and set(found) == {"accepted", "uncertain"}
        )
    totals = witness.totals(tmp_path / "vendor.log")  # a request on the other line may never have been read
    assert found["accepted"] <= totals.messages <= 600
    assert totals.duplicates == 0


def test_flow_control_slows_down_and_loses_nothing(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, rate_per_s=2) as world:
        plan = make_plan(agreed(900), world.channel("aliyun"), text=greeting)
        finished(plan)
        assert fates(plan) == {"accepted": 900}
        assert world.vendor.counters.flow_controlled > 0
        assert one("select count(*) from attempt where outcome = 3 and code = 'Throttling.User'") > 0
    assert witness.totals(tmp_path / "vendor.log").duplicates == 0


def test_a_number_that_a_batch_is_refused_for_is_the_only_one_that_fails(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path) as world:
        contacts = agreed(30)
        world.behave(refuse_numbers={number_of(contacts[7]): "isv.BUSINESS_LIMIT_CONTROL"})
        plan = make_plan(contacts, world.channel("aliyun"), text=greeting)
        finished(plan)
        assert fates(plan) == {"accepted": 29, "refused": 1}
        assert ask("select code from attempt where outcome = 2") == [("isv.BUSINESS_LIMIT_CONTROL",)]
    assert witness.totals(tmp_path / "vendor.log").duplicates == 0


def test_a_wrong_secret_costs_no_message_and_is_said(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path) as world:
        world.vendor.accounts["LTAI-simulated"] = "another"
        channel = world.channel("aliyun")
        plan = make_plan(agreed(10), channel, text=greeting)
        wait_until(
            "select detail from connection_state where phase = 'refused' limit 1", "SignatureDoesNotMatch"
        )
        assert set(fates(plan)) == {"planned"}
        assert world.vendor.counters.unsigned <= 2
        assert one("select count(*) from attempt where outcome <> 3") == 0


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_a_no_through_a_vendor_binds_everything_not_yet_on_the_wire(tmp_path: Path, kind: str) -> None:
    with vendor_and_gateway(tmp_path, kind) as world:
        channel = world.channel(kind)
        [contact] = agreed(1)
        first = make_plan([contact], channel, text=greeting)
        finished(first)
        world.reply(number_of(contact), "T")
        wait_until("select count(*) from suppression where lifted_at is null", 1)
        world.until(lambda: world.vendor.counters.pushed >= 1)
        assert ask("select meaning, contact_id, plan_id from reply") == [("opt_out", contact, first)]
        second = make_plan([contact], channel, text=greeting)
        finished(second)
        assert fates(second) == {"withheld:opted_out": 1}
    assert witness.totals(tmp_path / "vendor.log").messages == 1


def test_receipts_and_replies_that_nobody_tells_are_pulled(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, "tencent") as world:
        channel = world.channel("tencent", push=False, pull_every_s=1)
        contacts = agreed(120)
        plan = make_plan(contacts, channel, text=lambda _: greeting(1))
        finished(plan)
        wait_until(SETTLED, 120)
        world.reply(number_of(contacts[3]), "退订")
        wait_until("select count(*) from suppression where lifted_at is null", 1)
        assert world.vendor.counters.pulled >= 121


def test_receipts_are_pulled_although_replies_may_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = b'{"Response":{"Error":{"Code":"FailedOperation.NotOpened","Message":""},"RequestId":"R"}}'

    def asked(config: VendorConfig, request: HttpRequest, *, timeout_s: float) -> tuple[int, bytes]:
        closed = ("x-tc-action", "PullSmsReplyStatus") in request.headers
        return (200, refused) if closed else ask_vendor(config, request, timeout_s=timeout_s)

    monkeypatch.setattr(fetching, "ask", asked)
    with vendor_and_gateway(tmp_path, "tencent") as world, caplog.at_level("WARNING"):
        plan = make_plan(
            agreed(5), world.channel("tencent", push=False, pull_every_s=1), text=lambda _: greeting(1)
        )
        finished(plan)
        wait_until(SETTLED, 5)
    assert caplog.text.count("could not ask a vendor") == 1


def test_what_became_of_a_doubtful_message_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "FIRST_QUESTION_S", 0.5)
    with vendor_and_gateway(tmp_path, broken=1.0) as world:
        contacts = agreed(2)
        plan = make_plan(contacts, world.channel("aliyun", push=False, pull_every_s=1), text=greeting)
        finished(plan)
        assert fates(plan) == {"uncertain": 2}
        wait_until("select count(distinct message_id) from receipt_match where stat = 'DELIVRD'", 2)
    assert witness.totals(tmp_path / "vendor.log").duplicates == 0
