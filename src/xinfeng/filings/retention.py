"""How long filings and qualifications are kept."""

from __future__ import annotations

from xinfeng.foundation.retention import THREE_YEARS, Kept

RETENTION = (
    Kept(
        "filings",
        ("报备和资质", "Filings and qualifications"),
        ("签名、模板、批量发送的报备，资质、授权书、影响评估报告等文件", "filings of signatures, templates and bulk sending; licences, authorisations, impact assessments"),
        (
            "工信部信管函〔2023〕794 号；个人信息保护法第 56 条：影响评估报告和处理情况记录不少于三年",
            "MIIT letter 2023-794; PIPL, Art 56: impact assessments and records for at least three years",
        ),
        THREE_YEARS,
        None,
        why=("发过的短信以当时的报备为依据，所以保留", "messages rest on the filings of their time"),
        order=51,
    ),
)  # fmt: skip
