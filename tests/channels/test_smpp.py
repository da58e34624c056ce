from __future__ import annotations

import json

import pytest

from xinfeng.channels.kinds import read_config
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.smpp import Mode, SmppConfig
from xinfeng.channels.writing import Alphabet, LongTexts
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import Encoding
from xinfeng.protocols.smpp import BindMode, DefaultAlphabet, IdFormat

LEAST = {"host": "10.0.0.1", "system_id": "xinfeng", "access_code": "10690001"}


def _faults(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        SmppConfig.read({**LEAST, **changes}, ChannelKind.SMPP)
    faults: dict[str, str] = caught.value.params["faults"]
    return faults


def test_the_least_is_host_account_and_access_code() -> None:
    config = read_config(LEAST, ChannelKind.SMPP)
    assert isinstance(config, SmppConfig)
    assert (config.port, config.window, config.keepalive_s, config.response_timeout_s) == (
        2775,
        10,
        30.0,
        60.0,
    )
    assert (config.mode, config.id_format) == (Mode.TRANSCEIVER, IdFormat.AS_IS)
    assert config.registered_delivery == 1


def test_by_default_a_text_is_written_so_that_it_reads_the_same_everywhere() -> None:
    config = SmppConfig.read(LEAST, ChannelKind.SMPP)
    ((_, content, coding, _, _),) = config.write("13800138000", "a@b_c", reference=1)
    assert (content, coding) == ("a@b_c".encode("utf-16-be"), Encoding.UCS2)


def test_all_faults_are_told_at_once() -> None:
    assert _faults(
        system_id="",
        access_code="NAME",
        mode="both",
        number_ton=256,
        number_prefix="x",
        alphabet="gsm7",
        validity_period="1",
        priority=4,
    ) == {
        "system_id": "missing",
        "access_code": "not_digits",
        "mode": "unknown",
        "number_ton": "out_of_range",
        "number_prefix": "not_digits",
        "default_alphabet": "unknown",
        "validity_period": "too_short",
        "priority": "out_of_range",
    }


def test_a_sender_may_be_a_name_where_its_type_says_so() -> None:
    config = SmppConfig.read({**LEAST, "access_code": "XINFENG", "source_ton": 5}, ChannelKind.SMPP)
    assert config.submit_constants().source == "XINFENG"
    assert _faults(access_code="X" * 12, source_ton=5) == {"access_code": "too_long"}
    assert _faults(access_code="1" * 20, extension="1") == {"extension": "too_long"}


def test_the_json_form_reads_back_as_the_same() -> None:
    stated = {
        **LEAST,
        "mode": "transmitter",
        "alphabet": "gsm7",
        "default_alphabet": "gsm7_packed",
        "long_texts": "sar",
        "id_format": "hex_answers",
        "number_prefix": "+86",
    }
    config = SmppConfig.read(stated, ChannelKind.SMPP)
    again = SmppConfig.read(json.loads(json.dumps(config.to_json())), ChannelKind.SMPP)
    assert again == config
    assert isinstance(again.default_alphabet, DefaultAlphabet)
    assert (again.writing.alphabet, again.writing.long_texts) == (Alphabet.GSM7, LongTexts.SAR)
    assert again.submit_constants().sar
    assert again.login("geheim").mode is BindMode.TRANSMITTER


def test_a_pair_has_as_many_receivers_as_transmitters_behind_them() -> None:
    config = SmppConfig.read({**LEAST, "mode": "pair", "connections": 2}, ChannelKind.SMPP)
    assert config.places == 4
    assert [config.submits_at(place) for place in (1, 2, 3, 4)] == [True, True, False, False]
    modes = [config.login("geheim", place).mode for place in (1, 2, 3, 4)]
    assert modes == [BindMode.TRANSMITTER] * 2 + [BindMode.RECEIVER] * 2
    alone = SmppConfig.read({**LEAST, "mode": "receiver"}, ChannelKind.SMPP)
    assert (alone.places, alone.submits_at(1), alone.login("x").mode) == (1, True, BindMode.RECEIVER)


def test_a_login_never_shows_its_secret() -> None:
    assert "geheim" not in repr(SmppConfig.read(LEAST, ChannelKind.SMPP).login("geheim"))


def test_another_kind_is_a_fault() -> None:
    with pytest.raises(InvalidInput):
        SmppConfig.read(LEAST, ChannelKind.CMPP3)
