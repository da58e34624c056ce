"""Commands about filings of signatures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.filings.common import (
    ACTOR,
    CARRIERS,
    DAY_FORMATS,
    STATES,
    carriers_named,
    day_of,
    signature_named,
)
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="签名报备 filings of signatures", no_args_is_help=True)

_Filings = Annotated[list[int], typer.Argument(help="报备编号，可以多个 filing ids")]


@group.command("list")
def list_filings(
    channel: Annotated[str, typer.Option(help="只看这个通道（名称或编号）only this channel")] = "",
    open_only: Annotated[
        bool, typer.Option("--open", help="只看没有全部生效的 only what is not complete")
    ] = False,
) -> None:
    """签名 × 运营商 × 通道的报备状态。 Where each signature stands with each carrier over each channel."""
    ready()
    from xinfeng.cli.named import channel as channel_named
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.signatures import matrix

    channel_id = channel_named(channel) if channel else None
    rows = []
    for row in matrix(business_day_of(utc_now()), channel_id=channel_id, only_open=open_only):
        cells = [
            f"#{cell.filing.pk} {STATES[str(cell.state)]}" if cell.filing is not None else "—"
            for cell in row.cells
        ]
        rows.append([f"【{row.signature.text}】", row.channel.name, *cells])
    table("签名报备 Signature filings", ["签名 signature", "通道 channel", *CARRIERS.values()], rows)


@group.command("add")
def add(
    signature: Annotated[str, typer.Argument(help="已登记的签名 a registered signature")],
    channel: Annotated[str, typer.Option(help="通道的名称或编号 the channel's name or id")],
    carrier: Annotated[
        list[str] | None,
        typer.Option(
            help="mobile、unicom、telecom、broadnet，可以多次；不写是四家 carrier, repeatable; all without"
        ),
    ] = None,
    basis: Annotated[
        str, typer.Option(help="依据：company、short_name、trademark、app、government what it rests on")
    ] = "company",
    port: Annotated[str, typer.Option(help="报备的号码或它的末几位；不写不限 number it is filed for")] = "",
    whole_account: Annotated[
        bool, typer.Option(help="对同一账号的全部通道有效 holds for the whole account")
    ] = False,
    qualification: Annotated[
        list[int] | None, typer.Option(help="资质编号，可以多次 qualification, repeatable")
    ] = None,
) -> None:
    """准备报备一个签名。 Prepare the filing of a signature."""
    ready()
    from xinfeng.cli.named import channel as channel_named
    from xinfeng.filings import signatures

    draft = signatures.SignatureDraft(
        signature_id=signature_named(signature),
        channel_id=channel_named(channel),
        carriers=carriers_named(carrier),
        whole_account=whole_account,
        basis=basis,
        port=port,
        qualification_ids=qualification or [],
    )
    made = signatures.add(draft, actor=ACTOR, now=utc_now())
    say(f"报备 filings {' '.join(map(str, made))}")


@group.command("submit")
def submit(filings: _Filings) -> None:
    """记下：已提交给运营商。 Note that they were handed in."""
    ready()
    from xinfeng.filings import signatures

    count = signatures.submit(filings, actor=ACTOR, now=utc_now())
    say(f"已提交 {count} 份。 {count} submitted.")


@group.command("confirm")
def confirm(
    filings: _Filings,
    number: Annotated[str, typer.Option(help="运营商给的编号 the carrier's number")] = "",
    effective: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="从哪天生效；不写是今天 in force from; today")
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(formats=DAY_FORMATS, help="有效到哪天；不写是长期 last day; none: for good"),
    ] = None,
) -> None:
    """记下：运营商已通过，报备生效。 Note that the carriers took them; also renews."""
    ready()
    from xinfeng.filings import signatures

    count = signatures.confirm(
        filings,
        number=number,
        effective_on=day_of(effective),
        expires_on=day_of(expires),
        actor=ACTOR,
        now=utc_now(),
    )
    say(f"已生效 {count} 份。 {count} in force.")


@group.command("refuse")
def refuse(filings: _Filings, reason: Annotated[str, typer.Option(help="运营商说的原因 why")]) -> None:
    """记下：运营商驳回。 Note that the carriers refused them."""
    ready()
    from xinfeng.filings import signatures

    count = signatures.refuse(filings, reason=reason, actor=ACTOR, now=utc_now())
    say(f"被驳回 {count} 份。 {count} refused.")


@group.command("withdraw")
def withdraw(filings: _Filings, reason: Annotated[str, typer.Option(help="为什么撤销 why")]) -> None:
    """撤销；正在依据它发送的活动会暂停。 End them for good; what is being sent on their strength is paused."""
    ready()
    from xinfeng.campaigns import filing_watch

    count = filing_watch.withdraw_signatures(filings, reason=reason, actor=ACTOR, now=utc_now())
    say(f"已撤销 {count} 份。 {count} withdrawn.")


@group.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="写到哪里（.csv）where to write")],
    channel: Annotated[str, typer.Option(help="通道的名称或编号 the channel's name or id")],
) -> None:
    """导出要提交的清单。 Write what is to be handed in."""
    ready()
    from xinfeng.cli.named import channel as channel_named
    from xinfeng.console.filings.files import to_file_csv
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.signatures import to_file

    waiting = to_file(channel_named(channel), day=business_day_of(utc_now()))
    file.write_bytes(to_file_csv(waiting))
    say(f"{len(waiting)} 行 lines → {file}")


@group.command("import")
def import_results(
    file: Annotated[
        Path, typer.Argument(help="结果文件：.csv 或 .xlsx result file", exists=True, dir_okay=False)
    ],
    channel: Annotated[str, typer.Option(help="通道的名称或编号 the channel's name or id")],
) -> None:
    """导入运营商或服务商的结果。 Take over a carrier's or vendor's answers."""
    ready()
    from xinfeng.cli.named import channel as channel_named
    from xinfeng.console.filings.files import result_rows
    from xinfeng.filings.results import take_results

    taken = take_results(result_rows(file), channel_id=channel_named(channel), actor=ACTOR, now=utc_now())
    say(
        f"生效 in force {taken.confirmed}，驳回 refused {taken.refused_by_carrier}，未变 unchanged {taken.unchanged}，"
        f"有误 faulty {len(taken.faults)}"
    )
    for line, code in taken.faults[:20]:
        say(f"  第 {line} 行 line {line}: {code}", style="yellow")


@group.command("show")
def show(filing_id: Annotated[int, typer.Argument(help="报备编号 filing id")]) -> None:
    """一份报备和它的经过。 One filing and what happened to it."""
    ready()
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.models import Subject
    from xinfeng.filings.signatures import filing_of
    from xinfeng.filings.steps import steps_of

    filing = filing_of(filing_id)
    facts = [
        ["通道 channel", filing.channel.name],
        ["运营商 carrier", CARRIERS[Carrier(filing.carrier)]],
        ["状态 state", STATES[str(filing.state_on(business_day_of(utc_now())))]],
        ["编号 number", filing.number or "—"],
        ["有效 in force", f"{filing.effective_on or '—'} – {filing.expires_on or '长期 for good'}"],
        ["原因 reason", filing.reason or "—"],
    ]
    table(f"【{filing.signature.text}】", ["", ""], facts)
    rows = [
        [f"{one.at:%Y-%m-%d %H:%M}", one.action, one.actor] for one in steps_of(Subject.SIGNATURE, filing_id)
    ]
    table("经过 History (UTC)", ["时间 at", "做了什么 what", "谁 who"], rows)
