"""Reading what people state about an account: values by field, and all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv6Address
from typing import Any

Reader = Callable[[Any], Any]


class Fault(Exception):
    """A value that can't be taken; the argument is its code."""


def text(longest: int, *, shortest: int = 0, digits: bool = False) -> Reader:
    """Printable ASCII, stripped."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Fault("not_text")
        stated = value.strip()
        if len(stated) < shortest:
            raise Fault("missing" if not stated else "too_short")
        if len(stated) > longest:
            raise Fault("too_long")
        if not (stated.isascii() and stated.isprintable()):
            raise Fault("not_ascii")
        if digits and stated and not stated.isdigit():
            raise Fault("not_digits")
        return stated

    return read


_is_name = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?").fullmatch


def host(value: Any) -> str:
    """A name or an address; an IPv6 address may come in brackets, as addresses with ports have it."""
    stated: str = text(253, shortest=1)(value)
    return _without_brackets(stated)


def _without_brackets(stated: str) -> str:
    return stated[1:-1] if stated.startswith("[") and stated.endswith("]") else stated


def host_fault(stated: str) -> str:
    """Why this can't be where a gateway is: `with_scheme` (`http://…`), `with_port`, `not_a_host`; empty: it may be.

    Asked of what people give. What is stored is not refused for it: its channel must still be shown, and edited.
    """
    stated = _without_brackets(stated.strip())
    if "://" in stated:
        return "with_scheme"
    if ":" in stated:
        try:
            IPv6Address(stated)
        except ValueError:
            return "with_port" if _is_name(stated.rpartition(":")[0]) else "not_a_host"
        return ""
    return "" if _is_name(stated) else "not_a_host"


def number(least: float, most: float, *, whole: bool = True) -> Reader:
    """`least` to `most`, both included."""

    def read(value: Any) -> Any:
        if isinstance(value, bool):
            raise Fault("not_a_number")
        try:
            stated = int(value) if whole else float(value)
        except (TypeError, ValueError, OverflowError):
            raise Fault("not_a_number") from None
        if not least <= stated <= most or (whole and stated != float(value)):
            raise Fault("out_of_range")
        return stated

    return read


def one_of(choices: Collection[str]) -> Reader:
    """One of these words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise Fault("unknown")
        return str(value)

    return read


def yes_or_no(value: Any) -> bool:
    """True or false, nothing that is taken for it."""
    if not isinstance(value, bool):
        raise Fault("not_yes_or_no")
    return value


def take(
    config: Mapping[str, Any], readers: Mapping[str, Reader], defaults: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values by field, defaults where nothing is stated, and the faults by field."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {str(name)[:40]: "unknown" for name in config if name not in readers}
    for name, read in readers.items():
        given = config.get(name)
        if given is None and isinstance(defaults.get(name), str | int | float):
            values[name] = defaults[name]
            continue
        try:
            values[name] = read("" if given is None else given)
        except Fault as fault:
            faults[name] = str(fault)
    return values, faults
