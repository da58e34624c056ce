from django.db import migrations


class Migration(migrations.Migration):
    """Vendors have codes as long as `isv.BUSINESS_LIMIT_CONTROL`; CMPP's results and status words are short."""

    dependencies = [("delivery", "0005_totals")]

    operations = [
        migrations.RunSQL(
            """
            alter table attempt alter column code type varchar(60);
            alter table receipt alter column stat type varchar(60);
            alter table receipt_match alter column stat type varchar(60);
            """,
            migrations.RunSQL.noop,
        )
    ]
