"""Words for the codes that only the API has, and for what pydantic says of a field. Chinese, then English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "api.unauthorized": (
        "没有有效的密钥。请在 Authorization 头里写 Bearer 和完整的密钥；密钥可能已过期、已吊销，或不允许从这个地址使用。",
        "No valid key. Send the whole key as a bearer token; it may have expired, been revoked, or not be allowed "
        "from this address.",
    ),
    "api.scope": ("这个密钥没有权限 {scope}。", "This key lacks the scope {scope}."),
    "api.rate": ("请求太快，请在 {wait_s} 秒后再试。", "Too many requests; try again in {wait_s} seconds."),
    "api.not_found": ("没有这个地址。", "There is nothing at this address."),
    "api.method": (
        "这个地址不接受这种方法，只接受 {allowed}。",
        "This address does not take this method, only {allowed}.",
    ),
    "api.failed": (
        "信风内部出错，已记入日志。可以用同一个 Idempotency-Key 重试。",
        "Xinfeng failed; it is in the log. You may repeat the request with the same Idempotency-Key.",
    ),
    "api.busy": (
        "数据库正忙，什么都没有保存。请稍后用同一个 Idempotency-Key 重试。",
        "The database is busy; nothing was saved. Repeat the request with the same Idempotency-Key.",
    ),
    "request.fields": (
        "请求里有 {count} 处不对，见 errors。什么都没有保存。",
        "{count} faults in the request, see errors. Nothing was saved.",
    ),
    "body.too_large": ("请求体超过了 {at_most} 字节。", "The body is larger than {at_most} bytes."),
    "body.too_slow": ("请求体来得太慢。", "The body came too slowly."),
    "body.type": ("请求体要用 application/json。", "The body must be application/json."),
    "body.charset": ("请求体要用 UTF-8。", "The body must be in UTF-8."),
    "body.encoding": (
        "只接受不压缩或 gzip 压缩的请求体。",
        "Content-Encoding may be gzip or nothing.",
    ),
    "body.gzip": ("gzip 压缩的请求体解不开。", "The gzip body cannot be unpacked."),
    "json.invalid": (
        "不是有效的 JSON：第 {line} 行第 {column} 列。",
        "Not valid JSON: line {line}, column {column}.",
    ),
    "json.duplicate_key": ("有一个对象里同一个键出现了两次。", "An object has the same key twice."),
    "json.too_deep": (
        "JSON 嵌套超过了 {deepest} 层。",
        "The JSON is nested more than {deepest} levels deep.",
    ),
    "json.number": ("有一个数字太大。", "A number is too large."),
    "json.nul": ("文字里含有空字符（NUL）。", "A text contains NUL."),
    "idempotency.key": (
        "Idempotency-Key 要是 1 到 200 个可见的 ASCII 字符。",
        "Idempotency-Key is 1 to 200 visible ASCII characters.",
    ),
    "idempotency.other_request": (
        "这个 Idempotency-Key 已经用于另一个请求。什么都没有保存。",
        "This Idempotency-Key was used for another request. Nothing was saved.",
    ),
    "idempotency.done_already": (
        "这个请求已经完成过。它的回答里有只显示一次的密钥，不能再给。",
        "This was done already. Its answer held a secret that is shown once and cannot be given again.",
    ),
    "partner.not_by_api": (
        "来源不能以 partner: 开头：合作方的数据只能凭有效的共享合同、逐条带凭证地用文件导入。",
        "A source may not begin with partner: — what a partner passes on is imported from a file, under a contract in "
        "force and with a proof for every row.",
    ),
    "batch.shape": (
        "请求体要是一个对象，只有 {keys} 这几项。什么都没有保存。",
        "The body is an object with {keys} and nothing else. Nothing was saved.",
    ),
    "batch.source": (
        "source 要是 1 到 {longest} 个字符的文字。",
        "source is text of 1 to {longest} characters.",
    ),
    "contact.find_by_one": ("请在 phone 和 external_id 里给出一项。", "Give one of phone and external_id."),
    "contact.unknown_to_api": ("没有这位客户。", "There is no such contact."),
    "batch.rows": (
        "一批要有 1 到 {at_most} 行。什么都没有保存。",
        "A batch has 1 to {at_most} rows. Nothing was saved.",
    ),
    "contact.erased": (
        "这个人要求删除过个人信息，不再收录",
        "This person had her data erased and is not taken in again",
    ),
    "contact.reveal_needed": (
        "查看完整号码要写明理由（X-Reveal-Reason）。",
        "Seeing whole numbers needs a reason (X-Reveal-Reason).",
    ),
    "consent.purpose": ("没有这种用途：{purpose}", "There is no purpose {purpose}"),
    "consent.evidence_identifies": (
        "凭证里不能写手机号、邮箱或证件号，请写能查到原件的编号",
        "Evidence must not hold a number, an e-mail or an identity card; write what leads to the original",
    ),
    "time.out_of_range": ("时间早于 1970 年或在将来", "The time lies before 1970 or in the future"),
    "attribute.unknown": ("没有声明过属性 {key}", "No attribute {key} has been declared"),
    "attribute.kind_of_value": ("值的类型不对，应为 {kind}", "The value should be of kind {kind}"),
    "event.properties_too_large": (
        "properties 超过 {at_most} 字节",
        "The properties take more than {at_most} bytes",
    ),
    "cursor.unreadable": ("翻页位置看不懂。", "The cursor cannot be read."),
    "reveal.not_allowed": ("这个密钥没有权限 contacts:reveal。", "This key lacks the scope contacts:reveal."),
    "field.missing": ("缺少这一项", "Missing"),
    "field.extra_forbidden": ("没有这一项", "There is no such field"),
    "field.string_type": ("应为文字", "Must be text"),
    "field.string_too_long": ("太长，最多 {max_length} 个字符", "Too long: at most {max_length} characters"),
    "field.string_too_short": (
        "太短，至少 {min_length} 个字符",
        "Too short: at least {min_length} characters",
    ),
    "field.string_pattern_mismatch": ("格式不对", "Not of the right form"),
    "field.int_type": ("应为整数", "Must be a whole number"),
    "field.int_parsing": ("应为整数", "Must be a whole number"),
    "field.float_type": ("应为数字", "Must be a number"),
    "field.bool_type": ("应为 true 或 false", "Must be true or false"),
    "field.dict_type": ("应为对象", "Must be an object"),
    "field.list_type": ("应为数组", "Must be an array"),
    "field.too_long": ("最多 {max_length} 项", "At most {max_length} items"),
    "field.too_short": ("至少 {min_length} 项", "At least {min_length} items"),
    "field.greater_than_equal": ("不能小于 {ge}", "Must be at least {ge}"),
    "field.less_than_equal": ("不能大于 {le}", "Must be at most {le}"),
    "field.literal_error": ("应为 {expected} 之一", "Must be one of {expected}"),
    "field.datetime_text": (
        "应为带时区的时间文字（RFC 3339）",
        "Must be text of a time with its offset (RFC 3339)",
    ),
    "field.datetime_from_date_parsing": ("看不懂这个时间", "Not a time"),
    "field.datetime_parsing": ("看不懂这个时间", "Not a time"),
    "field.timezone_aware": ("时间要带时区", "The time needs its offset"),
    "field.date_text": ("应为 1990-02-03 这样的日期", "Must be a day such as 1990-02-03"),
    "field.date_from_datetime_parsing": ("看不懂这个日期", "Not a day"),
    "field.date_parsing": ("看不懂这个日期", "Not a day"),
    "field.typed_dict_type": ("应为对象", "Must be an object"),
    "field.model_attributes_type": ("应为对象", "Must be an object"),
    "field.dataclass_type": ("应为对象", "Must be an object"),
}
