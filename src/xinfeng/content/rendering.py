"""From a wording and values to the finished text: `【signature】value action opt-out`, in one line.

Most templates are literals with a few `{{ variable }}` and defaults. These are compiled to one format string
and filled a column at a time; everything else goes through python-liquid. Both ways give the same text
(tests/content/test_rendering.py compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xinfeng.content.grammar import LONGEST_TEXT, Literal, Output, Parsed, Piece, parse
from xinfeng.content.values import clean, clean_text, suspicious
from xinfeng.content.variables import CATALOGUE, Catalogue, Kind, Value, Variable
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import utf16_units

LONGEST_DEFAULT = 60
"""UTF-16 units of a default for a missing value."""

_ENDS = frozenset("，。！？；：、…—～）》」』”’,.!?;:)]> ")
"""After these (and before them) modules are joined without a space; a space costs a character."""


class Wording(Protocol):
    """What is rendered: a TemplateVersion, or one that is being written."""

    @property
    def value(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def opt_out(self) -> str: ...
    @property
    def defaults(self) -> Mapping[str, str]: ...


class Brand(Protocol):
    """Whose text it is: a Signature."""

    @property
    def text(self) -> str: ...
    @property
    def hotline(self) -> str: ...


Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Draft:
    """A wording that is not saved."""

    value: str
    action: str
    opt_out: str
    defaults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BrandText:
    """A signature that is not saved."""

    text: str
    hotline: str = ""


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in the format string: the variable's cleaned value, or `instead`."""

    variable: Variable
    instead: str


def variables(version: Wording, catalogue: Catalogue = CATALOGUE) -> tuple[str, ...]:
    """The variables a version uses, in order of appearance."""
    parsed = (parse(version.value, catalogue, part="value"), parse(version.action, catalogue, part="action"))
    return tuple(dict.fromkeys(name for module in parsed for name in module.used))


class Renderer:
    """One version with one signature, ready to render any number of texts.

    `fixed` are values that are the same for everyone (`values.Moment.values()`). Values are given raw and
    cleaned here (`values.clean`). Raises InvalidInput as `grammar.parse` does, and `template.text_too_long`
    when some rendering could exceed LONGEST_TEXT. Rendering itself does not fail.
    """

    def __init__(
        self,
        version: Wording,
        signature: Brand,
        *,
        catalogue: Catalogue = CATALOGUE,
        fixed: Row | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._head = f"【{signature.text}】"
        self._opt_out = version.opt_out
        self._value = parse(version.value, catalogue, part="value")
        self._action = parse(version.action, catalogue, part="action")
        self.used = tuple(dict.fromkeys((*self._value.used, *self._action.used)))
        self._instead = _clean_defaults(version.defaults)
        for output in (*self._value.outputs(), *self._action.outputs()):
            if instead := self._instead.get(output.variable.name):
                output.step_in(instead)
        given: dict[str, Value] = {"brand.name": signature.text, "brand.hotline": signature.hotline or None}
        given.update(fixed or {})
        self._fixed = {
            name: clean(value, catalogue[name]) for name, value in given.items() if name in self.used
        }
        if self.longest_units > LONGEST_TEXT:
            raise InvalidInput("template.text_too_long", at_most=LONGEST_TEXT, units=self.longest_units)
        self._fill = self._compile()

    @property
    def catalogue(self) -> Catalogue:
        """The variables it knows."""
        return self._catalogue

    @property
    def needed(self) -> tuple[str, ...]:
        """The variables that must come with each row: those used that are not fixed."""
        return tuple(name for name in self.used if name not in self._fixed)

    @property
    def longest_units(self) -> int:
        """No text has more UTF-16 units, whoever it is for."""
        modules = self._value.longest(self._instead) + self._action.longest(self._instead)
        return utf16_units(self._head) + modules + utf16_units(self._opt_out) + 2

    def render(self, values: Row) -> str:
        """The text for one reader."""
        return self.render_many((values,))[0]

    def render_many(self, rows: Sequence[Row]) -> list[str]:
        """The texts for many readers, in their order."""
        return self._fill(rows)

    def render_by_liquid(self, rows: Iterable[Row]) -> list[str]:
        """The same texts, always through python-liquid."""
        return [self._by_liquid(row) for row in rows]

    def _compile(self) -> Callable[[Sequence[Row]], list[str]]:
        modules = (self._value, self._action)
        simple = all(_is_simple(piece) for module in modules for piece in module.pieces)
        if not simple or not all(_literal_ends(module.pieces) for module in modules):
            return self.render_by_liquid
        pattern = ""
        slots: list[_Slot] = []
        for module in modules:
            text = ""
            for piece in module.pieces:
                if isinstance(piece, Literal):
                    text += piece.text.replace("%", "%%")
                elif isinstance(piece, Output):
                    slot = self._slot(piece)
                    if piece.variable.name in self._fixed:
                        text += _fill_slot(self._fixed, slot).replace("%", "%%")
                    else:
                        text += "%s"
                        slots.append(slot)
            pattern = _join(pattern, text)
        pattern = _join(self._head.replace("%", "%%") + pattern, self._opt_out.replace("%", "%%"))
        return _filler(pattern, slots)

    def _slot(self, output: Output) -> _Slot:
        written = str(output.filters[0].arguments[0]) if output.filters else ""
        return _Slot(output.variable, self._instead.get(output.variable.name) or written)

    def _by_liquid(self, row: Row) -> str:
        data: dict[str, object] = {}
        for name in self.used:
            value = self._fixed[name] if name in self._fixed else clean(row.get(name), self._catalogue[name])
            group, dot, field = name.partition(".")
            if dot:
                inner = data.setdefault(group, {})
                assert isinstance(inner, dict)
                inner[field] = value
            else:
                data[name] = value
        value, action = _rendered(self._value, data), _rendered(self._action, data)
        return _join(self._head + _join(value, action), self._opt_out)


def _clean_defaults(defaults: Mapping[str, str]) -> dict[str, str]:
    return {name: clean_text(str(text), LONGEST_DEFAULT) or "" for name, text in defaults.items()}


def _rendered(module: Parsed, data: Mapping[str, object]) -> str:
    return str(module.liquid.render(data)).strip() if module.source else ""


def _join(left: str, right: str) -> str:
    if not left or not right or left[-1] in _ENDS or left[-1] == "】" or right[0] in _ENDS:
        return left + right
    return f"{left} {right}"


def _is_simple(piece: Piece) -> bool:
    if isinstance(piece, Output):
        return not piece.filters or (len(piece.filters) == 1 and piece.filters[0].name == "default")
    return isinstance(piece, Literal)


def _literal_ends(pieces: Sequence[Piece]) -> bool:
    """Whether what stands at both ends is known beforehand, so that modules can be joined once for all."""
    if not pieces:
        return True
    ends = (pieces[0], pieces[-1])
    return all(isinstance(end, Literal) and end.text.strip() == end.text != "" for end in ends)


def _fill_slot(row: Row, slot: _Slot) -> str:
    value = clean(row.get(slot.variable.name), slot.variable)
    return slot.instead if value is None else str(value)


def _filler(pattern: str, slots: Sequence[_Slot]) -> Callable[[Sequence[Row]], list[str]]:
    if not slots:
        text = pattern % ()
        return lambda rows: [text] * len(rows)

    def fill(rows: Sequence[Row]) -> list[str]:
        columns = [_column(rows, slot) for slot in slots]
        return [pattern % row for row in zip(*columns, strict=True)]

    return fill


def _column(rows: Sequence[Row], slot: _Slot) -> list[str]:
    """One slot for all rows. Harmless short text, nearly all there is, is taken as it stands."""
    if slot.variable.kind is not Kind.TEXT:
        return [_fill_slot(row, slot) for row in rows]
    name, surely_fits = slot.variable.name, slot.variable.longest // 2
    values = [row.get(name) for row in rows]
    texts = [value for value in values if type(value) is str]
    if _harmless(texts, surely_fits):
        if len(texts) == len(values):
            return texts
        if len(texts) + values.count(None) == len(values):
            return [slot.instead if value is None else value for value in values]  # type: ignore[misc]
    return [
        value if type(value) is str and _harmless((value,), surely_fits) else _fill_slot(row, slot)
        for value, row in zip(values, rows, strict=True)
    ]


def _harmless(texts: Sequence[str], surely_fits: int) -> bool:
    """Whether none is empty, too long, or wants a closer look: a space between two that touch one would be two spaces,
    which is suspicious, as are those at the ends."""
    return not texts or (
        max(map(len, texts)) <= surely_fits and "" not in texts and not suspicious(" ".join(texts))
    )
