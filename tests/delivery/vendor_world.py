"""A simulated vendor, gateways in one background loop, and an app that the vendor's callbacks reach."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.asgi import get_asgi_application
from tests.campaigns.factories import make_template
from tests.delivery.world import quick_backoff
from tests.patience import PATIENCE_S
from tests.served import served

from xinfeng.channels.actions import save_channel
from xinfeng.channels.models import RICH_KINDS, Channel
from xinfeng.channels.simulator.vendors import VendorBehaviour, VendorOptions, serving
from xinfeng.channels.simulator.vendors.vendor import Vendor
from xinfeng.delivery.gateway import Gateway, Options
from xinfeng.filings.models import FilingState, TemplateFiling
from xinfeng.foundation.bodies import limit_bodies
from xinfeng.integrations.callbacks.addresses import addresses_of
from xinfeng.integrations.callbacks.gatekeeping import DOOR

KEY, SECRET = "LTAI-simulated", "simulated-secret"
CHATBOT, PUSH_TOKEN = "sip:106500@botplatform.rcs.chinamobile.com", "agreed-token"
MEDIA_ADDRESS = "https://m.example.com"
GREETING = "第${1}位您好，今日到店有礼，拒收请回复R"
"""As the vendor has it; filed with the signature in front."""
LONG = "第${1}位您好，" + "周末到店满三百减一百，会员再享九折，" * 8 + "拒收请回复R"


@dataclass
class VendorWorld:
    """Everything under way."""

    vendor: Vendor
    port: int
    app_port: int
    log: Path
    loop: asyncio.AbstractEventLoop

    def behave(self, **changes: Any) -> None:
        self._call(lambda: self.vendor.behave(self.vendor.behaviour.changed(changes)))

    def reply(self, number: str, text: str) -> None:
        self._call(lambda: self.vendor.reply_now(account=KEY, number=number, dest_id="9", text=text))

    def until(self, holds: Any) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, self.vendor.stats()
            time.sleep(0.01)

    def channel(self, kind: str, *, push: bool = True, **config: Any) -> int:
        """A channel to the vendor, its templates filed, its callbacks set up."""
        stated = {
            "host": "127.0.0.1",
            "port": self.port,
            "plain_http": True,
            "account": KEY,
            "connections": 2,
            "response_timeout_s": PATIENCE_S,
            **({"app_id": "1400006666"} if kind == "tencent" else {}),
            **({"chatbot": CHATBOT, "media_address": MEDIA_ADDRESS} if kind in RICH_KINDS else {}),
            **config,
        }
        channel_id = save_channel(
            name=f"厂商{kind}",
            kind=kind,
            purpose="marketing",
            config=stated,
            secret=f"{SECRET}\n{PUSH_TOKEN}" if kind == "maap_csp" else SECRET,
            rate_per_s=2_000,
            price_li=35,
            actor="test",
        )
        for code, text in (("SMS_1", GREETING), ("SMS_2", LONG)):
            file(channel_id, code, f"【信风】{text}")
        addresses = addresses_of(Channel.objects.get(pk=channel_id))
        assert addresses is not None
        if push:
            base = f"http://127.0.0.1:{self.app_port}"
            urls = {"report_url": base + addresses.receipts, "reply_url": base + addresses.replies}
            self._call(lambda: self.vendor.push_to(**urls))
        return channel_id

    def _call(self, what: Any) -> Any:
        async def call() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(PATIENCE_S)


def file(channel_id: int, code: str, text: str, *, state: str = FilingState.IN_FORCE) -> int:
    """A template filed under the vendor's code."""
    filing = TemplateFiling.objects.create(
        version=make_template(),
        channel_id=channel_id,
        text=text,
        number=code,
        state=state,
        created_by="test",
    )
    return int(filing.pk)


@contextmanager
def vendor_and_gateway(folder: Path, kind: str = "aliyun", **behaviour: Any) -> Iterator[VendorWorld]:
    """A vendor, a gateway that finds its channels in the database, and an app."""
    started = threading.Event()
    box: list[tuple[Vendor, int, asyncio.AbstractEventLoop]] = []
    ended: list[asyncio.Event] = []

    async def live() -> None:
        options = VendorOptions(
            protocol=kind,
            port=0,
            accounts={KEY: SECRET},
            templates={"SMS_1": GREETING, "SMS_2": LONG},
            push_token=PUSH_TOKEN,
            retry_s=(0.1, 0.2, 0.5, 1.0),
            log=folder / "vendor.log",
            behaviour=VendorBehaviour().changed({"receipt_delay_ms": 20, "reply_delay_ms": 20, **behaviour}),
            seed=1,
        )
        async with serving(options) as running:
            box.append((running.vendor, running.port, asyncio.get_running_loop()))
            ended.append(asyncio.Event())
            gateway = Gateway(Options(shutdown_s=PATIENCE_S, make_backoff=quick_backoff))
            task = asyncio.create_task(gateway.run())
            started.set()
            await ended[0].wait()
            gateway.stop()
            await task

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)
    vendor, port, loop = box[0]

    def end() -> None:
        if thread.is_alive():
            loop.call_soon_threadsafe(ended[0].set)
            thread.join(PATIENCE_S)

    with served(limit_bodies(get_asgi_application(), (DOOR,))) as app_port:
        try:
            yield VendorWorld(vendor, port, app_port, folder / "vendor.log", loop)
        finally:
            end()
