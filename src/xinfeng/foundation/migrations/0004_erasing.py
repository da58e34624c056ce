from django.db import migrations

ERASABLE = """
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
"""

STRICT = """
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are facts: they are appended, never changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end $$;
"""


class Migration(migrations.Migration):
    """Facts about a person who asked for it are erased, and for that alone."""

    dependencies = [("foundation", "0003_login_failures")]

    operations = [migrations.RunSQL(ERASABLE, STRICT)]
