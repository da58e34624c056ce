"""Commands about requests of persons: see, take in, export, erase; and the journal of erasures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="个人信息请求 requests about personal information", no_args_is_help=True)
ACTOR = "system:command line"

Reference = Annotated[str, typer.Argument(help="请求编号 reference, GX-000001")]

_FAULTS = {
    "changed": ("第 {line} 行被改过", "line {line} was changed"),
    "gap": (
        "第 {line} 行与前一行接不上，有行被取走或插入",
        "line {line} does not follow from the one before",
    ),
    "cut": ("末尾缺了", "its end is missing"),
    "missing": ("文件不见了", "the file is gone"),
}


@group.command("list")
def list_requests(
    state: Annotated[
        str, typer.Option(help="状态 state：open（未完成）、received、working、answering、closed、taken_back")
    ] = "open",
    kind: Annotated[str, typer.Option(help="种类 kind：access、copy、erasure …")] = "",
) -> None:
    """列出请求，最急的在前。 List requests, the most urgent first."""
    ready()
    from xinfeng.console.requests.labels import state_of
    from xinfeng.privacy.models import Outcome, RequestKind
    from xinfeng.privacy.reads import RequestQuery, counts, requests

    now = utc_now()
    zone = xinfeng_settings.load().zone
    found = requests(RequestQuery(state=state, kind=kind, limit=100), now=now)
    rows = [
        [
            one.reference,
            RequestKind(one.kind).label,
            str(state_of(one.kind, one.state)[0]),
            one.who,
            f"{one.received_at.astimezone(zone):%Y-%m-%d}",
            "" if one.days_left is None else str(one.days_left),
            Outcome(one.outcome).label if one.outcome else "",
        ]
        for one in found.rows
    ]
    columns = ["编号 id", "种类 kind", "状态 state", "谁 who", "收到 received", "剩余天 days", "结果 outcome"]
    table("个人信息请求 Requests", columns, rows, right=(5,))
    said = counts(now=now)
    say(f"未完成 open {said.open} · 逾期 overdue {said.overdue} · 三天内到期 due soon {said.due_soon}")


@group.command("receive")
def receive(
    kind: Annotated[
        str,
        typer.Argument(
            help="种类 kind：access、copy、correction、erasure、portability、no_marketing、no_personalisation、explanation"
        ),
    ],
    phone: Annotated[str, typer.Option(help="手机号 the number it is about")] = "",
    member: Annotated[str, typer.Option(help="会员号 member id")] = "",
    name: Annotated[str, typer.Option(help="姓名 name")] = "",
    contact: Annotated[str, typer.Option(help="答复寄往哪里 where the answer goes")] = "",
    words: Annotated[str, typer.Option(help="原话 what the person said")] = "",
    via: Annotated[
        str, typer.Option(help="从哪里来 via：phone、shop、letter、email、reply、online、authority")
    ] = "phone",
) -> None:
    """登记一个请求。 Take a request in."""
    ready()
    from xinfeng.privacy.actions import receive as take_in
    from xinfeng.privacy.people import reference
    from xinfeng.privacy.requesters import Requester

    now = utc_now()
    requester = Requester(name=name, phone=phone, external_id=member, contact=contact, words=words)
    request = take_in(kind=kind, via=via, requester=requester, received_at=now, actor=ACTOR, now=now)
    zone = xinfeng_settings.load().zone
    say(
        f"已登记 {reference(request.pk)}，{request.due_at.astimezone(zone):%Y-%m-%d %H:%M} 前答复。 "
        f"Taken in; answer it before {request.due_at.astimezone(zone):%Y-%m-%d %H:%M}."
    )
    if request.contact_id is None:
        say("没有保存这个人的信息。 Nothing is held about this person.", style="yellow")


@group.command("identity")
def identity(
    request: Reference,
    note: Annotated[str, typer.Argument(help="看到了什么 what was seen")],
    how: Annotated[
        str, typer.Option(help="怎样核验 how：call_back、sms_code、document、login、authorised")
    ] = "call_back",
    failed: Annotated[bool, typer.Option("--failed", help="没有通过 it failed")] = False,
) -> None:
    """记下怎样核验了身份。 Note how the identity was checked."""
    ready()
    from xinfeng.privacy.actions import check_identity

    check_identity(_id(request), how=how, ok=not failed, note=note, actor=ACTOR, now=utc_now())
    say("没有通过。 It failed." if failed else "身份已核验。 The identity was checked.")


@group.command("export")
def export(
    request: Reference, file: Annotated[Path, typer.Argument(help="写到哪里 where to write the ZIP")]
) -> None:
    """导出请求人的全部信息。 Write everything held about the person into a ZIP file."""
    ready()
    from xinfeng.privacy.actions import make_export, prepare_export
    from xinfeng.privacy.exports import download
    from xinfeng.privacy.models import ExportState, PrivacyRequest

    request_id, now = _id(request), utc_now()
    known = PrivacyRequest.objects.filter(pk=request_id).values_list("export_state", flat=True).first()
    if known != ExportState.READY:
        prepare_export(request_id, actor=ACTOR, now=now)
        make_export(request_id, actor=ACTOR, now=now)
    got = download(request_id, actor=ACTOR, address=None, now=utc_now())
    file.touch(mode=0o600)
    with file.open("wb") as out:
        for piece in got.pieces:
            out.write(piece)
    say(f"已写入 {file}（{got.size_bytes:,} 字节）。 Written.")


@group.command("erase")
def erase(
    request: Reference,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 don't ask")] = False,
) -> None:
    """按删除请求删除这个人的信息，不能撤销。 Erase the person of an erasure request; there is no way back."""
    ready()
    from xinfeng.privacy import actions
    from xinfeng.privacy.archive import shown_first

    if not yes:
        typer.confirm(
            "删除后不能恢复，备份也不会带回来。继续？ There is no way back, not even from a backup. Go on?",
            abort=True,
        )
    done = actions.erase(_id(request), actor=ACTOR, now=utc_now())
    words = {holding.name: f"{holding.label} {holding.label_en}" for holding in shown_first()}
    rows = [[words.get(name, name), f"{count:,}"] for name, count in done.counts.items()]
    table("已删除 Erased", ["内容 what", "行 rows"], rows, right=(1,))
    say(f"屏蔽号码 numbers suppressed: {done.numbers}")


@group.command("replay")
def replay() -> None:
    """按删除日志核对数据库，把备份带回来的人再删一次；日志受损时退出码为 1。 Carry the journal of erasures out again."""
    ready()
    from xinfeng.privacy.replay import replay as carry_out

    done = carry_out(now=utc_now())
    say(
        f"日志 {done.lines} 条，再次删除 {done.people} 人，补上屏蔽 {done.numbers} 个号码。 "
        f"{done.lines} lines; {done.people} people erased again, {done.numbers} numbers suppressed again."
    )
    for fault in done.faults:
        chinese, english = (words.format(line=fault.line) for words in _FAULTS[fault.code])
        say(f"删除日志受损：{chinese}。 The journal is damaged: {english}.", style="red")
    if done.faults:
        say(
            "请从密钥文件夹的备份放回 erasures.journal。 Put erasures.journal back from a backup of the keys.",
            style="red",
        )
        raise typer.Exit(1)


def _id(reference: str) -> int:
    from xinfeng.kernel.errors import NotFound

    digits = reference.upper().removeprefix("GX-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise NotFound("request.unknown", id=reference[:20])
    return int(digits)
