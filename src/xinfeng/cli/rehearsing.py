"""A rehearsal from the command line: asked for, watched, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from xinfeng.cli.acting import As, ready_as
from xinfeng.cli.output import say, table
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.campaigns.rehearsal.outcome import ChannelOutcome, Outcome
    from xinfeng.campaigns.rehearsal.reads import Rehearsed

PICKED_UP_WITHIN_S = 8.0
"""An `app` that runs begins a job within about a second; one that was killed leaves its door behind."""
_LOOK_S = 0.3


def rehearse(
    campaign_id: int,
    operator: As,
    messages: Annotated[int, typer.Option(help="最多多少条 messages at most, 1 to 2000")] = 1000,
    fault: Annotated[
        str,
        typer.Option(
            help="故障 a fault: flow 流控, cut 断线, outage 通道中断, slow 慢回执, partial 部分失败"
        ),
    ] = "",
) -> None:
    """演练：真实的短信、协议和速率，发给本机的模拟运营商，没有人会收到。 Real texts, protocols and rates, to simulated
    carriers on this machine; nobody gets anything. Exit code 1 unless all arrived as written."""
    ready_as(operator)
    from xinfeng.campaigns.rehearsal import actions, reads
    from xinfeng.channels import codes

    by_job = xinfeng_settings.load().door_socket.exists()
    row = actions.ask(
        campaign_id, actor=operator, now=utc_now(), messages=messages, fault=fault, by_job=by_job
    )
    try:
        if not by_job or not _picked_up(row.pk):
            actions.run(row.pk)
        found = _over(row.pk)
    except KeyboardInterrupt:
        actions.cancel(row.pk, actor=operator)
        raise
    if found.outcome is None:
        error = found.row.error or {"code": "rehearsal.stopped", "params": {}}
        raise XinfengError(error["code"], **error["params"])
    codes.refresh()
    _tell(reads.one(row.pk, now=utc_now()), found.outcome)
    if not found.outcome.settled:
        raise typer.Exit(1)


def _picked_up(rehearsal_id: int) -> bool:
    from xinfeng.campaigns.models import RehearsalState
    from xinfeng.campaigns.rehearsal import reads

    patience = time.monotonic() + PICKED_UP_WITHIN_S
    while time.monotonic() < patience:
        if reads.one(rehearsal_id, now=utc_now()).row.state != RehearsalState.WAITING:
            return True
        time.sleep(_LOOK_S)
    return False


def _over(rehearsal_id: int) -> Rehearsed:
    """When it is over; says on the way how far it is."""
    from xinfeng.campaigns.rehearsal import reads

    told = 0
    while (found := reads.one(rehearsal_id, now=utc_now())).running:
        if found.row.total and (step := found.row.done * 10 // found.row.total) > told:
            told = step
            say(f"  {found.row.done:,} / {found.row.total:,}")
        time.sleep(_LOOK_S)
    return found


def _tell(found: Rehearsed, outcome: Outcome) -> None:
    from xinfeng.channels.codes import Phase
    from xinfeng.console.campaigns.rehearsed import meaning, reason_words, remarks, verdict

    _show(
        found.row.campaign_id, outcome.channels, meaning=lambda kind, code: meaning(kind, code, Phase.SUBMIT)
    )
    zone = xinfeng_settings.load().zone
    for label, at in (("预检 preflight", outcome.finishes_at), ("按演练 likely", outcome.likely_at)):
        say(f"{label}: {'—' if at is None else f'{at.astimezone(zone):%Y-%m-%d %H:%M:%S}'}")
    for (zh, en), count in zip(
        _both(lambda: [reason_words(code) for code in outcome.reasons]), outcome.reasons.values(), strict=True
    ):
        say(f"  {count:,} × {zh} {en}", style="yellow")
    for zh, en in _both(lambda: [str(words) for _tone, words in remarks(outcome)]):
        say(f"  {zh}\n  {en}", style="yellow")
    for zh, en in _both(lambda: [str(verdict(found)[1])]):
        say(f"{zh}\n{en}", style="green" if outcome.settled else "yellow" if outcome.sound else "red")


def _show(
    campaign_id: int, channels: Sequence[ChannelOutcome], *, meaning: Callable[[str, str], object]
) -> None:
    """A row a channel that fits 80 columns; below, what takes more room."""
    heads = ["通道 channel", "逐字相同 equal", "接收 taken", "流控 throttled", "待定 uncertain"]
    rows: list[list[object]] = [
        [
            one.name,
            f"{one.equal:,}/{one.texts:,}",
            f"{one.accepted:,}/{one.parts:,}",
            f"{one.throttled:,}",
            f"{one.uncertain:,}",
        ]
        for one in channels
    ]
    table(f"演练 Rehearsal #{campaign_id}", heads, rows, right=(1, 2, 3, 4))
    for one in channels:
        say(f"{one.name}: {one.content_bytes:,} 字节 bytes · {one.seconds:.1f} 秒 s")
        for code, count in one.refused.items():
            say(f"  拒绝 refused {code} ×{count:,} {meaning(one.kind, code)}")


def _both(sentences: Callable[[], list[str]]) -> list[tuple[str, str]]:
    """Each sentence in Chinese and in English."""
    from django.utils import translation

    with translation.override("zh-hans"):
        chinese = sentences()
    with translation.override("en"):
        english = sentences()
    return list(zip(chinese, english, strict=True))
