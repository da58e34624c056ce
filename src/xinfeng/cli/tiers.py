"""Commands about tiers and computed traits."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, utc_now

group = typer.Typer(help="分层 tiers", no_args_is_help=True)
traits = typer.Typer(help="行为特征 computed traits", no_args_is_help=True)
ACTOR = "system:command line"

Days = Annotated[int, typer.Option("--days", min=1, max=1000, help="最近多少天 how many days back")]


@group.command("show")
def show(days: Days = 30) -> None:
    """各层人数和移动。 How many each tier has, and how people moved."""
    settings = ready()
    from xinfeng.contacts import tier_flows
    from xinfeng.contacts.models import Tier
    from xinfeng.lens.engine import lens

    mirror = lens()
    mirror.refresh()
    today = business_day(utc_now(), settings.zone)
    counts = tier_flows.counts(mirror)
    total = sum(counts.values()) or 1
    rows = [
        [Tier(tier).label, f"{count:,}", f"{100 * count / total:.1f} %"] for tier, count in counts.items()
    ]
    table("分层 Tiers", ["分层 tier", "人数 people", "占比 share"], rows, right=(1, 2))
    flows = tier_flows.flows(mirror, today - timedelta(days=days - 1), today)
    moves = [
        ["—" if before is None else Tier(before).label, Tier(tier).label, f"{people:,}"]
        for before, tier, people in flows.moves()
    ]
    table(f"移动 Moves, {days} 天 days", ["从 from", "到 to", "人数 people"], moves, right=(2,))


@group.command("recompute")
def recompute() -> None:
    """按规则给每位客户重新分层。 Give everybody the tier the rules say, now."""
    ready()
    from xinfeng.contacts.tier_placing import recompute_tiers

    changed = recompute_tiers(now=utc_now(), cause="nightly")
    say(f"{changed:,} 人换了层 people changed")


@traits.command("list")
def list_traits(
    archived: Annotated[bool, typer.Option(help="已归档的 archived ones")] = False,
) -> None:
    """列出特征。 List the traits."""
    ready()
    from xinfeng.contacts.traits import traits as declared

    rows = [
        [one.key, one.label, one.label_en, one.kind, _definition(one.definition.as_json())]
        for one in declared(archived=archived)
    ]
    table("行为特征 Traits", ["键 key", "名称 name", "English", "值 kind", "定义 definition"], rows)


def _definition(known: dict[str, Any]) -> str:
    """What `traits add` would take, without what is not said."""
    return json.dumps(
        {name: value for name, value in known.items() if value not in (None, "", [])}, ensure_ascii=False
    )


@traits.command("add")
def add(
    key: str,
    label: str,
    definition: Annotated[
        str, typer.Argument(help='定义 definition (JSON)：{"measure": "sum_fen", "kinds": [1], "days": 180}')
    ],
    label_en: Annotated[str, typer.Option("--label-en")] = "",
) -> None:
    """定义特征。 Define a trait; its values follow in the background."""
    ready()
    from xinfeng.contacts.trait_definitions import read_definition
    from xinfeng.contacts.traits import define_trait

    try:
        raw = json.loads(definition)
    except (ValueError, RecursionError):
        raise InvalidInput("trait.definition", field="JSON") from None
    made = define_trait(key=key, label=label, label_en=label_en, definition=read_definition(raw), actor=ACTOR)
    say(f"特征 trait:{made.key}: {made.label}")


@traits.command("archive")
def archive(key: str) -> None:
    """归档特征。 Take a trait out of use."""
    ready()
    from xinfeng.contacts.traits import archive_trait

    archive_trait(key, actor=ACTOR)
    say(f"已归档 archived: {key}")


@traits.command("restore")
def restore(key: str) -> None:
    """恢复特征。 Bring an archived trait back."""
    ready()
    from xinfeng.contacts.traits import restore_trait

    restore_trait(key, actor=ACTOR)
    say(f"已恢复 restored: {key}")


@traits.command("install")
def install() -> None:
    """装上现成的特征。 Declare the ready-made traits (done at the first start)."""
    ready()
    from xinfeng.contacts.traits import install_ready_made

    say(f"新增 added: {install_ready_made(actor=ACTOR)}")


@traits.command("compute")
def compute() -> None:
    """现在计算每位客户的特征。 Compute everybody's traits now."""
    ready()
    from xinfeng.contacts.traits import refresh_traits
    from xinfeng.lens.engine import lens

    mirror = lens()
    mirror.refresh()
    say(f"{refresh_traits(mirror, now=utc_now()):,} 人有了新的值 people have values")
