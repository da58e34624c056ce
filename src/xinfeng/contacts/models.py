"""Tables of the contacts slice."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xinfeng.foundation.fields import Xid8Field


class Tier(models.IntegerChoices):
    """Feature A8. NONE: no rule fits (yet)."""

    NONE = 0, "未分层"
    NEW = 1, "新客"
    ACTIVE = 2, "活跃"
    DORMANT = 3, "沉睡"
    POTENTIAL = 4, "潜在"
    INDUSTRY = 5, "同业"


class Gender(models.IntegerChoices):
    UNKNOWN = 0, "未知"
    MALE = 1, "男"
    FEMALE = 2, "女"


class AttributeKind(models.TextChoices):
    TEXT = "text", "文本"
    NUMBER = "number", "数字"
    DATE = "date", "日期"
    BOOL = "bool", "是否"
    CHOICE = "choice", "选项"


class Attribute(models.Model):
    """A custom attribute declared in the console; its values live in `contact.attrs` under `key`."""

    key = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=10, choices=AttributeKind.choices)
    choices = models.JSONField(default=list)
    sensitive = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "attribute"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[a-z][a-z0-9_]{0,39}$"), name="attribute_key_shape"
            )
        ]


class TagKind(models.TextChoices):
    SOURCE = "source", "来源"
    MANUAL = "manual", "手工"
    RULE = "rule", "规则"
    INTEREST = "interest", "兴趣"
    SERVICE = "service", "服务"


class Tag(models.Model):
    """A word for people. A tag merged into another keeps its row and its facts; `merged_into` says where it went."""

    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=TagKind.choices, default=TagKind.MANUAL)
    description = models.CharField(max_length=200, blank=True, db_default="")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "tag"


class TagChange(models.Model):
    """A tag itself was changed: `what` is renamed, merged, described; `before` and `after` are words for people."""

    tag = models.ForeignKey(Tag, on_delete=models.PROTECT)
    what = models.CharField(max_length=20)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    class Meta:
        db_table = "tag_change"


class ContactState(models.IntegerChoices):
    """Only the ALIVE are people one finds, counts and writes to; the others are what is left of a row.

    MERGED: another row speaks for this person now (`merged_into`); number and external id stay here and lead
    there. ERASED: nothing that identifies is left, only the id that old facts mention.
    """

    ALIVE = 0, "在册"
    MERGED = 1, "已合并"
    ERASED = 2, "已删除"


class Contact(models.Model):
    """One person. Written in bulk by `contacts.sql`; `id` comes from the series `contact` of foundation.ids.

    `tail_index` is the keyed hash of the number's last four digits (`vault().tail_index`). `region_guessed`:
    province and city were read off the number, approximately; a source that states them clears it.
    """

    id = models.BigIntegerField(primary_key=True)
    external_id = models.CharField(max_length=100, null=True)
    phone_sealed = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True, unique=True)
    name_sealed = models.BinaryField(null=True)
    name_index = models.BinaryField(null=True)
    gender = models.SmallIntegerField(choices=Gender.choices, default=Gender.UNKNOWN, db_default=0)
    birthday = models.DateField(null=True)
    province = models.CharField(max_length=20, null=True)
    city = models.CharField(max_length=30, null=True)
    carrier = models.SmallIntegerField(default=0, db_default=0)  # kernel.phones.Carrier
    language = models.CharField(max_length=10, default="zh-hans", db_default="zh-hans")
    level = models.CharField(max_length=30, null=True)
    tags = ArrayField(models.IntegerField(), default=list, db_default=[])
    attrs = models.JSONField(default=dict, db_default={})
    state = models.SmallIntegerField(choices=ContactState.choices, default=ContactState.ALIVE, db_default=0)
    merged_into = models.BigIntegerField(null=True)
    tail_index = models.IntegerField(null=True)
    region_guessed = models.BooleanField(default=False, db_default=False)
    joined_at = models.DateTimeField()  # when the enterprise first knew this person
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    xid = Xid8Field()

    class Meta:
        db_table = "contact"
        # `unique=True` would bring a second index, for LIKE.
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="contact_external_id"),
            models.CheckConstraint(
                condition=models.Q(state=ContactState.MERGED, merged_into__isnull=False)
                | (~models.Q(state=ContactState.MERGED) & models.Q(merged_into=None)),
                name="contact_merged_into_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["xid"], name="contact_xid"),
            models.Index(fields=["-updated_at", "-id"], name="contact_recent"),
            models.Index(
                fields=["name_index", "-id"],
                name="contact_name",
                condition=models.Q(name_index__isnull=False),
            ),
            models.Index(
                fields=["tail_index", "-id"],
                name="contact_tail",
                condition=models.Q(tail_index__isnull=False),
            ),
            models.Index(
                fields=["merged_into"],
                name="contact_merged_into",
                condition=models.Q(merged_into__isnull=False),
            ),
        ]


class FormerNumber(models.Model):
    """A number that a contact had until it was found to be somebody else's. Written by `contacts.former_numbers`.

    `returned_at`: it was a mistake. Kept sealed for the proof of what was sent to it; erased with its contact.
    """

    contact_id = models.BigIntegerField()
    phone_index = models.BinaryField()
    phone_sealed = models.BinaryField()
    tail_index = models.IntegerField(null=True)
    carrier = models.SmallIntegerField(default=0, db_default=0)
    released_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    returned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "former_number"
        indexes = [models.Index(fields=["contact_id"], name="former_number_contact")]
        constraints = [
            models.UniqueConstraint(
                fields=["phone_index", "contact_id"],
                condition=models.Q(returned_at=None),
                name="former_number_open",
            )
        ]


class Merge(models.Model):
    """Two rows turned out to be one person: `absorbed_id` now leads to `survivor_id`. Undone, never deleted.

    `before` is what both rows held (identifiers sealed, in hex), so that it can be undone exactly. `moved`: the
    rows that already led to `absorbed_id` and were led on.
    """

    survivor_id = models.BigIntegerField(db_index=True)
    absorbed_id = models.BigIntegerField(db_index=True)
    how = models.CharField(max_length=20)  # phone, external_id, suggested, manual
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=200, blank=True)
    before = models.JSONField()
    moved = ArrayField(models.BigIntegerField(), default=list)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)
    undone_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "merge"
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed_id"], condition=models.Q(undone_at=None), name="merge_in_force"
            )
        ]
        indexes = [models.Index(fields=["at"], name="merge_recent")]


class MergeSuggestion(models.Model):
    """Two contacts that may be one person (`one_id` < `other_id`); `why` are codes such as `name_birthday`."""

    one_id = models.BigIntegerField()
    other_id = models.BigIntegerField()
    score = models.SmallIntegerField()  # 0 to 100
    why = ArrayField(models.CharField(max_length=30))
    found_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "merge_suggestion"
        constraints = [
            models.UniqueConstraint(fields=["one_id", "other_id"], name="merge_suggestion_pair"),
            models.CheckConstraint(
                condition=models.Q(one_id__lt=models.F("other_id")), name="merge_suggestion_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "-id"],
                name="merge_suggestion_open",
                condition=models.Q(dismissed_at__isnull=True),
            ),
            models.Index(fields=["other_id"], name="merge_suggestion_other"),
        ]


class Placement(models.Model):
    """The tier somebody has now; who has no row has none (ADR 9).

    Apart from `contact`, because a night may give everybody another tier. It has no index but its key and half of
    every page is free (migration 0009), so that a change is written beside the old row and touches no index. Whoever
    writes it leaves a `tier_fact` in the same transaction: that is how the lens learns of it.
    """

    contact = models.OneToOneField(
        Contact, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="placement"
    )
    tier = models.SmallIntegerField(choices=Tier.choices)

    class Meta:
        db_table = "placement"


class TierFact(models.Model):
    """A contact came into another tier. Append-only, by month of `at`; `cause`: nightly, event, rules, new …"""

    id = models.BigAutoField(primary_key=True)
    contact_id = models.BigIntegerField()
    before = models.SmallIntegerField(choices=Tier.choices)
    tier = models.SmallIntegerField(choices=Tier.choices)
    at = models.DateTimeField()
    cause = models.CharField(max_length=20)
    xid = Xid8Field()

    class Meta:
        db_table = "tier_fact"
        managed = False


class Trait(models.Model):
    """A computed trait: something the operator defined that follows from a contact's events.

    `definition` is `contacts.traits.Definition` in its JSON form; the values live in the lens (table `trait`).
    """

    key = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60, blank=True)
    definition = models.JSONField()
    archived = models.BooleanField(default=False)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "trait"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[a-z][a-z0-9_]{0,39}$"), name="trait_key_shape"
            )
        ]


class TagFact(models.Model):
    """A tag was put on or taken off: who, when, why. Append-only, by month of `at`."""

    id = models.BigAutoField(primary_key=True)
    contact_id = models.BigIntegerField()
    tag_id = models.IntegerField()
    added = models.BooleanField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "tag_fact"
        managed = False


class EventKind(models.IntegerChoices):
    """What a contact did (feature A2). Codes are stable: they are stored and mirrored in the lens."""

    PURCHASE = 1, "购买"
    VIEW = 2, "浏览"
    CART = 3, "加购"
    CHECKOUT = 4, "结算"
    VISIT = 5, "到店"
    BOOKING = 6, "预约"
    PARTICIPATION = 7, "参与活动"
    CLICK = 8, "点击"
    REPLY = 9, "回复"
    CUSTOM = 99, "其他"


class Event(models.Model):
    """A contact did something at a time. Append-only, by month of `at`; `id` from the series `event`."""

    id = models.BigIntegerField(primary_key=True)
    contact_id = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=EventKind.choices)
    at = models.DateTimeField()
    amount_fen = models.BigIntegerField(null=True)
    item = models.CharField(max_length=200, null=True)
    category = models.CharField(max_length=60, null=True)
    properties = models.JSONField(null=True)
    source = models.CharField(max_length=60)
    source_id = models.CharField(max_length=100)
    received_at = models.DateTimeField()
    xid = Xid8Field()

    class Meta:
        db_table = "event"
        managed = False


class EventKey(models.Model):
    """The sender's event id, hashed with its source (uuid v5 shape): what has been taken is not taken twice."""

    key = models.UUIDField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "event_key"
