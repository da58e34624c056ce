from django.db import migrations

# Under `xinfeng.resealing` a row may get other sealed bytes and nothing else: whatever is not named `…_sealed` must
# stay as it is. See docs/adr/0013.
RESEALABLE = """
create function unsealed_part(fact jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(fact) where key not like '%\\_sealed'
$$;

create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if current_setting('xinfeng.erasing', true) = 'on' then
    if tg_op = 'DELETE' then
      return old;
    end if;
    return new;
  end if;
  if tg_op = 'UPDATE' and current_setting('xinfeng.resealing', true) = 'on'
    and unsealed_part(to_jsonb(old)) = unsealed_part(to_jsonb(new)) then
    return new;
  end if;
  raise exception 'rows of % are facts: they are appended, never changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end $$;

create or replace function touch_xid() returns trigger language plpgsql as $$
begin
  if current_setting('xinfeng.resealing', true) = 'on' then
    return new;  -- the lens holds nothing that is sealed: for it the row is as it was
  end if;
  new.xid := pg_current_xact_id();
  return new;
end $$;
"""

BEFORE = """
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if current_setting('xinfeng.erasing', true) = 'on' then
    if tg_op = 'DELETE' then
      return old;
    end if;
    return new;
  end if;
  raise exception 'rows of % are facts: they are appended, never changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end $$;

create or replace function touch_xid() returns trigger language plpgsql as $$
begin
  new.xid := pg_current_xact_id();
  return new;
end $$;

drop function unsealed_part(jsonb);
"""


class Migration(migrations.Migration):
    """Sealed columns of facts may be sealed anew while the system runs; nothing else of a fact may change."""

    dependencies = [("foundation", "0006_safety")]

    operations = [migrations.RunSQL(RESEALABLE, BEFORE)]
