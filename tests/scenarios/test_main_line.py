"""The main line through the command line: a contact file becomes a delivered, reported campaign."""

from __future__ import annotations

import csv
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.scenarios.house import ACCOUNT, SECRET, House

from xinfeng.channels.simulator import witness

CONTACTS = 1_200
RULE = '{"all": [{"attribute": "province", "op": "is", "value": "%s"}]}'
PEOPLE = (("lin", "operator"), ("zhou", "reviewer"))


def number(index: int) -> str:
    return f"1540000{index:04d}"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    deployment = House(tmp_path / "店 铺")
    deployment.folder.mkdir()
    try:
        yield deployment
    finally:
        deployment.stop()


def write_contacts(path: Path) -> None:
    """Two provinces in turn; every tenth never agreed; the last row has no usable number."""
    with path.open("w", newline="", encoding="gb18030") as file:
        rows = csv.writer(file)
        rows.writerow(["手机号", "姓名", "省份", "是否同意营销", "同意时间", "授权来源", "授权凭证"])
        for index in range(CONTACTS):
            agreed = index % 10 != 0
            rows.writerow(
                [number(index), f"客户{index}", "浙江" if index % 2 else "江苏", "是" if agreed else "否"]
                + (["2026-01-02 10:00", "门店", f"登记表 {index}"] if agreed else ["", "", ""])
            )
        rows.writerow(["12345", "坏行", "浙江", "否", "", "", ""])


def set_up(house: House, *, rate: int) -> tuple[int, int]:
    """People, contacts, content and channel; returns template version and channel."""
    for username, role in PEOPLE:
        house.run("users", "add", username, "--role", role, "--password", "a long one for tests 7")
    notice = house.folder / "notice.txt"
    notice.write_text("我们会给您发送会员活动短信，回复 R 退订。", encoding="utf-8")
    house.run("consent", "notice", "member", "v1", str(notice))
    contacts = house.folder / "contacts.csv"
    write_contacts(contacts)
    rejects = house.folder / "rejects.csv"
    told = house.run(
        *("contacts", "import", str(contacts), "--source", "会员系统", "--purpose", "marketing"),
        *("--notice", "member v1", "--rejects", str(rejects)),
    )
    assert f"新增 new {CONTACTS:,}" in told
    assert "手机号" in rejects.read_text(encoding="utf-8-sig")
    again = house.run(
        *("contacts", "import", str(contacts), "--source", "会员系统", "--purpose", "marketing"),
        *("--notice", "member v1"),
    )
    assert f"未变 same {CONTACTS:,}" in again
    house.run("templates", "signature", "四时茶")
    version = house.number_in(
        *(
            "templates",
            "add",
            "会员日",
            "--signature",
            "四时茶",
            "--value",
            "{{ contact.name | default: '会员' }}，会员日三天。",
        ),
        *("--action", "到店即可。"),
    )
    channel = house.number_in(
        *("channels", "add", "模拟", "--account", ACCOUNT, "--secret", SECRET, "--access-code", "10690001"),
        *("--port", str(house.carrier_port), "--connections", "2", "--window", "32", "--rate", str(rate)),
        "--no-filing",
    )
    return version, channel


def start_campaign(house: House, version: int, channel: int, *, province: str) -> int:
    segment = house.number_in("segments", "add", f"{province}客户", RULE % province)
    campaign = house.number_in(
        *("campaigns", "add", f"{province}会员日", "--segment", str(segment), "--template", str(version)),
        *("--channel", str(channel), "--as", "lin"),
    )
    house.run("campaigns", "submit", str(campaign), "--as", "lin")
    house.run("campaigns", "approve", str(campaign), "--as", "lin", code=1)
    house.run("campaigns", "approve", str(campaign), "--as", "zhou")
    house.run("campaigns", "start", str(campaign), "--as", "lin")
    return campaign


def finished(house: House, campaign: int) -> bool:
    state = house.ask(
        "select coalesce((select p.state from campaign c join plan p on p.id = c.plan_id where c.id = %s), '')",
        campaign,
    )
    return state == ("finished",)


def test_from_file_to_report_and_through_kills(house: House) -> None:
    house.start("--receipts=DELIVRD=0.95,UNDELIV=0.05", "--receipt-delay-ms=200", "--seed=7")
    version, channel = set_up(house, rate=400)

    first = start_campaign(house, version, channel, province="浙江")
    house.until(lambda: finished(house, first), "the first campaign to finish")
    reachable = sum(1 for index in range(1, CONTACTS, 2) if index % 10 != 0)
    house.until(
        lambda: house.ask("select count(*) from receipt") >= (reachable,),
        "the receipts of the first campaign",
    )
    told = house.run("campaigns", "report", str(first))
    assert f"{reachable:,}" in told
    sent = witness.deliveries_by_number(house.carrier_log)
    assert len(sent) == reachable
    assert {sum(texts.values()) for texts in sent.values()} == {1}
    text = next(iter(sent[number(1)]))
    assert text == "【四时茶】客户1，会员日三天。到店即可。拒收请回复R"
    assert "登记表 1。" in house.run("explain", number(1), str(first))
    assert "不在人群里" in house.run("explain", number(10), str(first))
    assert house.ask("select count(*) from left_out") == (0,)

    second = start_campaign(house, version, channel, province="江苏")
    kills = kill_at_random(house, second)
    house.until(lambda: finished(house, second), f"the second campaign to finish after {kills}", seconds=120)
    planned = house.ask(
        "select p.messages from campaign c join plan p on p.id = c.plan_id where c.id = %s", second
    )[0]
    assert planned == sum(1 for index in range(0, CONTACTS, 2) if index % 10 != 0)
    assert "没有授权" in house.run("explain", number(10), str(second))
    sent = witness.deliveries_by_number(house.carrier_log)
    assert all(sum(texts.values()) == 1 for texts in sent.values()), "somebody got a message twice"
    settled = house.ask(
        "select count(distinct m.id) from message m join campaign c on c.plan_id = m.plan_id "
        "where c.id = %s and (exists (select from attempt a where a.message_id = m.id and a.outcome <> 3) "
        "or exists (select from withheld w where w.message_id = m.id))",
        second,
    )[0]
    assert settled == planned
    assert "账本完整" in house.run("consent", "verify")


def kill_at_random(house: House, campaign: int) -> list[str]:
    """kill -9 app, gateway and PostgreSQL in random order while the campaign runs; returns what was killed."""
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    killed = [f"seed {seed}"]
    victims = ["gateway", "app", "postgres", "gateway"]
    dice.shuffle(victims)
    for victim in victims:
        time.sleep(dice.uniform(0.2, 1.2))
        pid = house.postgres_pid() if victim == "postgres" else house.children().get(victim)
        if pid is None:
            continue
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed.append(victim)
        house.until(lambda: _database_answers(house), "PostgreSQL to be back")
        if finished(house, campaign):
            break
    return killed


def _database_answers(house: House) -> bool:
    try:
        house.ask("select 1")
    except psycopg.OperationalError:
        return False
    return True
