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
        "号段文件第 {line} 行读不懂，什么都没有改。需要 CSV（UTF-8 或 GB18030），第一行写列名：号段（3 到 7 位）、运营商、类型。",
        "Line {line} of the file of number ranges can't be read; nothing was changed. It must be a CSV (UTF-8 or GB18030) whose "
        "first row names the columns: prefix (3 to 7 digits), carrier, kind.",
    ),
    "prefixes.rows": Words(
        "号段文件里有 {count} 行不对，第一处在第 {line} 行。什么都没有改，请改好整个文件再来。",
        "{count} rows of the file of number ranges are wrong, the first is line {line}. Nothing was changed; mend the file and "
        "bring it again.",
    ),
    "prefixes.empty": Words(
        "号段文件里一行数据也没有，什么都没有改。",
        "The file of number ranges has no rows; nothing was changed.",
    ),
    "prefixes.future": Words(
        "数据日期 {day} 在今天（{today}）之后，什么都没有改。请写数据是哪天的。",
        "The date of the data, {day}, lies after today ({today}); nothing was changed. Say of which day they are.",
    ),
    "ported.unreadable": Words(
        "携号转网文件第 {line} 行读不懂，什么都没有改。需要 CSV（UTF-8 或 GB18030），第一行写列名：手机号、运营商。",
        "Line {line} of the file of ported numbers can't be read; nothing was changed. It must be a CSV (UTF-8 or GB18030) whose "
        "first row names the columns: number, carrier.",
    ),
    "ported.rows": Words(
        "携号转网文件里有 {count} 行不对，第一处在第 {line} 行。什么都没有改，请改好整个文件再来。",
        "{count} rows of the file of ported numbers are wrong, the first is line {line}. Nothing was changed; mend the file and "
        "bring it again.",
    ),
    "ported.empty": Words(
        "携号转网文件里一行数据也没有，什么都没有改。",
        "The file of ported numbers has no rows; nothing was changed.",
    ),
    "ported.future": Words(
        "数据日期 {day} 在今天（{today}）之后，什么都没有改。请写数据是哪天的。",
        "The date of the data, {day}, lies after today ({today}); nothing was changed. Say of which day they are.",
    ),
    "ported.too_large": Words(
        "携号转网文件太大（最多 {at_most} 字节），什么都没有改。请分成几个。",
        "The file of ported numbers is too large (at most {at_most} octets); nothing was changed. Split it.",
    ),
    "ported.busy": Words(
        "上一份携号转网文件（{file}）还没有做完。这一份没有收，等它做完再来。",
        "The file of ported numbers before ({file}) is not done yet. This one was not taken; bring it when that is.",
    ),
    "ported.file_gone": Words(
        "携号转网文件不见了。已经更新的都在；请重新上传，更新过的不会重复。",
        "The file of ported numbers is gone. What was updated stays; upload it again, nothing is done twice.",
    ),
    "ported.too_many": Words(
        "号码太多（一次最多 {at_most} 个），什么都没有改。请分成几个文件。",
        "There are too many numbers (at most {at_most} at a time); nothing was changed. Split the file.",
    ),
    "ported.source": Words(
        "请用一行话（最多 {longest} 字）说明数据的来源。什么都没有改。",
        "Say in one line of up to {longest} characters where the data come from. Nothing was changed.",
    ),
    "ported.too_old": Words(
        "数据是 {day} 的，而携号转网的记录只信 {days} 天。什么都没有改，请换一份新的。",
        "The data are of {day}, but what is learned of a carrier is believed for {days} days. Nothing was changed; bring "
        "newer data.",
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
