"""What the sample shop does with its customer database besides writing to people: it collects, tags, checks numbers
and answers requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from xinfeng.cli.demo.shop import Files
from xinfeng.kernel.time import utc_now

SLUG = "huiyuanri"
FORM_NOTICE = (
    "四时茶（示例商店）收集您的手机号与称呼，用于寄送抽奖奖品；您另行勾选的，还用于每月不超过 4 条优惠短信，直到您退订，"
    "或用于按您的购买习惯推荐商品。我们保存到您退订后 6 个月，不提供给他人。查询、更正、删除请致电 400-000-0000。"
)
LAPSED = {
    "all": [
        {"event": "purchase", "measure": "count", "op": "at_least", "value": 1},
        {"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 90},
    ]
}
LOOKUP_KEY, LOOKUP_SECRET = "demo", "demo-lookup-secret"


@dataclass(frozen=True)
class Customers:
    """The part of the story that is about the customer database."""

    signature_id: int
    service_channel_id: int
    lookup_port: int
    actor: str

    def set_up(self, files: Files) -> None:
        """A form on line, a tag that keeps itself, the sizes of all segments, a lookup provider, two requests."""
        self._form()
        self._tag()
        self._provider()
        self._requests(files)

    def _form(self) -> None:
        from xinfeng.consent.actions import publish_notice
        from xinfeng.delivery import code_messages
        from xinfeng.forms import actions, design, starting

        now = utc_now()
        code_messages.save_settings(
            {"channel_id": self.service_channel_id, "signature_id": self.signature_id},
            actor=self.actor,
        )
        notices = {
            purpose: publish_notice(
                key=f"lottery-{purpose}",
                version="2026-11",
                purpose=purpose,
                text=FORM_NOTICE,
                effective_at=datetime(2026, 11, 1, tzinfo=UTC),
                actor=self.actor,
            ).pk
            for purpose in ("marketing", "profiling")
        }
        form = actions.create_form(slug=SLUG, name="会员日抽奖", kind="lottery", actor=self.actor, now=now)
        start = starting.design_of("lottery", "会员日抽奖")
        marketing = replace(start.boxes[0], notices={"zh-hans": notices["marketing"]})
        profiling = design.PurposeBox(
            "profiling",
            {"zh-hans": "我同意按我的购买习惯推荐商品，可随时关闭"},
            {"zh-hans": notices["profiling"]},
        )
        wanted = replace(
            start,
            intro={"zh-hans": "留下手机号，马上抽一次。中奖与是否勾选下面的选项无关。"},
            boxes=(marketing, profiling),
            look=replace(start.look, mark="四时茶"),
        )
        actions.save_draft(form.pk, design.to_json(wanted), now=now)
        actions.publish(form.pk, codes_ready=code_messages.ready(), actor=self.actor, now=now)

    def _tag(self) -> None:
        from xinfeng.lens.engine import lens
        from xinfeng.segments import actions, rule_tags

        tag = rule_tags.define(
            name="九十天没买", rule=LAPSED, description="买过，九十天没有再买", actor=self.actor
        )
        now = utc_now()
        lens().refresh()
        rule_tags.run(tag.pk, lens=lens(), now=now)
        actions.record_sizes(lens=lens(), now=now)

    def _provider(self) -> None:
        from xinfeng.hygiene.settings import save_provider, switch_provider

        provider_id = save_provider(
            name="号码检测（模拟）",
            kind="generic",
            config={
                "endpoint": f"http://127.0.0.1:{self.lookup_port}",
                "key_id": LOOKUP_KEY,
                "private_network": True,
            },
            secret=LOOKUP_SECRET,
            price_li=10,
            per_s=200,
            per_day=5_000,
            actor=self.actor,
        )
        switch_provider(provider_id, enabled=True, actor=self.actor)

    def _requests(self, files: Files) -> None:
        from xinfeng.privacy import actions
        from xinfeng.privacy.requesters import Requester

        now = utc_now()
        for kind, number, days_ago in (("copy", files.opt_outs[0], 2), ("erasure", files.opt_outs[1], 9)):
            actions.receive(
                kind=kind,
                via="phone",
                requester=Requester(phone=number, words="来电要求"),
                received_at=now - timedelta(days=days_ago),
                actor=self.actor,
                now=now,
            )
