"""Messages drawn at random, each with everything that made it lawful. The same seed draws the same messages again.

The order is that of a mixing function of the message's number and the seed (multiplication modulo a prime), so
anybody can repeat the draw by hand; it knows nothing about what a message came to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.campaigns.models import Campaign
from xinfeng.consent.models import ConsentEntry, Notice
from xinfeng.contacts.models import Contact
from xinfeng.delivery import reads as delivery
from xinfeng.delivery.models import Plan
from xinfeng.foundation.vault import Kind, vault
from xinfeng.inspection.period import Scope
from xinfeng.inspection.volume import fresh, messages
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import mask

PRIME = 2_147_483_647
"""2³¹ - 1; products stay below 2⁶³."""
FACTOR = 1_103_515_245
MOST = 100


@dataclass(frozen=True, slots=True)
class Sampled:
    """One message and what it rests on. `phone` is masked; texts stay sealed. `gaps` are what is missing, as codes:
    `entry`, `notice`, `proof`, `approval`, `self_approval`, `window`."""

    message_id: int
    contact_id: int
    phone: str
    planned_at: datetime
    purpose: str
    campaign_id: int | None
    campaign: str
    consent_seq: int
    consent_at: datetime | None
    consent_source: str
    consent_evidence: str
    notice: str
    notice_id: int | None
    approved_by: str
    approved_at: datetime | None
    author: str
    filing: str
    windows: tuple[tuple[datetime, datetime], ...]
    state: str
    code: str
    first_sent_at: datetime | None
    gaps: tuple[str, ...]


def sample(asked: Scope, *, count: int, seed: str) -> list[Sampled]:
    """`count` messages of the period. Raises InvalidInput `inspection.sample` (at_most)."""
    if not 1 <= count <= MOST:
        raise InvalidInput("inspection.sample", at_most=MOST)
    copy = fresh()
    rows = messages(copy, asked).select("id")
    place = ((rows["id"] % PRIME + number_of(seed)) % PRIME * FACTOR) % PRIME
    drawn = rows.mutate(place=place).order_by(["place", "id"]).limit(count)
    ids = [row["id"] for row in copy.rows(drawn).to_pylist()]
    return chains(ids)


def number_of(seed: str) -> int:
    """What a seed, any text, stands for: the first 31 bits of its SHA-256, below the prime."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") % PRIME


def chains(ids: Sequence[int]) -> list[Sampled]:
    """The whole chain of each message, in the order given; those no longer kept are left out."""
    found = {one.id: one for one in delivery.messages_by_id(ids)}
    histories = [found[one] for one in ids if one in found]
    plans = Plan.objects.in_bulk({one.plan_id for one in histories})
    campaigns = {
        one.plan_id: one
        for one in Campaign.objects.filter(plan_id__in=plans).select_related("author", "approver")
    }
    entries = {
        one.seq: one for one in ConsentEntry.objects.filter(seq__in={one.consent_seq for one in histories})
    }
    notices = Notice.objects.in_bulk({one.notice_id for one in entries.values() if one.notice_id is not None})
    phones = _phones([one.contact_id for one in histories])
    return [
        _chain(
            one, plans[one.plan_id], campaigns.get(one.plan_id), entries.get(one.consent_seq), notices, phones
        )
        for one in histories
        if one.plan_id in plans
    ]


def _chain(
    one: delivery.MessageHistory,
    plan: Plan,
    campaign: Campaign | None,
    entry: ConsentEntry | None,
    notices: dict[int, Notice],
    phones: dict[int, str],
) -> Sampled:
    entry = entry if entry is not None and entry.granted and entry.contact_id == one.contact_id else None
    notice = notices.get(entry.notice_id) if entry is not None and entry.notice_id is not None else None
    windows = tuple(
        (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in plan.windows
    )
    sent = [attempt.sent_at for attempt in one.attempts]
    return Sampled(
        message_id=one.id,
        contact_id=one.contact_id,
        phone=phones.get(one.contact_id, ""),
        planned_at=one.planned_at,
        purpose=plan.purpose,
        campaign_id=campaign.pk if campaign else None,
        campaign=campaign.name if campaign else "",
        consent_seq=one.consent_seq,
        consent_at=entry.at if entry else None,
        consent_source=entry.source if entry else "",
        consent_evidence=entry.evidence if entry else "",
        notice=f"{notice.key} {notice.version}" if notice else "",
        notice_id=notice.pk if notice else None,
        approved_by=campaign.approver.get_username() if campaign and campaign.approver else "",
        approved_at=campaign.approved_at if campaign else None,
        author=campaign.author.get_username() if campaign and campaign.author else "",
        filing=filing_of(plan),
        windows=windows,
        state=one.state.value,
        code=one.code,
        first_sent_at=min(sent) if sent else None,
        gaps=tuple(_gaps(plan, campaign, entry, sent, windows)),
    )


def _gaps(
    plan: Plan,
    campaign: Campaign | None,
    entry: ConsentEntry | None,
    sent: Sequence[datetime],
    windows: Sequence[tuple[datetime, datetime]],
) -> list[str]:
    gaps = []
    if entry is None:
        gaps.append("entry")
    elif not entry.evidence:
        gaps.append("proof")
    if campaign is not None and campaign.approved_at is None:
        gaps.append("approval")
    elif (
        campaign is not None and campaign.author_id is not None and campaign.author_id == campaign.approver_id
    ):
        gaps.append("self_approval")
    if windows and any(not any(start <= at <= end for start, end in windows) for at in sent):
        gaps.append("window")
    return gaps


def filing_of(plan: Plan) -> str:
    """The numbers of the filings the plan relied on, as its frozen rules name them."""
    relied = plan.policy.get("filing") if isinstance(plan.policy, dict) else None
    found: list[str] = []
    _collect(relied, found)
    return "、".join(dict.fromkeys(found))


def _collect(value: object, found: list[str]) -> None:
    if isinstance(value, dict):
        number = value.get("number")
        if isinstance(number, str) and number:
            found.append(number)
        for inner in value.values():
            _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)


def _phones(contact_ids: Sequence[int]) -> dict[int, str]:
    rows = Contact.objects.filter(pk__in=contact_ids, phone_sealed__isnull=False).values_list(
        "pk", "phone_sealed"
    )
    pairs = [(pk, bytes(sealed)) for pk, sealed in rows if sealed is not None]
    numbers = vault().open_many(Kind.PHONE, [sealed for _, sealed in pairs])
    return {pk: mask(number) for (pk, _), number in zip(pairs, numbers, strict=True)}
