"""Words for the error codes of the slices, a module for each neighbourhood; `console.words` joins them."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """One message in both languages. `{name}` is a parameter of the error."""

    zh: str
    en: str
