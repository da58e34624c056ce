"""Words for what goes wrong on the wire with SGIP, SMGP and SMPP; those of CMPP, in `sending`, say the same."""

from __future__ import annotations

from xinfeng.console.sentences import Words
from xinfeng.console.sentences.sending import SENTENCES as SENDING

_PROTOCOLS = ("sgip", "smgp", "smpp")
_SHARED = {
    code.removeprefix("cmpp."): words
    for code, words in SENDING.items()
    if code.startswith("cmpp.") and code != "cmpp.template_of_other_version"
}

SENTENCES: dict[str, Words] = {
    **{f"{protocol}.{code}": words for protocol in _PROTOCOLS for code, words in _SHARED.items()},
    "smpp.coding_unknown": Words(
        "通道的默认字符集不是 GSM 7 位，这条短信却按它编码。没有提交。请检查通道的默认字符集。",
        "The text was encoded in GSM 7 bit, but the channel's default alphabet is another one. Nothing was sent. "
        "Check the channel's default alphabet.",
    ),
}
