"""Tables of the consent slice."""

from __future__ import annotations

from django.db import models

from xinfeng.foundation.fields import Xid8Field


class Purpose(models.TextChoices):
    """The purposes that have a name. Besides these there is one for each sensitive attribute, without a row here:
    `kernel.purposes.sensitive_purpose(key)`."""

    MARKETING = "marketing", "营销短信"
    SERVICE = "service", "服务短信"
    LOCATION = "location", "位置"
    PROFILING = "profiling", "个性化"
    SHARING = "sharing", "对外提供"


class Notice(models.Model):
    """A version of the text that was shown when consent was asked for.

    `requires_renewal`: purpose, method or kinds of data differ from the version before, so that everybody has to be
    asked again (PIPL, Art 14(2)). Older versions of its key then carry `overtaken_at`; from that moment on they are
    `outdated`, grants under them no longer count, and `retired_at` says when the last standing had followed.
    """

    key = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    purpose = models.CharField(max_length=60)
    text = models.TextField()
    effective_at = models.DateTimeField()
    requires_renewal = models.BooleanField(default=False, db_default=False)
    overtaken_at = models.DateTimeField(null=True)
    outdated = models.BooleanField(default=False, db_default=False)
    retired_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=150, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "notice"
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="notice_key_version")]


class ConsentEntry(models.Model):
    """One grant or withdrawal. Append-only and hash-chained by `seq`, by month of `recorded_at`.

    `at` is when the person said it, `recorded_at` when we wrote it down. `evidence` says what proves it;
    `hash` covers every column before it and `prev_hash`.
    """

    seq = models.BigIntegerField(primary_key=True)
    recorded_at = models.DateTimeField()
    contact_id = models.BigIntegerField()
    purpose = models.CharField(max_length=60)
    granted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=80)
    notice_id = models.BigIntegerField(null=True)
    evidence = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=150)
    prev_hash = models.BinaryField()
    hash = models.BinaryField()
    xid = Xid8Field()

    class Meta:
        db_table = "consent_entry"
        managed = False


class LedgerHead(models.Model):
    """The end of the chain; the single row that appending locks."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_head"


class Scope(models.TextChoices):
    """What a suppression forbids. MARKETING lets service messages through, for example for complainants."""

    ALL = "all", "全部短信"
    MARKETING = "marketing", "营销短信"


class SuppressionReason(models.TextChoices):
    OPT_OUT = "opt_out", "退订"
    COMPLAINT = "complaint", "投诉"
    MANUAL = "manual", "人工屏蔽"
    CARRIER = "carrier", "运营商拉黑"
    REASSIGNED = "reassigned", "号码易主"
    ERASED = "erased", "已删除个人信息"


class Suppression(models.Model):
    """A number that must not be written to, whatever the signature. Lifted, never deleted.

    Ids are given out behind the barrier's lock, so they commit in their order (the gateway relies on it).
    """

    phone_index = models.BinaryField()
    scope = models.CharField(max_length=10, choices=Scope.choices)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    source = models.CharField(max_length=80)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=150, blank=True)
    lifted_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "suppression"
        constraints = [
            models.UniqueConstraint(
                fields=["phone_index", "scope"],
                condition=models.Q(lifted_at=None),
                name="suppression_in_force",
            )
        ]


class Standing(models.Model):
    """Where a contact stands for one purpose, now. Derived; `consent.sql` rebuilds it from facts.

    `granted` is the last entry's word; `suppressed` the reason of a suppression in force for the purpose.
    A message may be written only if `granted` and `suppressed` is null. `stale`: she had agreed, but to a wording
    that no longer stands; then `granted` is false.
    """

    pk = models.CompositePrimaryKey("contact_id", "purpose")
    contact_id = models.BigIntegerField()
    purpose = models.CharField(max_length=60)
    granted = models.BooleanField()
    entry_seq = models.BigIntegerField(null=True)
    since = models.DateTimeField(null=True)
    source = models.CharField(max_length=80, blank=True)
    suppressed = models.CharField(max_length=20, null=True)
    stale = models.BooleanField(default=False, db_default=False)
    xid = Xid8Field()

    class Meta:
        db_table = "standing"
        indexes = [models.Index(fields=["xid"], name="standing_xid")]


class SharingContract(models.Model):
    """An agreement under which a partner passes on personal data (PIPL, Art 23). Ended, never deleted.

    `purposes` are what the partner's customers may have agreed to; `fields` what may be passed on (names as in
    `intake.mapping`). The file lies in the folder of uploads; `file_digest` is its SHA-256.
    """

    partner = models.CharField(max_length=100)
    title = models.CharField(max_length=120)
    number = models.CharField(max_length=60, unique=True)
    scope = models.TextField()
    purposes = models.JSONField(default=list)
    fields = models.JSONField(default=list)
    starts_on = models.DateField()
    ends_on = models.DateField()
    file_name = models.CharField(max_length=255)
    file_path = models.CharField(max_length=500)
    file_digest = models.BinaryField()
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
    ended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "sharing_contract"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="contract_term"
            )
        ]


class ProofState(models.TextChoices):
    QUEUED = "queued", "排队中"
    WRITING = "writing", "生成中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"
    REMOVED = "removed", "已删除"


class ProofFile(models.Model):
    """A proof bundle that takes a while to draw up: asked for, written by a job, fetched, removed when it is old.

    `subject_id` is the campaign's. The row stays when the file goes, with the file's digest: it says which proof
    was handed out, when, by whom and why.
    """

    kind = models.CharField(max_length=10)  # consent.bundle.form.KINDS
    subject_id = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    revealed = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ProofState.choices, default=ProofState.QUEUED)
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    file_path = models.CharField(max_length=500, blank=True)
    file_bytes = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    fault = models.CharField(max_length=60, blank=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "proof_file"
        indexes = [models.Index(fields=["kind", "subject_id", "-id"], name="proof_file_subject")]
