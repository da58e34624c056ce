"""Checking sealed files on any machine: what the commands about proofs and about inspections share.

Nothing here touches the data folder, a database or a key file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from xinfeng.cli.output import console, say
from xinfeng.consent.bundle.checking import Fault

File = Annotated[Path, typer.Argument(help="要核验的文件 the file to check (.zip)")]
Key = Annotated[str | None, typer.Option(help="出具方公布的公钥指纹 fingerprint the issuer has published")]

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


class Report(Protocol):
    """What every check tells of a sealed file."""

    @property
    def faults(self) -> tuple[Fault, ...]: ...
    @property
    def key_trusted(self) -> bool | None: ...
    @property
    def drawn_up_at(self) -> datetime | None: ...
    @property
    def drawn_up_by(self) -> str: ...
    @property
    def reason(self) -> str: ...


ReportT = TypeVar("ReportT", bound=Report)
Found = TypeVar("Found", bound=Report, covariant=True)


class Check(Protocol[Found]):
    """`verify_bundle`, `verify_archive`."""

    def __call__(
        self, path: Path, *, trusted_key: str | None, progress: Callable[[int, int], None] | None
    ) -> Found: ...


def check_archive(
    check: Check[ReportT],
    file: Path,
    key: str | None,
    *,
    faults: Mapping[str, tuple[str, str]],
    names: tuple[str, str],
) -> ReportT:
    """Check a file, showing how far it is; tells its faults and exits with 1 if it is not whole.

    `faults`: words by code; `names`: what such a file is called, Chinese and English.
    """
    with Progress(TextColumn("核验 checking"), BarColumn(), TaskProgressColumn(), console=console()) as bar:
        task = bar.add_task("", total=None)
        report = check(
            file,
            trusted_key=key,
            progress=lambda done, in_all: bar.update(task, completed=done, total=in_all or None),
        )
    if not report.faults:
        return report
    for fault in report.faults:
        where = "".join(sign if sign.isprintable() else "�" for sign in fault.where)
        for words in faults[fault.code]:
            say(words.format(where=where), style="red")
    count = len(report.faults)
    say(
        f"{names[0]}不完整，不能采信（{count} 处）。 "
        f"This {names[1]} is not whole and proves nothing ({count} fault{'s' * (count > 1)}).",
        style="red",
    )
    raise typer.Exit(1)


def drawn_up(report: Report) -> list[list[object]]:
    """Who drew it up, when and why, as rows of a list of facts."""
    at = f"{report.drawn_up_at:%Y-%m-%d %H:%M:%S} UTC" if report.drawn_up_at else ""
    return [["出具 drawn up", f"{at} · {report.drawn_up_by}"], ["事由 reason", report.reason]]


def tell_whole(report: Report, chinese: str, english: str) -> None:
    """Say that everything fits, and whether it is known whose key that is."""
    say(f"完整：{chinese}。 Whole: {english}.", style="green")
    if report.key_trusted is None:
        say(
            "还没有核对是谁签的：请与出具方公布的指纹比对，或加 --key 指纹。\n"
            "Whose key this is was not checked: compare it with the one the issuer has published, or add --key.",
            style="yellow",
        )
