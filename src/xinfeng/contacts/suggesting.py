"""Pairs of contacts that may be one person. A machine finds them; a person decides.

Found night by night, a slice of the names at a time, so that no statement looks at more than a 256th of the base:
same name and birthday (sure enough to look at), same name, city and gender (a hint). Whoever has a common name is
never suggested for the name alone: a group that is larger than a family says nothing. Two dates of birth that
differ speak against it, two different member ids make it less likely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from xinfeng.contacts.masked import ContactRow, contacts_by_id
from xinfeng.contacts.models import ContactState, MergeSuggestion
from xinfeng.contacts.sql import CONFLICT_REASON
from xinfeng.foundation import audit
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import InvalidInput, NotFound

MOST_OPEN = 20_000
"""Suggestions waiting at a time; nobody looks through more. Each slice of the names has its share, and what earlier
ones left over."""

LARGEST_BIRTHDAY_GROUP, LARGEST_CITY_GROUP = 4, 3
_SLICES = 256

_PAIRS = """\
with people as materialized (
  select id, name_index, birthday, gender, city, region_guessed, external_id from contact
  where name_index >= %(first)s and (%(behind)s::bytea is null or name_index < %(behind)s) and state = 0
    and name_index is not null
), by_birthday as (
  select array_agg(id order by id) as ids from people where birthday is not null
  group by name_index, birthday having count(*) between 2 and %(birthday_group)s
), by_city as (
  select array_agg(id order by id) as ids from people
  where city is not null and gender <> 0 and not region_guessed
  group by name_index, city, gender having count(*) between 2 and %(city_group)s
), pairs as (
  select a.id as one_id, b.id as other_id, 80 as score, 'name_birthday' as why
  from by_birthday g, unnest(g.ids) as a(id), unnest(g.ids) as b(id) where a.id < b.id
  union all
  select a.id, b.id, 55, 'name_city_gender'
  from by_city g, unnest(g.ids) as a(id), unnest(g.ids) as b(id) where a.id < b.id
), scored as (
  select p.one_id, p.other_id, max(p.score)
      + case when count(*) > 1 then 10 else 0 end
      - case when a.gender <> 0 and b.gender <> 0 and a.gender <> b.gender then 25 else 0 end
      - case when a.external_id is not null and b.external_id is not null then 10 else 0 end as score,
    array_agg(p.why order by p.why) as why
  from pairs p join people a on a.id = p.one_id join people b on b.id = p.other_id
  where a.birthday is null or b.birthday is null or a.birthday = b.birthday
  group by p.one_id, p.other_id, a.gender, b.gender, a.external_id, b.external_id
)
insert into merge_suggestion as old (one_id, other_id, score, why, found_at, dismissed_by)
select one_id, other_id, score, why, %(now)s, '' from scored where score >= %(least)s
order by score desc, one_id limit %(limit)s
on conflict (one_id, other_id) do update set found_at = excluded.found_at,
  score = greatest(excluded.score, case when %(conflict)s = any(old.why) then old.score else 0 end),
  why = excluded.why || case when %(conflict)s = any(old.why) then array[%(conflict)s] else '{}' end"""

_FORGET = """\
delete from merge_suggestion s
where s.dismissed_at is null and (
  (s.found_at < %(now)s and not %(conflict)s = any(s.why))
  or exists (select from contact c where c.id in (s.one_id, s.other_id) and c.state <> %(alive)s))"""

LEAST_SCORE = 40


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two contacts, masked, and why they may be one person; `score` 0 to 100."""

    id: int
    one: ContactRow
    other: ContactRow
    score: int
    why: tuple[str, ...]
    found_at: datetime


def find_suggestions(*, now: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Look through all names; returns how many pairs are waiting. What no longer holds is forgotten, what was
    dismissed stays so."""
    for nr in range(_SLICES):
        with bulk_transaction() as connection:
            room = MOST_OPEN * (nr + 1) // _SLICES - _waiting(found_since=now)
            connection.execute(
                _PAIRS,
                {
                    "first": bytes([nr]),
                    "behind": bytes([nr + 1]) if nr + 1 < _SLICES else None,
                    "birthday_group": LARGEST_BIRTHDAY_GROUP,
                    "city_group": LARGEST_CITY_GROUP,
                    "least": LEAST_SCORE,
                    "limit": max(room, 0),
                    "conflict": CONFLICT_REASON,
                    "now": now,
                },
            )
        if progress is not None:
            progress(nr + 1)
    with bulk_transaction() as connection:
        connection.execute(
            _FORGET, {"now": now, "conflict": CONFLICT_REASON, "alive": int(ContactState.ALIVE)}
        )
    return MergeSuggestion.objects.filter(dismissed_at=None).count()


def _waiting(*, found_since: datetime) -> int:
    return MergeSuggestion.objects.filter(dismissed_at=None, found_at__gte=found_since).count()


def suggestions(*, after: str = "", limit: int = 20) -> tuple[list[Suggestion], str | None]:
    """Those nobody has decided, the likeliest first, and where the next page begins.

    Raises InvalidInput `request.page` for an `after` that was never given out.
    """
    wanted = MergeSuggestion.objects.filter(dismissed_at=None).order_by("-score", "-pk")
    if after:
        score, _, last = after.partition("_")
        try:
            place = (int(score), int(last))
        except ValueError:
            raise InvalidInput("request.page") from None
        if not (0 <= place[0] <= 1000 and 0 <= place[1] < 2**63):
            raise InvalidInput("request.page")
        wanted = wanted.extra(where=["(score, id) < (%s, %s)"], params=place)
    found = list(wanted[: limit + 1])
    shown = found[:limit]
    people = {row.id: row for row in contacts_by_id([one for s in shown for one in (s.one_id, s.other_id)])}
    listed = [
        Suggestion(s.pk, people[s.one_id], people[s.other_id], s.score, tuple(s.why), s.found_at)
        for s in shown
        if s.one_id in people and s.other_id in people
    ]
    return listed, f"{shown[-1].score}_{shown[-1].pk}" if len(found) > limit else None


def suggestion(suggestion_id: int) -> Suggestion:
    """One that is still open. Raises NotFound `suggestion.unknown`."""
    found = MergeSuggestion.objects.filter(pk=suggestion_id, dismissed_at=None).first()
    people = contacts_by_id([found.one_id, found.other_id]) if found else []
    if found is None or len(people) < 2:
        raise NotFound("suggestion.unknown", id=suggestion_id)
    return Suggestion(found.pk, people[0], people[1], found.score, tuple(found.why), found.found_at)


def suggestions_for(contact_id: int, *, limit: int = 5) -> list[Suggestion]:
    """Open suggestions that name this contact, the likeliest first."""
    both = MergeSuggestion.objects.filter(dismissed_at=None)
    found = [*both.filter(one_id=contact_id)[:limit], *both.filter(other_id=contact_id)[:limit]]
    found.sort(key=lambda one: -one.score)
    people = {
        row.id: row for row in contacts_by_id([one for s in found[:limit] for one in (s.one_id, s.other_id)])
    }
    return [
        Suggestion(s.pk, people[s.one_id], people[s.other_id], s.score, tuple(s.why), s.found_at)
        for s in found[:limit]
        if s.one_id in people and s.other_id in people
    ]


def open_suggestions() -> int:
    """How many wait for a decision."""
    return MergeSuggestion.objects.filter(dismissed_at=None).count()


def dismiss(suggestion_id: int, *, actor: str, now: datetime) -> None:
    """These two are not one person; they are not suggested again. Raises NotFound `suggestion.unknown`."""
    with bulk_transaction():
        changed = MergeSuggestion.objects.filter(pk=suggestion_id, dismissed_at=None).update(
            dismissed_at=now, dismissed_by=actor
        )
        if not changed:
            raise NotFound("suggestion.unknown", id=suggestion_id)
        audit.record(actor=actor, action="suggestion.dismiss", kind="suggestion", subject=suggestion_id)
