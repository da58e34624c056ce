"""What screening finds in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from xinfeng.screening.rules import SEVERITY, Outcome, Rule


class Finding(NamedTuple):
    """A rule and the characters it objects to: `text[start:end] == matched`, as it was typed.

    `params`: `split` (found only by joining what stands apart: a remark, whatever the rule says), `ways` (how it
    was disguised, with rule `evasion`), `reason` (of an own word), `domain`, `vendor`.
    """

    rule: str
    outcome: Outcome
    start: int
    end: int
    matched: str
    params: Mapping[str, Any]
    of: Rule

    def __repr__(self) -> str:
        return f"Finding({self.rule}, {self.outcome}, {self.start}:{self.end} {self.matched!r})"

    def __hash__(self) -> int:
        return hash((self.rule, self.start, self.end))

    def title(self, language: str) -> str:
        """The rule's name."""
        return self.of.title(language)

    def words(self, language: str) -> str:
        """What is wrong, for a person."""
        said = self.of.message(language).replace("{matched}", self.matched)
        reason = self.params.get("reason")
        if reason:
            said += f" ({reason})" if language.startswith("en") else f"（{reason}）"
        if self.params.get("split"):
            said += (
                " Found only by joining what stands apart; ignore this if the words do not belong together."
                if language.startswith("en")
                else "（隔着符号连起来才是这个词；如果本来不是一个词，可以不管。）"
            )
        return said

    def law(self, language: str) -> str:
        """The clause the rule comes from."""
        return self.of.cited(language)

    def suggestion(self, language: str) -> str:
        """What to write instead; the rule's advice where no word can simply be replaced."""
        return self.of.suggestion(language, self.matched)

    def as_json(self) -> dict[str, Any]:
        """As it is kept beside a text; read it with `from_json` and the ruleset of its digest."""
        return {
            "rule": self.rule,
            "outcome": str(self.outcome),
            "start": self.start,
            "end": self.end,
            "matched": self.matched,
            "params": dict(self.params),
        }


def from_json(kept: Mapping[str, Any], rules: Mapping[str, Rule]) -> Finding:
    """A finding that was kept, with its rule as it was then (`RuleSet.by_id`)."""
    return Finding(
        kept["rule"],
        Outcome(kept["outcome"]),
        kept["start"],
        kept["end"],
        kept["matched"],
        kept["params"],
        rules[kept["rule"]],
    )


def verdict(findings: Iterable[Finding]) -> Outcome | None:
    """The outcome for the text as a whole: BLOCK, EVIDENCE, or None where nothing stops it."""
    worst = max((SEVERITY[finding.outcome] for finding in findings), default=0)
    return {2: Outcome.BLOCK, 1: Outcome.EVIDENCE}.get(worst)
