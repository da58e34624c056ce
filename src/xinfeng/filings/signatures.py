"""Filings of signatures: signature × carrier × channel, what people do with them, and the matrix of where each stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from xinfeng.channels.models import Channel
from xinfeng.content.models import Signature
from xinfeng.filings import steps
from xinfeng.filings.accounts import same_account
from xinfeng.filings.days import business_day_of
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.models import Basis, FilingState, Qualification, SignatureFiling, Subject
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.phones import Carrier

CARRIERS = (Carrier.MOBILE, Carrier.UNICOM, Carrier.TELECOM, Carrier.BROADNET)
LONGEST_PORT = 21
LONGEST_NOTE = 500
MOST_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureDraft:
    """What is to be filed. `port`: the number it is filed for, or its last digits; "": any. `whole_account`: it holds for
    all channels of the channel's vendor and account."""

    signature_id: int
    channel_id: int
    carriers: Sequence[int] = tuple(CARRIERS)
    whole_account: bool = False
    basis: str = Basis.COMPANY
    port: str = ""
    note: str = ""
    qualification_ids: Sequence[int] = ()


def add(draft: SignatureDraft, *, actor: str, now: datetime) -> list[int]:
    """Prepare one filing for each carrier; returns their ids.

    Raises InvalidInput `filing.carrier`, `filing.basis`, `filing.port`, `filing.too_long`; NotFound
    `signature.unknown`, `channel.unknown`, `qualification.unknown`; Conflict `filing.exists` (carrier). Then none is made.
    """
    carriers = _checked(draft)
    if not Signature.objects.filter(pk=draft.signature_id).exists():
        raise NotFound("signature.unknown", id=draft.signature_id)
    if not Channel.objects.filter(pk=draft.channel_id).exists():
        raise NotFound("channel.unknown", channel=draft.channel_id)
    leaned_on = _qualifications(draft.qualification_ids)
    made = []
    with transaction.atomic():
        for carrier in carriers:
            filing = SignatureFiling(
                signature_id=draft.signature_id,
                channel_id=draft.channel_id,
                carrier=int(carrier),
                whole_account=draft.whole_account,
                basis=draft.basis,
                port=draft.port.strip(),
                note=draft.note.strip(),
                created_by=actor,
            )
            try:
                with transaction.atomic():
                    filing.save()
            except IntegrityError:
                raise Conflict("filing.exists", carrier=carrier.name.lower()) from None
            filing.qualifications.set(leaned_on)
            detail = {"carrier": carrier.name.lower(), "basis": draft.basis, "port": filing.port}
            steps.note(
                Subject.SIGNATURE,
                filing.pk,
                "add",
                actor=actor,
                now=now,
                after=FilingState.PREPARING,
                detail=detail,
            )
            made.append(filing.pk)
    return made


def edit(
    filing_id: int,
    *,
    whole_account: bool,
    basis: str,
    port: str,
    note: str,
    qualification_ids: Sequence[int],
    actor: str,
    now: datetime,
) -> None:
    """Change what is to be filed, while it is not in force. Raises as `add`, and Conflict `filing.state`."""
    leaned_on = _qualifications(qualification_ids)
    with transaction.atomic():
        filing = steps.locked(SignatureFiling, filing_id, code="filing.unknown")
        state = filing.state_on(business_day_of(now))
        if state in (FilingState.IN_FORCE, FilingState.WITHDRAWN):
            raise Conflict("filing.state", state=str(state), move="edit")
        draft = SignatureDraft(
            signature_id=filing.signature_id, channel_id=filing.channel_id, basis=basis, port=port, note=note
        )
        _checked(draft)
        filing.whole_account, filing.basis, filing.port, filing.note = (
            whole_account,
            basis,
            port.strip(),
            note.strip(),
        )
        filing.save()
        filing.qualifications.set(leaned_on)
        detail = {"basis": basis, "port": filing.port, "whole_account": whole_account}
        steps.note(Subject.SIGNATURE, filing_id, "edit", actor=actor, now=now, detail=detail)


def submit(filing_ids: Iterable[int], *, actor: str, now: datetime) -> int:
    """Note that they were handed in; all or none. Raises as `steps.move`, NotFound `filing.unknown`."""
    return _move_all(filing_ids, Move.SUBMIT, actor=actor, now=now)


def confirm(
    filing_ids: Iterable[int],
    *,
    actor: str,
    now: datetime,
    number: str = "",
    effective_on: date | None = None,
    expires_on: date | None = None,
) -> int:
    """Note that the carriers took them; from `effective_on` (today) on; all or none. Also renews. Raises as `submit`."""
    return _move_all(
        filing_ids,
        Move.CONFIRM,
        actor=actor,
        now=now,
        number=number,
        effective_on=effective_on,
        expires_on=expires_on,
    )


def refuse(filing_ids: Iterable[int], *, reason: str, actor: str, now: datetime) -> int:
    """Note that the carriers refused them, and why; all or none. Raises as `submit`."""
    return _move_all(filing_ids, Move.REFUSE, actor=actor, now=now, reason=reason)


def withdraw(filing_ids: Iterable[int], *, reason: str, actor: str, now: datetime) -> int:
    """End them for good. Doors call `campaigns.filing_watch.withdraw`, which also holds what is being sent."""
    return _move_all(filing_ids, Move.WITHDRAW, actor=actor, now=now, reason=reason)


def _move_all(
    filing_ids: Iterable[int],
    move: Move,
    *,
    actor: str,
    now: datetime,
    number: str = "",
    reason: str = "",
    effective_on: date | None = None,
    expires_on: date | None = None,
) -> int:
    ids = sorted(set(filing_ids))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise InvalidInput("filing.how_many", at_most=MOST_AT_ONCE)
    with transaction.atomic():
        for filing_id in ids:
            steps.move(
                steps.locked(SignatureFiling, filing_id, code="filing.unknown"),
                Subject.SIGNATURE,
                move,
                actor=actor,
                now=now,
                day=business_day_of(now),
                number=number,
                reason=reason,
                effective_on=effective_on,
                expires_on=expires_on,
            )
    return len(ids)


def _checked(draft: SignatureDraft) -> list[Carrier]:
    known = {int(one): one for one in CARRIERS}
    carriers = [known[one] for one in dict.fromkeys(draft.carriers) if one in known]
    if not carriers or len(carriers) != len(set(draft.carriers)):
        raise InvalidInput("filing.carrier")
    if draft.basis not in Basis.values:
        raise InvalidInput("filing.basis", known=Basis.values)
    port = draft.port.strip()
    if len(port) > LONGEST_PORT or (port and not (port.isascii() and port.isdigit())):
        raise InvalidInput("filing.port")
    if len(draft.note) > LONGEST_NOTE or "\x00" in draft.note:
        raise InvalidInput("filing.too_long", field="note", longest=LONGEST_NOTE)
    return carriers


def _qualifications(ids: Sequence[int]) -> list[Qualification]:
    found = list(Qualification.objects.filter(pk__in=set(ids), retired_at=None))
    if len(found) != len(set(ids)):
        raise NotFound("qualification.unknown")
    return found


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a signature stands with one carrier over one channel. `filing` may belong to another channel of the account
    (`shared`); None: nothing was filed. `days_left` until its last day, for those in force with one."""

    carrier: Carrier
    state: FilingState | None
    filing: SignatureFiling | None
    shared: bool = False
    days_left: int | None = None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    signature: Signature
    channel: Channel
    cells: tuple[Cell, ...]

    @property
    def complete(self) -> bool:
        return all(cell.state is FilingState.IN_FORCE for cell in self.cells)


_RANK = {
    FilingState.IN_FORCE: 0,
    FilingState.SUBMITTED: 1,
    FilingState.PREPARING: 2,
    FilingState.REFUSED: 3,
    FilingState.EXPIRED: 4,
}


def matrix(
    day: date, *, channel_id: int | None = None, search: str = "", only_open: bool = False
) -> Iterator[MatrixRow]:
    """Every signature in use over every channel that demands filing or has one, by channel and signature: three
    queries. `only_open`: those that are not in force with all carriers."""
    channels = list(Channel.objects.order_by("name"))
    if channel_id is not None:
        channels = [one for one in channels if one.pk == channel_id]
    signatures = list(Signature.objects.filter(text__icontains=search.strip()).order_by("text"))
    filings = list(
        SignatureFiling.objects.exclude(state=FilingState.WITHDRAWN).select_related("channel").order_by("pk")
    )
    by_signature: dict[int, list[SignatureFiling]] = {}
    for filing in filings:
        by_signature.setdefault(filing.signature_id, []).append(filing)
    for channel in channels:
        for signature in signatures:
            here = [one for one in by_signature.get(signature.pk, ()) if _concerns(one, channel)]
            own = any(one.channel_id == channel.pk for one in here)
            if not own and not (channel.takes.signature_filing and signature.enabled):
                continue
            row = MatrixRow(
                signature, channel, tuple(_cell(carrier, here, channel, day) for carrier in CARRIERS)
            )
            if not (only_open and row.complete):
                yield row


def _concerns(filing: SignatureFiling, channel: Channel) -> bool:
    return filing.channel_id == channel.pk or (filing.whole_account and same_account(filing.channel, channel))


def _cell(carrier: Carrier, filings: list[SignatureFiling], channel: Channel, day: date) -> Cell:
    of_carrier = [one for one in filings if one.carrier == carrier]
    if not of_carrier:
        return Cell(carrier, None, None)
    best = min(of_carrier, key=lambda one: (_RANK[one.state_on(day)], one.channel_id != channel.pk, one.pk))
    state = best.state_on(day)
    left = (best.expires_on - day).days if state is FilingState.IN_FORCE and best.expires_on else None
    return Cell(carrier, state, best, best.channel_id != channel.pk, left)


def filing_of(filing_id: int) -> SignatureFiling:
    """Raises NotFound `filing.unknown`."""
    found = SignatureFiling.objects.select_related("signature", "channel").filter(pk=filing_id).first()
    if found is None:
        raise NotFound("filing.unknown", id=filing_id)
    return found


def to_file(channel_id: int, *, day: date) -> list[SignatureFiling]:
    """What waits to be handed in over a channel: the rows of the file that goes to the carrier or vendor."""
    found = SignatureFiling.objects.filter(channel_id=channel_id).select_related("signature", "channel")
    waiting = (FilingState.PREPARING, FilingState.REFUSED, FilingState.EXPIRED)
    return [one for one in found.order_by("signature__text", "carrier") if one.state_on(day) in waiting]
