"""The page for people in an inspection archive: Chinese and English, one file, nothing loaded from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from xinfeng.inspection.words import FAULT_WORDS, GAPS, NAMES, name_of

_STYLE = """
body{font:15px/1.6 -apple-system,"PingFang SC","Microsoft YaHei",sans-serif;color:#1c2733;margin:2rem auto;max-width:66rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid #d9dfe5;padding-bottom:.3rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #e7ebef;vertical-align:top;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:16rem 1fr;gap:.25rem 1rem}dt{color:#5b6875}dd{margin:0;overflow-wrap:anywhere}
code{background:#f5f7f9;padding:.1rem .3rem}.en{color:#5b6875}.good{color:#13795b}.bad{color:#b42318}.scroll{overflow-x:auto}
@media (max-width:40rem){dl{grid-template-columns:1fr}}@media print{body{margin:0}}
"""
_MOST_LINES = 400


def page(
    about: Mapping[str, Any], drawn_up: Mapping[str, Any], sums: Mapping[str, Any], key: str
) -> Iterator[bytes]:
    """`sums` as `writing.collect` gives them; `key` is the fingerprint."""
    title = f"短信发送检查档案 {about['first']} – {about['last']}"
    yield (
        f"<!doctype html><html lang=zh-CN><head><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
        f'</head><body><h1>{escape(title)}<br><span class="en">Account of SMS sending for an inspection</span></h1>'
    ).encode()
    facts: list[tuple[str, object]] = [
        ("出具时间 drawn up at", drawn_up["at"]), ("出具人 by", drawn_up["by"]), ("事由 reason", drawn_up["reason"]),
        ("软件 software", drawn_up["software"]), ("时区 time zone", about["zone"]), ("公钥指纹 key fingerprint", key),
    ]  # fmt: skip
    facts += [
        (f"{name} filter", about[name])
        for name in ("signature_id", "channel_id", "campaign_id")
        if name in about
    ]
    yield _facts(facts).encode()
    yield (
        "<p>核验 to check: <code>xinfeng inspection verify FILE --key " + escape(key) + "</code></p>"
    ).encode()
    for section in (
        _volume,
        _consents,
        _opt_outs,
        _complaints,
        _approvals,
        _filings,
        _requests,
        _kept,
        _audit,
        _sample,
    ):
        yield section(sums).encode()
    yield b"</body></html>\n"


def _volume(sums: Mapping[str, Any]) -> str:
    volume, outcomes, left_out = sums["volume"], sums["outcomes"], sums["left_out"]
    facts = [("短信 messages", volume.messages), ("计费条 parts", volume.parts)]
    facts += [(f"{_two(state)}", n) for state, n in outcomes.by_state.items()]
    facts += [("被排除 left out", left_out.contacts), ("其中未成年人 of them minors", left_out.minors)]
    body = _facts(facts)
    for head, lines in (
        ("日期 day", volume.by_day), ("通道 channel", volume.by_channel), ("用途 purpose", volume.by_purpose),
        ("运营商（按号段） carrier by range", volume.by_carrier),
    ):  # fmt: skip
        kind = "carrier" if "carrier" in head else ""
        rows = [(_two(one.key, kind), one.messages, one.parts) for one in lines]
        body += _table((head, "短信 messages", "计费条 parts"), rows)
    body += _table(
        ("排除原因 reason", "人 contacts"), [(_two(code, "reason"), n) for code, n in left_out.by_reason]
    )
    return _section("发送量 Volume", body)


def _consents(sums: Mapping[str, Any]) -> str:
    found = sums["consents"]
    body = _facts(
        [
            ("短信 messages", found.messages),
            ("有凭证 with proof", found.proven),
            ("账本里找不到授权 without an entry", _must_be_zero(found.missing)),
        ]
    )
    rows = [(one.source, one.messages, one.proven, one.with_notice) for one in found.by_source]
    return _section(
        "授权 Consent",
        body + _table(("来源 source", "短信 messages", "有凭证 proven", "有告知书 with notice"), rows),
    )


def _opt_outs(sums: Mapping[str, Any]) -> str:
    found = sums["opt_outs"]
    body = _facts(
        [("退订 opt-outs", found.count), ("生效之后还发出 sent after", _must_be_zero(len(found.sent_after)))]
    )
    rows = [
        (one.source, one.count, one.measured, _s(one.median_s), _s(one.p99_s), _s(one.longest_s))
        for one in found.by_source
    ]
    heads = (
        "来源 source",
        "退订 count",
        "有测量 measured",
        "中位 median (s)",
        "99 % (s)",
        "最长 longest (s)",
    )
    body += _table(heads, rows)
    after = [(one.message_id, one.contact_id, one.withdrawn_at, one.sent_at) for one in found.sent_after]
    if after:
        body += _table(("短信 message", "客户 contact", "生效 bound at", "发出 sent at"), after)
    return _section("退订 Opt-outs", body)


def _complaints(sums: Mapping[str, Any]) -> str:
    found = sums["complaints"]
    facts = [
        ("投诉 complaints", found.count), ("成立 valid", found.valid), ("不成立 dismissed", found.dismissed),
        ("未了结 open", found.open), ("超期 overdue", found.overdue),
        ("处理时长中位 median (h)", _s(found.median_h)), ("最长 longest (h)", _s(found.longest_h)),
    ]  # fmt: skip
    return _section(
        "投诉 Complaints", _facts(facts) + _table(("来源 source", "投诉 complaints"), found.by_source)
    )


def _approvals(sums: Mapping[str, Any]) -> str:
    found = sums["approvals"]
    facts = [
        ("活动 campaigns", found.campaigns), ("由他人批准 approved by another", found.by_others),
        ("没有批准记录 without approval", _must_be_zero(found.without)),
    ]  # fmt: skip
    body = _facts(facts) + _table(("文案审核 reviews", ""), [(_two(state), n) for state, n in found.reviews])
    rows = [(one.what, one.id, one.name, one.actor, one.at) for one in found.exceptions]
    body += _table(("自批 own approvals", "编号 id", "名称 name", "谁 who", "时间 at"), rows)
    return _section("审批 Approvals", body)


def _filings(sums: Mapping[str, Any]) -> str:
    found = sums["filings"]
    rows = [
        (
            one.qualification.name,
            one.qualification.number,
            one.qualification.holder,
            one.qualification.expires_on or "",
        )
        for one in found.qualifications
    ]
    body = _table(("资质 qualification", "编号 number", "持有人 holder", "到期 expires"), rows)
    lines = [
        (
            one.signature,
            one.channel,
            _two(str(one.carrier), "carrier"),
            _two(one.state),
            one.number,
            one.expires_on or "",
        )
        for one in found.signatures
    ]
    heads = ("签名 signature", "通道 channel", "运营商 carrier", "状态 state", "编号 number", "到期 expires")
    body += _facts(
        [
            ("未生效的报备 not in force", len(found.lacking)),
            ("已生效的模板 templates in force", found.templates_in_force),
        ]
    )
    return _section("资质与报备 Qualifications and filings", body + _table(heads, lines))


def _requests(sums: Mapping[str, Any]) -> str:
    rows = [
        (_two(one.kind), one.received, one.answered, one.in_time, one.late, one.open)
        for one in sums["requests"]
    ]
    heads = ("请求 request", "收到 received", "已答复 answered", "按期 in time", "超期 late", "未答复 open")
    return _section("个人信息请求 Personal-information requests", _table(heads, rows))


def _kept(sums: Mapping[str, Any]) -> str:
    rows = [
        (
            " ".join(one["label"]),
            one["floor_days"] or "—",
            one["days"] or "长期 kept",
            " / ".join(one["source"]),
        )
        for one in sums["retention"]
    ]
    heads = ("数据 data", "法定下限（天） floor", "保留（天） kept", "依据 source")
    return _section("保留期限 Retention", _table(heads, rows))


def _audit(sums: Mapping[str, Any]) -> str:
    found = sums["audit"]
    if found is None:
        return _section("审计日志 Audit log", "<p>还没有核验过 not checked yet</p>")
    result = (
        '<span class="good">完整 whole</span>'
        if found.whole
        else f'<span class="bad">{escape(" ".join(FAULT_WORDS[found.fault]))} {found.where}</span>'
    )
    facts = _facts([("核验 checked at", found.at), ("记录 entries", found.entries), ("封签 seals", found.seals),
                    ("链末 head", f"{found.head_seq} {found.head_digest}")])  # fmt: skip
    return _section("审计日志 Audit log", f"<p>{result}</p>{facts}")


def _sample(sums: Mapping[str, Any]) -> str:
    heads = ("短信 message", "号码 number", "计划 planned", "活动 campaign", "授权 consent", "凭证 proof", "告知书 notice",
             "批准 approved", "报备 filing", "结果 outcome", "缺口 gaps")  # fmt: skip
    rows = [
        (one.message_id, one.phone, one.planned_at, one.campaign, f"{one.consent_seq} {one.consent_source}",
         one.consent_evidence, one.notice, f"{one.approved_by} {one.approved_at or ''}", one.filing, _two(one.state),
         "、".join(" ".join(GAPS[gap]) for gap in one.gaps))
        for one in sums["sample"]["messages"]
    ]  # fmt: skip
    seed = escape(sums["sample"]["seed"])
    return _section("抽样 Sample", f"<p>种子 seed: <code>{seed}</code></p>" + _table(heads, rows))


def _two(code: str, kind: str = "") -> str:
    """A code in both languages; what has no words stays as it is."""
    words = name_of(code, kind) if kind else NAMES.get(code)
    return " ".join(words) if words else code


def _s(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


class _Html(str):
    """Text that is HTML already."""


def _must_be_zero(count: int) -> _Html:
    return _Html(f'<span class="{"bad" if count else "good"}">{count:,}</span>')


def _cell(value: object) -> str:
    if isinstance(value, _Html):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape(str(value))


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>{body}"


def _facts(rows: Iterable[tuple[str, object]]) -> str:
    return (
        "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{_cell(value)}</dd>" for name, value in rows) + "</dl>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    listed = list(rows)
    if not listed:
        return ""
    body = "".join(
        "<tr>" + "".join(f"<td{_aligned(value)}>{_cell(value)}</td>" for value in row) + "</tr>"
        for row in listed[:_MOST_LINES]
    )
    more = f"<p>… {len(listed):,}</p>" if len(listed) > _MOST_LINES else ""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}'
    )


def _aligned(value: object) -> str:
    return ' class="n"' if isinstance(value, int) else ""
