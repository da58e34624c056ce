"""Commands that play the other side: the simulated carrier, the simulated lookup provider."""

from __future__ import annotations

import typer

from xinfeng.kernel.errors import XinfengError

group = typer.Typer(help="模拟器 simulators", no_args_is_help=True)


@group.command(
    "carrier",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def carrier(context: typer.Context) -> None:
    """模拟运营商、云厂商和 5G 消息平台。 A simulated carrier in its own process; `--help` lists its faults."""
    from xinfeng.channels.simulator import run
    from xinfeng.channels.simulator.options import parse_options
    from xinfeng.channels.simulator.vendors import VENDORS, run_vendor
    from xinfeng.cli.ready import set_up_django

    try:
        if _value_of("--protocol", context.args) in VENDORS:
            run_vendor(_with_parent(context.args))
        else:
            run(parse_options(_with_parent(context.args)))
    except XinfengError:
        set_up_django()  # the words for it need it; the carrier itself does not
        raise


@group.command(
    "lookup",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def lookup(context: typer.Context) -> None:
    """模拟号码检测服务商。 A simulated lookup provider in its own process; `--help` lists its faults."""
    from xinfeng.cli.ready import set_up_django

    arguments = _with_parent(context.args)
    set_up_django()
    from xinfeng.hygiene.simulator.server import parse_options, run

    run(parse_options(arguments))


def _value_of(option: str, arguments: list[str]) -> str:
    """What an option is given, in either way of writing it; empty if it is not."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, given, value = argument.partition("=")
        if name == option:
            return value if given else following
    return ""


def _with_parent(arguments: list[str]) -> list[str]:
    """The simulator's own options; one that a supervisor started ends with it."""
    if "--with-parent" not in arguments:
        return arguments
    from xinfeng.cli.processes.supervision import leave_with_parent

    leave_with_parent()
    return [argument for argument in arguments if argument != "--with-parent"]
