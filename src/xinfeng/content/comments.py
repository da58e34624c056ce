"""What colleagues say about a version: a thread, oldest first, in which nothing is changed or removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from xinfeng.content.models import TemplateVersion, VersionComment
from xinfeng.foundation import audit
from xinfeng.kernel.errors import InvalidInput, NotFound

LONGEST = 1000
MOST_SHOWN = 200


def add_comment(version_id: int, text: str, *, actor: str, now: datetime) -> VersionComment:
    """Say something about a version.

    Raises InvalidInput `comment.empty`, `comment.too_long` (longest), NotFound `template.unknown_version`.
    """
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("comment.empty")
    if len(text) > LONGEST:
        raise InvalidInput("comment.too_long", longest=LONGEST)
    with transaction.atomic():
        version = TemplateVersion.objects.filter(pk=version_id).first()
        if version is None:
            raise NotFound("template.unknown_version", id=version_id)
        comment = VersionComment.objects.create(version=version, at=now, actor=actor, text=text)
        audit.record(
            actor=actor,
            action="content.commented",
            kind="template",
            subject=version.template_id,
            version=version.number,
        )
    return comment


def comments(version_ids: Sequence[int]) -> list[VersionComment]:
    """The comments on these versions, oldest first; the latest MOST_SHOWN."""
    found = VersionComment.objects.filter(version__in=version_ids).select_related("version").order_by("-id")
    return list(reversed(found[:MOST_SHOWN]))


def counts(version_ids: Sequence[int]) -> dict[int, int]:
    """How many comments each version has; those without any are missing."""
    found = VersionComment.objects.filter(version__in=version_ids).values("version_id")
    return {row["version_id"]: row["n"] for row in found.annotate(n=Count("pk"))}
