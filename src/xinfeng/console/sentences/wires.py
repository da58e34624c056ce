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
    "sgip.not_for_submits": Words(
        "这条连接是联通打开来送回执和上行的，不能用来发短信。没有提交。",
        "Unicom opened this connection to deliver receipts and replies; nothing can be sent over it. Nothing was.",
    ),
    "smgp.bad_option": Words(
        "可选参数 {tag} 放不下（{length} 字节）。没有提交。请检查通道的设置。",
        "The optional parameter {tag} does not fit ({length} octets). Nothing was sent. Check the channel's settings.",
    ),
    "smpp.coding_unknown": Words(
        "通道的默认字符集不是 GSM 7 位，这条短信却按它编码。没有提交。请检查通道的默认字符集。",
        "The text was encoded in GSM 7 bit, but the channel's default alphabet is another one. Nothing was sent. "
        "Check the channel's default alphabet.",
    ),
}
