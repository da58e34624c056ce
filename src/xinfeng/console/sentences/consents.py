"""Words for consent beyond the entry: notices, asking again, contracts with partners, proof."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "notice.too_long": Words(
        "告知书太长，最多 {longest} 字，键和版本也有长度限制。没有发布。",
        "The notice is too long: at most {longest} characters; key and version are limited too. "
        "It was not published.",
    ),
    "notice.unknown": Words("没有找到这一版告知书。", "This version of the notice was not found."),
    "notice.other_purpose": Words(
        "这份告知书以前的版本用于另一种用途（{known}）。没有发布。要求重新同意的新版，用途必须与旧版相同；不同用途请另用一个键。",
        "Earlier versions of this notice are about another purpose ({known}). It was not published. A version that "
        "asks everybody again must keep the purpose; use another key for another one.",
    ),
    "notice.nothing_to_renew": Words(
        "这是这份告知书的第一版，没有旧的同意需要更新。没有发布。请去掉“要求重新同意”。",
        "This is the first version of the notice, so there is no older consent to renew. It was not published. "
        "Untick “ask everybody again”.",
    ),
    "consent.evidence_identifies": Words(
        "凭证里有手机号、邮箱或身份证号。什么都没有记录。授权账本不能删改，请只写凭证的编号或存放位置。",
        "The evidence holds a phone number, an e-mail address or an identity card number. Nothing was recorded. The "
        "ledger cannot be changed, so write only a reference or where the proof lies.",
    ),
    "asking.way": Words(
        "不认识这种征求方式。可以是：{known}。", "This is not a way of asking we know. Choose one of: {known}."
    ),
    "asking.cool_down": Words(
        "天数要在 {at_least} 到 {at_most} 之间。设置没有改变。",
        "The number of days must be between {at_least} and {at_most}. The setting was not changed.",
    ),
    "contract.unknown": Words("没有找到这份共享合同。", "This contract was not found."),
    "contract.incomplete": Words(
        "合同信息不完整（缺：{missing}）。没有保存。", "The contract is incomplete ({missing} missing). It was not saved."
    ),
    "contract.too_long": Words(
        "“{field}”太长，最多 {longest} 字。没有保存。",
        "“{field}” is too long: at most {longest} characters. It was not saved.",
    ),
    "contract.term": Words(
        "合同的结束日早于开始日。没有保存。", "The contract ends before it starts. It was not saved."
    ),
    "contract.field": Words(
        "合同里的字段“{field}”不是可以导入的字段。没有保存。",
        "“{field}” is not a field that can be imported. The contract was not saved.",
    ),
    "contract.exists": Words(
        "合同号 {number} 已经登记过。没有再保存一份。请在列表里查看它。",
        "Contract {number} is on file already. It was not saved again. Find it in the list.",
    ),
    "contract.no_reason": Words(
        "终止合同要写原因。合同没有改变。", "Ending a contract needs a reason. Nothing was changed."
    ),
    "contract.ended_already": Words(
        "合同 {number} 已经终止。什么都没有改变。", "Contract {number} was ended already. Nothing was changed."
    ),
    "contract.not_in_force": Words(
        "合同 {number} 不在有效期内或已终止，不能依据它导入。没有导入。请登记新的合同，或核对日期。",
        "Contract {number} is not in force, so nothing can be imported under it. Nothing was imported. "
        "File a new contract or check its dates.",
    ),
    "contract.file_gone": Words(
        "合同 {number} 的文件不在了。登记的内容和摘要还在。请管理员从备份放回。",
        "The file of contract {number} is gone; what was filed about it and its digest are kept. "
        "An administrator can restore it from a backup.",
    ),
    "contract.file_changed": Words(
        "合同 {number} 的文件与登记时不同，没有给出。请告诉管理员。",
        "The file of contract {number} is not the one that was filed and was not handed out. "
        "Tell an administrator.",
    ),
    "partner.no_claim": Words(
        "合作方数据必须说明授权。没有导入。请选择“文件里每行写明了授权”，并对应凭证列。",
        "Data from a partner needs a claim of consent. Nothing was imported. Choose that each row states its "
        "consent, and map the column with the proof.",
    ),
    "partner.purpose": Words(
        "合同 {number} 没有包括这个用途（{purpose}）。没有导入。",
        "Contract {number} does not cover this purpose ({purpose}). Nothing was imported.",
    ),
    "partner.no_proof_column": Words(
        "合作方数据每一行都要有授权凭证。没有导入。请把凭证所在的列对应到“授权凭证”。",
        "Every row from a partner needs a proof of consent. Nothing was imported. Map the column that holds it.",
    ),
    "partner.fields": Words(
        "合同 {number} 没有包括这些列：{columns}。没有导入。请改为不导入，或登记包括它们的合同。",
        "Contract {number} does not cover these columns: {columns}. Nothing was imported. Leave them out or file a "
        "contract that covers them.",
    ),
    "partner.no_proof": Words(
        "这一行没有授权凭证，没有导入。", "This row has no proof of consent and was not imported."
    ),
    "partner.not_for_events": Words(
        "行为文件不能作为合作方数据导入。没有导入。",
        "A file of events cannot be taken in as a partner's data. Nothing was imported.",
    ),
    "import.source_reserved": Words(
        "来源不能以“{prefix}”开头，它留给有合同的合作方。没有导入。请换一个写法，或选择对应的合同。",
        "A source cannot begin with “{prefix}”: that is kept for partners with a contract. Nothing was imported. "
        "Choose other words, or choose the contract.",
    ),
    "proof.no_reason": Words(
        "出具证据要写事由。没有出具。", "Drawing up a proof needs a reason. Nothing was drawn up."
    ),
    "proof.unknown": Words("没有找到这份证据。", "This proof was not found."),
    "proof.file_gone": Words(
        "这份证据的文件已经删除或还没有生成。登记的摘要还在。可以重新出具一份。",
        "The file of this proof was removed or is not ready. Its digest is kept. Draw up a new one if needed.",
    ),
    "proof.under_way": Words(
        "正在生成一份，请等它完成。没有再开始一份。",
        "One is being drawn up already. Nothing else was started; wait for it.",
    ),
    "proof.not_planned": Words(
        "活动还没有生成计划，没有收件人可以证明。", "The campaign has no plan yet, so there are no recipients to prove."
    ),
    "signing.unreadable": Words(
        "签名钥匙文件 {file} 损坏。没有出具证据。请管理员从备份放回。",
        "The signing key file {file} is damaged. No proof was drawn up. An administrator must put it back from a "
        "backup.",
    ),
}  # fmt: skip
