"""The sending log of a period, row by row: everything that is recorded about each message. Streams by blocks.

What the law wants kept: time sent and received, sender and recipient number, content, and on which consent
(通信短信息服务管理规定, Order 74; compliance notes 1.1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Channel
from xinfeng.consent.bundle.form import spell_time
from xinfeng.content.models import TemplateVersion
from xinfeng.delivery.history import AttemptFact, ReceiptFact, state_of
from xinfeng.delivery.models import Outcome, Plan
from xinfeng.delivery.outcomes import MessageState
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import Kind, vault
from xinfeng.inspection.models import Numbers
from xinfeng.inspection.period import Scope
from xinfeng.kernel.phones import mask

COLUMNS = (
    "message", "planned_at", "contact", "number", "signature", "content", "purpose", "campaign", "campaign_name",
    "approved_by", "approved_at", "channel", "consent_entry", "consent_at", "consent_source", "parts", "state",
    "code", "withheld", "first_sent_at", "attempts", "receipts",
)  # fmt: skip
"""Of a row. `attempts` and `receipts` are lists: part, time, outcome or status, the carrier's code and id in hex."""

_AT_ONCE = 5_000

_MOST_KNOWN = 10_000

_MESSAGES = """\
select id, planned_at, plan_id, contact_id, variant, consent_seq, parts, {body} from message
where planned_at >= %(since)s and planned_at < %(until)s{plans} order by planned_at, id"""
_ATTEMPTS = """\
select message_id, part, channel_id, outcome, code, sent_at, at, carrier_id from attempt
where message_id = any(%(ids)s) and at >= %(from)s order by at, part"""
_RECEIPTS = """\
select message_id, part, stat, received_at, done_at from receipt
where message_id = any(%(ids)s) and received_at >= %(from)s
union all
select f.message_id, f.part, f.stat, r.received_at, r.done_at from receipt_match f
join receipt r on r.id = f.receipt_id and r.received_at >= %(from)s
where f.message_id = any(%(ids)s) and f.at >= %(from)s order by 4, 2"""
_WITHHELD = "select message_id, reason from withheld where message_id = any(%(ids)s) and at >= %(from)s"
_PEOPLE = "select id, phone_sealed, phone_index from contact where id = any(%(contacts)s) and phone_sealed is not null"
_ENTRIES = "select seq, at, source from consent_entry where seq = any(%(seqs)s)"


@dataclass(frozen=True, slots=True)
class _PlanFacts:
    purpose: str
    channel: str
    campaign: int | None
    campaign_name: str
    signature: str
    wording: str
    approved_by: str
    approved_at: datetime | None


def rows(connection: Connection, asked: Scope, numbers: Numbers) -> Iterator[dict[str, Any]]:
    """Every message of the period by time, as COLUMNS says. `numbers`: how numbers and texts are written; without
    CLEAR the content is the wording that was approved, its variables by name. Inside a transaction."""
    plans: dict[int, _PlanFacts] = {}
    states = _States()
    channels = {one.pk: one.name for one in Channel.objects.all()}
    ids = asked.plan_ids()
    statement = _MESSAGES.format(
        body="body_sealed" if numbers is Numbers.CLEAR else "null::bytea",
        plans="" if ids is None else " and plan_id = any(%(plans)s)",
    )
    params = {"since": asked.since, "until": asked.until, "plans": ids}
    with connection.cursor(name="sending_log") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(statement, params)
        while block := cursor.fetchmany(_AT_ONCE):
            missing = {row[2] for row in block} - plans.keys()
            if missing:
                plans.update(_plans(missing, channels))
            yield from _block(connection, block, plans, channels, numbers, states)


def _block(
    connection: Connection,
    block: Sequence[tuple[Any, ...]],
    plans: dict[int, _PlanFacts],
    channels: dict[int, str],
    numbers: Numbers,
    states: _States,
) -> Iterator[dict[str, Any]]:
    params = {
        "ids": [row[0] for row in block],
        "from": min(row[1] for row in block),
        "contacts": list({row[3] for row in block}),
        "seqs": list({row[5] for row in block}),
    }
    attempts: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in connection.execute(_ATTEMPTS, params).fetchall():
        attempts[row[0]].append(row[1:])
    receipts: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in connection.execute(_RECEIPTS, params).fetchall():
        receipts[row[0]].append(row[1:])
    withheld: dict[int, str] = {row[0]: row[1] for row in connection.execute(_WITHHELD, params).fetchall()}
    entries = {row[0]: row[1:] for row in connection.execute(_ENTRIES, params).fetchall()}
    people = _people(connection, params, numbers)
    bodies = iter(_bodies(block)) if numbers is Numbers.CLEAR else None
    for message, planned_at, plan_id, contact, _, seq, parts, _body in block:
        plan = plans[plan_id]
        tried, reported = attempts[message], receipts[message]
        state, code = states.of(parts, tried, reported, withheld.get(message, ""))
        consent_at, source = entries.get(seq, (None, ""))
        yield {
            "message": message,
            "planned_at": spell_time(planned_at),
            "contact": contact,
            "number": people.get(contact, ""),
            "signature": plan.signature,
            "content": next(bodies) if bodies is not None else plan.wording,
            "purpose": plan.purpose,
            "campaign": plan.campaign,
            "campaign_name": plan.campaign_name,
            "approved_by": plan.approved_by,
            "approved_at": _time(plan.approved_at),
            "channel": plan.channel,
            "consent_entry": seq,
            "consent_at": _time(consent_at),
            "consent_source": source,
            "parts": parts,
            "state": state.value,
            "code": code,
            "withheld": withheld.get(message, ""),
            "first_sent_at": _time(min((one[4] for one in tried), default=None)),
            "attempts": [_attempt(one, channels) for one in tried],
            "receipts": [
                {"part": part, "status": stat, "received_at": spell_time(at), "done_at": _time(done)}
                for part, stat, at, done in reported
            ],
        }


class _States:
    """`delivery.history.state_of`, asked once for all messages that fared alike; most did."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[MessageState, str]] = {}

    def of(
        self, parts: int, tried: Sequence[tuple[Any, ...]], reported: Sequence[tuple[Any, ...]], withheld: str
    ) -> tuple[MessageState, str]:
        fared = (
            parts,
            withheld,
            tuple([(part, outcome, code) for part, _, outcome, code, *_ in tried]),
            tuple([one[:2] for one in reported]),
        )
        known = self._known.get(fared)
        if known is None:
            attempts = [AttemptFact(*one[:6]) for one in tried]
            receipts = [ReceiptFact(*one) for one in reported]
            known = state_of(parts, attempts, receipts, withheld_reason=withheld)
            if len(self._known) < _MOST_KNOWN:
                self._known[fared] = known
        return known


def _attempt(one: tuple[Any, ...], channels: dict[int, str]) -> dict[str, Any]:
    part, channel, outcome, code, sent_at, _, carrier_id = one
    return {
        "part": part,
        "channel": channels.get(channel, str(channel)),
        "outcome": Outcome(outcome).name.lower(),
        "code": code,
        "sent_at": spell_time(sent_at),
        "carrier_id": bytes(carrier_id).hex() if carrier_id is not None else "",
    }


def _people(connection: Connection, params: dict[str, Any], numbers: Numbers) -> dict[int, str]:
    found = connection.execute(_PEOPLE, params).fetchall()
    if numbers is Numbers.HASH:
        return {contact: bytes(index).hex() for contact, _, index in found if index is not None}
    opened = vault().open_many(Kind.PHONE, [bytes(sealed) for _, sealed, _ in found])
    shown = opened if numbers is Numbers.CLEAR else [mask(number) for number in opened]
    return {row[0]: number for row, number in zip(found, shown, strict=True)}


def _bodies(block: Sequence[tuple[Any, ...]]) -> list[str]:
    """Texts in the clear; one that an erasure has emptied is empty."""
    present = [bytes(row[7]) for row in block if row[7]]
    opened = iter(vault().open_many(Kind.BODY, present))
    return [next(opened) if row[7] else "" for row in block]


def _plans(ids: set[int], channels: dict[int, str]) -> dict[int, _PlanFacts]:
    plans = Plan.objects.in_bulk(ids)
    campaigns = Campaign.objects.filter(plan_id__in=ids).select_related(
        "approver", "template_version__signature"
    )
    by_plan = {one.plan_id: one for one in campaigns}
    found: dict[int, _PlanFacts] = {}
    for plan_id in ids:
        plan, campaign = plans.get(plan_id), by_plan.get(plan_id)
        version = campaign.template_version if campaign else None
        found[plan_id] = _PlanFacts(
            plan.purpose if plan else "",
            channels.get(plan.channel_id, str(plan.channel_id)) if plan else "",
            campaign.pk if campaign else None,
            campaign.name if campaign else "",
            version.signature.text if version else "",
            wording(version) if version else "",
            campaign.approver.get_username() if campaign and campaign.approver else "",
            campaign.approved_at if campaign else None,
        )
    return found


def wording(version: TemplateVersion) -> str:
    """The text as it was approved, variables by their names."""
    pieces = (version.value, version.action, version.opt_out)
    return f"【{version.signature.text}】" + "，".join(one for one in pieces if one)


def _time(at: datetime | None) -> str:
    return spell_time(at) if at is not None else ""
