"""Plans that nobody scheduled: a few messages that have to go now, each with a text of its own.

Used for confirmations of opt-outs, for codes and for trials of a channel. Every message passes the same gates as a campaign's; who is
refused is left out with the ordinary reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from xinfeng.channels.models import Channel
from xinfeng.consent.models import Purpose
from xinfeng.content.models import Signature
from xinfeng.delivery import planning
from xinfeng.delivery.planning import LeftOutContact, NewMessage, PlanTerms, Window
from xinfeng.filings.terms import terms_for
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.ids import ChannelId, PlanId
from xinfeng.kernel.text import billed_parts
from xinfeng.kernel.time import business_day
from xinfeng.lens.engine import lens
from xinfeng.policy import reads as policy
from xinfeng.policy.gates import GateContext, first_reason


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose words over which line."""

    channel: Channel
    signature: Signature


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gates said: consent entries of those who may be written to, reasons against the others. `asked_for`: as
    `GateContext` had it; a plan remembers it among its rules."""

    allowed: Mapping[int, int]
    refused: Mapping[int, str]
    asked_for: bool = False


def usable_sender(channel_id: int | None, signature_id: int | None) -> Sender | None:
    """Both, if both are in use and the channel is for service messages."""
    channel = Channel.objects.filter(pk=channel_id or 0, enabled=True, purpose=Purpose.SERVICE.value).first()
    signature = Signature.objects.filter(pk=signature_id or 0, enabled=True).first()
    return Sender(channel, signature) if channel is not None and signature is not None else None


def judge(
    contact_ids: Sequence[int], sender: Sender, *, at: datetime, now: datetime, asked_for: bool = False
) -> Judged:
    """Ask the gates about messages of this sender that leave at `at`. Brings the lens up to date first. `asked_for`: as
    `GateContext` has it."""
    rules = policy.current_settings()
    day = business_day(at, rules.zone)
    filed = terms_for(sender.signature, sender.channel, day=day).filed_carriers
    copy = lens()
    copy.refresh()
    contact = copy.table("contact")
    people = contact.filter(contact["id"].isin(set(contact_ids))).select(contact_id=contact["id"])
    context = GateContext(sender.channel.purpose, now, rules, day, filed_carriers=filed, asked_for=asked_for)
    rows = copy.rows(first_reason(copy, people, context)).to_pylist()
    return Judged(
        {row["contact_id"]: row["entry_seq"] for row in rows if row["reason"] is None},
        {row["contact_id"]: row["reason"] for row in rows if row["reason"]},
        asked_for,
    )


def _rules(sender: Sender, day: date) -> dict[str, Any]:
    """The rules in force, and the filings that the messages rely on."""
    return policy.snapshot(around=day) | {
        "filing": terms_for(sender.signature, sender.channel, day=day).to_json()
    }


def write_plan(
    connection: Connection,
    sender: Sender,
    texts: Mapping[int, str],
    judged: Judged,
    *,
    windows: Sequence[Window],
    now: datetime,
    at_once: bool = False,
) -> PlanId:
    """A plan with one message to each allowed contact of `texts` (whole texts, by contact), READY.

    `at_once`: its messages take their ids from a series that campaigns never hold.
    """
    rules = policy.current_settings()
    terms = PlanTerms(
        purpose=sender.channel.purpose,
        channel_id=ChannelId(sender.channel.pk),
        policy=_rules(sender, business_day(windows[0][0], rules.zone))
        | ({"asked_for": True} if judged.asked_for else {}),
        windows=windows,
        deadline=windows[-1][1],
        price_li=sender.channel.price_li,
    )
    bodies = vault().seal_many(Kind.BODY, [texts[one] for one in judged.allowed])
    plan = planning.open_plan(connection, terms, at_most=len(bodies), now=now, at_once=at_once)
    messages = [
        NewMessage(contact_id, 0, entry_seq, billed_parts(texts[contact_id]), body)
        for (contact_id, entry_seq), body in zip(judged.allowed.items(), bodies, strict=True)
    ]
    planning.write_messages(connection, plan, messages)
    left_out = [LeftOutContact(contact_id, reason) for contact_id, reason in judged.refused.items()]
    planning.write_left_out(connection, plan, left_out)
    planning.close_plan(connection, plan)
    return plan.id
