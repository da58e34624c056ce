"""Commands about inspections, and about how long data is kept.

`inspection verify` and nothing it calls touches the data folder, a database or a key file.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.archives import FAULTS as SHARED_FAULTS
from xinfeng.cli.archives import File, Key, check_archive, drawn_up, tell_whole
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.inspection.checking import verify_archive
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import business_day, utc_now

ACTOR = "system:command line"

group = typer.Typer(
    help="检查：汇总、导出、核验。 Inspections: account, export, check.", no_args_is_help=True
)
keeping = typer.Typer(help="数据保留多久。 How long data is kept.", no_args_is_help=True)

FAULTS: dict[str, tuple[str, str]] = {
    **SHARED_FAULTS,
    "not_a_bundle": ("这不是检查档案，或者开头、结尾缺了一截", "This is no inspection archive, or its beginning or end is missing"),
    "row_unreadable": ("读不懂的一行：{where}", "A line cannot be read: {where}"),
    "seal_unreadable": ("第 {where} 个封签读不懂", "Seal line {where} cannot be read"),
    "seal_signature": ("封签 {where} 的内容或签名不符", "Seal {where} does not fit its digest or signature"),
    "audit_entry": ("审计记录 {where} 与封签不符", "Entry {where} of the audit log does not fit its seal"),
    "audit_entry_unknown": ("审计记录 {where} 的封签不在档案里", "The seal of entry {where} is not in the archive"),
}  # fmt: skip
"""Words for `inspection.checking.FAULTS`."""


def day_of(text: str) -> date | None:
    """A day as typed; None for nothing."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"不是日期 not a day: {text}") from None


@group.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="写到哪里 where to write (.zip)", dir_okay=False)],
    reason: Annotated[str, typer.Option(help="事由，会记入审计 why; goes into the audit log")],
    first: Annotated[
        str, typer.Option(help="从哪天，不写为上个月 first day, YYYY-MM-DD; without both days last month")
    ] = "",
    last: Annotated[str, typer.Option(help="到哪天，不写为上个月 last day, YYYY-MM-DD")] = "",
    numbers: Annotated[str, typer.Option(help="号码 masked、hash 或 clear")] = "masked",
    campaign: Annotated[int | None, typer.Option(help="只看一次活动 one campaign")] = None,
    channel: Annotated[int | None, typer.Option(help="只看一个通道 one channel")] = None,
) -> None:
    """导出一段时间的检查档案，带签名。 Export the account of a period, signed."""
    if target.exists():
        raise typer.BadParameter(f"文件已存在 the file exists: {target}")
    if numbers not in ("masked", "hash", "clear"):
        raise typer.BadParameter("masked, hash, clear")
    start, end = day_of(first), day_of(last)
    if (start is None) != (end is None):
        raise typer.BadParameter("--first 和 --last 要一起给 give --first and --last together")
    ready()
    from xinfeng.foundation import audit
    from xinfeng.inspection import writing
    from xinfeng.inspection.exports import check_reason
    from xinfeng.inspection.models import Numbers
    from xinfeng.inspection.period import last_month, scope
    from xinfeng.lens.engine import lens

    lens()  # first of all: a running app that owns it does the whole of this instead
    if start is None or end is None:
        usual = last_month(business_day(utc_now(), xinfeng_settings.load().zone))
        start, end = usual.first, usual.last
    asked = scope(start, end, campaign_id=campaign, channel_id=channel)
    reason = check_reason(reason)
    audit.record(
        actor=ACTOR, action="inspection.export_inspection", kind="inspection", reason=reason, numbers=numbers,
        about=asked.as_json(),
    )  # fmt: skip
    written = writing.write(
        asked,
        numbers=Numbers(numbers),
        target=target,
        drawn_up=writing.DrawnUp(utc_now(), ACTOR, reason),
    )
    say(
        f"已写入 written: {target}（{asked.first} – {asked.last}，{written.bytes:,} bytes，"
        f"{written.manifest['rows']['messages']:,} 条短信 messages）"
    )


@group.command("verify")
def verify(file: File, key: Key = None) -> None:
    """核验检查档案：不需要数据库，可离线。 Check an archive; offline, without a database; exit code 1 if not whole."""
    if not file.is_file():
        raise NotFound("inspection.no_file", file=str(file))
    report = check_archive(verify_archive, file, key, faults=FAULTS, names=("档案", "archive"))
    rows: list[list[object]] = [
        ["内容 about", f"{report.kind} {report.about}"],
        *drawn_up(report),
        ["文件 files", f"{report.files:,}"],
        ["行 rows", f"{report.rows:,}"],
        ["公钥指纹 key", report.fingerprint],
    ]
    table("检查档案 Inspection archive", ["", ""], rows)
    tell_whole(report, "每个文件、每行和签名都相符", "files, rows and signatures all fit")


@keeping.command("show")
def show() -> None:
    """每种数据保留多久。 How long each kind of data is kept."""
    ready()
    from xinfeng.foundation import retention

    rows: list[list[object]] = [
        [
            one.kept.kind,
            one.kept.label[0],
            one.kept.floor_days or "—",
            one.days or "—",
            one.kept.source[0] if one.days else f"{one.kept.source[0]}。{one.kept.why[0]}",
        ]
        for one in retention.settings()
    ]
    heads = [
        "名 kind",
        "数据 data",
        "至少 floor",
        "保留（天） days",
        "依据，没有天数的怎样清理 source, and what goes where no days are set",
    ]
    table("保留期限 Retention", heads, rows, right=(2, 3))


@keeping.command("set")
def configure(kind: str, days: int) -> None:
    """改一种数据的保留天数；不能短于法定下限。 Keep a kind for so many days, never below the law's floor."""
    ready()
    from xinfeng.foundation import retention

    retention.configure(kind, days, actor=ACTOR)
    say(f"{kind}: {days} 天 days")


@keeping.command("plan")
def plan() -> None:
    """试算：下一次会清理什么，什么也不动。 What would go with the next run; nothing is touched."""
    ready()
    from xinfeng.foundation import retention

    rows: list[list[object]] = [
        [one.kind, part.name, f"{part.rows:,}", f"{part.bytes / 1e6:,.1f}", "冻结 held" if part.held else ""]
        for one in retention.plan(now=utc_now())
        for part in one.portions
    ]
    table("会清理的 What would go", ["名 kind", "表 table", "约行 rows", "MB", ""], rows, right=(2, 3))


@keeping.command("run")
def run() -> None:
    """现在清理到期的数据（每天凌晨自动做）。 Let go of what is past its time now (done every night anyway)."""
    ready()
    from xinfeng.foundation import retention, seals
    from xinfeng.lens.engine import lens

    lens()  # first of all: a running app that owns it does the whole of this instead
    seals.seal(now=utc_now())
    rows: list[list[object]] = [
        [one.kind, f"{one.rows:,}", one.fault]
        for one in retention.run(now=utc_now())
        if one.portions or one.fault
    ]
    table("清理了 Dropped", ["名 kind", "行 rows", "没有做 put off"], rows, right=(1,))
