"""For whom a wording is shown while it is written: people of the audience it has, else of everybody it may go to.

Asked for at every pause in typing, so the choice is kept for some minutes; it follows the variables of the text.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinfeng.campaigns import wording
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.content import reads
from xinfeng.content.models import TemplateVersion
from xinfeng.content.representatives import SHOWN, representatives
from xinfeng.content.sources import values_of
from xinfeng.content.spread import spread
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.lens.engine import Lens, lens
from xinfeng.policy.moments import reading_moment
from xinfeng.segments import reads as segments
from xinfeng.segments.models import Segment

POOL = 600
"""People whose values are looked at for the SHOWN who are chosen."""

KEPT_S = 300.0
_MOST_KEPT = 200

LATEST = _("最近更新的客户")


@dataclass(frozen=True)
class Readers:
    """`origin`: where they are from, in words; `name` is the segment's."""

    ids: Sequence[int]
    origin: str | Promise
    name: str = ""


_kept: dict[tuple[object, ...], tuple[float, Readers]] = {}
_lock = threading.Lock()


def readers_for(needed: Sequence[str], *, purpose: str, template_id: int | None, now: datetime) -> Readers:
    """At most SHOWN people for a text that needs these variables; the latest contacts where nobody may be written to
    yet, or the copy cannot be asked."""
    key = (template_id, purpose, tuple(needed))
    with _lock:
        at, found = _kept.get(key, (0.0, None))
    if found is not None and time.monotonic() - at < KEPT_S and _all_there(found.ids):
        return found
    found = _chosen(needed, purpose=purpose, template_id=template_id, now=now)
    if found is None:
        return Readers(reads.people_to_show(SHOWN), LATEST)
    with _lock:
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = (time.monotonic(), found)
    return found


def _all_there(ids: Sequence[int]) -> bool:
    """Nobody was merged or erased meanwhile."""
    return Contact.objects.filter(pk__in=list(ids), state=ContactState.ALIVE).count() == len(ids)


def _chosen(needed: Sequence[str], *, purpose: str, template_id: int | None, now: datetime) -> Readers | None:
    try:
        copy = lens()
    except Conflict:  # another process owns it
        return None
    known, moment = reads.catalogue(), reading_moment(now)
    for people, origin, name in _audiences(copy, purpose, template_id, now):
        ids = spread(copy, people, needed, seed=template_id or 0, most=POOL)
        rows = values_of(ids, needed, catalogue=known, moment=moment)
        pool = [(id_, row) for id_, row in zip(ids, rows, strict=True) if row is not None]
        if chosen := representatives(pool, needed):
            return Readers(chosen, origin, name)
    return None


def _audiences(
    copy: Lens, purpose: str, template_id: int | None, now: datetime
) -> Iterator[tuple[ibis.Table, str | Promise, str]]:
    """Those of the campaigns that use the template, the latest first, then everybody it may go to."""
    for segment in _segments(template_id):
        try:
            people = segments.audience(copy, segment, now)
        except InvalidInput:  # its rule speaks of what is no more
            continue
        allowed = segments.reachable(copy, purpose, profiled=segments.profiles(segment), now=now)
        yield people.semi_join(allowed, "contact_id"), _("分群“%(segment)s”"), segment.name
    yield segments.reachable(copy, purpose, profiled=False, now=now), _("可以发的客户"), ""


def _segments(template_id: int | None) -> list[Segment]:
    if template_id is None:
        return []
    versions = list(
        TemplateVersion.objects.filter(template_id=template_id)
        .order_by("-pk")
        .values_list("pk", flat=True)[:20]
    )
    used = [one for found in wording.users_of(versions).values() for one in found if one.segment is not None]
    used.sort(key=lambda one: -one.pk)
    found = {one.segment_id: one.segment for one in used if one.segment is not None}
    return list(found.values())[:2]
