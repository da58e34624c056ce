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
    ready_key = models.CharField(max_length=40, null=True, unique=True)  # which example it was made from
    profiled = models.BooleanField(default=False)  # of a snapshot: its members were chosen by their habits
    archived = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "segment"
        indexes = [models.Index(fields=["archived", "-updated_at", "-id"], name="segment_recent")]


class SegmentMember(models.Model):
    """A contact in a snapshot or an uploaded list."""

    pk = models.CompositePrimaryKey("segment_id", "contact_id")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE)
    contact_id = models.BigIntegerField()
    xid = Xid8Field()

    class Meta:
        db_table = "segment_member"
        indexes = [
            models.Index(fields=["xid"], name="segment_member_xid"),
            models.Index(fields=["contact_id"], name="segment_member_contact"),
        ]


class SegmentSize(models.Model):
    """How large a segment was when somebody asked; size over time."""

    segment = models.ForeignKey(Segment, related_name="sizes", on_delete=models.CASCADE)
    at = models.DateTimeField()
    size = models.IntegerField()
    reachable = models.IntegerField()

    class Meta:
        db_table = "segment_size"
        indexes = [models.Index(fields=["segment", "-at"], name="segment_size_recent")]


class ListMiss(models.Model):
    """A row of an uploaded list that led to nobody; kept, sealed, for thirty days so that it can be corrected."""

    segment = models.ForeignKey(Segment, related_name="misses", on_delete=models.CASCADE)
    line = models.IntegerField()
    reason = models.CharField(max_length=20)  # segments.lists.Miss
    row_sealed = models.BinaryField()

    class Meta:
        db_table = "segment_list_miss"
        indexes = [models.Index(fields=["segment", "line"], name="list_miss_lines")]


class TagRule(models.Model):
    """A tag that keeps itself up to date: it is on whomever the rule describes, and on nobody else.

    `added`, `removed`: what the last run that changed anything did; `size`: how many have the tag after the last
    run. `fault`: code and parameters of what stopped the last run, null when it went well.
    """

    tag = models.OneToOneField("contacts.Tag", related_name="+", on_delete=models.PROTECT)
    rule = models.JSONField()
    enabled = models.BooleanField(default=True)
    last_run_at = models.DateTimeField(null=True)
    last_changed_at = models.DateTimeField(null=True)
    added = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
    size = models.IntegerField(null=True)
    fault = models.JSONField(null=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "tag_rule"


class TaggingState(models.TextChoices):
    """Of what is done to a segment in the background."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"


class Freezing(models.Model):
    """A snapshot that was asked for and is made in the background. `total`: how many it is going to hold, once they
    are counted; `snapshot`: what came of it. `fault`: code and parameters of what stopped it."""

    source = models.ForeignKey(Segment, related_name="+", on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=TaggingState.choices, default=TaggingState.QUEUED)
    total = models.IntegerField(null=True)
    snapshot = models.ForeignKey(Segment, null=True, related_name="+", on_delete=models.SET_NULL)
    fault = models.JSONField(null=True)
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "segment_freezing"
        indexes = [models.Index(fields=["source", "-id"], name="freezing_recent")]


class Tagging(models.Model):
    """A tag put on everybody in a segment, or taken off, in the background. `changed`: who did (not) have it."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE)
    tag = models.ForeignKey("contacts.Tag", related_name="+", on_delete=models.PROTECT)
    added = models.BooleanField()
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=TaggingState.choices, default=TaggingState.QUEUED)
    total = models.IntegerField(null=True)
    done = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    fault = models.JSONField(null=True)
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "segment_tagging"
        indexes = [models.Index(fields=["segment", "-id"], name="tagging_recent")]
