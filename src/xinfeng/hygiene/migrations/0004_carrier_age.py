from django.db import migrations, models

SINCE = """
create function number_carrier_learned() returns trigger language plpgsql as $$
begin
  if new.carrier_now = 0 and not new.ported then
    new.carrier_at = null;
  elsif tg_op = 'INSERT' or new.carrier_now <> old.carrier_now or new.ported <> old.ported
      or new.phone_index is distinct from old.phone_index then
    new.carrier_at = coalesce(new.checked_at, now());
    if tg_op = 'UPDATE' and new.checked_at is not distinct from old.checked_at then
      new.carrier_at = now();
    end if;
  elsif new.checked_at > old.checked_at or old.checked_at is null and new.checked_at is not null then
    new.carrier_at = new.checked_at;
  end if;
  return new;
end $$;
create trigger number_carrier_learned before insert or update on number_state
  for each row execute function number_carrier_learned();
update number_state set carrier_at = coalesce(checked_at, since, number_since, now()) where carrier_now <> 0 or ported;
"""


class Migration(migrations.Migration):
    """Since when it is known who serves a number: it is forgotten after a while, because people move on."""

    dependencies = [("hygiene", "0003_reassigned_leave")]

    operations = [
        migrations.AddField(
            model_name="numberstate", name="carrier_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddIndex(
            model_name="numberstate",
            index=models.Index(
                fields=["carrier_at"],
                condition=models.Q(carrier_at__isnull=False),
                name="number_state_carrier_age",
            ),
        ),
        migrations.RunSQL(
            SINCE,
            "drop trigger number_carrier_learned on number_state; drop function number_carrier_learned();",
        ),
    ]
