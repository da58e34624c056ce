"""A backup drawn up in mid-campaign stands up elsewhere: same answers, nobody comes back, nothing goes twice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.patience import PATIENCE_S
from tests.scenarios.house import House
from tests.scenarios.test_rotation import PEOPLE, set_up

from xinfeng.channels.simulator import witness

FINISHED = "select p.state from campaign c join plan p on p.id = c.plan_id where c.id = %s"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    deployment = House(tmp_path / "house")
    deployment.folder.mkdir()
    try:
        yield deployment
    finally:
        deployment.stop()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[House]:
    deployment = House(tmp_path / "elsewhere")
    deployment.folder.mkdir()
    try:
        yield deployment
    finally:
        deployment.stop()


def number_of(index: int) -> str:
    return f"1540001{index:04d}"


def erase(house: House, index: int) -> None:
    request = re.search(r"GX-\d+", house.run("privacy", "receive", "erasure", "--phone", number_of(index)))
    assert request is not None
    house.run("privacy", "identity", request.group(), "回拨核实")
    house.run("privacy", "erase", request.group(), "--yes")


def test_a_backup_in_mid_campaign_stands_up_elsewhere(house: House, elsewhere: House) -> None:
    house.start("--receipts=DELIVRD=1", "--receipt-delay-ms=100", "--seed=3")
    campaign = set_up(house)
    house.until(
        lambda: house.carrier_log.exists() and house.carrier_log.read_text().count("\n") > 80, "some messages"
    )
    early = house.folder / "early.xfbackup"
    assert "已写入" in house.run("backup", "create", str(early))
    house.until(lambda: house.ask(FINISHED, campaign) == ("finished",), "the campaign to finish", seconds=120)
    erase(house, 7)
    explained = house.run("explain", number_of(9), str(campaign))
    reported = house.run("campaigns", "report", str(campaign))
    late = house.folder / "late.xfbackup"
    house.run("backup", "create", str(late))
    keys = house.folder / "data" / "keys"

    assert "完好" in house.run("backup", "verify", str(late), "--restore", "--keys", str(keys))
    assert "密钥文件" in elsewhere.run("backup", "restore", str(late), code=1)
    assert not (elsewhere.folder / "data" / "postgres").exists()

    elsewhere.run("backup", "restore", str(late), "--keys", str(keys))
    assert elsewhere.run("explain", number_of(9), str(campaign)) == explained
    assert elsewhere.run("campaigns", "report", str(campaign)) == reported
    assert "完整" in elsewhere.run("consent", "verify")
    elsewhere.run("audit", "verify")
    shutil.rmtree(elsewhere.folder / "data")

    told = elsewhere.run("backup", "restore", str(early), "--keys", str(keys))
    assert "再次删除的人" in told
    sent = [message.number for message in witness.accepted(house.carrier_log)]
    assert len(sent) == len(set(sent)) == PEOPLE
    assert house.up is not None
    house.up.terminate()
    house.up.wait(PATIENCE_S)
    elsewhere.up = elsewhere._spawn("up")
    elsewhere.until(elsewhere._serves, "the restored house to serve")
    assert elsewhere.ask("select count(*) from contact where state = 2") == (1,)
    assert elsewhere.ask("select count(*) from suppression where reason = 'erased'") == (1,)
    ready = "select count(*) > 0 from connection_state where phase = 'ready'"
    elsewhere.until(lambda: elsewhere.ask(ready) == (True,), "the restored gateway to be connected")
    elsewhere.until(lambda: elsewhere.ask(FINISHED, campaign) == ("finished",), "the plan to end")
    assert [message.number for message in witness.accepted(house.carrier_log)] == sent
    assert (
        elsewhere.ask(
            "select count(distinct message_id) from attempt where outcome = 4 and code = 'restored'"
        )[0]
        > 100
    )
