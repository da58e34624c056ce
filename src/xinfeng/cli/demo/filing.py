"""The filings of the demonstration's shop: its licence, and its signature with all four carriers."""

from __future__ import annotations

from datetime import datetime, timedelta


def file_signature(signature_id: int, channel_id: int, *, actor: str, now: datetime) -> None:
    """Put the shop's licence on file and its signature into force for a year, for the whole account."""
    from xinfeng.filings import qualifications, signatures
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.qualifications import QualificationDraft
    from xinfeng.filings.signatures import SignatureDraft

    today = business_day_of(now)
    licence = qualifications.save(
        QualificationDraft(
            kind="licence",
            name="营业执照（示例）",
            number="91330100DEMO00001X",
            holder="四时茶（杭州）茶业有限公司",
            issuer="杭州市市场监督管理局",
            issued_on=today - timedelta(days=1200),
        ),
        actor=actor,
        now=now,
    )
    trademark = qualifications.save(
        QualificationDraft(
            kind="trademark",
            name="“四时茶”第 30 类商标（示例）",
            number="DEMO-30-000001",
            holder="四时茶（杭州）茶业有限公司",
            issuer="国家知识产权局",
            issued_on=today - timedelta(days=3595),
            expires_on=today + timedelta(days=57),
        ),
        actor=actor,
        now=now,
    )
    made = signatures.add(
        SignatureDraft(
            signature_id=signature_id,
            channel_id=channel_id,
            whole_account=True,
            basis="trademark",
            qualification_ids=(licence, trademark),
            note="示例数据：向模拟运营商报备",
        ),
        actor=actor,
        now=now,
    )
    signatures.submit(made, actor=actor, now=now)
    for number, filing_id in enumerate(made, start=1):
        signatures.confirm(
            [filing_id],
            number=f"DEMO-{today:%Y%m}-{number:04d}",
            expires_on=today + timedelta(days=365),
            actor=actor,
            now=now,
        )
