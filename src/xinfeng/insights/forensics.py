"""Receipts that are unusual: uniform, impossible, or too good. They accuse nobody; they say what was seen, compared
with what, and leave it to a person to ask the carrier.

`pairs` puts each accepted part beside its final receipt, `figures` counts over them (one row, whatever the engine);
where there are millions it looks at every so-manieth message, and says so: what is uniform is uniform in a part of it
too. Receipts without a message are few and are looked for among all; so are deliveries to dead numbers while those are
few. `judge` is pure: it
compares the figures with what honest carriers' receipts look like. The thresholds are ours: wide
enough that a carrier in good order, and one in a bad evening, stays far below them.

| finding | what was seen | compared with |
|---|---|---|
| `same_moment` | half of the receipts or more name one and the same moment | the share of the busiest minute of sending |
| `before_submit` | the carrier's time lies before the submit | its clock may be off by `CLOCK_SLACK` and tells minutes only |
| `never_sent` | receipts that match no message, an hour after they came | all receipts |
| `all_at_once` | everything delivered, all of it within seconds | some handsets are always off |
| `dead_delivered` | delivered to numbers that reports had called dead within 60 days | – |
| `one_delay` | nearly all receipts took exactly as long | the usual spread from seconds to hours |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from xinfeng.channels.codes import Action, book
from xinfeng.channels.codes.shapes import Phase, is_pattern
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import DELIVERED_STATS, INTERMEDIATE_STATS
from xinfeng.lens.engine import Lens

LATELY = timedelta(days=7)
ENOUGH = 200
"""Receipts below which nothing is said: a handful may be alike by chance."""
SAME_SHARE, SAME_TIMES = 0.5, 5.0
CLOCK_SLACK = timedelta(minutes=2)
EARLY_LEAST, EARLY_SHARE = 5, 0.01
STRAY_AFTER = timedelta(hours=1)
STRAY_LEAST, STRAY_SHARE = 20, 0.01
PERFECT_SHARE, PERFECT_S, PERFECT_ENOUGH = 0.999, 10.0, 500
LOOKED_AT = 200_000
"""Receipts looked at, about: shares are then known to a few thousandths."""
DEAD_LOOKED_AT = 20_000
"""Reports of dead numbers that are followed up, about."""
DEAD_WITHIN = timedelta(days=60)
DEAD_LEAST = 5
DELAY_SPREAD, DELAY_LEAST_S = 0.02, 10.0


@dataclass(frozen=True)
class Figures:
    """What was counted over the final receipts of accepted parts of every `one_in`-th message. Times in seconds.

    `strays` of `told`, and `dead_delivered` of `may_be_dead`, are of all receipts (the latter of a share of the people
    where very many numbers are dead)."""

    receipts: int = 0
    delivered: int = 0
    same_moment: int = 0
    busiest_minute: int = 0
    early: int = 0
    strays: int = 0
    told: int = 0
    dead_delivered: int = 0
    p01_s: float = 0.0
    p50_s: float = 0.0
    p99_s: float = 0.0
    may_be_dead: int = 0
    one_in: int = 1


@dataclass(frozen=True)
class Finding:
    """`seen` of `out_of` are unusual; `figure` is compared with `usual` (shares of 1, or seconds)."""

    kind: str
    seen: int
    out_of: int
    figure: float
    usual: float


def judge(found: Figures) -> tuple[Finding, ...]:
    """What is unusual, the plainest first. Pure."""
    return tuple(
        one
        for one in (
            _early(found),
            _strays(found),
            _dead(found),
            _same_moment(found),
            _perfect(found),
            _one_delay(found),
        )
        if one is not None
    )


def _early(found: Figures) -> Finding | None:
    least = max(EARLY_LEAST, EARLY_SHARE * found.receipts)
    if not found.receipts or found.early < least:
        return None
    return Finding("before_submit", found.early, found.receipts, found.early / found.receipts, 0.0)


def _strays(found: Figures) -> Finding | None:
    if found.strays < max(STRAY_LEAST, STRAY_SHARE * found.told):
        return None
    return Finding("never_sent", found.strays, found.told, found.strays / found.told, 0.0)


def _dead(found: Figures) -> Finding | None:
    if found.dead_delivered < DEAD_LEAST:
        return None
    out_of = max(found.may_be_dead, found.dead_delivered)
    return Finding("dead_delivered", found.dead_delivered, out_of, found.dead_delivered / out_of, 0.0)


def _same_moment(found: Figures) -> Finding | None:
    if found.receipts < ENOUGH:
        return None
    share, sending = found.same_moment / found.receipts, found.busiest_minute / found.receipts
    if share < SAME_SHARE or share < SAME_TIMES * sending:
        return None
    return Finding("same_moment", found.same_moment, found.receipts, share, sending)


def _perfect(found: Figures) -> Finding | None:
    if found.receipts < PERFECT_ENOUGH or found.p99_s > PERFECT_S:
        return None
    share = found.delivered / found.receipts
    if share < PERFECT_SHARE:
        return None
    return Finding("all_at_once", found.delivered, found.receipts, found.p99_s, PERFECT_S)


def _one_delay(found: Figures) -> Finding | None:
    if found.receipts < ENOUGH or found.p50_s < DELAY_LEAST_S:
        return None
    spread = found.p99_s - found.p01_s
    if spread > DELAY_SPREAD * found.p50_s:
        return None
    return Finding("one_delay", found.receipts, found.receipts, spread, DELAY_SPREAD * found.p50_s)


# --- what is counted -----------------------------------------------------------------------------------------------


def pairs(
    lens: Lens,
    *,
    channel_id: int | None = None,
    plan_id: int | None = None,
    since: datetime | None = None,
    one_in: int = 1,
    among: ibis.Table | None = None,
) -> ibis.Table:
    """Each accepted part beside its first final receipt: `message_id`, `part`, `sent_at`, `stat`, `done_at`,
    `received_at`, `delay_s`. Only receipts that found their message directly: a match made later has no order in time.
    `one_in`: of every so-manieth message; `among`: of these messages (`id`) only.
    """
    attempt, receipt = lens.table("attempt"), lens.table("receipt")
    attempt = attempt.filter(attempt["outcome"] == Outcome.ACCEPTED.value)
    receipt = receipt.filter(receipt["message_id"].notnull(), ~receipt["stat"].isin(INTERMEDIATE_STATS))
    if since is not None:
        attempt, receipt = (
            attempt.filter(attempt["at"] > since),
            receipt.filter(receipt["received_at"] > since),
        )
    if channel_id is not None:
        attempt = attempt.filter(attempt["channel_id"] == channel_id)
        receipt = receipt.filter(receipt["channel_id"] == channel_id)
    if one_in > 1:
        attempt = attempt.filter(attempt["message_id"] % one_in == 0)
        receipt = receipt.filter(receipt["message_id"] % one_in == 0)
    if plan_id is not None:
        message = lens.table("message")
        message = message.filter(message["plan_id"] == plan_id)
        among = message if among is None else among.semi_join(message, among["id"] == message["id"])
    if among is not None:
        attempt = attempt.semi_join(among, attempt["message_id"] == among["id"])
        receipt = receipt.semi_join(among, receipt["message_id"] == among["id"])
    sent = attempt.group_by("message_id", "part").aggregate(sent_at=attempt["sent_at"].max())
    first = receipt.group_by("message_id", "part").aggregate(
        stat=receipt["stat"].argmin(receipt["received_at"]),
        done_at=receipt["done_at"].min(),
        received_at=receipt["received_at"].min(),
    )
    both = sent.inner_join(first, ["message_id", "part"])
    seconds = both["received_at"].epoch_seconds() - both["sent_at"].epoch_seconds()
    return both.mutate(delay_s=seconds.cast("float64"))


def figures(
    lens: Lens,
    *,
    now: datetime,
    channel_id: int | None = None,
    plan_id: int | None = None,
    over: timedelta | None = LATELY,
) -> Figures:
    """Count over a channel's last days, or over a plan. A handful of questions to the lens."""
    since = None if over is None or plan_id is not None else now - over
    told, delivered_in_all = _told(lens, channel_id=channel_id, plan_id=plan_id, since=since)
    one_in = _one_in(told)
    both = pairs(lens, channel_id=channel_id, plan_id=plan_id, since=since, one_in=one_in)
    seen = lens.rows(
        both.select(
            delivered=both["stat"].isin(DELIVERED_STATS),
            early=early(both),
            delay_s=both["delay_s"],
            done_at=both["done_at"],
            minute=both["sent_at"].truncate("m"),
        )
    )
    strays = 0
    if plan_id is None:
        stray = _strayed(lens, now=now, channel_id=channel_id, since=since)
        strays = int(lens.scalar(stray.count()) or 0)
    dead_one_in = _dead_one_in(lens, now=now)
    dead = dead_delivered(
        lens, now=now, channel_id=channel_id, plan_id=plan_id, since=since, one_in=dead_one_in
    )
    p01_s, p50_s, p99_s = (
        float(value or 0) for value in pc.quantile(seen["delay_s"], q=[0.01, 0.5, 0.99]).to_pylist()
    )
    return Figures(
        receipts=seen.num_rows,
        delivered=_true(seen["delivered"]),
        same_moment=_busiest(seen["done_at"]),
        busiest_minute=_busiest(seen["minute"]),
        early=_true(seen["early"]),
        strays=strays,
        told=told if plan_id is None else 0,
        dead_delivered=int(lens.scalar(dead.count()) or 0),
        p01_s=p01_s,
        p50_s=p50_s,
        p99_s=p99_s,
        may_be_dead=delivered_in_all // dead_one_in,
        one_in=one_in,
    )


def _true(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)


def _busiest(column: pa.ChunkedArray) -> int:
    """How often the value stands there that stands there most often."""
    counted = pc.value_counts(column.drop_null()).field("counts")
    return int(pc.max(counted).as_py() or 0)


def _one_in(receipts: int) -> int:
    return max(1, receipts // LOOKED_AT)


def early(both: ibis.Table) -> ibis.Value:
    """Whether the carrier's time lies before the submit; it tells minutes, and clocks differ."""
    slack = ibis.interval(seconds=int(CLOCK_SLACK.total_seconds()))
    return (both["done_at"] < both["sent_at"].truncate("m") - slack).fill_null(False)


def _dead_reports(lens: Lens, *, now: datetime) -> ibis.Table:
    dead = [
        one.pattern
        for one in book().entries()
        if one.phase is Phase.RECEIPT and one.action is Action.NUMBER_DEAD and not is_pattern(one.pattern)
    ]
    receipt = lens.table("receipt")
    return receipt.filter(
        receipt["stat"].isin(dead),
        receipt["message_id"].notnull(),
        receipt["received_at"] > now - 2 * DEAD_WITHIN,
    )


def _dead_one_in(lens: Lens, *, now: datetime) -> int:
    return max(1, int(lens.scalar(_dead_reports(lens, now=now).count()) or 0) // DEAD_LOOKED_AT)


def dead_delivered(
    lens: Lens,
    *,
    now: datetime,
    channel_id: int | None = None,
    plan_id: int | None = None,
    since: datetime | None = None,
    one_in: int = 1,
) -> ibis.Table:
    """Parts said to be delivered to contacts whose number other reports called dead shortly before. `one_in`: of every
    so-manieth contact."""
    receipt, message = _dead_reports(lens, now=now), lens.table("message")
    if one_in > 1:
        message = message.filter(message["contact_id"] % one_in == 0)
    said = receipt.inner_join(message, receipt["message_id"] == message["id"])
    said = said.select(
        dead_contact=said["contact_id"], dead_message=receipt["message_id"], dead_at=receipt["received_at"]
    )
    theirs = message.semi_join(said, message["contact_id"] == said["dead_contact"])
    both = pairs(lens, channel_id=channel_id, plan_id=plan_id, since=since, among=theirs)
    reached = both.filter(both["stat"].isin(DELIVERED_STATS))
    reached = reached.inner_join(theirs, reached["message_id"] == theirs["id"])
    reached = reached.select(
        "message_id", "part", "contact_id", "sent_at", "done_at", "received_at", "stat", "delay_s"
    )
    within = ibis.interval(days=DEAD_WITHIN.days)
    met = reached.inner_join(
        said,
        [
            reached["contact_id"] == said["dead_contact"],
            reached["message_id"] != said["dead_message"],
            reached["received_at"] > said["dead_at"],
            reached["received_at"] < said["dead_at"] + within,
        ],
    )
    return met.select(*reached.columns).distinct()


def evidence(
    lens: Lens,
    kind: str,
    *,
    now: datetime,
    channel_id: int | None = None,
    plan_id: int | None = None,
    limit: int = 50,
) -> list[dict[str, object]]:
    """Receipts behind a finding, the newest first: `contact_id`, `sent_at`, `done_at`, `received_at`, `stat`, `delay_s`.
    Receipts that match nothing have no contact."""
    since = None if plan_id is not None else now - LATELY
    if kind == "never_sent":
        stray = _strayed(lens, now=now, channel_id=channel_id, since=since)
        stray = stray.order_by(ibis.desc("received_at")).limit(limit)
        return [dict(row) for row in lens.rows(stray.select("received_at", "done_at", "stat")).to_pylist()]
    newest = ibis.desc("received_at")
    columns = ("contact_id", "sent_at", "done_at", "received_at", "stat", "delay_s")
    if kind == "dead_delivered":
        table = dead_delivered(
            lens, now=now, channel_id=channel_id, plan_id=plan_id, since=since,
            one_in=_dead_one_in(lens, now=now),
        )  # fmt: skip
    else:
        told, _ = _told(lens, channel_id=channel_id, plan_id=plan_id, since=since)
        both = pairs(lens, channel_id=channel_id, plan_id=plan_id, since=since, one_in=_one_in(told))
        if kind == "before_submit":
            both = both.filter(early(both))
        elif kind == "same_moment":
            counted = both.filter(both["done_at"].notnull()).group_by("done_at").aggregate(n=ibis._.count())
            busiest = lens.rows(counted.order_by(ibis.desc("n")).limit(1)).to_pylist()
            if busiest:
                both = both.filter(both["done_at"] == busiest[0]["done_at"])
        both = both.order_by(newest).limit(limit)  # a few, before the millions of messages are joined
        message = lens.table("message")
        table = both.inner_join(message.select("id", "contact_id"), both["message_id"] == message["id"])
    return [dict(row) for row in lens.rows(table.select(*columns).order_by(newest).limit(limit)).to_pylist()]


def _strayed(lens: Lens, *, now: datetime, channel_id: int | None, since: datetime | None) -> ibis.Table:
    receipt, match = lens.table("receipt"), lens.table("receipt_match")
    stray = receipt.filter(receipt["message_id"].isnull(), receipt["received_at"] < now - STRAY_AFTER)
    if channel_id is not None:
        stray = stray.filter(stray["channel_id"] == channel_id)
    if since is not None:
        stray = stray.filter(stray["received_at"] > since)
    return stray.anti_join(match, stray["id"] == match["receipt_id"])


def _told(
    lens: Lens, *, channel_id: int | None, plan_id: int | None, since: datetime | None
) -> tuple[int, int]:
    """Receipts in all, and how many say delivered."""
    receipt = lens.table("receipt")
    if channel_id is not None:
        receipt = receipt.filter(receipt["channel_id"] == channel_id)
    if since is not None:
        receipt = receipt.filter(receipt["received_at"] > since)
    if plan_id is not None:
        message = lens.table("message")
        message = message.filter(message["plan_id"] == plan_id)
        receipt = receipt.semi_join(message, receipt["message_id"] == message["id"])
    asked = receipt.aggregate(told=receipt.count(), delivered=receipt["stat"].isin(DELIVERED_STATS).sum())
    [row] = lens.rows(asked).to_pylist()
    return int(row["told"]), int(row["delivered"] or 0)
