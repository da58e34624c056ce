"""Words for what keys and webhooks refuse."""

from __future__ import annotations

from xinfeng.console.sentences import Words
from xinfeng.integrations import words

_OF_THE_API = ("api.", "batch.", "body.", "event.", "field.", "idempotency.", "json.", "request.fields")
_SINGLE = (
    "attribute.kind_of_value",
    "contact.find_by_one",
    "contact.reveal_needed",
    "contact.unknown_to_api",
    "time.out_of_range",
)

SENTENCES: dict[str, Words] = {
    **{
        code: Words(*both)
        for code, both in words.SENTENCES.items()
        if code.startswith(_OF_THE_API) or code in _SINGLE
    },
    "api_key.name": Words(
        "请填名称，最多 {longest} 个字。没有新建。",
        "Give a name of at most {longest} characters. Nothing was made.",
    ),
    "api_key.scopes": Words(
        "请至少选一项权限；没有这些权限：{unknown}。没有新建。",
        "Choose at least one scope; there are none called {unknown}. Nothing was made.",
    ),
    "api_key.rate": Words(
        "请求次数要在 1 到 {at_most} 之间。没有新建。", "Requests must be 1 to {at_most}. Nothing was made."
    ),
    "api_key.addresses": Words(
        "看不懂地址 {address}。请写 IP 或网段，例如 203.0.113.0/24。没有新建。",
        "{address} is not an address. Write an IP or a network such as 203.0.113.0/24. Nothing was made.",
    ),
    "api_key.expires": Words(
        "有效期已经过了。没有新建。", "It would have expired already. Nothing was made."
    ),
    "api_key.unknown": Words("没有这个密钥。", "There is no such key."),
    "api_key.revoked_already": Words("这个密钥已经吊销了。", "This key was revoked already."),
    "webhook.name": Words(
        "请填名称，最多 {longest} 个字。没有保存。",
        "Give a name of at most {longest} characters. Nothing was saved.",
    ),
    "webhook.kinds": Words(
        "请至少选一种变化。没有保存。", "Choose at least one kind of change. Nothing was saved."
    ),
    "webhook.url": Words(
        "这个地址不能用。请写 https 开头的完整地址，不带用户名和 #。没有保存。",
        "This address cannot be used. Write a whole https address without a user name or #. Nothing was saved.",
    ),
    "webhook.private": Words(
        "这个地址在内网或本机，只有管理员能允许。没有保存。",
        "This address lies in a private network; only an administrator can allow that. Nothing was saved.",
    ),
    "webhook.unresolvable": Words("查不到这个地址的主机。", "The host of this address cannot be found."),
    "webhook.too_many": Words(
        "推送最多 {at_most} 个。没有添加。", "There can be at most {at_most} webhooks. Nothing was added."
    ),
    "webhook.unknown": Words(
        "没有这个推送，可能别人已经删除。", "There is no such webhook; somebody may have removed it."
    ),
    "webhook.no_delivery": Words(
        "没有这次投递，可能已过保留期。", "There is no such delivery; it may be past its time."
    ),
    "webhook.still_waiting": Words(
        "它还在等待投递，不用重发。", "It is still waiting to be delivered; no need to replay it."
    ),
    "webhook.span": Words(
        "时间的开始要早于结束。没有重发。", "The span must begin before it ends. Nothing was replayed."
    ),
    "webhook.off": Words("推送已停用，请先启用。", "The webhook is off; switch it on first."),
    "webhook.no_such_move": Words("没有这个操作。", "There is no such action."),
}
