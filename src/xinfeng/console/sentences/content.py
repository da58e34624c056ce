"""Words for what the content slice refuses."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "signature.shape": Words(
        "签名“{text}”不能用。没有保存。请写 2 到 16 个汉字、字母或数字，不要全是数字，也不要带【】和标点。",
        "The signature “{text}” cannot be used. Nothing was saved. Write 2 to 16 Chinese characters, letters or "
        "digits, not digits only, without brackets or punctuation.",
    ),
    "signature.hotline": Words(
        "服务热线“{hotline}”看不懂。没有保存。请写成 400-123-4567 这样的号码。",
        "The hotline “{hotline}” cannot be read. Nothing was saved. Write a number such as 400-123-4567.",
    ),
    "signature.exists": Words(
        "签名【{text}】已经有了。没有重复添加。",
        "The signature 【{text}】 exists already. Nothing was added.",
    ),
    "signature.disabled": Words(
        "这个签名已经停用，不能再写新的短信。没有保存。请换一个签名，或先在签名管理里启用它。",
        "This signature is switched off, so nothing new can be written with it. Nothing was saved. "
        "Choose another, or switch it on under Signatures.",
    ),
    "signature.unknown": Words(
        "没有这个签名，可能已被删除。没有保存。请重新选择。",
        "There is no such signature; it may have been removed. Nothing was saved. Choose again.",
    ),
    "template.name": Words(
        "请给模板起一个名字，最多 {at_most} 个字。没有保存。",
        "Give the template a name of at most {at_most} characters. Nothing was saved.",
    ),
    "template.name_taken": Words(
        "已经有叫“{name}”的模板。没有保存，写好的内容还在这一页。请换一个名字。",
        "There is a template called “{name}” already. Nothing was saved; your text is still on this page. "
        "Choose another name.",
    ),
    "template.purpose": Words(
        "没有“{purpose}”这种用途。没有保存。请选营销或服务。",
        "There is no purpose “{purpose}”. Nothing was saved. Choose marketing or service.",
    ),
    "template.purpose_fixed": Words(
        "模板有了版本以后，用途不能再改，因为授权和通道都取决于它。没有保存。请另建一个模板。",
        "The purpose cannot change once a template has versions: consent and channel depend on it. "
        "Nothing was saved. Make another template.",
    ),
    "template.trade": Words("没有这个行业。没有保存。请重新选择。", "There is no such trade. Choose again."),
    "template.unknown": Words(
        "没有找到这个模板，它可能已被删除。", "This template was not found; it may have been removed."
    ),
    "template.unknown_version": Words(
        "没有找到这个版本。请回到模板页重新选择。",
        "This version was not found. Go back to the template and choose again.",
    ),
    "template.empty": Words("还没有写内容。没有保存。", "There is no text yet. Nothing was saved."),
    "template.too_long": Words(
        "太长了：写了 {characters} 个字符，价值和行动合起来最多 {at_most} 个。没有保存，请缩短。",
        "Too long: {characters} characters; value and action together may have {at_most}. Nothing was saved.",
    ),
    "template.text_too_long": Words(
        "最长的一条会有 {units} 字，超过了 {at_most} 字的上限。没有保存，请缩短内容或变量的默认值。",
        "The longest rendering would have {units} characters; the limit is {at_most}. Nothing was saved. "
        "Shorten the text or the defaults.",
    ),
    "template.control_character": Words(
        "第 {place} 个字符是看不见的控制字符，可能是从别处复制来的。请删掉后重新输入。",
        "Character {place} is an invisible control character, perhaps from copying. Delete it and type again.",
    ),
    "template.brackets": Words(
        "正文里不能有【】，它们只用来括签名。请换成「」或《》。",
        "【】 belong to the signature and cannot be in the text. Use 「」 or 《》 instead.",
    ),
    "template.syntax": Words(
        "第 {place} 个字符附近的变量或条件没有写完整，请检查 {{{{ }}}} 和 {{% %}} 是否成对。",
        "Near character {place} a variable or condition is incomplete. Check that {{{{ }}}} and {{% %}} are paired.",
    ),
    "template.tag_not_allowed": Words(
        "模板里不能用“{tag}”。可以用的是：{allowed}。",
        "“{tag}” cannot be used in templates. You may use: {allowed}.",
    ),
    "template.unknown_variable": Words(
        "没有“{variable}”这个变量。请从变量列表里插入。",
        "There is no variable “{variable}”. Insert one from the list.",
    ),
    "template.unknown_filter": Words(
        "没有“{filter}”这个过滤器。可以用的是：{known}。",
        "There is no filter “{filter}”. You may use: {known}.",
    ),
    "template.filter_arguments": Words(
        "过滤器“{filter}”的参数不对。", "The filter “{filter}” has the wrong arguments."
    ),
    "template.filter_kind": Words(
        "过滤器“{filter}”不能用在 {variable} 上，它们的类型不同。",
        "The filter “{filter}” does not fit {variable}: their kinds differ.",
    ),
    "template.only_variables_shown": Words(
        "第 {place} 个字符附近的 {{{{ }}}} 里不是变量。固定的文字直接写在外面，不用 {{{{ }}}} 和过滤器。",
        "The {{{{ }}}} near character {place} holds no variable. Write fixed words outside it, without filters.",
    ),
    "template.comparison": Words(
        "第 {place} 个字符附近的条件不成立：比较的两边类型不同，或写法不支持。",
        "The condition near character {place} cannot hold: its sides are of different kinds, or it is not supported.",
    ),
    "template.unknown_value": Words(
        "{variable} 没有“{value}”这个值。可以用的是：{known}。",
        "{variable} has no value “{value}”. It may be: {known}.",
    ),
    "template.condition_only": Words(
        "{variable} 只能用在条件里（{{% if %}}），不能直接显示给客户。",
        "{variable} can only be used in conditions ({{% if %}}), not shown to people.",
    ),
    "template.repeated_case": Words(
        "同一个值“{value}”写了两次，第二次永远用不上。",
        "The value “{value}” appears twice; the second is never reached.",
    ),
    "template.default_missing": Words(
        "有的客户没有 {variable}，请在下面给它一个默认值；想在没有时留空，就勾选“留空”。",
        "Some contacts have no {variable}. Give it a default below, or tick “leave out”.",
    ),
    "template.default_brackets": Words(
        "{variable} 的默认值里不能有【】，它们只用来括签名。没有保存。请换成「」或《》。",
        "The default of {variable} cannot have 【】, they belong to the signature. Nothing was saved. "
        "Use 「」 or 《》 instead.",
    ),
    "template.default_shape": Words(
        "{variable} 的默认值太长，最多 {at_most} 字。",
        "The default of {variable} is too long: at most {at_most} characters.",
    ),
    "opt_out.confirmation_channel": Words(
        "退订确认是服务短信，通道“{channel}”不是服务通道。没有保存，请选服务通道。",
        "The confirmation of an opt-out is a service message, and “{channel}” is no service channel. "
        "Nothing was saved. Choose a service channel.",
    ),
    "opt_out.confirmation_incomplete": Words(
        "要发送退订确认，先选好通道和签名。没有保存。",
        "To confirm opt-outs, choose a channel and a signature first. Nothing was saved.",
    ),
    "opt_out.confirmation_setting": Words(
        "退订确认没有“{setting}”这样的设置。没有保存。",
        "The confirmation of opt-outs has no such setting as “{setting}”. Nothing was saved.",
    ),
    "opt_out.confirmation_text": Words(
        "退订确认不能用变量，连签名最多 {at_most} 字，现在有 {units} 字。没有保存，请改短。",
        "The confirmation takes no variables and, with its signature, at most {at_most} characters; this has {units}. "
        "Nothing was saved. Shorten it.",
    ),
    "opt_out.not_allowed": Words(
        "退订说明“{wording}”不在可用的写法里，客户回复后系统可能认不出来。没有保存，请从列表里选。",
        "The opt-out wording “{wording}” is not one we are sure to understand when people use it. "
        "Nothing was saved. Choose one from the list.",
    ),
    "opt_out.not_for_service": Words(
        "服务短信不带退订说明。没有保存，请把它去掉。",
        "Service messages carry no opt-out wording. Nothing was saved. Remove it.",
    ),
}
