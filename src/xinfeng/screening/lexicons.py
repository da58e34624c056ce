"""Kinds of words that families of rules are written over: `{praise}` in an expression stands for any of its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_NAME = re.compile(r"\{([a-z_]+)\}")
"""Names have letters only, so that counts like {0,4} are none."""


class BadLexicon(ValueError):
    """A name that no kind of words has, or one that contains itself."""


class Lexicons:
    """Kinds of words by name. A word that is itself `{name}` takes in all the words of another kind."""

    def __init__(self, written: Mapping[str, Sequence[str]]) -> None:
        self._written = written
        self._regexes: dict[str, str] = {}

    def words(self, listed: Iterable[str]) -> tuple[str, ...]:
        """The words of a list, names replaced by theirs, each once. Raises BadLexicon."""
        return tuple(dict.fromkeys(self._flat(listed, ())))

    def regex(self, expression: str) -> str:
        """An expression with each name replaced by any of its words, longer ones first. Raises BadLexicon."""
        return _NAME.sub(lambda found: self._any(found.group(1)), expression)

    def _any(self, name: str) -> str:
        known = self._regexes.get(name)
        if known is None:
            words = sorted(set(self._flat((f"{{{name}}}",), ())), key=lambda word: (-len(word), word))
            known = self._regexes[name] = f"(?:{'|'.join(map(re.escape, words))})"
        return known

    def _flat(self, listed: Iterable[str], inside: tuple[str, ...]) -> Iterable[str]:
        for word in listed:
            named = _NAME.fullmatch(word)
            if named is None:
                yield word
                continue
            name = named.group(1)
            if name in inside or name not in self._written:
                raise BadLexicon(f"{word}: no such kind of words, or one that contains itself")
            yield from self._flat(self._written[name], (*inside, name))
