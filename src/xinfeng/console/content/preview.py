"""The phone beside the editor: real contacts, masked, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from xinfeng.channels import reads as channels
from xinfeng.console.components import Phone
from xinfeng.console.content.readers import Readers, readers_for
from xinfeng.content import preview as content_preview
from xinfeng.content.models import Signature
from xinfeng.content.parts import Measure
from xinfeng.content.preview import Choice, Preview, Shown
from xinfeng.content.rendering import Draft
from xinfeng.content.values import Moment
from xinfeng.kernel.text import Encoding, encoding_for, split_parts
from xinfeng.policy.moments import reading_moment


@dataclass(frozen=True)
class Price:
    """What a part costs, and over which channel; `channel` is empty when none is set up."""

    li: int
    channel: str


@dataclass(frozen=True)
class Face:
    """One text on the phone, with what stands beneath it."""

    phone: Phone
    reader: str
    cost: str
    at: int


@dataclass(frozen=True)
class Faces:
    """All texts of a preview: the one shown, and how to get to the others."""

    shown: Face
    count: int
    previous: int
    following: int
    shortest: Face
    typical: Face
    longest: Face
    lengths: tuple[Measure, ...]
    upper_bound_parts: int
    upper_bound_units: int
    price: Price
    remarks: list[str]
    real: bool
    origin: str = ""


def price_for(purpose: str, *, now: datetime) -> Price:
    """The price of a part over the first channel in use for `purpose`."""
    usable = [one for one in channels.channels(now=now) if one.enabled and one.purpose == purpose]
    return Price(usable[0].price_li, usable[0].name) if usable else Price(0, "")


def faces(
    draft: Draft,
    signature: Signature,
    *,
    purpose: str,
    contact_ids: Sequence[int] | Choice,
    at: int,
    language: str,
    now: datetime,
    hour: int | None = None,
) -> Faces:
    """The preview of a wording for some contacts, as read now or today at `hour`; raises as `content.preview.preview`
    does."""
    price = price_for(purpose, now=now)
    seen = content_preview.preview(
        draft,
        signature,
        purpose=purpose,
        moment=moment_at(now, hour),
        price_li=price.li,
        contact_ids=contact_ids,
    )
    return _faces(seen, price, at=at % len(seen.shown), language=language)


def faces_of_readers(
    draft: Draft,
    signature: Signature,
    *,
    purpose: str,
    template_id: int | None,
    at: int,
    language: str,
    now: datetime,
    hour: int | None = None,
) -> Faces:
    """`faces`, for people who stand for those who get it (`console.content.readers`)."""
    chosen: list[Readers] = []

    def choose(needed: Sequence[str]) -> Sequence[int]:
        chosen.append(readers_for(needed, purpose=purpose, template_id=template_id, now=now))
        return chosen[0].ids

    shown = faces(
        draft,
        signature,
        purpose=purpose,
        contact_ids=choose,
        at=at,
        language=language,
        now=now,
        hour=hour,
    )
    origin = str(chosen[0].origin)
    return replace(shown, origin=origin % {"segment": chosen[0].name} if chosen[0].name else origin)


def moment_at(now: datetime, hour: int | None) -> Moment:
    """Now, or the same day at a full hour of the enterprise's clock."""
    moment = reading_moment(now)
    return (
        moment
        if hour is None
        else replace(moment, at=now.astimezone(moment.zone).replace(hour=hour, minute=0))
    )


def _faces(seen: Preview, price: Price, *, at: int, language: str) -> Faces:
    shown = seen.shown
    by_length = sorted(
        range(len(shown)), key=lambda one: (shown[one].measure.parts, shown[one].measure.units)
    )
    shortest, typical, longest = by_length[0], by_length[(len(by_length) - 1) // 2], by_length[-1]
    return Faces(
        shown=_face(shown[at], price, at),
        count=len(shown),
        previous=(at - 1) % len(shown),
        following=(at + 1) % len(shown),
        shortest=_face(shown[shortest], price, shortest),
        typical=_face(shown[typical], price, typical),
        longest=_face(shown[longest], price, longest),
        lengths=tuple(one.measure for one in shown),
        upper_bound_parts=seen.upper_bound.parts,
        upper_bound_units=seen.upper_bound.units,
        price=price,
        remarks=[remark.words(language) for remark in seen.remarks],
        real=shown[0].contact_id is not None,
    )


def _face(one: Shown, price: Price, at: int) -> Face:
    cost = yuan_of_li(one.measure.cost_li) if price.channel else ""
    reader = one.phone or (_("示例客户") if one.contact_id is None else _("没有手机号"))
    phone = Phone(
        one.text,
        sender=_("短信"),
        length=one.measure.units,
        parts=one.measure.parts,
        bounds=bounds_of(one.text),
        note=f"¥{cost}" if cost else "",
    )
    return Face(phone, reader, cost, at)


def bounds_of(text: str) -> tuple[int, ...]:
    """Where in `text` (in characters) one part ends and the next begins, as it goes on the wire."""
    if encoding_for(text) is not Encoding.UCS2:
        return ()
    bounds, at = [], 0
    for part in split_parts(text, Encoding.UCS2)[:-1]:
        at += len(part.decode("utf-16-be"))
        bounds.append(at)
    return tuple(bounds)


def yuan_of_li(li: int) -> str:
    """Li (tenths of a fen) as yuan with three decimals: 45 → `0.045`."""
    return f"{li // 1000:,}.{li % 1000:03d}"
