"""SGIP 1.2 of China Unicom, sans-IO.

`messages` has a readable type for each message, `codec` turns them to octets and back, `bulk` does the same for
whole buffers without them; `state` is what all ends share, `client` and `server` are the four of them. `layout` knows
where the fields lie, `sequence` how messages are numbered, `words` what a report says.

There are two connections, and on each the side that opens it asks to be let in:

- The provider calls the carrier (`ClientSession`, `ServerSession`; login type 1) and submits.
- The carrier calls the provider (`DeliveryClientSession`, `DeliveryServerSession`; login type 2) and delivers replies
  and reports, often in several short connections at once.

Always holds: whatever a peer sends yields messages or a RemoteProtocolError, nothing else; no more than one
unfinished message is kept. There is no test of the link: who has heard nothing for `idle_s` says goodbye, and to be
parted from, or cut off, while idle is the normal end of a connection. Numbers are bare above this package, and have
the country's 86 on the wire.
"""

from xinfeng.protocols.sgip.bulk import SubmitConstants, SubmitTemplate
from xinfeng.protocols.sgip.client import Account, ClientSession, DeliveryClientSession
from xinfeng.protocols.sgip.messages import Version
from xinfeng.protocols.sgip.server import DeliveryServerSession, ServerSession
from xinfeng.protocols.sgip.state import TIMERS

__all__ = [
    "TIMERS",
    "Account",
    "ClientSession",
    "DeliveryClientSession",
    "DeliveryServerSession",
    "ServerSession",
    "SubmitConstants",
    "SubmitTemplate",
    "Version",
]
