"""What people do with channels: set one up, change it, switch it on and off. Audited, one transaction each.

A secret goes in and never comes out: it is sealed at once and neither returned, logged nor audited.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.db import IntegrityError, transaction

from xinfeng.channels.capabilities import Capabilities
from xinfeng.channels.config import LineConfig
from xinfeng.channels.fields import host_fault
from xinfeng.channels.kinds import read_config
from xinfeng.channels.models import Channel, ChannelKind, RouteEntry
from xinfeng.foundation import audit
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.purposes import MESSAGE_PURPOSES

LONGEST_SECRET = 100
MOST_PARTS_PER_S = 100_000


def save_channel(
    *,
    name: str,
    kind: str,
    purpose: str,
    config: Mapping[str, Any],
    secret: str | None,
    rate_per_s: int,
    price_li: int,
    actor: str,
    channel_id: int | None = None,
    hours: tuple[time, time] | None = None,
    capabilities: Mapping[str, Any] | None = None,
) -> int:
    """Make a channel, or change the one named by `channel_id`; returns its id. Gateways notice within seconds.

    `secret` None keeps the present one. `hours`: when the carrier takes messages, `[opens, closes)` of each day in
    the enterprise's zone; None: at any time. They narrow the windows of campaigns. `capabilities`: what it takes
    (`channels.capabilities`), as a whole; None keeps them, and lets a new channel demand filed signatures.

    Raises InvalidInput `channel.config` with `faults` (code by field, all at once), NotFound `channel.unknown`,
    Conflict `channel.name_taken`, `channel.in_route` (another purpose than the route's it is part of).
    """
    taken = _check(
        name,
        kind,
        purpose,
        config,
        secret=secret,
        rate_per_s=rate_per_s,
        price_li=price_li,
        hours=hours,
        capabilities=capabilities,
        new=not channel_id,
    )
    try:
        with transaction.atomic():
            channel = _locked(channel_id) if channel_id else Channel()
            if channel_id and channel.purpose != purpose:
                _check_no_route(channel_id)
            channel.name, channel.kind, channel.purpose = name.strip(), kind, purpose
            channel.config, channel.rate_per_s, channel.price_li = taken.to_json(), rate_per_s, price_li
            channel.opens, channel.closes = hours or (None, None)
            if capabilities is not None:
                channel.capabilities = Capabilities.read(capabilities).to_json()
            if secret is not None:
                channel.secret_sealed = vault().seal(Kind.SECRET, secret)
            channel.save()
            audit.record(
                actor=actor,
                action="channel.save",
                kind="channel",
                subject=channel.pk,
                new=not channel_id,
                secret_changed=secret is not None,
                rate_per_s=rate_per_s,
                price_li=price_li,
                hours=[f"{at:%H:%M}" for at in hours] if hours else None,
                **({} if capabilities is None else {"capabilities": channel.capabilities}),
            )
    except IntegrityError:
        raise Conflict("channel.name_taken", name=name.strip()) from None
    return int(channel.pk)


def enable_channel(channel_id: int, *, actor: str) -> None:
    """Let gateways connect and send. Raises NotFound `channel.unknown`."""
    _switch(channel_id, enabled=True, actor=actor)


def disable_channel(channel_id: int, *, actor: str) -> None:
    """Gateways say goodbye to the carrier; plans of the channel wait. Raises NotFound `channel.unknown`."""
    _switch(channel_id, enabled=False, actor=actor)


def _switch(channel_id: int, *, enabled: bool, actor: str) -> None:
    with transaction.atomic():
        channel = _locked(channel_id)
        channel.enabled = enabled
        channel.save(update_fields=["enabled", "updated_at"])
        verb = "channel.enable" if enabled else "channel.disable"
        audit.record(actor=actor, action=verb, kind="channel", subject=channel_id)


def _check_no_route(channel_id: int) -> None:
    """A route only holds channels of its purpose."""
    route = RouteEntry.objects.filter(channel_id=channel_id).select_related("route").first()
    if route is not None:
        raise Conflict("channel.in_route", route=route.route.name)


def _locked(channel_id: int) -> Channel:
    channel = Channel.objects.select_for_update().filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("channel.unknown", channel=channel_id)
    return channel


def _check(
    name: str,
    kind: str,
    purpose: str,
    config: Mapping[str, Any],
    *,
    secret: str | None,
    rate_per_s: int,
    price_li: int,
    hours: tuple[time, time] | None,
    capabilities: Mapping[str, Any] | None,
    new: bool,
) -> LineConfig:
    """All faults of all fields at once."""
    faults: dict[str, str] = {}
    if not name.strip():
        faults["name"] = "missing"
    elif len(name.strip()) > 60:
        faults["name"] = "too_long"
    if kind not in ChannelKind.values:
        faults["kind"] = "unknown"
    if purpose not in MESSAGE_PURPOSES:
        faults["purpose"] = "unknown"
    if secret is None and new:
        faults["secret"] = "missing"
    elif secret is not None and not (0 < len(secret) <= LONGEST_SECRET and secret.isascii()):
        faults["secret"] = "not_ascii" if secret else "missing"
    if not 1 <= rate_per_s <= MOST_PARTS_PER_S:
        faults["rate_per_s"] = "out_of_range"
    if not 0 <= price_li <= 100_000:
        faults["price_li"] = "out_of_range"
    if hours is not None and not hours[0] < hours[1]:
        faults["hours"] = "not_ascending"
    try:
        Capabilities.read(capabilities or {})
    except InvalidInput as fault:
        faults = fault.params["faults"] | faults
    taken = None
    try:
        taken = read_config(config, kind)
    except InvalidInput as fault:
        faults = fault.params["faults"] | faults
    if taken is not None and taken.host and (wrong := host_fault(taken.host)):
        faults["host"] = wrong
    if faults or taken is None:
        raise InvalidInput("channel.config", faults=faults)
    return taken
