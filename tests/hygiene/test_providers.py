"""Providers over real HTTP: what they say is read, what they break is survived, what is secret stays so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.hygiene.world import Simulator, config

from xinfeng.hygiene.models import State
from xinfeng.hygiene.providers.aliyun import Aliyun, canonical_query, signed_headers
from xinfeng.hygiene.providers.base import Asked, LookupFailure, Question, disguised
from xinfeng.hygiene.providers.config import ProviderConfig
from xinfeng.hygiene.providers.generic import Generic
from xinfeng.hygiene.providers.http import Outlet
from xinfeng.hygiene.providers.mapping import TABLES, state_of
from xinfeng.kernel.errors import InvalidInput

SECRET = "simulator-secret"
EMPTY, SUSPENDED, FINE = "13800138001", "13800138005", "13800138055"
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
ALL = ["status", "carrier", "reassigned"]


def generic(sim: Simulator, *, secret: str = SECRET, **changes: Any) -> Generic:
    return Generic(ProviderConfig.read(config(sim.port, questions=ALL, **changes), "generic"), secret)


def aliyun(sim: Simulator, *, secret: str = SECRET, **changes: Any) -> Aliyun:
    auth = {"status": "a", "carrier": "b", "reassigned": "c"}
    given = config(sim.port, endpoint=sim.address, questions=ALL, auth_codes=auth, **changes)
    return Aliyun(ProviderConfig.read(given, "aliyun"), secret)


KINDS = pytest.mark.parametrize("make", [generic, aliyun])


@KINDS
def test_states_are_read_in_the_order_asked(sim: Simulator, make: Callable[..., Any]) -> None:
    results = make(sim).ask(Question.STATUS, [Asked(EMPTY), Asked(FINE), Asked(SUSPENDED)])
    assert [one.answer.state for one in results] == [State.NOT_EXISTING, State.VALID, State.OUT_OF_SERVICE]


@KINDS
def test_who_serves_a_number_and_whose_it_is(sim: Simulator, make: Callable[..., Any]) -> None:
    [ported] = make(sim).ask(Question.CARRIER, [Asked("13800138755")])
    assert ported.answer.ported is True
    assert ported.answer.carrier in (1, 2, 3)
    gone, hers, unclear = make(sim).ask(
        Question.REASSIGNED, [Asked(f"138001380{tail}", SINCE) for tail in (91, 55, 93)]
    )
    assert (gone.answer.reassigned, hers.answer.reassigned, unclear.answer.reassigned) == (True, False, None)


@KINDS
@pytest.mark.parametrize("form", ["md5", "sha256", "sm3"])
def test_numbers_can_travel_hashed(sim: Simulator, make: Callable[..., Any], form: str) -> None:
    [result] = make(sim, form=form).ask(Question.STATUS, [Asked(FINE)])
    assert result.answer is not None
    assert not any(FINE in asked for asked in sim.asked if asked.endswith(disguised(FINE, form)))
    assert any(asked.endswith(disguised(FINE, form)) for asked in sim.asked)


@KINDS
@pytest.mark.parametrize(
    ("fault", "code", "untouched"),
    [
        ("throttle", "lookup.throttled", True),
        ("no_balance", "lookup.no_balance", True),
        ("unauthorized", "lookup.unauthorized", True),
        ("malformed", "lookup.rejected", True),
        ("unavailable", "lookup.unavailable", False),
        ("garbage", "lookup.garbled", False),
        ("nested", "lookup.garbled", False),
        ("wrong_type", "lookup.garbled", False),
        ("huge", "lookup.garbled", False),
        ("drop", "lookup.garbled", False),
        ("hang", "lookup.timeout", False),
        ("drip", "lookup.timeout", False),
    ],
)
def test_a_call_that_fails_says_how(
    sim: Simulator, make: Callable[..., Any], fault: str, code: str, untouched: bool
) -> None:
    provider = make(sim, timeout_s=2 if code == "lookup.timeout" else 60)
    before = sim.calls
    sim.fail(fault)
    with pytest.raises(LookupFailure) as failure:
        provider.ask(Question.STATUS, [Asked(FINE)])
    assert (failure.value.code, failure.value.untouched) == (code, untouched)
    assert sim.calls == before + 1, "nothing is tried again by itself"
    assert SECRET not in repr(failure.value) + str(failure.value)
    assert FINE not in str(failure.value)


@KINDS
def test_a_wrong_secret_is_told_as_such(sim: Simulator, make: Callable[..., Any]) -> None:
    with pytest.raises(LookupFailure, match=r"lookup\.unauthorized"):
        make(sim, secret="another").ask(Question.STATUS, [Asked(FINE)])


@KINDS
def test_a_number_asked_too_often_has_no_answer(sim: Simulator, make: Callable[..., Any]) -> None:
    sim.fail("frequency")
    [result] = make(sim).ask(Question.STATUS, [Asked(FINE)])
    assert result.answer is None
    assert result.fault in ("frequency_limit", "RequestFrequencyLimit")


def test_redirects_are_not_followed(sim: Simulator) -> None:
    sim.fail("redirect")
    with pytest.raises(LookupFailure, match=r"lookup\.rejected"):
        generic(sim).ask(Question.STATUS, [Asked(FINE)])


@pytest.mark.parametrize(
    ("fault", "faults"),
    [
        ("missing", ["", "", "missing", "missing"]),
        ("duplicates", ["", "", "", ""]),
        ("contradictions", ["contradiction"] * 4),
        ("strangers", ["missing"] * 4),
    ],
)
def test_answers_are_matched_to_what_was_asked(sim: Simulator, fault: str, faults: list[str]) -> None:
    sim.fail(fault)
    asked = [Asked(f"1380013805{tail}") for tail in range(4)]
    results = generic(sim).ask(Question.STATUS, asked)
    assert [one.fault for one in results] == faults
    assert [one.answer is None for one in results] == [bool(one) for one in faults]


def test_nobody_there(sim: Simulator) -> None:
    provider = Generic(ProviderConfig.read(config(1), "generic"), SECRET)
    with pytest.raises(LookupFailure, match=r"lookup\.unreachable") as failure:
        provider.ask(Question.STATUS, [Asked(FINE)])
    assert failure.value.untouched


def test_a_private_address_is_found_out_before_anything_is_sent(sim: Simulator) -> None:
    before = sim.calls
    outlet = Outlet(private_network=False, timeout_s=60)
    with pytest.raises(LookupFailure, match=r"lookup\.private_address"):
        outlet.send("POST", f"http://localhost:{sim.port}/v1/numbers", headers={}, body=b"{}")
    assert sim.calls == before


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"endpoint": "http://lookup.example.com/v1", "private_network": False}, "endpoint", "not_https"),
        ({"endpoint": "https://10.0.0.8/v1", "private_network": False}, "endpoint", "private"),
        ({"endpoint": "https://[::1]/v1", "private_network": False}, "endpoint", "private"),
        ({"endpoint": "https://169.254.169.254/latest", "private_network": False}, "endpoint", "private"),
        ({"endpoint": "file:///etc/passwd"}, "endpoint", "no_url"),
        ({"endpoint": "https://user:pass@example.com/"}, "endpoint", "no_url"),
        ({"endpoint": "https://example.com:99999/"}, "endpoint", "no_url"),
        ({"endpoint": "https://exa mple.com/"}, "endpoint", "no_url"),
        ({"key_id": "有汉字"}, "key_id", "not_ascii"),
        ({"key_id": "a\r\nX-Evil: 1"}, "key_id", "not_ascii"),
        ({"questions": ["horoscope"]}, "questions", "unknown"),
        ({"form": "rot13"}, "form", "unknown"),
        ({"table": "tarot"}, "table", "unknown"),
        ({"codes": {"0": "dead"}}, "codes", "unknown"),
        ({"batch": 0}, "batch", "out_of_range"),
        ({"timeout_s": 3600}, "timeout_s", "out_of_range"),
        ({"surprise": 1}, "surprise", "unknown"),
    ],
)
def test_accounts_that_cannot_be_are_refused(changes: dict[str, Any], field: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ProviderConfig.read(config(1, **changes), "generic")
    assert refused.value.params["faults"][field] == fault


def test_the_same_code_means_different_things_to_different_vendors() -> None:
    assert state_of("0", "chuanglan", {}) is State.NOT_EXISTING
    assert state_of("0", "chuanglan", {"0": "valid"}) is State.VALID
    assert state_of("2", "chuanglan", {}) is State.UNKNOWN
    assert state_of("2", "reseller", {}) is State.OUT_OF_SERVICE
    assert all(isinstance(state, State) for table in TABLES.values() for state in table.values())


def test_the_signature_is_the_one_of_the_documentation() -> None:
    """The example of “V3版本请求体&签名机制”, help.aliyun.com/document_detail/2593177.html."""
    query = canonical_query(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    headers = signed_headers(
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        query=query,
        at="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
        version="2014-05-26",
    )
    assert headers["Authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
