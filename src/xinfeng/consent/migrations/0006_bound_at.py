from django.db import migrations

# The lens sees the ledger now, by what has committed since its last look.
# The wire is held when a suppression is written, so this is the moment from which nothing leaves any more. Rows of
# before don't have it. Only questions of `inspection` read it; the model doesn't need it.
BOUND_AT = """
alter table suppression add column bound_at timestamptz;
alter table suppression alter column bound_at set default clock_timestamp();
create index suppression_at on suppression (at);
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_proof_file")]

    operations = [
        migrations.RunSQL(BOUND_AT, "alter table suppression drop column bound_at"),
        migrations.RunSQL("create index consent_entry_xid on consent_entry (xid)", "drop index consent_entry_xid"),
    ]
