from django.db import migrations

from xinfeng.foundation import partitions


class Migration(migrations.Migration):
    """Facts stay as they were written; what is derived from them tells the lens of its changes."""

    dependencies = [("complaints", "0001_initial"), ("foundation", "0007_resealing")]

    operations = [
        partitions.Immutable("complaint"),
        partitions.Immutable("complaint_step"),
        partitions.Immutable("complaint_match"),
        partitions.Immutable("complaint_attachment"),
        partitions.Immutable("complaint_waiver"),
        partitions.TouchXid("complaint_standing"),
    ]
