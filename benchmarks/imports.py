"""`imports`: contacts with consent from a CSV file on disk, sealed, indexed and committed, through the product's way.

An embedded PostgreSQL in a temporary folder, migrated as in production, durable as in production. The file has
eleven columns, among them name, birthday, tags and a time of consent in every row. Measured from the start of the
import (checking the whole file included) to the last commit; then the same file once more, which changes nothing.
The processor time of a row is given too, ours and PostgreSQL's: it says more than the clock where others work.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import emit

if TYPE_CHECKING:
    from xinfeng.foundation.postgres import EmbeddedPostgres

_HEADER = ["会员号", "手机号", "姓名", "性别", "生日", "省份", "城市", "等级", "标签", "注册时间", "授权时间"]
_FAMILY, _GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华",
)
_PLACES = [
    ("广东", "深圳"),
    ("广东", "广州"),
    ("浙江", "杭州"),
    ("江苏", "苏州"),
    ("四川", "成都"),
    ("北京", "北京"),
]
_TAGS = ["新客", "老客", "母婴|奶粉", "门店", "高意向", "母婴", ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("imports", measure(Path(folder), arguments.rows))


def write_file(path: Path, rows: int) -> None:
    """A contact file as a shop exports it; numbers of the range 1000…, which nobody has, would be refused, so
    these are read as Mobile's and never leave the benchmark."""
    pick = random.Random(7)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file).writerow
        write(_HEADER)
        for nr in range(rows):
            province, city = pick.choice(_PLACES)
            write(
                [
                    f"M{nr:08d}",
                    f"139{nr:08d}",
                    pick.choice(_FAMILY) + pick.choice(_GIVEN) + pick.choice(_GIVEN),
                    pick.choice("男女"),
                    f"{pick.randint(1960, 2005)}-{pick.randint(1, 12):02d}-{pick.randint(1, 28):02d}",
                    province,
                    city,
                    pick.choice(["金卡", "银卡", "普通"]),
                    pick.choice(_TAGS),
                    f"{pick.randint(2020, 2025)}/{pick.randint(1, 12)}/{pick.randint(1, 28)}",
                    f"2025-{pick.randint(1, 12):02d}-{pick.randint(1, 28):02d} {pick.randint(8, 20):02d}:{pick.randint(0, 59):02d}:00",
                ]
            )


def measure(folder: Path, rows: int) -> dict[str, float | int]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from xinfeng.foundation import settings
    from xinfeng.foundation.partitions import cover_around
    from xinfeng.foundation.postgres import EmbeddedPostgres
    from xinfeng.kernel.time import utc_now

    server = EmbeddedPostgres(settings.load())
    server.start()
    try:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cover_around(cursor, utc_now())
        path = folder / "contacts.csv"
        write_file(path, rows)
        before = _processor_seconds(server)
        first, first_result = _import(path)
        ours, postgres = (used - had for used, had in zip(_processor_seconds(server), before, strict=True))
        again, second_result = _import(path)
        assert first_result == (rows, 0, 0, 0), first_result
        assert second_result == (0, 0, rows, 0), second_result
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from standing where granted and suppressed is null")
            assert cursor.fetchone()[0] == rows
        return {
            "rows_per_s": round(rows / first),
            "rows": rows,
            "seconds": round(first, 2),
            "same_again_rows_per_s": round(rows / again),
            "python_us_per_row": round(ours / rows * 1e6, 1),
            "postgres_us_per_row": round(postgres / rows * 1e6, 1),
        }
    finally:
        connection.close()
        server.stop()


def _processor_seconds(server: EmbeddedPostgres) -> tuple[float, float]:
    """Processor time so far: of this process, and of PostgreSQL's (0 where /proc does not tell)."""
    ticks = 0
    postmaster = server.pid()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == postmaster:
            ticks += int(fields[11]) + int(fields[12])
    return time.process_time(), ticks / os.sysconf("SC_CLK_TCK")


def _import(path: Path) -> tuple[float, tuple[int, int, int, int]]:
    """Seconds from start to last commit, and what became of the rows."""
    from xinfeng.intake.actions import receive_file, run_import, start_import
    from xinfeng.intake.claims import ConsentClaim
    from xinfeng.intake.reads import preview, progress
    from xinfeng.kernel.time import utc_now

    now = utc_now()
    job = receive_file(
        [path.read_bytes()], file_name="contacts.csv", kind="contacts", actor="bench", user_id=None, now=now
    )
    mapping = {guess.column: guess.field for guess in preview(job.pk).guesses}
    claim = ConsentClaim("marketing", source="门店入会表", evidence="纸质入会表 2025")
    start_import(job.pk, mapping=mapping, source="门店", consent=claim, actor="bench", now=now)
    started = time.perf_counter()
    state = run_import(job.pk, now=utc_now())
    seconds = time.perf_counter() - started
    done = progress(job.pk)
    assert state == "done", done
    return seconds, (done.rows_new, done.rows_changed, done.rows_same, done.rows_rejected)


if __name__ == "__main__":
    main()
