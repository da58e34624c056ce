"""`python -m xinfeng.screening.scorecard`: how well the rules that ship judge the labelled set.

A finding is right if its text is labelled with that very rule. Precision and recall are counted for findings that
block and for those that need evidence, on the texts the rules were written with and, apart from them, on those held
out; below a floor the scorecard fails. Needs no database.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from xinfeng.screening.engine import Screener
from xinfeng.screening.findings import verdict
from xinfeng.screening.rules import TRADES, Outcome, shipped
from xinfeng.screening.ruleset import ruleset_on

LABELLED = Path(__file__).parent / "labelled"

FLOORS = {
    "known": {"precision": 0.97, "recall": 0.95},
    "held_out": {"precision": 0.85, "recall": 0.6},
}
"""What must be reached, for blocking findings and for those that need evidence. The held-out texts were written
without looking at the rules: they say what the rules are worth on a text nobody has seen."""

JUDGED_ON = date(2026, 11, 1)
"""The day whose rules are measured: the same result next year."""

PASS = "pass"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text and what is to be said about it."""

    place: str
    text: str
    trade: str
    purpose: str
    outcome: str
    findings: frozenset[str]
    note: str
    held_out: bool


class BadLabel(ValueError):
    """A labelled line that cannot be used: where, and why."""


def labelled(folder: Path = LABELLED) -> Iterator[Labelled]:
    """Every labelled text, in the order of files and lines."""
    known = {rule.id for rule in shipped()}
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text("utf-8").split("\n"), start=1):
            if line.strip():
                yield _labelled(f"{file.name}:{number}", line, known)


def _labelled(place: str, line: str, known: set[str]) -> Labelled:
    try:
        one = json.loads(line)
        found = Labelled(
            place,
            one["text"],
            one["trade"],
            one["purpose"],
            one["outcome"],
            frozenset(one["findings"]),
            one.get("note", ""),
            bool(one.get("held_out", False)),
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise BadLabel(f"{place}: {fault!r}") from fault
    if unknown := found.findings - known:
        raise BadLabel(f"{place}: no rule named {', '.join(sorted(unknown))}")
    if found.trade not in TRADES or found.outcome not in (PASS, Outcome.BLOCK, Outcome.EVIDENCE):
        raise BadLabel(f"{place}: trade {found.trade}, outcome {found.outcome}")
    return found


@dataclass(slots=True)
class Count:
    """Findings that were right, that should not be there, that are missing."""

    right: int = 0
    wrong: int = 0
    missing: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missing) if self.right + self.missing else 1.0


@dataclass(frozen=True, slots=True)
class Miss:
    """A text whose findings are not those of its label."""

    one: Labelled
    wrong: frozenset[str]
    missing: frozenset[str]


@dataclass(slots=True)
class Score:
    """What a set of texts came to. `outcomes` counts (labelled, given) outcomes of whole texts."""

    texts: int = 0
    by_outcome: dict[Outcome, Count] = field(
        default_factory=lambda: {outcome: Count() for outcome in reversed(Outcome)}
    )
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    misses: list[Miss] = field(default_factory=list)

    @property
    def overall(self) -> Count:
        counts = [self.by_outcome[Outcome.BLOCK], self.by_outcome[Outcome.EVIDENCE]]
        return Count(
            sum(one.right for one in counts),
            sum(one.wrong for one in counts),
            sum(one.missing for one in counts),
        )

    @property
    def same_outcome(self) -> float:
        """The share of texts whose outcome is the labelled one."""
        same = sum(count for (wanted, given), count in self.outcomes.items() if wanted == given)
        return same / self.texts if self.texts else 1.0


def score(texts: Iterable[Labelled], screener: Screener) -> Score:
    """Judge each text and compare. Remarks count where the label names them."""
    found = Score()
    by_id = screener.ruleset.by_id
    for one in texts:
        findings = screener.screen(one.text, trade=one.trade, purpose=one.purpose)
        stops = {finding.rule for finding in findings if finding.outcome is not Outcome.REMARK}
        remarks = {finding.rule for finding in findings if finding.outcome is Outcome.REMARK}
        given = stops | (remarks & one.findings)
        for rule in given | one.findings:
            count = found.by_outcome[by_id[rule].outcome]
            if rule in given and rule in one.findings:
                count.right += 1
            elif rule in given:
                count.wrong += 1
            else:
                count.missing += 1
        if given != one.findings:
            found.misses.append(Miss(one, frozenset(given - one.findings), one.findings - given))
        found.texts += 1
        found.outcomes[one.outcome, verdict(findings) or PASS] += 1
    return found


def shipped_screener() -> Screener:
    """The rules as they ship, without anything of a deployment."""
    return Screener(ruleset_on(JUDGED_ON))


def failures(scores: dict[str, Score]) -> list[str]:
    """Which floors were missed."""
    found = []
    for name, floors in FLOORS.items():
        for outcome in (Outcome.BLOCK, Outcome.EVIDENCE):
            count = scores[name].by_outcome[outcome]
            for measure, floor in floors.items():
                value = getattr(count, measure)
                if value < floor:
                    found.append(f"{name}: {outcome} {measure} {value:.3f} < {floor}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the scorecard; 1 if a floor was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list the texts judged otherwise than labelled")
    parser.add_argument("--held-out", action="store_true", help="list those of the held-out half too")
    given = parser.parse_args(arguments)
    texts = list(labelled())
    screener = shipped_screener()
    scores = {
        "known": score((one for one in texts if not one.held_out), screener),
        "held_out": score((one for one in texts if one.held_out), screener),
    }
    write = sys.stdout.write
    for name, one in scores.items():
        write(f"{name}: {one.texts} texts, {one.same_outcome:.1%} with the labelled outcome\n")
        for label, count in (*one.by_outcome.items(), ("overall", one.overall)):
            write(
                f"  {label:9} precision {count.precision:.3f}  recall {count.recall:.3f}  "
                f"(right {count.right}, wrong {count.wrong}, missing {count.missing})\n"
            )
        if given.misses and (name == "known" or given.held_out):
            for miss in one.misses:
                said = [f"+{rule}" for rule in sorted(miss.wrong)]
                said += [f"-{rule}" for rule in sorted(miss.missing)]
                write(f"  {miss.one.place} {' '.join(said)}\n    {miss.one.text!r}\n    {miss.one.note}\n")
    missed = failures(scores)
    for line in missed:
        write(f"below the floor: {line}\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
