"""SMPP 3.4, sans-IO.

`messages` has a readable type for each message, `codec` turns them to octets and back, `bulk` does the same for
whole buffers without them; `state`, `client` and `server` are a connection (`protocols.core`). `layout` knows where
the fields lie, `coding` what data_coding means, `receipts` how receipts are written.

Always holds: whatever a peer sends yields messages or a RemoteProtocolError, nothing else; no more than one
unfinished message is kept; ids are opaque, and compared as the account says.
"""

from xinfeng.protocols.smpp.bulk import SubmitConstants, SubmitTemplate
from xinfeng.protocols.smpp.client import Account, ClientSession
from xinfeng.protocols.smpp.coding import DefaultAlphabet
from xinfeng.protocols.smpp.messages import BindMode
from xinfeng.protocols.smpp.receipts import IdFormat
from xinfeng.protocols.smpp.server import ServerSession

__all__ = [
    "Account",
    "BindMode",
    "ClientSession",
    "DefaultAlphabet",
    "IdFormat",
    "ServerSession",
    "SubmitConstants",
    "SubmitTemplate",
]
