"""Whose texts the reviewer is shown: the audience of the campaign that uses the version, or everyone who may get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
from django.utils.translation import gettext as _

from xinfeng.campaigns import wording
from xinfeng.content import reads, risky
from xinfeng.content.models import TemplateVersion
from xinfeng.content.spread import spread
from xinfeng.kernel.errors import InvalidInput
from xinfeng.lens.engine import Lens, lens
from xinfeng.segments import reads as segments
from xinfeng.segments.models import Segment


@dataclass(frozen=True)
class Readers:
    """Contacts to make texts for, and in words where they are from."""

    ids: Sequence[int]
    origin: str


def readers_of(version: TemplateVersion, *, now: datetime) -> Readers:
    """Those at the edges of the audience and some from all over it. The latest contacts where nobody may be written to yet.

    Raises InvalidInput where a variable of the text is gone.
    """
    needed = risky.needs(version)
    copy = lens()
    copy.refresh()
    purpose = version.template.purpose
    for segment in _segments(version):
        try:
            people = segments.audience(copy, segment, now)
        except InvalidInput:  # its rule speaks of what is no more
            continue
        allowed = segments.reachable(copy, purpose, profiled=segments.profiles(segment), now=now)
        if ids := _found(copy, people.semi_join(allowed, "contact_id"), needed, version):
            return Readers(ids, _("从“%(segment)s”的受众里挑出来") % {"segment": segment.name})
    if ids := _found(copy, segments.reachable(copy, purpose, profiled=False, now=now), needed, version):
        return Readers(ids, _("从所有可以发的客户里挑出来"))
    return Readers(reads.people_to_show(risky.LOOKED_AT), _("还没有可以发的客户，从最近的客户里挑出来"))


def _segments(version: TemplateVersion) -> list[Segment]:
    """The segments of the last campaigns that use the version, latest first."""
    campaigns = wording.users_of([version.pk]).get(version.pk, [])[:3]
    return [one.segment for one in campaigns if one.segment is not None]


def _found(copy: Lens, people: ibis.Table, needed: Sequence[str], version: TemplateVersion) -> list[int]:
    return spread(copy, people, needed, seed=version.pk)
