"""The statements of bulk writing (`contacts.sql`)."""

COPY_NEW = """\
copy contact (id, external_id, phone_sealed, phone_index, name_sealed, name_index, gender, birthday, province,
  city, carrier, language, level, tags, attrs, tail_index, region_guessed, joined_at, created_at, updated_at)
  from stdin (format binary)"""

COPY_FACTS = "copy tag_fact (contact_id, tag_id, added, at, actor, reason) from stdin (format binary)"

CREATE_STAGE = """\
create temp table if not exists staged_contact (
  id bigint, external_id text, phone_sealed bytea, phone_index bytea, name_sealed bytea, name_index bytea,
  gender smallint, birthday date, province text, city text, carrier smallint, language text, level text,
  tags int[], attrs jsonb, tail_index int, region_guessed boolean, joined_at timestamptz
) on commit delete rows"""

COPY_STAGE = """\
copy staged_contact (id, external_id, phone_sealed, phone_index, name_sealed, name_index, gender, birthday,
  province, city, carrier, language, level, tags, attrs, tail_index, region_guessed, joined_at)
  from stdin (format binary)"""

# Province and city go together. What is stated takes the place of a guess as a whole; the guess (`region_guessed`
# in the stage: nothing is stated, these were read off the number) counts only where the number changes and nothing
# had been stated. A city that is stated and was guessed rightly keeps the province that was guessed with it.
#
# Sealed bytes differ at every sealing, so "the same" is decided by the keyed hashes beside them. It is decided
# where each staged row meets its contact by id; the update then only looks for those that differ, if any.
MERGE_STAGED = """\
with incoming as (
  select s.*, m.missing, r.province as new_province, r.city as new_city, r.guessed as new_guessed, m.missing <> '{}' or
    (coalesce(s.external_id, c.external_id), coalesce(s.phone_index, c.phone_index),
     coalesce(s.name_index, c.name_index), coalesce(s.gender, c.gender), coalesce(s.birthday, c.birthday),
     r.province, r.city, r.guessed, coalesce(s.language, c.language),
     coalesce(s.level, c.level), coalesce(s.joined_at, c.joined_at), c.attrs || s.attrs)
    is distinct from
    (c.external_id, c.phone_index, c.name_index, c.gender, c.birthday, c.province, c.city, c.region_guessed,
     c.language, c.level, c.joined_at, c.attrs) as differs
  from staged_contact s join contact c on c.id = s.id
  cross join lateral (select case when s.tags <@ c.tags then '{}' else
    array(select t from unnest(s.tags) with ordinality as u(t, o) where t <> all (c.tags) order by o) end
    as missing) m
  cross join lateral (select
    case when s.region_guessed then s.phone_index is not null and s.phone_index is distinct from c.phone_index
      and (c.region_guessed or (c.province is null and c.city is null)) else false end as by_number,
    not s.region_guessed and (s.province is not null or s.city is not null) as stated) h
  cross join lateral (select
    case when h.by_number then s.province
      when h.stated and c.region_guessed
        then coalesce(s.province, case when s.city = c.city then c.province end)
      when h.stated then coalesce(s.province, c.province) else c.province end as province,
    case when h.by_number or (h.stated and c.region_guessed) then s.city
      when h.stated then coalesce(s.city, c.city) else c.city end as city,
    case when h.by_number then s.province is not null else c.region_guessed and not h.stated end as guessed) r
), changed as (
  update contact c set
    external_id = coalesce(i.external_id, c.external_id),
    phone_sealed = case when i.phone_index is null or i.phone_index = c.phone_index
                        then c.phone_sealed else i.phone_sealed end,
    phone_index = coalesce(i.phone_index, c.phone_index),
    tail_index = case when i.phone_index is null or i.phone_index = c.phone_index
                      then c.tail_index else i.tail_index end,
    carrier = case when i.phone_index is null or i.phone_index = c.phone_index then c.carrier else i.carrier end,
    name_sealed = case when i.name_index is null or i.name_index = c.name_index
                       then c.name_sealed else i.name_sealed end,
    name_index = coalesce(i.name_index, c.name_index),
    gender = coalesce(i.gender, c.gender),
    birthday = coalesce(i.birthday, c.birthday),
    province = i.new_province,
    city = i.new_city,
    region_guessed = i.new_guessed,
    language = coalesce(i.language, c.language),
    level = coalesce(i.level, c.level),
    tags = c.tags || i.missing,
    attrs = c.attrs || i.attrs,
    joined_at = coalesce(i.joined_at, c.joined_at),
    updated_at = %(now)s
  from incoming i
  where i.differs and c.id = i.id
  returning c.id
), facts as (
  insert into tag_fact (contact_id, tag_id, added, at, actor, reason)
  select i.id, t, true, %(now)s, %(actor)s, %(reason)s from incoming i, unnest(i.missing) as t
)
select id from changed"""

NOTE_CONFLICTS = """\
insert into merge_suggestion as old (one_id, other_id, score, why, found_at, dismissed_by)
select u.one_id, u.other_id, %(score)s, array[%(why)s], %(now)s, ''
from unnest(%(ones)s::bigint[], %(others)s::bigint[]) as u(one_id, other_id)
on conflict (one_id, other_id) do update set found_at = excluded.found_at,
  score = greatest(old.score, excluded.score),
  why = case when old.why @> excluded.why then old.why else old.why || excluded.why end"""
