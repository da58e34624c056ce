"""How a simulated vendor is started from a command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from xinfeng.channels.simulator.dialects import DIALECTS
from xinfeng.channels.simulator.options import parse_options as carrier_options
from xinfeng.channels.simulator.vendors import VENDORS, VendorBehaviour, parse_options
from xinfeng.cli.simulate import _value_of
from xinfeng.kernel.errors import InvalidInput


def test_a_command_line_says_who_what_and_how_badly() -> None:
    options = parse_options(
        [
            *("--protocol", "tencent", "--port", "0", "--account", "AKID:secret", "--template", "7={1}您好"),
            *("--receipts", "DELIVRD=0.9,UNDELIV=0.1", "--refuse", "RequestLimitExceeded=0.2", "--silent"),
            *("--retry-s", "1,2.5"),
        ]
    )
    assert (options.protocol, options.accounts, options.templates) == (
        "tencent",
        {"AKID": "secret"},
        {"7": "{1}您好"},
    )
    assert options.retry_s == (1.0, 2.5)
    assert options.behaviour == VendorBehaviour(
        receipts={"DELIVRD": 0.9, "UNDELIV": 0.1}, refuse={"RequestLimitExceeded": 0.2}, silent=True
    )


@pytest.mark.parametrize(
    "arguments",
    [["--account", "no-secret"], ["--broken", "2"], ["--retry-s", "soon"], ["--refuse", "A=0.7,B=0.7"]],
)
def test_what_does_not_fit_is_refused(arguments: list[str]) -> None:
    with pytest.raises(InvalidInput):
        parse_options(arguments)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["--port", "1", "--protocol", "aliyun"], "aliyun"),
        (["--protocol=tencent"], "tencent"),
        (["--protocol"], ""),
    ],
)
def test_the_protocol_is_found_in_either_way_of_writing_it(arguments: list[str], value: str) -> None:
    assert _value_of("--protocol", arguments) == value


@pytest.mark.parametrize("parse", [carrier_options, parse_options])
def test_the_help_of_either_names_every_protocol(
    parse: Callable[[list[str]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    told = capsys.readouterr().out
    assert all(name in told for name in (*DIALECTS, *VENDORS))


def test_a_vendor_is_not_played_with_a_carriers_options() -> None:
    with pytest.raises(InvalidInput):
        carrier_options(["--protocol", VENDORS[0]])
