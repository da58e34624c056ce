"""The proof of a campaign: everybody it was planned for, with the entry of the ledger that each message relied on.

Drawn up by a job (`campaigns.draw_up_proof`), streamed: a million recipients need no more memory than ten. What the
sender must be able to hand over to the carrier or the authority: 通信短信息服务管理规定 (2026), Art 21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction

from xinfeng.campaigns.models import Campaign
from xinfeng.consent import bundles, proof_files
from xinfeng.consent.bundle.form import BundleEntry, spell_time
from xinfeng.consent.bundle.writing import Written
from xinfeng.consent.models import ProofFile
from xinfeng.delivery.models import Plan
from xinfeng.foundation.database import Connection, bulk_transaction, connect
from xinfeng.foundation.jobs import app
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.kernel.phones import mask

KIND = "campaign"
_AT_ONCE = 2_000

_RELIED_ON = f"""\
select {bundles.COLUMNS} from consent_entry e
join (
  select distinct consent_seq from message
  where planned_at = %(planned_at)s and plan_id = %(plan)s and id between %(first)s and %(last)s
) m on m.consent_seq = e.seq
where e.seq <= %(head)s order by e.seq"""  # noqa: S608

_RECIPIENTS = """\
select m.id, m.contact_id, m.consent_seq, c.phone_sealed, w.reason
from message m
left join contact c on c.id = m.contact_id
left join withheld w on w.message_id = m.id and w.at >= %(planned_at)s
where m.planned_at = %(planned_at)s and m.plan_id = %(plan)s and m.id between %(first)s and %(last)s
order by m.id"""

_SUPPRESSED_SINCE = """\
select s.scope, s.reason, count(*) from message m
join contact c on c.id = m.contact_id join suppression s on s.phone_index = c.phone_index and s.lifted_at is null
where m.planned_at = %(planned_at)s and m.plan_id = %(plan)s and m.id between %(first)s and %(last)s
group by 1, 2 order by 1, 2"""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the statements ask about."""

    campaign: Campaign
    plan: Plan
    params: Mapping[str, Any]
    reveal: bool


def request_proof(campaign_id: int, *, reason: str, reveal: bool, actor: str, now: datetime) -> ProofFile:
    """Ask for a campaign's proof; a worker draws it up. `reveal`: with numbers in the clear; the door has checked.

    Raises NotFound `campaign.unknown`, Conflict `campaign.not_planned`, `proof.under_way`, InvalidInput
    `proof.no_reason`.
    """
    ground = _ground(campaign_id, reveal=reveal)
    with transaction.atomic():
        proof = proof_files.request(
            kind=KIND,
            subject_id=campaign_id,
            rows=2 * ground.plan.messages,
            reason=reason,
            reveal=reveal,
            actor=actor,
            now=now,
        )
        transaction.on_commit(partial(_enqueue, proof.pk))
    return proof


def _enqueue(proof_id: int) -> None:
    app.configure_task("campaigns.draw_up_proof", queueing_lock=f"campaigns.proof/{proof_id}").defer(
        proof_id=proof_id
    )


def draw_up_proof(proof_id: int, *, now: datetime) -> ProofFile:
    """The job's work: write the bundle that was asked for, and say how far it is on the way."""

    def draw_up(proof: ProofFile, target: Path) -> Written:
        ground = _ground(proof.subject_id, reveal=proof.revealed)
        with connect(autocommit=True) as aside:

            def tell(done: int) -> None:
                aside.execute("update proof_file set rows_done = %s where id = %s", (done, proof_id))

            return campaign_bundle(
                ground.campaign.pk,
                target=target,
                reason=proof.reason,
                reveal=proof.revealed,
                actor=proof.requested_by,
                now=now,
                progress=tell,
            )

    return proof_files.write(proof_id, draw_up, now=now)


def campaign_bundle(
    campaign_id: int,
    *,
    target: Path,
    reason: str,
    reveal: bool,
    actor: str,
    now: datetime,
    progress: Any = None,
) -> Written:
    """Write the bundle of a planned campaign to `target`. Whoever calls has audited it (`proof_files.request`)."""
    reason = bundles.check_reason(reason)
    ground = _ground(campaign_id, reveal=reveal)
    with bulk_transaction() as connection:
        head = bundles.ledger_head()
        params = {**ground.params, "head": head[0]}

        def entries() -> Iterator[BundleEntry]:
            return bundles.stream_entries(connection, _RELIED_ON, params)

        source = bundles.Source(
            KIND,
            _subject(ground),
            head,
            entries,
            lambda: _suppressed_since(connection, ground),
            lambda: _recipients(connection, ground),
        )
        return bundles.write_bundle(
            source, target=target, reason=reason, actor=actor, now=now, progress=progress
        )


def _ground(campaign_id: int, *, reveal: bool) -> _Ground:
    campaign = Campaign.objects.select_related("plan").filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("campaign.unknown", campaign=campaign_id)
    plan = campaign.plan
    if plan is None or plan.planned_at is None:
        raise Conflict("proof.not_planned", campaign_id=campaign_id)
    params = {
        "plan": plan.pk,
        "planned_at": plan.planned_at,
        "first": plan.first_message_id or 0,
        "last": plan.last_message_id or 0,
    }
    return _Ground(campaign, plan, params, reveal)


def _subject(ground: _Ground) -> dict[str, Any]:
    plan = ground.plan
    assert plan.planned_at is not None
    return {
        "campaign": ground.campaign.pk,
        "name": ground.campaign.name,
        "plan": plan.pk,
        "planned_at": spell_time(plan.planned_at),
        "purpose": plan.purpose,
    }


def _recipients(connection: Connection, ground: _Ground) -> Iterator[bytes]:
    assert ground.plan.planned_at is not None
    planned_at, purpose = spell_time(ground.plan.planned_at), ground.plan.purpose
    with connection.cursor(name="proof_recipients") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_RECIPIENTS, ground.params)
        while rows := cursor.fetchmany(_AT_ONCE):
            numbers = iter(
                vault().open_many(Kind.PHONE, [bytes(row[3]) for row in rows if row[3] is not None])
            )
            for message, contact, entry, sealed, withheld in rows:
                number = "" if sealed is None else next(numbers)
                shown = number if ground.reveal else mask(number) if number else ""
                yield (
                    f"{message},{contact},{shown},{planned_at},{purpose},{entry},{withheld or ''}\n".encode()
                )


def _suppressed_since(connection: Connection, ground: _Ground) -> Iterator[Mapping[str, Any]]:
    """How many of the recipients may no longer be written to; who they are is not the matter of this proof."""
    for scope, reason, count in connection.execute(_SUPPRESSED_SINCE, ground.params).fetchall():
        yield {"scope": scope, "reason": reason, "recipients": count}
