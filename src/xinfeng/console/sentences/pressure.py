"""Words for what ceilings, rules over time, ranks and strategies refuse."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "policy.ceiling": Words(
        "上限填得不对。没有保存。请按每天、七天、30 天分别填整数，或留空表示不限。",
        "These ceilings cannot be read. Nothing was saved. Give whole numbers for a day, 7 days and 30 days, or leave "
        "a field empty for no ceiling.",
    ),
    "policy.per_month": Words(
        "30 天的上限要在 0 到 {at_most} 条之间。没有保存。",
        "The ceiling for 30 days is between 0 and {at_most}. Nothing was saved.",
    ),
    "policy.effective_from": Words(
        "生效的日期不能早于现在，也不能在 {days} 天以后。没有保存。请换一个日期。",
        "A change cannot take effect in the past, nor more than {days} days ahead. Nothing was saved. Choose another day.",
    ),
    "policy.change_unknown": Words(
        "没有这次修改，或者已经撤回了。什么都没有改变。",
        "There is no such change, or it was withdrawn. Nothing was changed.",
    ),
    "policy.change_in_force": Words(
        "这次修改已经生效，不能撤回。什么都没有改变。要改回去，请再改一次。",
        "This change is in force and cannot be withdrawn. Nothing was changed. To go back, change the rules again.",
    ),
    "policy.week": Words(
        "一周的时段看不懂，或超出了 08:00–21:00。没有保存。请重新画。",
        "This week cannot be read, or goes beyond 08:00–21:00. Nothing was saved. Draw it again.",
    ),
    "campaign.priority": Words(
        "优先级要在 {least} 到 {most} 之间。没有保存。",
        "A priority is between {least} and {most}. Nothing was saved.",
    ),
    "campaign.expected": Words(
        "预期价值要在 0 元到 100 万元之间。没有保存。",
        "An expected value is between 0 and a million yuan. Nothing was saved.",
    ),
    "campaign.planned": Words(
        "计划已经生成，优先级不能再改。什么都没有改变。",
        "The plan was made; its rank can no longer be changed. Nothing was changed.",
    ),
    "playbook.unknown": Words(
        "没有这套策略。请回到策略页。", "There is no such strategy. Go back to the strategies."
    ),
    "playbook.text": Words(
        "这条文案不在这套策略里。没有新建。请重新选。",
        "This text does not belong to the strategy. Nothing was created. Choose again.",
    ),
}
