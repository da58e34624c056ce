"""Commands about the keys that everything is sealed with: list, rotate, retire."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now

ACTOR = "system:command line"
PATIENCE_S = 30.0

group = typer.Typer(help="密钥 keys", no_args_is_help=True)

KeyId = Annotated[int, typer.Argument(min=1, max=65535, help="密钥编号 number of the key")]


@group.command("list")
def list_keys(
    count: Annotated[
        bool, typer.Option("--count", help="现在重新数一遍 count anew (reads everything)")
    ] = False,
) -> None:
    """列出密钥，以及每个密钥加密着多少内容。 List the keys and how much is sealed with each."""
    ready()
    from xinfeng.foundation import keys, rotation

    if count:
        rotation.count_again(now=utc_now())
    at, counts = rotation.counted()
    rows = []
    for key in keys.known_keys():
        held = sum(one.values for one in counts if one.key_id == key.id)
        state = "已退役 retired" if key.retired_at else "在用 active" if key.is_active else "备用 held"
        made = key.made_at.strftime("%Y-%m-%d") if key.made_at else ""
        rows.append([str(key.id), state, key.fingerprint, made, f"{held:,}" if at else "?"])
    columns = ["编号 number", "状态 state", "指纹 fingerprint", "生成 made", "内容 values"]
    table("密钥 Keys", columns, rows)
    if (running := rotation.unfinished()) is not None:
        done = rotation.progress(running)
        looked, total = sum(one.looked_at for one in done), sum(one.total for one in done)
        say(f"正在重新加密 sealing anew: {looked:,} / {total:,}")


@group.command()
def add() -> None:
    """第一步：生成新密钥，放进密钥文件，先不用。 Make a key and put it into the key file, unused."""
    settings = ready()
    from xinfeng.foundation import keys

    key_id = keys.add(settings.key_file, actor=ACTOR)
    say(
        f"密钥 {key_id} 已放进 {settings.key_file}。有别的主机时，把这个文件拷过去，再用 xinfeng keys activate {key_id}。\n"
        f"Key {key_id} is in the file. Copy it to every other host, then run xinfeng keys activate {key_id}."
    )


@group.command()
def activate(key_id: KeyId) -> None:
    """第二步：所有进程都有了它之后启用，并重新加密。 Use a key that every process knows, and seal everything anew."""
    settings = ready()
    from xinfeng.foundation import keys

    keys.activate(settings.key_file, key_id, actor=ACTOR, now=utc_now())
    _seal_anew(key_id)


@group.command()
def rotate() -> None:
    """轮换：生成、等所有进程拿到、启用、重新加密。 All in one: make a key, wait until it is known, use it."""
    settings = ready()
    from xinfeng.foundation import keys, rotation

    if rotation.unfinished() is not None:
        raise Conflict("key.rotating")
    key_id = keys.add(settings.key_file, actor=ACTOR)
    until = time.monotonic() + PATIENCE_S
    while (lacking := keys.who_lacks(key_id, now=utc_now())) and time.monotonic() < until:
        time.sleep(1.0)
    if lacking:
        raise Conflict("key.not_known_everywhere", key_id=key_id, holders=lacking)
    keys.activate(settings.key_file, key_id, actor=ACTOR, now=utc_now())
    _seal_anew(key_id)


@group.command()
def reseal(
    here: Annotated[bool, typer.Option("--here", help="就在这里做完 do all of it here and now")] = False,
) -> None:
    """把一切换到在用的密钥和算法下（换了 XINFENG_CIPHER 之后也用它）。 Seal everything with the key and cipher in use."""
    ready()
    from xinfeng.foundation import jobs, rotation

    if rotation.unfinished() is None:
        rotation.start(actor=ACTOR, now=utc_now())
    if here:
        while not rotation.go_on(seconds=10.0):
            time.sleep(1.0)
        say("已全部换完。 Everything has been sealed anew.")
        return
    jobs.again()
    say("由 app 在后台进行，进度见 xinfeng keys list。 The app goes on with it; see xinfeng keys list.")


@group.command()
def retire(key_id: KeyId) -> None:
    """退役：已没有内容用它时，从密钥文件里拿掉。 Take a key out of the file once nothing is sealed with it."""
    settings = ready()
    from xinfeng.foundation import keys, rotation

    held = rotation.sealed_with(key_id)
    keys.retire(settings.key_file, key_id, sealed_with=held, actor=ACTOR, now=utc_now())
    say(
        f"密钥 {key_id} 已退役。更早的数据库备份仍要用它：旧的密钥文件留在原处，请离线保管到那些备份过期。\n"
        f"Key {key_id} is retired. Older backups of the database still need it: the former key files lie beside the "
        "present one; keep them off-line for as long as those backups."
    )


def _seal_anew(key_id: int) -> None:
    from xinfeng.foundation import jobs, rotation

    rotation.start(actor=ACTOR, now=utc_now())
    jobs.again()
    say(
        f"密钥 {key_id} 已启用。旧内容由 app 在后台重新加密，进度见 xinfeng keys list。\n"
        f"Key {key_id} is in use. What is old is sealed anew by the app; see xinfeng keys list."
    )
