"""CMPP 2.0 and 3.0 of China Mobile, sans-IO.

`messages` has a readable type for each message, `codec` turns them to octets and back, `bulk` does the same for
whole buffers without them; `state`, `client` and `server` are a connection (`protocols.core`). `layout` knows where
the fields lie, `auth` the login.

Always holds: whatever a peer sends yields messages or a RemoteProtocolError, nothing else; no more than one
unfinished message is kept; layouts are told by lengths rather than by the negotiated version.
"""

from xinfeng.protocols.cmpp.bulk import SubmitConstants, SubmitTemplate
from xinfeng.protocols.cmpp.client import Account, ClientSession
from xinfeng.protocols.cmpp.messages import Version
from xinfeng.protocols.cmpp.server import ServerSession

__all__ = ["Account", "ClientSession", "ServerSession", "SubmitConstants", "SubmitTemplate", "Version"]
