"""Tables of the segments slice."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from xinfeng.foundation.fields import Xid8Field


class SegmentKind(models.TextChoices):
    DYNAMIC = "dynamic", "动态"
    SNAPSHOT = "snapshot", "快照"
    LIST = "list", "名单"


class Segment(models.Model):
    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10, choices=SegmentKind.choices, default=SegmentKind.DYNAMIC)
    rule = models.JSONField(null=True)  # segments.rules in its JSON form; null for lists
    ready_made = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "segment"


class SegmentMember(models.Model):
    """A contact in a snapshot or an uploaded list."""

    pk = models.CompositePrimaryKey("segment_id", "contact_id")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE)
    contact_id = models.BigIntegerField()
    xid = Xid8Field()

    class Meta:
        db_table = "segment_member"
        indexes = [models.Index(fields=["xid"], name="segment_member_xid")]


class SegmentSize(models.Model):
    """How large a segment was when somebody asked; size over time."""

    segment = models.ForeignKey(Segment, related_name="sizes", on_delete=models.CASCADE)
    at = models.DateTimeField()
    size = models.IntegerField()
    reachable = models.IntegerField()

    class Meta:
        db_table = "segment_size"
        indexes = [models.Index(fields=["segment", "-at"], name="segment_size_recent")]
