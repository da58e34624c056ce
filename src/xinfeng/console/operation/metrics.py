"""The figures in the text format of Prometheus. Labels hold codes and channel names, never anything personal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from xinfeng.channels.reads import channels
from xinfeng.insights.figures import OperatingFigures, operating_figures


def exposition(*, now: datetime) -> bytes:
    """Everything, ready to send."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(now))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        figures = operating_figures()
        yield from _totals(figures)
        yield _gauge(
            "xinfeng_queue_messages", "Messages of running plans that wait for a carrier", figures.queued
        )
        yield _by("xinfeng_plans", "Plans by state", "state", figures.plans, GaugeMetricFamily)
        yield _by("xinfeng_jobs", "Background jobs by status", "status", figures.jobs, GaugeMetricFamily)
        yield self._connections()
        yield _gauge(
            "xinfeng_lens_refresh_seconds",
            "How long the last refresh of the lens took",
            figures.lens_refresh_s,
        )
        yield _gauge(
            "xinfeng_lens_age_seconds", "Since the lens last looked at PostgreSQL", figures.lens_age_s
        )

    def _connections(self) -> Metric:
        family = GaugeMetricFamily(
            "xinfeng_connections", "Carrier connections by channel and phase", labels=["channel", "phase"]
        )
        for channel in channels(now=self._now):
            phases = Counter(str(connection.phase) for connection in channel.connections)
            for phase in sorted({"ready", *phases}):
                family.add_metric([channel.name, phase], phases[phase])
        return family


def _totals(figures: OperatingFigures) -> Iterator[Metric]:
    yield CounterMetricFamily("xinfeng_messages_planned", "Messages planned", value=figures.planned)
    for name, words, label, counts in (
        ("xinfeng_messages_withheld", "Planned messages not sent, by reason", "reason", figures.withheld),
        ("xinfeng_submits", "Parts tried at a carrier, by outcome", "outcome", figures.attempts),
        ("xinfeng_receipts", "Receipts, by what they say", "result", figures.receipts),
        ("xinfeng_replies", "Texts from handsets, by meaning", "meaning", figures.replies),
    ):
        yield _by(name, words, label, counts, CounterMetricFamily)


def _by(
    name: str,
    words: str,
    label: str,
    counts: Mapping[str, int],
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily],
) -> Metric:
    family = kind(name, words, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
