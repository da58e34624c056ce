"""May somebody be asked for consent (again)?

- Not while she has agreed already.
- Never by SMS: asking by message would itself be a message nobody agreed to (通信短信息服务管理规定: no request for
  consent may be sent again to who didn't answer; 网络数据安全管理条例, Art 22(5)).
- After a refusal only when the cool-down is over: 网络数据安全管理条例, Art 22(5), forbids asking again and again.
  The law names no number of days; ours is a setting.
- Never for marketing who complained about it, and nobody known to be under 18 (未成年人网络保护条例, Art 24(3)).

A withdrawal and a suppression that her own words left are refusals; so is a refusal by any row merged with hers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from xinfeng.consent.models import ConsentEntry, Scope, Standing, Suppression, SuppressionReason
from xinfeng.consent.purposes import check
from xinfeng.consent.reads import members
from xinfeng.consent.sql import purposes_of
from xinfeng.contacts.models import Contact
from xinfeng.foundation import audit, stored
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.ages import youngest_adult
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.kernel.time import business_day

WAYS = ("form", "staff", "letter", "app", "sms")
"""How one may be asked."""

COOL_DOWN_DAYS = 180
LONGEST_COOL_DOWN_DAYS = 3_650
SOURCE = (
    "网络数据安全管理条例 第22条第（五）项：拒绝后不得频繁征求同意；天数由本企业自定",
    "Regulations on Network Data Security Management, Art. 22, item 5: who refused must not be asked often; "
    "how many days is for the company to say",
)
"""Chinese, English."""
STORED_KEY = "consent.asking"

GRANTED, BY_SMS, MINOR, COMPLAINED, COOLING_DOWN, NOBODY = (
    "granted",
    "by_sms",
    "minor",
    "complained",
    "cooling_down",
    "gone",
)


@dataclass(frozen=True, slots=True)
class Asking:
    """Whether she may be asked. `reason` says why not: `granted`, `by_sms`, `minor`, `complained`, `cooling_down` or
    `gone` (merged or erased). `from_when`: from then on she may be asked; None where time changes nothing."""

    allowed: bool
    reason: str | None = None
    from_when: datetime | None = None


def cool_down_days() -> int:
    """Days after a refusal in which nobody asks again."""
    days: int = stored.read(STORED_KEY, {}).get("cool_down_days", COOL_DOWN_DAYS)
    return days


def change_cool_down(days: int, *, actor: str) -> None:
    """Raises InvalidInput `asking.cool_down` (at_least, at_most)."""
    if not 1 <= days <= LONGEST_COOL_DOWN_DAYS:
        raise InvalidInput("asking.cool_down", at_least=1, at_most=LONGEST_COOL_DOWN_DAYS)
    with transaction.atomic():
        before = cool_down_days()
        stored.write(STORED_KEY, {"cool_down_days": days}, actor=actor)
        audit.record(actor=actor, action="consent.cool_down", kind="setting", before=before, after=days)


def may_ask(contact_id: int, purpose: str, *, by: str, now: datetime) -> Asking:
    """May this person be asked for consent to `purpose`, in the way `by` (one of WAYS)?

    Raises InvalidInput `consent.purpose`, `asking.way`; NotFound `contact.unknown`.
    """
    check(purpose)
    if by not in WAYS:
        raise InvalidInput("asking.way", known=list(WAYS))
    contact = Contact.objects.only("id", "state", "birthday").filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("contact.unknown", id=contact_id)
    if contact.state != 0:
        return Asking(False, NOBODY)
    standing = Standing.objects.filter(contact_id=contact_id, purpose=purpose).first()
    if standing is not None and standing.granted and standing.suppressed is None:
        return Asking(False, GRANTED)
    if by == "sms":
        return Asking(False, BY_SMS)
    if purpose == "marketing" and contact.birthday is not None:
        today = business_day(now, xinfeng_settings.load().zone)
        if contact.birthday >= youngest_adult(today):
            return Asking(False, MINOR)
    return _after_refusals(contact_id, purpose, now)


def _after_refusals(contact_id: int, purpose: str, now: datetime) -> Asking:
    everybody = members(contact_id)
    refusals = list(
        ConsentEntry.objects.filter(contact_id__in=everybody, purpose=purpose, granted=False).values_list(
            "at", flat=True
        )
    )
    indexes = Contact.objects.filter(pk__in=everybody, phone_index__isnull=False).values_list(
        "phone_index", flat=True
    )
    if purpose in MESSAGE_PURPOSES:
        for one in Suppression.objects.filter(phone_index__in=list(indexes), lifted_at=None):
            if purpose not in purposes_of(Scope(one.scope)):
                continue
            if one.reason in (SuppressionReason.COMPLAINT, SuppressionReason.ERASED):
                return Asking(False, COMPLAINED if one.reason == SuppressionReason.COMPLAINT else NOBODY)
            if one.reason == SuppressionReason.OPT_OUT:
                refusals.append(one.at)
    if refusals:
        from_when = max(refusals) + timedelta(days=cool_down_days())
        if now < from_when:
            return Asking(False, COOLING_DOWN, from_when)
    return Asking(True)
