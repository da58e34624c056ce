"""Commands about the health of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from xinfeng.cli.contacts import check_readable
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.money import LI_PER_FEN, yuan
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="号码健康 number health", no_args_is_help=True)
ACTOR = "system:command line"

OBSTACLES = {
    "": "按计划可以完成 on track",
    "paused": "计划已暂停，本季度达不到目标 the plan is paused; the target will be missed",
    "no_provider": "没有启用的检测服务商，本季度达不到目标 no provider is switched on; the target will be missed",
    "budget": "预算不够，本季度达不到目标 the budget does not go that far; the target will be missed",
}


@group.command("rate")
def show_rate() -> None:
    """本季度已复核多少。 How much of the base was looked at this quarter."""
    ready()
    from xinfeng.hygiene.reads import rate
    from xinfeng.lens.engine import lens

    mirror = lens()
    mirror.refresh()
    known = rate(utc_now(), lens=mirror)
    rows: list[list[Any]] = [
        ["有号码的客户 base", f"{known.base:,}"],
        ["本季度已复核 looked at this quarter", _share(known.revalidated, known.base)],
        ["  其中号码检测 of these by lookup", f"{known.by_lookup:,}"],
        ["近 90 天已复核 in the last 90 days", _share(known.last_90_days, known.base)],
        [f"目标 target {known.target_percent} %", f"{known.target:,}"],
        [f"季末预计 forecast for {known.last_day}", _share(known.forecast, known.base)],
    ]
    table(f"号码健康 Number health {known.first_day} – {known.last_day}", ["", ""], rows, right=(1,))
    say(OBSTACLES[known.obstacle], style="red" if known.obstacle else "green")


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else f"{part:,}"


@group.command("check")
def check(
    number: Annotated[str, typer.Argument(help="手机号 phone number")],
    ask: Annotated[
        bool, typer.Option("--ask", help="向服务商查询，可能计费 ask the provider; it may cost")
    ] = False,
) -> None:
    """一个号码的状态和来历。 What is known of one contact's number, and how it was learned."""
    ready()
    from xinfeng.contacts.finding import look_up_numbers
    from xinfeng.contacts.reads import masked_phone
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import vault
    from xinfeng.hygiene.models import Source
    from xinfeng.hygiene.plan import check_one
    from xinfeng.hygiene.reads import history_of, number_of
    from xinfeng.kernel.errors import NotFound
    from xinfeng.kernel.phones import Carrier, mask, parse_mainland

    bare = parse_mainland(number)
    index = vault().phone_index(bare)
    with bulk_transaction() as connection:
        found, of_merged_rows = look_up_numbers(connection, [index])
    contact_id = found.get(index)
    if contact_id is None:
        raise NotFound("contact.unknown")
    if ask:
        check_one(contact_id, actor=ACTOR, now=utc_now())
    card = number_of(contact_id)
    facts: list[list[Any]] = [
        ["状态 state", card.state.label],
        ["隔离 quarantine", card.quarantine.label],
        ["携号转网 ported", Carrier(card.carrier_now).name if card.ported else "否 no"],
        ["最近送达 last delivered", _at(card.alive_at)],
        ["最近检测 last checked", _at(card.checked_at)],
    ]
    if index in of_merged_rows:
        say(f"{mask(bare)} 随合并而来，属于同一位客户；以下是现在使用的号码。", style="yellow")
        say("It came with a merge and is the same person's; below is the number in use.", style="yellow")
    table(f"{masked_phone(contact_id) or mask(bare)} · 客户 contact {contact_id}", ["", ""], facts)
    rows = [
        [
            _at(one.at),
            f"{Source(one.source).label} {one.provider}".strip(),
            one.code,
            one.state.label,
            one.detail if one.source == Source.MANUAL else "",
        ]
        for one in history_of(contact_id, limit=20)
    ]
    if rows:
        columns = ["时间 at", "来源 source", "代码 code", "状态 state", "原因 why"]
        table("记录 History", columns, rows)


@group.command("revalidate")
def revalidate(
    segment: Annotated[
        int | None,
        typer.Option(help="先查这个分群里 90 天没有消息的 first those of a segment silent for 90 days"),
    ] = None,
) -> None:
    """执行今天的复核份额。 Do today's share of the plan, or go on with it."""
    ready()
    if segment is not None:
        _ask_before_send(segment)
    from xinfeng.hygiene.plan import revalidate as go_on
    from xinfeng.hygiene.reads import recent_runs

    learned = go_on(utc_now())
    say(
        f"检测了 {learned.looked_at:,} 个号码，隔离 {learned.quarantined:,} 个，解除 {learned.freed:,} 个。 "
        f"Asked about {learned.looked_at:,}; {learned.quarantined:,} into quarantine, {learned.freed:,} out."
    )
    rows = [
        [
            run.day,
            run.provider.name,
            run.why,
            run.get_state_display(),
            f"{run.answered:,} / {run.wanted:,}",
            yuan(run.cost_li // LI_PER_FEN),
            run.fault,
        ]
        for run in recent_runs(limit=5)
    ]
    columns = [
        "日期 day",
        "服务商 provider",
        "原因 why",
        "状态 state",
        "已答 answered",
        "费用 ¥",
        "问题 fault",
    ]
    table("最近批次 Latest runs", columns, rows, right=(4, 5))


def _ask_before_send(segment_id: int) -> None:
    from xinfeng.hygiene.plan import ask_before_send
    from xinfeng.lens.engine import lens
    from xinfeng.segments.reads import audience, get_segment

    segment = get_segment(segment_id)
    mirror, now = lens(), utc_now()
    mirror.refresh()
    run = ask_before_send(audience(mirror, segment, now), lens=mirror, actor=ACTOR, now=now)
    say(f"排入 {run.wanted:,} 个号码。 {run.wanted:,} numbers are to be asked about.")


@group.command("providers")
def show_providers() -> None:
    """号码检测服务商。 Accounts with lookup providers."""
    ready()
    from xinfeng.hygiene.reads import providers

    rows = [
        [
            one.pk,
            one.name,
            one.get_kind_display(),
            ", ".join(one.config.get("questions", ())),
            f"{one.price_li / LI_PER_FEN:g}",
            one.per_day or "—",
            "启用 on" if one.enabled else "停用 off",
        ]
        for one in providers()
    ]
    columns = ["编号 id", "名称 name", "类型 kind", "能答 answers", "分/个 fen", "每天 a day", "状态 state"]
    table("号码检测服务商 Lookup providers", columns, rows, right=(0, 4, 5))


def _at(at: datetime | None) -> str:
    return f"{at.astimezone(xinfeng_settings.load().zone):%Y-%m-%d %H:%M}" if at else "—"


@group.command("prefixes")
def prefixes_command(
    file: Annotated[
        Path | None,
        typer.Option(help="号段 CSV：号段,运营商,类型 ranges as CSV: prefix (3 to 7 digits),carrier,kind"),
    ] = None,
    drawn_up: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="数据日期 date of the data")
    ] = None,
    source: Annotated[str, typer.Option(help="数据来源 where the data are from")] = "",
    shipped: Annotated[
        bool, typer.Option("--shipped", help="改回自带的数据 go back to what is shipped")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="按现在的号段重新判断所有客户的运营商 read everybody's carrier again"),
    ] = False,
) -> None:
    """号段属于哪家运营商：查看或替换。 Whose a range of numbers is: look at the table, or replace it."""
    ready()
    from xinfeng.contacts import prefixes
    from xinfeng.hygiene import carriers

    today = utc_now().astimezone(xinfeng_settings.load().zone).date()
    made = None
    if shipped:
        prefixes.use_shipped(actor=ACTOR)
    if file is not None:
        day = drawn_up.date() if drawn_up else today
        with telling_rows():
            made = prefixes.replace(
                check_readable(file), drawn_up=day, source=source or file.name, actor=ACTOR, today=today
            )
    now = prefixes.table()
    rows: list[list[Any]] = [
        ["数据日期 date", now.drawn_up.isoformat()],
        ["来源 source", now.source + ("" if prefixes.is_own() else "（自带 shipped）")],
        ["号段 ranges", f"{len(now.ranges):,}"],
    ]
    if made is not None:
        rows.append(
            [
                "新增 / 去掉 / 改变 added, removed, changed",
                f"{made.added:,} / {made.removed:,} / {made.changed:,}",
            ]
        )
    rows += [
        ["携号转网有效期 learned carriers are believed", f"{carriers.believed_days()} 天 days"],
    ]
    if again:
        rows.append(["改动的客户 contacts changed", f"{carriers.read_again(actor=ACTOR, now=utc_now()):,}"])
    table("号段 Number ranges", ["", ""], rows)


@group.command("ported")
def ported_command(
    file: Annotated[Path, typer.Argument(help="CSV：手机号,运营商 number,carrier (none: moved back)")],
    drawn_up: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="数据日期 date of the data")
    ],
    source: Annotated[str, typer.Option(help="数据来源 where the data are from")] = "",
) -> None:
    """从文件更新携号转网：哪些号码现在由哪家服务。 Take in from a file who serves ported numbers now."""
    ready()
    from xinfeng.hygiene import ported_files

    with telling_rows():
        told = ported_files.take_in(
            check_readable(file),
            drawn_up=drawn_up.date(),
            source=source or file.name,
            actor=ACTOR,
            now=utc_now(),
        )
    rows: list[list[Any]] = [
        ["行 rows", f"{told.rows:,}"],
        ["是客户的 of contacts", f"{told.contacts:,}"],
        ["更新 changed", f"{told.changed:,}"],
        ["已有更新的记录 known better", f"{told.newer:,}"],
        ["不是客户，没有保存 nobody's, not kept", f"{told.rows - told.contacts:,}"],
    ]
    table(f"携号转网 Ported numbers · {drawn_up.date().isoformat()}", ["", ""], rows, right=(1,))


@contextmanager
def telling_rows() -> Iterator[None]:
    """Name the rows that can't be read, before what was done about it is said."""
    from xinfeng.contacts.number_files import faults_of

    try:
        yield
    except InvalidInput as error:
        for one in faults_of(error):
            say(f"{one.words('zh')} {one.words('en')}")
        raise
