"""Words for what segments, rule tags, lists and the RFM grid refuse."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "rule.segment_missing": Words(
        "这里引用的分群（#{id}）已经没有了。请换一个，或去掉这个条件。",
        "The segment named here (#{id}) is gone. Choose another, or remove this condition.",
    ),
    "rule.segment_archived": Words(
        "这里引用的分群“{name}”已归档。请先把它放回列表，或换一个。",
        "The segment “{name}” named here is archived. Put it back first, or choose another.",
    ),
    "rule.segment_faulty": Words(
        "这里引用的分群“{name}”自己的规则不能用了。请先修改它。",
        "The rule of the segment “{name}” named here no longer works. Correct that one first.",
    ),
    "rule.tag_missing": Words(
        "没有这个标签（#{id}）。没有保存。请换一个，或去掉这个条件。",
        "There is no tag #{id}. Nothing was saved. Choose another, or remove this condition.",
    ),
    "rule.segment_circle": Words(
        "分群互相引用成了一个圈：{names}。请去掉其中一处引用。",
        "Segments name each other in a circle: {names}. Remove one of the references.",
    ),
    "rule.circle": Words(
        "这个条件绕了一圈又回到自己，没有意义。没有保存。请去掉它，或换一个分群或标签。",
        "This condition leads back to itself and would have no meaning. Nothing was saved. "
        "Remove it, or choose another segment or tag.",
    ),
    "rule.segments_too_deep": Words(
        "分群引用分群的层数或数目太多，最多 {limit}。请合并一些。",
        "Segments name too many segments in turn: at most {limit}. Join some of them.",
    ),
    "rule.unknown_segment": Words("引用的分群（#{id}）现在不能用。", "The segment #{id} cannot be used now."),
    "segment.in_use": Words(
        "它正被引用：{names}。没有归档。请先修改那些规则。",
        "It is in use by: {names}. It was not archived. Change those rules first.",
    ),
    "segment.not_ready_made": Words(
        "这个分群不是由现成的例子建立的，没有最初的规则可以恢复。",
        "This segment was not made from an example, so there is nothing to restore.",
    ),
    "segment.list_too_long": Words(
        "名单太长，这里最多 {at_most} 行。没有保存。请拆成几个文件，或用命令行 xinfeng segments upload。",
        "The list is too long: at most {at_most} rows here. Nothing was saved. Split the file, "
        "or use the command line: xinfeng segments upload.",
    ),
    "segment.list_empty": Words(
        "文件里没有可以匹配的行。没有保存。", "The file has no rows to match. Nothing was saved."
    ),
    "tag_rule.unknown": Words("没有找到这个规则标签。", "This rule tag was not found."),
    "tag_rule.tag_taken": Words(
        "标签“{name}”已经存在，而且不是空着的规则标签；规则会取下人手打上的标签。没有保存。请换一个名称。",
        "The tag “{name}” exists already; a rule would take it off people who got it by hand. Nothing was saved. "
        "Choose another name.",
    ),
    "tag_rule.off": Words(
        "规则标签“{name}”已停用。请先重新启用。", "The rule tag “{name}” is switched off. Switch it on first."
    ),
    "tag_rule.by_hand": Words(
        "标签“{name}”由规则保持更新，手工的改动会被撤回。什么都没有改变。请修改它的规则，或换一个标签。",
        "A rule keeps the tag “{name}” up to date and would undo this. Nothing was changed. "
        "Change its rule, or choose another tag.",
    ),
    "freezing.unknown": Words("没有找到这次保存快照的记录。", "This snapshot was not asked for here."),
    "tagging.unknown": Words("没有找到这次打标签的记录。", "This tagging was not found."),
    "rfm.limits": Words(
        "界限要写一到 {most} 个从小到大的整数，次数从 2 起。",
        "Give one to {most} whole numbers, ascending; frequencies begin at 2.",
    ),
    "rfm.window": Words(
        "“看近几天”要比最近一次的最大界限更长，最多 {longest} 天。",
        "The window must be longer than the largest recency, at most {longest} days.",
    ),
    "rfm.cell": Words("方格里没有这一格。", "The grid has no such cell."),
}
