"""Words for what the campaigns, insights, delivery and channels slices refuse, and the protocols beneath them."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "trial.channel_off": Words(
        "通道“{channel}”已停用，测试短信没有发。请先启用它。",
        "The channel “{channel}” is switched off; no trial was sent. Switch it on first.",
    ),
    "trial.closed": Words(
        "现在不在可以发送的时间里，测试短信没有发。请在发送时段内再试。",
        "No message may leave at this hour, so no trial was sent. Try again within the sending hours.",
    ),
    "trial.needs_template": Words(
        "通道“{channel}”只收模板里的内容，测试短信没有发。请选一个已通过审核的模板。",
        "The channel “{channel}” carries templates only; no trial was sent. Choose an approved template.",
    ),
    "trial.not_approved": Words(
        "模板“{template}”还没有通过审核，或用途和通道不同，测试短信没有发。",
        "The template “{template}” is not approved, or not of the channel's purpose; no trial was sent.",
    ),
    "trial.not_filed": Words(
        "模板“{template}”写出的短信，没有一个在通道“{channel}”上报备生效的模板能对上，测试短信没有发。请看“报备”里的模板和生效日期。",
        "No template in force that is filed with the channel “{channel}” fits what “{template}” says; no trial was sent."
        " Look at the filed templates and the days from which they hold.",
    ),
    "trial.enough": Words(
        "这个号码 24 小时内已经测试了 {most} 次，测试短信没有发。请换一个号码，或明天再试。",
        "This number had {most} trials within 24 hours; no trial was sent. Take another number, or try again tomorrow.",
    ),
    "trial.no_contact": Words(
        "这个号码不在客户库里，测试短信没有发。请先把同事加为客户，并登记她本人的授权。",
        "No contact has this number, so no trial was sent. Add your colleague as a contact, with her own consent.",
    ),
    "approval.own_campaign": Words(
        "不能批准自己写的活动。没有批准。请其他审核人来批准。",
        "You wrote this campaign, so you cannot approve it. It was not approved. Ask another reviewer.",
    ),
    "approval.role": Words(
        "您的角色不能批准活动或文案，要由审核或管理员来批准。没有改变。",
        "Your role cannot approve campaigns or texts; a reviewer or an administrator can. Nothing was changed.",
    ),
    "approval.unknown_user": Words(
        "没有叫“{user}”的在用账号，不能批准。没有改变。",
        "There is no active account “{user}”, so it cannot approve. Nothing was changed.",
    ),
    "campaign.changed_since_approval": Words(
        "批准之后内容有变（例如分群的规则或路由改了），不能发送。没有发出任何短信。请退回，重新审核。",
        "Something changed after the approval (the segment's rule or the route, for example), so it cannot be sent. "
        "No message went out. Send it back and have it approved again.",
    ),
    "campaign.incomplete": Words(
        "活动还没有填完：{missing}。请补齐分群、模板和通道。",
        "The campaign is not complete: {missing}. Choose segment, template and channel.",
    ),
    "campaign.name": Words(
        "请给活动起一个名字，最多 {at_most} 个字。没有保存。",
        "Give the campaign a name of at most {at_most} characters. Nothing was saved.",
    ),
    "campaign.no_window": Words(
        "{days} 天内没有可以发送的时段，没有发出任何短信。请到“设置”里看时段和日历，或换一个行业。",
        "There is no send window within {days} days, so no message went out. "
        "Look at windows and calendar under Settings, or choose another trade.",
    ),
    "campaign.nobody": Words(
        "没有可以发送的客户：每一位都被关卡拦下，或分群是空的。没有发出任何短信。",
        "There was nobody to write to: every contact was refused by a gate, or the segment is empty. "
        "No message went out.",
    ),
    "campaign.not_planned": Words(
        "活动还没有生成计划，没有可以看的数字。开始之后再来。",
        "The campaign has no plan yet, so there are no numbers. Come back when it has been started.",
    ),
    "campaign.planning_fails": Words(
        "生成计划试了 {attempts} 次都中断了，已停下。没有发出任何短信。请管理员看日志。",
        "Making the plan broke off {attempts} times, so it was given up. No message went out. "
        "An administrator should look at the logs.",
    ),
    "campaign.purpose": Words(
        "没有“{value}”这种用途。没有保存。请选营销或服务。",
        "There is no purpose “{value}”. Nothing was saved. Choose marketing or service.",
    ),
    "campaign.purpose_mismatch": Words(
        "用途不一致：活动、模板和通道要是同一种用途（营销或服务）。没有保存。请重新选择。",
        "The purposes differ: campaign, template and channel must be of one purpose. Nothing was saved. "
        "Choose again.",
    ),
    "campaign.rate": Words(
        "限速要在每秒 1 到 100,000 个计费条之间。没有保存。",
        "The rate must be between 1 and 100,000 parts a second. Nothing was saved.",
    ),
    "campaign.schedule_past": Words(
        "这个时间已经过去了。没有定时。请选以后的时间，或现在开始。",
        "That time has passed. Nothing was scheduled. Choose a later one, or start now.",
    ),
    "campaign.schedule_time": Words(
        "看不懂这个时间。没有定时。请重新选择日期和时间。",
        "That time cannot be read. Nothing was scheduled. Choose date and time again.",
    ),
    "campaign.signature_disabled": Words(
        "签名【{signature}】已停用，没有发出任何短信。请启用它，或换一条短信。",
        "Signature 【{signature}】 is switched off, so no message went out. Switch it on or choose another text.",
    ),
    "campaign.state": Words(
        "活动现在的状态不能这样做，可能别人先做了一步。什么都没有改变。请刷新后再看。",
        "The campaign is not in a state that allows this; somebody may have been faster. Nothing was changed. "
        "Reload and look again.",
    ),
    "campaign.trade": Words(
        "没有“{value}”这个行业。没有保存。请重新选择。",
        "There is no trade “{value}”. Nothing was saved. Choose again.",
    ),
    "campaign.unknown": Words(
        "没有这个活动，可能已被删除。", "There is no such campaign; it may have been removed."
    ),
    "channel.config": Words(
        "通道的参数有误。没有保存。请看每一项下面的说明。",
        "Something about the channel is wrong. Nothing was saved. See the remarks at the fields.",
    ),
    "channel.name_taken": Words(
        "已经有叫“{name}”的通道。没有保存。请换一个名字。",
        "There is a channel called “{name}” already. Nothing was saved. Choose another name.",
    ),
    "channel.unknown": Words("没有这个通道。", "There is no such channel."),
    "explain.phone_or_contact": Words(
        "请填手机号，或从名单里选一位客户。", "Give a phone number, or choose a contact from a list."
    ),
    "export.reason": Words(
        "带完整手机号导出，要写明用来做什么。没有导出。",
        "To export clear phone numbers, say what for. Nothing was exported.",
    ),
    "forecast.rate": Words(
        "速率至少是每秒 1 条，算不出完成时间。请检查通道和限速。",
        "The rate must be at least 1 part a second to predict the end. Check the channel and the throttle.",
    ),
    "insights.limit": Words(
        "一页最多 {at_most} 行。请选小一点的页。",
        "A page holds at most {at_most} rows. Choose a smaller one.",
    ),
    "insights.too_many_rows": Words(
        "名单有 {rows} 行，Excel 最多放 {at_most} 行。没有导出。请改用 CSV，或先缩小范围。",
        "The list has {rows} rows and a sheet holds {at_most}. Nothing was exported. Use CSV or narrow it down.",
    ),
    "message.unknown": Words("没有这条短信。", "There is no such message."),
    "plan.closed": Words(
        "计划已经生成完，不能再加短信。没有改变。",
        "The plan is closed; nothing can be added. Nothing was changed.",
    ),
    "plan.deadline_past": Words(
        "截止时间已经过去，没有生成计划。请重新开始活动。",
        "The deadline has passed, so no plan was made. Start the campaign again.",
    ),
    "plan.no_window": Words(
        "没有可以发送的时段，没有生成计划。", "There is no send window, so no plan was made."
    ),
    "plan.rate": Words(
        "限速要是正整数，没有生成计划。", "The rate must be a positive number; no plan was made."
    ),
    "plan.state": Words(
        "发送现在的状态不能这样做，可能刚刚发完或已经停止。什么都没有改变。请刷新后再看。",
        "The plan is not in a state that allows this; it may just have finished or been stopped. "
        "Nothing was changed. Reload and look again.",
    ),
    "plan.too_many": Words(
        "一个计划最多 {at_most} 条短信，没有生成。请把分群拆开。",
        "A plan holds at most {at_most} messages, so none was made. Split the segment.",
    ),
    "plan.unknown": Words("没有这个计划。", "There is no such plan."),
    "plan.windows_order": Words(
        "发送时段的先后不对，没有生成计划。请检查设置里的时段。",
        "The send windows are out of order, so no plan was made. Check them under Settings.",
    ),
    "reply.meaning": Words(
        "没有“{meaning}”这一类回复。请从筛选框里重新选择。",
        "There are no replies of the kind “{meaning}”. Choose again from the filter.",
    ),
    "reply.unknown": Words("没有这条回复。", "There is no such reply."),
    "session.wrong_state": Words(
        "和运营商的会话现在是 {state}，不能 {move}。没有发出任何内容。",
        "The session with the carrier is {state} and cannot {move}. Nothing was sent.",
    ),
    "cmpp.bad_destinations": Words(
        "一次提交的号码数不对（{count}）。没有提交。",
        "A submit with {count} numbers is not possible. Nothing was sent.",
    ),
    "cmpp.bad_length": Words(
        "运营商发来的数据长度不对（{length}），连接已断开。",
        "The carrier sent data of a wrong length ({length}); the connection was closed.",
    ),
    "cmpp.content_too_long": Words(
        "内容 {length} 字节，最多 {at_most} 字节。没有提交。",
        "The content has {length} octets, at most {at_most} fit. Nothing was sent.",
    ),
    "cmpp.field_too_long": Words(
        "“{field}”太长：{length} 字节，最多 {at_most}。没有提交。请检查通道参数。",
        "“{field}” is too long: {length} octets, at most {at_most}. Nothing was sent. Check the channel.",
    ),
    "cmpp.field_unencodable": Words(
        "“{field}”里有不能编码的字符。没有提交。请检查通道参数。",
        "“{field}” has characters that cannot be encoded. Nothing was sent. Check the channel.",
    ),
    "cmpp.malformed": Words(
        "运营商发来的数据看不懂，连接已断开。",
        "The carrier sent data that cannot be read; the connection was closed.",
    ),
    "cmpp.number_out_of_range": Words(
        "有一个数字超出协议的范围。没有提交。", "A number is out of the protocol's range. Nothing was sent."
    ),
    "cmpp.template_of_other_version": Words(
        "短信是按另一个协议版本编码的。没有提交。",
        "The message was encoded for another version. Nothing was sent.",
    ),
    "cmpp.unexpected_command": Words(
        "运营商在不该的时候发来了命令 {command}，连接已断开。",
        "The carrier sent command {command} out of turn; the connection was closed.",
    ),
    "cmpp.unknown_command": Words(
        "运营商发来了不认识的命令 {command}，连接已断开。",
        "The carrier sent the unknown command {command}; the connection was closed.",
    ),
    "cmpp.wrong_width": Words(
        "“{field}”应是 {width} 字节，现在是 {length}。没有提交。",
        "“{field}” must have {width} octets, not {length}. Nothing was sent.",
    ),
}
