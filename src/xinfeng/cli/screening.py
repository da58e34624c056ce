"""Commands about content rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="内容规则 screening of texts", no_args_is_help=True)
words = typer.Typer(help="自有词 a deployment's own words", no_args_is_help=True)
group.add_typer(words, name="words")
ACTOR = "system:command line"
LARGEST_FILE = 4 * 1024 * 1024

Trade = Annotated[
    str,
    typer.Option(
        help="行业 trade: retail, education, catering, finance, government, baby, property, medicine, other"
    ),
]
Purpose = Annotated[str, typer.Option(help="用途 purpose: marketing, service")]
Outcome = Annotated[str, typer.Option(help="处理 outcome: block 禁用, evidence 需要证明, allow 放行")]
Reason = Annotated[str, typer.Option(help="原因 why")]

_SAID = {"block": "禁止 block", "evidence": "需要证明 evidence", "remark": "提示 remark", "": "通过 pass"}


@group.command("check")
def check(
    text: Annotated[str, typer.Argument(help="短信 the text")] = "",
    trade: Trade = "other",
    purpose: Purpose = "marketing",
    file: Annotated[
        Path | None, typer.Option(help="UTF-8 文件，一行一条 a file of texts, one a line")
    ] = None,
) -> None:
    """按现在的规则检查文字；有禁止的内容时以 1 退出。 Judge texts by the rules in force; exits with 1 if one is blocked."""
    ready()
    from xinfeng.screening.findings import verdict
    from xinfeng.screening.reads import screener

    texts = _lines(file) if file else [text]
    found = screener(utc_now()).screen_many(texts, trade=trade, purpose=purpose)
    blocked = False
    for number, (one, findings) in enumerate(zip(texts, found, strict=True), start=1):
        outcome = str(verdict(findings) or "")
        blocked |= outcome == "block"
        if findings or not file:
            say(f"{number}. {_SAID[outcome]}" + (f"：{one[:60]}" if file else ""), style="bold")
        for finding in findings:
            say(
                f"  {_SAID[finding.outcome]} {finding.start}–{finding.end} “{finding.matched}” {finding.rule}"
            )
            say(f"    {finding.words('zh')}{finding.suggestion('zh')}（{finding.law('zh')}）")
            say(f"    {finding.words('en')} {finding.suggestion('en')} ({finding.law('en')})", style="dim")
    if file:
        counts = [str(verdict(findings) or "") for findings in found]
        said = "，".join(f"{label} {counts.count(key):,}" for key, label in _SAID.items() if key != "remark")
        say(f"{len(texts):,} 条 texts：{said}")
    if blocked:
        raise typer.Exit(1)


def _lines(file: Path) -> list[str]:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InvalidInput("screening.file", file=str(file))
        return [line for line in file.read_text("utf-8").split("\n") if line.strip()]
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidInput("screening.file", file=str(file)) from fault


@group.command("rules")
def rules(
    search: Annotated[str, typer.Option(help="搜索 search in names, words and laws")] = "",
) -> None:
    """系统带来的规则，和本单位的改动。 The rules that ship, and what has been changed."""
    ready()
    from xinfeng.screening import reads

    rows = []
    for one in reads.rules_now(utc_now()):
        rule = one.rule
        if search and search.lower() not in " ".join(
            (rule.id, rule.title_zh, rule.title_en, rule.law.zh, rule.law.en, *rule.words)
        ):
            continue
        changed = f" → {one.override.change}" if one.override else ""
        rows.append(
            [
                rule.id,
                _SAID[rule.outcome] + changed,
                f"{rule.title_zh}\n{rule.title_en}",
                f"{rule.law.zh}\n{rule.law.en}",
                rule.effective_from,
            ]
        )
    table("规则 Rules", ["规则 rule", "结果 outcome", "名称 name", "依据 law", "生效 since"], rows)


@words.command("add")
def add(
    words: Annotated[list[str], typer.Argument(help="词 the words")],
    reason: Reason,
    outcome: Outcome = "block",
    trade: Annotated[list[str] | None, typer.Option(help="只用于这些行业 only for these trades")] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="只用于这些用途 only for these purposes")] = None,
) -> None:
    """添加词。 Add words."""
    ready()
    from xinfeng.screening.actions import add_words

    done = add_words(
        words,
        outcome=outcome,
        reason=reason,
        trades=trade or (),
        purposes=purpose or (),
        actor=ACTOR,
        now=utc_now(),
    )
    say(
        f"添加了 {len(done.added)} 个词，{len(done.known)} 个早就有了。 {len(done.added)} added, {len(done.known)} known."
    )


@words.command("list")
def list_words(
    search: Annotated[str, typer.Option(help="搜索 search")] = "",
    retired: Annotated[bool, typer.Option(help="已停用的 retired ones")] = False,
    at_most: Annotated[int, typer.Option(min=1, max=20_000, help="最多几个 how many at most")] = 200,
) -> None:
    """列出自有词。 List the words."""
    ready()
    from xinfeng.screening import reads

    rows = [
        [
            one.pk,
            one.word,
            one.get_outcome_display(),
            "、".join([*one.trades, *one.purposes]) or "全部 all",
            one.reason,
            one.added_by,
        ]
        for one in reads.words(search=search, retired=retired)[:at_most]
    ]
    columns = ["编号 id", "词 word", "处理 outcome", "范围 scope", "原因 reason", "谁 by"]
    table("自有词 Own words", columns, rows)


@words.command("retire")
def retire(word_id: Annotated[int, typer.Argument(help="编号 the word's id")], reason: Reason) -> None:
    """停用一个词；它留在历史里。 Retire a word; it stays in the history."""
    ready()
    from xinfeng.screening.actions import retire_word

    retire_word(word_id, reason=reason, actor=ACTOR, now=utc_now())
    say("已停用 retired")
