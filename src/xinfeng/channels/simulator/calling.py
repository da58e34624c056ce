"""The connection that a carrier of SGIP opens to its provider, to deliver reports and replies."""

from __future__ import annotations

import asyncio
import itertools
import logging

from xinfeng.channels.simulator.accounts import Account
from xinfeng.channels.simulator.carrier import Carrier
from xinfeng.channels.simulator.connection import Connection
from xinfeng.kernel.time import utc_now
from xinfeng.protocols import sgip
from xinfeng.protocols.session import Timers
from xinfeng.protocols.traffic import Event, Opened

log = logging.getLogger(__name__)

NODE = 1_000_000_001
"""The carrier's own node."""
AGAIN_AFTER_MS = 1000
"""Before the next call, after one that failed."""
_lanes = itertools.count()


class Call(Connection):
    """Logs in to the provider and delivers what waits; ends when there has been nothing to deliver for long."""

    def __init__(self, carrier: Carrier, account: Account) -> None:
        options = carrier.options
        session = sgip.DeliveryClientSession(
            sgip.Account(node_id=NODE, name=account.name, secret=account.secret, lane=next(_lanes) % 1000),
            window=options.deliver_window,
            timers=Timers(idle_s=options.idle_s, response_s=options.resend_s, attempts=options.attempts),
        )
        super().__init__(carrier, session)
        self._for = account

    @property
    def delivers(self) -> bool:
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._session.connect(utc_now(), self._loop.time())
        self.send(self._session.data_to_send())

    def _take(self, event: Event, now: float) -> None:
        if isinstance(event, Opened):
            self._join(self._for)
        else:
            super()._take(event, now)


async def call(carrier: Carrier, account: Account) -> None:
    """Call the provider, once; it is called again while something waits for it."""
    host, port = carrier.options.provider
    try:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: Call(carrier, account), host, port)
    except OSError:
        log.info("the provider does not listen on %s:%s", host, port)
        carrier.later.after(AGAIN_AFTER_MS, lambda: carrier.hung_up(account))
        return
    await made.gone
    carrier.later.after(AGAIN_AFTER_MS, lambda: carrier.hung_up(account))
