"""How long is kept of a file what could not be taken."""

from __future__ import annotations

from xinfeng.foundation.retention import Kept, Rows

RETENTION = (
    Kept(
        "rejections",
        ("未导入的行", "Rows that were not taken"),
        ("导入文件里没有收下的行（加密）和原因；导入记录本身保留", "rows of files that were refused (sealed), and why; the imports themselves stay on record"),
        ("个人信息保护法第 19、47 条：目的已实现即删除", "PIPL, Art 19 and 47: deleted when the purpose is fulfilled"),
        0,
        90,
        Rows("import_rejection", over="job_id in (select j.id from import_job j where j.created_at < %(before)s)"),
        order=45,
    ),
)  # fmt: skip
