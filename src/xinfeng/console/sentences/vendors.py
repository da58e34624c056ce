"""Words for what goes wrong with cloud vendors over HTTP. Where the vendor gives a code, `channels.codes` explains it."""

from __future__ import annotations

from xinfeng.console.sentences import Words

_UNCERTAIN = Words(
    "这次请求里的短信状态不明，等回执确认，不会重发。",
    "The messages of this request are uncertain; a receipt settles them, and none is sent again.",
)

SENTENCES: dict[str, Words] = {
    "text_not_filed": Words(
        "这条短信和通道上任何一个生效的报备模板都对不上，没有发出。请在“报备”里登记这个文本和云厂商的模板编号。",
        "This text is none of the templates that are filed and in force on the channel, and was not sent. File it under "
        "“Filings”, with the vendor's number of the template.",
    ),
    "vendor.unreachable": Words(
        "连不上云厂商的接口。检查接口地址和网络。",
        "The vendor's interface can't be reached. Check its address and the network.",
    ),
    "vendor.silent": Words("云厂商没有应答。" + _UNCERTAIN.zh, "The vendor did not answer. " + _UNCERTAIN.en),
    "vendor.tls": Words(
        "云厂商的证书不对，连接没有建立，什么也没有发出。检查接口地址，以及中间有没有代理改写证书。",
        "The vendor's certificate is not in order, so nothing was sent. Check the address, and whether a proxy replaces "
        "certificates.",
    ),
    "vendor.too_long": Words(
        "云厂商的应答太长，没有读完。", "The vendor's answer is too long and was not read to its end."
    ),
    "vendor.not_json": Words(
        "云厂商的应答看不懂。" + _UNCERTAIN.zh, "The vendor's answer can't be read. " + _UNCERTAIN.en
    ),
    "vendor.shape": Words(
        "云厂商的应答缺了该有的内容。" + _UNCERTAIN.zh,
        "The vendor's answer lacks what belongs in it. " + _UNCERTAIN.en,
    ),
    "vendor.no_code": Words(
        "云厂商的应答里没有结果。" + _UNCERTAIN.zh, "The vendor's answer has no result. " + _UNCERTAIN.en
    ),
    "vendor.no_reference": Words(
        "云厂商说收下了，却没有给编号。" + _UNCERTAIN.zh,
        "The vendor accepted but gave no reference. " + _UNCERTAIN.en,
    ),
    "vendor.unmentioned": Words(
        "云厂商的应答没有提到这个号码。" + _UNCERTAIN.zh,
        "The vendor's answer does not mention this number. " + _UNCERTAIN.en,
    ),
    "vendor.server_error": Words(
        "云厂商的接口出错（HTTP {status}）。" + _UNCERTAIN.zh,
        "The vendor's interface failed (HTTP {status}). " + _UNCERTAIN.en,
    ),
    "vendor.refused": Words(
        "云厂商拒绝了查询：{vendor_code}。", "The vendor refused the question: {vendor_code}."
    ),
    "channel.no_session": Words(
        "这类通道每个请求单独签名，没有登录这一步。",
        "Channels of this kind sign each request; there is no login.",
    ),
}
