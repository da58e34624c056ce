"""What a template may be: Liquid, cut down to outputs, filters, `if`/`unless`/`case` and comments.

python-liquid parses; then every node, expression and filter is checked against what is allowed here and turned
into `Piece`s, on which lengths and missing defaults are computed. There are no loops, assignments or includes,
so a text can't be longer, or take longer, than its template says. A template that passes can't fail later:
types of comparisons and filters are checked against the catalogue, not found out contact by contact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from liquid import Environment, Mode, StrictUndefined
from liquid.ast import BlockNode, ConditionalBlockNode
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions import logical as operators
from liquid.builtin.expressions import primitive as primitives
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import LiquidError

from xinfeng.content.filters import FILTERS, fault_in_arguments
from xinfeng.content.variables import Catalogue, Kind, Variable
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import utf16_units

LONGEST_SOURCE = 1000
"""Characters of a template's value and action together."""
LONGEST_TEXT = 1000
"""UTF-16 units of a finished text, signature and opt-out wording included: 15 parts."""
DEEPEST_NESTING = 4

TAGS = ("if", "unless", "case", "comment")
_PSEUDO_TAGS = ("literal", "content", "output", "illegal")

_forbidden_character = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
).search
_line_break = re.compile(r"[ \t]*(?:\r\n?|\n)\s*")
_stray = re.compile(r"\{\{|\}\}|\{%|%\}").search
_spaces = re.compile(r"[ \t\u00a0\u3000]+")


class _Environment(Environment):  # type: ignore[misc]
    block_nesting_limit = DEEPEST_NESTING + 1
    context_depth_limit = DEEPEST_NESTING + 2
    loop_iteration_limit = 1
    output_stream_limit = LONGEST_TEXT * 4  # bytes of UTF-8
    local_namespace_limit = 0

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        allowed = {*TAGS, *_PSEUDO_TAGS}
        self.tags: dict[str, Any] = {name: tag for name, tag in self.tags.items() if name in allowed}
        self.filters: dict[str, Any] = {name: rule.apply for name, rule in FILTERS.items()}


_environment = _Environment(tolerance=Mode.STRICT, undefined=StrictUndefined, strict_filters=True)


@dataclass(frozen=True, slots=True)
class Literal:
    text: str


@dataclass(frozen=True, slots=True)
class FilterCall:
    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """`{{ variable | filters }}`. `known`: it stands where a condition has found that the value is there."""

    variable: Variable
    filters: tuple[FilterCall, ...]
    position: int
    known: bool
    node: Any

    @property
    def default_at(self) -> int:
        """Where among the filters a version's default steps in: behind those that need a number or a day, as
        these hand a missing value on, and before those that would put text around nothing."""
        steps = enumerate(self.filters)
        return next((at for at, call in steps if FILTERS[call.name].takes is None), len(self.filters))

    def filters_with(self, instead: str | None) -> tuple[FilterCall, ...]:
        if not instead:
            return self.filters
        at = self.default_at
        return (*self.filters[:at], FilterCall("default", (instead,)), *self.filters[at:])

    def step_in(self, instead: str) -> None:
        """Put the default into python-liquid's tree, at the same place."""
        expression = self.node.expression
        token = expression.token
        literal = PositionalArgument(primitives.StringLiteral(token, instead))
        filters = list(expression.filters or ())
        filters.insert(self.default_at, Filter(token, "default", [literal]))
        expression.filters = filters

    @property
    def needs_default(self) -> bool:
        has_default = any(call.name == "default" for call in self.filters)
        return self.variable.may_lack and not self.known and not has_default


@dataclass(frozen=True, slots=True)
class Choice:
    """Conditions: one of the branches is taken, or none."""

    branches: tuple[tuple[Piece, ...], ...]


Piece = Literal | Output | Choice


@dataclass(frozen=True, slots=True)
class Parsed:
    """A template that passed. `liquid` is python-liquid's own, for rendering; `used` names every variable in
    outputs and conditions, in order of appearance."""

    source: str
    pieces: tuple[Piece, ...]
    used: tuple[str, ...]
    liquid: Any

    def outputs(self) -> Iterator[Output]:
        yield from _outputs(self.pieces)

    def longest(self, instead: Mapping[str, str]) -> int:
        """No rendering has more UTF-16 units than this; `instead` are the defaults of missing values."""
        return _longest(self.pieces, instead)

    @property
    def has_conditions(self) -> bool:
        return any(isinstance(piece, Choice) for piece in self.pieces)


def without_unseen(text: str) -> str:
    """Without the characters that `parse` refuses because nobody sees them."""
    return "".join(one for one in text if one == "\n" or not _forbidden_character(one))


def one_line(text: str) -> str:
    """Line breaks and runs of spaces as a person means them in a single line: nothing between Chinese
    characters, one space between words."""
    text = _spaces.sub(" ", _line_break.sub("\n", text).strip())

    def join(found: re.Match[str]) -> str:
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        return " " if before.isascii() and after.isascii() and before not in "}" and after not in "{" else ""

    return re.sub("\n", join, text).strip()


def parse_lines(source: str, catalogue: Catalogue, *, part: str, at_most: int) -> Parsed:
    """As `parse`, of words that may have several lines, as on a card: each is one for itself. Raises as `parse`."""
    lines = "\n".join(one_line(line) for line in source.splitlines())
    return _parse(lines, catalogue, part=part, at_most=at_most)


def parse(source: str, catalogue: Catalogue, *, part: str) -> Parsed:
    """Parse one module (`part`: value or action) of a template; `source` is taken through `one_line` first.

    Raises InvalidInput with `part` and, where it is known, `position` (characters from the start):
    `template.too_long`, `template.control_character`, `template.brackets` (【】 belong to the signature),
    `template.syntax`, `template.tag_not_allowed`, `template.unknown_variable` (`variable`),
    `template.unknown_filter` (`filter`), `template.filter_arguments`, `template.filter_kind`,
    `template.comparison`, `template.unknown_value`, `template.condition_only`, `template.repeated_case`,
    `template.only_variables_shown`.
    """
    return _parse(one_line(source), catalogue, part=part, at_most=LONGEST_SOURCE)


def _parse(source: str, catalogue: Catalogue, *, part: str, at_most: int) -> Parsed:
    if len(source) > at_most:
        raise InvalidInput("template.too_long", part=part, at_most=at_most, characters=len(source))
    if found := _forbidden_character(source.replace("\n", " ")):
        raise InvalidInput("template.control_character", part=part, position=found.start())
    for bracket in "【】":
        if bracket in source:
            raise InvalidInput("template.brackets", part=part, position=source.index(bracket))
    try:
        template = _environment.from_string(source)
    except LiquidError as fault:
        raise _syntax_fault(fault, part) from None
    reader = _Reader(catalogue, part)
    pieces = reader.block(template.nodes, frozenset())
    return Parsed(source, pieces, tuple(reader.used), template)


def _syntax_fault(fault: LiquidError, part: str) -> InvalidInput:
    position = fault.token.start_index if fault.token is not None and fault.token.start_index >= 0 else None
    message = str(fault.args[0]) if fault.args else ""
    if message.startswith("unexpected tag"):
        tag = message.removeprefix("unexpected tag").strip(" '\"")
        code = (
            "template.syntax"
            if tag in TAGS or tag.startswith(("end", "else", "els", "when"))
            else "template.tag_not_allowed"
        )
        return InvalidInput(code, part=part, position=position, tag=tag, allowed=list(TAGS))
    return InvalidInput("template.syntax", part=part, position=position, detail=message[:120])


_SCALARS = (primitives.StringLiteral, primitives.IntegerLiteral, primitives.FloatLiteral)
_EQUALITIES = (operators.EqExpression, operators.NeExpression)
_ORDERINGS = (
    operators.LtExpression,
    operators.GtExpression,
    operators.LeExpression,
    operators.GeExpression,
)


class _Reader:
    """Walks python-liquid's tree and refuses whatever is not named here."""

    def __init__(self, catalogue: Catalogue, part: str) -> None:
        self._catalogue = catalogue
        self._part = part
        self.used: dict[str, None] = {}

    def block(self, nodes: Sequence[Any], known: frozenset[str]) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        for node in nodes:
            if isinstance(node, ContentNode):
                if _stray(node.text):
                    self._refuse("template.syntax", node, detail="stray braces")
                pieces.append(Literal(node.text))
            elif isinstance(node, OutputNode):
                pieces.append(self._output(node, known))
            elif isinstance(node, IfNode | UnlessNode):
                pieces.append(self._if(node, known))
            elif isinstance(node, CaseNode):
                pieces.append(self._case(node, known))
            elif not isinstance(node, CommentNode):
                self._refuse("template.tag_not_allowed", node, tag=str(node.token.value), allowed=list(TAGS))
        return tuple(pieces)

    def _output(self, node: Any, known: frozenset[str]) -> Piece:
        expression = node.expression
        if not isinstance(expression, FilteredExpression):
            self._refuse("template.syntax", node, detail="")
        filters = tuple(self._filter(call) for call in expression.filters or ())
        if isinstance(expression.left, primitives.StringLiteral) and not filters:
            return Literal(expression.left.value)
        if isinstance(expression.left, (*_SCALARS, primitives.RangeLiteral)):
            self._refuse("template.only_variables_shown", expression.left)
        variable = self._variable(expression.left)
        kind = variable.kind
        if kind in (Kind.BOOL, Kind.CODE):
            self._refuse("template.condition_only", expression.left, variable=variable.name)
        for call, found in zip(filters, expression.filters or (), strict=True):
            rule = FILTERS[call.name]
            if rule.takes is not None and rule.takes is not kind:
                self._refuse("template.filter_kind", found, filter=call.name, variable=variable.name)
            kind = rule.gives
        return Output(variable, filters, expression.left.token.start_index, variable.name in known, node)

    def _filter(self, call: Any) -> FilterCall:
        if call.name not in FILTERS:
            self._refuse("template.unknown_filter", call, filter=call.name[:40], known=list(FILTERS))
        arguments = []
        for argument in call.args:
            if not isinstance(argument, PositionalArgument) or not isinstance(argument.value, _SCALARS):
                self._refuse("template.filter_arguments", call, filter=call.name)
            arguments.append(argument.value.value)
        if fault_in_arguments(call.name, tuple(arguments)):
            self._refuse("template.filter_arguments", call, filter=call.name)
        return FilterCall(call.name, tuple(arguments))

    def _if(self, node: Any, known: frozenset[str]) -> Choice:
        self._condition(node.condition.expression)
        proven = frozenset() if isinstance(node, UnlessNode) else _proves(node.condition.expression)
        branches = [self._inner(node.consequence, known | proven)]
        for alternative in node.alternatives:
            self._condition(alternative.expression.expression)
            proven = _proves(alternative.expression.expression)
            branches.append(self._inner(alternative, known | proven))
        if node.default is not None:
            branches.append(self._inner(node.default, known))
        return Choice(tuple(branches))

    def _case(self, node: Any, known: frozenset[str]) -> Choice:
        subject = self._variable(node.expression)
        seen: set[Any] = set()
        branches = []
        for block in node.blocks:
            if isinstance(block, MultiExpressionBlockNode):
                for literal in block.expression.expressions:
                    self._comparable(subject, literal, block)
                    if literal.value in seen:
                        self._refuse("template.repeated_case", literal, value=str(literal.value))
                    seen.add(literal.value)
                branches.append(self._inner(block.block, known | {subject.name}))
            else:
                branches.append(self._inner(block, known))
        return Choice(tuple(branches))

    def _inner(self, node: Any, known: frozenset[str]) -> tuple[Piece, ...]:
        if isinstance(node, ConditionalBlockNode):
            return self._inner(node.block, known)
        if not isinstance(node, BlockNode):
            self._refuse("template.syntax", node, detail="")
        return self.block(node.nodes, known)

    def _condition(self, expression: Any) -> None:
        if isinstance(expression, operators.LogicalAndExpression | operators.LogicalOrExpression):
            self._condition(expression.left)
            self._condition(expression.right)
        elif isinstance(expression, Path):
            self._variable(expression)
        elif isinstance(expression, _EQUALITIES):
            self._equality(expression)
        elif isinstance(expression, _ORDERINGS):
            self._ordering(expression)
        elif isinstance(expression, operators.ContainsExpression):
            subject = self._variable(expression.left)
            is_text = isinstance(expression.right, primitives.StringLiteral) and expression.right.value
            if subject.kind is not Kind.TEXT or not is_text:
                self._refuse("template.comparison", expression.left, variable=subject.name)
        else:
            self._refuse("template.comparison", expression)

    def _equality(self, expression: Any) -> None:
        subject = self._variable(expression.left)
        if isinstance(expression.right, Path):
            other = self._variable(expression.right)
            if other.kind is not subject.kind or subject.kind is Kind.CODE:
                self._refuse("template.comparison", expression.right, variable=other.name)
        elif not isinstance(expression.right, primitives.Nil):
            self._comparable(subject, expression.right, expression)

    def _ordering(self, expression: Any) -> None:
        for side in (expression.left, expression.right):
            if isinstance(side, Path):
                if self._variable(side).kind is not Kind.NUMBER:
                    self._refuse("template.comparison", side, variable=str(side))
            elif not isinstance(side, primitives.IntegerLiteral | primitives.FloatLiteral):
                self._refuse("template.comparison", expression.left)

    def _comparable(self, subject: Variable, literal: Any, where: Any) -> None:
        """A comparison that can never hold is a mistake of its author."""
        expected = {
            Kind.TEXT: primitives.StringLiteral,
            Kind.CODE: primitives.StringLiteral,
            Kind.NUMBER: primitives.IntegerLiteral | primitives.FloatLiteral,
            Kind.BOOL: primitives.TrueLiteral | primitives.FalseLiteral,
        }.get(subject.kind)
        if expected is None or not isinstance(literal, expected):
            self._refuse("template.comparison", where, variable=subject.name)
        if subject.codes and literal.value not in subject.codes:
            self._refuse(
                "template.unknown_value",
                where,
                variable=subject.name,
                value=literal.value,
                known=list(subject.codes),
            )

    def _variable(self, expression: Any) -> Variable:
        if not isinstance(expression, Path):
            self._refuse("template.comparison", expression)
        name = ".".join(str(segment) for segment in expression.path)
        plain = all(isinstance(segment, str) for segment in expression.path)
        variable = self._catalogue.get(name) if plain else None
        if variable is None:
            self._refuse("template.unknown_variable", expression, variable=name[:80])
        self.used[name] = None
        return variable

    def _refuse(self, code: str, where: Any, **params: Any) -> NoReturn:
        token = getattr(where, "token", None)
        position = token.start_index if token is not None and token.start_index >= 0 else None
        raise InvalidInput(code, part=self._part, position=position, **params)


def _proves(expression: Any) -> frozenset[str]:
    """Variables that are there when the condition holds: `x`, `x == "…"`, `x > 1`, and either side of `and`."""
    if isinstance(expression, Path):
        return frozenset((str(".".join(str(segment) for segment in expression.path)),))
    if isinstance(expression, operators.LogicalAndExpression):
        return _proves(expression.left) | _proves(expression.right)
    against_literal = isinstance(getattr(expression, "right", None), _SCALARS)
    if against_literal and isinstance(
        expression, (operators.EqExpression, operators.ContainsExpression, *_ORDERINGS)
    ):
        return _proves(expression.left)
    if isinstance(expression, operators.NeExpression) and isinstance(expression.right, primitives.Nil):
        return _proves(expression.left)
    return frozenset()


def _outputs(pieces: Iterable[Piece]) -> Iterator[Output]:
    for piece in pieces:
        if isinstance(piece, Output):
            yield piece
        elif isinstance(piece, Choice):
            for branch in piece.branches:
                yield from _outputs(branch)


def _longest(pieces: Iterable[Piece], instead: Mapping[str, str]) -> int:
    total = 0
    for piece in pieces:
        if isinstance(piece, Literal):
            total += utf16_units(piece.text)
        elif isinstance(piece, Output):
            longest = piece.variable.longest
            for call in piece.filters_with(instead.get(piece.variable.name)):
                longest = FILTERS[call.name].bound(longest, call.arguments)
            total += longest
        else:
            total += max((_longest(branch, instead) for branch in piece.branches), default=0)
    return total
