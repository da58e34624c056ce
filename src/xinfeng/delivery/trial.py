"""One message to a colleague's own number, to see that a channel works.

Law 1 holds for it as for any other: the number must belong to a contact who agrees to messages of the channel's
purpose, and every gate is asked. It goes within the hours of its purpose, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from xinfeng.channels.models import Channel
from xinfeng.consent.models import Purpose
from xinfeng.contacts.finding import find_by_phone_indexes
from xinfeng.content import optout
from xinfeng.content.models import Signature
from xinfeng.content.rendering import Draft, Renderer
from xinfeng.delivery import actions
from xinfeng.delivery.one_off import Sender, judge, write_plan
from xinfeng.foundation import audit, locks
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict, NotFound, RefusedByPolicy
from xinfeng.kernel.ids import PlanId
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import SHANGHAI
from xinfeng.policy import reads as policy
from xinfeng.policy.windows import next_windows

LIFE = timedelta(minutes=10)
"""Somebody looks at her handset; later she no longer does."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was written: the plan that carries it, to whom, and the whole text."""

    plan_id: PlanId
    contact_id: int
    text: str


def text_of(sender: Sender, *, now: datetime) -> str:
    """The whole message; marketing carries the channel's opt-out wording."""
    opt_out = ""
    if sender.channel.purpose == Purpose.MARKETING:
        accepted = sender.channel.takes.opt_out_wording
        opt_out = accepted[0] if accepted else optout.DEFAULT
    said = f"通道测试，{now.astimezone(SHANGHAI):%H:%M} 发出，收到请忽略。"
    return Renderer(Draft(said, "", opt_out, {}), sender.signature).render({})


def send_trial(channel_id: int, signature_id: int, *, phone: str, actor: str, now: datetime) -> Trial:
    """Write one trial message and let it go.

    Raises InvalidInput `phone.…` for what is no mainland mobile; NotFound `channel.unknown`, `signature.unknown`,
    `trial.no_contact`; Conflict `trial.channel_off`, `trial.closed` (outside the hours of the purpose);
    RefusedByPolicy with the gate's reason.
    """
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("channel.unknown", channel=channel_id)
    if not channel.enabled:
        raise Conflict("trial.channel_off", channel=channel.name)
    signature = Signature.objects.filter(pk=signature_id, enabled=True).first()
    if signature is None:
        raise NotFound("signature.unknown", id=signature_id)
    number = parse_mainland(phone)
    sender = Sender(channel, signature)
    windows = next_windows(
        "other",
        now,
        calendar=policy.calendar(),
        settings=policy.current_settings(),
        horizon=LIFE,
        purpose=channel.purpose,
        narrow_to=channel.hours,
    )
    if not windows:
        raise Conflict("trial.closed", channel=channel.name)
    with bulk_transaction() as connection:
        locks.hold_for_transaction(connection, locks.PLANNING)
        contact_id = next(
            iter(find_by_phone_indexes(connection, [vault().phone_index(number)]).values()), None
        )
        if contact_id is None:
            raise NotFound("trial.no_contact")
        judged = judge([contact_id], sender, at=windows[0][0], now=now)
        if contact_id not in judged.allowed:
            raise RefusedByPolicy(judged.refused.get(contact_id, "no_phone"), contact=contact_id)
        text = text_of(sender, now=now)
        plan_id = write_plan(connection, sender, {contact_id: text}, judged, windows=windows, now=now)
        actions.start_plan(plan_id, actor=actor, now=now)
        audit.record(
            actor=actor,
            action="channel.trial",
            kind="channel",
            subject=channel_id,
            plan=plan_id,
            contact=contact_id,
        )
    return Trial(plan_id, contact_id, text)
