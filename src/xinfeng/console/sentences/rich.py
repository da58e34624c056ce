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
    "picture.too_many_pixels": Words(
        "图片的像素太多，最多 1600 万。请缩小后再传。",
        "The picture has too many pixels, at most 16 million. Make it smaller first.",
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
    "rich.empty_card": Words(
        "这张卡片是空的。加图片、标题或描述，或者去掉它。",
        "This card is empty. Give it a picture, a title or a description, or remove it.",
    ),
    "rich.ends_before_it_starts": Words(
        "结束时间要晚于开始时间。请改时间。", "It ends before it starts. Change the times."
    ),
    "rich.media_size": Words(
        "图片或视频的大小不合要求（最多 {at_most} 字节）。请换一个。",
        "The picture or video has a size that is not accepted (at most {at_most} octets). Choose another.",
    ),
    "rich.media_type": Words(
        "平台不收这种图片或视频（{type}）。请用 JPEG 或 PNG。",
        "Platforms do not accept this kind of picture or video ({type}). Use JPEG or PNG.",
    ),
    "rich.media_unknown": Words(
        "这张图片不在这里。请重新上传。", "This picture is not kept here. Upload it again."
    ),
    "rich.no_card": Words(
        "还没有卡片。没有保存。请至少加一张。", "There is no card. Nothing was saved. Add at least one."
    ),
    "rich.no_file": Words(
        "读不到文件 {file}。没有保存。请核对路径。",
        "The file {file} cannot be read. Nothing was saved. Check the path.",
    ),
    "rich.no_label": Words("请写按钮上的字。", "Write what the button says."),
    "rich.no_number": Words(
        "请填数字，例如 30.2431。地图上点一下门店就能看到。",
        "Give a number, such as 30.2431. A map shows it when you tap the place.",
    ),
    "rich.no_opt_out": Words(
        "营销消息要能退订，悬浮按钮已满，放不下“退订”。请去掉一个悬浮按钮。",
        "Marketing must offer a way to refuse, and there is no room for the chip 退订. Remove a chip.",
    ),
    "rich.no_slot": Words(
        "请写预约的时段，客户点了以后记的就是它。", "Write the slot; it is what a tap books."
    ),
    "rich.no_such_place": Words(
        "纬度在 -90 到 90 之间，经度在 -180 到 180 之间。请核对。",
        "Latitude lies between -90 and 90, longitude between -180 and 180. Check them.",
    ),
    "rich.no_time": Words("请选时间。", "Choose a time."),
    "rich.not_json": Words(
        "文件里不是 JSON：{fault}。没有保存。写法见 docs/rich.md。",
        "The file is not JSON: {fault}. Nothing was saved. docs/rich.md shows the form.",
    ),
    "rich.not_a_link": Words(
        "请填以 https:// 或 http:// 开头的完整网址，域名里不能有变量、空格和 @；表单请选一个。",
        "Give a whole address that begins with https:// or http://, without variables, spaces or @ in its host; of forms, choose one.",
    ),
    "rich.not_a_number": Words(
        "请填电话号码：3 到 20 位数字，国际号码前可以有 +。",
        "Give a phone number: 3 to 20 digits, with + in front if it is foreign.",
    ),
    "rich.not_https": Words(
        "图片地址要以 https:// 开头。请上传图片。",
        "The picture's address must begin with https://. Upload a picture.",
    ),
    "rich.tall_in_small": Words(
        "窄卡片里不能用高图。请改图片高度，或用宽卡片。",
        "A narrow card takes no tall picture. Change its height, or use wide cards.",
    ),
    "rich.thumbnail_size": Words(
        "缩略图太大，最多 {at_most} 字节。请换一个。",
        "The thumbnail is too large; at most {at_most} octets. Choose another.",
    ),
    "rich.too_long": Words(
        "太长：最多 {at_most} 字，现在可能有 {length} 字。请缩短。",
        "Too long: at most {at_most} characters; this may have {length}. Shorten it.",
    ),
    "rich.too_many_buttons": Words(
        "按钮太多，最多 {at_most} 个。请去掉几个。", "Too many buttons; at most {at_most}. Remove some."
    ),
    "rich.too_many_cards": Words(
        "卡片太多，最多 {at_most} 张。请去掉几张。", "Too many cards; at most {at_most}. Remove some."
    ),
    "rich.unfilled": Words(
        "{words} 还没有换成自己的内容。请改写，或去掉。",
        "{words} still stands for something of yours. Write your own words, or remove it.",
    ),
}
