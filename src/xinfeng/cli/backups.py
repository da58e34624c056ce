"""Commands about backups: make one while everything runs, check one, stand one up again."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.backups.manifest import Manifest
from xinfeng.foundation.signing import fingerprint
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="备份与恢复 backup and restore", no_args_is_help=True)
ACTOR = "system:command line"

BackupFile = Annotated[Path, typer.Argument(help="备份文件 the backup file")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="口令所在的文件，第一行；不给就现场询问 file whose first line is the passphrase"),
]
Keys = Annotated[
    Path | None,
    typer.Option("--keys", help="密钥文件夹（或密钥文件）的备份 the backed-up folder of the keys"),
]
Trust = Annotated[
    str,
    typer.Option("--trust", help="签名密钥的指纹，来自另一处时才需要 fingerprint of the key that signed it"),
]

_STEPS = {
    "check": "核对文件 Checking the file",
    "schema": "建表 Making the tables",
    "load": "写入 Loading",
    "migrate": "升级到当前版本 Migrating to this version",
    "erase": "重做删除日志 Carrying the journal of erasures out",
    "verify": "核对账本与审计 Checking ledger and audit log",
    "lens": "重建分析镜像 Rebuilding the lens",
}
_SETTLED = {
    "plans_paused": "暂停的发送计划 plans paused",
    "campaigns_paused": "暂停的活动 campaigns paused",
    "campaigns_unscheduled": "取消定时的活动 campaigns unscheduled",
    "campaigns_failed": "没有生成完的活动 campaigns whose plan was being made",
    "parts_uncertain": "标为未知、不再发送的计费条 parts now uncertain, never sent again",
    "confirmations_dropped": "不再补发的退订确认 opt-out confirmations dropped",
    "sessions_ended": "结束的登录 sessions ended",
}


@group.command("create")
def create(
    target: Annotated[
        Path, typer.Argument(help="写到哪里：文件，或已有的文件夹 file, or a folder that exists")
    ],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="连密钥一起，用口令加密 the keys too, under a passphrase")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """做一份备份，系统照常运行。 Make a backup while everything runs."""
    ready()
    from xinfeng.foundation.backups import schedule
    from xinfeng.foundation.backups.writing import file_for

    passphrase = _passphrase(passphrase_file, twice=True) if with_keys else None
    now = utc_now()
    made = schedule.make(file_for(target, now=now), actor=ACTOR, now=now, passphrase=passphrase)
    _tell(made.manifest, bytes_=made.bytes)
    say(f"已写入 {made.path} Written.")
    if passphrase is None:
        say(
            f"里面没有密钥。请另外备份 {xinfeng_settings.load().key_file.parent}，两样不要放在一处。\n"
            f"The keys are not in it: back up {xinfeng_settings.load().key_file.parent} as well, and keep the two apart.",
            style="yellow",
        )


@group.command("verify")
def verify(
    file: BackupFile,
    restore: Annotated[
        bool, typer.Option("--restore", help="在临时文件夹里真的恢复一次，再删掉 restore it for a trial")
    ] = False,
    keys: Keys = None,
    trust: Trust = "",
) -> None:
    """离线核对：每个文件的散列、行数、签名。 Check it offline: hashes, rows, signature."""
    from xinfeng.foundation.backups.checking import check

    checked = check(file)
    _tell(checked.manifest, bytes_=file.stat().st_size)
    say(f"签名 signed by {fingerprint(checked.public_key)}")
    say("备份完好。 The backup is whole.", style="green")
    if restore:
        _try(file, keys, trust)


@group.command("restore")
def restore(
    file: BackupFile,
    folder: Annotated[
        Path | None,
        typer.Option(help="新的数据文件夹（空的，或只有 keys）new data folder, empty or with keys only"),
    ] = None,
    keys: Keys = None,
    passphrase_file: PassphraseFile = None,
    keys_within: Annotated[
        bool, typer.Option("--keys-within", help="密钥在备份里，用口令打开 the keys are in the backup")
    ] = False,
    trust: Trust = "",
    nothing_sent: Annotated[
        bool,
        typer.Option(
            "--nothing-sent-since",
            help="我保证做备份之后什么都没有发过：排队的留在队里 I answer for it that nothing was sent since",
        ),
    ] = False,
) -> None:
    """恢复到空的数据文件夹或空的数据库。 Restore into an empty data folder or an empty database."""
    from xinfeng.cli.restoring import Asked
    from xinfeng.cli.restoring import restore as carry_out
    from xinfeng.foundation import logs

    logs.set_up("command", "ERROR")
    if keys_within and keys is not None:
        raise InvalidInput("backup.keys_twice")
    passphrase = _passphrase(passphrase_file, twice=False) if keys_within else None
    asked = Asked(file, folder, keys, passphrase, trust, nothing_sent)
    done = carry_out(asked, lambda step: say(_STEPS[step] + " …", style="dim"))
    _tell(done.manifest, bytes_=file.stat().st_size)
    rows = [
        [_SETTLED.get(name, name), f"{count:,}"]
        for name, count in sorted(done.loaded.settled.items())
        if count
    ]
    rows += [["再次删除的人 people erased again", f"{done.erased_again:,}"]] if done.erased_again else []
    table("恢复时做了什么 What the restore put right", ["", ""], rows, right=(1,))
    for fault, what in (
        (done.ledger_fault, "授权账本 ledger"),
        (done.audit_fault, "审计记录 audit log"),
        (", ".join(done.journal_faults), "删除日志 journal of erasures"),
    ):
        say(f"{what}：{fault or '完好 whole'}", style="red" if fault else "green")
    at = done.manifest.made_at.astimezone(xinfeng_settings.load().zone)
    say(
        f"{at:%Y-%m-%d %H:%M:%S} 之后的一切都不在里面：退订、投诉、回执、导入、停用的账号、撤销的接口密钥。"
        "补录退订和投诉之前，不要继续任何活动。\n"
        "Nothing after that moment is in it: opt-outs, complaints, receipts, imports, accounts switched off, API keys "
        "revoked. Enter opt-outs and complaints again before any campaign goes on.",
        style="yellow",
    )
    upto = done.journal_upto.astimezone(xinfeng_settings.load().zone) if done.journal_upto else None
    if keys_within or upto is None:
        until = f"{upto:%Y-%m-%d %H:%M:%S}" if upto else "—"
        say(
            f"手头的删除日志（erasures.journal）最后一条：{until}。之后删除过的人又回来了："
            "如果有更新的日志，放进密钥文件夹再启动，会照着再删一次。\n"
            f"The journal of erasures at hand ends at {until}. Whoever was erased later is back: put a newer journal into "
            "the folder of the keys and start, and they are erased again.",
            style="yellow",
        )
    if not done.whole:
        raise typer.Exit(1)


@group.command("schedule")
def show_schedule(
    every: Annotated[
        int | None, typer.Option(help="每几小时一次，0 为不做 every N hours, 0 for never", min=0, max=168)
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="放到哪个文件夹 into which folder")] = None,
    keep: Annotated[int | None, typer.Option(help="保留几份 how many to keep", min=1, max=1000)] = None,
) -> None:
    """查看或设置定时备份。 Show or set the backups that are made by themselves."""
    ready()
    from xinfeng.foundation.backups import schedule

    rules = schedule.current()
    if (every, folder, keep) != (None, None, None):
        rules = schedule.Schedule(
            every_h=rules.every_h if every is None else every,
            folder=rules.folder if folder is None else str(folder.absolute()),
            keep=rules.keep if keep is None else keep,
        )
        schedule.save(rules, actor=ACTOR)
    standing = schedule.standing(now=utc_now())
    zone = xinfeng_settings.load().zone
    last = standing.last_good_at
    say(
        f"每 {rules.every_h} 小时，保留 {rules.keep} 份，放在 {rules.folder}"
        if rules.every_h
        else "没有定时备份。 None."
    )
    say(
        f"上一次成功 last good: {last.astimezone(zone):%Y-%m-%d %H:%M}"
        if last
        else "还没有备份。 No backup yet."
    )
    if standing.fault:
        say(f"上一次失败 last failure: {_why(standing.fault)}", style="red")


def _why(fault: str) -> str:
    """In both languages."""
    from django.utils import translation

    from xinfeng.console.preferences.backups import WHY

    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(str(WHY.get(fault, fault)))
    return " ".join(said)


def _try(file: Path, keys: Path | None, trust: str) -> None:
    """In a process and a folder of its own, which are gone afterwards; the real one is not touched."""
    settings = xinfeng_settings.load()
    source = keys or settings.key_file
    if not source.exists():
        raise Conflict("backup.keys_missing", file=str(source))
    room = Path(tempfile.mkdtemp(prefix="xinfeng-trial-"))
    try:
        kept = {"XINFENG_TIME_ZONE": settings.time_zone, "XINFENG_CIPHER": settings.cipher}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XINFENG_")}
        done = subprocess.run(
            [
                *(sys.executable, "-m", "xinfeng", "backup", "restore", str(file.absolute())),
                *("--folder", str(room / "data"), "--keys", str(source.absolute()), "--trust", trust),
            ],
            env=environment | kept,
            check=False,
        )
    finally:
        shutil.rmtree(room, ignore_errors=True)
        shutil.rmtree(xinfeng_settings.run_folder(room / "data"), ignore_errors=True)
    if done.returncode:
        say("试恢复失败。 The trial restore failed.", style="red")
        raise typer.Exit(1)
    say("试恢复成功，已删掉。 The trial restore succeeded and was thrown away.", style="green")


def _tell(manifest: Manifest, *, bytes_: int) -> None:
    zone = xinfeng_settings.load().zone
    facts = [
        ["时间 made at", f"{manifest.made_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"],
        ["版本 version", manifest.version],
        ["表 tables", str(len({one.parent or one.table for one in manifest.tables}))],
        ["行 rows", f"{manifest.rows:,}"],
        ["上传的文件 uploaded files", f"{len(manifest.uploads):,}"],
        ["大小 size", f"{bytes_ / 2**20:,.1f} MB"],
        ["账本 ledger", f"{manifest.heads.get('ledger', (0, ''))[0]:,}"],
        ["需要的密钥 keys needed", ", ".join(sorted(name.removeprefix("key ") for name in manifest.keys))],
        ["含密钥 keys within", "是 yes" if manifest.key_member else "否 no"],
    ]
    table("备份 Backup", ["", ""], facts)


def _passphrase(file: Path | None, *, twice: bool) -> str:
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise InvalidInput("backup.passphrase_file", file=str(file)) from None
        return lines[0] if lines else ""
    typed = getpass.getpass("口令 passphrase: ")
    if twice and getpass.getpass("再输一次 once more: ") != typed:
        raise InvalidInput("backup.passphrase_differs")
    return typed
