"""Which line of the journal of erasures a backup knew of: the journal itself lies beside the keys and is newer."""

from xinfeng.foundation.backups.settling import Restored

RESTORED = (
    Restored(
        "journal", head="select journal_seq, journal_mac from erasure order by journal_seq desc limit 1"
    ),
)
