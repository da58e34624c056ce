"""Commands about people: add a user, list them, set a password, take a lost second factor away."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready

ACTOR = "system:command line"

group = typer.Typer(help="用户 users", no_args_is_help=True)


@group.command("list")
def list_users() -> None:
    """列出用户。 List users."""
    ready()
    from xinfeng.foundation import people, second_factor, security
    from xinfeng.kernel.time import utc_now

    with_code, rules, now = second_factor.who_has_it(), security.current(), utc_now()
    rows = [
        [
            user.username,
            user.get_role_display(),
            user.name,
            "✗" if not user.is_active else "闲置 stale" if people.is_stale(user, rules, now=now) else "✓",
            "✓" if user.pk in with_code else "",
        ]
        for user in people.list_users()
    ]
    columns = ["登录名 login", "角色 role", "姓名 name", "启用 active", "两步验证 second factor"]
    table("用户 Users", columns, rows)


@group.command("add")
def add_user(
    username: str,
    role: Annotated[
        str, typer.Option(help="角色 role：operator, reviewer, compliance, analyst, developer, administrator")
    ],
    name: Annotated[str, typer.Option(help="显示的姓名 shown name")] = "",
    password: Annotated[
        str, typer.Option(envvar="NEW_USER_PASSWORD", help="留空则生成 made up when empty")
    ] = "",
    keep_password: Annotated[
        bool,
        typer.Option("--keep-password", help="首次登录不必换密码 need not be changed at the first login"),
    ] = False,
) -> None:
    """添加用户。 Add a user."""
    ready()
    from xinfeng.foundation import people

    chosen = password or people.fresh_password()
    people.add_user(
        username=username,
        role=role,
        name=name,
        password=chosen,
        actor=ACTOR,
        must_change=not keep_password,
    )
    say(f"已添加 {username}（{role}）。" + ("" if password else f" 密码 password: {chosen}"))


@group.command("password")
def set_password(
    username: str,
    password: Annotated[
        str,
        typer.Option(prompt="新密码 new password", hide_input=True, help="不写会询问 asked for without it"),
    ],
) -> None:
    """重设密码。 Set a password."""
    ready()
    from xinfeng.foundation import people

    people.set_password(username=username, password=password, actor=ACTOR)
    say(
        "密码已更新，所有登录已退出；他登录后要先换成自己的。 "
        "The password was changed and every session ended; it must be changed at the next login."
    )


@group.command("reset-second-factor")
def reset_second_factor(
    username: str,
    reason: Annotated[str, typer.Option(prompt="原因 reason", help="记入审计 goes into the audit log")],
) -> None:
    """重设两步验证（手机和恢复码都丢了）。 Take a lost second factor away."""
    ready()
    from xinfeng.foundation import second_factor, sessions

    user = second_factor.reset(username=username, actor=ACTOR, reason=reason)
    sessions.end_all(user.pk, actor=ACTOR, why="second_factor")
    say(
        f"已重设，{username} 下次登录时重新设置。 It was reset; {username} sets up another at the next login."
    )


@group.command("require-second-factor")
def require_second_factor(
    roles: Annotated[
        list[str] | None,
        typer.Argument(help="必须两步验证的角色；不写就谁都不必 roles that must have one; none: nobody must"),
    ] = None,
) -> None:
    """哪些角色必须两步验证。 Which roles must sign in with a second factor."""
    ready()
    from xinfeng.foundation import security

    security.save(replace(security.current(), second_factor_roles=tuple(roles or ())), actor=ACTOR)
    listed = "、".join(roles or []) or "无 none"
    say(f"必须两步验证的角色：{listed}。 Roles that must have a second factor: {listed}.")


def make_first_user() -> None:
    """An installation without users gets an administrator whose password is printed once."""
    from xinfeng.foundation import people

    made = people.make_first_user()
    if made:
        say(
            f"第一个管理员 first administrator: {made.username}\n密码 password: {made.password}（只显示一次 shown once）"
        )
