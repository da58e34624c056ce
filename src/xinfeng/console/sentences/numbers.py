"""Words for what number hygiene refuses, and for what lookup providers do."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "number.no_reason": Words(
        "请写明原因，以后查得到。没有改变。", "Say why, so that it can be traced later. Nothing was changed."
    ),
    "number.not_quarantined": Words(
        "这个号码没有被隔离。没有改变。", "This number is not in quarantine. Nothing was changed."
    ),
    "number.carrier": Words(
        "请选择转到了哪一家运营商。没有改变。", "Choose the carrier it moved to. Nothing was changed."
    ),
    "number.no_such_list": Words("没有“{name}”这份名单。", "There is no list “{name}”."),
    "number_plan.bounds": Words(
        "有的数字超出了范围，没有保存。请核对目标、间隔和预算。",
        "A number is out of bounds; nothing was saved. Check target, interval and budget.",
    ),
    "lookup.config": Words(
        "账号设置有误，没有保存。请看标出的各项。",
        "The account is not set up right; nothing was saved. See the marked fields.",
    ),
    "lookup.unknown": Words("没有这个服务商账号，可能已被删除。", "There is no such provider account."),
    "lookup.name_taken": Words(
        "已经有叫“{name}”的服务商账号。没有保存。请换一个名字。",
        "There is a provider account “{name}” already. Nothing was saved. Choose another name.",
    ),
    "lookup.no_run": Words("没有这个检测批次。", "There is no such run."),
    "lookup.run_over": Words(
        "这个批次已经结束，不能再停止或继续。", "This run is over; it can be neither stopped nor resumed."
    ),
    "lookup.no_provider": Words(
        "没有启用的、能回答这个问题的服务商。没有查询。请到“号码健康 › 服务商”添加或启用。",
        "No provider that answers this is switched on. Nobody was asked. Add or enable one under Number health › Providers.",
    ),
    "lookup.no_budget": Words(
        "今天的检测预算已用完，没有查询。明天会继续，或请管理员提高预算。",
        "Today's budget for lookups is used up; nobody was asked. It goes on tomorrow, or an administrator raises it.",
    ),
    "lookup.asked_lately": Words(
        "这个号码不久前查询过，{from_when} 之后才能再查。没有查询，也没有计费。",
        "This number was asked about lately; it can be again from {from_when}. Nobody was asked, nothing was charged.",
    ),
    "lookup.in_a_list": Words(
        "这个号码正排在今天的检测批次里，没有另外查询。",
        "This number waits in today's run already; it was not asked about again.",
    ),
    "lookup.nobody_silent": Words(
        "名单里没有 90 天以上没有消息的号码，不需要检测。",
        "Nobody on the list has been silent for more than 90 days; there is nothing to look at.",
    ),
    "lookup.unreachable": Words(
        "连不上服务商。没有查询，没有计费。请核对地址，或稍后再试。",
        "The provider cannot be reached. Nobody was asked, nothing was charged. Check the address or try later.",
    ),
    "lookup.private_address": Words(
        "服务商的地址指向内网，已在发出任何内容之前断开。确实在内网时，请在账号里勾选“在内网”。",
        "The provider's address leads into a private network; the connection was cut before anything was sent. "
        "If it really stands there, tick “in our own network” in the account.",
    ),
    "lookup.insecure": Words(
        "服务商的证书不可信，没有发出任何号码。请联系服务商。",
        "The provider's certificate cannot be trusted; no number was sent. Contact the provider.",
    ),
    "lookup.throttled": Words(
        "服务商说查询太快。没有计费。请稍后再试，或调低每秒上限。",
        "The provider says that was too fast. Nothing was charged. Try later, or lower the rate.",
    ),
    "lookup.no_balance": Words(
        "服务商账户余额不足，没有查询。请充值后再试。",
        "The account with the provider has no balance left; nobody was asked. Top it up and try again.",
    ),
    "lookup.unauthorized": Words(
        "服务商不认这个密钥或授权码，没有查询。请核对密钥编号、密钥和授权码。",
        "The provider does not accept the key or authorisation code; nobody was asked. Check them.",
    ),
    "lookup.rejected": Words(
        "服务商拒绝了请求，没有查询。请核对账号的接口、地址和“能回答”的问题。",
        "The provider rejected the request; nobody was asked. Check kind, address and questions of the account.",
    ),
    "lookup.unavailable": Words(
        "服务商那边出了故障，没有得到结果。请稍后再试。",
        "The provider has trouble; there was no answer. Try later.",
    ),
    "lookup.timeout": Words(
        "服务商应答太慢，没有得到结果。这次可能已计费，系统不会自动重复查询。",
        "The provider was too slow; there was no answer. It may have been charged and is not repeated by itself.",
    ),
    "lookup.garbled": Words(
        "看不懂服务商的应答，没有采用任何结果。这次可能已计费。请核对账号的接口和地址，或联系服务商。",
        "The provider's reply cannot be read; nothing of it was used. It may have been charged. "
        "Check kind and address of the account, or contact the provider.",
    ),
    "no_answers": Words(
        "服务商没有给出这个号码的结果。没有改变。",
        "The provider gave no answer about this number. Nothing was changed.",
    ),
}
