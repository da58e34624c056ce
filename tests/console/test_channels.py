"""Channels: set up with all faults at once, shown live, switched; the secret never comes back."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.utils import translation
from tests.console.people import signed_in

from xinfeng.channels.codes import explain_login
from xinfeng.channels.kinds import CONFIGS
from xinfeng.channels.models import Channel, ChannelSample, ConnectionState
from xinfeng.console.channels import accounts, cards
from xinfeng.console.channels.words import detail_words
from xinfeng.console.words import sentence
from xinfeng.content.models import Signature
from xinfeng.delivery.backlog import waiting_for
from xinfeng.delivery.models import Chunk, ChunkState, Plan, PlanState
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import RefusedByPolicy
from xinfeng.kernel.time import utc_now
from xinfeng.policy.reasons import reason_name
from xinfeng.protocols.cmpp import messages as cmpp
from xinfeng.protocols.sgip import messages as sgip
from xinfeng.protocols.smgp import messages as smgp
from xinfeng.protocols.smpp import messages as smpp

SECRET = "s3cret-of-the-carrier"
FORM = {
    "name": "移动营销",
    "kind": "cmpp3",
    "purpose": "marketing",
    "host": "cmpp.example.com",
    "port": "7890",
    "account": "901234",
    "secret": SECRET,
    "access_code": "10690001",
    "rate_per_s": "200",
    "connections": "2",
    "window": "16",
    "price": "3.5",
}


@pytest.fixture
def developer(db):
    return signed_in("developer")


def made(client) -> Channel:
    assert client.post("/channels/new?kind=cmpp3", FORM).status_code == 302
    return Channel.objects.get()


def connect(channel: Channel, *, phase: str = "ready") -> None:
    now = utc_now()
    ConnectionState.objects.create(
        channel=channel, gateway="a:1", number=1, phase=phase, since=now, seen_at=now, submitted_per_s=12
    )


def test_an_empty_list_says_what_to_do_next(developer):
    html = developer.get("/channels").content.decode()
    assert "还没有通道" in html and "/channels/new" in html


def test_a_channel_is_set_up_and_its_secret_never_shown(developer):
    channel = made(developer)
    assert (channel.rate_per_s, channel.price_li, channel.config["connections"]) == (200, 35, 2)
    assert vault().open(Kind.SECRET, bytes(channel.secret_sealed)) == SECRET
    for page in (f"/channels/{channel.pk}", f"/channels/{channel.pk}/edit", "/channels"):
        assert SECRET not in developer.get(page).content.decode()


def test_the_numbers_of_an_account_have_units(developer):
    html = developer.get(f"/channels/{made(developer).pk}").content.decode()
    assert "2 条连接" in html and "16 条未应答" in html
    fields = {one.name: one for one in accounts.FIELDS["tencent"]}
    assert [str(fields["pull_every_s"].shown(every)) for every in (5.0, 0)] == ["5 秒", "0 秒"]
    assert fields["pull_every_s"].shown("") == "", "what is not stated has no unit"
    for kind, named in accounts.FIELDS.items():
        assert all(one.suffix for one in named if one.name in ("connections", "window")), kind
        assert all(one.suffix for one in named if one.name.endswith("_s")), kind


def test_an_empty_secret_keeps_the_present_one(developer):
    channel = made(developer)
    answer = developer.post(f"/channels/{channel.pk}/edit", {**FORM, "secret": "", "rate_per_s": "300"})
    channel.refresh_from_db()
    assert answer.status_code == 302 and channel.rate_per_s == 300
    assert vault().open(Kind.SECRET, bytes(channel.secret_sealed)) == SECRET


def test_all_faults_are_shown_at_once_and_nothing_is_saved(developer):
    wrong = {
        **FORM,
        "name": "",
        "account": "too-long-account",
        "port": "99999",
        "access_code": "1069x",
        "secret": "",
    }
    html = developer.post("/channels/new?kind=cmpp3", wrong).content.decode()
    for field in ("name", "account", "port", "access_code", "secret"):
        assert f'id="id_{field}_error"' in html, field
    assert not Channel.objects.exists()
    html = developer.post(
        "/channels/new?kind=cmpp3", {**FORM, "price": "cheap", "rate_per_s": "0"}
    ).content.decode()
    assert 'id="id_price_error"' in html and 'id="id_rate_per_s_error"' in html


def test_a_name_is_given_once(developer):
    made(developer)
    assert "已经有叫“移动营销”的通道" in developer.post("/channels/new?kind=cmpp3", FORM).content.decode()


def test_the_list_tells_how_the_connections_fare(developer):
    channel = made(developer)
    assert "已断开" in developer.get("/channels").content.decode()
    connect(channel)
    fragment = developer.get("/channels", headers={"hx-request": "true"}).content.decode()
    assert fragment.startswith('<div class="xf-table" id="channel-rows"') and "已连接" in fragment
    live = developer.get(f"/channels/{channel.pk}", headers={"hx-request": "true"}).content.decode()
    assert "a:1" in live and "12" in live


def test_a_channel_is_switched_off_and_on(developer):
    channel = made(developer)
    developer.post(f"/channels/{channel.pk}/switch", {"to": "off"})
    assert "已停用" in developer.get("/channels").content.decode()
    developer.post(f"/channels/{channel.pk}/switch", {"to": "on"})
    channel.refresh_from_db()
    assert channel.enabled


def test_an_operator_may_look_and_not_touch(developer):
    channel = made(developer)
    operator = signed_in("operator")
    assert operator.get(f"/channels/{channel.pk}").status_code == 200
    assert operator.get("/channels/new").status_code == 403
    assert operator.post(f"/channels/{channel.pk}/switch", {"to": "off"}).status_code == 403
    assert operator.get("/channels/999").status_code == 404


def test_the_list_asks_as_often_for_many_channels_as_for_one(developer, asked):
    made(developer)
    developer.get("/channels")
    with asked() as one:
        developer.get("/channels")
    for number in range(4):
        developer.post("/channels/new?kind=cmpp3", {**FORM, "name": f"通道{number}"})
    developer.get("/channels")
    with asked() as many:
        developer.get("/channels")
    assert len(many) == len(one)


def test_sending_hours_are_set_shown_and_taken_away(developer):
    channel = made(developer)
    page, edit = f"/channels/{channel.pk}", f"/channels/{channel.pk}/edit"
    assert "不限" in developer.get(page).content.decode()
    assert developer.post(edit, {**FORM, "opens": "09:00", "closes": "20:00"}).status_code == 302
    channel.refresh_from_db()
    assert channel.hours == (time(9), time(20))
    assert "09:00–20:00" in developer.get(page).content.decode()
    assert 'value="20:00"' in developer.get(edit).content.decode()
    assert developer.post(edit, FORM).status_code == 302
    channel.refresh_from_db()
    assert channel.hours is None


@pytest.mark.parametrize(
    ("opens", "closes", "field"),
    [
        ("09:00", "", "closes"),
        ("", "20:00", "opens"),
        ("20:00", "09:00", "closes"),
        ("9点", "20:00", "opens"),
    ],
)
def test_hours_that_make_no_span_are_shown_with_the_other_faults(developer, opens, closes, field):
    wrong = {**FORM, "opens": opens, "closes": closes, "account": "too-long-account"}
    html = developer.post("/channels/new?kind=cmpp3", wrong).content.decode()
    assert f'id="id_{field}_error"' in html and 'id="id_account_error"' in html
    assert not Channel.objects.exists()


# --- kinds, trials, charts -----------------------------------------------------------------------------------


def test_one_chooses_a_kind_first(developer):
    for page in ("/channels/new", "/channels/new?kind=carrier-pigeon"):
        html = developer.get(page).content.decode()
        assert all(f"?kind={card.kind}" in html for card in cards.CARDS)


def test_every_kind_has_a_card_and_words_for_every_field():
    assert {card.kind for card in cards.CARDS} == set(CONFIGS) == set(accounts.FIELDS)
    for kind, config in CONFIGS.items():
        named = [field.name for field in accounts.FIELDS[kind]]
        assert len(named) == len(set(named)), kind
        assert set(named) - accounts.SECRETS == set(config.READERS), kind


def test_the_form_of_every_kind_is_shown(developer):
    for kind in CONFIGS:
        html = developer.get(f"/channels/new?kind={kind}").content.decode()
        assert all(f'name="{field.name}"' in html for field in accounts.FIELDS[kind]), kind


def test_the_last_hour_is_drawn(developer):
    channel = made(developer)
    assert "还没有可画的" in developer.get(f"/channels/{channel.pk}/chart").content.decode()
    ChannelSample.objects.create(
        channel=channel, gateway="a", at=utc_now(), ready=1, submitted=500, window_used=3, round_trip_ms=7.5
    )
    html = developer.get(f"/channels/{channel.pk}/chart").content.decode()
    assert "100.0" in html and "7.5" in html


def test_a_login_is_tried_without_a_message(developer):
    channel = made(developer)
    Channel.objects.update(config={**channel.config, "host": "127.0.0.1", "port": 9})
    answer = developer.post(f"/channels/{channel.pk}/probe", follow=True)
    assert "连接不上" in answer.content.decode()


def test_a_trial_to_a_number_nobody_has_says_what_to_do(developer):
    channel = made(developer)
    signature = Signature.objects.create(text="信风商城")
    asked = {"phone": "13912345678", "signature": signature.pk}
    html = developer.post(f"/channels/{channel.pk}/trial", asked, follow=True).content.decode()
    assert "不在客户库里" in html or "不在可以发送的时间里" in html


def test_what_the_gates_refuse_is_said_by_name_and_not_by_code():
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told = sentence(RefusedByPolicy("daily_cap"))
            assert reason_name("daily_cap", language) in told and "daily_cap" not in told


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("cmpp3", "", ""),
        ("cmpp3", "connect.refused", "监听"),
        ("cmpp3", "connect.something_new", "something_new"),
        ("cmpp3", "cmpp.login.authentication_failed:3", "密钥不对"),
        ("cmpp3", "cmpp.login.other:47", "47"),
        ("smpp34", "smpp.login.bad_password:14", "0x0E"),
        ("smgp30", "smgp.login.bad_address:20", "白名单"),
        ("sgip12", "sgip.login.busy:11", "自动再试"),
        ("smpp34", "smpp.login.unheard_of", "unheard_of"),
        ("cmpp3", "cmpp.bad_length", "不合协议"),
        ("cmpp3", "other.tls", "TLS"),
        ("sgip12", "listening:8801:2:", "现在连着 2 条"),
        ("sgip12", "listening:8801:0:secret:2001:db8::7", "密码不对，来自 2001:db8::7"),
        ("sgip12", "listen.OSError", "不能监听"),
    ],
)
def test_what_a_connection_says_is_put_in_words(db, kind, detail, words):
    told = detail_words(detail, kind)
    assert words in told and bool(told) is bool(detail)


def test_every_status_that_a_protocol_names_has_a_meaning_in_the_code_tables():
    for kind, messages in (("cmpp3", cmpp), ("sgip12", sgip), ("smgp30", smgp), ("smpp34", smpp)):
        for status in messages.LOGIN_CODES:
            assert explain_login(kind, status).known, (kind, status)


def test_why_a_line_is_down_is_in_the_list_and_on_its_page_with_the_next_try(developer):
    channel = made(developer)
    connect(channel, phase="refused")
    ConnectionState.objects.update(
        detail="cmpp.login.authentication_failed:3", retry_at=utc_now() + timedelta(minutes=3)
    )
    page = developer.get(f"/channels/{channel.pk}").content.decode()
    assert "登录被拒：鉴权失败" in page and "下次重试" in page and "分钟后" in page
    assert "鉴权失败" in developer.get("/channels").content.decode()
    with translation.override("en"):
        told = detail_words("cmpp.login.authentication_failed:3", "cmpp3")
    assert told.startswith("Login refused: authentication failed")


def test_what_waits_for_a_channel_is_counted_with_what_may_go_by_another(developer):
    channel = made(developer)
    now = utc_now()
    for state in (PlanState.RUNNING, PlanState.STOPPED):
        plan = Plan.objects.create(state=state, purpose="marketing", channel_id=channel.pk, deadline=now)
        for lane in ([], [channel.pk, channel.pk + 1]):
            Chunk.objects.create(
                plan=plan, channel_id=channel.pk, first_id=1, last_id=500, planned_at=now, lane=lane
            )
    Chunk.objects.create(
        plan=plan, channel_id=channel.pk, first_id=1, last_id=9, planned_at=now, state=ChunkState.DONE
    )
    [found] = waiting_for(channel.pk)
    assert (found.messages, found.movable) == (1000, 500)
    assert "1,000" in developer.get(f"/channels/{channel.pk}").content.decode()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("http://gw.example.com", "不带 http://"),
        ("gw.example.com:7890", "端口"),
        ("a..b", "不是域名"),
        ("gw example", "不是域名"),
    ],
)
def test_what_is_no_address_is_said_at_its_field(developer, host, words):
    answer = developer.post("/channels/new?kind=cmpp3", {**FORM, "host": host})
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not Channel.objects.exists()


@pytest.mark.parametrize("host", ["::1", "[2001:db8::7]", "gw-1.example.com", "10.1.2.3", "gateway."])
def test_what_is_an_address_is_taken(developer, host):
    assert developer.post("/channels/new?kind=cmpp3", {**FORM, "host": host}).status_code == 302
    assert Channel.objects.get().config["host"] == host.strip("[]")


def test_an_address_stored_long_ago_is_still_shown_and_can_be_mended(developer):
    channel = made(developer)
    Channel.objects.update(config=channel.config | {"host": "http://old"})
    assert developer.get("/channels").status_code == 200
    assert developer.get(f"/channels/{channel.pk}/edit").status_code == 200


def test_many_channels_are_searched_by_name_number_and_trouble(developer):
    for n in range(9):
        assert developer.post("/channels/new?kind=cmpp3", {**FORM, "name": f"联通 {n}"}).status_code == 302
    assert "搜索通道" in developer.get("/channels").content.decode()
    found = developer.get("/channels?q=联通 3").content.decode()
    assert "联通 3" in found and "联通 4" not in found
    assert "没有名称" in developer.get("/channels?q=电信").content.decode()


def test_operators_try_nothing(developer):
    channel = made(developer)
    operator = signed_in("operator")
    for deed in ("trial", "probe"):
        assert operator.post(f"/channels/{channel.pk}/{deed}").status_code == 403
    assert operator.get(f"/channels/{channel.pk}/chart").status_code == 200
