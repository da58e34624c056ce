"""What stands in for a channel leads nowhere but to this machine, and ends with whoever started it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.patience import PATIENCE_S

from xinfeng.campaigns.rehearsal import stage
from xinfeng.campaigns.rehearsal.faults import PROTOCOLS
from xinfeng.campaigns.rehearsal.numbers import RANGES, is_nobodys, number_of
from xinfeng.channels.kinds import read_config
from xinfeng.channels.models import Channel, ChannelKind
from xinfeng.kernel.errors import InvalidInput, LocalProtocolError
from xinfeng.kernel.phones import parse_mainland

OWN: dict[str, dict[str, Any]] = {
    "cmpp2": {"account": "901234"},
    "cmpp3": {"account": "901234", "msg_src": "901234"},
    "sgip12": {"account": "real", "node_id": 3010012345, "corp_id": "12345", "inbound_account": "theirs"},
    "smgp30": {"account": "12345678"},
    "smpp34": {"system_id": "real"},
    "aliyun": {"account": "LTAI-real"},
    "tencent": {"account": "AKID-real", "app_id": "1400000000"},
    "maap_csp": {"account": "app-real", "chatbot": "sip:10690001@botplatform.rcs.cn"},
    "maap_mobile": {"account": "app-real", "chatbot": "sip:10690001@botplatform.rcs.chinamobile.com"},
}


def channel(kind: str, **changes: Any) -> Channel:
    config = {"host": "carrier.example.net", "port": 7890, "access_code": "10690001", "window": 7} | OWN[kind]
    return Channel(
        pk=7,
        name="x",
        kind=kind,
        purpose="marketing",
        config=config | changes,
        secret_sealed=b"",
        rate_per_s=50,
    )


def test_every_kind_of_channel_is_played_and_tried_here() -> None:
    assert set(OWN) == set(PROTOCOLS) == set(ChannelKind.values)


@pytest.mark.parametrize("kind", sorted(OWN))
def test_address_name_and_password_are_made_up_and_the_rest_is_the_channel_s(kind: str) -> None:
    who = stage.credentials(channel(kind))
    account = stage.staged(channel(kind), who, 4242)
    config, real = account.config, read_config(channel(kind).config, kind)
    assert (config.host, config.port, account.secret) == ("127.0.0.1", 4242, who.secret)
    assert "real" not in str(config) and "example.net" not in str(config)
    assert (config.window, config.connections, config.source_number) == (7, real.connections, "10690001")
    assert account.rate_per_s == 50 and who.secret not in repr(who)
    inbound = config.inbound(who.secret)
    assert inbound is None or (inbound.host, inbound.port) == ("127.0.0.1", who.listens_at)


@pytest.mark.parametrize("kind", sorted(OWN))
def test_an_account_that_leads_elsewhere_is_refused(kind: str) -> None:
    account = stage.staged(channel(kind), stage.credentials(channel(kind)), 4242)
    for host in ("203.0.113.7", "carrier.example.net", "localhost", "", "::ffff:203.0.113.7", "0.0.0.0"):
        with pytest.raises(LocalProtocolError, match="rehearsal.not_loopback"):
            stage.check(replace(account, config=replace(account.config, host=host)))


def test_a_port_for_carriers_that_call_us_is_open_on_loopback_only() -> None:
    account = stage.staged(channel("sgip12"), stage.credentials(channel("sgip12")), 4242)
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        with pytest.raises(LocalProtocolError):
            stage.check(replace(account, config=replace(account.config, listen_host=host)))  # type: ignore[call-arg]


def test_a_kind_without_a_stand_in_is_refused() -> None:
    other = channel("cmpp2")
    other.kind = "pigeon"
    with pytest.raises(InvalidInput, match="rehearsal.kind"):
        stage.credentials(other)
    with pytest.raises(InvalidInput, match="rehearsal.kind"):
        stage.staged(other, stage.Credentials("a", "b"), 4242)


@pytest.mark.parametrize("host", ["203.0.113.7", "carrier.example.net", "localhost", None])
def test_no_connection_leads_off_this_machine(host: str | None) -> None:
    async def go() -> None:
        await asyncio.get_running_loop().create_connection(asyncio.Protocol, host, 7890)

    refused = pytest.raises(LocalProtocolError, match="rehearsal.not_loopback")
    with asyncio.Runner(loop_factory=stage.LoopbackLoop) as runner, refused:
        runner.run(go())


@given(st.sets(st.integers(min_value=0, max_value=1_000_000), max_size=50))
def test_numbers_are_nobody_s_and_all_different(places: set[int]) -> None:
    numbers = {number_of(place) for place in places}
    assert len(numbers) == len(places)
    assert all(parse_mainland(one) == one and one[:3] in RANGES and is_nobodys(one) for one in numbers)
    assert not is_nobodys("13800138000")


_PARENT = """
import os, sys, time
from xinfeng.campaigns.rehearsal.carriers import simulated_carrier
from xinfeng.campaigns.rehearsal.stage import Credentials
with simulated_carrier("cmpp", Credentials("901234", "secret"), behaviour={}) as carrier:
    print(carrier._process.pid, flush=True)
    time.sleep(600)
"""


def test_a_carrier_ends_with_a_parent_that_was_killed() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "xinfeng.foundation.django_settings"}
    script = "import django; django.setup()\n" + _PARENT
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        line = Path(f"/proc/{child}/cmdline").read_bytes()
        assert b"rehearsal.playing" in line and b"secret" not in line
        assert b"XINFENG" not in Path(f"/proc/{child}/environ").read_bytes()
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
