"""Tags that keep themselves up to date (feature A3): on whomever a rule describes, and on nobody else.

A run asks the lens one question: who should have the tag and doesn't, and who has it and shouldn't. Only these
differences are written; each leaves a tag fact with the rule in words as its reason. A rule that
profiles leaves out whoever refused to be profiled. Rules run in the order in which they name each other's tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import ibis
import pyarrow.compute as pc
from django.db import transaction
from django.db.models import F

from xinfeng.contacts.models import Tag, TagKind
from xinfeng.contacts.persons import without_withdrawn
from xinfeng.contacts.tag_names import tag_name
from xinfeng.contacts.tagging import tag_many
from xinfeng.contacts.tiers import recompute_tiers_of, tier_rules
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import Lens
from xinfeng.segments.models import TagRule
from xinfeng.segments.reading import in_words
from xinfeng.segments.reads import names_for, rule_audience
from xinfeng.segments.references import check_references, named_by, rule_profiles
from xinfeng.segments.rules import Rule, tags_in, to_json
from xinfeng.segments.vocabulary import parse_rule

STEP = 20_000
"""Contacts tagged in one transaction: others who write contacts wait for no longer than that takes."""
LONGEST_REASON = 200

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


@dataclass(frozen=True)
class Ran:
    """What a run did: people who got the tag, who lost it, and who have it now."""

    added: int
    removed: int
    size: int


def actor_of(rule_id: int) -> str:
    """Who puts such a tag on, as tag facts name it."""
    return f"rule:{rule_id}"


def get_rule(rule_id: int) -> TagRule:
    """With its tag. Raises NotFound `tag_rule.unknown`."""
    found = TagRule.objects.select_related("tag").filter(pk=rule_id).first()
    if found is None:
        raise NotFound("tag_rule.unknown", id=rule_id)
    return found


def rule_of_tag(tag_id: int) -> int | None:
    """The rule that keeps a tag, or kept it before it was switched off."""
    return TagRule.objects.filter(tag_id=tag_id).values_list("pk", flat=True).first()


def rules(*, search: str = "", offset: int = 0, limit: int = 25) -> tuple[list[TagRule], int]:
    """A page of all rule tags by name, switched off ones last, and how many there are."""
    found = TagRule.objects.select_related("tag")
    if wanted := search.replace("\0", "").strip():
        found = found.filter(tag__name__icontains=wanted)
    return list(found.order_by("-enabled", "tag__name")[offset : offset + limit]), found.count()


def define(*, name: str, rule: Any, actor: str, description: str = "") -> TagRule:
    """Make a tag that follows a rule; the first run puts it on.

    Raises InvalidInput for the name or the rule (`rule.circle` when it names this tag, directly or not), Conflict
    `tag_rule.tag_taken`: people have put a tag of this name on by hand, which a rule would take off them.
    """
    parsed = parse_rule(rule)
    wanted = tag_name(name)
    with transaction.atomic():
        tag, made = Tag.objects.get_or_create(
            name=wanted, defaults={"kind": TagKind.RULE, "description": description.strip()[:200]}
        )
        if not made and (
            tag.kind != TagKind.RULE or tag.merged_into_id or TagRule.objects.filter(tag=tag).exists()
        ):
            raise Conflict("tag_rule.tag_taken", name=wanted)
        check_references(parsed, tag_id=tag.pk)
        made_rule = TagRule.objects.create(tag=tag, rule=to_json(parsed), created_by=actor)
        _audit("tag_rule.define", made_rule, actor)
    return made_rule


def change(rule_id: int, *, rule: Any, actor: str) -> TagRule:
    """Let a tag follow another rule, from the next run on. Raises what `define` raises for a rule."""
    parsed = parse_rule(rule)
    with transaction.atomic():
        row = _locked(rule_id)
        check_references(parsed, tag_id=row.tag_id)
        row.rule, row.fault = to_json(parsed), None
        row.save(update_fields=["rule", "fault", "updated_at"])
        _audit("tag_rule.change", row, actor)
    return row


def switch_on(rule_id: int, *, actor: str) -> TagRule:
    """Let the rule run again. Raises what `define` raises, for other rules may have changed meanwhile."""
    with transaction.atomic():
        row = _locked(rule_id)
        check_references(parse_rule(row.rule), tag_id=row.tag_id)
        row.enabled = True
        row.save(update_fields=["enabled", "updated_at"])
        _audit("tag_rule.switch_on", row, actor)
    return row


def switch_off(
    rule_id: int, *, actor: str, keep_tag: bool, lens: Lens, now: datetime, progress: Progress | None = None
) -> int:
    """Stop the rule. The tag stays on whoever has it (`keep_tag`), or is taken off everybody; returns of how many."""
    with transaction.atomic():
        row = _locked(rule_id)
        row.enabled = False
        row.save(update_fields=["enabled", "updated_at"])
        _audit("tag_rule.switch_off", row, actor, keep_tag=keep_tag)
    if keep_tag:
        return 0
    lens.refresh()
    ids = _ids(lens, _tagged(lens, row.tag_id))
    removed = tag_in_steps(
        ids,
        row.tag_id,
        added=False,
        actor=actor,
        reason="规则已停用 / rule switched off",
        now=now,
        progress=progress,
    )
    TagRule.objects.filter(pk=rule_id).update(size=0, removed=removed, added=0, last_changed_at=now)
    return removed


def run(rule_id: int, *, lens: Lens, now: datetime, progress: Progress | None = None) -> Ran:
    """Bring one tag up to date with its rule. What stops it is kept as the rule's fault, and raised.

    Raises Conflict `tag_rule.off`, and InvalidInput when the rule can't be asked any more; the tag then stays as
    it is.
    """
    row = get_rule(rule_id)
    if not row.enabled:
        raise Conflict("tag_rule.off", name=row.tag.name)
    lens.refresh()
    try:
        rule = parse_rule(row.rule)
        wanted = _wanted(lens, rule, now)
        tagged = _tagged(lens, row.tag_id)
        missing, surplus = _differences(lens, wanted, tagged)
        had = int(lens.scalar(tagged.count()))
    except InvalidInput as fault:
        TagRule.objects.filter(pk=rule_id).update(
            last_run_at=now, fault={"code": fault.code, "params": plain(fault.params)}
        )
        raise
    reason = in_words(rule, "zh-hans", names_for(rule))
    steps = _Steps(len(missing) + len(surplus), progress)
    follow = partial(
        tag_in_steps,
        tag_id=row.tag_id,
        actor=actor_of(rule_id),
        reason=reason,
        now=now,
        progress=steps.first,
        so_long_as=partial(_still_says, row),
    )
    added = follow(missing, added=True)
    steps.before = len(missing)
    removed = follow(surplus, added=False)
    done = Ran(added, removed, had + added - removed)
    changed = {"added": added, "removed": removed, "last_changed_at": now} if added or removed else {}
    said = TagRule.objects.filter(pk=rule_id, enabled=True, updated_at=row.updated_at)
    said.update(last_run_at=now, size=done.size, fault=None, **changed)
    return done


def run_all(*, lens: Lens, now: datetime) -> dict[int, Ran | str]:
    """Run every rule that is on, those first whose tags others name; by rule id what was done, or the code of what
    stopped it. One faulty rule stops no other."""
    found: dict[int, Ran | str] = {}
    for row in in_order(
        TagRule.objects.filter(enabled=True).order_by(F("last_run_at").asc(nulls_first=True))
    ):
        try:
            found[row.pk] = run(row.pk, lens=lens, now=now)
        except (InvalidInput, Conflict, NotFound) as fault:
            found[row.pk] = fault.code
    return found


def in_order(rows: Iterable[TagRule]) -> list[TagRule]:
    """Rules whose tags others go by before those others; else as given."""
    waiting = {row.tag_id: row for row in rows}
    needs: dict[int, set[int]] = {tag_id: _needs(row) for tag_id, row in waiting.items()}
    found: list[TagRule] = []
    while waiting:
        ready = [tag_id for tag_id in waiting if not needs[tag_id] & (waiting.keys() - {tag_id})]
        # A circle made by two who saved at once has to end somewhere.
        found += [waiting.pop(tag_id) for tag_id in ready or list(waiting)[:1]]
    return found


def _needs(row: TagRule) -> set[int]:
    try:
        rule = parse_rule(row.rule)
        inside = [inner for inner in named_by(rule).rules.values() if inner is not None]
        return {tag for each in (rule, *inside) for tag in tags_in(each)}
    except InvalidInput:
        return set()


def tag_in_steps(
    contact_ids: Sequence[int],
    tag_id: int,
    *,
    added: bool,
    actor: str,
    reason: str,
    now: datetime,
    progress: Progress | None = None,
    so_long_as: Callable[[Connection], bool] | None = None,
) -> int:
    """Put a tag on many, or take it off, a transaction for every STEP; returns how many were changed. Broken off in
    the middle, it can be done again: who has been seen to is passed over. `so_long_as` is asked in each transaction,
    and ends it when the answer is no."""
    matters_to_tiers = Tag.objects.filter(pk=tag_id, name=tier_rules().industry_tag).exists()
    changed = 0
    for start in range(0, len(contact_ids), STEP):
        ids = contact_ids[start : start + STEP]
        with bulk_transaction() as connection:
            if so_long_as is not None and not so_long_as(connection):
                break
            changed += tag_many(
                connection, ids, tag_id, added=added, actor=actor, reason=reason[:LONGEST_REASON], now=now
            )
            if matters_to_tiers:
                recompute_tiers_of(connection, ids, now=now)
        if progress is not None:
            progress(start + len(ids), len(contact_ids))
    return changed


def _still_says(row: TagRule, connection: Connection) -> bool:
    """Whether the rule is on and the same as when it was asked: whoever switches it off, takes its tag off everybody
    or changes it while it runs must not find it putting on what it found before."""
    found = connection.execute(
        "select enabled and updated_at = %s from tag_rule where id = %s for share", (row.updated_at, row.pk)
    ).fetchone()
    return found is not None and bool(found[0])


@dataclass
class _Steps:
    """Progress over two stretches as one."""

    total: int
    progress: Progress | None
    before: int = 0

    def first(self, done: int, _of: int) -> None:
        if self.progress is not None:
            self.progress(self.before + done, self.total)


def _wanted(lens: Lens, rule: Rule, now: datetime) -> ibis.Table:
    named = named_by(rule)
    people = rule_audience(lens, rule, now, named)
    return without_withdrawn(lens, people) if rule_profiles(rule, named) else people


def _differences(lens: Lens, wanted: ibis.Table, tagged: ibis.Table) -> tuple[list[int], list[int]]:
    """Who is to get the tag, and who is to lose it."""
    joined = wanted.mutate(wanted=True).outer_join(tagged.mutate(tagged=True), "contact_id")
    unlike = joined.filter(joined["wanted"].isnull() | joined["tagged"].isnull())
    people = unlike.select(
        contact_id=ibis.coalesce(unlike["contact_id"], unlike["contact_id_right"]),
        missing=unlike["tagged"].isnull(),
    )
    rows = lens.rows(people.order_by("contact_id"))
    ids, missing = rows.column("contact_id"), rows.column("missing")
    return ids.filter(missing).to_pylist(), ids.filter(pc.invert(missing)).to_pylist()


def _tagged(lens: Lens, tag_id: int) -> ibis.Table:
    contact = lens.table("contact")
    return contact.filter(contact["tags"].contains(tag_id).fill_null(False)).select(contact_id=contact["id"])


def _ids(lens: Lens, people: ibis.Table) -> list[int]:
    """In their order, so that neighbours in the table are written together."""
    found: list[int] = lens.rows(people.order_by("contact_id")).column("contact_id").to_pylist()
    return found


def _locked(rule_id: int) -> TagRule:
    get_rule(rule_id)
    return TagRule.objects.select_for_update(of=("self",)).select_related("tag").get(pk=rule_id)


def plain(params: dict[str, Any]) -> dict[str, Any]:
    """A fault's parameters as JSON can keep them."""
    return {
        key: value if isinstance(value, str | int | float) else str(value) for key, value in params.items()
    }


def _audit(action: str, row: TagRule, actor: str, **details: Any) -> None:
    audit.record(actor=actor, action=action, kind="tag_rule", subject=row.pk, tag=row.tag.name, **details)
