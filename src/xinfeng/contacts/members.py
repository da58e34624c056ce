"""Which rows are one person, and who speaks for a row."""

from __future__ import annotations

from xinfeng.contacts.models import Contact, ContactState


def members(contact_id: int) -> list[int]:
    """Whose facts are hers: the contact's own id first, then those of the rows merged into it."""
    merged = Contact.objects.filter(merged_into=contact_id).order_by("pk").values_list("pk", flat=True)
    return [contact_id, *merged]


def leads_to(contact_id: int) -> int | None:
    """Who speaks for this row now: itself, the contact it was merged into, or None (erased, or never there)."""
    found = Contact.objects.filter(pk=contact_id).values_list("state", "merged_into").first()
    if found is None or found[0] == ContactState.ERASED:
        return None
    return contact_id if found[1] is None else found[1]
