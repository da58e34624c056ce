"""Commands about carriers' codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.time import utc_now

KINDS = "*, cmpp2, cmpp3, sgip12, smgp30, smpp34, aliyun, tencent, maap_csp, maap_mobile"
CATEGORIES = """interim, dead, suspended, badnumber, gone, off, device, blacklist, refused_by_reader, content, filing,
frequency, quota, hours, flow, ported, route, noroute, account, message, balance, system, unclear, expired, noreason,
disputed"""
"""What a file may say, for the help, which is there before the tables are; a test holds it to them."""
FILE_HELP = f"""CSV 或 TOML。 CSV: code, kind, phase, category, zh, en, carrier.
phase: login, submit, receipt. kind: {KINDS}. category: {CATEGORIES}.
类别决定在哪一边、怎么做；另写 side、action 会被拒绝。 The category decides the side and what is done; a side or action beside it is refused.""".replace(
    "\n", " "
)

group = typer.Typer(help="运营商代码 what carriers' codes mean", no_args_is_help=True)
ACTOR = "system:command line"
KIND = typer.Option(help="协议，如 cmpp3、sgip12、smgp30、smpp34、aliyun、tencent the channel's kind")


@group.command("explain")
def explain_code(code: str, kind: Annotated[str, KIND] = "") -> None:
    """一个代码的含义、在哪一边、信风怎么做。 What a code means, whose side it is on, what is done about it."""
    ready()
    from xinfeng.channels import codes
    from xinfeng.channels.codes import Phase
    from xinfeng.channels.codes.words import done_about, permanence_name, phase_name, side_name

    codes.refresh(at_once=True)
    found = [codes.explain(kind, code, phase=phase) for phase in Phase]
    known = [one for one in found if one.known] or [codes.explain(kind, code)]
    for one in known:
        zh, en = phase_name(one.phase), phase_name(one.phase, "en")
        say(f"{code} · {zh} {en}", style="bold")
        say(f"  {one.zh}  {one.en}")
        if one.disputed:
            say(f"  说法不一 disputed: {one.readings()}  {one.readings('en')}", style="yellow")
        if one.side.value != "nobody":
            say(f"  在哪一边 side: {side_name(one.side)} {side_name(one.side, 'en')}")
        zh, en = permanence_name(one.permanence), permanence_name(one.permanence, "en")
        say(f"  {zh} {en}")
        say(f"  {done_about(one)}")
        say(f"  {done_about(one, 'en')}")
        if one.source:
            say(f"  来源 source: {one.source}, {one.date}", style="dim")


@group.command("seen")
def seen_codes(
    days: Annotated[int, typer.Option(min=1, max=90, help="看最近几天 days back")] = 7,
    unknown: Annotated[bool, typer.Option("--unknown", help="只看表里没有的 only those in no table")] = False,
) -> None:
    """最近收到的代码和次数。 Codes that came lately, with counts."""
    ready()
    from datetime import timedelta

    from xinfeng.channels import codes
    from xinfeng.channels.codes.words import side_name
    from xinfeng.insights.codes import codes_seen, unknown_codes
    from xinfeng.lens.engine import lens

    codes.refresh(at_once=True)
    copy = lens()
    copy.refresh()
    found = codes_seen(copy, now=utc_now(), over=timedelta(days=days))
    if unknown:
        found = unknown_codes(found)
    rows = [
        [one.info.code, one.channel, one.parts, side_name(one.info.side) or "—", one.info.zh] for one in found
    ]
    columns = ["代码 code", "通道 channel", "条 parts", "在哪一边 side", "含义 meaning"]
    table("代码 Codes", columns, rows, right=(2,))


@group.command("import")
def import_codes(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=FILE_HELP)],
    why: Annotated[str, typer.Option(help="依据 what this rests on")],
) -> None:
    """读入本企业对代码的说法；全部或一个也不。 Take in what codes mean from a file, all or none."""
    ready()
    from django.utils import translation

    from xinfeng.channels.codes.own import LARGEST_FILE, read_placed, set_codes
    from xinfeng.console.codes.faults import told
    from xinfeng.kernel.errors import InvalidInput

    if file.stat().st_size > LARGEST_FILE:
        raise InvalidInput("code.file", why="too_large")
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("code.file", why="encoding") from None
    try:
        placed = read_placed(text)
        changed = set_codes(
            [entry for _, entry in placed],
            places=[place for place, _ in placed],
            why=why,
            actor=ACTOR,
            now=utc_now(),
        )
    except InvalidInput as fault:
        for tag in ("zh-hans", "en"):
            with translation.override(tag):
                for line in told(fault):
                    say(line, style="yellow")
        raise
    say(f"新增或改变 new or changed: {changed}")
