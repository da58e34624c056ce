"""Words for what policy, attributes, foundation and the command line refuse, and the carrier simulator."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "attribute.choices": Words(
        "“选项”类型要列出可选的值，不能重复；其他类型不用填。没有添加。",
        "A choice needs its values, each once; other kinds have none. Nothing was added.",
    ),
    "attribute.exists": Words(
        "已经有键为“{key}”的属性。没有添加。请换一个键。",
        "There is an attribute with the key “{key}” already. Nothing was added. Choose another.",
    ),
    "attribute.key": Words(
        "键要以小写字母开头，只用小写字母、数字和下划线，最多 40 个字符。没有添加。",
        "A key begins with a small letter and has small letters, digits and underscores, at most 40. "
        "Nothing was added.",
    ),
    "attribute.kind": Words(
        "没有“{kind}”这种类型。没有添加。", "There is no kind “{kind}”. Nothing was added."
    ),
    "attribute.label": Words(
        "请填名称，最多 {longest} 个字。没有添加。",
        "Give a name of at most {longest} characters. Nothing was added.",
    ),
    "attribute.too_many": Words(
        "自定义属性最多 {at_most} 个。没有添加。",
        "There can be at most {at_most} attributes. Nothing was added.",
    ),
    "database.too_old": Words(
        "XINFENG_DATABASE_URL 指向的 PostgreSQL 是第 {version} 版，需要第 {at_least} 版或更新的。没有启动，什么都没有改变。",
        "The PostgreSQL of XINFENG_DATABASE_URL is version {version}; version {at_least} or newer is needed. "
        "Nothing was started or changed.",
    ),
    "body.sign_in": Words(
        "还没有登录，或登录已经过期，所以不能上传文件。什么都没有保存。请先登录，再上传一次。",
        "You have not signed in, or your session has ended, so no file was taken. Nothing was saved. "
        "Sign in and upload it again.",
    ),
    "body.too_large": Words(
        "发来的内容超过了这里能收的大小（{at_most} 字节）。什么都没有保存。请把文件拆小后再上传。",
        "What was sent is larger than can be taken here ({at_most} bytes). Nothing was saved. "
        "Split the file and upload the parts.",
    ),
    "body.too_slow": Words(
        "内容来得太慢，没有收完。什么都没有保存。请检查网络后再试。",
        "It came too slowly and was not taken to its end. Nothing was saved. "
        "Check the network and try again.",
    ),
    "audit.unknown": Words("没有这条记录。", "There is no such entry."),
    "notice.unknown": Words("没有这份告知文本。", "There is no such notice."),
    "lens.no_such_view": Words(
        "分析镜像里没有“{name}”这个问题。请把这个代码告诉管理员。",
        "The lens knows no question “{name}”. Tell an administrator.",
    ),
    "policy.day": Words(
        "请写明 {day} 的名称和依据，不要太长。没有保存。",
        "Give {day} a name and a source, not too long. Nothing was saved.",
    ),
    "policy.day_unknown": Words(
        "日历里没有 {day}，可能别人已经去掉了。",
        "{day} is not in the calendar; somebody may have removed it.",
    ),
    "policy.other_needs_windows": Words(
        "“其他”至少要有一个时段，没有自己时段的行业都用它。没有保存。",
        "“Other” needs a window: trades without their own use it. Nothing was saved.",
    ),
    "policy.outer_bounds": Words(
        "边界要在 {earliest}–{latest} 之内，并且早的在前。没有保存。",
        "The bounds must lie within {earliest}–{latest}, the earlier first. Nothing was saved.",
    ),
    "policy.per_day": Words(
        "每天的上限要在 0 到 {at_most} 之间。没有保存。",
        "The daily ceiling is 0 to {at_most}. Nothing was saved.",
    ),
    "policy.per_week": Words(
        "七天的上限要在 0 到 {at_most} 之间。没有保存。",
        "The weekly ceiling is 0 to {at_most}. Nothing was saved.",
    ),
    "policy.service_hours": Words(
        "服务短信的时间要两项都填，并且早的在前；都留空就不限。没有保存。",
        "Give both ends of the hours for service messages, the earlier first; none means any time. "
        "Nothing was saved.",
    ),
    "policy.tier_cap": Words(
        "分层“{tier}”的上限不能用。没有保存。请填条数和 1 到 366 天。",
        "The ceiling of tier “{tier}” cannot be used. Nothing was saved. Give a number and 1 to 366 days.",
    ),
    "policy.time": Words(
        "看不懂时间“{text}”。没有保存。请写成 09:30。",
        "“{text}” is not a time. Nothing was saved. Write it as 09:30.",
    ),
    "policy.trade": Words(
        "没有“{trade}”这个行业。没有保存。", "There is no trade “{trade}”. Nothing was saved."
    ),
    "policy.unknown_setting": Words(
        "没有“{setting}”这项规则。没有保存。", "There is no rule “{setting}”. Nothing was saved."
    ),
    "policy.window": Words(
        "时段 {starts}–{ends} 不能用：开始要早于结束，都在 08:00–21:00 之内，至少选一天。没有保存。",
        "The window {starts}–{ends} cannot be used: it must start before it ends, lie within 08:00–21:00 and "
        "have a weekday. Nothing was saved.",
    ),
    "policy.window_source": Words(
        "{starts} 开始的时段没有写依据。没有保存。请写明凭什么定的。",
        "The window from {starts} has no source. Nothing was saved. Say where it comes from.",
    ),
    "policy.year": Words(
        "{year} 年的放假安排不完整：至少 {at_least} 天，并且都是这一年的。没有保存。",
        "The holidays of {year} are not complete: at least {at_least}, all of that year. Nothing was saved.",
    ),
    "sample.conflict": Words(
        "这是一个示例：现在不能这样做。什么都没有改变（代码 {code}）。",
        "This is a sample: it cannot be done now. Nothing was changed (code {code}).",
    ),
    "up.already_running": Words(
        "信风已经在 {folder} 上运行。没有再启动一个。",
        "Xinfeng runs on {folder} already. No second one was started.",
    ),
    "demo.campaign_failed": Words(
        "演示活动没有发出：{fault}。数据都还在。",
        "The demonstration's campaign failed: {fault}. All data is kept.",
    ),
    "demo.command_failed": Words(
        "演示中的一步没有成功：{command}（{code}）。数据都还在。",
        "A step of the demonstration failed: {command} ({code}). All data is kept.",
    ),
    "demo.folder_in_use": Words(
        "文件夹 {folder} 里有别的数据，没有动它。请换一个文件夹。",
        "The folder {folder} holds other data and was left alone. Choose another.",
    ),
    "demo.interrupted": Words(
        "演示中断了，可以重新运行。", "The demonstration was interrupted; run it again."
    ),
    "demo.no_port": Words(
        "从 {wanted} 起没有空闲的端口。没有启动。请换一个端口。",
        "There is no free port from {wanted} on. Nothing was started. Choose another.",
    ),
    "demo.timeout": Words(
        "等了 {seconds} 秒，{waited_for} 还没有好。请看日志。",
        "After {seconds} s {waited_for} was still not ready. Look at the logs.",
    ),
    "mapping.option": Words(
        "看不懂“{given}”，请写成 列名=字段。没有导入。",
        "“{given}” cannot be read; write COLUMN=FIELD. Nothing was imported.",
    ),
    "segment.not_json": Words(
        "规则不是 JSON：{fault}。没有保存。", "The rule is not JSON: {fault}. Nothing was saved."
    ),
    "template.default": Words(
        "看不懂“{given}”，请写成 变量=默认值。没有保存。",
        "“{given}” cannot be read; write VARIABLE=DEFAULT. Nothing was saved.",
    ),
    "event.kind_unknown": Words("不认识的行为类型。", "The kind of event is not known."),
    "language.unreadable": Words("看不懂这个语言。", "The language cannot be read."),
    "tags.too_long": Words("标签最多 {longest} 个字。", "A tag has at most {longest} characters."),
    "tags.too_many": Words("一位客户最多 {at_most} 个标签。", "A contact has at most {at_most} tags."),
    "time.in_future": Words("时间在未来，请核对。", "The time lies in the future; check it."),
    "simulator.bad_number": Words("模拟器：号码看不懂。", "Simulator: the number cannot be read."),
    "simulator.bad_result": Words(
        "模拟器：不能用结果 {result}。", "Simulator: result {result} cannot be used."
    ),
    "simulator.bad_share": Words(
        "模拟器：“{field}”要在 0 到 1 之间。", "Simulator: “{field}” must be between 0 and 1."
    ),
    "simulator.bad_status_word": Words(
        "模拟器：“{word}”不是状态字。", "Simulator: “{word}” is not a status word."
    ),
    "simulator.bad_value": Words(
        "模拟器：“{field}”的值不能用。", "Simulator: “{field}” has a value that cannot be used."
    ),
    "simulator.negative": Words("模拟器：“{field}”不能是负数。", "Simulator: “{field}” cannot be negative."),
    "simulator.no_such_account": Words(
        "模拟器：没有账号 {account}。", "Simulator: there is no account {account}."
    ),
    "simulator.not_an_object": Words("模拟器：要给一个 JSON 对象。", "Simulator: a JSON object is expected."),
    "simulator.not_json": Words("模拟器：不是 JSON。", "Simulator: this is not JSON."),
    "simulator.port_taken": Words(
        "模拟器：端口 {port} 已被占用，没有启动。请换一个端口。",
        "Simulator: port {port} is taken; nothing was started. Choose another port.",
    ),
    "simulator.shares_exceed_one": Words(
        "模拟器：“{field}”的份额加起来超过 1。", "Simulator: the shares of “{field}” exceed 1."
    ),
    "simulator.unknown_order": Words("模拟器：不认识的指令。", "Simulator: the order is not known."),
    "simulator.unknown_setting": Words(
        "模拟器：没有“{field}”这项。", "Simulator: there is no setting “{field}”."
    ),
    "simulator.unreadable_script": Words(
        "模拟器：读不了脚本 {path}。", "Simulator: the script {path} cannot be read."
    ),
}
