"""What a rule is, and how rules are read from the files in `data/`.

A rule has words, which are looked for as they are, and patterns, regular expressions tried only where one of their
triggers stands. `unless` and `requires` look at the surroundings of a hit (`~` stands for the hit), `unless_text`
and `needs_text` at the whole text. All of them see the normalised text: lower case, simplified, ASCII punctuation.

A family is a pattern written over kinds of words (`data/lexicons.toml`): adverb times adjective, promise times
result, so that combinations nobody thought of are found. Families stand in `data/families/` and add to a rule.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from xinfeng.screening.lexicons import BadLexicon, Lexicons
from xinfeng.screening.sounds import spelled

DATA = Path(__file__).parent / "data"

TRADES = (
    "retail",
    "education",
    "catering",
    "finance",
    "government",
    "baby",
    "property",
    "medicine",
    "other",
)
"""The trades a text may be written for. `other`: every rule that no trade is exempt from."""

REACH = 14
"""How many characters before and after a hit its surroundings are."""


class Outcome(StrEnum):
    """What a finding means for the text."""

    BLOCK = "block"
    """May not be sent."""

    EVIDENCE = "evidence"
    """May be sent with proof of it attached and looked at."""

    REMARK = "remark"
    """Worth knowing; stops nothing."""


SEVERITY = {Outcome.REMARK: 0, Outcome.EVIDENCE: 1, Outcome.BLOCK: 2}


@dataclass(frozen=True, slots=True)
class Law:
    """Where a rule comes from: the clause in both languages, and the document it stands in."""

    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that is tried where one of `triggers` stands; it matches at most `REACH` beyond it.
    `unless` is over the surroundings of what it matched, as that of a rule, and holds for this pattern alone."""

    triggers: tuple[str, ...]
    regex: str
    unless: tuple[str, ...] = ()
    disguised: bool = False
    """Whether what it matches is a disguise by itself, and so an evasion too."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Empty `trades` and `purposes`: all. `effective_to` is the last day."""

    id: str
    category: str
    outcome: Outcome
    title_zh: str
    title_en: str
    law: Law
    effective_from: date
    message_zh: str
    message_en: str
    suggestion_zh: str
    suggestion_en: str
    words: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    disguised: tuple[str, ...] = ()
    """Words that are disguises by themselves (苞过, bao过): found like the others, and an evasion too."""

    unless: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    unless_text: tuple[str, ...] = ()
    needs_text: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    exempt_trades: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()
    """Rules that say the same more precisely: where one of them overlaps, this one is silent."""

    replacements: Mapping[str, str] = field(default_factory=dict)
    effective_to: date | None = None
    overridable: bool = False
    names_pass: bool = False
    """Whether a deployment may declare a phrase (a trade name, a mark) in which the rule finds nothing."""

    once: bool = False
    detector: str = ""
    """Found by code (`detectors`), not by words."""

    domains: tuple[str, ...] = ()
    """Domains a detector looks for."""

    hits: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    """Examples: texts that the rule finds something in, and texts that it leaves alone."""

    def in_force(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def holds_for(self, trade: str, purpose: str) -> bool:
        return (
            (not self.purposes or purpose in self.purposes)
            and (not self.trades or trade in self.trades)
            and trade not in self.exempt_trades
        )

    def title(self, language: str) -> str:
        return self.title_en if language.startswith("en") else self.title_zh

    def message(self, language: str) -> str:
        return self.message_en if language.startswith("en") else self.message_zh

    def cited(self, language: str) -> str:
        return self.law.en if language.startswith("en") else self.law.zh

    def suggestion(self, language: str, matched: str = "") -> str:
        """What to write instead: the replacement of the very word if there is one, else the rule's advice."""
        english = language.startswith("en")
        instead = self.replacements.get(matched.lower())
        if instead is None:
            return self.suggestion_en if english else self.suggestion_zh
        if not instead:
            return f"Leave “{matched}” out." if english else f"去掉“{matched}”。"
        return f"Write “{instead}”." if english else f"可以写成“{instead}”。"


def to_json(rule: Rule) -> dict[str, Any]:
    """A rule as it is kept; `from_json` reads it."""
    found: dict[str, Any] = {}
    for name in Rule.__dataclass_fields__:
        value = getattr(rule, name)
        if name == "law":
            value = {"zh": value.zh, "en": value.en, "source": value.source}
        elif name == "patterns":
            value = [
                {
                    "triggers": list(one.triggers),
                    "regex": one.regex,
                    "unless": list(one.unless),
                    "disguised": one.disguised,
                }
                for one in value
            ]
        elif isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, date):
            value = value.isoformat()
        elif name == "replacements":
            value = dict(value)
        found[name] = str(value) if isinstance(value, Outcome) else value
    return found


def from_json(kept: Mapping[str, Any]) -> Rule:
    """A rule from what `to_json` gave. Fields that later versions added have their defaults."""
    values: dict[str, Any] = {name: kept[name] for name in Rule.__dataclass_fields__ if name in kept}
    values["outcome"] = Outcome(values["outcome"])
    values["law"] = Law(**values["law"])
    values["patterns"] = tuple(
        Pattern(
            tuple(one["triggers"]),
            one["regex"],
            tuple(one.get("unless", ())),
            one.get("disguised", False),
        )
        for one in values["patterns"]
    )
    for name in ("effective_from", "effective_to"):
        values[name] = date.fromisoformat(values[name]) if values.get(name) else None
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    return Rule(**values)


class BadRule(ValueError):
    """A file of rules is wrong: which rule, and what about it."""


_NO_RULES = ("laws.toml", "lexicons.toml", "guards.toml")
"""What rules are written over; the other files have rules."""


@cache
def guards() -> tuple[str, ...]:
    """Longer words that have a word of a rule in them by chance (大麻花, 转运仓), each once, sorted: what lies inside
    one of them is not looked at further."""
    written = tomllib.loads((DATA / "guards.toml").read_text("utf-8"))
    return tuple(sorted({word for group in written.values() for word in group}))


@cache
def shipped() -> tuple[Rule, ...]:
    """Every rule that ships, in force or not, in the order of the files."""
    laws = tomllib.loads((DATA / "laws.toml").read_text("utf-8"))
    found: dict[str, Rule] = {}
    for file in sorted(DATA.glob("*.toml")):
        if file.name in _NO_RULES:
            continue
        written = tomllib.loads(file.read_text("utf-8"))
        for one in written["rule"]:
            rule = _read(one, {**written.get("default", {}), "category": file.stem}, laws)
            if rule.id in found:
                raise BadRule(f"{rule.id}: there are two of it")
            found[rule.id] = rule
    for identity, patterns in _families().items():
        if identity not in found:
            raise BadRule(f"{identity}: a family of a rule there is not")
        rule = found[identity]
        found[identity] = replace(rule, patterns=rule.patterns + patterns)
        _check(found[identity])
    return tuple(found.values())


def _families() -> Mapping[str, tuple[Pattern, ...]]:
    """The patterns that families add to each rule."""
    lexicons = Lexicons(tomllib.loads((DATA / "lexicons.toml").read_text("utf-8")))
    found: dict[str, tuple[Pattern, ...]] = {}
    for file in sorted((DATA / "families").glob("*.toml")):
        for one in tomllib.loads(file.read_text("utf-8"))["family"]:
            identity = one.get("rule", "?")
            if unknown := one.keys() - {"rule", "triggers", "regex", "unless", "disguised"}:
                raise BadRule(f"{identity}: unknown {', '.join(sorted(unknown))} in a family")
            try:
                pattern = Pattern(
                    lexicons.words(one["triggers"]),
                    lexicons.regex(one["regex"]),
                    tuple(lexicons.regex(expression) for expression in one.get("unless", ())),
                    one.get("disguised", False),
                )
            except BadLexicon as fault:
                raise BadRule(f"{identity}: {fault}") from fault
            found[identity] = (*found.get(identity, ()), pattern)
    return found


_TEXTS = (
    "words",
    "disguised",
    "yields_to",
    "unless",
    "requires",
    "unless_text",
    "needs_text",
    "purposes",
    "trades",
    "exempt_trades",
    "domains",
    "hits",
    "passes",
)
_WARNINGS = (
    "(谨防|防范|打击|举报|警惕|严禁|禁止|拒绝|远离|反对|抵制|切勿|请勿|不要|杜绝|不得|不参与|整治|严查|反诈|识破|当心|小心|莫信|勿信|勿|防止|查处|涉嫌|冒充|凡是?|别信|不信|预防|揭秘|警示|案例|宣传|科普|讲座|从不|绝不|不会).{0,10}~",
    "~.{0,10}(骗局|诈骗|违法|犯罪|不可信|都是骗|陷阱|危害|有害|切勿|请勿|不要轻信|莫轻信|是假|均为假|请报警|拨打110|的行为)",
)
"""Words of those who warn of something. Rules with `warnings_pass` leave such texts alone."""

_QUOTED = (
    "(宣称|声称|号称|所谓|自称|说|称能?|标榜|打着|凡是?|售卖|买卖|委托.{0,6}办|办)[^“]{0,4}“[^”]{0,12}~",
    "\u0002[^\u0003]*(说|称|所谓)“[^\u0003]*\u0003.{0,14}(别信|勿信|不信|骗|诈|犯罪|违法|均非|警惕|谨慎|报警)",
    "“[^”]{0,12}~.{0,14}(别信|勿信|不信|骗|诈|犯罪|违法|均非|警惕|谨慎|报警|套路贷|陷阱)",
    "(从未|从不|不会|绝不|没有)(委托|授权|让您|让你|要求|邀请|通过).{0,8}~",
)
"""Words that are quoted so as to warn of them. A link or a number beside them is found by rules of its own."""

_QUOTED_IN = frozenset({"fraud", "finance", "state", "education", "medicine"})
"""The categories whose words people are warned of."""

_WARNING_TEXT = (
    "谨防(?!假冒|仿冒|上当)|骗局|骗子|反诈|防骗|识骗|切勿轻信|请勿轻信|不轻信|勿轻信|不要轻信|警方提[醒示]|民警提醒|诈骗(手法|套路|案|短信|电话)|"
    "远离(毒品|赌博|邪教)|拒绝(毒品|赌博|黄赌毒)|抵制邪教|禁毒|扫黑除恶|扫黄打非|96110|12377"
)
"""In a text with one of these, whoever names the thing warns of it."""

_WORK = "(电影|图书|书|音乐剧|话剧|舞台剧|演出|影展|画展|绘本|歌|课本|节目|剧|游戏|小说|漫画|杂志|专辑|作者|影厅|放映|场次|票|读|看|演唱|纪录片)"
_TITLES = (f"{_WORK}[^。]{{0,8}}《[^》]{{0,10}}~", f"《[^》]{{0,10}}~[^《]{{0,10}}》[^。]{{0,8}}{_WORK}")
"""The title of a work is no praise of goods."""

_PLACES = (
    "~(科技|大学|百货|国际|世纪|新)?(路|大道|街|巷|弄|大厦|广场|小区|花园|公园|村|镇|桥|地铁站)(上|口|旁|的|附近|店|分店|站|民宿|[东南西北中]|[\\d一二三四五六七八九十]|与|和|,|。|$)",
)
"""A street, a house, a village that is called so."""

_FULL_WIDTH = re.compile("[，：；！？（）％]")


def _read(written: Mapping[str, Any], default: Mapping[str, Any], laws: Mapping[str, Any]) -> Rule:
    values = {**default, **written}
    identity = values.get("id", "?")
    law = laws.get(values.pop("law", ""))
    if law is None:
        raise BadRule(f"{identity}: no such law in laws.toml")
    for name in ("title", "message", "suggestion"):
        words = values.pop(name, None)
        if not isinstance(words, list) or len(words) != 2:
            raise BadRule(f"{identity}: {name} needs Chinese and English")
        values[f"{name}_zh"], values[f"{name}_en"] = words
    warnings = values.pop("warnings_pass", False)
    if warnings:
        values["unless"] = [*values.get("unless", ()), *_WARNINGS]
    if warnings is True:  # and not "near": who feigns to be the police warns too
        values["unless_text"] = [*values.get("unless_text", ()), _WARNING_TEXT]
    if values.get("names_pass"):
        values["unless"] = [*values.get("unless", ()), *_TITLES]
    if values.get("category") in _QUOTED_IN:
        values["unless"] = [*values.get("unless", ()), *_QUOTED]
    if warnings or values.get("names_pass"):
        values["unless"] = [*values.get("unless", ()), *_PLACES]
    unknown = values.keys() - {"spelled"} - Rule.__dataclass_fields__.keys()
    if unknown:
        raise BadRule(f"{identity}: unknown {', '.join(sorted(unknown))}")
    for one in values.get("patterns", ()):
        if unknown := one.keys() - {"triggers", "regex"}:
            raise BadRule(f"{identity}: a pattern with {', '.join(sorted(unknown))} belongs in families/")
    patterns = tuple(Pattern(tuple(one["triggers"]), one["regex"]) for one in values.pop("patterns", ()))
    values["outcome"] = Outcome(values["outcome"])
    values.setdefault("effective_from", law["from"])
    values["disguised"] = [*values.get("disguised", ()), *spelled(values.pop("spelled", ()))]
    for name in _TEXTS:
        values[name] = tuple(values.get(name, ()))
    rule = Rule(law=Law(law["zh"], law["en"], law["source"]), patterns=patterns, **values)
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    if not (rule.words or rule.patterns or rule.detector):
        raise BadRule(f"{rule.id}: finds nothing")
    if set(rule.trades + rule.exempt_trades) - set(TRADES):
        raise BadRule(f"{rule.id}: unknown trade")
    for regex in _regexes(rule):
        if _FULL_WIDTH.search(regex):
            raise BadRule(f"{rule.id}: {regex} has full-width signs, which the normalised text never has")
        try:
            re.compile(regex.replace("~", "x"))
        except re.error as fault:
            raise BadRule(f"{rule.id}: {regex}: {fault}") from fault


def _regexes(rule: Rule) -> Iterable[str]:
    yield from rule.unless
    yield from rule.requires
    yield from rule.unless_text
    yield from rule.needs_text
    for pattern in rule.patterns:
        yield pattern.regex
        yield from pattern.unless
