"""Words for what goes wrong with routes, number ranges and moving on when a channel dies."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "route.invalid": Words(
        "路由还有要改的地方，没有保存。请看各处的提示：名称不能空，至少选一个通道，通道的用途要和路由一致。",
        "Something about the route is wrong. Nothing was saved. It needs a name and at least one channel, and all its "
        "channels must be of its purpose.",
    ),
    "route.unknown": Words("没有这条路由。", "There is no such route."),
    "route.name_taken": Words(
        "已经有叫“{name}”的路由。没有保存，请换一个名称。",
        "There is a route called “{name}” already. Nothing was saved. Choose another name.",
    ),
    "route.in_use": Words(
        "有活动在用这条路由，不能删除。请先给那些活动换通道或路由。",
        "Campaigns use this route, so it stays. Give those another channel or route first.",
    ),
    "route.purpose_fixed": Words(
        "路由的用途不能改：营销和服务走不同的通道。没有保存，请另建一条路由。",
        "A route keeps its purpose: marketing and service travel on different channels. Nothing was saved. Make another.",
    ),
    "route.carries_nobody": Words(
        "路由“{route}”里没有一个通道能发这条短信，什么都没有发。请检查通道是否启用、签名和模板是否报备、文字是否收。",
        "No channel of route “{route}” can carry this text; nothing was sent. See whether its channels are enabled, whether "
        "signature and template are filed, and whether they take the wording.",
    ),
    "channel.in_route": Words(
        "这个通道在路由“{route}”里，用途要和路由一致，没有保存。请先把它从路由里拿掉。",
        "The channel is part of route “{route}” and keeps its purpose. Nothing was saved. Take it out of the route first.",
    ),
    "campaign.channel_or_route": Words(
        "一个活动只能选一个通道或一条路由，不能两个都选。没有保存。",
        "A campaign goes over one channel or by one route, not both. Nothing was saved.",
    ),
    "failover.patience": Words(
        "断线等待要在 {at_least} 到 {at_most} 秒之间。没有保存。",
        "The patience with a lost connection must be {at_least} to {at_most} seconds. Nothing was saved.",
    ),
    "prefixes.unreadable": Words(
        "号段文件第 {line} 行读不懂，没有替换。需要“号段,运营商,类型”三列的 UTF-8 CSV，号段 3 到 7 位。",
        "Line {line} of the file of number ranges can't be read; nothing was replaced. It must be a UTF-8 CSV with the "
        "columns prefix (3 to 7 digits), carrier, kind.",
    ),
    "prefixes.too_large": Words(
        "号段文件太大（最多 {at_most} 字节），没有替换。",
        "The file of number ranges is too large (at most {at_most} octets); nothing was replaced.",
    ),
    "prefixes.too_many": Words(
        "号段太多（最多 {at_most} 个），没有替换。",
        "There are too many ranges (at most {at_most}); nothing was replaced.",
    ),
    "prefixes.twice": Words(
        "号段 {prefix} 出现了两次而且不一致，没有替换。",
        "The range {prefix} is named twice, and differently; nothing was replaced.",
    ),
    "prefixes.source": Words(
        "请用一行话（最多 {longest} 字）说明号段的来源。没有替换。",
        "Say in one line of up to {longest} characters where the ranges come from. Nothing was replaced.",
    ),
    "number.carrier_days": Words(
        "运营商信息的有效期要在 {at_least} 到 {at_most} 天之间。没有保存。",
        "What is learned of a carrier is believed for {at_least} to {at_most} days. Nothing was saved.",
    ),
}
