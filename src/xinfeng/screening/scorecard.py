"""`python -m xinfeng.screening.scorecard`: how well the rules that ship judge the labelled set.

A finding is right if its text is labelled with that very rule. Three parts are counted apart: texts the rules were
written with (`known`), texts held out from writing whose misses were read later (`development`), and texts written
by somebody who had not seen the rules, and whose misses whoever works on the rules does not read (`blind`). For each
part: precision and recall of findings that block and of those that need evidence, and what becomes of whole texts.
Below a floor the scorecard fails. Needs no database.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from xinfeng.screening.engine import Screener
from xinfeng.screening.findings import verdict
from xinfeng.screening.rules import TRADES, Outcome, shipped
from xinfeng.screening.ruleset import ruleset_on

LABELLED = Path(__file__).parent / "labelled"

PARTS = ("known", "development", "blind")
BLIND = "blind_"
"""How the names of files begin whose texts were written without sight of the rules."""

FLOORS = {
    "known": {"precision": 0.98, "recall": 0.97, "same_outcome": 0.98, "passed": 0.99, "stopped": 0.98},
    "development": {"precision": 0.93, "recall": 0.87, "same_outcome": 0.96, "passed": 0.98, "stopped": 0.96},
    "blind": {"precision": 0.86, "recall": 0.73, "same_outcome": 0.89, "passed": 0.95, "stopped": 0.86},
}
"""What must be reached. Precision and recall hold for blocking findings and for those that need evidence, each;
the others are shares of whole texts (`Score`)."""

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

    @property
    def part(self) -> str:
        """Which of PARTS the text belongs to."""
        if self.place.startswith(BLIND):
            return "blind"
        return "development" if self.held_out else "known"


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

    @property
    def passed(self) -> float:
        """The share of the texts that may pass which are not stopped."""
        return self._share(PASS, PASS)

    @property
    def stopped(self) -> float:
        """The share of the texts to be blocked that are not let through entirely: to let one through is the worst
        error there is."""
        return self._share(Outcome.BLOCK, Outcome.BLOCK, Outcome.EVIDENCE)

    def _share(self, wanted: str, *given: str) -> float:
        all_of_them = sum(count for (label, _), count in self.outcomes.items() if label == wanted)
        return sum(self.outcomes[wanted, one] for one in given) / all_of_them if all_of_them else 1.0


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


def scores_of(texts: Iterable[Labelled], screener: Screener) -> dict[str, Score]:
    """The score of each part."""
    parts: dict[str, list[Labelled]] = {part: [] for part in PARTS}
    for one in texts:
        parts[one.part].append(one)
    return {part: score(of_part, screener) for part, of_part in parts.items()}


def failures(scores: Mapping[str, Score]) -> list[str]:
    """Which floors were missed."""
    found = []
    for part, floors in FLOORS.items():
        for measure, floor in floors.items():
            for name, measured in _measured(scores[part], measure):
                value = getattr(measured, measure)
                if value < floor:
                    found.append(f"{part}: {name}{measure} {value:.3f} < {floor}")
    return found


def _measured(one: Score, measure: str) -> list[tuple[str, Score | Count]]:
    """What a measure is taken of."""
    if measure in ("precision", "recall"):
        return [(f"{outcome} ", one.by_outcome[outcome]) for outcome in (Outcome.BLOCK, Outcome.EVIDENCE)]
    return [("", one)]


def main(arguments: list[str] | None = None) -> int:
    """Print the scorecard; 1 if a floor was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--misses", action="store_true", help="list texts judged otherwise than labelled (never blind ones)"
    )
    given = parser.parse_args(arguments)
    scores = scores_of(labelled(), shipped_screener())
    write = sys.stdout.write
    for part, one in scores.items():
        write(f"{part}: {one.texts} texts\n")
        for label, count in (*one.by_outcome.items(), ("overall", one.overall)):
            write(
                f"  {label:9} precision {count.precision:.3f}  recall {count.recall:.3f}  "
                f"(right {count.right}, wrong {count.wrong}, missing {count.missing})\n"
            )
        write(
            f"  texts     {one.same_outcome:.1%} with the labelled outcome; {1 - one.passed:.1%} of those that "
            f"may pass are stopped; {1 - one.stopped:.1%} of those to be blocked are let through\n"
        )
        if given.misses and part != "blind":
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
