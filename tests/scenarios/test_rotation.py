"""Keys are changed while a campaign is sent and a file imported: nothing stops, nothing is lost, nothing goes twice."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.patience import PATIENCE_S
from tests.scenarios.house import ACCOUNT, SECRET, House

from xinfeng.channels.simulator import witness

PEOPLE = 600
LATER = 3_000
OLD_HEADS = """
select count(*) from (
  select phone_sealed as sealed from contact union all select name_sealed from contact
  union all select body_sealed from message union all select secret_sealed from channel
  union all select phone_sealed from reply union all select body_sealed from reply
) as kept where substring(sealed from 2 for 2) <> %s
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    deployment = House(tmp_path / "house")
    deployment.folder.mkdir()
    try:
        yield deployment
    finally:
        deployment.stop()


def write_file(path: Path, first: int, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["手机号", "姓名", "省份", "是否同意营销", "同意时间", "授权来源", "授权凭证"])
        for index in range(first, first + count):
            number = f"1540001{index:04d}"
            rows.writerow(
                [number, f"客户{index}", "浙江", "是", "2026-01-02 10:00", "门店", f"登记表 {index}"]
            )


def bring_in(house: House, path: Path) -> list[str]:
    return [
        *("contacts", "import", str(path), "--source", "会员系统"),
        *("--purpose", "marketing", "--notice", "member v1"),
    ]


def set_up(house: House) -> int:
    """Contacts, a segment, a template and a slow channel; a campaign that has been started."""
    for username, role in (("lin", "operator"), ("zhou", "reviewer")):
        house.run("users", "add", username, "--role", role, "--password", "a long one for tests 7")
    notice = house.folder / "notice.txt"
    notice.write_text("我们会给您发送会员活动短信，回复 R 退订。", encoding="utf-8")
    house.run("consent", "notice", "member", "v1", str(notice))
    first = house.folder / "first.csv"
    write_file(first, 0, PEOPLE)
    house.run(*bring_in(house, first))
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
        *("--host", "127.0.0.1", "--port", str(house.carrier_port), "--rate", "40", "--no-filing"),
    )
    rule = '{"all": [{"attribute": "province", "op": "is", "value": "浙江"}]}'
    segment = house.number_in("segments", "add", "浙江客户", rule)
    campaign = house.number_in(
        *("campaigns", "add", "会员日", "--segment", str(segment), "--template", str(version)),
        *("--channel", str(channel), "--as", "lin"),
    )
    house.run("campaigns", "submit", str(campaign), "--as", "lin")
    house.run("campaigns", "approve", str(campaign), "--as", "zhou")
    house.run("campaigns", "start", str(campaign), "--as", "lin")
    return campaign


def test_a_key_is_changed_while_a_campaign_is_sent_and_a_file_imported(house: House) -> None:
    house.start("--receipts=DELIVRD=1", "--receipt-delay-ms=100", "--seed=3")
    campaign = set_up(house)
    house.until(
        lambda: house.carrier_log.exists() and house.carrier_log.stat().st_size > 0, "the first message"
    )
    later = house.folder / "later.csv"
    write_file(later, PEOPLE, LATER)
    importing = subprocess.Popen(
        [sys.executable, "-m", "xinfeng", *bring_in(house, later)],
        env=house.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        house.run("keys", "rotate")
    finally:
        assert importing.wait(PATIENCE_S) == 0
    state = "select p.state from campaign c join plan p on p.id = c.plan_id where c.id = %s"
    house.until(lambda: house.ask(state, campaign) == ("finished",), "the campaign to finish", seconds=120)
    done = "select count(*) from key_rotation where finished_at is null"
    house.until(lambda: house.ask(done) == (0,), "everything to be sealed anew", seconds=120)
    sent = [message.number for message in witness.accepted(house.carrier_log)]
    assert len(sent) == len(set(sent)) == PEOPLE
    house.run("keys", "reseal", "--here")
    assert house.ask(OLD_HEADS, b"\x00\x02") == (0,)
    assert house.ask("select count(*) from contact") == (PEOPLE + LATER,)
    assert "还有" not in house.run("keys", "list", "--count")
