"""Commands about contacts: import a file, look at one person, guess regions, suggest merges."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings

group = typer.Typer(help="客户 contacts", no_args_is_help=True)
ACTOR = "system:command line"


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="contacts.csv 或 .xlsx")],
    source: Annotated[str, typer.Option(help="来源，会成为标签 where the file is from; becomes a tag")],
    purpose: Annotated[
        str, typer.Option(help="授权用途 marketing 或 service；留空表示没有授权 empty: no consent")
    ] = "",
    notice: Annotated[str, typer.Option(help="告知文本“键 版本” published notice, 'KEY VERSION'")] = "",
    consent_source: Annotated[str, typer.Option(help="在哪里同意的 where they agreed")] = "",
    given_at: Annotated[datetime | None, typer.Option(help="何时同意（企业时区） when they agreed")] = None,
    evidence: Annotated[str, typer.Option(help="凭证 what proves it")] = "",
    column: Annotated[
        list[str] | None, typer.Option(help="列名=字段，可重复 COLUMN=FIELD, repeatable")
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="未导入的行写到这里 where refused rows go")] = None,
    contract: Annotated[
        str,
        typer.Option(help="合作方数据：共享合同的合同号 data of a partner: number of the contract on file"),
    ] = "",
) -> None:
    """导入客户文件，可连同授权。 Import contacts, with their consent."""
    ready()
    from xinfeng.cli.importing import Terms, bring_in, check_file, columns_of
    from xinfeng.intake.claims import ConsentClaim

    claim = None
    if purpose:
        key, _, version = notice.partition(" ")
        at = given_at.replace(tzinfo=xinfeng_settings.load().zone) if given_at else None
        claim = ConsentClaim(purpose, consent_source, key, version.strip(), at, evidence)
    terms = Terms("contacts", source, claim, ACTOR, columns_of(column or []), rejects, contract)
    bring_in(check_file(file), terms)
    if claim is None:
        say(
            "这个文件没有带来授权：以前没有授权的客户仍不能收到营销短信。 "
            "This file brings no consent: who had none before still gets no marketing.",
            style="yellow",
        )


@group.command("show")
def show(number: Annotated[str, typer.Argument(help="手机号 phone number")]) -> None:
    """一位客户：资料、授权状态。 One contact, masked, with where they stand."""
    ready()
    from xinfeng.consent.reads import standing_of
    from xinfeng.contacts.models import Tier
    from xinfeng.contacts.reads import contact_card
    from xinfeng.contacts.sql import find_by_phone_indexes
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import vault
    from xinfeng.kernel.errors import NotFound
    from xinfeng.kernel.phones import parse_mainland

    index = vault().phone_index(parse_mainland(number))
    with bulk_transaction() as connection:
        contact_id = find_by_phone_indexes(connection, [index]).get(index)
    if contact_id is None:
        raise NotFound("contact.unknown")
    card = contact_card(contact_id)
    row = card.row
    guessed = "（约 approximate）" if row.region_guessed else ""
    facts: list[list[Any]] = [
        ["会员号 member id", row.external_id],
        ["手机号 phone", row.phone],
        ["姓名 name", row.name],
        ["分层 tier", Tier(row.tier).label],
        ["省份 province", f"{row.province or ''}{guessed}"],
        ["城市 city", f"{row.city or ''}{guessed}"],
        ["等级 level", row.level],
        ["标签 tags", "、".join(tag.name for tag in card.tags)],
        *([one.label, one.value] for one in card.attributes),
    ]
    table(f"客户 Contact {contact_id}", ["", ""], facts)
    zone = xinfeng_settings.load().zone
    standing = [
        [
            row.purpose,
            "✓" if row.granted else "✗",
            row.suppressed or "",
            row.source,
            f"{row.since.astimezone(zone):%Y-%m-%d %H:%M}" if row.since else "",
        ]
        for row in standing_of(contact_id)
    ]
    table(
        "授权 Standing",
        ["用途 purpose", "同意 granted", "屏蔽 suppressed", "来源 source", "自 since"],
        standing,
    )


@group.command("regions")
def regions_command(
    file: Annotated[
        Path | None, typer.Option(help="号段 CSV：号段,省份,城市 prefixes as CSV: prefix,province,city")
    ] = None,
    drawn_up: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="数据日期 date of the data")
    ] = None,
    source: Annotated[str, typer.Option(help="数据来源 where the data are from")] = "",
    shipped: Annotated[
        bool, typer.Option("--shipped", help="改回自带的数据 go back to what is shipped")
    ] = False,
) -> None:
    """号段归属地数据：查看或替换。 The table of number prefixes: look at it, or replace it."""
    ready()
    from xinfeng.contacts import regions
    from xinfeng.kernel.time import utc_now

    if shipped:
        regions.use_shipped()
    if file is not None:
        day = drawn_up.date() if drawn_up else utc_now().astimezone(xinfeng_settings.load().zone).date()
        regions.replace(check_readable(file), drawn_up=day, source=source or file.name)
    table_now = regions.table()
    facts: list[list[Any]] = [
        ["数据日期 date", table_now.drawn_up.isoformat()],
        ["来源 source", table_now.source],
        ["号段 prefixes", f"{table_now.prefixes():,}"],
        ["地区 regions", f"{len(table_now.regions):,}"],
    ]
    table("号段归属地 Regions", ["", ""], facts)
    if file is not None or shipped:
        say(
            "以前推测的地区不变；要重新推测，运行 xinfeng contacts enrich --again。 "
            "Earlier guesses stay; to guess again: xinfeng contacts enrich --again.",
            style="yellow",
        )


def check_readable(file: Path) -> Path:
    """The file, if there is one. Raises typer.BadParameter."""
    if not file.is_file():
        raise typer.BadParameter(f"没有这个文件 no such file: {file}")
    return file


@group.command("enrich")
def enrich_command(
    again: Annotated[
        bool, typer.Option("--again", help="以前推测的也重新推测 also where it was guessed before")
    ] = False,
) -> None:
    """按号码推测省市，补在没有写明的客户上。 Guess province and city from numbers, where none is stated."""
    ready()
    from xinfeng.contacts.enriching import enrich
    from xinfeng.kernel.time import utc_now

    changed = enrich(actor=ACTOR, now=utc_now(), again=again)
    say(f"补全了 {changed:,} 位客户的地区（约）。 {changed:,} contacts were placed, approximately.")


@group.command("suggest-merges")
def suggest_merges() -> None:
    """找出可能是同一个人的客户；合并要由人在后台确认。 Find contacts that may be one person; people decide."""
    ready()
    from xinfeng.contacts.suggesting import find_suggestions, suggestions
    from xinfeng.kernel.time import utc_now

    waiting = find_suggestions(now=utc_now())
    found, _ = suggestions(limit=20)
    rows: list[list[Any]] = [
        [one.score, one.one.id, one.one.name, one.other.id, one.other.name, ", ".join(one.why)]
        for one in found
    ]
    table(
        f"待处理的建议 {waiting:,} Waiting",
        ["把握 score", "#", "客户 contact", "#", "客户 contact", "依据 why"],
        rows,
    )
