"""Commands about people: add a user, list them, set a password."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready

group = typer.Typer(help="用户 users", no_args_is_help=True)


@group.command("list")
def list_users() -> None:
    """列出用户。 List users."""
    ready()
    from xinfeng.foundation.models import User

    rows = [
        [user.username, user.get_role_display(), user.name, "✓" if user.is_active else "✗"]
        for user in User.objects.order_by("username")
    ]
    table("用户 Users", ["登录名 login", "角色 role", "姓名 name", "启用 active"], rows)


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
) -> None:
    """添加用户。 Add a user."""
    ready()
    from xinfeng.foundation import people

    chosen = password or secrets.token_urlsafe(9)
    people.add_user(username=username, role=role, name=name, password=chosen, actor="system:command line")
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

    people.set_password(username=username, password=password, actor="system:command line")
    say("密码已更新。 The password was changed.")


def make_first_user() -> None:
    """An installation without users gets an administrator whose password is printed once."""
    from xinfeng.foundation import people

    made = people.make_first_user()
    if made:
        say(
            f"第一个管理员 first administrator: {made.username}\n密码 password: {made.password}（只显示一次 shown once）"
        )
