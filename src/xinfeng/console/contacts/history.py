"""Everything that happened to one contact as one timeline: behaviour, tags, consent, messages, replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xinfeng.campaigns.reads import names_of_plans
from xinfeng.consent import reads as consent
from xinfeng.consent.effect import Idle, Why, idle_grants
from xinfeng.consent.purposes import names as purpose_names
from xinfeng.consent.reads import EntryRow
from xinfeng.console.actors import actor_words
from xinfeng.console.components import TimelineItem
from xinfeng.console.components.parts import Tone
from xinfeng.console.contacts.labels import (
    EVENTS,
    NUMBER_SOURCES,
    NUMBER_STATES,
    SUPPRESSIONS,
    TIER_CAUSES,
    TIERS,
    evidence_words,
    reason_words,
    source_words,
)
from xinfeng.console.states import state_of
from xinfeng.console.templatetags.xinfeng_format import yuan
from xinfeng.contacts import reads as contacts
from xinfeng.contacts import tiers
from xinfeng.contacts.members import members
from xinfeng.contacts.reads import TimelineItem as Happening
from xinfeng.contacts.tiers import TierChange
from xinfeng.delivery import reads as delivery
from xinfeng.delivery.reads import MessageHistory
from xinfeng.hygiene.reads import Lesson
from xinfeng.hygiene.reads import history_of as lessons_of

PER_PAGE = 20

_MESSAGE_LOOK: dict[str, tuple[str, Tone]] = {
    "delivered": ("circle-check", "good"),
    "failed": ("circle-x", "bad"),
    "uncertain": ("question-mark", "warn"),
    "withheld": ("ban", "neutral"),
}


def timeline(
    contact_id: int, *, before: datetime | None, limit: int = PER_PAGE
) -> tuple[list[TimelineItem], datetime | None]:
    """The latest things before `before`, and where the next page begins (None: nothing older)."""
    purposes = purpose_names(english=(get_language() or "").startswith("en"))
    items = [_happened(one) for one in contacts.timeline(contact_id, before, limit + 1)]
    items += [_moved(one) for one in tiers.history(contact_id) if before is None or one.at < before]
    items += [_learned(one) for one in lessons_of(contact_id) if before is None or one.at < before]
    entries = [one for one in consent.entries_of(contact_id, limit=200) if before is None or one.at < before]
    without_effect = idle_grants(contact_id, entries)
    items += [_consented(one, purposes, without_effect.get(one.seq)) for one in entries]
    histories = messages_to(members(contact_id), before=before, limit=limit + 1)
    names = names_of_plans([one.plan_id for one in histories])
    for one in histories:
        items += _written(one, names.get(one.plan_id), before)
    items.sort(key=lambda item: item.at, reverse=True)
    if len(items) <= limit:
        return items, None
    last = items[limit - 1].at
    shown = [item for item in items if item.at >= last]
    return shown, last if len(shown) < len(items) else None


def messages_to(
    contact_ids: Sequence[int], *, before: datetime | None = None, limit: int
) -> list[MessageHistory]:
    """The latest messages to a person, under whichever of her ids."""
    found = [
        one
        for contact_id in contact_ids
        for one in delivery.messages_to(contact_id, before=before, limit=limit)
    ]
    found.sort(key=lambda one: one.planned_at, reverse=True)
    return found[:limit]


def _happened(one: Happening) -> TimelineItem:
    if one.what == "tag":
        title = _("加上标签“%(tag)s”") if one.added else _("去掉标签“%(tag)s”")
        said = " · ".join(part for part in (actor_words(one.actor), reason_words(one.reason)) if part)
        return TimelineItem(one.at, title % {"tag": one.tag}, said, "tag")
    label, icon = EVENTS.get(one.kind, EVENTS[99])
    title = f"{label} {yuan(one.amount_fen)}" if one.amount_fen is not None else str(label)
    said = " · ".join(part for part in (one.item, one.category, source_words(one.source)) if part)
    return TimelineItem(one.at, title, said, icon, "accent" if one.kind == 1 else "neutral")


def _moved(one: TierChange) -> TimelineItem:
    title = _("分层：%(before)s → %(after)s") % {"before": TIERS[one.before][0], "after": TIERS[one.tier][0]}
    return TimelineItem(one.at, title, TIER_CAUSES.get(one.cause, one.cause), "stairs-up", TIERS[one.tier][1])


def _learned(one: Lesson) -> TimelineItem:
    title = _("号码：%(state)s") % {"state": NUMBER_STATES[one.state][0]}
    source = str(NUMBER_SOURCES.get(one.source, one.source))
    said = " · ".join(part for part in (source, actor_words(one.provider), one.code, one.detail) if part)
    return TimelineItem(one.at, title, said, "device-mobile-check", "bad" if one.quarantined else "neutral")


def _consented(one: EntryRow, named: dict[str, str], idle: Idle | None) -> TimelineItem:
    purpose = {"purpose": named.get(one.purpose, one.purpose)}
    parts = [source_words(one.source), one.notice, evidence_words(one.evidence), f"#{one.seq}"]
    if idle is not None:
        title = _("同意没有生效：%(purpose)s") % purpose
        parts.insert(0, _why_idle(idle))
    elif one.granted:
        title = _("同意：%(purpose)s") % purpose
    else:
        title = _("拒绝或撤回：%(purpose)s") % purpose
    said = " · ".join(part for part in parts if part)
    icon, tone = _CONSENT_LOOK[None if idle is not None else one.granted]
    return TimelineItem(one.at, title, said, icon, tone)


_CONSENT_LOOK: dict[bool | None, tuple[str, Tone]] = {
    True: ("shield-check", "good"),
    False: ("shield-x", "bad"),
    None: ("shield-lock", "warn"),
}


def _why_idle(idle: Idle) -> str:
    if idle.why is Why.SUPPRESSED:
        reason = SUPPRESSIONS.get(idle.suppression, idle.suppression)
        return _("登记时号码正被屏蔽（%(reason)s）") % {"reason": reason}
    if idle.why is Why.FROM_FILE:
        return _("本人拒绝过，文件里的同意不能改变")
    return _("本人在这之后拒绝过，以拒绝为准")


def _written(
    one: MessageHistory, campaign: tuple[int, str] | None, before: datetime | None
) -> list[TimelineItem]:
    words, _tone = state_of("message", one.state)
    icon, tone = _MESSAGE_LOOK.get(one.state, ("send", "info"))
    name, url = "", ""
    if campaign is not None:
        name = campaign[1]
        url = f"{reverse('campaigns.explain', args=[campaign[0]])}?contact={one.contact_id}"
    said = " · ".join(part for part in (name, one.code) if part)
    title = _("短信%(state)s") % {"state": words}
    items = [TimelineItem(one.planned_at, title, said, icon, tone, url)]
    for reply in one.replies:
        if before is None or reply.at < before:
            opted_out = reply.meaning == "opt_out"
            title = _("回复退订") if opted_out else _("回复了短信")
            items.append(TimelineItem(reply.at, title, name, "message-reply", "bad" if opted_out else "info"))
    return items
