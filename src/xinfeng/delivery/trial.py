"""One message to a colleague's own number, to see that a channel works.

Law 1 holds for it as for any other: the number must belong to a contact who agrees to messages of the channel's
purpose, and every gate is asked but the ceilings: she asked for it herself, and there are many channels to try. MOST_A_DAY
keeps that from being a way around them. It goes within the hours of its purpose, or not at all.

A carrier takes a text of ours that says what it is. A vendor takes nothing but filed templates, and a 5G platform wants
cards: there the trial is an approved template, as the colleague would read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from xinfeng.channels.models import BY_TEMPLATE, RICH_KINDS, WHOLE_KINDS, Channel
from xinfeng.consent.models import Purpose
from xinfeng.contacts.finding import find_by_phone_indexes
from xinfeng.content import optout, reads
from xinfeng.content.models import ReviewState, Signature, TemplateVersion
from xinfeng.content.rendering import Draft, Renderer
from xinfeng.content.review import state_of, states_of
from xinfeng.delivery import actions, filed
from xinfeng.delivery.one_off import Sender, judge, write_plan
from xinfeng.filings.days import business_day_of
from xinfeng.foundation import audit, locks
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, RefusedByPolicy
from xinfeng.kernel.ids import PlanId
from xinfeng.kernel.phones import parse_mainland
from xinfeng.policy import reads as policy
from xinfeng.policy.moments import reading_moment
from xinfeng.policy.windows import next_windows

LIFE = timedelta(minutes=10)
"""Somebody looks at her handset; later she no longer does."""
MOST_OFFERED = 50
MOST_A_DAY = 20
"""Trials to one number within 24 hours: each channel of a deployment once or twice. A rule of this product."""


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
    zone = xinfeng_settings.load().zone
    said = f"通道测试，{now.astimezone(zone):%H:%M} 发出，收到请忽略。"
    return Renderer(Draft(said, "", opt_out, {}), sender.signature).render({})


def templates_for(channel: Channel) -> list[TemplateVersion]:
    """Approved texts that a trial over this channel may carry: the newest of each template of its purpose."""
    newest = [row.version_id for row in reads.library(purpose=channel.purpose, limit=MOST_OFFERED).rows]
    approved = [pk for pk, row in states_of(newest).items() if row.state == ReviewState.APPROVED]
    versions = TemplateVersion.objects.select_related("template", "signature").filter(pk__in=approved)
    if channel.kind in RICH_KINDS:
        versions = versions.filter(rich__isnull=False)
    return list(versions.order_by("template__name"))


def send_trial(
    channel_id: int,
    *,
    phone: str,
    actor: str,
    now: datetime,
    signature_id: int | None = None,
    version_id: int | None = None,
) -> Trial:
    """Write one trial message and let it go: of `version_id`, else a text of ours under `signature_id`.

    Raises InvalidInput `phone.…` for what is no mainland mobile; NotFound `channel.unknown`, `signature.unknown`,
    `template.unknown_version`, `trial.no_contact`; Conflict `trial.channel_off`, `trial.closed` (outside the hours of
    the purpose), `trial.needs_template`, `trial.not_approved`, `trial.not_filed` (a vendor's channel without a filed
    template in force that this text fits), `trial.enough`; RefusedByPolicy with the gate's reason.
    """
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("channel.unknown", channel=channel_id)
    if not channel.enabled:
        raise Conflict("trial.channel_off", channel=channel.name)
    version = _approved(channel, version_id) if version_id else None
    if version is None and channel.kind in WHOLE_KINDS:
        raise Conflict("trial.needs_template", channel=channel.name)
    signature = (
        version.signature if version else Signature.objects.filter(pk=signature_id or 0, enabled=True).first()
    )
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
        if _trials_of(connection, contact_id, since=now - timedelta(hours=24)) >= MOST_A_DAY:
            raise Conflict("trial.enough", most=MOST_A_DAY)
        judged = judge([contact_id], sender, at=windows[0][0], now=now, asked_for=True)
        if contact_id not in judged.allowed:
            raise RefusedByPolicy(judged.refused.get(contact_id, "no_phone"), contact=contact_id)
        text = text_of(sender, now=now)
        if version is not None:
            text = dict(reads.texts(version, [contact_id], reading_moment(now)))[contact_id]
            if channel.kind in BY_TEMPLATE:
                _check_filed(connection, channel, version, text, now=now)
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


def _trials_of(connection: Connection, contact_id: int, *, since: datetime) -> int:
    found = connection.execute(
        "select count(*) from message m join plan p on p.id = m.plan_id"
        " where m.contact_id = %s and m.planned_at >= %s and p.policy -> 'asked_for' = 'true'",
        (contact_id, since),
    ).fetchone()
    assert found is not None
    return int(found[0])


def _check_filed(
    connection: Connection, channel: Channel, version: TemplateVersion, text: str, *, now: datetime
) -> None:
    """A vendor takes what is filed. Looked at here, so that nobody waits for what the gateway would withhold."""
    filings = filed.in_force(connection, channel.pk, day=business_day_of(now))
    writer = filed.FiledTexts(filings, longest_value=channel.takes.longest_value)
    try:
        writer.write("", text, reference=0)
    except InvalidInput:
        raise Conflict("trial.not_filed", channel=channel.name, template=version.template.name) from None


def _approved(channel: Channel, version_id: int) -> TemplateVersion:
    version = reads.version(version_id)
    if state_of(version_id) is not ReviewState.APPROVED or version.template.purpose != channel.purpose:
        raise Conflict("trial.not_approved", template=version.template.name)
    return version
