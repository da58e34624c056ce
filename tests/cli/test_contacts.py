"""Contacts on the command line: the table of regions, guessing them, suggesting merges."""

from pathlib import Path

import pytest
from tests.cli.inside import run_here as run

pytestmark = pytest.mark.usefixtures("committed_db")


def test_the_table_of_regions_is_shown_replaced_and_used(tmp_path: Path) -> None:
    shown = run("contacts", "regions")
    assert shown.returncode == 0, shown.stderr
    assert "2023-12-31" in shown.stdout and "phone.dat" in shown.stdout
    own = tmp_path / "own.csv"
    own.write_text("号段,省份,城市\n1380013,广东,深圳\n", encoding="utf-8")
    replaced = run("contacts", "regions", "--file", str(own), "--date", "2026-01-02", "--source", "甲")
    assert replaced.returncode == 0 and "2026-01-02" in replaced.stdout and "--again" in replaced.stdout
    own.write_text("号段,省份,城市\n138,广东,深圳\n", encoding="utf-8")
    refused = run("contacts", "regions", "--file", str(own))
    assert refused.returncode == 1 and "第 2 行" in refused.stdout and "Line 2" in refused.stdout
    assert "2026-01-02" in run("contacts", "regions").stdout
    assert "2023-12-31" in run("contacts", "regions", "--shipped").stdout


def test_regions_are_guessed_and_merges_suggested(tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text(
        "手机号,姓名,生日,省份\n13800138000,王小明,1990-01-02,广东\n13900000000,王小明,1990-01-02,\n",
        encoding="utf-8",
    )
    brought = run("contacts", "import", str(file), "--source", "店")
    assert brought.returncode == 0, brought.stderr
    card = run("contacts", "show", "13900000000")
    assert "乌鲁木齐（约 approximate）" in card.stdout
    enriched = run("contacts", "enrich", "--again")
    assert enriched.returncode == 0 and "0 contacts" in enriched.stdout
    found = run("contacts", "suggest-merges")
    assert found.returncode == 0 and "name_birthday" in found.stdout and "王**" in found.stdout
