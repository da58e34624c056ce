from __future__ import annotations

import pytest

from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.models import ChannelKind
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.cmpp import Version

LEAST = {"host": "10.0.0.1", "account": "901234", "access_code": "10690001"}


def _faults(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        CmppConfig.read({**LEAST, **changes}, ChannelKind.CMPP3)
    assert caught.value.code == "channel.config"
    faults: dict[str, str] = caught.value.params["faults"]
    return faults


def test_the_least_is_host_account_and_access_code_and_the_rest_is_as_in_the_specification() -> None:
    config = CmppConfig.read(LEAST, ChannelKind.CMPP2)
    assert (config.port, config.window, config.connections) == (7890, 16, 1)
    assert config.response_timeout_s == 60.0
    assert config.keepalive_s < 180, "gateways cut lines that were silent for so long"
    assert config.version is Version.V20
    assert config.msg_src == "901234"


def test_all_faults_are_told_at_once() -> None:
    assert _faults(host="", account="toolong7", access_code="1069x", window=0, connections=17, port="x") == {
        "host": "missing",
        "account": "too_long",
        "access_code": "not_digits",
        "window": "out_of_range",
        "connections": "out_of_range",
        "port": "not_a_number",
    }


def test_what_is_not_known_is_a_fault() -> None:
    assert _faults(windwo=3) == {"windwo": "unknown"}
    assert _faults(version=0x30) == {"version": "unknown"}


def test_access_code_and_extension_share_their_field() -> None:
    assert _faults(access_code="1" * 20, extension="22") == {"extension": "too_long"}
    assert CmppConfig.read({**LEAST, "extension": "007"}, ChannelKind.CMPP3).source_number == "10690001007"


@pytest.mark.parametrize("value", [True, 1.5, "1.5", None, [], float("nan"), float("inf"), "9" * 400])
def test_a_window_is_a_whole_number(value: object) -> None:
    if value is None:
        assert CmppConfig.read({**LEAST, "window": None}, ChannelKind.CMPP3).window == 16
    else:
        assert set(_faults(window=value)) == {"window"}


def test_the_json_form_reads_back_as_the_same() -> None:
    config = CmppConfig.read({**LEAST, "window": 100, "connections": 4}, ChannelKind.CMPP3)
    assert CmppConfig.read(config.to_json(), ChannelKind.CMPP3) == config


def test_an_unknown_kind_is_a_fault_beside_the_others() -> None:
    with pytest.raises(InvalidInput) as caught:
        CmppConfig.read({}, "smpp")
    assert set(caught.value.params["faults"]) == {"kind", "host", "account", "access_code"}


def test_a_login_never_shows_its_secret() -> None:
    assert "geheim" not in repr(CmppConfig.read(LEAST, ChannelKind.CMPP3).login("geheim"))
