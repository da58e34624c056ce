"""Words for what the table of carriers' codes refuses."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "code.own": Words(
        "有的地方填得不对，什么都没有保存。请改好标出的地方。",
        "Something is not right; nothing was saved. Correct what is marked.",
    ),
    "code.no_reason": Words(
        "请写明依据。什么都没有保存。",
        "Say what this rests on. Nothing was saved.",
    ),
    "code.too_many": Words(
        "本企业的说法最多 {most} 条。什么都没有保存。请去掉不再需要的。",
        "There may be at most {most} codes of your own. Nothing was saved. Take back those you no longer need.",
    ),
    "code.not_own": Words(
        "没有这样的本企业说法，可能已经撤回。什么都没有改变。",
        "There is no such entry of your own; it may have been taken back already. Nothing was changed.",
    ),
    "code.file": Words(
        "这个文件读不懂。什么都没有保存。请用 UTF-8 的 CSV（code, kind, phase, category, zh, en）或 TOML，不超过 2 MB。",
        "This file can't be read. Nothing was saved. Use CSV in UTF-8 (code, kind, phase, category, zh, en) or TOML, "
        "up to 2 MB.",
    ),
}
