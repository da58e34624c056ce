"""The figures in the text format of Prometheus. Labels hold codes and channel names, never anything personal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from xinfeng.channels.reads import ChannelRow, channels
from xinfeng.console.operation.health import free_bytes
from xinfeng.foundation.backups import schedule
from xinfeng.insights.figures import OperatingFigures, operating_figures
from xinfeng.integrations.callbacks.refusals import refused
from xinfeng.integrations.webhooks.reads import webhooks_waiting


def exposition(*, now: datetime) -> bytes:
    """Everything, ready to send."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(now))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        figures = operating_figures(now=self._now)
        yield from _totals(figures)
        yield _gauge(
            "xinfeng_queue_messages", "Messages of running plans that wait for a carrier", figures.queued
        )
        yield _by("xinfeng_plans", "Plans by state", "state", figures.plans, GaugeMetricFamily)
        yield _by("xinfeng_jobs", "Background jobs by status", "status", figures.jobs, GaugeMetricFamily)
        rows = channels(now=self._now)
        yield self._connections(rows)
        yield from _lines(rows, figures)
        yield from _waiting(figures)
        yield from _house(self._now)
        yield _by(
            "xinfeng_callbacks_refused",
            "Pushes of vendors and platforms that were refused since the app started, by reason",
            "reason",
            refused(),
            CounterMetricFamily,
        )
        yield _gauge(
            "xinfeng_lens_refresh_seconds",
            "How long the last refresh of the lens took",
            figures.lens_refresh_s,
        )
        yield _gauge(
            "xinfeng_lens_age_seconds", "Since the lens last looked at PostgreSQL", figures.lens_age_s
        )

    def _connections(self, rows: Sequence[ChannelRow]) -> Metric:
        family = GaugeMetricFamily(
            "xinfeng_connections", "Carrier connections by channel and phase", labels=["channel", "phase"]
        )
        for channel in rows:
            phases = Counter(str(connection.phase) for connection in channel.connections)
            for phase in sorted({"ready", *phases}):
                family.add_metric([channel.name, phase], phases[phase])
        return family


def _lines(rows: Sequence[ChannelRow], figures: OperatingFigures) -> Iterator[Metric]:
    """Each channel: how it is now, and what its carrier did not take."""
    names = {row.id: row.name for row in rows}
    for name, words, read in _NOW:
        family = GaugeMetricFamily(name, words, labels=["channel", "kind"])
        for row in rows:
            if (value := read(row)) is not None:
                family.add_metric([row.name, row.kind], value)
        yield family
    refused = CounterMetricFamily(
        "xinfeng_channel_refused", "Parts refused, by whose side it is", labels=["channel", "side"]
    )
    throttled = CounterMetricFamily(
        "xinfeng_channel_throttled", "Parts sent back for flow control", labels=["channel", "side"]
    )
    uncertain = CounterMetricFamily(
        "xinfeng_channel_uncertain", "Parts that may or may not have left", labels=["channel"]
    )
    delivered = CounterMetricFamily("xinfeng_channel_delivered", "Parts delivered", labels=["channel"])
    failed = CounterMetricFamily(
        "xinfeng_channel_failed", "Parts whose receipt says they failed, by whose side it is",
        labels=["channel", "side"],
    )  # fmt: skip
    for channel_id, line in sorted(figures.lines.items()):
        channel = names.get(channel_id, str(channel_id))
        for side, count in sorted(line.refused.items()):
            refused.add_metric([channel, side], count)
        throttled.add_metric([channel, "carrier"], line.throttled)
        uncertain.add_metric([channel], line.uncertain)
        delivered.add_metric([channel], line.delivered)
        for side, count in sorted(line.failed.items()):
            failed.add_metric([channel, side], count)
    moved = CounterMetricFamily(
        "xinfeng_channel_moved_messages", "Messages that went to another channel", labels=["from", "to"]
    )
    for (one, other), count in sorted(figures.moves.items()):
        moved.add_metric([names.get(one, str(one)), names.get(other, str(other))], count)
    yield from (refused, throttled, uncertain, delivered, failed, moved)


def _mean_round_trip_s(row: ChannelRow) -> float | None:
    found = [one.round_trip_ms for one in row.connections if one.round_trip_ms is not None]
    return sum(found) / len(found) / 1000 if found else None


_NOW: tuple[tuple[str, str, Callable[[ChannelRow], float | None]], ...] = (
    ("xinfeng_channel_enabled", "1 while it is switched on", lambda row: float(row.enabled)),
    (
        "xinfeng_channel_connections_ready",
        "Connections over which messages can go now",
        lambda row: float(row.ready),
    ),
    (
        "xinfeng_channel_window_used",
        "Submits that wait for their answer",
        lambda row: float(sum(one.window_used for one in row.connections)),
    ),
    (
        "xinfeng_channel_submitted_per_second",
        "Parts handed over in the last second",
        lambda row: row.submitted_per_s,
    ),
    ("xinfeng_channel_round_trip_seconds", "From submit to answer, lately; the mean", _mean_round_trip_s),
)


def _waiting(figures: OperatingFigures) -> Iterator[Metric]:
    yield _gauge(
        "xinfeng_receipts_waiting",
        "Receipts of three days whose message is not found yet",
        figures.receipts_waiting,
    )
    yield _gauge("xinfeng_webhook_deliveries_waiting", "Callbacks to others that wait", webhooks_waiting())


def _house(now: datetime) -> Iterator[Metric]:
    standing = schedule.standing(now=now)
    if standing.last_good_at is not None:
        age = (now - standing.last_good_at).total_seconds()
        yield _gauge("xinfeng_backup_age_seconds", "Since the last good backup", age)
    yield _gauge("xinfeng_backup_ok", "1 unless a backup is late or failed", float(standing.ok))
    yield _gauge("xinfeng_disk_free_bytes", "Free on the disk of the data folder", free_bytes())


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
