"""An account with China Mobile, or whoever else speaks CMPP 2.0 or 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from xinfeng.channels.config import LineConfig
from xinfeng.channels.fields import Reader, number, text, yes_or_no
from xinfeng.channels.models import ChannelKind
from xinfeng.protocols.cmpp import Account, ClientSession, SubmitConstants, Version

ACCOUNT_WIDTH = 6
"""Octets of Source_Addr and Msg_src (CMPP 3.0.0, 7.4.1 and 7.4.3)."""

_VERSIONS: dict[str, Version] = {ChannelKind.CMPP2: Version.V20, ChannelKind.CMPP3: Version.V30}


@dataclass(frozen=True, slots=True, kw_only=True)
class CmppConfig(LineConfig):
    """`port`: 7890 for long connections. `account`: SP_Id. `window`: 16, and `response_timeout_s` (T) 60 s,
    as in the specification. Fees: bulk messages are paid by the provider (`fee_user_type` 2) and
    free for the reader (`fee_type` 01).
    """

    READERS: ClassVar[Mapping[str, Reader]] = {
        **LineConfig.READERS,
        "account": text(ACCOUNT_WIDTH, shortest=1),
        "service_id": text(10),
        "msg_src": text(ACCOUNT_WIDTH),
        "fee_user_type": number(0, 3),
        "fee_type": text(2, shortest=2, digits=True),
        "fee_code": text(6, digits=True),
        "fee_number": text(21, digits=True),
        "pad_account_in_md5": yes_or_no,
    }
    DERIVED: ClassVar[frozenset[str]] = frozenset({"version"})

    port: int = 7890
    account: str
    service_id: str = ""
    msg_src: str = ""
    version: Version = Version.V30
    fee_user_type: int = 2
    fee_type: str = "01"
    fee_code: str = "000000"
    fee_number: str = ""
    pad_account_in_md5: bool = False

    @classmethod
    def _derive(cls, values: dict[str, Any], kind: str, faults: dict[str, str]) -> dict[str, Any]:
        if kind not in _VERSIONS:
            faults["kind"] = "unknown"
            return {}
        values["msg_src"] = values.get("msg_src") or values.get("account", "")
        return {"version": _VERSIONS[kind]}

    def session(self, secret: str) -> ClientSession:
        return ClientSession(
            self.login(secret), self.submit_constants(), window=self.window, timers=self.timers
        )

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
