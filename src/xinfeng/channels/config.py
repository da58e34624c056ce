"""What an account with a CMPP carrier needs, read from `channel.config` with all faults reported at once.

The shared secret is no part of it: it lives sealed in `channel.secret_sealed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from xinfeng.channels.models import ChannelKind
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.cmpp import Account, SubmitConstants, Version

ACCOUNT_WIDTH = 6
"""Octets of Source_Addr and Msg_src (CMPP 3.0.0, 7.4.1 and 7.4.3)."""

SRC_ID_WIDTH = 21
"""Octets of Src_Id: access code and extension together (7.4.3)."""

LARGEST_WINDOW = 512
"""Unanswered submits per connection; more than any contract we know of allows."""

MOST_CONNECTIONS = 16

_VERSIONS: dict[str, Version] = {ChannelKind.CMPP2: Version.V20, ChannelKind.CMPP3: Version.V30}


@dataclass(frozen=True, slots=True, kw_only=True)
class CmppConfig:
    """An account as the carrier's contract describes it.

    `host`, `port`: the carrier's gateway (7890 for long connections). `account`: SP_Id. `access_code` with
    `extension` is the number that people see. `connections` are opened by each gateway process. `window` is
    the number of unanswered submits per connection (16 in the specification). `keepalive_s` of silence make us
    test the link; after `response_timeout_s` without an answer a submit is uncertain (C and T, 180 and 60 s).
    Fees: bulk messages are paid by the provider (`fee_user_type` 2) and free for the reader (`fee_type` 01).
    """

    host: str
    port: int = 7890
    account: str
    access_code: str
    extension: str = ""
    service_id: str = ""
    msg_src: str = ""
    version: Version = Version.V30
    connections: int = 1
    window: int = 16
    keepalive_s: float = 180.0
    response_timeout_s: float = 60.0
    fee_user_type: int = 2
    fee_type: str = "01"
    fee_code: str = "000000"
    fee_number: str = ""
    pad_account_in_md5: bool = False

    @classmethod
    def read(cls, config: Mapping[str, Any], kind: str) -> CmppConfig:
        """Build from `channel.config`; `kind` decides the version.

        Raises InvalidInput `channel.config` with `faults`: code by field name.
        """
        values, faults = _take(config)
        if kind not in _VERSIONS:
            faults["kind"] = "unknown"
        known = {field.name for field in fields(cls)} - {"version"}
        faults |= {str(name)[:40]: "unknown" for name in config if name not in known}
        src_id = f"{values.get('access_code', '')}{values.get('extension', '')}"
        if len(src_id) > SRC_ID_WIDTH and "access_code" not in faults:
            faults["extension"] = "too_long"
        if faults:
            raise InvalidInput("channel.config", faults=faults)
        values["msg_src"] = values["msg_src"] or values["account"]
        return cls(version=_VERSIONS[kind], **values)

    def to_json(self) -> dict[str, Any]:
        """What `channel.config` keeps; the version is the channel's kind."""
        return {name: value for name, value in asdict(self).items() if name != "version"}

    @property
    def source_number(self) -> str:
        """What the reader sees as sender."""
        return self.access_code + self.extension

    def login(self, secret: str) -> Account:
        return Account(
            source_addr=self.account,
            secret=secret,
            version=self.version,
            pad_account_in_md5=self.pad_account_in_md5,
        )

    def submit_constants(self) -> SubmitConstants:
        """What all submits of this channel have in common."""
        return SubmitConstants(
            msg_src=self.msg_src,
            src_id=self.source_number,
            service_id=self.service_id,
            fee_user_type=self.fee_user_type,
            fee_terminal_id=self.fee_number,
            fee_type=self.fee_type,
            fee_code=self.fee_code,
        )


class _Fault(Exception):
    """A value that can't be taken; the argument is its code."""


def _text(longest: int, *, shortest: int = 0, digits: bool = False) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise _Fault("not_text")
        text = value.strip()
        if len(text) < shortest:
            raise _Fault("missing" if not text else "too_short")
        if len(text) > longest:
            raise _Fault("too_long")
        if not (text.isascii() and text.isprintable()):
            raise _Fault("not_ascii")
        if digits and text and not text.isdigit():
            raise _Fault("not_digits")
        return text

    return read


def _number(least: float, most: float, *, whole: bool = True) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, bool):
            raise _Fault("not_a_number")
        try:
            number = int(value) if whole else float(value)
        except (TypeError, ValueError, OverflowError):
            raise _Fault("not_a_number") from None
        if not least <= number <= most or (whole and number != float(value)):
            raise _Fault("out_of_range")
        return number

    return read


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Fault("not_yes_or_no")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "host": _text(253, shortest=1),
    "port": _number(1, 65535),
    "account": _text(ACCOUNT_WIDTH, shortest=1),
    "access_code": _text(SRC_ID_WIDTH, shortest=1, digits=True),
    "extension": _text(SRC_ID_WIDTH, digits=True),
    "service_id": _text(10),
    "msg_src": _text(ACCOUNT_WIDTH),
    "connections": _number(1, MOST_CONNECTIONS),
    "window": _number(1, LARGEST_WINDOW),
    "keepalive_s": _number(1, 3600, whole=False),
    "response_timeout_s": _number(1, 600, whole=False),
    "fee_user_type": _number(0, 3),
    "fee_type": _text(2, shortest=2, digits=True),
    "fee_code": _text(6, digits=True),
    "fee_number": _text(21, digits=True),
    "pad_account_in_md5": _yes_or_no,
}


def _take(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values by field, defaults where nothing is stated, and the faults."""
    defaults = {field.name: field.default for field in fields(CmppConfig)}
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, read in _READERS.items():
        given = config.get(name)
        if given is None and isinstance(defaults[name], str | int | float):
            values[name] = defaults[name]
            continue
        try:
            values[name] = read("" if given is None else given)
        except _Fault as fault:
            faults[name] = str(fault)
    return values, faults
