"""Commands about proof: draw bundles up, and check one on any machine.

`verify-bundle` and nothing it calls touches the data folder, a database or a key file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.archives import FAULTS, File, Key, check_archive, drawn_up, tell_whole
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.consent.bundle.checking import BundleReport, verify_bundle
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import utc_now

ACTOR = "system:command line"

_KINDS = {"person": ("一位客户的同意证明", "proof of one person's consent"), "campaign": ("一次活动的同意证明", "proof of a campaign")}  # fmt: skip


def verify_bundle_file(file: File, key: Key = None) -> None:
    """核验证据包：不需要数据库，可离线。 Check a proof bundle; offline, without a database; exit code 1 if not whole."""
    if not file.is_file():
        raise NotFound("proof.no_file", file=str(file))
    report = check_archive(verify_bundle, file, key, faults=FAULTS, names=("证据包", "bundle"))
    _tell(report)


def _tell(report: BundleReport) -> None:
    chinese, english = _KINDS[report.kind]
    rows: list[list[object]] = [
        ["内容 about", f"{chinese} {english}"],
        *drawn_up(report),
        ["授权记录 entries", f"{report.entries:,}（相邻可接 links checked: {report.links:,}）"],
        ["涉及人数 persons", f"{report.persons:,}"],
        ["收件人 recipients", f"{report.recipients:,}"],
        ["账本末尾 ledger head", f"{report.head_seq:,}"],
        ["公钥指纹 key", report.fingerprint],
    ]
    table("证据包 Proof bundle", ["", ""], rows)
    tell_whole(report, "每条记录、每个文件和签名都相符", "entries, files and signatures all fit")


def show_key() -> None:
    """出具证据所用公钥及其指纹，可以公布。 The public key that signs proofs and its fingerprint; may be published."""
    ready()
    from xinfeng.foundation.signing import signer

    own = signer()
    say(f"指纹 fingerprint: {own.fingerprint}")
    say(f"公钥 public key (Ed25519): {own.public_key.hex()}")


def prove(
    target: Annotated[Path, typer.Argument(help="写到哪里 where to write (.zip)", dir_okay=False)],
    reason: Annotated[str, typer.Option(help="事由，会记入审计 why; goes into the audit log")],
    number: Annotated[str, typer.Option(help="一位客户的手机号 a person's number")] = "",
    campaign: Annotated[int | None, typer.Option(help="活动编号 a campaign's id")] = None,
    reveal: Annotated[bool, typer.Option(help="写出完整号码 with numbers in the clear")] = False,
) -> None:
    """出具证据包：一位客户或一次活动。 Draw up a proof bundle for one person or one campaign."""
    if bool(number) == (campaign is not None):
        raise typer.BadParameter("请给出 --number 或 --campaign 之一 give either --number or --campaign")
    if target.exists():
        raise typer.BadParameter(f"文件已存在 the file exists: {target}")
    ready()
    if campaign is not None:
        size = _prove_campaign(campaign, target, reason, reveal)
    else:
        size = _prove_person(number, target, reason, reveal)
    say(f"证据包已写入 written: {target}（{size:,} bytes）")


def _prove_person(number: str, target: Path, reason: str, reveal: bool) -> int:
    from xinfeng.consent.bundles import person_bundle
    from xinfeng.contacts.sql import find_by_phone_indexes
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import vault
    from xinfeng.kernel.phones import parse_mainland

    index = vault().phone_index(parse_mainland(number))
    with bulk_transaction() as connection:
        contact = find_by_phone_indexes(connection, [index]).get(index)
    if contact is None:
        raise NotFound("contact.unknown")
    return person_bundle(
        contact, target=target, reason=reason, reveal=reveal, actor=ACTOR, now=utc_now()
    ).bytes


def _prove_campaign(campaign: int, target: Path, reason: str, reveal: bool) -> int:
    from xinfeng.campaigns.proof import campaign_bundle
    from xinfeng.foundation import audit

    written = campaign_bundle(
        campaign, target=target, reason=reason, reveal=reveal, actor=ACTOR, now=utc_now()
    )
    audit.record(
        actor=ACTOR,
        action="proof.campaign",
        kind="campaign",
        subject=campaign,
        reason=reason,
        revealed=reveal,
        sha256=written.sha256,
    )
    return written.bytes


def list_contracts() -> None:
    """与合作方的共享合同。 Contracts under which partners pass data on."""
    ready()
    from xinfeng.consent.contracts import contracts, state_of
    from xinfeng.kernel.time import business_day

    today = business_day(utc_now(), xinfeng_settings.load().zone)
    words = {
        "planned": "未开始 planned",
        "in_force": "有效 in force",
        "ending_soon": "即将到期 ending soon",
        "expired": "已到期 expired",
        "ended": "已终止 ended",
    }
    rows: list[list[object]] = [
        [
            one.pk,
            one.number,
            one.partner,
            f"{one.starts_on} – {one.ends_on}",
            words[state_of(one, today).value],
            "、".join(one.purposes),
        ]
        for one in contracts()
    ]
    heads = ["编号 id", "合同号 number", "合作方 partner", "期限 term", "状态 state", "用途 purposes"]
    table("共享合同 Sharing contracts", heads, rows)
