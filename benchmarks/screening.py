"""`screening`: how many rendered messages a second the rules judge.

Texts of about 70 characters as a plan renders them (a name, a figure, a date and a short link differ), in batches of
5,000, against the rules that ship and 2,000 own words. `per_s` is one core, median of the runs; `per_s_two_cores`
two processes at a time, as two workers would. `ugly_per_s` are texts in which every line has something to object to,
disguises among them; no memory of a batch helps there.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING

from benchmarks.report import emit

if TYPE_CHECKING:
    from xinfeng.screening.engine import Screener

BATCH = 5_000
OWN_WORDS = 2_000
DAY = date(2026, 11, 1)
_COMMON = "的一是在有人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工能下过子说产种面而方后多定行学法所民得经"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_UGLY = (
    "全网最低价，销量第一，加·微·信领券，{n}元起",
    "史上最划算的{n}件好物，详询138001380{n:02d}",
    "保\u200b本理财年化{n}%，点https://t.cn/{n}",
    "銷量第①，１００％有效，{n}天见效根治",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    emit("screening", measure(arguments.texts, arguments.runs))


def measure(count: int, runs: int) -> dict[str, float | int]:
    batches = [rendered(BATCH, seed) for seed in range(max(1, count // BATCH))]
    ugly = [_UGLY[n % len(_UGLY)].format(n=n % 90 + 10) for n in range(BATCH)]
    judge(batches[0][:10])
    alone = [_seconds(batches) for _ in range(runs)]
    hard = [_seconds([ugly]) for _ in range(runs)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(judge, [batches[0][:10]] * 4))
        together = [_together(pool, batches) for _ in range(runs)]
    texts = BATCH * len(batches)
    return {
        "per_s": round(texts / statistics.median(alone)),
        "per_s_two_cores": round(2 * texts / statistics.median(together)),
        "ugly_per_s": round(BATCH / statistics.median(hard)),
        "texts": texts,
        "characters": len(batches[0][0]),
        "own_words": OWN_WORDS,
        "rules": len(screener().ruleset.rules),
    }


@cache
def screener() -> Screener:
    """The rules that ship and own words, compiled; each process has its own."""
    from xinfeng.screening.engine import Screener
    from xinfeng.screening.ruleset import Word, ruleset_on

    source = random.Random(1)
    words = {"".join(source.choice(_COMMON) for _ in range(source.randint(3, 6))) for _ in range(OWN_WORDS)}
    return Screener(ruleset_on(DAY, words=[Word(word, "block", reason="own") for word in words]))


def rendered(count: int, seed: int) -> list[str]:
    """Renderings of one wording."""
    source = random.Random(seed)
    return [
        f"【信风优选】{source.choice(_SURNAMES)}女士，您的{source.randint(100, 9999)}积分下月到期，到店可换春季新品，"
        f"3月{source.randint(1, 31)}日前有效，戳https://xf.example.cn/{source.getrandbits(40):010x}，拒收请回复R"
        for _ in range(count)
    ]


def judge(texts: list[str]) -> int:
    """How many of a batch have findings."""
    found = screener().screen_many(texts, trade="retail", purpose="marketing")
    return sum(map(bool, found))


def _seconds(batches: list[list[str]]) -> float:
    started = time.perf_counter()
    for batch in batches:
        judge(batch)
    return time.perf_counter() - started


def _together(pool: ProcessPoolExecutor, batches: list[list[str]]) -> float:
    started = time.perf_counter()
    list(pool.map(judge, batches + batches))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
