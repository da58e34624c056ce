"""What a campaign's text looks like to the people who would get it, names and numbers masked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xinfeng.campaigns.cards import rich_among
from xinfeng.campaigns.models import Campaign
from xinfeng.console.components import Phone
from xinfeng.console.content.preview import bounds_of, price_for, yuan_of_li
from xinfeng.console.content.rich.beside import readers
from xinfeng.console.content.rich.shown import ShownFace
from xinfeng.content.models import TemplateVersion
from xinfeng.content.preview import Shown
from xinfeng.content.preview import preview as masked_preview
from xinfeng.content.rendering import Draft
from xinfeng.content.rich import read_rich
from xinfeng.lens.engine import lens
from xinfeng.policy.moments import reading_moment
from xinfeng.segments import reads as segments


def language() -> str:
    """The reader's language, as the slices below want it."""
    return get_language() or "zh-hans"


def samples(
    campaign: Campaign,
    version: TemplateVersion,
    *,
    at: int,
    now: datetime,
    contact_ids: list[int] | None = None,
) -> dict[str, Any]:
    """One text on the phone (the `at`-th), its card where it has one, how to get to the others, and the longest of them.
    `by_cards`: whether a channel of the campaign carries cards; None while it has no channel."""
    if campaign.channel is not None:
        price_li = campaign.channel.price_li
    else:  # by a route a text costs what its reader's channel does: the table says so
        price_li = 0 if campaign.route_id else price_for(campaign.purpose, now=now).li
    seen = masked_preview(
        Draft(version.value, version.action, version.opt_out, version.defaults),
        version.signature,
        purpose=campaign.purpose,
        moment=reading_moment(now),
        price_li=price_li,
        contact_ids=contact_ids if contact_ids is not None else _some_of(campaign, now),
    )
    at %= len(seen.shown)
    return {
        "phone": _phone(seen.shown[at]),
        "reader": _reader(seen.shown[at]),
        "face": _face(version, seen.shown[at].contact_id, now),
        "by_cards": _by_cards(campaign),
        "longest": _phone(seen.longest),
        "longest_reader": _reader(seen.longest),
        "version": version,
        "count": len(seen.shown),
        "number": at + 1,
        "previous": (at - 1) % len(seen.shown),
        "following": (at + 1) % len(seen.shown),
        "remarks": [remark.words(language()) for remark in seen.remarks],
        "upper_bound": seen.upper_bound,
        "real": seen.shown[0].contact_id is not None,
    }


def _some_of(campaign: Campaign, now: datetime) -> list[int]:
    if campaign.segment is None:
        return []
    copy = lens()
    copy.refresh()
    return segments.segment_numbers(copy, campaign.segment, campaign.purpose, now).sample


def _face(version: TemplateVersion, contact_id: int | None, now: datetime) -> ShownFace | None:
    """What a phone for 5G messages shows her; None where the template has no card."""
    if not version.rich:
        return None
    ids = [contact_id] if contact_id is not None else []
    return readers(read_rich(version.rich), version, ids, now=now)[0].face


def _by_cards(campaign: Campaign) -> bool | None:
    if campaign.channel_id is not None:
        return bool(rich_among([campaign.channel_id]))
    if campaign.route_id is None:
        return None
    entries = campaign.route.entries.values_list("channel_id", flat=True) if campaign.route else []
    return bool(rich_among(list(entries)))


def _phone(shown: Shown) -> Phone:
    cost = f"¥{yuan_of_li(shown.measure.cost_li)}" if shown.measure.cost_li else ""
    return Phone(
        shown.text,
        sender=_("短信"),
        length=shown.measure.units,
        parts=shown.measure.parts,
        note=cost,
        bounds=bounds_of(shown.text),
    )


def _reader(shown: Shown) -> str:
    return shown.phone or (_("示例客户") if shown.contact_id is None else _("没有手机号"))
