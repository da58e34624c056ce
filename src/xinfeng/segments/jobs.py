"""Background entry points of segments."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.foundation.jobs import app
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments import actions, lists, rule_tags


@app.periodic(cron="40 * * * *")  # type: ignore[untyped-decorator]  # once at 03:40 in Shanghai, after the tiers
@app.task(name="segments.run_rule_tags", queueing_lock="segments.run_rule_tags")  # type: ignore[untyped-decorator]
def run_rule_tags(timestamp: int) -> None:
    """Bring every rule tag up to date; time alone moves people in and out."""
    close_old_connections()
    rule_tags.run_all(lens=lens(), now=utc_now())


@app.task(name="segments.run_rule_tag")  # type: ignore[untyped-decorator]
def run_rule_tag(rule_id: int) -> None:
    """Bring one rule tag up to date now; what stops it is kept with the rule."""
    close_old_connections()
    try:
        rule_tags.run(rule_id, lens=lens(), now=utc_now())
    except (InvalidInput, Conflict, NotFound):
        return


@app.task(name="segments.take_rule_tag_off")  # type: ignore[untyped-decorator]
def take_rule_tag_off(rule_id: int, actor: str) -> None:
    """Take the tag of a rule that was switched off from everybody who has it."""
    close_old_connections()
    rule_tags.switch_off(rule_id, actor=actor, keep_tag=False, lens=lens(), now=utc_now())


@app.task(name="segments.run_tagging")  # type: ignore[untyped-decorator]
def run_tagging(tagging_id: int) -> None:
    """Put a tag on a segment, or take it off."""
    close_old_connections()
    actions.run_tagging(tagging_id, lens=lens(), now=utc_now())


@app.task(name="segments.run_freezing")  # type: ignore[untyped-decorator]
def run_freezing(freezing_id: int) -> None:
    """Make a snapshot that was asked for."""
    close_old_connections()
    actions.run_freezing(freezing_id, lens=lens(), now=utc_now())


@app.periodic(cron="5 20 * * *")  # type: ignore[untyped-decorator]  # 04:05 in Shanghai
@app.task(name="segments.record_sizes", queueing_lock="segments.record_sizes")  # type: ignore[untyped-decorator]
def record_sizes(timestamp: int) -> None:
    """Remember how large every segment is today; forget old rows of uploaded lists."""
    close_old_connections()
    now = utc_now()
    actions.record_sizes(lens=lens(), now=now)
    lists.drop_old_misses(now=now)
