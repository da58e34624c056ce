"""Commands about the API: keys and webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput

keys = typer.Typer(help="密钥 keys", no_args_is_help=True)
group = typer.Typer(help="接口 API", no_args_is_help=True)
group.add_typer(keys, name="keys")
webhooks = typer.Typer(help="推送 webhooks", no_args_is_help=True)
ACTOR = "system:command line"


@keys.command("create")
def create_key(
    name: str,
    scope: Annotated[
        list[str], typer.Option(help="权限，可重复；all 是全部 a scope, repeatable; all for every one")
    ],
    rate: Annotated[int, typer.Option(help="每分钟请求 requests a minute")] = 600,
    burst: Annotated[int, typer.Option(help="一次突发 at once")] = 60,
    address: Annotated[
        list[str] | None, typer.Option(help="允许的网段，可重复 a network it may be used from, repeatable")
    ] = None,
    days: Annotated[int, typer.Option(help="有效天数，0 为一直有效 days it is valid, 0 for ever")] = 0,
) -> None:
    """新建密钥，只显示一次。 Make a key; it is shown once."""
    ready()
    from xinfeng.integrations import keys as actions
    from xinfeng.integrations.scopes import NAMES
    from xinfeng.kernel.time import utc_now

    now = utc_now()
    made = actions.create_key(
        name=name,
        scope_names=sorted(NAMES) if scope == ["all"] else scope,
        rate_per_minute=rate,
        burst=burst,
        allowed_addresses=address or (),
        expires_at=now + timedelta(days=days) if days > 0 else None,
        actor=ACTOR,
        now=now,
    )
    say(f"密钥 key {made.id}: {made.token}\n只显示这一次。 Shown this once.")


@keys.command("list")
def list_keys() -> None:
    """列出密钥。 List keys."""
    ready()
    from xinfeng.integrations.models import ApiKey

    rows = [
        [
            key.pk,
            key.name,
            f"xf_{key.prefix}_…",
            "\n".join(key.scopes),
            _moment(key.last_used_at),
            key.requests,
            "✗" if key.revoked_at else _moment(key.expires_at) or "✓",
        ]
        for key in ApiKey.objects.order_by("id")
    ]
    columns = [
        "编号 id",
        "名称 name",
        "开头 prefix",
        "权限 scopes",
        "最近使用 last used",
        "请求 requests",
        "有效 valid",
    ]
    table("密钥 Keys", columns, rows, right=(0, 5))


@keys.command("revoke")
def revoke_key(key_id: int) -> None:
    """吊销密钥，马上生效。 Revoke a key, at once."""
    ready()
    from xinfeng.integrations import keys as actions
    from xinfeng.kernel.time import utc_now

    actions.revoke_key(key_id, actor=ACTOR, now=utc_now())
    say(f"密钥 {key_id} 已吊销。 Key {key_id} is revoked.")


@webhooks.command("list")
def list_webhooks() -> None:
    """列出推送。 List webhooks."""
    ready()
    from xinfeng.integrations.webhooks import reads

    rows = [
        [
            row.webhook.pk,
            row.webhook.name,
            row.webhook.url,
            row.webhook.state if row.webhook.enabled or row.webhook.state == "stopped" else "off",
            row.waiting,
            row.given_up,
            _moment(row.webhook.last_success_at),
        ]
        for row in reads.webhooks()
    ]
    columns = [
        "编号 id",
        "名称 name",
        "地址 url",
        "状态 state",
        "等待 waiting",
        "放弃 given up",
        "最近送达 last success",
    ]
    table("推送 Webhooks", columns, rows, right=(0, 4, 5))


@webhooks.command("replay")
def replay(
    webhook_id: int,
    delivery: Annotated[int | None, typer.Option(help="只重发这一次投递 only this delivery")] = None,
    since: Annotated[str, typer.Option(help="从何时起，例如 2026-01-05T08:00:00+08:00 from when on")] = "",
    until: Annotated[str, typer.Option(help="到何时为止，默认现在 until when, now by default")] = "",
) -> None:
    """重新投递一次，或一段时间的变化。 Replay one delivery, or a span of time."""
    ready()
    from xinfeng.integrations.webhooks import actions
    from xinfeng.kernel.time import utc_now

    now = utc_now()
    if delivery is not None:
        made = actions.replay(webhook_id, delivery, actor=ACTOR, now=now)
        say(f"已排队，投递 {made.pk}。 Queued as delivery {made.pk}.")
        return
    count = actions.replay_span(
        webhook_id, first=_time(since), last=_time(until) if until else now, actor=ACTOR, now=now
    )
    say(f"已排队 {count} 个投递。 {count} deliveries are queued.")


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("time.unreadable") from None
    if moment.tzinfo is None:
        raise InvalidInput("time.unreadable")
    return moment.astimezone(UTC)


def _moment(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""
