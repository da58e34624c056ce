"""Questions to the content slice: the library, the catalogue, and how long a text becomes for its audience."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from xinfeng.contacts.models import Attribute, Contact, ContactState
from xinfeng.content.models import Signature, Template, TemplateVersion
from xinfeng.content.parts import Measure, Spread, at_most, spread
from xinfeng.content.rendering import Renderer
from xinfeng.content.sources import values_of
from xinfeng.content.values import Moment
from xinfeng.content.variables import Catalogue, DeclaredAttribute, with_attributes
from xinfeng.kernel.errors import InvalidInput, NotFound

BATCH = 5_000
"""Contacts read and rendered at a time."""


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """A template as the library lists it, with its newest wording."""

    template_id: int
    name: str
    purpose: str
    trade: str
    archived: bool
    owner: str
    version_id: int
    version_number: int
    signature: str
    value: str
    action: str
    opt_out: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class LibraryPage:
    rows: tuple[LibraryRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in a template's history."""

    version_id: int
    number: int
    signature: str
    value: str
    action: str
    opt_out: str
    author: str
    created_at: datetime
    rich: dict[str, Any] | None = None
    """Its 5G face (`content.rich`)."""


def catalogue() -> Catalogue:
    """The variables of this deployment: the fixed ones and the declared attributes."""
    return with_attributes(
        DeclaredAttribute(
            row.key, row.label, row.label_en, row.kind, tuple(map(str, row.choices)), row.sensitive
        )
        for row in Attribute.objects.order_by("id")
    )


def signatures(*, only_enabled: bool = False) -> list[Signature]:
    """All signatures, by text."""
    found = Signature.objects.order_by("text")
    return list(found.filter(enabled=True) if only_enabled else found)


@dataclass(frozen=True, slots=True)
class SignatureUse:
    """A signature and how many templates have ever been written with it."""

    signature: Signature
    templates: int


def signature_use() -> list[SignatureUse]:
    """All signatures, by text, with the number of templates that carry them."""
    counted = Signature.objects.annotate(uses=Count("templateversion__template", distinct=True))
    return [SignatureUse(one, one.uses) for one in counted.order_by("text")]


def library(
    *,
    search: str = "",
    purpose: str = "",
    trade: str = "",
    archived: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> LibraryPage:
    """Templates, latest change first, each with its newest version; `search` looks at names and texts."""
    newest = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    found = Template.objects.filter(archived=archived).annotate(newest=Subquery(newest.values("pk")[:1]))
    found = found.filter(newest__isnull=False)
    if purpose:
        found = found.filter(purpose=purpose)
    if trade:
        found = found.filter(trade=trade)
    if search := search.strip():
        matching = TemplateVersion.objects.filter(Q(value__icontains=search) | Q(action__icontains=search))
        found = found.filter(Q(name__icontains=search) | Q(newest__in=matching.values("pk")))
    page = found.select_related("owner").order_by("-updated_at", "-pk")[offset : offset + limit]
    templates = {template.newest: template for template in page}
    versions = TemplateVersion.objects.select_related("signature").in_bulk(list(templates))
    rows = tuple(_library_row(template, versions[newest]) for newest, template in templates.items())
    return LibraryPage(rows, found.count())


def _library_row(template: Template, version: TemplateVersion) -> LibraryRow:
    return LibraryRow(
        template_id=template.pk,
        name=template.name,
        purpose=template.purpose,
        trade=template.trade,
        archived=template.archived,
        owner=template.owner.get_short_name() if template.owner else "",
        version_id=version.pk,
        version_number=version.number,
        signature=version.signature.text,
        value=version.value,
        action=version.action,
        opt_out=version.opt_out,
        updated_at=template.updated_at,
    )


def history(template_id: int) -> list[VersionRow]:
    """The versions of a template, newest first. Raises NotFound `template.unknown`."""
    found = list(_versions().filter(template=template_id).order_by("-number"))
    if not found:
        raise NotFound("template.unknown", id=template_id)
    return [
        VersionRow(
            version_id=version.pk,
            number=version.number,
            signature=version.signature.text,
            value=version.value,
            action=version.action,
            opt_out=version.opt_out,
            author=version.author.get_short_name() if version.author else "",
            created_at=version.created_at,
            rich=version.rich,
        )
        for version in found
    ]


def version(version_id: int) -> TemplateVersion:
    """One version with its template and signature. Raises NotFound `template.unknown_version`."""
    found = _versions().filter(pk=version_id).first()
    if found is None:
        raise NotFound("template.unknown_version", id=version_id)
    return found


def newest_version(template_id: int) -> TemplateVersion:
    """The newest version of a template. Raises NotFound `template.unknown`."""
    found = _versions().filter(template=template_id).order_by("-number").first()
    if found is None:
        raise NotFound("template.unknown", id=template_id)
    return found


def _versions() -> QuerySet[TemplateVersion]:
    return TemplateVersion.objects.select_related("template", "signature", "author")


def renderer(version: TemplateVersion, moment: Moment) -> Renderer:
    """A renderer for a stored version with its own signature, for texts read at `moment`."""
    return Renderer(version, version.signature, catalogue=catalogue(), fixed=moment.values())


def texts(version: TemplateVersion, contact_ids: Sequence[int], moment: Moment) -> Iterator[tuple[int, str]]:
    """Each contact's text, in batches, in the order given; contacts that no longer exist are left out."""
    known = catalogue()
    ready = Renderer(version, version.signature, catalogue=known, fixed=moment.values())
    for start in range(0, len(contact_ids), BATCH):
        ids = contact_ids[start : start + BATCH]
        rows = values_of(ids, ready.needed, catalogue=known, moment=moment)
        present = [(contact_id, row) for contact_id, row in zip(ids, rows, strict=True) if row is not None]
        rendered = ready.render_many([row for _, row in present])
        yield from zip((contact_id for contact_id, _ in present), rendered, strict=True)


def longest(
    version: TemplateVersion, contact_ids: Sequence[int], *, price_li: int, moment: Moment
) -> Spread | None:
    """Shortest, typical and longest text, parts and cost for exactly these contacts; None for nobody."""
    return spread((text for _, text in texts(version, contact_ids, moment)), price_li=price_li)


def longest_of(version_ids: Sequence[int]) -> dict[int, Measure]:
    """`longest_for_anyone` of several versions at once, without prices: two queries.

    A version whose variables no longer exist is missing.
    """
    known = catalogue()
    measures = {}
    for one in _versions().filter(pk__in=version_ids):
        with suppress(InvalidInput):
            measures[one.pk] = at_most(
                Renderer(one, one.signature, catalogue=known).longest_units, price_li=0
            )
    return measures


def longest_for_anyone(version: TemplateVersion, *, price_li: int) -> Measure:
    """The upper bound when no audience is known: every value as long as the catalogue allows."""
    ready = Renderer(version, version.signature, catalogue=catalogue())
    return at_most(ready.longest_units, price_li=price_li)


def people_to_show(limit: int = 50) -> list[int]:
    """Contacts with a number to preview a wording with, those changed last first; nobody merged or erased."""
    found = (
        Contact.objects.filter(state=ContactState.ALIVE)
        .exclude(phone_index=None)
        .order_by("-updated_at", "-id")
    )
    return list(found.values_list("id", flat=True)[:limit])
