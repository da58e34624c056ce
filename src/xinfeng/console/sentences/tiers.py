"""Words for what tiers and traits refuse."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "tiers.span": Words(
        "天数要在 1 到 3660 之间，“沉睡”不能短于“活跃”。没有保存。",
        "Spans are 1 to 3660 days, and dormant cannot be shorter than active. Nothing was saved.",
    ),
    "tiers.tag": Words(
        "同业标签最多 40 个字，不能有看不见的字符。没有保存。",
        "The tag of your own trade has at most 40 characters, all of them visible. Nothing was saved.",
    ),
    "tiers.attribute": Words(
        "没有这样的属性键。没有保存。请从列表里选一个。",
        "That is no attribute's key. Nothing was saved. Choose one from the list.",
    ),
    "tiers.interactions": Words(
        "有不认识的行为。没有保存。请从列表里选。",
        "One of these events is unknown. Nothing was saved. Choose from the list.",
    ),
    "tiers.order": Words(
        "每一层要正好出现一次。没有保存。请看一下顺序里有没有重复。",
        "Each tier has to come exactly once. Nothing was saved. See whether one is chosen twice.",
    ),
    "tiers.period": Words(
        "这段时间不能用：开始不能晚于结束，最长三年。请换一段。",
        "This period cannot be used: it must not end before it begins, nor be longer than three years. Choose another.",
    ),
    "trait.key": Words(
        "键要以小写字母开头，只用小写字母、数字和下划线，最多 40 个字符。没有保存。",
        "A key starts with a small letter and has only small letters, digits and underscores, 40 at most. "
        "Nothing was saved.",
    ),
    "trait.label": Words(
        "名称要有 1 到 {longest} 个字，不能有看不见的字符。没有保存。",
        "A name has 1 to {longest} characters, all of them visible. Nothing was saved.",
    ),
    "trait.definition": Words(
        "这一项（{field}）填得不对，算不出来。没有保存。请改一下再试。",
        "This cannot be computed: {field} is not right. Nothing was saved. Change it and try again.",
    ),
    "trait.exists": Words(
        "键“{key}”已经用过了（也可能在已归档里）。没有保存。请换一个键，或恢复原来的。",
        "The key “{key}” is taken, perhaps by an archived trait. Nothing was saved. Choose another, or restore that one.",
    ),
    "trait.kind_fixed": Words(
        "这个特征的值不能换成另一种类型，因为分群规则可能在用。没有保存。请另外定义一个。",
        "This trait cannot have another type of value, because rules may use it. Nothing was saved. Define another trait.",
    ),
    "trait.too_many": Words(
        "特征最多 {at_most} 个。没有保存。请先归档不用的。",
        "There can be at most {at_most} traits. Nothing was saved. Archive one that is not used.",
    ),
    "trait.unknown": Words("没有这个特征。请回到列表看看。", "There is no such trait. Go back to the list."),
}
