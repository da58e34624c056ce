"""A campaign played to simulated carriers: over real sockets, with real texts, to numbers that nobody has."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.campaigns.factories import approved, make_campaign, make_channel, make_draft, make_template, user
from tests.factories import make_contact
from tests.patience import PATIENCE_S

from xinfeng.campaigns.models import Campaign, Rehearsal, RehearsalState
from xinfeng.campaigns.rehearsal import actions, reads
from xinfeng.campaigns.rehearsal.outcome import Outcome
from xinfeng.channels.models import Channel
from xinfeng.channels.routes import Entry, save_route
from xinfeng.content.models import TemplateVersion
from xinfeng.filings.models import FilingState, TemplateFiling
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


SMPP: dict[str, Any] = {
    "kind": "smpp34",
    "config": {
        "host": "smpp.example.net",
        "port": 2775,
        "system_id": "real-id",
        "access_code": "10690001",
        "number_prefix": "86",
    },
}
CMPP: dict[str, Any] = {
    "kind": "cmpp3",
    "config": {"host": "203.0.113.7", "port": 7890, "account": "901234", "access_code": "10690001"},
}


def people(count: int, *, prefix: str = "139") -> list[int]:
    return [make_contact(phone=f"{prefix}{index:08d}", name=f"王{index}") for index in range(count)]


def rehearse(campaign: Campaign, **asked: Any) -> Outcome:
    row = actions.ask(campaign.pk, actor="li", now=utc_now(), by_job=False, **asked)
    actions.run(row.pk)
    found = reads.one(row.pk, now=utc_now())
    assert found.outcome is not None, found.row.error
    return found.outcome


def routed(*channels: Channel) -> int:
    return save_route(
        name="全国",
        purpose="marketing",
        prefer="order",
        entries=[Entry(one.pk) for one in channels],
        actor="li",
    )


@pytest.mark.parametrize("kind", [CMPP, SMPP], ids=["cmpp", "smpp"])
def test_what_arrives_is_what_was_rendered_each_once(kind: dict[str, Any]) -> None:
    people(30)
    version = make_template("{{ contact.name }}您好，" + "满二百减五十，" * 10)
    campaign = make_campaign(make_draft(channel_id=make_channel(**kind).pk, template_version_id=version.pk))
    found = rehearse(campaign)
    [one] = found.channels
    assert (one.texts, one.parts, one.accepted, one.arrived, one.equal) == (30, 60, 60, 30, 30)
    assert found.settled and found.sound and one.most_parts == 2
    assert one.receipts == {"DELIVRD": 60} and one.logins == 1
    assert found.recipients == found.audience == 30 and found.carriers == {"1": 30}


@contextmanager
def honeypot() -> Iterator[tuple[int, list[Any]]]:
    """A listener in the place of the real carrier; notes who connects."""
    visitors: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def watch() -> None:
            while True:
                try:
                    line, address = server.accept()
                except OSError:
                    return
                visitors.append(address)
                line.close()

        threading.Thread(target=watch, daemon=True).start()
        yield server.getsockname()[1], visitors
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("kind", ["cmpp2", "smgp30", "sgip12", "smpp34"])
def test_the_real_carrier_is_never_called_nor_its_secret_opened(kind: str) -> None:
    people(3)
    with honeypot() as (port, visitors):
        config: dict[str, Any] = {"host": "127.0.0.1", "port": port, "access_code": "10690001"}
        config |= {
            "cmpp2": {"account": "901234"},
            "smgp30": {"account": "12345678"},
            "sgip12": {"account": "real", "node_id": 3010012345, "corp_id": "12345", "listen_port": 8801},
            "smpp34": {"system_id": "real"},
        }[kind]
        channel = make_channel(kind=kind, config=config, secret_sealed=b"cannot be opened")
        found = rehearse(make_campaign(make_draft(channel_id=channel.pk)))
        assert found.channels[0].equal == 3 and found.channels[0].receipts == {"DELIVRD": 3}
        assert not visitors


def test_nothing_is_counted_and_no_text_or_number_is_kept() -> None:
    people(5)
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP).pk))
    tables = (
        "plan",
        "message",
        "attempt",
        "receipt",
        "chunk",
        "left_out",
        "channel_health",
        "connection_state",
    )

    def counted() -> dict[str, int]:
        with connection.cursor() as cursor:
            found = {}
            for table in tables:
                cursor.execute(f"select count(*) from {table}")
                found[table] = cursor.fetchone()[0]
        return found

    before = counted()
    rehearse(campaign)
    assert counted() == before
    kept = str(Rehearsal.objects.values().get())
    assert "13900000" not in kept and "您好" not in kept and "王" not in kept


def test_a_campaign_s_state_approval_and_history_stay_as_they_were() -> None:
    people(2)
    campaign = approved(make_draft(channel_id=make_channel(**CMPP).pk))
    before = Campaign.objects.values().get(pk=campaign.pk), campaign.steps.count()
    rehearse(campaign)
    assert (Campaign.objects.values().get(pk=campaign.pk), campaign.steps.count()) == before


def _vendor(kind: str, version: TemplateVersion, filed: str) -> Channel:
    config: dict[str, Any] = {"account": "LTAI-real"} | (
        {"app_id": "1400000000"} if kind == "tencent" else {}
    )
    channel = make_channel(kind=kind, config=config)
    TemplateFiling.objects.create(
        version=version,
        channel=channel,
        state=FilingState.IN_FORCE,
        number="SMS_1",
        text=filed,
        created_by="li",
    )
    return channel


@pytest.mark.parametrize(("kind", "variable"), [("aliyun", "${name}"), ("tencent", "{1}")])
def test_a_vendor_gets_its_template_and_the_values_and_shows_the_text(kind: str, variable: str) -> None:
    people(12)
    version = make_template("{{ contact.name }}您好，满200减50")
    filed = f"【信风商城】{variable}您好，满200减50 回复1预留 拒收请回复R"
    channel = _vendor(kind, version, filed)
    found = rehearse(make_campaign(make_draft(channel_id=channel.pk, template_version_id=version.pk)))
    [one] = found.channels
    assert (one.accepted, one.equal, found.unwritten_count) == (12, 12, 0)


def test_texts_that_no_filed_template_is_are_named_with_the_reason() -> None:
    contacts = people(4)
    version = make_template("{{ contact.name }}您好，满200减50")
    channel = _vendor("aliyun", version, "【信风商城】别的文字${name}")
    found = rehearse(make_campaign(make_draft(channel_id=channel.pk, template_version_id=version.pk)))
    assert found.unwritten_count == 4 and found.reasons == {"text_not_filed": 4}
    assert {one.contact_id for one in found.unwritten} == set(contacts)
    assert not found.settled and found.channels[0].parts == 0


def test_every_channel_of_a_route_is_rehearsed() -> None:
    people(60)
    first, second = make_channel(**CMPP), make_channel(**SMPP)
    found = rehearse(make_campaign(make_draft(channel_id=None, route_id=routed(first, second))))
    by_id = {one.channel_id: one for one in found.channels}
    assert by_id[first.pk].equal == 40 and by_id[second.pk].equal == 20
    assert by_id[second.pk].whole_parts == 0 < by_id[first.pk].whole_parts


def test_when_a_channel_dies_the_rest_goes_by_the_next_of_its_lane_and_nothing_twice() -> None:
    people(90)
    first, second = make_channel(**CMPP, rate_per_s=60), make_channel(**SMPP, rate_per_s=60)
    campaign = make_campaign(make_draft(channel_id=None, route_id=routed(first, second)))
    found = rehearse(campaign, fault="outage")
    dead, alive = found.channels
    assert dead.moved_out == alive.moved_in > 0 and found.sound
    assert dead.accepted + dead.uncertain + alive.accepted == 90 and alive.equal == alive.texts
    assert dead.arrived == dead.equal >= dead.accepted > 0  # what it took before it failed is testified


def test_a_dead_channel_without_another_keeps_what_has_not_left() -> None:
    people(60)
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP, rate_per_s=30).pk))
    [one] = rehearse(campaign, fault="outage").channels
    assert one.waiting > 0 == one.moved_out and one.accepted + one.uncertain + one.waiting == 60


def test_what_a_cut_leaves_unanswered_is_uncertain_and_not_sent_again() -> None:
    people(60)
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP, rate_per_s=200).pk))
    found = rehearse(campaign, fault="cut")
    [one] = found.channels
    assert one.uncertain > 0 == one.twice and one.accepted + one.uncertain == 60
    assert one.logins == 2 and one.uncertain_arrived <= one.uncertain and found.sound and not found.settled


@pytest.mark.parametrize("kind", [CMPP, SMPP], ids=["cmpp", "smpp"])
def test_flow_control_slows_down_and_loses_nothing(kind: dict[str, Any]) -> None:
    people(60)
    campaign = make_campaign(make_draft(channel_id=make_channel(**kind, rate_per_s=40).pk))
    found = rehearse(campaign, fault="flow")
    [one] = found.channels
    assert one.throttled > 0 and one.accepted == one.equal == 60 and found.settled


def test_some_refusals_are_told_by_their_code() -> None:
    people(300)
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP, rate_per_s=1000).pk))
    [one] = rehearse(campaign, fault="partial").channels
    assert set(one.refused) == {"13"} and one.accepted + one.refused_parts == 300
    assert one.receipts["UNDELIV"] > 0 and one.equal == one.accepted


def test_there_is_one_at_a_time_and_a_new_one_after_it() -> None:
    people(1)
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP).pk))
    first = actions.ask(campaign.pk, actor="li", now=utc_now(), by_job=False)
    with pytest.raises(Conflict, match="rehearsal.under_way"):
        actions.ask(campaign.pk, actor="wang", now=utc_now(), by_job=False)
    assert Rehearsal.objects.count() == 1
    actions.cancel(first.pk, actor="wang")
    actions.run(first.pk)
    assert Rehearsal.objects.get(pk=first.pk).state == RehearsalState.CANCELLED
    rehearse(campaign)


def test_one_that_runs_is_cancelled_and_leaves_no_process() -> None:
    people(200)
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP, rate_per_s=5).pk))
    row = actions.ask(campaign.pk, actor="li", now=utc_now(), by_job=False)

    def cancel() -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not Rehearsal.objects.filter(pk=row.pk, done__gt=0).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        actions.cancel(row.pk, actor="wang")
        connection.close()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    actions.run(row.pk)
    canceller.join()
    found = Rehearsal.objects.get(pk=row.pk)
    assert (found.state, found.cancelled_by, found.active) == (RehearsalState.CANCELLED, "wang", None)
    assert found.total > found.done > 0 and found.result is None
    assert not players_of(os.getpid())


def players_of(parent: int) -> list[int]:
    """Simulated carriers that a process has started and that still run."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes()
                if b"rehearsal.playing" in line and int((process / "stat").read_text().split()[3]) == parent:
                    found.append(int(process.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def test_one_whose_process_has_died_is_ended_by_the_next() -> None:
    people(1)
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP).pk))
    row = actions.ask(campaign.pk, actor="li", now=utc_now() - 2 * actions.LOST_AFTER, by_job=False)
    assert reads.one(row.pk, now=utc_now()).lost
    rehearse(campaign)
    assert Rehearsal.objects.get(pk=row.pk).error == {"code": "rehearsal.lost", "params": {}}


def test_what_cannot_be_asked_for() -> None:
    user("li")
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP).pk))
    with pytest.raises(InvalidInput, match="rehearsal.messages"):
        actions.ask(campaign.pk, actor="li", now=utc_now(), messages=2001)
    with pytest.raises(InvalidInput, match="rehearsal.fault"):
        actions.ask(campaign.pk, actor="li", now=utc_now(), fault="explosion")
    Campaign.objects.filter(pk=campaign.pk).update(state="running")
    with pytest.raises(Conflict, match="rehearsal.too_late"):
        actions.ask(campaign.pk, actor="li", now=utc_now())
    assert not Rehearsal.objects.exists()


def test_nobody_to_play_it_to_and_kinds_without_a_stand_in_are_said() -> None:
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP).pk))
    row = actions.ask(campaign.pk, actor="li", now=utc_now(), by_job=False)
    actions.run(row.pk)
    row.refresh_from_db()
    assert row.error["code"] == "rehearsal.nobody" and row.state == RehearsalState.FAILED and not row.active


def test_it_is_outdated_when_text_audience_way_or_rate_changed() -> None:
    people(2)
    channel, version = make_channel(**CMPP), make_template()
    campaign = make_campaign(make_draft(channel_id=channel.pk, template_version_id=version.pk))
    rehearse(campaign)

    def outdated() -> tuple[str, ...]:
        found = reads.last(Campaign.objects.get(pk=campaign.pk), now=utc_now())
        assert found is not None
        return found.outdated

    assert outdated() == ()
    Channel.objects.filter(pk=channel.pk).update(rate_per_s=7)
    assert outdated() == ("rate",)
    Channel.objects.filter(pk=channel.pk).update(config={**CMPP["config"], "window": 3})
    assert outdated() == ("way", "rate")
    segment = campaign.segment
    assert segment is not None
    segment.rule = {"all": [{"attribute": "city", "is": "杭州"}]}
    segment.save()
    Campaign.objects.filter(pk=campaign.pk).update(template_version=make_template("另一版"))
    assert outdated() == ("text", "audience", "way", "rate")
