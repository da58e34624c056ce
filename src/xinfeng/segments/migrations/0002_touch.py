from django.db import migrations

from xinfeng.foundation import partitions


class Migration(migrations.Migration):
    dependencies = [('segments', '0001_initial'), ('foundation', '0002_partitions')]

    operations = [
        partitions.TouchXid("segment_member"),
    ]
