"""Words for what the library of texts refuses."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "library.unknown": Words(
        "文案库里没有“{key}”这条文案，可能是地址写错了，或者它在新版本里改了名字。什么都没有改变。请回文案库重新选择。",
        "The library has no text “{key}”: the address may be mistyped, or a newer release renamed it. "
        "Nothing was changed. Choose again in the library.",
    ),
}
