"""Changing one contact by hand: what it says of her, and where she stands, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xinfeng.consent.actions import refresh_standing
from xinfeng.contacts import actions as contacts
from xinfeng.contacts.records import ContactRecord
from xinfeng.foundation.database import bulk_transaction

__all__ = ["add_contact", "edit_contact"]


def add_contact(record: ContactRecord, *, source_tags: Sequence[str], actor: str, now: datetime) -> int:
    """Make one contact, and find out where her number stands: it may be suppressed already.

    Raises what `contacts.actions.add_contact` raises.
    """
    with bulk_transaction() as connection:
        contact_id = contacts.add_contact(record, source_tags=source_tags, actor=actor, now=now)
        refresh_standing(connection, [contact_id])
    return contact_id


def edit_contact(
    contact_id: int, record: ContactRecord, *, clear: Sequence[str] = (), actor: str, now: datetime
) -> None:
    """Change what `record` states and empty the fields named in `clear` (`contacts.actions.CLEARABLE`, `attr:<key>`).

    Another number may be suppressed, and the old one may have been: with the number the standing follows. Raises
    what `contacts.actions.edit_contact` raises.
    """
    with bulk_transaction() as connection:
        if contacts.edit_contact(contact_id, record, clear=clear, actor=actor, now=now):
            refresh_standing(connection, [contact_id])
