"""`plan`: from an audience to planned messages with personalised text, durable, in messages per second.

Counts everything `campaigns.planning.build_plan` does: bringing the lens up to date, the segment and the gates,
reading and opening names, rendering, screening each text by the rules in force, sealing, COPY with all indexes, chunks,
commit. Names are of many kinds, so that nearly every text is one of its own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks.report import emit

BATCH = 20_000
NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
"""Friday, 10:30 in Shanghai: a retail window is open."""
GIVEN = "安邦昌晨承春聪丹东方飞芳刚光国海涵浩红华建江杰锦静军俊凯兰磊丽亮林玲龙梅明娜宁平强青清秋荣瑞婷伟文霞晓欣雪雅燕阳洋勇玉"
"""Characters of given names."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("plan", measure(arguments.contacts, arguments.rounds))


def measure(contacts: int, rounds: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from xinfeng.foundation import settings
    from xinfeng.foundation.postgres import EmbeddedPostgres
    from xinfeng.lens.engine import close_lens, lens

    server = EmbeddedPostgres(settings.load())
    server.start()
    try:
        call_command("migrate", verbosity=0)
        make_contacts(contacts)
        lens().refresh()
        seconds = [_plan(number, contacts) for number in range(rounds)]
        median = statistics.median(seconds)
        return {
            "messages_per_s": round(contacts / median),
            "messages": contacts,
            "seconds": round(median, 3),
            "rounds": [round(each, 3) for each in seconds],
        }
    finally:
        close_lens()
        connection.close()
        server.stop()


def make_contacts(count: int) -> None:
    """People with a name, a city and a level, who agreed to marketing."""
    from xinfeng.consent.actions import append_entries
    from xinfeng.consent.ledger import NewEntry
    from xinfeng.contacts.records import ContactRecord
    from xinfeng.contacts.sql import upsert_contacts
    from xinfeng.foundation.database import bulk_transaction

    for start in range(0, count, BATCH):
        records = [
            ContactRecord(
                phone=f"139{number:08d}",
                name="赵钱孙李周吴郑王"[number % 8] + GIVEN[number % 59] + GIVEN[number // 59 % 59],
                city=("杭州", "上海", "成都", "北京")[number % 4],
                level=("金卡", "银卡", None)[number % 3],
            )
            for number in range(start, min(start + BATCH, count))
        ]
        with bulk_transaction() as raw:
            made = upsert_contacts(raw, records, source_tags=("bench",), actor="bench", now=NOW)
            ids = [one.contact_id for one in made if one.contact_id is not None]
            entries = [
                NewEntry(id_, "marketing", True, NOW, "form:bench", None, "bench", "bench") for id_ in ids
            ]
            append_entries(raw, entries, now=NOW)


def _plan(number: int, contacts: int) -> float:
    """One campaign to everybody, as a started one is planned; each round has caps of its own."""
    from xinfeng.campaigns import planning

    campaign_id = make_campaign(number)
    started = time.perf_counter()
    counts = planning.build_plan(campaign_id, NOW)
    seconds = time.perf_counter() - started
    assert counts is not None
    assert counts.messages == contacts, counts
    return seconds


def make_campaign(number: int) -> int:
    """A campaign in PLANNING: approved by another than its author, with a personal text."""
    from django.db import transaction

    from xinfeng.campaigns import approval
    from xinfeng.campaigns.models import Campaign, CampaignState
    from xinfeng.channels.capabilities import NOT_DEMANDED
    from xinfeng.channels.models import Channel
    from xinfeng.content.models import Signature, Template, TemplateVersion
    from xinfeng.content.review import approve_with_campaign
    from xinfeng.segments.models import Segment

    if number == 0:
        _widen_ceilings()
    signature, _ = Signature.objects.get_or_create(text="信风商城")
    template = Template.objects.create(name=f"bench {number}", purpose="marketing")
    version = TemplateVersion.objects.create(
        template=template,
        number=1,
        signature=signature,
        value="尊敬的{{ contact.name }}，{{ contact.city }}门店周末满200减50，{{ contact.level }}再享九五折。",
        action="回复1预留名额",
        opt_out="拒收请回复R",
        defaults={"contact.name": "顾客", "contact.city": "本地", "contact.level": "会员"},
    )
    channel, _ = Channel.objects.get_or_create(
        name="bench",
        defaults={
            "kind": "cmpp2",
            "purpose": "marketing",
            "config": {},
            "secret_sealed": b"",
            "rate_per_s": 1000,
            "capabilities": NOT_DEMANDED,
        },
    )
    segment, _ = Segment.objects.get_or_create(name="bench", defaults={"rule": {"all": []}})
    campaign = Campaign.objects.create(
        name=f"bench {number}",
        state=CampaignState.PLANNING,
        segment=segment,
        template_version=version,
        channel=channel,
    )
    campaign.approved_digest = approval.content_of(campaign).digest()
    campaign.save()
    with transaction.atomic():
        approve_with_campaign(
            version.pk, campaign_id=campaign.pk, trade="retail", actor="bench", alone=False, now=NOW
        )
    return campaign.pk


def _widen_ceilings() -> None:
    """So that each round may write to everybody again."""
    from xinfeng.policy.actions import save_settings

    tiers = ("none", "new", "active", "dormant", "potential", "industry")
    ceilings = {"marketing": {"day": 10, "week": 70, "month": 100}}
    save_settings(
        {"ceilings": ceilings, "tier_caps": {tier: [100, 30] for tier in tiers}}, actor="bench", now=NOW
    )


if __name__ == "__main__":
    main()
