"""Words for what goes wrong with 5G messages on their way. Where the platform gives a code, `channels.codes` explains it."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "maap.no_token": Words(
        "平台的访问令牌还没有取到，什么也没有发出。稍后会自动再取。",
        "There is no access token of the platform yet, and nothing was sent. It is asked for again by itself.",
    ),
    "maap.reference": Words(
        "请求的编号不对，什么也没有发出。",
        "The reference of the request is not in order, and nothing was sent.",
    ),
    "vendor.not_xml": Words(
        "平台发来的不是能读的 XML，没有收下。",
        "What the platform sent is no XML that can be read, and was not taken.",
    ),
    "parcel.missing": Words(
        "这条消息的 5G 卡片打不开，没有发出，也没有改发别的内容。",
        "The card of this message can't be opened. It was not sent, and nothing else in its place.",
    ),
    "parcel.media_address": Words(
        "卡片里有图片，但通道没有填图片的公网地址，没有发出。请在通道里填上。",
        "The card shows pictures, but the channel states no public address for them, so it was not sent. State it with the "
        "channel.",
    ),
}
