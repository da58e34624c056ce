"""Commands about contacts: import a file, look at one person."""

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
    facts: list[list[Any]] = [
        ["会员号 member id", row.external_id],
        ["手机号 phone", row.phone],
        ["姓名 name", row.name],
        ["分层 tier", Tier(row.tier).label],
        ["省份 province", row.province],
        ["城市 city", row.city],
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
