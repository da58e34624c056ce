from django.db import migrations

from xinfeng.foundation import partitions

# Erasure empties the keyed hash of the number; nothing else of a fact ever changes.
FACTS_STAY = """
create function number_fact_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.phone_index is null then
    new.phone_index := old.phone_index;
    if new is not distinct from old then
      new.phone_index := null;
      new.xid := pg_current_xact_id();
      return new;
    end if;
  end if;
  raise exception 'rows of % are facts: they are appended, never changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end $$;
create trigger number_fact_immutable before update or delete on number_fact
  for each row execute function number_fact_stays();
"""

# What is known is known of a number, not of a person: another number is one of which nothing is known.
FOLLOW_CONTACT = """
create function number_state_follows() returns trigger language plpgsql as $$
begin
  if new.phone_index is distinct from old.phone_index then
    update number_state set phone_index = new.phone_index, number_since = now(), state = 0, since = null,
      quarantined = false, quarantine = '', quarantined_at = null, failures = 0, failed_at = null,
      failed_message = null, alive_at = null, checked_at = null, asked_at = null, carrier_now = 0, ported = false,
      recheck = false, gone = new.phone_index is null or new.state <> 0
    where contact_id = new.id;
    if not found and old.phone_index is not null then
      insert into number_state (contact_id, phone_index, number_since, gone)
      values (new.id, new.phone_index, now(), new.phone_index is null or new.state <> 0)
      on conflict (contact_id) do nothing;
    end if;
  else
    update number_state set gone = new.phone_index is null or new.state <> 0 where contact_id = new.id;
  end if;
  return null;
end $$;
create trigger number_state_follows after update of phone_index, state on contact for each row
  when (old.phone_index is distinct from new.phone_index or old.state is distinct from new.state)
  execute function number_state_follows();
"""


class Migration(migrations.Migration):
    dependencies = [
        ('hygiene', '0001_initial'),
        ('contacts', '0004_people'),
        ('foundation', '0002_partitions'),
    ]

    operations = [
        partitions.TouchXid("number_state"),
        partitions.CreatePartitioned(
            "number_fact",
            "at",
            """
            id bigint generated always as identity,
            contact_id bigint not null,
            phone_index bytea,
            source varchar(10) not null,
            provider varchar(60) not null default '',
            code varchar(40) not null default '',
            state smallint not null,
            quarantined boolean not null,
            at timestamptz not null,
            actor varchar(150) not null,
            detail varchar(200) not null default '',
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index number_fact_contact on number_fact (contact_id, at)",
                "create index number_fact_xid on number_fact (xid)",
            ),
        ),
        migrations.RunSQL(FACTS_STAY, "drop function number_fact_stays() cascade"),
        migrations.RunSQL(
            FOLLOW_CONTACT,
            "drop trigger number_state_follows on contact; drop function number_state_follows()",
        ),
    ]
