"""What a period comes to agrees with the facts, and a sample can be drawn again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from tests.campaigns.factories import NOON, approved, make_campaign, planned
from tests.factories import make_contact, make_contacts

from xinfeng.campaigns.models import Campaign
from xinfeng.consent.actions import append_entries, record_opt_outs
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.suppressing import OptOut
from xinfeng.contacts.models import Contact
from xinfeng.delivery.models import Message, Outcome
from xinfeng.foundation.database import bulk_transaction
from xinfeng.inspection import account, sampling, volume
from xinfeng.inspection.period import Scope, last_month, read_scope, scope
from xinfeng.kernel.errors import InvalidInput
from xinfeng.lens.engine import close_lens, lens
from xinfeng.privacy.models import PrivacyRequest

DAY = date(2026, 11, 20)


@dataclass
class World:
    campaign: Campaign
    contacts: list[int]
    messages: list[int]

    @property
    def asked(self) -> Scope:
        return scope(DAY, DAY)


@pytest.fixture
def world(committed_db: str) -> Iterator[World]:
    contacts = make_contacts(8)
    minor = make_contact(birthday=date(2012, 5, 1))
    campaign = planned()
    found = list(Message.objects.order_by("id").values_list("id", flat=True))
    assert len(found) == 8 and minor
    yield World(campaign, contacts, found)
    close_lens()


def attempt(message_id: int, at: datetime, outcome: Outcome = Outcome.ACCEPTED) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at) values (%s,1,1,%s,'0',%s,%s)",
            (message_id, outcome, at, at),
        )


def test_the_volume_adds_up_in_every_breakdown(world: World) -> None:
    found = volume.volume(world.asked)
    assert found.messages == 8
    for lines in (found.by_day, found.by_channel, found.by_purpose, found.by_carrier):
        assert sum(line.messages for line in lines) == 8
        assert sum(line.parts for line in lines) == found.parts
    assert [line.key for line in found.by_day] == ["2026-11-20"]
    assert [line.key for line in found.by_purpose] == ["marketing"]


def test_other_days_channels_signatures_and_campaigns_leave_nothing(world: World) -> None:
    campaign = world.campaign
    assert campaign.channel_id is not None and campaign.template_version is not None
    inside = scope(DAY, DAY, channel_id=campaign.channel_id, campaign_id=campaign.pk,
                   signature_id=campaign.template_version.signature_id)  # fmt: skip
    assert volume.volume(inside).messages == 8
    for other in (
        scope(DAY + timedelta(days=1), DAY + timedelta(days=2)),
        scope(DAY, DAY, channel_id=10**6),
        scope(DAY, DAY, campaign_id=10**6),
        scope(DAY, DAY, signature_id=10**6),
    ):
        assert volume.volume(other).messages == 0
        assert volume.consents(other).messages == 0
        assert volume.outcomes(other).messages == 0
        assert sampling.sample(other, count=5, seed="x") == []


def test_a_day_is_the_enterprise_s(world: World) -> None:
    asked = scope(DAY, DAY)
    assert asked.since == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert asked.until == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert read_scope(asked.as_json()) == asked
    assert last_month(date(2026, 3, 15)) == Scope(date(2026, 2, 1), date(2026, 2, 28))


def test_periods_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"inspection\.period"):
        scope(DAY, DAY - timedelta(days=1))
    with pytest.raises(InvalidInput, match=r"inspection\.too_long"):
        scope(date(2020, 1, 1), DAY)


def test_messages_are_counted_by_what_they_rest_on(world: World) -> None:
    found = volume.consents(world.asked)
    assert (found.messages, found.proven, found.missing) == (8, 8, 0)
    assert [(one.source, one.messages, one.with_notice) for one in found.by_source] == [("form:test", 8, 0)]
    assert found.proven_share == 1


def test_a_message_whose_entry_is_not_in_the_ledger_is_told(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            "update message set consent_seq = 999999, xid = pg_current_xact_id() where id = %s",
            (world.messages[0],),
        )
        cursor.execute("set session_replication_role = origin")
    lens().rebuild()
    assert volume.consents(world.asked).missing == 1
    [one] = sampling.chains(world.messages[:1])
    assert one.gaps[0] == "entry"


def test_minors_were_left_out_and_are_counted(world: World) -> None:
    found = volume.left_out(world.asked)
    assert found.minors == 1 and dict(found.by_reason)["minor"] == 1


def test_the_outcomes_are_those_of_the_reports(world: World) -> None:
    attempt(world.messages[0], NOON)
    attempt(world.messages[1], NOON, Outcome.REFUSED)
    found = volume.outcomes(world.asked)
    assert (
        found.messages,
        found.by_state["accepted"],
        found.by_state["failed"],
        found.by_state["planned"],
    ) == (8, 1, 1, 6)


def test_a_sample_is_repeated_by_its_seed_and_differs_by_another(world: World) -> None:
    first = [one.message_id for one in sampling.sample(world.asked, count=4, seed="2026-11")]
    assert [one.message_id for one in sampling.sample(world.asked, count=4, seed="2026-11")] == first
    others = [
        [one.message_id for one in sampling.sample(world.asked, count=4, seed=str(n))] for n in range(6)
    ]
    assert any(other != first for other in others)
    number = sampling.number_of("2026-11")
    by_hand = sorted(
        world.messages,
        key=lambda one: (
            ((one % sampling.PRIME + number) % sampling.PRIME) * sampling.FACTOR % sampling.PRIME,
            one,
        ),
    )
    assert first == by_hand[:4]
    everything = sampling.sample(world.asked, count=100, seed="x")
    assert {one.message_id for one in everything} == set(world.messages)
    for count in (0, 101):
        with pytest.raises(InvalidInput, match=r"inspection\.sample"):
            sampling.sample(world.asked, count=count, seed="x")


def test_a_sampled_message_shows_its_whole_chain(world: World) -> None:
    attempt(world.messages[0], NOON + timedelta(minutes=5))
    [one] = sampling.chains(world.messages[:1])
    assert one.campaign_id == world.campaign.pk and one.approved_by == "wang" and one.author == "li"
    assert one.consent_source == "form:test" and one.consent_evidence == "test"
    assert "****" in one.phone and one.state == "accepted" and one.gaps == ()
    attempt(world.messages[1], NOON + timedelta(hours=14))  # two in the morning
    [late] = sampling.chains(world.messages[1:2])
    assert late.gaps == ("window",)


def opt_out(contact: int, at: datetime) -> None:
    index = bytes(Contact.objects.get(pk=contact).phone_index or b"")
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(index, contact, at, "reply", "reply:1")], now=at)


def test_how_fast_opt_outs_bound_is_measured(world: World) -> None:
    at = datetime.now(UTC)
    for contact in world.contacts[:3]:
        opt_out(contact, at)
    today = scope(at.astimezone(world.asked.zone).date(), at.astimezone(world.asked.zone).date())
    found = account.opt_outs(today)
    assert found.count == 3 and found.sent_after == ()
    [line] = found.by_source
    assert line.source == "reply" and line.measured == 3
    assert (
        line.median_s is not None and line.longest_s is not None and 0 < line.median_s <= line.longest_s < 60
    )


def test_a_message_sent_after_its_person_s_no_is_found(world: World) -> None:
    opt_out(world.contacts[0], NOON + timedelta(minutes=1))
    with connection.cursor() as cursor:
        cursor.execute("update suppression set bound_at = at + interval '2 seconds'")
    first = Message.objects.get(contact_id=world.contacts[0]).pk
    attempt(first, NOON + timedelta(minutes=1, seconds=1))  # on the wire before it bound
    assert account.opt_outs(world.asked).sent_after == ()
    attempt(first, NOON + timedelta(minutes=1, seconds=3))
    [wrong] = account.opt_outs(world.asked).sent_after
    assert wrong.message_id == first and wrong.contact_id == world.contacts[0]


def test_a_later_consent_makes_a_later_message_right(world: World) -> None:
    contact = world.contacts[0]
    opt_out(contact, NOON - timedelta(hours=1))
    with bulk_transaction() as raw:
        [seq] = append_entries(
            raw, [NewEntry(contact, "marketing", True, NOON, "form:test", None, "again", "test")], now=NOON
        )
    message = Message.objects.get(contact_id=contact)
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("update message set consent_seq = %s where id = %s", (seq, message.pk))
        cursor.execute("set session_replication_role = origin")
    attempt(message.pk, NOON + timedelta(minutes=2))
    lens().rebuild()
    assert account.opt_outs(world.asked).sent_after == ()


def test_who_approved_her_own_is_listed(world: World) -> None:
    found = account.approvals(world.asked)
    assert (found.campaigns, found.by_others, found.without) == (1, 1, 0) and not found.exceptions
    Campaign.objects.filter(pk=world.campaign.pk).update(approver_id=world.campaign.author_id)
    found = account.approvals(world.asked)
    assert (found.by_others, [one.id for one in found.exceptions]) == (0, [world.campaign.pk])
    [one] = sampling.chains(world.messages[:1])
    assert one.gaps == ("self_approval",)


def test_campaigns_that_were_not_planned_do_not_count(world: World) -> None:
    make_campaign()
    approved()
    assert account.approvals(world.asked).campaigns == 1


def test_requests_met_their_deadlines_or_did_not(world: World) -> None:
    def request(**fields: object) -> None:
        PrivacyRequest.objects.create(
            **{
                "kind": "access",
                "via": "phone",
                "received_at": NOON,
                "due_at": NOON + timedelta(days=15),
                "created_by": "he",
            }
            | fields
        )

    request(answered_at=NOON + timedelta(days=2))
    request(answered_at=NOON + timedelta(days=16))
    request()
    request(kind="erasure")
    lines = {one.kind: one for one in account.requests(world.asked, now=NOON + timedelta(days=1))}
    access = lines["access"]
    assert (access.received, access.answered, access.in_time, access.late, access.open) == (3, 2, 1, 1, 1)
    late = {one.kind: one for one in account.requests(world.asked, now=NOON + timedelta(days=30))}
    assert (late["access"].late, late["erasure"].late) == (2, 1)


def test_a_period_without_anything_is_no_fault(world: World) -> None:
    empty = scope(date(2025, 1, 1), date(2025, 1, 31))
    assert account.complaints(empty, now=NOON).count == 0
    assert account.requests(empty, now=NOON) == ()
    assert account.filings(empty).signatures == ()
    assert account.opt_outs(empty).count == 0
