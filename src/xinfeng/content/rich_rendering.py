"""A 5G face made for its readers: variables filled in, values kept in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from xinfeng.content.grammar import Parsed
from xinfeng.content.rendering import Row
from xinfeng.content.rich import lines_of, links_of, parse_words, templated
from xinfeng.content.values import clean, clean_text
from xinfeng.content.variables import CATALOGUE, Catalogue, Value
from xinfeng.protocols.maap.messages import OpenUrl, RichMessage, Suggestion

_IN_LINKS = ":/?#[]@!$&'()*+,;=%~-._"
"""What stays as it is when a link is written out."""
_blank_lines = re.compile(r"\n{3,}").sub
"""What conditions on lines of their own leave behind."""


class RichRenderer:
    """One 5G face, ready to be made for any number of readers. `fixed`: values that are the same for everyone."""

    def __init__(
        self,
        message: RichMessage,
        *,
        defaults: Mapping[str, str],
        catalogue: Catalogue = CATALOGUE,
        fixed: Row | None = None,
    ) -> None:
        self._message = message
        self._catalogue = catalogue
        self._fixed = dict(fixed or {})
        instead = {name: clean_text(str(text), 60) or "" for name, text in defaults.items()}
        self._parsed: dict[str, Parsed] = {}
        for _, source in templated(message):
            parsed = parse_words(source, catalogue, part="value")
            for output in parsed.outputs():
                if given := instead.get(output.variable.name):
                    output.step_in(given)
            if "{{" in source or "{%" in source:
                self._parsed[source] = parsed
        self._links = any(True for _ in links_of(message))
        self.used = tuple(dict.fromkeys(name for one in self._parsed.values() for name in one.used))

    @property
    def needed(self) -> tuple[str, ...]:
        """The variables that must come with each row: those used that are not fixed."""
        return tuple(name for name in self.used if name not in self._fixed)

    @property
    def catalogue(self) -> Catalogue:
        """The variables it knows."""
        return self._catalogue

    @property
    def personal(self) -> bool:
        """Whether readers get different ones."""
        return bool(self.needed)

    def render(self, row: Row) -> RichMessage:
        """The message for one reader."""
        if not self._parsed and not self._links:
            return self._message
        data: dict[str, Any] = {}
        for name in self.used:
            value: Value = clean(self._fixed.get(name, row.get(name)), self._catalogue[name])
            group, dot, inner = name.partition(".")
            if dot:
                data.setdefault(group, {})[inner] = value
            else:
                data[name] = value

        coded = _in_links(data)

        def words(source: str) -> str:
            parsed = self._parsed.get(source)
            if parsed is None:
                return source
            return _blank_lines("\n\n", str(parsed.liquid.render(data))).strip()

        def link(source: str) -> str:
            parsed = self._parsed.get(source)
            if parsed is not None:
                source = str(parsed.liquid.render(data if parsed.has_conditions else coded)).strip()
            return quote(source, safe=_IN_LINKS)

        def button(one: Suggestion) -> Suggestion:
            return replace(one, url=link(one.url)) if isinstance(one, OpenUrl) else one

        return replace(
            self._message,
            cards=tuple(
                replace(
                    card,
                    title=words(card.title),
                    description=words(card.description),
                    buttons=tuple(button(one) for one in card.buttons),
                )
                for card in self._message.cards
            ),
            chips=tuple(button(one) for one in self._message.chips),
        )


def _in_links(data: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they stand in a link: none of them can add a parameter, leave its place or end the link."""
    coded: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            coded[name] = _in_links(value)
        else:
            coded[name] = quote(value, safe="") if isinstance(value, str) else value
    return coded


class FaceWords:
    """The words of one face as texts, for whoever screens texts: as `rendering.Renderer` has them, so that a gate for
    texts takes it in a renderer's place. One line for each piece of the face; no rule reads across lines."""

    def __init__(self, face: RichRenderer) -> None:
        self._face = face

    @property
    def needed(self) -> tuple[str, ...]:
        """The variables that must come with each row."""
        return self._face.needed

    @property
    def catalogue(self) -> Catalogue:
        """The variables it knows."""
        return self._face.catalogue

    def render_many(self, rows: Sequence[Row]) -> list[str]:
        """What each reader would read, in their order."""
        return [words_in_lines(self._face.render(row)) for row in rows]


def words_in_lines(message: RichMessage) -> str:
    """Everything a reader may come to see, a line for each piece."""
    return "\n".join(" ".join(line.text.split()) for line in lines_of(message) if line.text.strip())
