"""Words for reviewing texts and for what proves them."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES = {
    "review.state": Words(
        "现在的状态是“{state}”，不能这样做：可能另一位同事刚刚处理过。什么都没有改变。请刷新后再看。",
        "It is “{state}” now, so this cannot be done: a colleague may have been faster. Nothing was changed. "
        "Look at the page again.",
    ),
    "review.newer_version": Words(
        "刚刚保存了第 {number} 版，审核的应当是最新的一版。什么都没有改变。请看新的一版。",
        "Version {number} has just been saved, and the newest is what is reviewed. Nothing was changed. Look at that one.",
    ),
    "review.own_text": Words(
        "这版文案（或上次通过之后的某一版）是您自己写的，请另一位审核人批准。什么都没有改变。",
        "You wrote this text, or one of its versions since the last approval; another reviewer approves it. "
        "Nothing was changed.",
    ),
    "review.not_yours": Words(
        "只有写的人或送审的人可以撤回。什么都没有改变。",
        "Only who wrote it or asked for the review may take it back. Nothing was changed.",
    ),
    "review.no_comment": Words(
        "请写明原因，作者才知道怎么改。什么都没有改变。",
        "Say why, so that its author knows what to change. Nothing was changed.",
    ),
    "review.examples": Words(
        "模板“{template}”第 {number} 版里还有没换掉的示例：{places}。什么都没有改变。请换成自己的内容再提交；如果您这里恰好就是"
        "这样，请合规人员在“内容规则”里把它们加为放行。",
        "Version {number} of template “{template}” still holds examples: {places}. Nothing was changed. Put your own words "
        "and submit again; if they happen to be true of you, have compliance allow them under Content rules.",
    ),
    "review.forbidden": Words(
        "模板“{template}”第 {number} 版里的“{matched}”不能发送，谁都不能批准。依据：{law_zh}。建议：{suggestion_zh} 什么都没有改变。",
        "“{matched}” in version {number} of template “{template}” may not be sent, and nobody can approve it. "
        "Source: {law_en}. {suggestion_en} Nothing was changed.",
    ),
    "review.unproven": Words(
        "模板“{template}”第 {number} 版里的说法要有凭证才能批准：{claims}。依据：{law_zh}。什么都没有改变。请在审核页上传凭证，或改写。",
        "These claims in version {number} of template “{template}” need proof before anybody can approve them: {claims}. "
        "Source: {law_en}. Nothing was changed. Attach it on the review page, or write it otherwise.",
    ),
    "review.returned": Words(
        "模板“{template}”第 {number} 版已被 {by} 退回：{comment}。什么都没有改变。请改成新的一版，或补充后重新送审。",
        "{by} returned version {number} of template “{template}”: {comment}. Nothing was changed. Write another version, or "
        "add what is missing and ask for review again.",
    ),
    "review.version_blocked": Words(
        "模板“{template}”第 {number} 版已被 {by} 禁用：{comment}。什么都没有改变。请另写一版。",
        "{by} blocked version {number} of template “{template}”: {comment}. Nothing was changed. Write another version.",
    ),
    "review.not_approved": Words(
        "模板“{template}”第 {number} 版还没有通过审核。没有发送。请退回活动重新审核。",
        "Version {number} of template “{template}” is not approved. Nothing was sent. Send the campaign back and have it "
        "reviewed again.",
    ),
    "evidence.no_such_claim": Words(
        "这版文案里没有需要凭证的说法“{claim}”。什么都没有保存。需要凭证的有：{known}。",
        "The text makes no claim “{claim}” that needs proof. Nothing was saved. Those that do: {known}.",
    ),
    "evidence.incomplete": Words(
        "请把凭证填完整（还缺：{missing}）。什么都没有保存。",
        "Fill in what the proof is (missing: {missing}). Nothing was saved.",
    ),
    "evidence.too_long": Words(
        "这一项最多 {longest} 个字。什么都没有保存。",
        "This may have at most {longest} characters. Nothing was saved.",
    ),
    "evidence.past": Words(
        "有效期 {day} 已经过去了。什么都没有保存。",
        "It was valid until {day}, which is past. Nothing was saved.",
    ),
    "evidence.not_usable": Words(
        "凭证“{title}”已过期、已撤回，或是另一行业的，不能用在这里。什么都没有改变。",
        "Proof “{title}” has run out, was withdrawn or belongs to another trade, so it cannot be used here. "
        "Nothing was changed.",
    ),
    "evidence.unknown": Words("没有这份凭证。", "There is no such proof."),
    "evidence.withdrawn": Words(
        "凭证“{title}”已经撤回了。什么都没有改变。",
        "Proof “{title}” was withdrawn already. Nothing was changed.",
    ),
    "evidence.no_reason": Words(
        "请写明撤回的原因。什么都没有改变。", "Say why it is withdrawn. Nothing was changed."
    ),
    "evidence.changed": Words(
        "凭证“{title}”的文件与登记时的摘要不符，没有给出。请查备份和审计记录。",
        "The file of proof “{title}” does not match the digest it was kept with and was not handed out. Check backups and "
        "the audit log.",
    ),
    "comment.empty": Words("请写点什么。什么都没有保存。", "Write something. Nothing was saved."),
    "comment.too_long": Words(
        "一条留言最多 {longest} 个字。什么都没有保存。",
        "A comment has at most {longest} characters. Nothing was saved.",
    ),
}
