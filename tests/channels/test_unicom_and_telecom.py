"""Accounts with China Unicom (SGIP) and China Telecom (SMGP)."""

from __future__ import annotations

from typing import Any

import pytest

from xinfeng.channels.kinds import read_config
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.sgip import SgipConfig
from xinfeng.channels.smgp import SmgpConfig
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.sgip.codec import decode as decode_sgip
from xinfeng.protocols.sgip.messages import Bind
from xinfeng.protocols.sgip.sequence import read
from xinfeng.protocols.smgp.codec import decode as decode_smgp
from xinfeng.protocols.smgp.messages import Login

SMGP: dict[str, Any] = {"host": "10.0.0.1", "account": "12345678", "access_code": "10659"}
SGIP: dict[str, Any] = {
    "host": "10.0.0.1",
    "account": "unicomsp",
    "access_code": "10655",
    "node_id": 3010012345,
    "corp_id": "12345",
}


def smgp(**changes: object) -> SmgpConfig:
    config = read_config({**SMGP, **changes}, ChannelKind.SMGP)
    assert isinstance(config, SmgpConfig)
    return config


def sgip(**changes: object) -> SgipConfig:
    config = read_config({**SGIP, **changes}, ChannelKind.SGIP)
    assert isinstance(config, SgipConfig)
    return config


def faults(kind: str, config: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_config(config, kind)
    found: dict[str, str] = caught.value.params["faults"]
    return found


def test_the_least_is_enough_and_the_rest_is_as_in_the_specifications() -> None:
    telecom, unicom = smgp(), sgip()
    assert (telecom.port, telecom.window, telecom.keepalive_s, telecom.response_timeout_s) == (
        8890,
        16,
        60,
        60,
    )
    assert (unicom.port, unicom.window, unicom.response_timeout_s) == (8801, 32, 30)
    assert unicom.keepalive_s < 60, "the carrier cuts an idle line after 60"
    assert (unicom.listen_port, unicom.inbound_account) == (8801, "unicomsp")
    assert unicom.charge_number == "0" * 21


def test_all_faults_are_told_at_once() -> None:
    assert faults(
        ChannelKind.SMGP, {**SMGP, "account": "123456789", "charge_user_type": "9", "priority": 4}
    ) == {
        "account": "too_long",
        "charge_user_type": "unknown",
        "priority": "out_of_range",
    }
    assert faults(ChannelKind.SGIP, {"host": "h", "access_code": "1", "listen_port": 70000}) == {
        "account": "missing",
        "node_id": "not_a_number",
        "corp_id": "missing",
        "listen_port": "out_of_range",
    }


@pytest.mark.parametrize("node_id", [0, -1, 2**32, "x", 1.5, None])
def test_a_node_is_a_whole_number_of_four_octets(node_id: object) -> None:
    assert set(faults(ChannelKind.SGIP, {**SGIP, "node_id": node_id})) == {"node_id"}


def test_the_json_form_reads_back_as_the_same() -> None:
    assert smgp(**smgp(charge_user_type="2", msg_src="90001").to_json()) == smgp(
        charge_user_type="2", msg_src="90001"
    )
    assert sgip(**sgip(listen_port=0).to_json()) == sgip(listen_port=0)


def test_the_classes_are_for_their_own_kind() -> None:
    for config, least in ((SmgpConfig, SMGP), (SgipConfig, SGIP)):
        with pytest.raises(InvalidInput) as caught:
            config.read(least, ChannelKind.CMPP3)
        assert caught.value.params["faults"] == {"kind": "unknown"}


def test_a_session_logs_in_as_the_account_says() -> None:
    telecom = smgp().session("geheim")
    telecom.connect(utc_now(), 0.0)
    login = decode_smgp(telecom.data_to_send(), 0x30)
    assert isinstance(login, Login)
    assert (login.client_id, login.proves("geheim")) == ("12345678", True)
    unicom = sgip().session("geheim")
    unicom.connect(utc_now(), 0.0)
    bind = decode_sgip(unicom.data_to_send())
    assert isinstance(bind, Bind)
    assert (bind.name, bind.login_type, bind.proves("geheim")) == ("unicomsp", 1, True)
    assert read(bind.sequence).node == 3010012345


def test_every_connection_of_an_account_numbers_in_a_lane_of_its_own() -> None:
    lanes = {sgip().login("x").lane for _ in range(50)}
    assert len(lanes) == 50


@pytest.mark.parametrize(
    ("secret", "ours", "theirs"), [("one", "one", "one"), ("one\ntwo", "one", "two"), ("one\n", "one", "")]
)
def test_the_carrier_may_have_a_password_of_its_own(secret: str, ours: str, theirs: str) -> None:
    assert sgip().login(secret).secret == ours
    assert SgipConfig.inbound_secret(secret) == theirs


def test_a_login_never_shows_its_secret() -> None:
    assert "geheim" not in repr(smgp().login("geheim")) + repr(sgip().login("geheim"))


def test_a_line_that_the_carrier_opened_waits_for_its_login() -> None:
    session = sgip(keepalive_s=5).inbound_session(10.0)
    assert session.next_deadline() == 40.0
