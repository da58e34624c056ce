"""Words for what the complaints slice refuses."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "complaint.unknown": Words(
        "没有这件投诉。请核对编号。", "There is no such complaint. Check the reference."
    ),
    "complaint.source": Words(
        "没有“{source}”这个来源。没有登记。可以选：{known}。",
        "There is no source “{source}”. Nothing was taken in. Choose one of: {known}.",
    ),
    "complaint.about": Words(
        "没有“{about}”这种投诉。没有登记。可以选：{known}。",
        "There is no kind of complaint “{about}”. Nothing was taken in. Choose one of: {known}.",
    ),
    "complaint.in_future": Words(
        "投诉时间在未来。没有登记。请核对。",
        "The time of the complaint lies in the future. Nothing was taken in. Check it.",
    ),
    "complaint.too_old": Words(
        "投诉时间太早（超过 {days} 天）。没有登记。请核对年份。",
        "The complaint is more than {days} days old. Nothing was taken in. Check the year.",
    ),
    "complaint.too_long": Words(
        "“{field}”太长或含有不能保存的字符，最多 {longest} 个字。没有保存。",
        "“{field}” is too long or has characters that cannot be kept; at most {longest}. Nothing was saved.",
    ),
    "complaint.empty": Words(
        "“{field}”是空的。没有保存。请写上，日后要用它说明。",
        "“{field}” is empty. Nothing was saved. Fill it in: it has to explain this later.",
    ),
    "complaint.state": Words(
        "这件投诉已经到了别的阶段，不能这样做。什么都没有改变。请刷新后再看。",
        "This complaint has moved on, so this cannot be done any more. Nothing was changed. Reload and look again.",
    ),
    "complaint.dismissal": Words(
        "没有“{why}”这个原因。没有改变。请从列表里选。",
        "There is no reason “{why}”. Nothing was changed. Choose one from the list.",
    ),
    "complaint.valid": Words(
        "没有选成立还是不成立。没有办结。", "Whether it holds up was not chosen. It was not closed."
    ),
    "complaint.extension": Words(
        "一次最多延长 {at_most} 个工作日，至少 1 个。期限没有改变。",
        "At least 1 and at most {at_most} working days at a time. The deadline was not changed.",
    ),
    "complaint.letter_to": Words(
        "答复只能写给投诉人或来源。没有保存。",
        "An answer goes to the complainant or to the source. Nothing was saved.",
    ),
    "complaint.message_id": Words(
        "没有选是哪一条，编号也看不懂。没有改变。",
        "No message was chosen, and the number cannot be read. Nothing was changed.",
    ),
    "complaint.attachment_size": Words(
        "附件是空的，或超过 {at_most_mb} MB。没有保存。请压缩或分开。",
        "The attachment is empty or larger than {at_most_mb} MB. It was not saved. Compress or split it.",
    ),
    "complaint.attachments": Words(
        "一件投诉最多 {at_most} 个附件。没有保存。",
        "A complaint has at most {at_most} attachments. It was not saved.",
    ),
    "complaint.no_attachment": Words("没有这个附件。", "There is no such attachment."),
    "complaint.rules": Words(
        "“{field}”的值不能用。规则没有改变。请核对数字和出处。",
        "The value of “{field}” cannot be used. The rules were not changed. Check the numbers and the source.",
    ),
    "complaint.waiver": Words(
        "放行要写明对象，最多 {at_most_days} 天。没有放行。",
        "A waiver needs its object and lasts at most {at_most_days} days. Nothing was waived.",
    ),
    "complaint.rate_high": Words(
        "“{name}”近期投诉 {complaints} 件（送达 {delivered} 条，百万投诉比 {per_million}），超过关停限额 {limit}"
        "（{label}）。没有发出任何短信。请处理投诉的同事在“投诉 › 投诉率”里写明原因放行，或换签名、模板。",
        "“{name}” has lately had {complaints} complaints ({delivered} delivered, {per_million} per million), above the "
        "closing limit of {limit} ({label_en}). No message was sent. Somebody who handles complaints can let it pass "
        "under Complaints › Rates with a reason, or use another signature or template.",
    ),
    "complaint.file_unknown": Words("没有这份文件。请核对。", "There is no such file. Check it."),
    "complaint.file_gone": Words(
        "文件已经不在了。登记过的都在。需要时重新上传。",
        "The file is gone. What was taken in is kept. Upload it again if needed.",
    ),
    "complaint.file_state": Words(
        "这份文件已经在登记，或登记过了。什么都没有改变。",
        "This file is being taken in, or was. Nothing was changed.",
    ),
    "complaint.file_rows": Words(
        "文件超过 {at_most} 行。没有登记。请分成几份。",
        "The file has more than {at_most} rows. Nothing was taken in. Split it.",
    ),
}
