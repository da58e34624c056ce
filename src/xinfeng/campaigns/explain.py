"""Why a contact did or did not get a campaign: one answer, from what was frozen when the plan was made.

For a planned campaign everything comes from PostgreSQL's facts: the message with its consent entry, attempts and
receipts, or the one reason of the gate that refused. For one that is not planned yet, the same expression that
will plan it is asked about this one contact, now.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from xinfeng.campaigns import audience, wording
from xinfeng.campaigns.allocation import yielded_in_plan
from xinfeng.campaigns.cards import carries_cards
from xinfeng.campaigns.explanation import ApprovalFacts, Explanation, PlanFacts, Verdict
from xinfeng.campaigns.models import Campaign, CampaignState, CampaignStep
from xinfeng.campaigns.route_words import Moved, RouteFacts, carriers_possible
from xinfeng.campaigns.survey import refused_among
from xinfeng.campaigns.wording_words import TextFacts
from xinfeng.channels.models import Channel
from xinfeng.consent.reads import entries_of
from xinfeng.contacts.members import members
from xinfeng.contacts.models import Contact
from xinfeng.delivery import reads as delivery
from xinfeng.delivery.failover import moves_of
from xinfeng.delivery.outcomes import MessageState as State
from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene.reads import number_of
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask, parse_mainland
from xinfeng.policy.gates import Verdict as GateVerdict
from xinfeng.policy.moments import reading_moment
from xinfeng.policy.reasons import NO_ROUTE, SIGNATURE_NOT_FILED, SLOT_RESERVED, TEXT_BLOCKED
from xinfeng.segments import reads as segments
from xinfeng.segments.reading import in_words


def explain(
    campaign_id: int, *, now: datetime, phone: str | None = None, contact_id: int | None = None
) -> Explanation:
    """Explain one contact and one campaign; the contact by number as typed, or by id.

    After a merge any number and any row of hers leads to what became of the person; of several messages planned
    for her, the one to the row that was asked about. `contact_id` and `phone` are then that row's.

    Raises NotFound (`campaign.unknown`, `contact.unknown`), InvalidInput (`phone.…`, `campaign.incomplete`).
    """
    campaign = (
        Campaign.objects.select_related("segment", "plan", "approver", "channel", "route")
        .select_related("template_version__signature", "template_version__template")
        .filter(pk=campaign_id)
        .first()
    )
    if campaign is None:
        raise NotFound("campaign.unknown", campaign=campaign_id)
    contact = _contact(phone, contact_id)
    if campaign.plan is None:
        return _foresee(campaign, _speaker(contact), now)
    return _look_back(campaign, contact)


def _look_back(campaign: Campaign, asked: Contact) -> Explanation:
    plan = campaign.plan
    assert plan is not None
    assert plan.planned_at is not None
    contact, message, left_out = _in_plan(asked, plan.pk)
    decided_at, reason = plan.planned_at, ""
    if message is not None:
        verdict = _VERDICTS.get(message.state, Verdict.SENT)
        reason = message.withheld_reason
    elif left_out is not None:
        verdict, (reason, decided_at) = Verdict.LEFT_OUT, left_out
    else:
        verdict = Verdict.NOT_IN_AUDIENCE
    facts = PlanFacts(
        plan.pk,
        plan.planned_at,
        tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in plan.windows),
        plan.deadline,
        plan.policy,
    )
    seq = message.consent_seq if message is not None else None
    text = wording.text_kept(plan, contact.pk if reason == TEXT_BLOCKED else None)
    left_by_route = left_out is not None and reason in (NO_ROUTE, SIGNATURE_NOT_FILED)
    return _explanation(
        campaign,
        contact,
        verdict,
        reason,
        decided_at,
        plan=facts,
        message=message,
        seq=seq,
        text=text,
        fault=campaign.fault if campaign.state == CampaignState.FAILED else None,
        route=_route_then(facts, contact, message, left_by_route=left_by_route),
    )


def _route_then(
    plan: PlanFacts, contact: Contact, message: delivery.MessageHistory | None, *, left_by_route: bool
) -> RouteFacts | None:
    """How the plan's route stood for her. Whose network her number was on then is read off the channel that was chosen;
    where several carriers share it, what is known now decides among them."""
    kept = plan.policy.get("route")
    if not kept or (message is None and not left_by_route):
        return None
    moves: list[Moved] = []
    first = None
    if message is not None:
        left_at = max((one.sent_at for one in message.attempts), default=None)
        first, found = moves_of(message.plan_id, message.id, before=left_at)
        moves = [Moved(one.from_id, one.to_id, one.reason) for one in found]
    possible = carriers_possible(kept, first_channel=first)
    now = number_of(contact.pk).carrier(contact.carrier)
    carrier = now if now in possible else (possible[0] if len(possible) == 1 else None)
    return RouteFacts(kept, carrier, tuple(moves))


def _in_plan(
    asked: Contact, plan_id: int
) -> tuple[Contact, delivery.MessageHistory | None, tuple[str, datetime] | None]:
    """Which of a person's rows the plan knew, and its message or the reason it was left out; first the row that was
    asked about. Nobody rewrites a plan when people are merged."""
    speaker = _speaker(asked)
    others = Contact.objects.in_bulk([one for one in members(speaker.pk) if one != asked.pk])
    rows = [asked, *sorted(others.values(), key=lambda one: (one.pk != speaker.pk, one.pk))]
    for known in ([asked], rows):
        for row in known:
            if (message := delivery.message_to(row.pk, plan_id)) is not None:
                return row, message, None
        for row in known:
            if (left_out := delivery.left_out_reason(row.pk, plan_id)) is not None:
                return row, None, left_out
    return speaker, None, None


_VERDICTS = {State.PLANNED: Verdict.WAITING, State.WITHHELD: Verdict.WITHHELD}


def _foresee(campaign: Campaign, contact: Contact, now: datetime) -> Explanation:
    ground = audience.ground(campaign, now=now)
    found = audience.judgement_on(ground, contact.pk)
    rule = ""
    if found is None:
        verdict, reason = Verdict.WOULD_NOT_BE_IN_AUDIENCE, ""
    else:
        reason = found.reason or ""
        if not reason and (rule := _own_text_refused(campaign, contact, now)):
            reason = TEXT_BLOCKED
        verdict = Verdict.WOULD_BE_LEFT_OUT if reason else Verdict.WOULD_BE_SENT
    gates = found.verdicts if found is not None else ()
    text = wording.text_now(campaign, rule, at=now)
    route = None
    if ground.way is not None and found is not None:
        route = RouteFacts(ground.way.to_json(), number_of(contact.pk).carrier(contact.carrier))
    return _explanation(
        campaign,
        contact,
        verdict,
        reason,
        now,
        plan=None,
        message=None,
        seq=None,
        gates=gates,
        text=text,
        route=route,
        fault=campaign.fault if campaign.state == CampaignState.FAILED else None,
    )


def _own_text_refused(campaign: Campaign, contact: Contact, now: datetime) -> str:
    """The rule that objects to her own text now; empty: none does, or there is no text yet."""
    if campaign.template_version is None:
        return ""
    text = wording.wording_of(campaign, at=now)
    refused = refused_among(
        text.version,
        [contact.pk],
        gate=text.gate,
        moment=reading_moment(now),
        cards=carries_cards(campaign.channel),
    )
    return refused.get(contact.pk, "")


def _explanation(
    campaign: Campaign,
    contact: Contact,
    verdict: Verdict,
    reason: str,
    decided_at: datetime,
    *,
    plan: PlanFacts | None,
    message: delivery.MessageHistory | None,
    seq: int | None,
    gates: tuple[GateVerdict, ...] = (),
    text: TextFacts | None = None,
    route: RouteFacts | None = None,
    fault: dict[str, Any] | None = None,
) -> Explanation:
    speaker_id = contact.merged_into or contact.pk
    entries = [entry for entry in entries_of(speaker_id) if entry.purpose == campaign.purpose]
    if seq is not None:
        before = [entry for entry in entries_of(speaker_id, before_seq=seq + 1, limit=1) if entry.seq == seq]
        since = [entry for entry in entries if entry.seq > seq]
    else:
        before = [entry for entry in entries if entry.recorded_at <= decided_at]
        since = [entry for entry in entries if entry.recorded_at > decided_at]
    return Explanation(
        campaign_id=campaign.pk,
        campaign=campaign.name,
        campaign_state=campaign.state,
        purpose=campaign.purpose,
        contact_id=contact.pk,
        phone=_masked(contact),
        verdict=verdict,
        reason=reason,
        decided_at=decided_at,
        rule=_rule(campaign),
        consent=before[0] if before else None,
        consent_since=tuple(reversed(since)),
        plan=plan,
        approval=_approval(campaign),
        message=message,
        gates=gates,
        left_to=tuple(yielded_in_plan(plan.id, contact.pk))
        if plan is not None and reason == SLOT_RESERVED
        else (),
        text=text,
        route=route,
        fault=fault,
        channels=_channel_names(message),
    )


def _channel_names(message: delivery.MessageHistory | None) -> dict[int, str]:
    ids = {one.channel_id for one in message.attempts} if message is not None else set()
    return dict(Channel.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _contact(phone: str | None, contact_id: int | None) -> Contact:
    if (phone is None) == (contact_id is None):
        raise InvalidInput("explain.phone_or_contact")
    if phone is not None:
        found = Contact.objects.filter(phone_index=vault().phone_index(parse_mainland(phone))).first()
    else:
        assert contact_id is not None
        found = Contact.objects.filter(pk=contact_id).first()
    if found is None:
        raise NotFound("contact.unknown")
    return found


def _speaker(contact: Contact) -> Contact:
    """Who speaks for this row now."""
    return contact if contact.merged_into is None else Contact.objects.get(pk=contact.merged_into)


def _masked(contact: Contact) -> str:
    sealed = contact.phone_sealed
    return mask(vault().open(Kind.PHONE, bytes(sealed))) if sealed is not None else ""


def _rule(campaign: Campaign) -> dict[str, str]:
    segment = campaign.segment
    if segment is None or segment.rule is None:
        return {}
    rule = segments.parse_rule(segment.rule)
    planned = Campaign.objects.filter(plan__isnull=False).values_list("plan_id", "name")
    names = segments.names_for(rule, {plan_id: name for plan_id, name in planned if plan_id is not None})
    return {language: in_words(rule, language, names) for language in ("zh", "en")}


def _approval(campaign: Campaign) -> ApprovalFacts | None:
    if campaign.approver is None or campaign.approved_at is None:
        return None
    step = CampaignStep.objects.filter(campaign=campaign, action="approve").order_by("-id").first()
    return ApprovalFacts(
        campaign.approver.username, campaign.approved_at, bool(step and step.detail.get("alone"))
    )
