"""Filings of templates: a wording × a channel, with the text as it was filed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from xinfeng.channels.models import Channel
from xinfeng.content.models import TemplateVersion
from xinfeng.content.reads import catalogue
from xinfeng.filings import steps
from xinfeng.filings.days import business_day_of
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.matching import LONGEST_FILED, Stretch, difference
from xinfeng.filings.models import FilingState, Subject, TemplateFiling
from xinfeng.filings.terms import fits_filed
from xinfeng.filings.wordings import filed_form
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound


def text_to_file(version: TemplateVersion) -> str:
    """The text of a version in the form that is filed, variables numbered."""
    return filed_form(version, version.signature.text, catalogue())


def add(
    version_id: int, channel_id: int, *, actor: str, now: datetime, text: str = "", note: str = ""
) -> int:
    """Prepare the filing of a version over a channel; `text` as it will be handed in, by default `text_to_file`.

    Raises NotFound `template.unknown_version`, `channel.unknown`; InvalidInput `filing.too_long`, `filing.text_differs`
    (what the version renders would not be this text); Conflict `filing.exists_template`.
    """
    version = TemplateVersion.objects.select_related("signature", "template").filter(pk=version_id).first()
    if version is None:
        raise NotFound("template.unknown_version", id=version_id)
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("channel.unknown", channel=channel_id)
    text = text.strip() or text_to_file(version)
    _check(version, channel, text, note)
    try:
        with transaction.atomic():
            filing = TemplateFiling.objects.create(
                version=version, channel=channel, text=text, note=note.strip(), created_by=actor
            )
            detail = {"version": version_id, "channel": channel_id}
            steps.note(
                Subject.TEMPLATE,
                filing.pk,
                "add",
                actor=actor,
                now=now,
                after=FilingState.PREPARING,
                detail=detail,
            )
    except IntegrityError:
        raise Conflict("filing.exists_template") from None
    return filing.pk


def edit(filing_id: int, *, text: str, note: str, actor: str, now: datetime) -> None:
    """Change the text before it is in force. Raises as `add`, Conflict `filing.state`."""
    with transaction.atomic():
        filing = steps.locked(TemplateFiling, filing_id, code="filing.unknown")
        state = filing.state_on(business_day_of(now))
        if state in (FilingState.IN_FORCE, FilingState.WITHDRAWN):
            raise Conflict("filing.state", state=str(state), move="edit")
        _check(filing.version, filing.channel, text.strip(), note)
        filing.text, filing.note = text.strip(), note.strip()
        filing.save()
        steps.note(Subject.TEMPLATE, filing_id, "edit", actor=actor, now=now)


def move(
    filing_id: int, step: Move, *, actor: str, now: datetime, number: str = "", reason: str = ""
) -> None:
    """Move it on; confirming it needs the vendor's id of the template.

    Raises NotFound `filing.unknown`, InvalidInput `filing.no_number`, and as `steps.move`.
    """
    with transaction.atomic():
        filing = steps.locked(TemplateFiling, filing_id, code="filing.unknown")
        if step is Move.CONFIRM and not (number.strip() or filing.number):
            raise InvalidInput("filing.no_number")
        steps.move(
            filing,
            Subject.TEMPLATE,
            step,
            actor=actor,
            now=now,
            day=business_day_of(now),
            number=number,
            reason=reason,
            expires_on=filing.expires_on,
        )


def _check(version: TemplateVersion, channel: Channel, text: str, note: str) -> None:
    if not text or len(text) > LONGEST_FILED or "\x00" in text:
        raise InvalidInput("filing.too_long", field="text", longest=LONGEST_FILED)
    if len(note) > 500 or "\x00" in note:
        raise InvalidInput("filing.too_long", field="note", longest=500)
    if not fits_filed(version, text, longest_value=channel.takes.longest_value):
        raise InvalidInput("filing.text_differs")


def filing_of(filing_id: int) -> TemplateFiling:
    """Raises NotFound `filing.unknown`."""
    found = _all().filter(pk=filing_id).first()
    if found is None:
        raise NotFound("filing.unknown", id=filing_id)
    return found


def filings(*, channel_id: int | None = None, search: str = "", limit: int = 200) -> list[TemplateFiling]:
    """Latest change first."""
    found = _all().exclude(state=FilingState.WITHDRAWN)
    if channel_id is not None:
        found = found.filter(channel_id=channel_id)
    if search := search.strip():
        found = found.filter(version__template__name__icontains=search)
    return list(found.order_by("-updated_at", "-pk")[:limit])


@dataclass(frozen=True, slots=True)
class Unfiled:
    """A template whose newest version is not in force over a channel that demands it. `older`: what was filed before,
    with the comparison of texts."""

    version: TemplateVersion
    channel: Channel
    older: TemplateFiling | None
    change: Sequence[Stretch]


def unfiled(day: date, *, limit: int = 100) -> list[Unfiled]:
    """Templates in use that a channel of their purpose would refuse: their newest version has no filing there."""
    demanding = [one for one in Channel.objects.order_by("name") if one.takes.template_filing]
    if not demanding:
        return []
    newest: dict[int, TemplateVersion] = {}
    versions = TemplateVersion.objects.filter(template__archived=False).select_related(
        "template", "signature"
    )
    for version in versions.order_by("template_id", "-number").distinct("template_id"):
        newest[version.template_id] = version
    by_key: dict[tuple[int, int], list[TemplateFiling]] = {}
    for filing in _all().exclude(state=FilingState.WITHDRAWN).order_by("-version__number"):
        by_key.setdefault((filing.version.template_id, filing.channel_id), []).append(filing)
    found = []
    for channel in demanding:
        for template_id, version in newest.items():
            if version.template.purpose != channel.purpose:
                continue
            before = by_key.get((template_id, channel.pk), [])
            if any(one.version_id == version.pk for one in before):
                continue
            older = before[0] if before else None
            change = change_since(older, version) if older is not None else ()
            found.append(Unfiled(version, channel, older, change))
            if len(found) == limit:
                return found
    return found


def change_since(older: TemplateFiling, version: TemplateVersion) -> Sequence[Stretch]:
    """What a later wording changes against what was filed; nothing for one that can't be read any more."""
    with suppress(InvalidInput):
        return difference(older.text, text_to_file(version))
    return ()


def _all() -> QuerySet[TemplateFiling]:
    return TemplateFiling.objects.select_related("version__template", "version__signature", "channel")
