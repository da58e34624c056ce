"""The story of the demonstration, told through the same actions and commands that people use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from xinfeng.cli import doorway
from xinfeng.cli.demo.database import Customers
from xinfeng.cli.demo.filing import file_signature
from xinfeng.cli.demo.shop import Files, write_shop
from xinfeng.cli.importing import Terms, bring_in
from xinfeng.cli.output import say
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens

ACTOR = "system:demo"
NOTICE = "我们会用您留下的手机号，每月最多发送四条会员活动与新品短信，直到您退订。回复 R 即可退订，不影响订单与服务通知。"
RULE = {
    "all": [
        {"event": "purchase", "measure": "count", "op": "at_least", "value": 1, "period": {"days": 540}},
        {"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 7},
    ]
}
VALUE = '{{ contact.name | default: "会员" }}，秋茶到店：四时茶礼满300减60，会员日三天有效。'
ACTION = "到店或在小程序下单，凭本短信另赠茶罐一只。"
_READY_WITHIN_S = 60
_DONE_WITHIN_S = 300


@dataclass(frozen=True)
class Login:
    username: str
    password: str
    role: str


@dataclass
class Scenario:
    """A shop, its people, one campaign."""

    settings: xinfeng_settings.Settings
    members: int
    carrier_port: int
    lookup_port: int
    account: str
    secret: str
    logins: list[Login] = field(default_factory=list)
    campaign_id: int = 0
    channel_id: int = 0

    def set_up(self) -> None:
        """Everything before the processes start: people, files, import, content, channel, segment, draft."""
        self._people()
        files = write_shop(
            self.settings.data / "shop", now=utc_now(), zone=self.settings.zone, members=self.members
        )
        say(
            f"示例商店 sample shop: {files.contact_rows:,} 位客户 contacts, {files.event_rows:,} 条行为 events → {files.contacts.parent}"
        )
        self._import(files)
        self._former_opt_outs(files)
        self._campaign(files)
        close_lens()  # `app` owns it from now on

    def run(self, *, stopping: Callable[[], bool]) -> None:
        """Preflight, approval, start, watch, report; needs app, gateway and carrier."""
        from xinfeng.campaigns import actions

        self._wait("通道连接 the channel to connect", self._connected, _READY_WITHIN_S, stopping)
        say()
        self._command("campaigns", "preflight", str(self.campaign_id))
        actions.submit(self.campaign_id, actor="yunying")
        actions.approve(self.campaign_id, actor="shenhe", now=utc_now(), comment="文案与人群核对无误")
        actions.start(self.campaign_id, actor="yunying")
        say("\n已由另一人批准，开始发送。 Approved by another person; sending.")
        self._wait("发送完成 the campaign to finish", self._finished, _DONE_WITHIN_S, stopping)
        self._wait("回执到齐 the receipts", self._settled, 60, stopping, may_fail=True)
        say()
        self._command("campaigns", "report", str(self.campaign_id))
        self._command("consent", "verify")

    def _people(self) -> None:
        from xinfeng.foundation import people, security

        security.save(replace(security.current(), second_factor_roles=()), actor=ACTOR)
        for username, role, name in (
            ("admin", "administrator", "管理员"),
            ("yunying", "operator", "林晓岚"),
            ("shenhe", "reviewer", "周正"),
        ):
            password = people.fresh_password()
            people.add_user(
                username=username, role=role, name=name, password=password, actor=ACTOR, must_change=False
            )
            self.logins.append(Login(username, password, role))

    def _import(self, files: Files) -> None:
        from xinfeng.consent.actions import publish_notice
        from xinfeng.intake.claims import ConsentClaim

        publish_notice(
            key="membership",
            version="2024-10",
            purpose="marketing",
            text=NOTICE,
            effective_at=datetime(2024, 10, 1, tzinfo=UTC),
            actor=ACTOR,
        )
        claim = ConsentClaim(purpose="marketing", notice_key="membership", notice_version="2024-10")
        bring_in(files.contacts, Terms(kind="contacts", source="会员系统", consent=claim, actor=ACTOR))
        bring_in(files.events, Terms(kind="events", source="商城", consent=None, actor=ACTOR))

    def _former_opt_outs(self, files: Files) -> None:
        from xinfeng.consent.actions import record_opt_outs
        from xinfeng.consent.suppressing import OptOut
        from xinfeng.contacts.tier_placing import recompute_tiers
        from xinfeng.foundation.database import bulk_transaction
        from xinfeng.foundation.vault import vault

        now = utc_now()
        with bulk_transaction() as connection:
            said_no = [
                OptOut(vault().phone_index(number), None, now, "此前退订名单") for number in files.opt_outs
            ]
            record_opt_outs(connection, said_no, now=now)
        recompute_tiers(now=now)

    def _campaign(self, files: Files) -> None:
        from xinfeng.campaigns.actions import CampaignDraft, save_campaign
        from xinfeng.channels.actions import save_channel
        from xinfeng.content.actions import add_signature, save_template
        from xinfeng.segments.actions import create_segment, install_ready_made

        self.channel_id, service_channel_id = (
            save_channel(
                name=f"移动 106 {name}（模拟）",
                kind="cmpp3",
                purpose=purpose,
                config={
                    "host": "127.0.0.1",
                    "port": self.carrier_port,
                    "account": self.account,
                    "access_code": code,
                    "connections": connections,
                    "window": 64,
                },
                secret=self.secret,
                rate_per_s=1500,
                price_li=35,
                actor=ACTOR,
            )
            for purpose, name, code, connections in (
                ("marketing", "营销", "10690001", 2),
                ("service", "服务", "10690002", 1),
            )
        )
        signature = add_signature("四时茶", hotline="400-000-0000", actor=ACTOR)
        file_signature(signature.pk, self.channel_id, actor=ACTOR, now=utc_now())
        version = save_template(
            name="会员日唤回",
            purpose="marketing",
            signature_id=signature.pk,
            value=VALUE,
            action=ACTION,
            opt_out="拒收请回复R",
            trade="retail",
            actor=ACTOR,
        )
        segment = create_segment(
            name="买过、最近一周没再买", rule=RULE, description="一年半内买过，七天内没有再买", actor=ACTOR
        )
        install_ready_made(actor=ACTOR)
        self._traits()
        Customers(signature.pk, service_channel_id, self.lookup_port, ACTOR).set_up(files)
        draft = CampaignDraft(
            name="会员日唤回",
            segment_id=segment.pk,
            template_version_id=version.pk,
            channel_id=self.channel_id,
        )
        self.campaign_id = save_campaign(draft, actor="yunying").pk

    def _traits(self) -> None:
        """What the product knows to compute, computed now rather than by the first jobs of `app`."""
        from xinfeng.contacts import traits
        from xinfeng.lens.engine import lens

        traits.install_ready_made(actor=ACTOR)
        lens().refresh()
        traits.refresh_traits(lens(), now=utc_now())

    def _command(self, *arguments: str) -> None:
        code = doorway.hand_over(list(arguments), self.settings)
        if code:
            raise Conflict("demo.command_failed", command=" ".join(arguments), code=code)

    def _connected(self) -> bool:
        from xinfeng.channels.reads import channel

        return self.settings.door_socket.exists() and channel(self.channel_id, now=utc_now()).ready > 0

    def _finished(self) -> bool:
        from xinfeng.campaigns.models import Campaign

        campaign = Campaign.objects.select_related("plan").get(pk=self.campaign_id)
        if campaign.state == "failed":
            raise Conflict("demo.campaign_failed", fault=campaign.fault)
        return campaign.plan is not None and campaign.plan.state == "finished"

    def _settled(self) -> bool:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "select (select count(*) from attempt where outcome = 1) <= (select count(*) from receipt)"
            )
            [settled] = cursor.fetchone()
        if settled:
            time.sleep(2.5)
        return bool(settled)

    def _wait(
        self,
        what: str,
        done: Callable[[], bool],
        seconds: float,
        stopping: Callable[[], bool],
        *,
        may_fail: bool = False,
    ) -> None:
        say(f"等待{what}…")
        deadline = time.monotonic() + seconds
        while not done():
            if stopping():
                raise Conflict("demo.interrupted")
            if time.monotonic() > deadline:
                if may_fail:
                    return
                raise Conflict("demo.timeout", waited_for=what, seconds=seconds)
            time.sleep(0.3)
