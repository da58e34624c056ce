"""The page for people in a bundle: Chinese and English, one file, nothing loaded from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

MOST_ENTRIES = 2_000
"""Longer lists are left to entries.jsonl."""

_STYLE = """
body{font:15px/1.6 -apple-system,"PingFang SC","Microsoft YaHei",sans-serif;color:#1c2733;margin:2rem auto;max-width:62rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid #d9dfe5;padding-bottom:.3rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #e7ebef;vertical-align:top;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:14rem 1fr;gap:.25rem 1rem}dt{color:#5b6875}dd{margin:0;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:#f5f7f9;padding:.8rem;border-radius:.4rem}code{background:#f5f7f9;padding:.1rem .3rem}
.en{color:#5b6875}.yes{color:#13795b}.no{color:#b42318}@media print{body{margin:0}}
"""

PURPOSES = {
    "marketing": "营销短信 marketing SMS",
    "service": "服务短信 service SMS",
    "location": "位置 location",
    "profiling": "个性化 personalisation",
    "sharing": "对外提供 passing data on",
}


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A line of the ledger for the page."""

    seq: int
    at: str
    purpose: str
    granted: bool
    source: str
    notice: str
    evidence: str
    hash: str


def report_page(
    manifest: Mapping[str, Any],
    *,
    entries: Sequence[ReportEntry],
    notices: Sequence[tuple[str, str]],
    suppressions: Sequence[Mapping[str, Any]],
    key: str,
) -> Iterator[bytes]:
    """The page. `entries` may be cut (`MOST_ENTRIES`); `notices` are (name, text); `key` is the fingerprint."""
    person = manifest["kind"] == "person"
    title = "同意证明：一位客户" if person else "同意证明：一次活动"
    title_en = "Proof of consent: one person" if person else "Proof of consent: one campaign"
    head = (
        "<!doctype html><html lang=zh-CN><head><meta charset=utf-8>",
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f'<h1>{title}<br><span class="en">{title_en}</span></h1>',
    )
    yield _lines(*head, _facts(manifest, key), _how_to_check(key)).encode()
    yield _entries(entries, manifest["counts"]["entries"]).encode()
    if suppressions:
        yield _suppressions(suppressions).encode()
    for name, text in notices:
        yield _lines(f"<h2>告知书 {escape(name)}</h2>", f"<pre>{escape(text)}</pre>").encode()
    yield b"</body></html>\n"


def _facts(manifest: Mapping[str, Any], key: str) -> str:
    drawn_up, ledger, counts = manifest["drawn_up"], manifest["ledger"], manifest["counts"]
    rows = [(_SUBJECT.get(name, name), str(value)) for name, value in manifest["subject"].items()]
    rows += [
        ("出具时间 drawn up at", drawn_up["at"]),
        ("出具人 by", drawn_up["by"]),
        ("事由 reason", drawn_up["reason"]),
        ("账本条数 ledger entries", str(ledger["head_seq"])),
        ("账本末尾哈希 head hash", ledger["head_hash"]),
        ("账本核验 ledger check", _check_words(ledger["check"])),
        ("本包条目 entries here", str(counts["entries"])),
    ]
    if manifest["kind"] == "campaign":
        rows.append(("收件人 recipients", str(counts["recipients"])))
    rows.append(("公钥指纹 key fingerprint", key))
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"<dl>{cells}</dl>"


_SUBJECT = {
    "contact": "客户编号 contact",
    "members": "合并前的编号 merged rows",
    "number": "手机号 number",
    "former_number": "曾用手机号（已易主） number before it was reassigned",
    "standing": "现在的状态 standing",
    "campaign": "活动编号 campaign",
    "name": "活动名称 name",
    "plan": "计划编号 plan",
    "planned_at": "计划时间 planned at",
    "purpose": "用途 purpose",
}


def _check_words(check: Mapping[str, Any] | None) -> str:
    if check is None:
        return "尚未做过全账本核验 the whole ledger has not been checked yet"
    whole = "完整 whole" if check["whole"] else f"在第 {check['broken_seq']} 条断裂 broken"
    return f"{whole}，{check['entries']} 条 entries，{check['at']}"


def _how_to_check(key: str) -> str:
    return _lines(
        "<h2>怎样核验 How to check this</h2>",
        "<p>在任何一台装有信风的电脑上运行，不需要数据库，也不需要联网：</p>",
        '<p class="en">On any machine with Xinfeng, without a database and offline:</p>',
        f"<pre>xinfeng consent verify-bundle FILE --key {escape(key)}</pre>",
        "<p>请从出具方公布的渠道核对指纹。每一条目的哈希由其内容和前一条的哈希算出，改动任何一个字都会被发现。</p>",
        '<p class="en">Compare the fingerprint with the one the issuer has published. The hash of each entry is '
        "computed from its contents and the hash of the entry before; changing one character is noticed.</p>",
    )


def _entries(entries: Sequence[ReportEntry], in_all: int) -> str:
    rows = "".join(
        f"<tr><td>{one.seq}</td><td>{escape(one.at)}</td>"
        f"<td>{escape(PURPOSES.get(one.purpose, one.purpose))}</td>"
        + ('<td class="yes">同意 granted</td>' if one.granted else '<td class="no">撤回或拒绝 withdrawn</td>')
        + f"<td>{escape(one.source)}</td><td>{escape(one.notice)}</td><td>{escape(one.evidence)}</td>"
        f"<td><code>{one.hash[:16]}…</code></td></tr>"
        for one in entries
    )
    cut = (
        f"<p>这里列出前 {len(entries)} 条，全部 {in_all} 条见 entries.jsonl。"
        f'<span class="en">The first {len(entries)} are listed; all {in_all} are in entries.jsonl.</span></p>'
        if len(entries) < in_all
        else ""
    )
    heads = (
        "序号 seq",
        "时间 at",
        "用途 purpose",
        "内容 said",
        "来源 source",
        "告知书 notice",
        "凭证 evidence",
        "哈希 hash",
    )
    head = "".join(f"<th>{one}</th>" for one in heads)
    return _lines(
        "<h2>授权条目 Entries</h2>",
        cut,
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>",
    )


def _suppressions(rows: Iterable[Mapping[str, Any]]) -> str:
    body = "".join(
        f"<tr><td>{escape(str(one['at']))}</td><td>{escape(str(one['scope']))}</td><td>{escape(str(one['reason']))}</td>"
        f"<td>{escape(str(one['source']))}</td><td>{escape(str(one['lifted_at'] or '—'))}</td></tr>"
        for one in rows
    )
    head = "<th>时间 at</th><th>范围 scope</th><th>原因 reason</th><th>来源 source</th><th>解除 lifted</th>"
    return _lines(
        "<h2>屏蔽 Suppressions</h2>",
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
    )


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part) + "\n"
