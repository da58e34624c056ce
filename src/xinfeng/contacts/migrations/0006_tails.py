"""Numbers that were there before people could be found by their last four digits get the hash of those digits."""

from typing import Any

from django.db import migrations, transaction

_STEP = 20_000


def fill_tails(_apps: Any, editor: Any) -> None:
    """In steps of their own; the vault's key is only asked for where there are numbers."""
    from xinfeng.foundation.vault import Kind, vault

    after = 0
    while True:
        with transaction.atomic(using=editor.connection.alias), editor.connection.cursor() as cursor:
            cursor.execute(
                "select id, phone_sealed from contact where id > %s and phone_sealed is not null "
                "and tail_index is null order by id limit %s for update",
                (after, _STEP),
            )
            rows = cursor.fetchall()
            if not rows:
                return
            numbers = vault().open_many(Kind.PHONE, [bytes(sealed) for _, sealed in rows])
            cursor.execute(
                "update contact c set tail_index = u.tail "
                "from unnest(%s::bigint[], %s::int[]) as u(id, tail) where c.id = u.id",
                ([contact_id for contact_id, _ in rows], vault().tail_indexes(numbers)),
            )
        after = rows[-1][0]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0005_search"), ("foundation", "0002_partitions")]
    operations = [migrations.RunPython(fill_tails, migrations.RunPython.noop)]
