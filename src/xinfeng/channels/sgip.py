"""An account with China Unicom, or whoever else speaks SGIP 1.2: we call to submit, the carrier calls to deliver."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from xinfeng.channels.config import Inbound, LineConfig
from xinfeng.channels.fields import Reader, number, text
from xinfeng.channels.models import ChannelKind
from xinfeng.protocols.session import Timers
from xinfeng.protocols.sgip import (
    TIMERS,
    Account,
    ClientSession,
    DeliveryServerSession,
    SubmitConstants,
)
from xinfeng.protocols.sgip.messages import PROVIDER_PAYS
from xinfeng.protocols.sgip.sequence import LANES

NAME_WIDTH = 16
"""Octets of login name and password (SGIP 1.2, Bind)."""
CORP_ID_WIDTH = 5

_lanes = itertools.count(secrets.randbelow(LANES))
"""A lane for each connection of this process, begun anywhere, so that processes hardly ever meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SgipConfig(LineConfig):
    """`port`: 8801. `account`: the login name the carrier gave us, with the channel's secret as password. `node_id`:
    our node, 3AAAAQQQQQ: area code and enterprise code (3010012345 for 010 and 12345). `corp_id`: the enterprise code.
    `window`: 32 and `response_timeout_s`: 30 in the specification. There is no test of the link: after `keepalive_s`
    of silence we say goodbye, 50, so as to be ahead of the carrier, who may cut the line after 60.

    Deliveries: the carrier calls `listen_host`:`listen_port` (8801; 0: we don't listen, and get no receipts and no
    replies). Its login name is `inbound_account`, ours where none is stated; see `inbound_secret` for its password.

    Fees: bulk messages are paid by the provider (`charge_number` of 21 zeros) and free for the reader (`fee_type` 1).
    `fee_value` and `given_value` are in fen. `agent_flag` 0: receivable. `caused_by` (MorelatetoMTFlag) 2: by no
    message from the handset. `priority`: 0 (low) to 9.
    """

    LASTED_S: ClassVar[float] = 10.0
    """Both ends may close an idle connection at any time: that is how the protocol works, not a failure."""
    READERS: ClassVar[Mapping[str, Reader]] = {
        **LineConfig.READERS,
        "account": text(NAME_WIDTH, shortest=1),
        "node_id": number(1, 2**32 - 1),
        "corp_id": text(CORP_ID_WIDTH, shortest=1),
        "service_type": text(10),
        "charge_number": text(21, digits=True),
        "fee_type": number(0, 4),
        "fee_value": text(6, digits=True),
        "given_value": text(6, digits=True),
        "agent_flag": number(0, 1),
        "caused_by": number(0, 3),
        "priority": number(0, 9),
        "listen_host": text(253),
        "listen_port": number(0, 65535),
        "inbound_account": text(NAME_WIDTH),
    }

    port: int = 8801
    window: int = 32
    keepalive_s: float = 50.0
    response_timeout_s: float = 30.0
    account: str
    node_id: int
    corp_id: str
    service_type: str = ""
    charge_number: str = PROVIDER_PAYS
    fee_type: int = 1
    fee_value: str = "0"
    given_value: str = "0"
    agent_flag: int = 0
    caused_by: int = 2
    priority: int = 0
    listen_host: str = "0.0.0.0"
    listen_port: int = 8801
    inbound_account: str = ""

    @classmethod
    def _derive(cls, values: dict[str, Any], kind: str, faults: dict[str, str]) -> dict[str, Any]:
        if kind != ChannelKind.SGIP:
            faults["kind"] = "unknown"
        values["inbound_account"] = values.get("inbound_account") or values.get("account", "")
        return {}

    def session(self, secret: str) -> ClientSession:
        return ClientSession(
            self.login(secret), self.submit_constants(), window=self.window, timers=self.timers
        )

    def login(self, secret: str) -> Account:
        return Account(
            node_id=self.node_id,
            name=self.account,
            secret=secret.partition("\n")[0],
            lane=next(_lanes) % LANES,
        )

    def inbound_session(self, now: float) -> DeliveryServerSession:
        """The session of a connection that the carrier opened to us; `now` is a monotonic number of seconds.

        It ends after 60 s of silence, whatever `keepalive_s` says of our own calls.
        """
        timers = Timers(idle_s=TIMERS.idle_s, response_s=self.response_timeout_s)
        return DeliveryServerSession(now=now, node_id=self.node_id, lane=next(_lanes) % LANES, timers=timers)

    def inbound(self, secret: str) -> Inbound | None:
        if not self.listen_port:
            return None
        return Inbound(
            host=self.listen_host,
            port=self.listen_port,
            name=self.inbound_account,
            secret=self.inbound_secret(secret),
            make_session=self.inbound_session,
        )

    @staticmethod
    def inbound_secret(secret: str) -> str:
        """What the carrier proves itself with: the second line of the channel's secret, or all of it where it has one
        line only (no password of SGIP has two)."""
        ours, newline, theirs = secret.partition("\n")
        return theirs if newline else ours

    def submit_constants(self) -> SubmitConstants:
        """What all submits of this channel have in common."""
        return SubmitConstants(
            sp_number=self.source_number,
            corp_id=self.corp_id,
            service_type=self.service_type,
            charge_number=self.charge_number,
            fee_type=self.fee_type,
            fee_value=self.fee_value,
            given_value=self.given_value,
            agent_flag=self.agent_flag,
            morelate_to_mt=self.caused_by,
            priority=self.priority,
        )
