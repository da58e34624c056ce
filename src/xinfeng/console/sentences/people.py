"""Words for what merging people, tags and regions refuse, and for consent recorded by hand."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "merge.same": Words(
        "这是同一位客户，没有什么可以合并。", "This is one and the same contact; there is nothing to merge."
    ),
    "merge.how": Words(
        "没有“{how}”这种合并依据。什么都没有改变。",
        "There is no way of merging called “{how}”. Nothing was changed.",
    ),
    "merge.too_many": Words(
        "合并后这位客户会有超过 {at_most} 条记录，多半是把许多人的公用号码当成了一个人。什么都没有改变。",
        "More than {at_most} records would belong to this contact; most likely a number that many people share was "
        "taken for one person. Nothing was changed.",
    ),
    "merge.reassigned": Words(
        "这两位不能合并：一位的号码是因为易主才离开另一位的。什么都没有改变。如果并未易主，请先在号码页面记下。",
        "These two cannot be merged: one has the number that left the other because it was reassigned. Nothing was "
        "changed. If it was not, say so on the page of the number first.",
    ),
    "merge.unknown": Words("没有这次合并的记录。", "There is no record of this merge."),
    "merge.undone_already": Words("这次合并已经撤销过了。", "This merge was undone already."),
    "merge.later_first": Words(
        "这位客户后来又并入了 #{survivor}。什么都没有改变。请先撤销后来的那次合并。",
        "This contact was later merged into #{survivor}. Nothing was changed. Undo the later merge first.",
    ),
    "merge.erased": Words(
        "这位客户的个人信息已经删除，合并不能再撤销。",
        "This person's data were erased; the merge can no longer be undone.",
    ),
    "merge.key_taken": Words(
        "要还回去的手机号或会员号现在属于另一位客户。什么都没有改变。请先核对那位客户。",
        "The number or member id that has to go back belongs to somebody else by now. Nothing was changed. "
        "Look at that contact first.",
    ),
    "merge.no_reason": Words(
        "请写明为什么撤销。什么都没有改变。", "Say why the merge is undone. Nothing was changed."
    ),
    "suggestion.unknown": Words(
        "这条建议已经有人处理了。", "Somebody has dealt with this suggestion already."
    ),
    "tag.unknown": Words(
        "没有这个标签，可能已经并入别的标签。什么都没有改变。",
        "There is no such tag; it may have been merged into another. Nothing was changed.",
    ),
    "tag.exists": Words(
        "已经有叫“{name}”的标签。没有保存。要把两个标签变成一个，请用“并入”。",
        "There is a tag called “{name}” already. Nothing was saved. To make one of the two, merge them.",
    ),
    "tag.same": Words("不能把标签并入它自己。", "A tag cannot be merged into itself."),
    "tag.by_rule": Words(
        "“{name}”由规则维护，不能合并。什么都没有改变。请先停用它的规则。",
        "“{name}” is kept by a rule and cannot be merged. Nothing was changed. Stop its rule first.",
    ),
    "tag.description": Words(
        "说明最多 {longest} 个字。没有保存。",
        "A description has at most {longest} characters. Nothing was saved.",
    ),
    "regions.unreadable": Words(
        "第 {line} 行读不懂。原来的数据没有改变。需要 UTF-8 的 CSV，列名为 号段、省份、城市，号段是前七位数字。",
        "Line {line} cannot be read. The table in use was not changed. A CSV file in UTF-8 is needed, with the columns "
        "prefix, province and city; a prefix is the first seven digits.",
    ),
    "regions.too_large": Words(
        "文件超过 {at_most} 字节。原来的数据没有改变。",
        "The file is larger than {at_most} bytes. The table in use was not changed.",
    ),
    "regions.too_many": Words(
        "文件里的地区超过 {at_most} 个。原来的数据没有改变。",
        "The file has more than {at_most} regions. The table in use was not changed.",
    ),
    "regions.source": Words(
        "请写明数据来源，最多 {longest} 个字。原来的数据没有改变。",
        "Say where the data are from, in at most {longest} characters. The table in use was not changed.",
    ),
    "regions.damaged": Words(
        "号段文件 {file} 已损坏。请重新导入，或删除它以使用自带的数据。",
        "The file of number prefixes {file} is damaged. Import it again, or delete it to use the table that is shipped.",
    ),
    "consent.no_source": Words(
        "没有写在哪里同意的。没有记录。", "It was not said where the person agreed. Nothing was recorded."
    ),
    "asking.granted": Words(
        "客户已经同意过。没有重复记录。", "This person has agreed already. Nothing was recorded."
    ),
    "asking.cooling_down": Words(
        "客户拒绝过，冷却期内不得再次征求同意。没有记录。客户自己要求恢复时，请勾选那一项。",
        "This person refused, and may not be asked again yet. Nothing was recorded. If they asked for it themselves, "
        "tick that box.",
    ),
    "asking.complained": Words(
        "客户投诉过。没有记录。只有客户自己要求恢复时才能登记，请勾选那一项。",
        "This person complained. Nothing was recorded. Only if they asked for it themselves it may be; tick that box.",
    ),
    "asking.minor": Words(
        "客户未满十八岁，不能登记营销授权。没有记录。",
        "This person is under 18; no consent to marketing can be recorded. Nothing was recorded.",
    ),
    "asking.by_sms": Words(
        "不能用短信征求同意。没有记录。", "Consent may not be asked for by SMS. Nothing was recorded."
    ),
    "asking.gone": Words(
        "这位客户已经不在册。没有记录。", "This contact is no longer there. Nothing was recorded."
    ),
}
