"""An account with China Telecom, or whoever else speaks SMGP 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from xinfeng.channels.config import LineConfig
from xinfeng.channels.fields import Reader, number, one_of, text, yes_or_no
from xinfeng.channels.models import ChannelKind
from xinfeng.protocols.smgp import Account, ClientSession, SubmitConstants

ACCOUNT_WIDTH = 8
"""Octets of ClientID and of the optional MsgSrc (SMGP 3.0.3, Login and optional parameters)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmgpConfig(LineConfig):
    """`port`: 8890. `account`: ClientID. `window`: 16, and `response_timeout_s` 60 s, as in the
    specification and in CMPP.

    `msg_src`: the enterprise code; sent where it is stated, some gateways demand it. Fees: `fee_type` 00 is free for
    the reader; `charge_user_type` (0 the reader pays, 1 the sender, 2 the provider, 3 `charge_number`) goes on the wire
    only where it is stated, for the contract knows better than any default. `priority`: 0 (low) to 3.
    """

    READERS: ClassVar[Mapping[str, Reader]] = {
        **LineConfig.READERS,
        "account": text(ACCOUNT_WIDTH, shortest=1),
        "service_id": text(10),
        "msg_src": text(ACCOUNT_WIDTH),
        "priority": number(0, 3),
        "fee_type": text(2, shortest=2, digits=True),
        "fee_code": text(6, digits=True),
        "fixed_fee": text(6, digits=True),
        "charge_user_type": one_of(("", "0", "1", "2", "3")),
        "charge_number": text(21, digits=True),
        "pad_account_in_md5": yes_or_no,
    }

    port: int = 8890
    account: str
    service_id: str = ""
    msg_src: str = ""
    priority: int = 0
    fee_type: str = "00"
    fee_code: str = "000000"
    fixed_fee: str = "000000"
    charge_user_type: str = ""
    charge_number: str = ""
    pad_account_in_md5: bool = False

    @classmethod
    def _derive(cls, values: dict[str, Any], kind: str, faults: dict[str, str]) -> dict[str, Any]:
        if kind != ChannelKind.SMGP:
            faults["kind"] = "unknown"
        return {}

    def session(self, secret: str) -> ClientSession:
        return ClientSession(
            self.login(secret), self.submit_constants(), window=self.window, timers=self.timers
        )

    def login(self, secret: str) -> Account:
        return Account(client_id=self.account, secret=secret, pad_account_in_md5=self.pad_account_in_md5)

    def submit_constants(self) -> SubmitConstants:
        """What all submits of this channel have in common."""
        return SubmitConstants(
            src_term_id=self.source_number,
            service_id=self.service_id,
            priority=self.priority,
            fee_type=self.fee_type,
            fee_code=self.fee_code,
            fixed_fee=self.fixed_fee,
            charge_term_id=self.charge_number,
            charge_user_type=int(self.charge_user_type) if self.charge_user_type else None,
            msg_src=self.msg_src,
        )
