"""Commands about forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, utc_now

group = typer.Typer(help="表单 forms", no_args_is_help=True)
ACTOR = "system:command line"
_STATES = {"draft": "草稿 draft", "published": "收集中 published", "closed": "已关闭 closed"}


@group.command("list")
def list_forms() -> None:
    """列出表单。 List forms."""
    ready()
    from xinfeng.forms import reads

    rows = [
        [
            row.form.slug,
            row.form.name,
            _STATES[row.form.state],
            f"{row.views:,}",
            f"{row.done:,}",
            f"{row.grants:,}",
            f"{row.stopped:,}",
        ]
        for row in reads.figures(reads.forms())
    ]
    titles = [
        "网址 slug",
        "名称 name",
        "状态 state",
        "浏览 views",
        "完成 done",
        "授权 grants",
        "拦截 stopped",
    ]
    table("表单 Forms", titles, rows, right=(3, 4, 5, 6))


@group.command("show")
def show(slug: str, days: Annotated[int, typer.Option(min=1, max=366)] = 30) -> None:
    """一个表单的数字。 A form's figures over the last days."""
    settings = ready()
    from xinfeng.forms import reads

    form = reads.form_by_slug(slug)
    figures = reads.statistics(form.pk, last=business_day(utc_now(), settings.zone), days=days)
    version = f"第 {form.current.number} 版 version" if form.current else "未发布 unpublished"
    say(f"{form.name} /f/{form.slug} · {_STATES[form.state]} · {version}", style="bold")
    names = {
        "view": "浏览 views",
        "submission": "提交 submissions",
        "confirmed": "验证 confirmed",
        "done": "完成 done",
    }
    rows = [[name, f"{figures.totals[what]:,}"] for what, name in names.items()]
    rows += [[f"授权 granted: {what}", f"{count:,}"] for what, count in figures.grants.items()]
    rows += [[f"拦截 stopped: {what}", f"{count:,}"] for what, count in figures.abuse.items()]
    rows += [[f"来源 source: {what}", f"{count:,}"] for what, count in list(figures.sources.items())[:10]]
    table(f"近 {days} 天 last {days} days", ["", "次 count"], rows, right=(1,))
    stocks = [
        [row.prize.name, f"{row.prize.taken:,}", "不限 endless" if row.left is None else f"{row.left:,}"]
        for row in reads.stocks(form.pk)
    ]
    if stocks:
        table("奖品 Prizes", ["名称 name", "已发 given", "剩余 left"], stocks, right=(1, 2))


@group.command("publish")
def publish(slug: str) -> None:
    """发布草稿。 Publish the draft."""
    ready()
    from xinfeng.delivery import code_messages
    from xinfeng.forms import actions, reads

    form = reads.form_by_slug(slug)
    codes_ready = code_messages.ready()
    wrong, told = actions.findings(form, codes_ready=codes_ready, now=utc_now())
    for one in wrong:
        say(f"还差 missing: {one.code} {one.where}", style="red")
    for one in told:
        say(f"请注意 mind: {one.code} {one.where}", style="yellow")
    version = actions.publish(form.pk, codes_ready=codes_ready, actor=ACTOR, now=utc_now())
    say(f"已发布第 {version.number} 版。 Version {version.number} is published: /f/{slug}")


@group.command("coupons")
def coupons(slug: str, prize: str, file: Path) -> None:
    """把券码加入券码库，每行一个。 Add coupon codes to a pool, one a line (first cell of a CSV)."""
    ready()
    from xinfeng.forms import actions, reads

    form = reads.form_by_slug(slug)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("form.coupon_file") from None
    added = actions.add_coupons(form.pk, prize, text, actor=ACTOR, now=utc_now())
    say(
        f"加入 {added.added:,} 个，重复 {added.known:,}，不是券码 {added.refused:,}。"
        f" Added {added.added:,}, known {added.known:,}, no codes {added.refused:,}."
    )
