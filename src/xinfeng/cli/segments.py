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
ACTOR = "system:command line"


@group.command("list")
def list_segments() -> None:
    """列出分群。 List segments."""
    ready()
    from xinfeng.segments.models import Segment

    rows = [
        [segment.pk, segment.name, segment.get_kind_display(), segment.description]
        for segment in Segment.objects.filter(archived=False).order_by("pk")
    ]
    table("分群 Segments", ["编号 id", "名称 name", "类型 kind", "说明 description"], rows, right=(0,))


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
