"""Commands about consent: the ledger, notices, opt-outs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xinfeng.cli import proofs
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.consent.effect import Idle

group = typer.Typer(help="授权 consent", no_args_is_help=True)
ACTOR = "system:command line"

group.command("verify-bundle")(proofs.verify_bundle_file)
group.command("key")(proofs.show_key)
group.command("prove")(proofs.prove)
group.command("contracts")(proofs.list_contracts)


_FAULTS = {
    "missing": ("缺这一条", "it is missing"),
    "link": ("与前一条接不上", "it does not follow from the one before"),
    "changed": ("写入之后内容被改过", "it was changed after it was written"),
    "head": ("末尾与账本记下的条数或哈希不符", "the end is not the one the ledger remembers"),
}
"""Words for `consent.verify.LedgerReport.fault`."""


@group.command("verify")
def verify() -> None:
    """核验授权账本：逐条核对哈希链。 Check every entry of the ledger against the chain; exit code 1 if broken."""
    ready()
    from xinfeng.consent.ledger_checks import remember
    from xinfeng.consent.verify import verify_ledger

    report = verify_ledger()
    remember(report, now=utc_now())
    if report.whole:
        say(
            f"账本完整：{report.entries:,} 条。 The ledger is whole: {report.entries:,} entries.",
            style="green",
        )
        return
    chinese, english = _FAULTS[str(report.fault)]
    say(f"账本在第 {report.broken_seq} 条断裂：{chinese}。", style="red")
    say(f"The ledger is broken at entry {report.broken_seq}: {english}.", style="red")
    raise typer.Exit(1)


@group.command("notice")
def publish(
    key: str,
    version: str,
    text: Annotated[
        Path, typer.Argument(help="告知文本文件 file with the wording", exists=True, dir_okay=False)
    ],
    purpose: Annotated[str, typer.Option()] = "marketing",
    renewal: Annotated[
        bool, typer.Option(help="旧版同意从现在起失效，要重新征得 consent to older versions no longer counts")
    ] = False,
) -> None:
    """登记一个版本的告知文本。 Keep a version of the wording people agree to."""
    ready()
    from xinfeng.consent.actions import publish_notice

    notice = publish_notice(
        key=key,
        version=version,
        purpose=purpose,
        text=text.read_text(encoding="utf-8-sig"),
        effective_at=utc_now(),
        actor=ACTOR,
        requires_renewal=renewal,
    )
    say(f"告知文本 notice {notice.pk}: {key} {version}")


@group.command("opt-out")
def opt_out(
    number: str, reason: Annotated[str, typer.Option(help="来源 where it came from")] = "command line"
) -> None:
    """登记退订，立即生效。 Record an opt-out; it binds at once."""
    ready()
    from xinfeng.consent.actions import record_opt_outs
    from xinfeng.consent.suppressing import OptOut
    from xinfeng.contacts.sql import find_by_phone_indexes
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import vault
    from xinfeng.kernel.phones import mask, parse_mainland

    phone = parse_mainland(number)
    index = vault().phone_index(phone)
    now = utc_now()
    with bulk_transaction() as connection:
        contact = find_by_phone_indexes(connection, [index]).get(index)
        record_opt_outs(connection, [OptOut(index, contact, now, reason)], now=now)
    say(f"{mask(phone)} 已退订。 Opted out.")


_IDLE = {
    "refused_later": "没有生效：之后拒绝过 no effect: refused later",
    "from_file": "没有生效：文件不能改变本人的拒绝 no effect: a file against her own no",
    "suppressed": "没有生效：号码正被屏蔽 no effect: the number was suppressed",
}


def _granted(granted: bool, idle: Idle | None) -> str:
    """A tick or a cross, or why the "yes" had no effect."""
    if idle is None:
        return "✓" if granted else "✗"
    return f"{_IDLE[idle.why]} {idle.suppression}".strip()


@group.command("show")
def show(number: str) -> None:
    """一个号码的授权记录。 A number's consent entries."""
    ready()
    from xinfeng.consent.effect import idle_grants
    from xinfeng.consent.reads import entries_of
    from xinfeng.contacts.sql import find_by_phone_indexes
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import vault
    from xinfeng.kernel.errors import NotFound
    from xinfeng.kernel.phones import parse_mainland

    index = vault().phone_index(parse_mainland(number))
    with bulk_transaction() as connection:
        contact = find_by_phone_indexes(connection, [index]).get(index)
    if contact is None:
        raise NotFound("contact.unknown")
    zone = xinfeng_settings.load().zone
    entries = entries_of(contact)
    without_effect = idle_grants(contact, entries)
    rows = [
        [
            entry.seq,
            f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}",
            entry.purpose,
            _granted(entry.granted, without_effect.get(entry.seq)),
            entry.source,
            entry.evidence,
        ]
        for entry in entries
    ]
    table(
        "授权记录 Consent entries",
        ["序号 seq", "时间 at", "用途 purpose", "同意 granted", "来源 source", "凭证 evidence"],
        rows,
    )
