"""The report as text for a terminal: what `make demo` and `xinfeng campaign report` print."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from xinfeng.content.parts import fen
from xinfeng.foundation import settings
from xinfeng.insights.live import Count
from xinfeng.insights.report import CARRIER_NAMES, TIER_NAMES, Line, Report
from xinfeng.insights.words import STAGES, code_name
from xinfeng.kernel.money import yuan


def as_text(report: Report, *, title: str = "", language: str = "zh") -> str:
    """The whole report; columns are aligned for a font in which Chinese is two wide."""
    return "\n".join(_Printer(report, title, language).lines())


class _Printer:
    def __init__(self, report: Report, title: str, language: str) -> None:
        self._report = report
        self._title = title
        self._language = language
        self._english = language.startswith("en")
        self._zone = settings.load().zone

    def lines(self) -> Iterable[str]:
        numbers = self._report.numbers
        title = f" · {self._title}" if self._title else ""
        yield f"{self._say('活动报告', 'Campaign report')}{title}"
        yield self._when()
        yield ""
        yield from _columns(
            [
                (self._say("人群", "Audience"), f"{numbers.audience:,}"),
                (self._say("未列入", "Left out"), f"{numbers.left_out:,}"),
                (self._say("计划短信", "Planned"), f"{numbers.planned:,}"),
                *((STAGES[stage].in_(self._language), f"{count:,}") for stage, count in self._stages()),
                (STAGES["replied"].in_(self._language), f"{numbers.replied:,}"),
                (STAGES["opted_out"].in_(self._language), f"{numbers.opted_out:,}"),
                (self._say("费用", "Cost"), f"¥{yuan(fen(numbers.cost_li))}"),
                (self._say("速度", "Speed"), self._speed()),
            ]
        )
        yield from self._counts(self._say("未列入的原因", "Left out, by reason"), numbers.left_out_by)
        yield from self._counts(self._say("未送达的代码", "Failed, by code"), numbers.failed_by)
        yield from self._counts(self._say("未发出的原因", "Withheld, by reason"), numbers.withheld_by)
        receipts = [Count(code, number) for code, number in self._report.receipts_by_code]
        yield from self._counts(self._say("回执", "Receipts, by code"), receipts)
        yield from self._breakdown(self._say("按分层", "By tier"), self._report.by_tier, TIER_NAMES)
        yield from self._breakdown(
            self._say("按运营商", "By carrier"), self._report.by_carrier, CARRIER_NAMES
        )
        yield from self._ending()

    def _stages(self) -> list[tuple[str, int]]:
        numbers = self._report.numbers
        always = [("delivered", numbers.delivered), ("failed", numbers.failed)]
        others = ("waiting", "on_wire", "accepted", "uncertain", "withheld")
        read = [("displayed", numbers.displayed)] if numbers.displayed_of else []
        fallen = [("fell_back", numbers.fell_back)] if numbers.fell_back else []
        told = [(stage, getattr(numbers, stage)) for stage in others if getattr(numbers, stage)]
        return [*always, *told, *read, *fallen]

    def _when(self) -> str:
        report = self._report
        return (
            f"{self._say('计划', 'planned')} {self._time(report.planned_at)}   "
            f"{self._say('首条', 'first')} {self._time(report.first_sent_at)}   "
            f"{self._say('末条', 'last')} {self._time(report.last_sent_at)}"
        )

    def _speed(self) -> str:
        rate = self._report.sent_per_s
        return "–" if rate is None else f"{rate:,.0f} {self._say('条短信/秒', 'messages/s')}"

    def _counts(self, heading: str, counts: Sequence[Count]) -> Iterable[str]:
        if not counts:
            return
        yield ""
        yield heading
        yield from _columns(
            [(f"  {self._code(count.code, count.kind)}", f"{count.messages:,}") for count in counts],
        )

    def _code(self, code: str, kind: str = "") -> str:
        name = code_name(code, self._language, kind)
        return f"{code} {name}" if name and name != code else code or "–"

    def _breakdown(
        self, heading: str, lines: Sequence[Line], names: dict[int, tuple[str, str]]
    ) -> Iterable[str]:
        if not lines:
            return
        yield ""
        read = any(line.displayed_of for line in lines)
        header: tuple[str, ...]
        header = ("计划", "送达", "送达率") if not self._english else ("planned", "delivered", "share")
        header += (self._say("已读", "displayed"),) if read else ()
        rows = [(heading, *header)]
        for line in lines:
            share = line.delivered_share
            name = names.get(int(line.key), (str(line.key),) * 2)[1 if self._english else 0]
            shown = (f"{line.displayed:,}",) if read else ()
            rows.append((f"  {name}", f"{line.messages:,}", f"{line.delivered:,}", _percent(share), *shown))
        yield from _columns(rows)

    def _ending(self) -> Iterable[str]:
        took = self._report.delivery_time
        if took is not None:
            yield ""
            yield self._say("送达用时", "Time to delivery") + (
                f"  50 % {took.median_s:.0f} s   90 % {took.p90_s:.0f} s   99 % {took.p99_s:.0f} s"
            )
        for benchmark in self._report.benchmarks:
            yield ""
            yield (
                f"{self._say('送达率', 'Delivered')} {_percent(benchmark.figure)}   "
                f"{self._say('目标', 'target')} ≥ {_percent(benchmark.target)}"
            )
            yield f"  {benchmark.source[1 if self._english else 0]}"

    def _time(self, at: datetime | None) -> str:
        return "–" if at is None else f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def _say(self, chinese: str, english: str) -> str:
        return english if self._english else chinese


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"


def _columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Rows with the first column to the left and the others to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first + " " * (widths[0] - _width(first))]
        cells += [" " * (width - _width(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(cells)


def _width(text: str) -> int:
    """Columns that a terminal needs for a text."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
