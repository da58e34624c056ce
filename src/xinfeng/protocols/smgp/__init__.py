"""SMGP 3.0 of China Telecom, sans-IO; messages of 1.3 and 2.0 are read and written too.

`messages` has a readable type for each message, `codec` turns them to octets and back, `bulk` does the same for
whole buffers without them; `state`, `client` and `server` are a connection (`protocols.core`). `layout` knows where
the fields lie, `tlv` the optional parameters behind them, `report` the text of status reports, `auth` the login.

Always holds: whatever a peer sends yields messages or a RemoteProtocolError, nothing else; no more than one
unfinished message is kept; message ids are opaque octets; what is unknown or broken among optional parameters is
skipped.
"""

from xinfeng.protocols.smgp.bulk import SubmitConstants, SubmitTemplate
from xinfeng.protocols.smgp.client import Account, ClientSession
from xinfeng.protocols.smgp.messages import Version
from xinfeng.protocols.smgp.server import ServerSession

__all__ = ["Account", "ClientSession", "ServerSession", "SubmitConstants", "SubmitTemplate", "Version"]
