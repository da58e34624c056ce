"""Words for what the privacy slice refuses."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "request.unknown": Words("没有这个请求。请核对编号。", "There is no such request. Check the reference."),
    "request.kind": Words(
        "没有“{kind}”这种请求。没有登记。", "There is no request of the kind “{kind}”. Nothing was taken in."
    ),
    "request.via": Words(
        "没有“{via}”这种提出方式。没有登记。",
        "There is no way of asking called “{via}”. Nothing was taken in.",
    ),
    "request.whom": Words(
        "手机号和会员号都没有填，不知道这个请求是关于谁的。没有登记。请至少填一项。",
        "Neither a phone number nor a member id was given, so nobody knows whom this is about. Nothing was taken in. "
        "Give at least one.",
    ),
    "request.two_people": Words(
        "手机号和会员号属于两位不同的客户。没有登记。请核对，或先在客户页合并。",
        "The number and the member id belong to two different people. Nothing was taken in. "
        "Check them, or merge the two contacts first.",
    ),
    "request.received_in_future": Words(
        "收到时间在未来。没有登记。请核对。",
        "The time of receipt lies in the future. Nothing was taken in. Check it.",
    ),
    "request.unfit": Words(
        "“{field}”太长或含有不能保存的字符，最多 {longest} 个字。没有登记。",
        "“{field}” is too long or has characters that cannot be kept; at most {longest}. Nothing was taken in.",
    ),
    "request.state": Words(
        "这个请求已经到了别的阶段，不能这样做。什么都没有改变。请刷新后再看。",
        "This request has moved on, so this cannot be done any more. Nothing was changed. Reload and look again.",
    ),
    "request.identity_how": Words(
        "没有这种核验方式。没有记录。", "There is no such way of checking. Nothing was recorded."
    ),
    "request.identity_note": Words(
        "没有写怎样核验的。没有记录。请写明看到了什么，不要抄录证件号码。",
        "Nothing says what was seen. Nothing was recorded. Say what was seen; do not copy the number of the document.",
    ),
    "request.identity_first": Words(
        "还没有核验身份。什么都没有改变。请先确认提出请求的就是本人。",
        "The identity has not been checked yet. Nothing was changed. Make sure first that it is the person who asks.",
    ),
    "request.no_reason": Words(
        "没有写说明。什么都没有改变。请写一句。",
        "Nothing was written. Nothing was changed. Please write a sentence.",
    ),
    "request.too_late_a_day": Words(
        "不能延到那一天：最晚 {latest}（收到后 30 天）。期限没有改变。",
        "It cannot be put off that long: {latest} at the latest (30 days after receipt). The deadline was not changed.",
    ),
    "request.outcome": Words(
        "这种请求不能这样答复。什么都没有改变。",
        "A request of this kind cannot be answered so. Nothing was changed.",
    ),
    "request.not_done": Words(
        "还没有做，不能说已经做了。什么都没有改变。请先办理再答复。",
        "It has not been done yet, so one cannot say that it was. Nothing was changed. Do it first, then answer.",
    ),
    "request.nobody": Words(
        "没有保存这个人的信息，或已经删除。什么都没有改变。请答复“没有保存其信息”。",
        "Nothing is held about this person, or it was erased already. Nothing was changed. Answer that nothing is held.",
    ),
    "request.never_refused": Words(
        "“不再营销”和“不再个性化”不能拒绝。什么都没有改变。请直接停止。",
        "“No marketing” and “no personalisation” cannot be refused. Nothing was changed. Switch it off.",
    ),
    "request.refusal": Words(
        "没有这种拒绝理由。什么都没有改变。", "There is no such ground for refusing. Nothing was changed."
    ),
    "request.nothing_changed": Words(
        "没有更正任何内容。什么都没有改变。", "Nothing was corrected. Nothing was changed."
    ),
    "request.letter": Words(
        "答复不能空着，也不能超过 {longest} 个字。没有保存。",
        "The letter can be neither empty nor longer than {longest} characters. It was not saved.",
    ),
    "request.no_export": Words(
        "没有可以下载的导出文件：还没做好，或已过期删除。",
        "There is no export to download: not made yet, or expired and removed.",
    ),
    "request.erased_already": Words(
        "这位客户的信息已经删除过了。什么都没有改变。",
        "This person has been erased already. Nothing was changed.",
    ),
    "request.journal_unreadable": Words(
        "删除日志 {file} 在那里，但读不了。没有启动，什么都没有改变：不核对日志，从备份恢复的数据库可能带回已删除的人。"
        "请检查这个文件的权限。",
        "The journal of erasures {file} is there but cannot be read. Nothing was started or changed: without it, a "
        "restored database might bring erased people back. Check the file's permissions.",
    ),
    "request.not_confirmed": Words(
        "没有输入确认的字。什么都没有删除。", "The word that confirms was not typed. Nothing was erased."
    ),
    "request.days": Words(
        "天数不能用，最多 {at_most} 天。没有保存。",
        "This number of days cannot be used: {at_most} at most. Nothing was saved.",
    ),
}
