from django.db import migrations

# Numbers that were found reassigned before rows gave them up (docs/adr/0010): they leave their former owners now, if
# nothing has opened them since. The trigger on contacts empties what is known with the number; it is put back.
LEAVE = """
create temp table reassigned_before on commit drop as
select n.* from number_state n join contact c on c.id = n.contact_id
where n.quarantine = 'reassigned' and not n.gone and c.state = 0 and c.phone_index is not null
  and c.phone_sealed is not null and exists (
    select from suppression s
    where s.phone_index = c.phone_index and s.reason = 'reassigned' and s.lifted_at is null);
insert into former_number (contact_id, phone_index, phone_sealed, tail_index, carrier, released_at, actor)
select c.id, c.phone_index, c.phone_sealed, c.tail_index, c.carrier, b.quarantined_at, 'system:migration'
from reassigned_before b join contact c on c.id = b.contact_id;
update contact c set phone_index = null, phone_sealed = null, tail_index = null, carrier = 0
from reassigned_before b where c.id = b.contact_id;
update number_state n set state = b.state, since = b.since, quarantined = true, quarantine = b.quarantine,
  quarantined_at = b.quarantined_at, alive_at = b.alive_at, checked_at = b.checked_at, asked_at = b.asked_at,
  carrier_now = b.carrier_now, ported = b.ported, gone = false
from reassigned_before b where n.contact_id = b.contact_id;
update standing t set suppressed = null from reassigned_before b
where t.contact_id = b.contact_id and t.suppressed is not null;
-- Whoever had opened such a number by her own word was let out of quarantine every five minutes.
update number_state n set state = 0, since = n.quarantined_at, quarantined = false, quarantine = '', quarantined_at = null
where n.quarantine = 'reassigned' and not n.gone and n.phone_index is not null
  and exists (select from standing t where t.contact_id = n.contact_id and t.granted and t.since > n.quarantined_at);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("hygiene", "0002_facts"),
        ("contacts", "0008_former_number"),
        ("consent", "0005_proof_file"),
    ]

    operations = [migrations.RunSQL(LEAVE, migrations.RunSQL.noop)]
