"""Words for what the filings slice refuses, and for what a channel would not accept."""

from __future__ import annotations

from xinfeng.console.sentences import Words
from xinfeng.filings.faults import WORDS

SENTENCES: dict[str, Words] = {
    **{code: Words(chinese, english) for code, (chinese, english) in WORDS.items()},
    "channel.capabilities": Words(
        "通道的规则有填错的地方。没有保存。请检查标出的项。",
        "Some of the channel's rules are wrong. Nothing was saved. Check the fields that are marked.",
    ),
    "document.changed": Words(
        "这份文件和当初上传的不一致，可能被改动过，没有给出。请告诉管理员。",
        "This file is not what was uploaded; it may have been tampered with and was not handed out. "
        "Tell an administrator.",
    ),
    "document.kind": Words(
        "这个文件的内容不是 PDF、JPG、PNG 或 OFD（只看内容，不看扩展名）。没有保存。请换成其中一种再上传。",
        "The file's content is neither PDF, JPG, PNG nor OFD (its name does not count). Nothing was kept. "
        "Upload one of those.",
    ),
    "document.too_many": Words(
        "最多放 {at_most} 份文件。没有保存。请合并后再上传。",
        "At most {at_most} files are kept. Nothing was saved. Merge some and try again.",
    ),
    "document.unknown": Words(
        "没有这份文件。请回到列表再看。", "There is no such file. Go back to the list and look again."
    ),
    "filing.at_most": Words(
        "每天最多多少条要在 1 到 1,000,000,000 之间，或留空。没有保存。",
        "The most messages a day must lie between 1 and 1,000,000,000, or be left empty. Nothing was saved.",
    ),
    "filing.basis": Words(
        "没有这种签名依据。没有保存。请从列表里选。",
        "There is no such basis for a signature. Nothing was saved. Choose one from the list.",
    ),
    "filing.carrier": Words(
        "看不懂是哪家运营商。没有保存。可以选移动、联通、电信、广电。",
        "The carrier cannot be read. Nothing was saved. Choose Mobile, Unicom, Telecom or Broadnet.",
    ),
    "filing.days": Words(
        "结束日（{last}）不对：早于开始日，已经过去，或太远。没有保存。请检查日期。",
        "The last day ({last}) is wrong: before the first, past already, or too far away. Nothing was saved. "
        "Check the days.",
    ),
    "filing.exists": Words(
        "这个签名在这个通道上已经有一份（{carrier}）报备。没有新建。请在原来那份上继续，或先撤销它。",
        "There is a filing of this signature over this channel already ({carrier}). None was made. Go on with that one, "
        "or withdraw it first.",
    ),
    "filing.exists_template": Words(
        "这一版在这个通道上已经有一份报备。没有新建。请在原来那份上继续，或先撤销它。",
        "This version has a filing over this channel already. None was made. Go on with that one, or withdraw it first.",
    ),
    "filing.how_many": Words(
        "请选择 1 到 {at_most} 份报备。什么都没有改变。",
        "Choose between 1 and {at_most} filings. Nothing was changed.",
    ),
    "filing.lapsed": Words(
        "这个活动依据的报备已失效（到期、撤销，或通道开始要求报备），不能继续发送。没有再发出任何短信。"
        "请先让报备生效；不再发送就停止活动。",
        "A filing this campaign relies on is no longer in force (it expired, was withdrawn, or the channel began to "
        "demand one), so it cannot go on. No more messages went out. Bring the filing into force, or stop the campaign.",
    ),
    "filing.no_number": Words(
        "请填运营商或服务商给的编号。没有保存。",
        "Give the number that the carrier or vendor issued. Nothing was saved.",
    ),
    "filing.no_reason": Words("请写明原因。什么都没有改变。", "Give the reason. Nothing was changed."),
    "filing.port": Words(
        "号码只能是数字，最多 21 位。没有保存。",
        "The number may hold digits only, at most 21. Nothing was saved.",
    ),
    "filing.state": Words(
        "这份报备现在的状态不能这样做，可能别人先做了一步。什么都没有改变。请刷新后再看。",
        "The filing is not in a state that allows this; somebody may have been faster. Nothing was changed. "
        "Reload and look again.",
    ),
    "filing.text_differs": Words(
        "这条短信实际发出的文字和要报备的文字对不上。没有保存。请用系统生成的文字，或只改变量的写法。",
        "What this template sends would not be the text to be filed. Nothing was saved. Use the text that was "
        "proposed, or change only how its variables are written.",
    ),
    "filing.too_long": Words(
        "“{field}”太长或有不能用的字符，最多 {longest} 个字。没有保存。",
        "“{field}” is too long or holds characters that cannot be kept; at most {longest}. Nothing was saved.",
    ),
    "filing.unknown": Words(
        "没有这份报备。请回到列表再看。", "There is no such filing. Go back to the list and look again."
    ),
    "gap.incomplete": Words(
        "请写上名称和来源（各不超过 60 和 200 字）。没有保存。",
        "Give a name and a source (at most 60 and 200 characters). Nothing was saved.",
    ),
    "gap.unknown": Words("没有这段停报期。请刷新后再看。", "There is no such period. Reload and look again."),
    "gap.vendor": Words(
        "没有这家服务商。没有保存。可以选：{known}。",
        "There is no such vendor. Nothing was saved. Choose one of: {known}.",
    ),
    "peaks.setting": Words(
        "大促日的设置（{setting}）看不懂或超出范围。没有保存。请检查后再试。",
        "The setting of peak days ({setting}) cannot be read or is out of range. Nothing was saved. Check it.",
    ),
    "qualification.exists": Words(
        "编号 {number} 的这种资质已经登记了。没有新建。请在原来那份上修改。",
        "A qualification of this kind with number {number} is on file already. None was made. Change that one.",
    ),
    "qualification.incomplete": Words(
        "还没有填完：{missing}。没有保存。", "Not complete yet: {missing}. Nothing was saved."
    ),
    "qualification.kind": Words(
        "没有这种资质。没有保存。请从列表里选。",
        "There is no such kind. Nothing was saved. Choose one from the list.",
    ),
    "qualification.retired": Words(
        "这份资质已经停用了。什么都没有改变。", "This qualification is retired already. Nothing was changed."
    ),
    "qualification.unknown": Words(
        "没有这份资质，或已停用。什么都没有保存。请刷新后再选。",
        "There is no such qualification, or it is retired. Nothing was saved. Reload and choose again.",
    ),
    "result.columns": Words(
        "结果文件里缺少这些列：{missing}。没有导入任何一行。表头要有签名、运营商、状态，可以有编号、原因、到期日。",
        "The result file lacks these columns: {missing}. No line was taken. It needs signature, carrier and state, and may "
        "have number, reason and last day.",
    ),
    "result.state": Words(
        "看不懂结果，可以写：通过、驳回、审核中。",
        "The result cannot be read; write passed, refused or pending.",
    ),
    "result.too_many": Words(
        "一个文件最多 {at_most} 行。没有导入。请分开。",
        "At most {at_most} lines a file. Nothing was taken. Split it.",
    ),
}
