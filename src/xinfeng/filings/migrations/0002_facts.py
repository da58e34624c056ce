"""Steps are facts; the gap calendar begins with what is known and what may be expected."""

from django.db import migrations

from xinfeng.filings import defaults
from xinfeng.foundation import partitions


def put(apps, schema_editor):
    FilingGap = apps.get_model("filings", "FilingGap")
    FilingGap.objects.bulk_create(
        FilingGap(
            name=gap.name,
            carrier=gap.carrier,
            vendor=gap.vendor,
            first_day=gap.first_day,
            last_day=gap.last_day,
            source=gap.source,
            provisional=gap.provisional,
        )
        for gap in defaults.GAPS
    )


class Migration(migrations.Migration):
    dependencies = [("filings", "0001_initial"), ("foundation", "0002_partitions")]

    operations = [
        partitions.Immutable("filing_step"),
        migrations.RunPython(put, migrations.RunPython.noop),
    ]
