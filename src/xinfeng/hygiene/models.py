"""Tables of the hygiene slice."""

from __future__ import annotations

from django.db import models

from xinfeng.foundation.fields import Xid8Field


class State(models.IntegerChoices):
    """What a number is, as far as is known. Codes are stable: they are stored and mirrored in the lens.

    Whether it was ported stands beside it: a ported number is as valid as any other.
    """

    UNKNOWN = 0, "未知"
    VALID = 1, "正常"
    OUT_OF_SERVICE = 2, "停机"
    NOT_EXISTING = 3, "空号"
    SILENT = 4, "沉默"
    RISKY = 5, "风险"
    POWERED_OFF = 6, "关机"
    REASSIGNED = 7, "易主"


class Quarantine(models.TextChoices):
    """Why a number is in quarantine. FREE: it is not.

    REBORN: a lookup found it alive after it had not existed; whether it is still hers has to be asked first.
    """

    FREE = "", "未隔离"
    RECEIPTS = "receipts", "回执连续永久失败"
    LOOKUP = "lookup", "号码检测不可用"
    REBORN = "reborn", "空号复活，待核易主"
    REASSIGNED = "reassigned", "号码已易主"
    MANUAL = "manual", "人工隔离"


class Source(models.TextChoices):
    """How something about a number was learned."""

    RECEIPT = "receipt", "回执"
    LOOKUP = "lookup", "号码检测"
    MANUAL = "manual", "人工"
    IMPORT = "import", "导入"


class NumberState(models.Model):
    """What is known of a contact's present number; no row: nothing yet. Derived from `number_fact`.

    A trigger on `contact` resets the row when the number changes (`number_since`: what was sent earlier says
    nothing about this number) and marks it `gone` while the contact is not alive. `failures` are consecutive
    permanent failures, the last of message `failed_message` at `failed_at`. `alive_at` is the last proof of life
    (renewed at most weekly), `checked_at` the last lookup that had an answer, `asked_at` the last lookup at all:
    what the cool-down counts from. `carrier_now` serves it (0: not known, and `ported`: surely not whom its prefix says),
    as of `carrier_at`, which the database keeps; `carriers` forgets it after a while. `recheck`: it must be asked whether the number is still hers.
    """

    contact_id = models.BigIntegerField(primary_key=True)
    phone_index = models.BinaryField(null=True)
    number_since = models.DateTimeField(null=True)
    gone = models.BooleanField(default=False, db_default=False)
    state = models.SmallIntegerField(choices=State.choices, default=State.UNKNOWN, db_default=0)
    since = models.DateTimeField(null=True)
    quarantined = models.BooleanField(default=False, db_default=False)
    quarantine = models.CharField(max_length=12, choices=Quarantine.choices, blank=True, db_default="")
    quarantined_at = models.DateTimeField(null=True)
    failures = models.SmallIntegerField(default=0, db_default=0)
    failed_at = models.DateTimeField(null=True)
    failed_message = models.BigIntegerField(null=True)
    alive_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    carrier_now = models.SmallIntegerField(default=0, db_default=0)
    ported = models.BooleanField(default=False, db_default=False)
    carrier_at = models.DateTimeField(null=True)
    recheck = models.BooleanField(default=False, db_default=False)
    xid = Xid8Field()

    class Meta:
        db_table = "number_state"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quarantined=False, quarantine="")
                | (models.Q(quarantined=True) & ~models.Q(quarantine="")),
                name="number_quarantine_reason",
            )
        ]
        indexes = [
            models.Index(fields=["xid"], name="number_state_xid"),
            models.Index(fields=["state", "-contact_id"], name="number_state_list"),
            models.Index(
                fields=["-contact_id"],
                condition=models.Q(quarantined=True),
                name="number_state_quarantined",
            ),
            models.Index(
                fields=["contact_id"], condition=models.Q(recheck=True), name="number_state_recheck"
            ),
            models.Index(fields=["-contact_id"], condition=models.Q(ported=True), name="number_state_ported"),
            models.Index(
                fields=["carrier_at"],
                condition=models.Q(carrier_at__isnull=False),
                name="number_state_carrier_age",
            ),
        ]


class NumberFact(models.Model):
    """Something was learned about a contact's number. Append-only, by month of `at`.

    `code` is the source's own word, `provider` the channel or provider it came from, `state` and `quarantined`
    what followed. `detail` is a short code or a person's reason. Erasure may empty `phone_index`, nothing else.
    """

    id = models.BigAutoField(primary_key=True)
    contact_id = models.BigIntegerField()
    phone_index = models.BinaryField(null=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    provider = models.CharField(max_length=60, blank=True)
    code = models.CharField(max_length=40, blank=True)
    state = models.SmallIntegerField(choices=State.choices)
    quarantined = models.BooleanField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    detail = models.CharField(max_length=200, blank=True)
    xid = Xid8Field()

    class Meta:
        db_table = "number_fact"
        managed = False


class ProviderKind(models.TextChoices):
    GENERIC = "generic", "通用接口"
    ALIYUN = "aliyun", "阿里云号码百科"


class LookupProvider(models.Model):
    """An account with a vendor who answers questions about numbers. `config` is read by
    `providers.config.ProviderConfig`; the secret is sealed.

    `price_li` is the price of one answer in tenths of a fen. `per_s` and `per_day` count numbers; 0 a day: no limit.
    """

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=ProviderKind.choices)
    config = models.JSONField()
    secret_sealed = models.BinaryField()
    price_li = models.IntegerField(default=0)
    per_s = models.IntegerField(default=10)
    per_day = models.IntegerField(default=0)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "lookup_provider"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_li__gte=0, per_s__gte=1, per_day__gte=0),
                name="lookup_provider_terms",
            )
        ]


class RunState(models.TextChoices):
    """RUNNING → DONE | STOPPED; WAITING: the provider refused for now, or the budget is used up for today."""

    RUNNING = "running", "进行中"
    WAITING = "waiting", "等待"
    DONE = "done", "完成"
    STOPPED = "stopped", "已停止"


class LookupRun(models.Model):
    """One day's share of the plan, or a list that somebody wanted looked at. `cost_li` is at most what it cost.

    `asked` may be more than `answered` and `unanswered` together: those were under way when a process died, and
    are not asked again before their cool-down, since they may have been paid for.
    """

    provider = models.ForeignKey(LookupProvider, on_delete=models.PROTECT)
    question = models.CharField(max_length=12)  # providers.base.Question
    why = models.CharField(max_length=12)  # plan, before_send, recheck, test
    day = models.DateField()
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    wanted = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)
    answered = models.IntegerField(default=0)
    unanswered = models.IntegerField(default=0)
    quarantined = models.IntegerField(default=0)
    cost_li = models.BigIntegerField(default=0)
    fault = models.CharField(max_length=40, blank=True)
    retry_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lookup_run"
        constraints = [
            models.UniqueConstraint(
                fields=["day"], condition=models.Q(why="plan"), name="lookup_run_of_the_day"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=["running", "waiting"]),
                name="lookup_run_open",
            ),
            models.Index(fields=["-day", "-id"], name="lookup_run_recent"),
        ]


class LookupItem(models.Model):
    """A number that waits to be asked about; `asked_at` is committed before the question leaves the house.

    Gone once answered. One question about a contact waits at a time.
    """

    contact_id = models.BigIntegerField(primary_key=True)
    run = models.ForeignKey(LookupRun, on_delete=models.CASCADE, db_index=False)
    place = models.IntegerField()  # the order of asking
    asked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lookup_item"
        indexes = [models.Index(fields=["run", "place"], name="lookup_item_turn")]
