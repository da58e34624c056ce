"""Words for what forms and their confirmation codes refuse."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "form.unknown": Words("没有这个表单。", "There is no such form."),
    "form.slug": Words(
        "网址只用小写字母、数字和连字符，2 到 {longest} 个字符，不以连字符开头。没有新建。",
        "An address has small letters, digits and hyphens, 2 to {longest} of them, and begins with no hyphen. "
        "Nothing was created.",
    ),
    "form.slug_taken": Words(
        "网址“{slug}”已经有表单在用。没有新建。请换一个。",
        "Another form has the address “{slug}”. Nothing was created. Choose another.",
    ),
    "form.name": Words(
        "请填名称，最多 {longest} 个字，不换行。没有保存。",
        "Give a name of at most {longest} characters in one line. Nothing was saved.",
    ),
    "form.kind": Words("没有“{kind}”这种表单。没有新建。", "There is no kind “{kind}”. Nothing was created."),
    "form.design": Words(
        "这一处看不懂或太长：{path}。最后的改动没有保存，请改正后再试。",
        "This cannot be read, or is too long: {path}. The last change was not saved; put it right and try again.",
    ),
    "form.twice": Words(
        "同一项出现了两次（{path}）。最后的改动没有保存。",
        "Something is there twice ({path}). The last change was not saved.",
    ),
    "form.unready": Words(
        "还差 {count} 项才能发布。没有发布，草稿还在。请在编辑页按提示补齐。",
        "{count} things are missing. Nothing was published; the draft is kept. The editor says what to do.",
    ),
    "form.unchanged": Words(
        "草稿与第 {number} 版完全相同，已经发布了。没有新的版本。",
        "The draft is the same as version {number}, which is published. There is no new version.",
    ),
    "form.prize_kind": Words(
        "“{prize}”发布后不能改变种类。没有发布。请移除它，另加一个奖品。",
        "The kind of “{prize}” cannot change once published. Nothing was published. Remove it and add another prize.",
    ),
    "form.stock_below_taken": Words(
        "“{prize}”已经发出 {taken} 份，数量不能比这更少。没有发布。",
        "{taken} of “{prize}” were given already; there cannot be fewer. Nothing was published.",
    ),
    "form.state": Words(
        "表单现在的状态不能这样做。什么都没有改变。请刷新页面。",
        "The form is not in a state for that. Nothing was changed. Reload the page.",
    ),
    "form.no_pool": Words(
        "没有这个券码库。没有加入券码。请先在表单里加一个“券码库”奖品。",
        "There is no such pool. No codes were added. Add a prize of that kind to the form first.",
    ),
    "form.too_many_codes": Words(
        "一次最多加入 {at_most} 个券码。没有加入。请分几次。",
        "At most {at_most} codes at once. None were added. Split the list.",
    ),
    "form.coupon_file": Words(
        "文件不是 UTF-8 编码的文本。没有加入。请另存为 CSV（UTF-8）再试。",
        "The file is no UTF-8 text. Nothing was added. Save it as CSV (UTF-8) and try again.",
    ),
    "form.missing": Words("这一项必须填写。没有提交。", "This has to be filled in. Nothing was sent."),
    "form.choice": Words("请从列表里选。没有提交。", "Choose one of the list. Nothing was sent."),
    "codes.setting": Words(
        "不认识设置“{setting}”，或它的值不对。没有保存。",
        "The setting “{setting}” is unknown or has a wrong value. Nothing was saved.",
    ),
    "codes.channel": Words(
        "请选一条启用的服务通道和一个可用的签名。没有保存。",
        "Choose a service channel and a signature that are in use. Nothing was saved.",
    ),
    "codes.text": Words(
        "正文要恰好有一个 {{code}}，不用其他变量，连签名不超过一条（{at_most} 字，现在 {units} 字）。没有保存。",
        "The text needs {{code}} exactly once, no variables, and one part at most with its signature ({at_most} "
        "characters, now {units}). Nothing was saved.",
    ),
    "codes.not_ready": Words(
        "验证码没有发出：通道或签名没有设置，或已停用。请在“表单 · 验证码设置”里选好。",
        "The code was not sent: channel or signature are not set or out of use. Choose them under Forms, Codes.",
    ),
    "codes.closed": Words(
        "验证码没有发出：通道现在不接收短信。请稍后再试，或换一条通道。",
        "The code was not sent: the channel takes no messages at this hour. Try later, or use another channel.",
    ),
}
