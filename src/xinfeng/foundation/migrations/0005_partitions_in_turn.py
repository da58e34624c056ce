from django.db import migrations

# `to_regclass` answers from the catalogue as the transaction knew it before it waited for its turn; a query of
# pg_class sees what has committed since.
MAKE = """
create or replace function make_partition(parent text, child text, from_time timestamptz, to_time timestamptz)
returns void language plpgsql as $$
declare
  by_column text;
begin
  perform pg_advisory_xact_lock(hashtext('make_partition'));
  if exists (
    select from pg_class where relname = child and relnamespace = current_schema()::regnamespace
  ) then
    return;
  end if;
  select p.by_column into strict by_column from partitioned_table p where p.name = parent;
  execute format('create table %I (like %I including defaults including constraints)', child, parent);
  execute format('alter table %I disable trigger user', parent || '_rest');
  execute format('with moved as (delete from %I where %I >= %L and %I < %L returning *) insert into %I select * from moved',
                 parent || '_rest', by_column, from_time, by_column, to_time, child);
  execute format('alter table %I enable trigger user', parent || '_rest');
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, child, from_time, to_time);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [('foundation', '0004_erasing')]

    operations = [migrations.RunSQL(MAKE, migrations.RunSQL.noop)]
