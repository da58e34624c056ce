"""An account with whoever speaks SMPP 3.4: aggregators, carriers abroad, some gateways in China."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from xinfeng.channels.config import LineConfig
from xinfeng.channels.fields import Fault, Reader, number, text
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.writing import Alphabet, LongTexts, Writing
from xinfeng.protocols.smpp import (
    Account,
    BindMode,
    ClientSession,
    DefaultAlphabet,
    IdFormat,
    SubmitConstants,
)

LONGEST_ADDRESS = 20
"""Octets of source_addr without its NUL (SMPP 3.4, 5.2.8)."""
ALPHANUMERIC = 5
"""TON of a sender that is a name rather than a number (5.2.5)."""
LONGEST_NAME = 11
"""Characters of such a name (GSM 03.40, 9.1.2.5: 7 bits each in ten octets)."""


class Mode(StrEnum):
    """What the connections are for."""

    TRANSCEIVER = "transceiver"
    TRANSMITTER = "transmitter"
    """Submits only; receipts and replies come over a channel that is bound as a receiver."""
    RECEIVER = "receiver"
    PAIR = "pair"
    """A transmitter and a receiver for each connection, as many carriers demand: this channel is all there is."""


_MODES = {
    Mode.TRANSCEIVER: BindMode.TRANSCEIVER,
    Mode.TRANSMITTER: BindMode.TRANSMITTER,
    Mode.RECEIVER: BindMode.RECEIVER,
    Mode.PAIR: BindMode.TRANSMITTER,
}
"""What a connection that submits is bound as (one that receives, of a channel that does nothing else)."""

_Member = TypeVar("_Member", bound=StrEnum)


def _member(kind: type[_Member]) -> Reader:
    def read(value: Any) -> _Member:
        try:
            return kind(value)
        except ValueError:
            raise Fault("unknown") from None

    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppConfig(LineConfig):
    """`port`: 2775, as registered with IANA. `window`: 10, and `keepalive_s` 30, are what contracts have in common;
    the specification (7.2) leaves both open, as it does `response_timeout_s`: 60, for an early timeout makes messages
    uncertain.

    `mode`: what connections are bound as (4.1); with `pair`, each of `connections` is two.

    Login (4.1): `system_id`, 15 octets in the book, and the password, 8 there; gateways give out longer ones of both,
    so neither is held to it. `system_type` 12, `address_range` 40 octets, with `address_ton` and `address_npi`.

    Numbers (5.2.5, 5.2.6): `source_ton`, `source_npi`, `number_ton`, `number_npi`, 0 being "unknown". With `source_ton`
    5 the `access_code` may be a name of up to 11 characters. `number_prefix` goes before each number: 86 where the
    gateway wants international ones (`number_ton` 1, `number_npi` 1).

    Texts: `alphabet` for those that need Latin letters only. UCS-2 is the default because it reads the same
    everywhere, and costs nothing where 70 characters are a part (`channels.writing`). `default_alphabet`: what
    data_coding 0 means here. `long_texts`: `sar` where the gateway wants TLVs.

    Receipts: `registered_delivery` 1 asks for the final one (5.2.17: 2 only for failures, 0 none). `id_format`: how
    ids in answers and in receipts are the same (`protocols.smpp.receipts`).

    `service_type` 5 octets; `protocol_id`, `priority` (0 to 3) and `validity_period` (`YYMMDDhhmmsstnnp`, 7.1.1; empty:
    the gateway's own) go with every submit.
    """

    READERS: ClassVar[Mapping[str, Reader]] = {
        **LineConfig.READERS,
        "access_code": text(LONGEST_ADDRESS, shortest=1),
        "system_id": text(64, shortest=1),
        "system_type": text(12),
        "mode": _member(Mode),
        "address_ton": number(0, 255),
        "address_npi": number(0, 255),
        "address_range": text(40),
        "source_ton": number(0, 255),
        "source_npi": number(0, 255),
        "number_ton": number(0, 255),
        "number_npi": number(0, 255),
        "number_prefix": text(5),
        "service_type": text(5),
        "protocol_id": number(0, 255),
        "priority": number(0, 3),
        "validity_period": text(16),
        "registered_delivery": number(0, 31),
        "alphabet": _member(Alphabet),
        "default_alphabet": _member(DefaultAlphabet),
        "long_texts": _member(LongTexts),
        "id_format": _member(IdFormat),
    }

    port: int = 2775
    window: int = 10
    keepalive_s: float = 30.0
    system_id: str
    system_type: str = ""
    mode: Mode = Mode.TRANSCEIVER
    address_ton: int = 0
    address_npi: int = 0
    address_range: str = ""
    source_ton: int = 0
    source_npi: int = 0
    number_ton: int = 0
    number_npi: int = 0
    number_prefix: str = ""
    service_type: str = ""
    protocol_id: int = 0
    priority: int = 0
    validity_period: str = ""
    registered_delivery: int = 1
    alphabet: Alphabet = Alphabet.UCS2
    default_alphabet: DefaultAlphabet = DefaultAlphabet.ASCII
    long_texts: LongTexts = LongTexts.UDH8
    id_format: IdFormat = IdFormat.AS_IS

    @classmethod
    def _derive(cls, values: dict[str, Any], kind: str, faults: dict[str, str]) -> dict[str, Any]:
        if kind != ChannelKind.SMPP:
            faults["kind"] = "unknown"
        access_code, extension = values.get("access_code", ""), values.get("extension", "")
        named = values.get("source_ton") == ALPHANUMERIC
        if access_code and not named and not access_code.isdigit():
            faults["access_code"] = "not_digits"
        if len(access_code + extension) > (LONGEST_NAME if named else LONGEST_ADDRESS):
            faults.setdefault("extension" if extension else "access_code", "too_long")
        prefix = values.get("number_prefix", "")
        if prefix and not prefix.removeprefix("+").isdigit():
            faults["number_prefix"] = "not_digits"
        septets = {DefaultAlphabet.GSM7, DefaultAlphabet.GSM7_PACKED}
        if values.get("alphabet") is Alphabet.GSM7 and values.get("default_alphabet") not in septets:
            faults.setdefault("default_alphabet", "unknown")
        if values.get("validity_period") and len(values["validity_period"]) != 16:
            faults["validity_period"] = "too_short"
        return {}

    @property
    def writing(self) -> Writing:
        return Writing(long_texts=self.long_texts, alphabet=self.alphabet)

    def session(self, secret: str) -> ClientSession:
        return self.session_at(1, secret)

    @property
    def places(self) -> int:
        """Of a pair the transmitters come first."""
        return 2 * self.connections if self.mode is Mode.PAIR else self.connections

    def session_at(self, place: int, secret: str) -> ClientSession:
        return ClientSession(
            self.login(secret, place), self.submit_constants(), window=self.window, timers=self.timers
        )

    def submits_at(self, place: int) -> bool:
        return self.mode is not Mode.PAIR or place <= self.connections

    def login(self, secret: str, place: int = 1) -> Account:
        return Account(
            system_id=self.system_id,
            password=secret,
            mode=_MODES[self.mode] if self.submits_at(place) else BindMode.RECEIVER,
            system_type=self.system_type,
            addr_ton=self.address_ton,
            addr_npi=self.address_npi,
            address_range=self.address_range,
            id_format=self.id_format,
        )

    def submit_constants(self) -> SubmitConstants:
        """What all submits of this channel have in common."""
        return SubmitConstants(
            source=self.source_number,
            source_types=(self.source_ton, self.source_npi),
            destination_types=(self.number_ton, self.number_npi),
            number_prefix=self.number_prefix,
            service_type=self.service_type,
            protocol_id=self.protocol_id,
            priority=self.priority,
            validity_period=self.validity_period,
            registered_delivery=self.registered_delivery,
            default_alphabet=self.default_alphabet,
            sar=self.long_texts is LongTexts.SAR,
        )
