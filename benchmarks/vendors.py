"""From planned messages to committed receipts over a cloud vendor's HTTP interface, simulated on this machine.

`numbers_per_request` against `largest_batch`, the vendor's documented limit, says how full requests are; `texts` what
they can hold: `one` text to everybody, a `few` that alternate (a salutation, a shop), or everybody's `own`. Alibaba
Cloud takes other values for each number of a request, Tencent Cloud the same for all of them, so there everybody's own
text is a request of its own. `messages_per_s` is counted as by `benchmarks.dispatch`; receipts come as callbacks to a web
process of this machine. The simulated vendor verifies every signature and writes down what it accepts.

    python -m benchmarks.vendors [--messages 20000] [--connections 4] [--vendor aliyun|tencent] [--texts one|few|own]

Without `--vendor` or `--texts`: all of them, one line each.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks.dispatch import (
    embedded_postgres,
    free_port,
    gateway_process,
    peak_mb,
    plan_messages,
    wait_for,
)
from benchmarks.report import emit

VENDORS = ("aliyun", "tencent")
FILED = "亲爱的${1}您好，您收藏的商品今日到店，满199减50，会员专享，凭${2}到店，拒收请回复R"
SHOPS = ("人民路店", "解放路店", "中山路店", "建设路店")
TEXTS: dict[str, Callable[[int], tuple[str, str]]] = {
    "one": lambda _: ("会员", "本短信"),
    "few": lambda index: ("会员", SHOPS[index % len(SHOPS)]),
    "own": lambda index: ("王女士", f"券{index:07d}"),
}
CALLBACKS = (
    "import sys, django; django.setup(); import uvicorn; from xinfeng.cli.processes.app import application;"
    "uvicorn.run(application(), host='127.0.0.1', port=int(sys.argv[1]), log_level='warning', access_log=False)"
)


def text(kind: str, index: int) -> str:
    """What a person reads."""
    said = FILED
    for number, value in enumerate(TEXTS[kind](index), start=1):
        said = said.replace(f"${{{number}}}", value)
    return f"【信风】{said}"


def make_channel(vendor: str, port: int, *, connections: int) -> tuple[int, str, str]:
    """A marketing channel with its template filed; its id and the paths of its callbacks."""
    from xinfeng.channels.actions import save_channel
    from xinfeng.channels.models import Channel
    from xinfeng.content.models import Signature, Template, TemplateVersion
    from xinfeng.filings.models import FilingState, TemplateFiling
    from xinfeng.integrations.callbacks.addresses import addresses_of

    channel_id = save_channel(
        name="simulated",
        kind=vendor,
        purpose="marketing",
        config={
            "host": "127.0.0.1",
            "port": port,
            "plain_http": True,
            "account": "LTAI-simulated",
            "connections": connections,
            **({"app_id": "1400006666"} if vendor == "tencent" else {}),
        },
        secret="simulated-secret",
        rate_per_s=100_000,
        price_li=35,
        actor="benchmark",
    )
    version = TemplateVersion.objects.create(
        template=Template.objects.create(name="到店", purpose="marketing"),
        number=1,
        signature=Signature.objects.create(text="信风"),
        value=FILED,
    )
    TemplateFiling.objects.create(
        version=version,
        channel_id=channel_id,
        text=f"【信风】{FILED}",
        number="SMS_1",
        state=FilingState.IN_FORCE,
        created_by="benchmark",
    )
    addresses = addresses_of(Channel.objects.get(pk=channel_id))
    assert addresses is not None
    return channel_id, addresses.receipts, addresses.replies


@contextlib.contextmanager
def simulated_vendor(vendor: str, *, port: int, control: int, pushes: tuple[str, str]) -> Iterator[None]:
    """The vendor in a process of its own."""
    command = [sys.executable, "-m", "xinfeng", "simulate", "carrier", "--protocol", vendor]
    command += ["--port", str(port), "--control-port", str(control), "--receipt-delay-ms", "50"]
    command += ["--template", f"SMS_1={FILED}", "--report-url", pushes[0], "--reply-url", pushes[1]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        while "listening" not in (line := process.stdout.readline()):
            assert line, "the simulated vendor did not start"
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def callbacks_process(port: int) -> Iterator[None]:
    """The web process that vendors push to."""
    process = subprocess.Popen([sys.executable, "-c", CALLBACKS, str(port)])
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline and process.poll() is None, "nobody takes callbacks"
            time.sleep(0.1)
        yield
    finally:
        process.kill()  # holds nothing that is not committed
        process.wait(30)


def counters(control: int) -> dict[str, int]:
    """What the vendor has counted."""
    with socket.create_connection(("127.0.0.1", control), 5) as line:
        line.sendall(b'{"do": "stats"}\n')
        found: dict[str, int] = json.loads(line.makefile().readline())
        return found


def measure(vendor: str, texts: str, messages: int, *, connections: int) -> dict[str, float | str]:
    """All figures, one run."""
    port, control, app = free_port(), free_port(), free_port()
    with embedded_postgres():
        from xinfeng.delivery.actions import start_plan
        from xinfeng.kernel.time import utc_now
        from xinfeng.protocols import aliyun, tencent

        channel_id, *paths = make_channel(vendor, port, connections=connections)
        pushes = (f"http://127.0.0.1:{app}{paths[0]}", f"http://127.0.0.1:{app}{paths[1]}")
        plan_id = plan_messages(messages, channel_id, text=lambda index: text(texts, index))
        with (
            simulated_vendor(vendor, port=port, control=control, pushes=pushes),
            callbacks_process(app),
            gateway_process() as gateway,
        ):
            ready = "select count(*) from connection_state where phase = 'ready' and number > 0"
            wait_for(ready, connections, timeout_s=20, process=gateway)
            began = time.monotonic()
            start_plan(plan_id, actor="benchmark", now=utc_now())
            stored = "select count(distinct message_id) from receipt_match"
            wait_for(stored, messages, timeout_s=60 + messages / 100, process=gateway)
            took_s = time.monotonic() - began
            peak, told = peak_mb(gateway.pid), counters(control)
    return {
        "protocol": vendor,
        "texts": texts,
        "messages": messages,
        "seconds": round(took_s, 2),
        "messages_per_s": round(messages / took_s),
        "requests": told["requests"],
        "numbers_per_request": round(told["accepted"] / told["requests"], 1),
        "largest_batch": (aliyun if vendor == "aliyun" else tencent).LARGEST_BATCH,
        "accepted": told["accepted"],
        "gateway_peak_mb": peak,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Planned messages to committed receipts over a vendor.")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--vendor", choices=VENDORS)
    parser.add_argument("--texts", choices=sorted(TEXTS))
    given = parser.parse_args()
    if given.vendor and given.texts:
        figures = measure(given.vendor, given.texts, given.messages, connections=given.connections)
        emit("vendors", figures)
        return
    for vendor in [given.vendor] if given.vendor else VENDORS:
        for texts in [given.texts] if given.texts else TEXTS:  # each in a process of its own
            again = [sys.executable, "-m", "benchmarks.vendors", f"--vendor={vendor}", f"--texts={texts}"]
            again += [f"--messages={given.messages}", f"--connections={given.connections}"]
            subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
