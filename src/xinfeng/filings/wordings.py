"""A wording taken apart: its constant text with a mark for each variable. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from xinfeng.content.filters import FILTERS
from xinfeng.content.grammar import Choice, Literal, Output, Parsed, Piece, parse
from xinfeng.content.rendering import Wording
from xinfeng.content.variables import Catalogue

VARIABLE = "\ue000"
"""Stands for one character of a variable's value; no author can write it into a filed text that we would accept."""
APART = "\ue001"
"""Between branches of a condition, of which only one is ever shown."""
MOST_SPECIMENS = 256

_ENDS = frozenset("，。！？；：、…—～）》」』”’,.!?;:)]> ")
"""As in content.rendering: where modules are joined without a space."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A wording's modules. `value` and `action` are constant text with one VARIABLE for each variable, branches kept
    APART; `variables` the names used, `longest` how long each value can be, in UTF-16 units."""

    value: str
    action: str
    opt_out: str
    variables: tuple[str, ...]
    longest: Mapping[str, int]

    @property
    def body(self) -> str:
        return self.value + self.action

    def part(self, name: str) -> str:
        return {"value": self.value, "action": self.action, "opt_out": self.opt_out}[name]


@dataclass(frozen=True, slots=True)
class _Modules:
    value: Parsed
    action: Parsed
    instead: Mapping[str, str]
    constants: Mapping[str, str]


def take_apart(version: Wording, signature: str, catalogue: Catalogue) -> Taken:
    """Raises InvalidInput as `content.grammar.parse` does."""
    modules = _modules(version, signature, catalogue)
    outputs = [*modules.value.outputs(), *modules.action.outputs()]
    varying = [one for one in outputs if one.variable.name not in modules.constants]
    longest: dict[str, int] = {}
    for one in varying:
        name = one.variable.name
        longest[name] = max(longest.get(name, 0), _longest(one, modules.instead))
    return Taken(
        _flat(modules.value.pieces, modules.constants),
        _flat(modules.action.pieces, modules.constants),
        version.opt_out,
        tuple(longest),
        longest,
    )


def filed_form(version: Wording, signature: str, catalogue: Catalogue) -> str:
    """The text as it is filed: `【signature】…${1}…${2}…opt-out`. A condition becomes one variable."""
    modules = _modules(version, signature, catalogue)
    texts = [
        _flat(one.pieces, modules.constants, whole_choices=True).strip()
        for one in (modules.value, modules.action)
    ]
    text = _join(f"【{signature}】" + _join(*texts), version.opt_out)
    first, *others = text.split(VARIABLE)
    return first + "".join(f"${{{number}}}{part}" for number, part in enumerate(others, start=1))


def specimens(version: Wording, signature: str, catalogue: Catalogue) -> Iterator[str]:
    """Texts that stand for all renderings: each way through the conditions, with every value as short (one character)
    and as long as it can be. At most MOST_SPECIMENS."""
    modules = _modules(version, signature, catalogue)
    for shortest in (True, False):
        ways = product(
            _ways(modules.value.pieces, modules, shortest=shortest),
            _ways(modules.action.pieces, modules, shortest=shortest),
        )
        for value, action in islice(ways, MOST_SPECIMENS // 2):
            yield _join(f"【{signature}】" + _join(value.strip(), action.strip()), version.opt_out)


def _modules(version: Wording, signature: str, catalogue: Catalogue) -> _Modules:
    return _Modules(
        parse(version.value, catalogue, part="value"),
        parse(version.action, catalogue, part="action"),
        dict(version.defaults),
        {"brand.name": signature},
    )


def _longest(output: Output, instead: Mapping[str, str]) -> int:
    longest = output.variable.longest
    for call in output.filters_with(instead.get(output.variable.name)):
        longest = FILTERS[call.name].bound(longest, call.arguments)
    return longest


def _flat(pieces: Iterable[Piece], constants: Mapping[str, str], *, whole_choices: bool = False) -> str:
    text = ""
    for piece in pieces:
        if isinstance(piece, Literal):
            text += piece.text
        elif isinstance(piece, Output):
            text += constants.get(piece.variable.name, VARIABLE)
        elif whole_choices:
            text += VARIABLE
        else:
            text += APART + APART.join(_flat(branch, constants) for branch in piece.branches) + APART
    return text


def _ways(pieces: Sequence[Piece], modules: _Modules, *, shortest: bool) -> list[str]:
    texts = [""]
    for piece in pieces:
        texts = [
            text + more
            for text in texts[:MOST_SPECIMENS]
            for more in _ways_of(piece, modules, shortest=shortest)
        ]
    return texts


def _ways_of(piece: Piece, modules: _Modules, *, shortest: bool) -> list[str]:
    if isinstance(piece, Literal):
        return [piece.text]
    if isinstance(piece, Choice):
        branches = [way for one in piece.branches for way in _ways(one, modules, shortest=shortest)]
        return ["", *branches]
    name = piece.variable.name
    if name in modules.constants:
        return [modules.constants[name]]
    return [VARIABLE if shortest else VARIABLE * _longest(piece, modules.instead)]


def _join(left: str, right: str) -> str:
    if not left or not right or left[-1] in _ENDS or left[-1] in ("】", VARIABLE) or right[0] in _ENDS:
        return left + right
    return f"{left} {right}" if right[0] != VARIABLE else left + right
