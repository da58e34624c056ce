"""Commands about segments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="分群 segments", no_args_is_help=True)
tags = typer.Typer(help="规则标签 rule tags", no_args_is_help=True)
group.add_typer(tags, name="tags")
ACTOR = "system:command line"
PAGE = 50


@group.command("list")
def list_segments(
    search: Annotated[str, typer.Option(help="名称或说明 name or description")] = "",
    archived: Annotated[bool, typer.Option(help="已归档的 archived ones")] = False,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """列出分群。 List segments, fifty a page."""
    ready()
    from xinfeng.segments import reads

    found = reads.page_of_segments(search=search, archived=archived, offset=(page - 1) * PAGE, limit=PAGE)
    sizes = reads.last_sizes([segment.pk for segment in found.rows])
    rows = [
        [
            segment.pk,
            segment.name,
            segment.get_kind_display(),
            f"{sizes[segment.pk].size:,}" if segment.pk in sizes else "",
            segment.description,
        ]
        for segment in found.rows
    ]
    columns = ["编号 id", "名称 name", "类型 kind", "人数 size", "说明 description"]
    table("分群 Segments", columns, rows, right=(0, 3))
    if found.total > page * PAGE:
        say(f"还有 {found.total - page * PAGE:,} 个：--page {page + 1}")


@group.command("add")
def add(
    name: str,
    rule: Annotated[str, typer.Argument(help="JSON，或 @文件 JSON text or @file")],
    description: Annotated[str, typer.Option()] = "",
) -> None:
    """按规则新建分群。 Make a segment from a rule."""
    ready()
    from xinfeng.segments.actions import create_segment

    segment = create_segment(name=name, rule=_read_rule(rule), description=description, actor=ACTOR)
    say(f"分群 segment {segment.pk}: {name}")


def _read_rule(given: str) -> Any:
    """The JSON given, or that of the file after `@`. Raises InvalidInput `segment.no_file`, `segment.not_json`."""
    try:
        text = Path(given[1:]).read_text(encoding="utf-8-sig") if given.startswith("@") else given
    except OSError:
        raise InvalidInput("segment.no_file", file=given[1:]) from None
    except UnicodeDecodeError:
        raise InvalidInput("segment.not_json", fault="UTF-8") from None
    try:
        return json.loads(text)
    except ValueError as fault:
        raise InvalidInput("segment.not_json", fault=str(fault)) from None
    except RecursionError:  # brackets without end
        from xinfeng.segments.parsing import DEEPEST

        raise InvalidInput("rule.too_deep", path="rule", limit=DEEPEST) from None


@group.command("show")
def show(segment_id: int, purpose: Annotated[str, typer.Option()] = "marketing") -> None:
    """规则的文字说明、人数与可触达人数。 The rule in words, size and reachable size."""
    ready()
    from xinfeng.lens.engine import lens
    from xinfeng.segments import reads

    mirror = lens()
    segment = reads.get_segment(segment_id)
    mirror.refresh()
    numbers = reads.segment_numbers(mirror, segment, purpose, utc_now())
    say(segment.name, style="bold")
    for language in ("zh-hans", "en"):
        say(reads.reading(segment, language))
    say(f"人数 size {numbers.size:,}，可触达 reachable {numbers.reachable:,}")


@group.command("freeze")
def freeze(segment_id: int, name: str) -> None:
    """把现在的成员存为快照。 Keep who is in it now as a snapshot."""
    ready()
    from xinfeng.lens.engine import lens
    from xinfeng.segments.actions import freeze_segment

    snapshot = freeze_segment(segment_id, name=name, lens=lens(), actor=ACTOR, now=utc_now())
    say(f"快照 snapshot {snapshot.pk}: {snapshot.name}")


@group.command("upload")
def upload(
    file: Annotated[Path, typer.Argument(help="文件：.csv、.txt 或 .xlsx file")],
    name: str,
    description: Annotated[str, typer.Option()] = "",
    misses: Annotated[Path | None, typer.Option(help="没有对上的行写到这里 unmatched rows go here")] = None,
) -> None:
    """手机号或会员号的文件变成名单。 A file of numbers or member ids becomes a list."""
    ready()
    from xinfeng.console.segments.files import named_rows
    from xinfeng.foundation import audit
    from xinfeng.segments.lists import create_list_from, misses_csv

    if not file.is_file():
        raise InvalidInput("segment.no_file", file=str(file))
    with named_rows(file) as rows:
        done = create_list_from(rows, name=name, description=description, actor=ACTOR)
    say(f"名单 list {done.segment.pk}: {name}")
    say(f"读到 rows {done.rows:,}，找到 matched {done.members:,}，没有对上 unmatched {done.missed:,}")
    if misses is not None and done.missed:
        audit.record(actor=ACTOR, action="segment.misses", kind="segment", subject=done.segment.pk)
        misses.touch(mode=0o600)
        with misses.open("wb") as out:
            out.writelines(misses_csv(done.segment.pk, language="zh-hans"))


@group.command("compare")
def compare(first_id: int, second_id: int, purpose: Annotated[str, typer.Option()] = "marketing") -> None:
    """两个分群的重叠。 What two segments have in common."""
    ready()
    from xinfeng.lens.engine import lens
    from xinfeng.segments import reads
    from xinfeng.segments.overlap import overlap

    first, second = reads.get_segment(first_id), reads.get_segment(second_id)
    mirror = lens()
    mirror.refresh()
    found = overlap(mirror, first, second, purpose, utc_now())
    parts = [
        (f"只在 only in {first.name}", found.first_only),
        ("两个都在 in both", found.both),
        (f"只在 only in {second.name}", found.second_only),
        ("至少在一个里 in either", found.either),
    ]
    rows = [[label, f"{size.people:,}", f"{size.reachable:,}"] for label, size in parts]
    table("重叠 Overlap", ["部分 part", "人数 people", "可触达 reachable"], rows, right=(1, 2))


@group.command("archive")
def archive(segment_id: int, back: Annotated[bool, typer.Option(help="放回列表 put back")] = False) -> None:
    """归档，或放回列表。 Put away, or take out again."""
    ready()
    from xinfeng.segments.actions import archive_segment

    segment = archive_segment(segment_id, archived=not back, actor=ACTOR)
    say(f"{'已放回 put back' if back else '已归档 archived'}: {segment.name}")


@group.command("tag")
def tag(
    segment_id: int,
    name: Annotated[str, typer.Argument(help="标签 tag")],
    take: Annotated[bool, typer.Option(help="取下而不是打上 take off instead")] = False,
    reason: Annotated[str, typer.Option()] = "",
) -> None:
    """给分群里的所有客户打标签，或取下。 Tag everybody in a segment, or take the tag off."""
    ready()
    from xinfeng.lens.engine import lens
    from xinfeng.segments.actions import run_tagging, tag_segment
    from xinfeng.segments.models import TaggingState

    mirror = lens()  # where `app` has it, all of this is done there, and nothing twice
    asked = tag_segment(segment_id, tag=name, added=not take, actor=ACTOR, reason=reason)
    done = run_tagging(asked.pk, lens=mirror, now=utc_now())
    if done.state == TaggingState.FAILED and done.fault:
        raise InvalidInput(done.fault["code"], path="rule")
    say(f"{done.total or 0:,} 人 people，改变 changed {done.changed:,}")


@tags.command("list")
def list_rules() -> None:
    """列出规则标签。 List rule tags."""
    ready()
    from xinfeng.segments import rule_tags

    rows = [
        [
            row.pk,
            row.tag.name,
            "" if row.size is None else f"{row.size:,}",
            f"+{row.added:,} −{row.removed:,}",
            (row.fault or {}).get("code", "") or ("启用 on" if row.enabled else "停用 off"),
        ]
        for row in rule_tags.rules(limit=1_000)[0]
    ]
    columns = ["编号 id", "标签 tag", "人数 size", "最近变化 last change", "状态 state"]
    table("规则标签 Rule tags", columns, rows, right=(0, 2, 3))


@tags.command("add")
def add_rule(
    name: str, rule: Annotated[str, typer.Argument(help="JSON，或 @文件 JSON text or @file")]
) -> None:
    """新建规则标签；app 随即运行它。 Make a rule tag; `app` runs it at once."""
    ready()
    from django.db import transaction

    from xinfeng.segments import jobs, rule_tags

    with transaction.atomic():
        made = rule_tags.define(name=name, rule=_read_rule(rule), actor=ACTOR)
        jobs.run_rule_tag.defer(rule_id=made.pk)
    say(f"规则标签 rule tag {made.pk}: {name}")


@tags.command("run")
def run_rule(
    rule_id: Annotated[int | None, typer.Argument(help="不写则全部 all without it")] = None,
) -> None:
    """现在更新一个规则标签，或全部。 Bring one rule tag up to date, or all."""
    ready()
    from xinfeng.lens.engine import lens
    from xinfeng.segments import rule_tags

    if rule_id is not None:
        done = rule_tags.run(rule_id, lens=lens(), now=utc_now())
        say(f"打上 added {done.added:,}，取下 removed {done.removed:,}，现有 size {done.size:,}")
        return
    for number, each in rule_tags.run_all(lens=lens(), now=utc_now()).items():
        said = each if isinstance(each, str) else f"+{each.added:,} −{each.removed:,} = {each.size:,}"
        say(f"{number}: {said}")


@tags.command("off")
def switch_off(
    rule_id: int,
    take: Annotated[
        bool, typer.Option("--take/--keep", help="取下标签，或保留 take the tag off, or keep it")
    ],
) -> None:
    """停用规则；要说明标签取下还是保留。 Switch a rule off; say what becomes of the tag."""
    ready()
    from xinfeng.lens.engine import lens
    from xinfeng.segments import rule_tags

    removed = rule_tags.switch_off(rule_id, actor=ACTOR, keep_tag=not take, lens=lens(), now=utc_now())
    say(f"已停用 switched off，取下 removed {removed:,}")


@tags.command("on")
def switch_on(rule_id: int) -> None:
    """重新启用；app 随即运行它。 Switch a rule on again; `app` runs it at once."""
    ready()
    from django.db import transaction

    from xinfeng.segments import jobs, rule_tags

    with transaction.atomic():
        row = rule_tags.switch_on(rule_id, actor=ACTOR)
        jobs.run_rule_tag.defer(rule_id=rule_id)
    say(f"已启用 switched on: {row.tag.name}")
