"""Telling people once that their opt-out was taken, if the enterprise wants that.

A confirmation is a service message: it goes over a service channel, and only to contacts whose service consent is
in force; who has none is left out, with the ordinary reason. Every minute what waits becomes one plan, in the
transaction that takes it off the queue, so a crash neither loses nor doubles a confirmation.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from xinfeng.channels.models import Channel
from xinfeng.consent.models import Purpose
from xinfeng.content.checks import check_wording
from xinfeng.content.models import Signature
from xinfeng.content.rendering import Draft, Renderer
from xinfeng.delivery import actions
from xinfeng.delivery.confirmation_queue import KEY, ConfirmationSettings, current_settings, read_stored
from xinfeng.delivery.one_off import Sender, judge, usable_sender, write_plan
from xinfeng.foundation import audit, locks, stored
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.text import SINGLE_UNITS, utf16_units
from xinfeng.policy import reads as policy
from xinfeng.policy.windows import next_windows

__all__ = ["ACTOR", "LATEST", "ConfirmationSettings", "current_settings", "save_settings", "send_queued"]

log = logging.getLogger(__name__)

ACTOR = "system:confirmation"

LATEST = timedelta(hours=24)
"""Later than this nobody wants to hear about it. (Where a law names a time at all, it is 5 minutes: 47 CFR
64.1200(a).)"""

MOST_AT_ONCE = 1_000


def save_settings(value: Mapping[str, Any], *, actor: str) -> ConfirmationSettings:
    """Change the setting; what `value` does not state stays.

    Checked only as far as needed for what it says: switched off, it may be incomplete. Raises InvalidInput
    `opt_out.confirmation_setting` (an unknown name or a value of the wrong kind), `opt_out.confirmation_incomplete`,
    `opt_out.confirmation_channel` (not for service messages), `opt_out.confirmation_text` (variables, or more than
    one part) and as `content.checks.check_wording` does; NotFound `channel.unknown`, `signature.unknown`; Conflict
    `signature.disabled`.
    """
    with transaction.atomic():
        before = current_settings()
        _check_kinds(value)
        settings = read_stored({**before.stored(), **value})
        _check(settings)
        stored.write(KEY, settings.stored(), actor=actor)
        was, now = before.stored(), settings.stored()
        changed = {name: now[name] for name in now if was[name] != now[name]}
        audit.record(actor=actor, action="opt_out.confirmation_saved", kind="opt_out", **changed)
    return settings


def send_queued(*, now: datetime) -> int | None:
    """Make a plan of what waits and let it run; returns the plan, None when there was none to make.

    What can't be sent at present (no window, channel or signature out of use) waits, for LATEST at most.
    """
    with bulk_transaction() as connection:
        locks.hold_for_transaction(connection, locks.PLANNING)
        settings = current_settings()
        _give_up(connection, since=now - LATEST if settings.enabled else now, now=now)
        waiting = connection.execute(
            "select id, contact_id from opt_out_confirmation where settled_at is null order by id limit %s"
            " for update",
            (MOST_AT_ONCE,),
        ).fetchall()
        if not waiting:
            return None
        sender = usable_sender(settings.channel_id, settings.signature_id)
        if sender is None:
            log.warning("opt-outs can't be confirmed: channel or signature is out of use")
            return None
        plan_id = _plan(connection, [row[1] for row in waiting], sender, settings, now=now)
        if plan_id is not None:
            connection.execute(
                "update opt_out_confirmation set settled_at = %s, plan_id = %s where id = any(%s)",
                (now, plan_id, [row[0] for row in waiting]),
            )
            actions.start_plan(plan_id, actor=ACTOR, now=now)
        return plan_id


def _give_up(connection: Connection, *, since: datetime, now: datetime) -> None:
    """Settle without a plan what was queued until then."""
    connection.execute(
        "update opt_out_confirmation set settled_at = %s where settled_at is null and queued_at <= %s",
        (now, since),
    )


def _plan(
    connection: Connection,
    contact_ids: list[int],
    sender: Sender,
    settings: ConfirmationSettings,
    *,
    now: datetime,
) -> int | None:
    windows = next_windows(
        "other",
        now,
        calendar=policy.calendar(),
        settings=policy.current_settings(),
        horizon=LATEST,
        purpose=Purpose.SERVICE.value,
        narrow_to=sender.channel.hours,
    )
    if not windows:
        return None
    text = Renderer(Draft(settings.text, "", "", {}), sender.signature).render({})
    judged = judge(contact_ids, sender, at=windows[0][0], now=now)
    texts = dict.fromkeys(judged.allowed, text)
    return int(write_plan(connection, sender, texts, judged, windows=windows, now=now))


_KINDS: Mapping[str, tuple[type, ...]] = {
    "enabled": (bool,),
    "channel_id": (int, type(None)),
    "signature_id": (int, type(None)),
    "text": (str,),
}


def _check_kinds(value: Mapping[str, Any]) -> None:
    for name, given in value.items():
        if type(given) not in _KINDS.get(name, ()):
            raise InvalidInput("opt_out.confirmation_setting", setting=str(name)[:40])


def _check(settings: ConfirmationSettings) -> None:
    if not settings.enabled:
        return
    if settings.channel_id is None or settings.signature_id is None:
        raise InvalidInput("opt_out.confirmation_incomplete")
    channel = Channel.objects.filter(pk=settings.channel_id).first()
    if channel is None:
        raise NotFound("channel.unknown", id=settings.channel_id)
    if channel.purpose != Purpose.SERVICE:
        raise InvalidInput("opt_out.confirmation_channel", channel=channel.name)
    signature = Signature.objects.filter(pk=settings.signature_id).first()
    if signature is None:
        raise NotFound("signature.unknown", id=settings.signature_id)
    if not signature.enabled:
        raise Conflict("signature.disabled", id=signature.pk)
    checked = check_wording(Draft(settings.text, "", "", {}), signature, purpose=Purpose.SERVICE.value)
    units = (
        checked.longest_units if checked.used else utf16_units(Renderer(checked.draft, signature).render({}))
    )
    if checked.used or units > SINGLE_UNITS:
        raise InvalidInput("opt_out.confirmation_text", at_most=SINGLE_UNITS, units=units)
