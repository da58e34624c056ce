"""Words for inspection, retention, holds and the audit log's seals."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "audit.address": Words(
        "看不懂这个地址。请写一个 IP 地址，或一段网络，例如 10.0.0.0/8。",
        "This is no address. Give an IP address, or a network such as 10.0.0.0/8.",
    ),
    "audit.head_unreadable": Words(
        "抄送的链末文件 {file} 读不懂，没有核验。请换一份，或删掉后重新核验。",
        "The deposited head {file} cannot be read; nothing was checked. Use another copy, or remove it and check again.",
    ),
    "audit.incomplete": Words(
        "审计日志 {month} 应有 {sealed} 条，现在只有 {entries} 条。没有清理，以免掩盖缺失。请先核验。",
        "The audit log of {month} should have {sealed} entries and has {entries}. Nothing was dropped, so that the gap is "
        "not hidden. Check the log first.",
    ),
    "audit.no_reason": Words("请写明原因。什么也没有改。", "Say why. Nothing was changed."),
    "audit.unsealed": Words(
        "审计日志 {month} 有还没封签的记录，没有清理。一分钟后再试。",
        "Entries of the audit log of {month} are not sealed yet; nothing was dropped. Try again in a minute.",
    ),
    "hold.no_reason": Words("请写明原因。什么也没有改。", "Say why. Nothing was changed."),
    "hold.nothing": Words(
        "没有指明冻结哪次活动或哪位客户，或者这次活动还没有发送计划。没有冻结。",
        "It is not clear which campaign or contact to hold, or the campaign has no plan yet. Nothing was held.",
    ),
    "hold.period": Words(
        "请填写起止日期，结束日不能早于开始日。没有冻结。",
        "Give both days; the last may not be before the first. Nothing was held.",
    ),
    "hold.unknown": Words("没有这个冻结，或者已经解除。", "There is no such hold, or it has been lifted."),
    "inspection.busy": Words(
        "已有 {at_most} 份档案在生成。请等其中一份完成再来。",
        "{at_most} archives are being drawn up. Come back when one of them is done.",
    ),
    "inspection.file_gone": Words(
        "文件已经删除（生成后保留七天），或者还没生成好。可以重新导出。",
        "The file is gone (kept for seven days), or not finished. Export it again.",
    ),
    "inspection.part": Words("没有这一项。", "There is no such part."),
    "inspection.period": Words("结束日不能早于开始日。", "The last day may not be before the first."),
    "inspection.sample": Words(
        "一次抽 1 到 {at_most} 条。", "Draw between 1 and {at_most} messages at a time."
    ),
    "inspection.too_long": Words(
        "一次最多看 {at_most} 天。请缩短时间。", "At most {at_most} days at a time. Choose a shorter period."
    ),
    "inspection.unknown": Words("没有这份档案。", "There is no such archive."),
    "retention.below_floor": Words(
        "{kind}至少要保留 {floor_days} 天（{source}）。没有改。",
        "{kind_en}: at least {floor_days} days ({source_en}). Nothing was changed.",
    ),
    "retention.days": Words("请填写整天数。没有改。", "Give a whole number of days. Nothing was changed."),
    "retention.fixed": Words("{kind}的保留不能修改。", "How long is kept cannot be changed here: {kind_en}."),
    "retention.too_long": Words(
        "最多 {at_most} 天。没有改。", "At most {at_most} days. Nothing was changed."
    ),
    "retention.unknown": Words("没有这种数据。", "There is no such kind of data."),
}
