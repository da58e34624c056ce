"""Computed traits: what an operator defines, without code, and what follows from each contact's events.

A definition says what is measured, over which events. The values live in the lens (table `trait`, a column
`t_<key>` each, see `contacts.trait_values`) and can be used in rules as the attribute `trait:<key>`. Whoever
withdrew the purpose `profiling` has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.contacts.models import Trait
from xinfeng.contacts.trait_definitions import (
    KINDS,
    PREFIX,
    READY_MADE,
    UNITS,
    Definition,
    TraitKind,
    read_definition,
)
from xinfeng.contacts.trait_values import TABLE, overtaken_rows, trait_table
from xinfeng.foundation import audit, stored
from xinfeng.foundation.jobs import app
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import Lens

MOST_TRAITS = 60
LONGEST_LABEL = 60
COMPUTE = "contacts.compute_traits"
"""The job that computes the values."""

_is_key = re.compile(r"[a-z][a-z0-9_]{0,39}").fullmatch
_INSTALLED = "traits.installed"


@dataclass(frozen=True, slots=True)
class TraitInfo:
    """A trait as rules see it: the attribute `trait:<key>`, the lens's column `t_<key>`."""

    key: str
    label: str
    label_en: str
    kind: TraitKind
    unit: str = ""

    @property
    def column(self) -> str:
        return PREFIX + self.key


@dataclass(frozen=True, slots=True)
class DeclaredTrait:
    """A trait as it stands in the list."""

    id: int
    key: str
    label: str
    label_en: str
    definition: Definition
    archived: bool
    created_by: str
    created_at: datetime

    @property
    def kind(self) -> TraitKind:
        return KINDS[self.definition.measure]

    @property
    def unit(self) -> str:
        return UNITS.get(self.definition.measure, "")


def define_trait(
    *, key: str, label: str, label_en: str = "", definition: Definition, actor: str
) -> DeclaredTrait:
    """Declare a trait; its values come with the next computation (`contacts.jobs` is told to do it).

    Raises InvalidInput `trait.key`, `trait.label`, `trait.definition` (field), Conflict `trait.exists`,
    `trait.too_many` (at_most).
    """
    if not _is_key(key):
        raise InvalidInput("trait.key")
    checked = read_definition(definition.as_json())
    label, label_en = _labels(label, label_en)
    if Trait.objects.filter(archived=False).count() >= MOST_TRAITS:
        raise Conflict("trait.too_many", at_most=MOST_TRAITS)
    try:
        with transaction.atomic():
            made = Trait.objects.create(
                key=key, label=label, label_en=label_en, definition=checked.as_json(), created_by=actor
            )
            _record(actor, "trait.define", made)
            _ask_for_computation()
    except IntegrityError:
        raise Conflict("trait.exists", key=key) from None
    return _declared(made)


def edit_trait(
    key: str, *, label: str, label_en: str = "", definition: Definition, actor: str
) -> DeclaredTrait:
    """Change what a trait is called or how it is computed; its key stays, because rules name it.

    Another type of value is refused while the trait is in force, so that no rule breaks: raises Conflict
    `trait.kind_fixed`; also NotFound `trait.unknown`, InvalidInput as in `define_trait`.
    """
    checked = read_definition(definition.as_json())
    label, label_en = _labels(label, label_en)
    with transaction.atomic():
        trait = _locked(key)
        before = read_definition(trait.definition)
        if KINDS[before.measure] != KINDS[checked.measure]:
            raise Conflict("trait.kind_fixed", key=key)
        trait.label, trait.label_en, trait.definition = label, label_en, checked.as_json()
        trait.save(update_fields=["label", "label_en", "definition"])
        _record(actor, "trait.edit", trait)
        if before != checked:
            _ask_for_computation()
    return _declared(trait)


def archive_trait(key: str, *, actor: str) -> None:
    """Take a trait out of use; its values go, its definition is kept. Raises NotFound `trait.unknown`."""
    with transaction.atomic():
        trait = _locked(key)
        if not trait.archived:
            trait.archived = True
            trait.save(update_fields=["archived"])
            _record(actor, "trait.archive", trait)


def restore_trait(key: str, *, actor: str) -> None:
    """Bring an archived trait back. Raises NotFound `trait.unknown`, Conflict `trait.too_many`."""
    with transaction.atomic():
        trait = _locked(key)
        if trait.archived:
            if Trait.objects.filter(archived=False).count() >= MOST_TRAITS:
                raise Conflict("trait.too_many", at_most=MOST_TRAITS)
            trait.archived = False
            trait.save(update_fields=["archived"])
            _record(actor, "trait.restore", trait)
            _ask_for_computation()


def install_ready_made(*, actor: str) -> int:
    """Declare the traits the product brings, once in the life of a database; returns how many were new.

    What people renamed, edited or archived is left alone, also when the product brings more of them later.
    """
    with transaction.atomic():
        known = set(stored.read(_INSTALLED, []))
        taken = set(Trait.objects.values_list("key", flat=True))
        fresh = [one for one in READY_MADE if one[0] not in known]
        missing = [one for one in fresh if one[0] not in taken]
        for key, label, label_en, definition in missing:
            made = Trait.objects.create(
                key=key, label=label, label_en=label_en, definition=definition.as_json(), created_by=actor
            )
            _record(actor, "trait.define", made)
        if fresh:
            stored.write(_INSTALLED, sorted(known | {one[0] for one in fresh}), actor=actor)
        if missing:
            _ask_for_computation()
    return len(missing)


def traits(*, archived: bool = False) -> list[DeclaredTrait]:
    """The traits in force, or those archived, in the order they were declared."""
    return [_declared(one) for one in Trait.objects.filter(archived=archived).order_by("id")]


def get_trait(key: str) -> DeclaredTrait:
    """Raises NotFound `trait.unknown`."""
    found = Trait.objects.filter(key=key).first()
    if found is None:
        raise NotFound("trait.unknown", key=key[:40])
    return _declared(found)


def declared() -> list[TraitInfo]:
    """The traits a rule may use."""
    return [TraitInfo(one.key, one.label, one.label_en, one.kind, one.unit) for one in traits()]


def values_of(lens: Lens, contact_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The values of some contacts by trait key, as last computed; who has none, or withdrew profiling, is missing."""
    wanted = list(dict.fromkeys(contact_ids))
    if not wanted:
        return {}
    table = trait_table(lens)
    rows = lens.rows(table.filter(table["contact_id"].isin(wanted))).to_pylist()
    return {
        row["contact_id"]: {
            name.removeprefix(PREFIX): value for name, value in row.items() if name.startswith(PREFIX)
        }
        for row in rows
    }


def refresh_traits(lens: Lens, *, now: datetime) -> int:
    """Compute every trait of everybody from what the lens has; returns how many people have values."""
    return lens.derive(TABLE, now=now)


def catch_up_traits(lens: Lens, *, now: datetime) -> int:
    """Compute the traits of whoever has new events, is new, was merged, erased or withdrew; cheap when few are.

    Returns for how many people there are new values. What changes by mere passing of time (definitions with
    `days`) is left to the next full computation; the first computation is always a full one.
    """
    if lens.computed_at(TABLE) is None:
        return refresh_traits(lens, now=now)
    overtaken = overtaken_rows(lens)
    if not lens.scalar(overtaken.limit(1).count()):
        return 0
    return lens.derive(TABLE, now=now, among=overtaken)


def _labels(label: str, label_en: str) -> tuple[str, str]:
    words = " ".join(label.split()), " ".join(label_en.split())
    if not words[0] or any(len(word) > LONGEST_LABEL or not word.isprintable() for word in words):
        raise InvalidInput("trait.label", longest=LONGEST_LABEL)
    return words


def _locked(key: str) -> Trait:
    found = Trait.objects.select_for_update().filter(key=key).first()
    if found is None:
        raise NotFound("trait.unknown", key=key[:40])
    return found


def _declared(trait: Trait) -> DeclaredTrait:
    return DeclaredTrait(
        trait.pk,
        trait.key,
        trait.label,
        trait.label_en,
        read_definition(trait.definition),
        trait.archived,
        trait.created_by,
        trait.created_at,
    )


def _record(actor: str, action: str, trait: Trait) -> None:
    audit.record(actor=actor, action=action, kind="trait", subject=trait.key, definition=trait.definition)


def _ask_for_computation() -> None:
    """A job computes the values; deferred in the same transaction, so it comes with the definition or not at all."""
    try:
        with transaction.atomic():
            app.configure_task(COMPUTE, queueing_lock=COMPUTE).defer()
    except AlreadyEnqueued:
        return  # one that has not begun yet will see this definition, too
