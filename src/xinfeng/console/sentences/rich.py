"""Words for what 5G messages and their pictures refuse."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "picture.too_large": Words(
        "图片太大，最多 2 MB。没有保存。请压缩后再传。",
        "The picture is too large; at most 2 MB. Nothing was saved. Make it smaller and upload it again.",
    ),
    "picture.too_wide": Words(
        "图片的边长最多 {at_most} 像素，也不能是零。没有保存。",
        "A side of a picture has between 1 and {at_most} pixels. Nothing was saved.",
    ),
    "picture.unknown": Words("没有这张图片。", "There is no such picture."),
    "picture.unreadable": Words(
        "这不是能用的图片。没有保存。请用 JPEG 或 PNG。",
        "This is no picture we can use. Nothing was saved. Use JPEG or PNG.",
    ),
    "rich.faults": Words(
        "5G 消息有不合要求的地方，见各处的说明。没有保存。",
        "Parts of the 5G message cannot be used; see the remarks beside them. Nothing was saved.",
    ),
    "rich.shape": Words(
        "看不懂 5G 消息的内容（{where}）。没有保存。请重新编辑。",
        "The 5G message cannot be read ({where}). Nothing was saved. Edit it again.",
    ),
    "rich.too_large": Words(
        "5G 消息太大了。没有保存。请减少卡片或文字。",
        "The 5G message is too large. Nothing was saved. Use fewer cards or words.",
    ),
}
