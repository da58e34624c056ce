"""Commands about the review of texts: the queue, one text with its findings, decisions, proofs."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xinfeng.cli.acting import As, ready_as
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.content.review import Judgement

group = typer.Typer(help="文案审核 review of texts", no_args_is_help=True)

Template = Annotated[
    str,
    typer.Argument(
        metavar="TEMPLATE",
        help="模板的名称（最新一版）或版本号 a template's name (its newest version), or a version id",
    ),
]
Comment = Annotated[str, typer.Option(help="意见；退回和禁用时必填 comment, needed to return or block")]

_OUTCOMES = {"block": "禁止 blocked", "evidence": "需要证明 needs proof", "remark": "提示 remark"}
_STATES = {
    "draft": "草稿 draft",
    "in_review": "待审核 in review",
    "approved": "已通过 approved",
    "returned": "已退回 returned",
    "blocked": "已禁用 blocked",
}


@group.command("list")
def list_reviews() -> None:
    """列出等着审核的模板和活动，等得最久的在前。 What waits for a reviewer, oldest first."""
    ready()
    from xinfeng.campaigns import wording
    from xinfeng.content import review_queue

    now = utc_now()
    texts = [
        (one.since, one.version, "模板 template", one.asked.actor, one.risk)
        for one in review_queue.queue(at=now)
    ]
    campaigns = [
        (one.since, one.version, f"活动 campaign {one.campaign.pk}: {one.campaign.name}", one.by, one.risk)
        for one in wording.waiting(at=now)
    ]
    rows = [
        [
            version.pk,
            f"{version.template.name} #{version.number}",
            what,
            by,
            f"{since:%Y-%m-%d %H:%M}",
            f"{risk.block} / {risk.unproven}",
        ]
        for since, version, what, by, risk in sorted(texts + campaigns, key=lambda row: row[0])
    ]
    columns = [
        "版本号 version id",
        "模板 template",
        "等什么 what waits",
        "谁 by",
        "何时 since (UTC)",
        "禁止/缺凭证 blocked/unproven",
    ]
    table("审核 Reviews", columns, rows, right=(0,))


@group.command("show")
def show(template: Template) -> None:
    """一版文案：状态、按今天的规则发现的问题、凭证、讨论。 One text: state, findings by today's rules, proofs, comments."""
    ready()
    from xinfeng.cli import named
    from xinfeng.content import comments, reads, review

    version = reads.version(named.template_version(template))
    judgement = review.judgement_of(version, at=utc_now())
    say(
        f"{version.template.name} 第 {version.number} 版 version {version.number} (id {version.pk})",
        style="bold",
    )
    say(judgement.judged.source.text)
    say(f"状态 state: {_STATES[review.state_of(version.pk)]}")
    print_findings(judgement)
    if not judgement.judged.findings:
        say("没有发现问题。 Nothing found.")
    for row in reversed(review.history(version.pk)):
        say(
            f"{row.at:%Y-%m-%d %H:%M} {row.actor}: {_STATES[row.state]}{'：' + row.comment if row.comment else ''}"
        )
    for one in comments.comments([version.pk]):
        say(f"{one.at:%Y-%m-%d %H:%M} {one.actor}: {one.text}")


def print_findings(judgement: Judgement) -> None:
    """Each finding with its source and advice, and the proof it rests on."""
    from xinfeng.content.judging import claim_of

    for one in judgement.judged.findings:
        say(
            f"{_OUTCOMES[one.outcome]} “{one.matched}” ({one.rule})",
            style="red" if one.outcome == "block" else "yellow",
        )
        for language in ("zh", "en"):
            say(f"  {one.words(language)} {one.suggestion(language)} [{one.law(language)}]")
        if proof := judgement.proofs.get(claim_of(one)):
            say(f"  凭证 proof #{proof.pk} {proof.title} → {proof.valid_until}")


@group.command("ask")
def ask(template: Template, author: As, comment: Comment = "") -> None:
    """送审。 Ask for review."""
    ready_as(author)
    from xinfeng.cli import named
    from xinfeng.content import review

    review.ask_for_review(named.template_version(template), actor=author, now=utc_now(), comment=comment)
    say("已送审。 Submitted for review.")


@group.command("approve")
def approve(template: Template, reviewer: As, comment: Comment = "") -> None:
    """通过（须由作者以外的人）。 Approve; by another person than its writers."""
    ready_as(reviewer)
    from xinfeng.cli import named
    from xinfeng.content import review

    review.approve_version(named.template_version(template), actor=reviewer, now=utc_now(), comment=comment)
    say("已通过。 Approved.")


@group.command("return")
def return_(template: Template, reviewer: As, comment: Comment = "") -> None:
    """退回修改。 Return it to its author."""
    ready_as(reviewer)
    from xinfeng.cli import named
    from xinfeng.content import review

    review.return_version(named.template_version(template), actor=reviewer, now=utc_now(), comment=comment)
    say("已退回。 Returned.")


@group.command("block")
def block(template: Template, reviewer: As, comment: Comment = "") -> None:
    """禁用：永远不能再用，正在发送的活动立即暂停。 Block: never to be used; campaigns that send it pause at once."""
    ready_as(reviewer)
    from xinfeng.campaigns import text_watch
    from xinfeng.cli import named

    held = text_watch.block(named.template_version(template), actor=reviewer, now=utc_now(), comment=comment)
    say(f"已禁用，暂停了 {len(held)} 个活动。 Blocked; campaigns paused: {len(held)}.")


@group.command("attach")
def attach(
    template: Template,
    claim: Annotated[str, typer.Argument(help="要证明的说法，照文案写 the claim, as the text says it")],
    author: As,
    file: Annotated[Path | None, typer.Option(help="证明文件 the document")] = None,
    title: Annotated[str, typer.Option(help="凭证名称 its name")] = "",
    reference: Annotated[str, typer.Option(help="依据与出处 who issued it, number, page")] = "",
    until: Annotated[
        datetime | None, typer.Option(help="有效至（含） valid until", formats=["%Y-%m-%d"])
    ] = None,
    scope: Annotated[str, typer.Option(help="时间与地域 time and place it is true for")] = "",
    reuse: Annotated[int | None, typer.Option(help="已有凭证的编号 the id of a proof that is there")] = None,
    rule: Annotated[
        str, typer.Option(help="规则，说法不止一条时 the rule, where the claim has several")
    ] = "",
) -> None:
    """给一个说法附上凭证：新的文件，或已有的。 Attach proof to a claim: a new document, or one that is there."""
    ready_as(author)
    from xinfeng.cli import named
    from xinfeng.content import review
    from xinfeng.content.evidence import Document, Proof

    version_id = named.template_version(template)
    if reuse is not None:
        kept = review.reuse_evidence(version_id, reuse, actor=author, now=utc_now())
    else:
        if file is None or until is None:
            raise InvalidInput("evidence.incomplete", missing="--file, --until")
        kept = review.attach_evidence(
            version_id,
            rule=rule or _rule_of(version_id, claim),
            claim=claim,
            proof=Proof(title, reference, date(until.year, until.month, until.day), scope),
            document=Document(file.name, _pieces(file)),
            actor=author,
            now=utc_now(),
        )
    say(f"凭证 proof {kept.pk}: {kept.title} → {kept.valid_until}")


def _rule_of(version_id: int, claim: str) -> str:
    """The first rule that wants proof for these words; empty: none does, which the action then says."""
    from xinfeng.content import reads, review
    from xinfeng.content.judging import claim_key

    claims = review.judgement_of(reads.version(version_id), at=utc_now()).judged.claims
    return next((one.rule for one in claims if claim_key(one.matched) == claim_key(claim)), "")


def _pieces(file: Path) -> list[bytes]:
    from xinfeng.content.evidence import LARGEST_FILE

    try:
        with file.open("rb") as opened:
            return [opened.read(LARGEST_FILE + 1)]
    except OSError:
        raise InvalidInput("evidence.no_file", file=str(file)) from None
