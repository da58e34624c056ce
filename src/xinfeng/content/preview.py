"""A wording as on a phone, for examples or for real contacts with names and numbers masked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection

from xinfeng.content import reads
from xinfeng.content.checks import Checked, Remark, check_wording
from xinfeng.content.parts import Measure, at_most, measure
from xinfeng.content.rendering import Brand, Draft, Renderer
from xinfeng.content.sources import values_of
from xinfeng.content.values import Moment
from xinfeng.content.variables import Catalogue, Value, examples
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.phones import mask

MOST_CONTACTS = 50

Choice = Callable[[Sequence[str]], Sequence[int]]
"""Whom to show a wording for that needs these variables."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One text as its reader would see it. `contact_id` None: made from the catalogue's examples."""

    contact_id: int | None
    phone: str
    text: str
    measure: Measure


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything the phone preview shows. `upper_bound` holds for anyone, whoever the audience is."""

    shown: tuple[Shown, ...]
    longest: Shown
    upper_bound: Measure
    used: tuple[str, ...]
    remarks: tuple[Remark, ...]


def preview(
    draft: Draft,
    signature: Brand,
    *,
    purpose: str,
    moment: Moment,
    price_li: int,
    contact_ids: Sequence[int] | Choice = (),
) -> Preview:
    """Check a wording and render it for these contacts (at most MOST_CONTACTS), or for an example person; a Choice is
    asked for them with the variables that the wording needs.

    Names are masked to their first character and stars, so lengths stay what they will be. Raises InvalidInput
    as `checks.check_wording` does.
    """
    known = reads.catalogue()
    checked = check_wording(draft, signature, purpose=purpose, catalogue=known)
    ready = Renderer(checked.draft, signature, catalogue=known, fixed=moment.values())
    readers = contact_ids(ready.needed) if callable(contact_ids) else contact_ids
    ids = list(readers)[:MOST_CONTACTS]
    rows = values_of(ids, ready.needed, catalogue=known, moment=moment)
    phones = masked_phones(ids)
    people: list[tuple[int | None, str, dict[str, Value]]] = [
        (contact_id, phones.get(contact_id, ""), masked_values(row, known))
        for contact_id, row in zip(ids, rows, strict=True)
        if row is not None
    ]
    people = people or [(None, "", examples(known, ready.needed))]
    texts = ready.render_many([row for _, _, row in people])
    shown = tuple(
        Shown(contact_id, phone, text, measure(text, price_li=price_li))
        for (contact_id, phone, _), text in zip(people, texts, strict=True)
    )
    return _preview(shown, checked, price_li)


def _preview(shown: tuple[Shown, ...], checked: Checked, price_li: int) -> Preview:
    return Preview(
        shown=shown,
        longest=max(shown, key=lambda each: (each.measure.parts, each.measure.units)),
        upper_bound=at_most(checked.longest_units, price_li=price_li),
        used=checked.used,
        remarks=checked.remarks,
    )


def masked_values(row: dict[str, Value], known: Catalogue) -> dict[str, Value]:
    """Names as a first character and stars; a sensitive value as the example of its kind."""
    shown = {
        name: known[name].example if value is not None and known[name].sensitive else value
        for name, value in row.items()
    }
    name = row.get("contact.name")
    return {**shown, "contact.name": mask_name(name)} if isinstance(name, str) else shown


def mask_name(name: str) -> str:
    """`王小明` → `王**`: as many characters as before."""
    return name[:1] + "*" * (len(name) - 1)


def masked_phones(contact_ids: Sequence[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, phone_sealed from contact where id = any(%s) and phone_sealed is not null",
            (list(contact_ids),),
        )
        found = [(int(row[0]), bytes(row[1])) for row in cursor.fetchall()]
    numbers = vault().open_many(Kind.PHONE, [sealed for _, sealed in found])
    return {contact_id: mask(number) for (contact_id, _), number in zip(found, numbers, strict=True)}
