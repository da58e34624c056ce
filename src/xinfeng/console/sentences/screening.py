"""Words for what screening refuses."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "screening.trade": Words(
        "没有“{trade}”这个行业。什么都没有改变。可以选：{known}。",
        "There is no trade “{trade}”. Nothing was changed. Choose one of: {known}.",
    ),
    "screening.purpose": Words(
        "没有“{purpose}”这个用途。什么都没有改变。可以选：{known}。",
        "There is no purpose “{purpose}”. Nothing was changed. Choose one of: {known}.",
    ),
    "screening.word": Words(
        "“{word}”不能作为词：要有 2 到 {longest} 个字，至少一个是文字或数字。这一批都没有保存。",
        "“{word}” cannot be a word: 2 to {longest} characters, one of them a letter or a digit. None of these was saved.",
    ),
    "screening.words": Words(
        "一次可以添加 1 到 {at_most} 个词。没有保存。",
        "Add 1 to {at_most} words at a time. Nothing was saved.",
    ),
    "screening.word_exists": Words(
        "“{word}”已经在词库里了（写法不同也算同一个词）。没有重复添加。",
        "“{word}” is there already, perhaps written another way. It was not added again.",
    ),
    "screening.word_unknown": Words(
        "没有这个词。请回到列表看看。", "There is no such word. Go back to the list."
    ),
    "screening.word_retired": Words(
        "“{word}”已经停用了。没有再改变。", "“{word}” is retired already. Nothing was changed."
    ),
    "screening.too_many": Words(
        "生效的词最多 {at_most} 个。没有保存。请先停用不需要的。",
        "At most {at_most} words can be in force. Nothing was saved. Retire some first.",
    ),
    "screening.outcome": Words(
        "没有“{outcome}”这种处理。没有保存。可以选：{known}。",
        "There is no outcome “{outcome}”. Nothing was saved. Choose one of: {known}.",
    ),
    "screening.reason": Words(
        "请写明原因，最多 {longest} 个字。没有保存。",
        "Give a reason of at most {longest} characters. Nothing was saved.",
    ),
    "screening.change": Words(
        "没有“{change}”这种改动。没有保存。可以选：{known}。",
        "There is no change “{change}”. Nothing was saved. Choose one of: {known}.",
    ),
    "screening.until": Words(
        "截止时间已经过去。没有保存。请选以后的时间。",
        "That time is past. Nothing was saved. Choose a later one.",
    ),
    "screening.rule_unknown": Words("没有“{rule}”这条规则。", "There is no rule “{rule}”."),
    "screening.override_unknown": Words(
        "规则“{rule}”没有被改动过，没有什么可以恢复。",
        "The rule “{rule}” has not been changed; there is nothing to withdraw.",
    ),
    "screening.fixed_by_law": Words(
        "规则“{rule}”来自{law}，不能放宽或停用，只能更严。没有保存。",
        "The rule “{rule}” follows the law ({law}) and can only be made stricter. Nothing was saved.",
    ),
    "screening.ruleset_unknown": Words(
        "没有保存过这一版规则（{digest}）。", "These rules ({digest}) have not been kept."
    ),
    "screening.domain": Words(
        "“{domain}”不是一个域名。没有保存。请写成 shop.example.cn 这样，不带 https://。",
        "“{domain}” is not a domain. Nothing was saved. Write it like shop.example.cn, without https://.",
    ),
    "screening.domains": Words(
        "域名最多 {at_most} 个。没有保存。", "At most {at_most} domains can be kept. Nothing was saved."
    ),
    "screening.file": Words(
        "读不到文件 {file}，或它不是 UTF-8 文本。什么都没有检查。",
        "The file {file} cannot be read, or is not UTF-8 text. Nothing was checked.",
    ),
}
