"""Channels: set up with all faults at once, shown live, switched; the secret never comes back."""

from __future__ import annotations

from datetime import time

import pytest
from tests.console.people import signed_in

from xinfeng.channels.kinds import CONFIGS
from xinfeng.channels.models import Channel, ChannelSample, ConnectionState
from xinfeng.console.channels import accounts
from xinfeng.console.channels.words import detail_words
from xinfeng.content.models import Signature
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.time import utc_now

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
        assert all(f"?kind={card.kind}" in html for card in accounts.CARDS)


def test_every_kind_has_a_card_and_words_for_every_field():
    assert {card.kind for card in accounts.CARDS} == set(CONFIGS) == set(accounts.FIELDS)
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


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("", ""),
        ("connect.ConnectionRefusedError", "监听"),
        ("connect.SomethingNew", "SomethingNew"),
        ("cmpp.login.authentication_failed", "密钥不对"),
        ("smpp.login.unheard_of", "smpp.login.unheard_of"),
        ("cmpp.bad_length", "不合协议"),
    ],
)
def test_what_a_connection_says_is_put_in_words(detail, words):
    told = detail_words(detail)
    assert words in told and bool(told) is bool(detail)


def test_operators_try_nothing(developer):
    channel = made(developer)
    operator = signed_in("operator")
    for deed in ("trial", "probe"):
        assert operator.post(f"/channels/{channel.pk}/{deed}").status_code == 403
    assert operator.get(f"/channels/{channel.pk}/chart").status_code == 200
