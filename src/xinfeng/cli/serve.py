"""Commands that run Xinfeng: up, app, gateway, migrate."""

from __future__ import annotations

from typing import Annotated

import typer

from xinfeng.cli.output import say
from xinfeng.cli.ready import ready
from xinfeng.foundation import logs
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict

WithParent = Annotated[bool, typer.Option("--with-parent", hidden=True)]


def up() -> None:
    """启动全部：PostgreSQL、app、gateway。 Start everything; Ctrl+C stops it."""
    from xinfeng.cli.processes.supervision import Supervisor, check_port, only_one

    settings = xinfeng_settings.load()
    logs.set_up("up", settings.log_level)
    with only_one(settings.data):
        check_port(settings.host, settings.port)
        ready(process="up")
        from xinfeng.cli.users import make_first_user
        from xinfeng.contacts import traits
        from xinfeng.segments.actions import install_ready_made

        make_first_user()
        install_ready_made(actor="system:first start")
        traits.install_ready_made(actor="system:first start")
        Supervisor(settings).run(ready=lambda: say(f"信风 Xinfeng: http://{settings.host}:{settings.port}"))


def app(context: typer.Context, with_parent: WithParent = False) -> None:
    """控制台、接口与后台任务。 Console, API and jobs (one process; owns the lens)."""
    _run_with_parent(with_parent)
    settings = ready(process="app")
    from xinfeng.cli.processes import app as process
    from xinfeng.cli.processes.supervision import leave_now
    from xinfeng.foundation.keys import Watch

    Watch("app").start()
    try:
        process.run(settings, context.find_root().command)
    except Conflict as conflict:
        if conflict.code != "lens.owned_elsewhere":
            raise
        raise Conflict("app.already_running", folder=str(settings.data)) from None  # no matter for its door
    leave_now()


def gateway(with_parent: WithParent = False) -> None:
    """运营商连接：提交、回执、上行。 Carrier sessions; as many on as many hosts as wanted."""
    _run_with_parent(with_parent)
    ready(process="gateway")
    from xinfeng.cli.processes.supervision import leave_now
    from xinfeng.delivery import gateway as process
    from xinfeng.foundation.keys import Watch

    Watch("gateway").start()
    process.run()
    leave_now()


def migrate() -> None:
    """升级数据库结构。 Bring the database to this version."""
    ready(process="migrate", log_level="WARNING")
    say("数据库已是最新。 The database is up to date.")


def _run_with_parent(with_parent: bool) -> None:
    if with_parent:
        from xinfeng.cli.processes.supervision import leave_with_parent

        leave_with_parent()
