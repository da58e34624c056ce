"""Finding the person a request is about, and all rows that are hers."""

from __future__ import annotations

from dataclasses import dataclass

from xinfeng.contacts.members import leads_to, members
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.contacts.sql import find_by_external_ids, find_by_phone_indexes
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.privacy.requesters import Requester


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found by what the requester gave; `contact_id` None: nobody. `phone_index` of the number, if any."""

    contact_id: int | None
    phone_index: bytes | None


def reference(request_id: int) -> str:
    """The number of a request that people quote: `GX-000042`."""
    return f"GX-{request_id:06d}"


def find(requester: Requester) -> Found:
    """Look by number, else by external id. Raises InvalidInput `request.whom` if neither was given,
    `request.two_people` if they lead to two people, and what `parse_mainland` raises."""
    if not requester.phone and not requester.external_id:
        raise InvalidInput("request.whom")
    index = bytes(vault().phone_index(parse_mainland(requester.phone))) if requester.phone else None
    with bulk_transaction() as connection:
        by_phone = find_by_phone_indexes(connection, [index]).get(index) if index else None
        external = requester.external_id
        by_external = find_by_external_ids(connection, [external]).get(external) if external else None
    if by_phone is not None and by_external is not None and by_phone != by_external:
        raise InvalidInput("request.two_people")
    return Found(by_phone if by_phone is not None else by_external, index)


def all_rows(contact_id: int) -> list[int]:
    """Everything the person is known by in facts: the row that speaks for her first, then those merged into it."""
    return members(leads_to(contact_id) or contact_id)


def is_there(contact_id: int | None) -> bool:
    """Whether there is still somebody: not erased."""
    if contact_id is None:
        return False
    return Contact.objects.filter(pk=contact_id).exclude(state=ContactState.ERASED).exists()
