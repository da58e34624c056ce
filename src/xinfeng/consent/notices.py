"""The wordings people agree to, in versions. A version never changes; a later one may overtake it.

When the purpose, the method or the kinds of data change, consent has to be asked for again (PIPL, Art 14(2)). Such a
version is published with `requires_renewal`: from its `effective_at` on, grants under older versions of its key no
longer count. That moment is carried out by a job (`retire_overtaken`), which first marks the older versions, so that
every standing derived afterwards is stale, and then derives those again that rest on them, in steps. Until a
step has reached a person her old consent counts, and a chunk that a gateway has loaded already is sent. Consent
given elsewhere, under another key or without a notice, is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from xinfeng.consent import sql
from xinfeng.consent.barrier import silence_wire, take_ledger
from xinfeng.consent.models import Notice
from xinfeng.consent.purposes import check
from xinfeng.consent.script import perform
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

LONGEST_KEY, LONGEST_VERSION, LONGEST_TEXT = 40, 20, 20_000
_STEP = 10_000

_REST_ON = """\
select s.contact_id from standing s join consent_entry e on e.seq = s.entry_seq and e.contact_id = s.contact_id
where s.granted and s.purpose = %(purpose)s and s.contact_id > %(after)s and e.notice_id = %(notice)s
order by s.contact_id limit %(step)s"""


def publish_notice(
    *,
    key: str,
    version: str,
    purpose: str,
    text: str,
    effective_at: datetime,
    actor: str,
    requires_renewal: bool = False,
) -> Notice:
    """Keep the wording people agree to. A version never changes: raises Conflict `notice.exists` if it has other
    words; the same words again are the same notice.

    `requires_renewal`: from `effective_at` on, consent to older versions of this key is stale. Raises InvalidInput
    `notice.incomplete`, `notice.too_long`, `consent.purpose`, `notice.other_purpose` (versions of one key are about
    one purpose; `known`) and `notice.nothing_to_renew` (there is no older version).
    """
    if not key.strip() or not version.strip() or not text.strip():
        raise InvalidInput("notice.incomplete")
    if len(key) > LONGEST_KEY or len(version) > LONGEST_VERSION or len(text) > LONGEST_TEXT or "\x00" in text:
        raise InvalidInput("notice.too_long", longest=LONGEST_TEXT)
    check(purpose)
    given = {
        "purpose": purpose,
        "text": text,
        "effective_at": effective_at,
        "requires_renewal": requires_renewal,
        "created_by": actor,
    }
    with transaction.atomic():
        notice, made = Notice.objects.get_or_create(key=key, version=version, defaults=given)
        if not made:
            if notice.text != text or notice.purpose != purpose:
                raise Conflict("notice.exists", key=key, version=version)
            return notice
        if requires_renewal:
            _overtake(notice)
        audit.record(
            actor=actor,
            action="notice.publish",
            kind="notice",
            subject=notice.pk,
            key=key,
            version=version,
            requires_renewal=requires_renewal,
        )
    return notice


def _overtake(notice: Notice) -> None:
    older = Notice.objects.filter(key=notice.key, pk__lt=notice.pk)
    other = older.exclude(purpose=notice.purpose).values_list("purpose", flat=True).first()
    if other is not None:
        raise InvalidInput("notice.other_purpose", known=other)
    if not older.exists():
        raise InvalidInput("notice.nothing_to_renew")
    older.filter(overtaken_at=None).update(overtaken_at=notice.effective_at)
    older.filter(overtaken_at__gt=notice.effective_at, outdated=False).update(
        overtaken_at=notice.effective_at
    )


def retire_overtaken(*, now: datetime) -> int:
    """Let consent to wordings that were overtaken by now go stale; returns how many standings changed.

    Can be interrupted and run again: a notice is retired only when the last standing has followed.
    """
    due = Notice.objects.filter(overtaken_at__lte=now, retired_at=None).order_by("pk")
    count = 0
    for notice in due:
        with bulk_transaction() as connection:
            perform(connection, take_ledger())  # nobody writes a standing while the rule changes
            Notice.objects.filter(pk=notice.pk).update(outdated=True)
        after = 0
        while ids := _retire_step(notice, after):
            count, after = count + len(ids), ids[-1]
        with transaction.atomic():
            Notice.objects.filter(pk=notice.pk).update(retired_at=now)
            audit.record(actor="system:consent", action="notice.retire", kind="notice", subject=notice.pk)
    return count


def _retire_step(notice: Notice, after: int) -> list[int]:
    with bulk_transaction() as connection:
        perform(connection, take_ledger())
        ids = _resting_on(connection, notice, after)
        if ids:
            perform(connection, sql.refresh(ids))
            perform(connection, silence_wire())
    return ids


def _resting_on(connection: Connection, notice: Notice, after: int) -> list[int]:
    given = {"purpose": notice.purpose, "notice": notice.pk, "after": after, "step": _STEP}
    return [row[0] for row in connection.execute(_REST_ON, given).fetchall()]


def notice_of(notice_id: int) -> Notice:
    """Raises NotFound `notice.unknown`."""
    notice = Notice.objects.filter(pk=notice_id).first()
    if notice is None:
        raise NotFound("notice.unknown", id=notice_id)
    return notice


def versions_of(key: str) -> list[Notice]:
    """The versions of one wording, newest first."""
    return list(Notice.objects.filter(key=key).order_by("-effective_at", "-pk"))


def before(notice: Notice) -> Notice | None:
    """The version that stood before this one."""
    return Notice.objects.filter(key=notice.key, pk__lt=notice.pk).order_by("-pk").first()


def counts_of_keys() -> Mapping[str, int]:
    """How many versions each key has."""
    return dict(Notice.objects.order_by("key").values_list("key").annotate(n=Count("pk")))
