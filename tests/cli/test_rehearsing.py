"""What came of a rehearsal, in a narrow terminal."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import replace
from io import StringIO

from rich.cells import cell_len

from xinfeng.campaigns.rehearsal.outcome import ChannelOutcome
from xinfeng.cli import output
from xinfeng.cli.rehearsing import _show

ONE = ChannelOutcome(
    channel_id=1,
    name="移动营销通道",
    kind="cmpp3",
    rate_per_s=200,
    connections=2,
    window=16,
    texts=2000,
    parts=20_000,
    content_bytes=2_400_000,
    accepted=19_990,
    refused={"8": 10},
    throttled=1234,
    uncertain=12,
    equal=1990,
    seconds=61.25,
)


def shown(*channels: ChannelOutcome) -> list[str]:
    stream = StringIO()

    def show() -> None:
        output.redirect(stream, 80)
        _show(7, channels, meaning=lambda kind, code: f"{kind} 流量控制 {code}")

    copy_context().run(show)
    return stream.getvalue().splitlines()


def test_a_channel_is_one_row_of_80_columns_with_whole_heads() -> None:
    lines = shown(ONE)
    assert all(cell_len(line) <= 80 for line in lines)
    heads = ("通道 channel", "逐字相同 equal", "接收 taken", "流控 throttled", "待定 uncertain")
    assert all(head in lines[1] for head in heads)
    assert "移动营销通道" in lines[3] and "1,990/2,000" in lines[3] and "19,990/20,000" in lines[3]


def test_below_stand_its_size_its_time_and_what_was_refused() -> None:
    lines = shown(ONE)
    assert "移动营销通道: 2,400,000 字节 bytes · 61.2 秒 s" in lines
    assert any("8 ×10 cmpp3 流量控制 8" in line for line in lines)
    assert "refused" not in " ".join(shown(replace(ONE, refused={})))
