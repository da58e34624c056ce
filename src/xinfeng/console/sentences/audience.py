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
        "没有写凭证。没有记录。请写明什么可以证明客户同意过。",
        "No evidence was given. Nothing was recorded. Say what proves that the person agreed.",
    ),
    "consent.import_cannot_lift": Words(
        "导入不能恢复已经退订的客户。没有改变。", "An import cannot bring back somebody who opted out."
    ),
    "consent.unfit": Words(
        "“{field}”太长或含有不能保存的字符，最多 {longest} 个字。没有记录。",
        "“{field}” is too long or has characters that cannot be kept; at most {longest}. Nothing was recorded.",
    ),
    "consent.nothing_recorded": Words(
        "台账里还没有这位客户对这个用途的任何记录。",
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
    "phone.not_mainland_mobile": Words(
        "不是中国大陆的手机号。请核对 11 位数字。", "Not a mainland mobile number. Check the 11 digits."
    ),
    "file.empty": Words("文件是空的，没有可以导入的行。", "The file is empty; there is nothing to import."),
    "file.encoding": Words(
        "看不出文件的文字编码。没有导入。请另存为 UTF-8 的 CSV，或直接上传 .xlsx。",
        "The text encoding of the file cannot be told. Nothing was imported. "
        "Save it as CSV in UTF-8, or upload the .xlsx itself.",
    ),
    "file.not_text": Words(
        "这不是 CSV 或 .xlsx 文件（可能是图片、压缩包或旧的 .xls）。没有导入。请另存为 CSV 或 .xlsx。",
        "This is neither CSV nor .xlsx (perhaps a picture, an archive or an old .xls). Nothing was imported. "
        "Save it as CSV or .xlsx.",
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
}
