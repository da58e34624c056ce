"""Tables of the channels slice."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Concat

from xinfeng.channels.capabilities import Capabilities


class ChannelKind(models.TextChoices):
    """What is spoken with the carrier or vendor; `channels.kinds` knows what each needs."""

    CMPP2 = "cmpp2", "CMPP 2.0"
    CMPP3 = "cmpp3", "CMPP 3.0"
    SGIP = "sgip12", "SGIP 1.2"
    SMGP = "smgp30", "SMGP 3.0"
    SMPP = "smpp34", "SMPP 3.4"
    ALIYUN = "aliyun", "阿里云短信"
    TENCENT = "tencent", "腾讯云短信"
    MAAP_CSP = "maap_csp", "5G 消息（电信、联通）"
    MAAP_MOBILE = "maap_mobile", "5G 消息（移动）"


BY_TEMPLATE = frozenset({ChannelKind.ALIYUN.value, ChannelKind.TENCENT.value})
"""Kinds that send by the code of a filed template and values for its variables, never by free text; the vendor takes a
text whole and reports on it once, however many parts it bills."""

RICH_KINDS = frozenset({ChannelKind.MAAP_CSP.value, ChannelKind.MAAP_MOBILE.value})
"""Kinds that carry 5G messages: cards with an SMS text behind them, taken whole and reported on once."""

WHOLE_KINDS = BY_TEMPLATE | RICH_KINDS
"""Kinds whose receipts are about every part of a message."""


class Channel(models.Model):
    """An account with a carrier. `config` is validated by its kind's class (`channels.kinds`); the secret is sealed.

    `price_li` is the price per part in tenths of a fen. `rate_per_s` counts parts, exact over any second.
    `opens` and `closes`: the hours the carrier takes messages in, `[opens, closes)` of each day in the
    enterprise's zone; both or none. `capabilities`: what it takes and which filings it demands
    (`channels.capabilities`); what is not stated has the value of a new channel.

    `carrier_account`: as whom and where it logs in. Carriers report over any connection of an account, and vendors to one
    address of it, whichever channel a message went by: channels of one account share their receipts.
    """

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=20, choices=ChannelKind.choices)
    purpose = models.CharField(max_length=20)  # consent.Purpose: marketing never leaves on a service port
    config = models.JSONField()
    secret_sealed = models.BinaryField()
    rate_per_s = models.IntegerField(default=100)
    price_li = models.IntegerField(default=35)
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)
    capabilities = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    enabled = models.BooleanField(default=True)
    carrier_account = models.GeneratedField(
        expression=Concat(
            Coalesce(
                KT("config__app_id"),
                KT("config__chatbot"),
                KT("config__system_id"),
                KT("config__account"),
                models.Value(""),
                output_field=models.TextField(),
            ),
            models.Value("@"),
            Coalesce(KT("config__host"), models.Value(""), output_field=models.TextField()),
            models.Value(":"),
            Coalesce(KT("config__port"), models.Value(""), output_field=models.TextField()),
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "channel"
        constraints = [
            models.CheckConstraint(condition=models.Q(rate_per_s__gte=1), name="channel_rate"),
            models.CheckConstraint(condition=models.Q(price_li__gte=0), name="channel_price"),
            models.CheckConstraint(
                condition=models.Q(opens__isnull=True, closes__isnull=True)
                | models.Q(opens__isnull=False, closes__isnull=False, opens__lt=models.F("closes")),
                name="channel_hours",
            ),
        ]

    @property
    def takes(self) -> Capabilities:
        """What it takes and which filings it demands, and what its kind decides whatever is stated: what is sent by
        templates demands filed ones, and 5G platforms tell what was displayed."""
        stated = Capabilities.read(self.capabilities)
        if self.kind in RICH_KINDS:
            return replace(stated, displayed_receipts=True)
        return replace(stated, template_filing=True) if self.kind in BY_TEMPLATE else stated

    @property
    def hours(self) -> tuple[time, time] | None:
        """`opens` and `closes`; None: at any time."""
        return None if self.opens is None or self.closes is None else (self.opens, self.closes)


class Preference(models.TextChoices):
    """Which of the channels that can carry a message is the first choice. READ: one whose receipts tell what a handset
    showed, for campaigns that want to know who read them; of these, and of the others, the cheaper."""

    PRICE = "price", "价格优先"
    ORDER = "order", "按排列顺序"
    READ = "read", "已读优先"


class Route(models.Model):
    """Channels of one purpose among which a campaign's messages are shared out, by the reader's carrier
    (`channels.routing`). Nothing of a route is kept in a plan but what it came to."""

    name = models.CharField(max_length=60, unique=True)
    purpose = models.CharField(max_length=20)
    prefer = models.CharField(max_length=10, choices=Preference.choices, default=Preference.PRICE)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "route"


class RouteEntry(models.Model):
    """A channel of a route. `carriers` (kernel.phones.Carrier): whose readers it is for; empty: everybody's."""

    route = models.ForeignKey(Route, related_name="entries", on_delete=models.CASCADE)
    channel = models.ForeignKey(Channel, related_name="+", on_delete=models.PROTECT)
    position = models.SmallIntegerField()
    carriers = ArrayField(models.SmallIntegerField(), default=list, db_default=[], blank=True)

    class Meta:
        db_table = "route_entry"
        constraints = [
            models.UniqueConstraint(fields=["route", "channel"], name="route_entry_channel_once"),
            models.UniqueConstraint(fields=["route", "position"], name="route_entry_position_once"),
        ]


class ChannelHealth(models.Model):
    """Whether a channel takes messages at present, as the gateways saw it last; written by `delivery.failover`.

    `down_since`: since when no gateway has had a connection over which messages can go; null: one has. `refused`: its
    logins are refused. Until `ill_until` it counts as one that takes nothing, because it refused everything (`illness`).
    """

    channel = models.OneToOneField(Channel, primary_key=True, on_delete=models.CASCADE)
    observed_at = models.DateTimeField()
    down_since = models.DateTimeField(null=True)
    refused = models.BooleanField(default=False, db_default=False)
    ill_until = models.DateTimeField(null=True)
    illness = models.CharField(max_length=60, blank=True, db_default="")

    class Meta:
        db_table = "channel_health"


class ConnectionPhase(models.TextChoices):
    CONNECTING = "connecting", "连接中"
    READY = "ready", "已连接"
    REFUSED = "refused", "登录被拒"
    WAITING = "waiting", "等待重连"
    CLOSED = "closed", "已断开"


class ConnectionState(models.Model):
    """What one connection of a channel is doing, written by its gateway about once a second. `retry_at`: when a connection
    that is not there is tried again."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    gateway = models.CharField(max_length=40)
    number = models.SmallIntegerField()
    phase = models.CharField(max_length=12, choices=ConnectionPhase.choices)
    detail = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    window_used = models.IntegerField(default=0)
    submitted_per_s = models.FloatField(default=0)
    round_trip_ms = models.FloatField(null=True)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "connection_state"
        constraints = [
            models.UniqueConstraint(fields=["channel", "gateway", "number"], name="connection_once")
        ]


class ChannelSample(models.Model):
    """What one gateway did with a channel in the `SAMPLE_S` seconds that began at `at`; kept for an hour, for charts.

    `submitted` are parts, `ready` and `window_used` sums over the connections, `round_trip_ms` their mean.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    gateway = models.CharField(max_length=40)
    at = models.DateTimeField()
    ready = models.SmallIntegerField()
    submitted = models.IntegerField()
    window_used = models.IntegerField()
    round_trip_ms = models.FloatField(null=True)

    class Meta:
        db_table = "channel_sample"
        constraints = [
            models.UniqueConstraint(fields=["channel", "gateway", "at"], name="channel_sample_once")
        ]
        indexes = [models.Index(fields=["channel", "at"], name="channel_sample_time")]


class PlatformToken(models.Model):
    """The access token of an account with a 5G platform, for all gateways (`channels.tokens`). `account`: a digest.
    `asking_by` may fetch another until `asking_until`; `asked_at`: when it was fetched last, a few times."""

    account = models.CharField(max_length=64, primary_key=True)
    token_sealed = models.BinaryField(null=True)
    ends_at = models.DateTimeField(null=True)
    asking_by = models.CharField(max_length=80, default="", db_default="")
    asking_until = models.DateTimeField(null=True)
    asked_at = ArrayField(models.DateTimeField(), default=list, db_default=[])

    class Meta:
        db_table = "platform_token"
