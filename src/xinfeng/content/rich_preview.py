"""A 5G face as a handset shows it, for an example person or a real one with name and number masked; also one that is
not finished: what cannot be read as a template stands there as it was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from xinfeng.content.grammar import without_unseen
from xinfeng.content.preview import masked_values
from xinfeng.content.rendering import Brand
from xinfeng.content.rich import LONGEST_WORDS, parse_words
from xinfeng.content.rich_rendering import RichRenderer
from xinfeng.content.sources import values_of
from xinfeng.content.values import Moment
from xinfeng.content.variables import Catalogue, Value, examples
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.maap.messages import OpenUrl, RichMessage, Suggestion

_AS_TYPED = str.maketrans("{}", "｛｝")


def fixed_values(signature: Brand, moment: Moment) -> dict[str, Value]:
    """What is the same for everybody who reads a face of this signature at that moment: `RichRenderer`'s `fixed`."""
    return {**moment.values(), "brand.name": signature.text, "brand.hotline": signature.hotline or None}


def faces_for(
    message: RichMessage,
    contact_ids: Sequence[int],
    *,
    defaults: Mapping[str, str],
    signature: Brand,
    moment: Moment,
    catalogue: Catalogue,
) -> dict[int | None, RichMessage]:
    """What each of them sees; under None what an example person sees, if none of them is there (any more)."""
    face = RichRenderer(
        readable(message, catalogue),
        defaults=defaults,
        catalogue=catalogue,
        fixed=fixed_values(signature, moment),
    )
    rows = values_of(contact_ids, face.needed, catalogue=catalogue, moment=moment)
    people: dict[int | None, Mapping[str, Value]] = {
        contact_id: masked_values(row, catalogue)
        for contact_id, row in zip(contact_ids, rows, strict=True)
        if row is not None
    }
    people = people or {None: examples(catalogue, face.needed)}
    return {contact_id: face.render(row) for contact_id, row in people.items()}


def readable(message: RichMessage, catalogue: Catalogue) -> RichMessage:
    """The message with what the grammar refuses shown as it was typed."""

    def words(source: str) -> str:
        with suppress(InvalidInput):
            parse_words(source, catalogue, part="value")
            return source
        shown = without_unseen(source.translate(_AS_TYPED))
        return shown.replace("【", "[").replace("】", "]")[:LONGEST_WORDS]

    return _with_words(message, words)


def only_readable(message: RichMessage, catalogue: Catalogue) -> RichMessage:
    """The message without what the grammar refuses: what can be judged while it is written."""

    def words(source: str) -> str:
        with suppress(InvalidInput):
            parse_words(source, catalogue, part="value")
            return source
        return ""

    return _with_words(message, words)


def _with_words(message: RichMessage, words: Callable[[str], str]) -> RichMessage:
    def button(one: Suggestion) -> Suggestion:
        return replace(one, url=words(one.url)) if isinstance(one, OpenUrl) else one

    return replace(
        message,
        cards=tuple(
            replace(
                card,
                title=words(card.title),
                description=words(card.description),
                buttons=tuple(button(one) for one in card.buttons),
            )
            for card in message.cards
        ),
        chips=tuple(button(one) for one in message.chips),
    )
