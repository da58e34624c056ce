"""Commands about the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import utc_now

ACTOR = "system:command line"

group = typer.Typer(help="审计日志。 The audit log.", no_args_is_help=True)


@group.command("verify")
def verify(
    head: Annotated[
        Path | None, typer.Option(help="另外保存的链末 a head of the chain that was deposited elsewhere")
    ] = None,
) -> None:
    """核验审计日志和封签；对不上时退出码为 1。 Check the log against its seals; exit code 1 if anything does not fit."""
    ready()
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    from xinfeng.cli.output import console
    from xinfeng.foundation import seal_checks, seals
    from xinfeng.foundation.seal_verifying import verify as check
    from xinfeng.inspection.words import FAULT_WORDS

    deposited = seals.read_head(head) if head is not None else None
    with Progress(TextColumn("核验 checking"), BarColumn(), TaskProgressColumn(), console=console()) as bar:
        task = bar.add_task("", total=None)
        report = check(
            lambda done, in_all: bar.update(task, completed=done, total=in_all), deposited=deposited
        )
    if head is None:
        seal_checks.remember(report, now=utc_now())
    rows: list[list[object]] = [
        ["记录 entries", f"{report.entries:,}"],
        ["封签 seals", f"{report.seals:,}"],
        ["还没封签 not sealed yet", f"{report.unsealed:,}"],
        ["时间可疑 doubtful times", f"{len(report.backdated):,}"],
        ["按期清理的月份 months dropped", "、".join(report.dropped)],
        ["链末 head", f"{report.head.seq:,} {report.head.digest.hex()}"],
        ["钥匙旁的链末 deposited head", "✓" if report.deposited else "没有 none"],
    ]
    table("审计日志 Audit log", ["", ""], rows)
    if report.fault is None:
        say("完整：每条记录和每个封签都相符。 Whole: entries and seals all fit.", style="green")
        return
    chinese, english = FAULT_WORDS[report.fault]
    say(f"对不上：{chinese}（{report.where}）。 It does not fit: {english} ({report.where}).", style="red")
    raise typer.Exit(1)


@group.command("head")
def head() -> None:
    """链末的编号和摘要，可以抄送给别处保存。 The newest seal, to be deposited elsewhere."""
    ready()
    from xinfeng.foundation import seals

    seals.seal(now=utc_now())
    say(seals.head().as_text())


@group.command("accept-head")
def accept_head(
    reason: Annotated[str, typer.Option(help="原因，会记入审计 why; goes into the audit log")],
) -> None:
    """从备份恢复之后，把现在的链末作准。 After a backup was restored: take the chain as it is."""
    ready()
    from xinfeng.foundation import seals

    newest = seals.accept_head(actor=ACTOR, reason=reason)
    say(f"已作准：第 {newest.seq:,} 个封签。 Accepted: seal {newest.seq:,}.")


@group.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="写到哪里 where to write (.zip)", dir_okay=False)],
    reason: Annotated[str, typer.Option(help="事由，会记入审计 why; goes into the audit log")],
    actor: Annotated[str, typer.Option(help="谁 who")] = "",
    action: Annotated[str, typer.Option(help="做了什么，例如 contact.reveal what was done")] = "",
    first: Annotated[str, typer.Option(help="从哪天 first day, YYYY-MM-DD")] = "",
    last: Annotated[str, typer.Option(help="到哪天 last day, YYYY-MM-DD")] = "",
    address: Annotated[str, typer.Option(help="来自哪个地址或网络 address or network")] = "",
) -> None:
    """导出审计日志和封签，带签名。 Export the log with its seals, signed."""
    if target.exists():
        raise typer.BadParameter(f"文件已存在 the file exists: {target}")
    ready()
    from xinfeng.cli.inspection import day_of
    from xinfeng.foundation import audit, seals
    from xinfeng.foundation.trail import TrailQuery
    from xinfeng.inspection import audit_archive
    from xinfeng.inspection.exports import check_reason
    from xinfeng.inspection.writing import DrawnUp

    reason = check_reason(reason)
    seals.seal(now=utc_now())
    asked = TrailQuery(actor=actor, action=action, first=day_of(first), last=day_of(last), address=address)
    audit.record(
        actor=ACTOR, action="inspection.export_audit", kind="inspection", reason=reason,
        about=audit_archive.as_json(asked),
    )  # fmt: skip
    written = audit_archive.write(asked, target=target, drawn_up=DrawnUp(utc_now(), ACTOR, reason))
    zone = xinfeng_settings.load().zone
    say(
        f"已写入 written: {target}（{written.manifest['rows']['entries']:,} 条 entries, {utc_now().astimezone(zone):%H:%M}）"
    )
