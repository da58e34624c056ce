"""Commands about complaints: see, take in, import a file, rates."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="投诉 complaints", no_args_is_help=True)
ACTOR = "system:command line"

_SOURCES = "12321、10086、10010、10000、10099、vendor、hotline、shop、social、regulator"


@group.command("list")
def list_complaints(
    state: Annotated[
        str,
        typer.Option(help="状态 state：unfinished（未办结）、overdue、open、handling、answered、dismissed"),
    ] = "unfinished",
    source: Annotated[str, typer.Option(help=f"来源 source：{_SOURCES}、reply")] = "",
) -> None:
    """列出投诉，最急的在前。 List complaints, the most urgent first."""
    ready()
    from xinfeng.complaints.models import About, Certainty, Source, State
    from xinfeng.complaints.reads import ComplaintQuery, complaints, counts

    now = utc_now()
    zone = xinfeng_settings.load().zone
    found = complaints(ComplaintQuery(state=state, source=source, limit=100), now=now)
    rows = [
        [
            one.reference,
            Source(one.source).label,
            About(one.about).label,
            one.phone,
            State(one.state).label,
            "" if one.days_left is None else str(one.days_left),
            Certainty(one.certainty).label if one.certainty else "",
            f"{one.complained_at.astimezone(zone):%Y-%m-%d %H:%M}",
        ]
        for one in found.rows
    ]
    columns = [
        "编号 id",
        "来源 source",
        "投诉 about",
        "号码 number",
        "状态 state",
        "剩余天 days",
        "短信 message",
        "时间 at",
    ]
    table("投诉 Complaints", columns, rows, right=(5,))
    said = counts(now=now)
    say(f"未办结 open {said.open} · 逾期 overdue {said.overdue} · 没有对上短信 unmatched {said.unmatched}")


@group.command("add")
def add(
    phone: Annotated[str, typer.Argument(help="投诉人的手机号 the number")],
    source: Annotated[str, typer.Option(help=f"来源 source：{_SOURCES}")],
    at: Annotated[str, typer.Option(help="投诉时间 when；默认现在 now by default")] = "",
    about: Annotated[
        str,
        typer.Option(
            help="投诉什么 about：unsolicited、after_opt_out、too_often、hour、untrue、not_theirs、cannot_opt_out、other"
        ),
    ] = "other",
    reference: Annotated[str, typer.Option(help="来源的编号 the source's reference")] = "",
    quoted: Annotated[str, typer.Option(help="被投诉的短信 the message as quoted")] = "",
    said: Annotated[str, typer.Option(help="投诉内容 what was said")] = "",
) -> None:
    """登记一件投诉；号码马上停发营销。 Take a complaint in; marketing to the number ends at once."""
    ready()
    from xinfeng.complaints.actions import take_complaint
    from xinfeng.complaints.files import read_moment
    from xinfeng.complaints.intake import NewComplaint
    from xinfeng.complaints.reads import reference_of

    now = utc_now()
    moment, day_only = read_moment(at, now=now) if at else (now, False)
    given = NewComplaint(
        source=source,
        phone=phone,
        complained_at=moment,
        about=about,
        reference=reference,
        said=said,
        quoted=quoted,
        day_only=day_only,
    )
    taken = take_complaint(given, actor=ACTOR, now=now)
    reference = reference_of(taken.complaint_id)
    if taken.known:
        say(f"{reference} 早已登记，没有重复 known already, nothing was changed")
    else:
        say(f"{reference} 已登记，营销已停发 taken in, marketing to the number has ended")


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 xlsx")],
    source: Annotated[
        str, typer.Option(help=f"来源 source：{_SOURCES}；空着则每行自己写明 empty: each row says")
    ] = "",
    rejected: Annotated[
        Path | None, typer.Option(help="没有通过的行写到这里 write refused rows here")
    ] = None,
) -> None:
    """导入一份投诉。 Take a file of complaints in; sending it in again does no harm."""
    ready()
    from xinfeng.complaints import files

    now = utc_now()
    with file.open("rb") as opened:
        kept = files.receive(
            iter(lambda: opened.read(1 << 20), b""), file_name=file.name, actor=ACTOR, now=now
        )
    seen = files.preview(kept.pk, source=source)
    files.start(kept.pk, mapping=seen.guess, source=source, remember=False, actor=ACTOR, now=now)
    files.run(kept.pk, now=now)
    done = files.one(kept.pk)
    say(f"登记 taken {done.taken} · 早已登记 known {done.known} · 没有通过 refused {done.refused}")
    if done.fault:
        say(f"没有做完 not completed: {done.fault}")
        raise typer.Exit(1)
    if rejected is not None and done.refused:
        rejected.write_bytes(b"".join(files.rejections_csv(kept.pk, language="zh")))
        rejected.chmod(0o600)
        say(f"没有通过的行在 {rejected}，含个人信息 refused rows, with personal data")


@group.command("rates")
def rates(
    by: Annotated[
        str, typer.Option(help="按什么 by：signature、template、campaign、segment、channel")
    ] = "signature",
    days: Annotated[int, typer.Option(min=1, max=366, help="最近几天 the last days")] = 30,
) -> None:
    """每百万送达的投诉，和精确的 95% 区间。 Complaints per million delivered, with exact 95 % intervals."""
    ready()
    from xinfeng.campaigns.complaint_rates import DIMENSIONS, by_dimension
    from xinfeng.complaints import settings
    from xinfeng.complaints.rates import against
    from xinfeng.kernel.errors import InvalidInput

    if by not in DIMENSIONS:
        raise InvalidInput("request.filter", name="by")
    now, rules = utc_now(), settings.current()
    rows = []
    for line in by_dimension(by, now - timedelta(days=days), now, rules=rules):
        rate, interval = line.rate, line.rate.interval
        strictest = next(iter(against(rate, rules)), None)
        odds = strictest.probability if strictest else None
        rows.append(
            [
                line.name,
                str(rate.complaints),
                f"{rate.delivered:,}",
                "" if rate.per_million is None else f"{rate.per_million:.3f}",
                f"{interval.low:.3f} – {interval.high:.3f}" if interval else "",
                "" if odds is None else f"{odds:.1%}",
            ]
        )
    columns = [
        "名称 name",
        "投诉 complaints",
        "送达 delivered",
        "每百万 per million",
        "95% 区间 interval",
        "超过最严限额的概率 above the strictest limit",
    ]
    table("投诉率 Complaint rates", columns, rows, right=(1, 2, 3, 4, 5))


@group.command("rebuild")
def rebuild() -> None:
    """由记录重新推出每件投诉的状态。 Derive every complaint's standing from its facts again."""
    ready()
    from xinfeng.complaints.actions import rebuild_standings

    say(f"{rebuild_standings()} 件 complaints")
