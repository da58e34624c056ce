"""Words for what the contacts, consent, intake, segments and lens slices refuse."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "contact.unknown": Words(
        "没有找到这位客户，可能已被删除。", "This contact was not found; it may have been removed."
    ),
    "contact.unidentified": Words(
        "手机号和会员号都没有，无法知道是谁。请至少填一项。",
        "There is neither a phone number nor a member id, so nobody knows who this is. Give at least one.",
    ),
    "consent.purpose": Words(
        "没有“{purpose}”这种授权用途。什么都没有保存。",
        "There is no consent purpose “{purpose}”. Nothing was saved.",
    ),
    "consent.in_future": Words(
        "授权时间在未来。没有记录。请核对时间。",
        "The time of consent lies in the future. Nothing was recorded. Check it.",
    ),
    "consent.time_in_future": Words(
        "授权时间在未来。请核对时间。", "The time of consent lies in the future. Check it."
    ),
    "consent.no_evidence": Words(
        "没有写凭证。没有记录。请写明什么可以证明客户的意思。",
        "No evidence was given. Nothing was recorded. Say what proves what the person said.",
    ),
    "consent.import_cannot_lift": Words(
        "导入不能恢复已经退订的客户。没有改变。", "An import cannot bring back somebody who opted out."
    ),
    "consent.unfit": Words(
        "“{field}”太长或含有不能保存的字符，最多 {longest} 个字。没有记录。",
        "“{field}” is too long or has characters that cannot be kept; at most {longest}. Nothing was recorded.",
    ),
    "consent.nothing_recorded": Words(
        "账本里还没有这位客户对这个用途的任何记录。",
        "The ledger has nothing about this contact for this purpose yet.",
    ),
    "consent.incomplete": Words(
        "授权说明不完整，还缺：{missing}。整批填写，或在文件里用一列说明。",
        "The statement of consent is incomplete; missing: {missing}. State it for the batch or in a column.",
    ),
    "consent.too_long": Words(
        "“{field}”太长，最多 {longest} 个字。", "“{field}” is too long: at most {longest} characters."
    ),
    "notice.exists": Words(
        "告知书“{key}”的 {version} 版已经存在，而且内容不同。版本一经发布就不再改变，请用新的版本号。",
        "Version {version} of the notice “{key}” exists with other words. Versions never change; "
        "use a new version number.",
    ),
    "notice.incomplete": Words(
        "告知书要有名称、版本、用途和正文。没有保存。",
        "A notice needs a name, a version, a purpose and its text. Nothing was saved.",
    ),
    "suppression.no_reason": Words(
        "请写明为什么解除屏蔽。没有改变。", "Say why the suppression is lifted. Nothing was changed."
    ),
    "suppression.unknown": Words("没有找到这条屏蔽记录。", "This suppression was not found."),
    "suppression.lifted_already": Words(
        "这条屏蔽已经解除过了，可能是同事刚做的。什么都没有改变。",
        "This suppression has been lifted already, perhaps by a colleague. Nothing was changed.",
    ),
    "attribute.not_a_choice": Words("不是这个属性可选的值。", "Not one of the choices of this attribute."),
    "attribute.too_long": Words("太长，最多 {longest} 个字。", "Too long: at most {longest} characters."),
    "birthday.in_future": Words("生日在未来，请核对。", "The birthday lies in the future. Check it."),
    "birthday.too_old": Words("生日太早，请核对年份。", "The birthday is too long ago. Check the year."),
    "birthday.unreadable": Words(
        "看不懂这个生日，请写成 1990-02-03。", "The birthday cannot be read. Write 1990-02-03."
    ),
    "bool.unreadable": Words("看不懂，请写“是”或“否”。", "Cannot be read. Write yes or no."),
    "opt_out.unreadable": Words(
        "看不懂这个人有没有退订，请写“是”“否”或退订时间。",
        "It cannot be told whether this person opted out. Write yes, no or when.",
    ),
    "date.unreadable": Words(
        "看不懂这个日期，请写成 2025-02-03。", "The date cannot be read. Write 2025-02-03."
    ),
    "time.unreadable": Words(
        "看不懂这个时间，请写成 2025-02-03 14:30。", "The time cannot be read. Write 2025-02-03 14:30."
    ),
    "gender.unreadable": Words(
        "看不懂性别，请写男或女。", "The gender cannot be read. Write male or female."
    ),
    "number.unreadable": Words("看不懂这个数字。", "This number cannot be read."),
    "phone.masked": Words(
        "号码里有星号，不完整。请导出完整的号码。", "The number is masked. Export whole numbers."
    ),
    "phone.rounded": Words(
        "表格软件把号码变成了科学计数，后几位丢了。请把这一列设为文本再导出。",
        "A spreadsheet rounded this number and its last digits are lost. Make the column text and export again.",
    ),
    "phone.not_mainland_mobile": Words(
        "不是中国大陆的手机号。请核对 11 位数字。", "Not a mainland mobile number. Check the 11 digits."
    ),
    "file.empty": Words("文件是空的，没有可以导入的行。", "The file is empty; there is nothing to import."),
    "file.encoding": Words(
        "看不出文件的文字编码。没有导入。请用 Excel 或 WPS 打开它核对内容，另存为 UTF-8 的 CSV 或 .xlsx 再上传。",
        "The text encoding of the file cannot be told. Nothing was imported. "
        "Open it in Excel or WPS, check it, save it as CSV in UTF-8 or as .xlsx, and upload that.",
    ),
    "file.not_text": Words(
        "这不是 CSV 或 .xlsx 文件（可能是图片、压缩包或旧的 .xls）。没有导入。请另存为 CSV 或 .xlsx。",
        "This is neither CSV nor .xlsx (perhaps a picture, an archive or an old .xls). Nothing was imported. "
        "Save it as CSV or .xlsx.",
    ),
    "file.markup": Words(
        "这不是表格，而是网页、XML、JSON 或通讯录（有的系统把网页存成 .xls）。没有导入。"
        "请用 Excel 或 WPS 打开它，另存为 .xlsx 或 CSV 再上传。",
        "This is no table but a web page, XML, JSON or address cards (some systems name a web page .xls). "
        "Nothing was imported. Open it in Excel or WPS, save it as .xlsx or CSV, and upload that.",
    ),
    "file.too_many_columns": Words(
        "列太多了，最多 {at_most} 列。没有导入。",
        "Too many columns: at most {at_most}. Nothing was imported.",
    ),
    "workbook.bomb": Words(
        "这个 .xlsx 解开后大得不正常，没有打开。请另存为 CSV 再上传。",
        "This .xlsx unpacks to an abnormal size and was not opened. Save it as CSV and upload that.",
    ),
    "workbook.empty": Words(
        "第一张工作表是空的。没有导入。", "The first sheet is empty. Nothing was imported."
    ),
    "workbook.encrypted": Words(
        "这个 Excel 文件有密码。没有导入。请去掉密码后再上传。",
        "This Excel file has a password. Nothing was imported. Remove the password and upload again.",
    ),
    "workbook.too_large": Words(
        "这个 Excel 文件太大。没有导入。请另存为 CSV 再上传。",
        "This Excel file is too large. Nothing was imported. Save it as CSV and upload that.",
    ),
    "workbook.unreadable": Words(
        "打不开这个 Excel 文件，它可能已经损坏。没有导入。请另存一份再试。",
        "This Excel file cannot be opened; it may be damaged. Nothing was imported. Save it again and retry.",
    ),
    "mapping.missing": Words(
        "还没有说明哪一列是：{fields}。没有它就不知道每一行是谁。",
        "No column is marked as: {fields}. Without it nobody knows whom a row is about.",
    ),
    "mapping.twice": Words(
        "有两列都对应到了“{field}”，请只留一列。", "Two columns are mapped to “{field}”; keep one."
    ),
    "mapping.unknown_column": Words(
        "文件里没有“{column}”这一列。请重新上传文件。", "The file has no column “{column}”. Upload it again."
    ),
    "mapping.unknown_field": Words("没有“{field}”这个字段。", "There is no field “{field}”."),
    "row.too_many_cells": Words(
        "这一行有 {cells} 格，表头只有 {columns} 列。",
        "This row has {cells} cells; the header has {columns}.",
    ),
    "row.too_long": Words("这一行太长，不像是一行数据。", "This row is too long to be one."),
    "row.open_quote": Words("这一行有没有关上的引号。", "A quotation mark in this row is never closed."),
    "row.unreadable": Words("这一行不是完整的 CSV。", "This row is not valid CSV."),
    "row.nul": Words("这一行含有空字符。", "This row contains NUL characters."),
    "row.damaged": Words("这一行的文字编码已经损坏。", "The text of this row is damaged."),
    "cell.too_long": Words(
        "有一格太长，最多 {longest} 个字。", "A cell is too long: at most {longest} characters."
    ),
    "lens.owned_elsewhere": Words(
        "分析镜像正被另一个进程使用，这一页的数字暂时算不出来。数据都在。请稍后再试，或只运行一个 app 进程。",
        "The analytic copy is in use by another process, so these numbers cannot be counted now. No data is lost. "
        "Try again later, or run a single app process.",
    ),
    "lens.no_such_table": Words(
        "分析镜像里还没有这张表（{name}）。请管理员重建镜像：xinfeng lens rebuild。",
        "The analytic copy has no table {name} yet. An administrator can rebuild it: xinfeng lens rebuild.",
    ),
    "contact.exists": Words(
        "这个手机号或会员号已经属于另一位客户。什么都没有保存。",
        "This number or member id belongs to another contact already. Nothing was saved.",
    ),
    "contact.reassigned": Words(
        "这个号码已标为易主，不能再填给这位客户。什么都没有保存。如果并未易主，请在号码页面归还。",
        "This number was found reassigned and cannot be given to this contact again. Nothing was saved. If it was not, "
        "give it back on the page of the number.",
    ),
    "contact.not_clearable": Words(
        "这些资料不能清空：{fields}。什么都没有保存。",
        "These cannot be emptied: {fields}. Nothing was saved.",
    ),
    "contact.no_phone": Words("这位客户没有手机号。", "This contact has no phone number."),
    "tag.name": Words(
        "标签要有名字，最多 {longest} 个字。没有保存。",
        "A tag needs a name of at most {longest} characters. Nothing was saved.",
    ),
    "consent.without_claim": Words(
        "文件里有授权列，但选了“没有授权”。请改选“文件里每行写明了授权”，或把这些列改为不导入。",
        "The file has columns about consent, but “no consent” was chosen. Choose “each row states it”, "
        "or skip these columns.",
    ),
    "consent.not_for_events": Words(
        "行为文件里不写授权。请导入客户文件时说明。",
        "Consent is not stated with events; state it when importing contacts.",
    ),
    "consent.notice_unknown": Words(
        "没有这个版本的告知书。请重新选择，或登记一个新版本。",
        "There is no such version of the notice. Choose again or register a new one.",
    ),
    "import.unknown": Words("没有找到这次导入。", "This import was not found."),
    "import.file_gone": Words(
        "上传的文件已经删除。请重新上传。", "The uploaded file has been deleted. Upload it again."
    ),
    "import.kind": Words("请选择文件里是客户还是行为。", "Choose whether the file holds contacts or events."),
    "import.source": Words(
        "请写明来源，最多 {longest} 个字。", "Say where the data is from, in at most {longest} characters."
    ),
    "import.state": Words(
        "这次导入已经不在可以这样做的状态，可能刚刚结束。什么都没有改变。",
        "This import is no longer in a state that allows this; it may just have ended. Nothing was changed.",
    ),
    "file.too_large": Words(
        "文件太大。没有导入。请拆成几个文件。",
        "The file is too large. Nothing was imported. Split it into several.",
    ),
    "file.no_rows": Words(
        "文件里只有列名，没有可以导入的行。", "The file has a header but no rows to import."
    ),
    "file.gone": Words(
        "读文件时出错，文件可能已经不在。已写入的行都保留着。请重新上传，不会重复。",
        "The file could not be read to its end; it may be gone. Rows already taken are kept. Upload it again; "
        "nothing will be doubled.",
    ),
    "segment.unknown": Words("没有找到这个分群，可能已被删除。", "This segment was not found."),
    "segment.frozen": Words(
        "快照和名单里的人是固定的，不能改规则。请复制成新的动态分群。",
        "Snapshots and lists keep their members and have no rule to change. Copy it as a new segment.",
    ),
    "segment.bad_name": Words(
        "请给分群起一个名字，最多 {longest} 个字。没有保存。",
        "Give the segment a name of at most {longest} characters. Nothing was saved.",
    ),
    "segment.bad_description": Words(
        "说明太长，最多 {longest} 个字。没有保存。",
        "The description is too long: at most {longest} characters. Nothing was saved.",
    ),
    "segment.name_taken": Words(
        "已经有叫“{name}”的分群。没有保存，规则还在这一页。请换一个名字。",
        "There is a segment called “{name}” already. Nothing was saved; the rule is still on this page. "
        "Choose another name.",
    ),
    "rule.not_json": Words(
        "规则不是完整的 JSON。没有保存。请检查括号和引号。",
        "The rule is not valid JSON. Nothing was saved. Check brackets and quotes.",
    ),
    "rule.missing": Words("这个条件还没有填完。", "This condition is not complete yet."),
    "rule.bad_value": Words(
        "这里还没有填，或填的值不合适。", "Nothing was given here, or the value does not fit."
    ),
    "rule.not_one_of": Words("请从列表里选一个。", "Choose one from the list."),
    "rule.unknown_attribute": Words(
        "没有“{name}”这个属性，它可能已被删除。", "There is no attribute “{name}”; it may have been removed."
    ),
    "rule.attribute_meant": Words(
        "没有“{name}”这个属性，您是不是想写“{meant}”？",
        "There is no attribute “{name}”; did you mean “{meant}”?",
    ),
    "rule.unknown_condition": Words("不认识这种条件。", "This kind of condition is not known."),
    "rule.unknown_key": Words("这个条件里有不认识的内容。", "This condition has something unknown in it."),
    "rule.upside_down": Words("前一个值比后一个大，请对调。", "The first value is larger than the second."),
    "rule.list_too_long": Words("一次最多写 {limit} 个值。", "At most {limit} values at a time."),
    "rule.too_deep": Words(
        "条件组套得太深，最多 {limit} 层。", "Groups are nested too deep: at most {limit}."
    ),
    "rule.too_many_conditions": Words("条件太多，最多 {limit} 个。", "Too many conditions: at most {limit}."),
    "attribute.unknown": Words(
        "没有“{key}”这个属性。没有保存。", "There is no attribute “{key}”. Nothing was saved."
    ),
    "reveal.no_reason": Words(
        "请写明为什么要看完整信息。没有显示。", "Say why you need the full details. Nothing was shown."
    ),
    "consent.standing": Words("没有“{state}”这种授权状态。", "There is no standing “{state}”."),
    "contact.unfit": Words(
        "“{field}”太长或含有不能保存的字符。没有保存。请缩短后再试。",
        "“{field}” is too long or has characters that cannot be kept. Nothing was saved. Shorten it and try again.",
    ),
}
