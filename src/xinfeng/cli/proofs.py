"""Commands about proof: draw bundles up, and check one on any machine.

`verify-bundle` and nothing it calls touches the data folder, a database or a key file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from xinfeng.cli.output import console, say, table
from xinfeng.cli.ready import ready
from xinfeng.consent.bundle.checking import BundleReport, Fault, verify_bundle
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import utc_now

ACTOR = "system:command line"

FAULTS: dict[str, tuple[str, str]] = {
    "unreadable": ("读不到文件 {where}", "The file {where} cannot be read"),
    "not_a_bundle": ("这不是证据包，或者开头、结尾缺了一截", "This is no proof bundle, or its beginning or end is missing"),
    "version": ("不认识的格式版本 {where}，请用更新的信风核验", "Unknown format version {where}; check it with a newer Xinfeng"),
    "damaged": ("文件损坏或被截断：{where}", "The file is damaged or cut off: {where}"),
    "path": ("包里有指向别处的文件名：{where}", "A name in the bundle leads elsewhere: {where}"),
    "duplicate": ("包里有重名的文件：{where}", "A name stands twice in the bundle: {where}"),
    "extra": ("包里多了一个文件：{where}", "The bundle holds a file that does not belong to it: {where}"),
    "missing": ("包里少了一个文件：{where}", "A file is missing from the bundle: {where}"),
    "too_large": ("解开后比清单所说的大，没有继续解开：{where}", "It unpacks to more than it announces and was not unpacked: {where}"),
    "altered": ("文件内容与清单里的摘要不符：{where}", "The contents do not match the digest in the manifest: {where}"),
    "manifest": ("清单读不懂 {where}", "The manifest cannot be read {where}"),
    "signature": ("清单的签名不符：内容改过，或不是这把钥匙签的", "The signature does not fit the manifest: it was changed, or signed by another key"),
    "seal": ("整个文件的封签不符：有字节被改过", "The seal does not fit the file: bytes of it were changed"),
    "key": ("签名的钥匙不是您指定的那一把", "The key that signed is not the one you named"),
    "entry_unreadable": ("entries.jsonl 第 {where} 行读不懂", "Line {where} of entries.jsonl cannot be read"),
    "entry_hash": ("第 {where} 条授权记录的内容与它的哈希不符", "Entry {where} does not match its hash"),
    "entry_order": ("第 {where} 条授权记录的次序不对或重复", "Entry {where} is out of order or stands twice"),
    "entry_link": ("第 {where} 条授权记录与前一条接不上", "Entry {where} does not follow from the one before"),
    "entry_head": ("第 {where} 条授权记录与账本末尾不符", "Entry {where} does not fit the head of the ledger"),
    "notice": ("少了授权记录提到的告知书 {where}", "The notice {where} that entries name is missing"),
    "recipient_unreadable": ("recipients.csv 第 {where} 行读不懂", "Line {where} of recipients.csv cannot be read"),
    "recipient_entry": ("短信 {where} 所依据的授权记录不在包里，或不是这位收件人的同意", "The entry that message {where} relied on is missing, or is not this recipient's consent"),
    "count": ("数目与清单不符：{where}", "The number differs from the manifest: {where}"),
}  # fmt: skip
"""Words for `consent.bundle.checking.FAULTS`."""

_KINDS = {"person": ("一位客户的同意证明", "proof of one person's consent"), "campaign": ("一次活动的同意证明", "proof of a campaign")}  # fmt: skip


def verify_bundle_file(
    file: Annotated[Path, typer.Argument(help="证据包 the bundle (.zip)")],
    key: Annotated[
        str | None, typer.Option(help="出具方公布的公钥指纹 fingerprint the issuer has published")
    ] = None,
) -> None:
    """核验证据包：不需要数据库，可离线。 Check a proof bundle; offline, without a database; exit code 1 if not whole."""
    if not file.is_file():
        raise NotFound("proof.no_file", file=str(file))
    bar = Progress(TextColumn("核验 checking"), BarColumn(), TaskProgressColumn(), console=console())
    with bar:
        task = bar.add_task("", total=None)
        report = verify_bundle(
            file,
            trusted_key=key,
            progress=lambda done, in_all: bar.update(task, completed=done, total=in_all or None),
        )
    if report.faults:
        for fault in report.faults:
            _tell_fault(fault)
        say(
            f"证据包不完整，不能采信（{len(report.faults)} 处）。 "
            f"This bundle is not whole and proves nothing ({len(report.faults)} fault{'s' * (len(report.faults) > 1)}).",
            style="red",
        )
        raise typer.Exit(1)
    _tell(report)


def _tell_fault(fault: Fault) -> None:
    where = "".join(sign if sign.isprintable() else "�" for sign in fault.where)
    for words in FAULTS[fault.code]:
        say(words.format(where=where), style="red")


def _tell(report: BundleReport) -> None:
    chinese, english = _KINDS[report.kind]
    drawn_up = f"{report.drawn_up_at:%Y-%m-%d %H:%M:%S} UTC" if report.drawn_up_at else ""
    rows: list[list[object]] = [
        ["内容 about", f"{chinese} {english}"],
        ["出具 drawn up", f"{drawn_up} · {report.drawn_up_by}"],
        ["事由 reason", report.reason],
        ["授权记录 entries", f"{report.entries:,}（相邻可接 links checked: {report.links:,}）"],
        ["涉及人数 persons", f"{report.persons:,}"],
        ["收件人 recipients", f"{report.recipients:,}"],
        ["账本末尾 ledger head", f"{report.head_seq:,}"],
        ["公钥指纹 key", report.fingerprint],
    ]
    table("证据包 Proof bundle", ["", ""], rows)
    say("完整：每条记录、每个文件和签名都相符。 Whole: entries, files and signatures all fit.", style="green")
    if report.key_trusted is None:
        say(
            "还没有核对是谁签的：请与出具方公布的指纹比对，或加 --key 指纹。\n"
            "Whose key this is was not checked: compare it with the one the issuer has published, or add --key.",
            style="yellow",
        )


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
