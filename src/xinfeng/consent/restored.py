"""The ledger says where it ended when a backup was made."""

from xinfeng.foundation.backups.settling import Restored

RESTORED = (Restored("ledger", head="select seq, hash from ledger_head where id = 1"),)
