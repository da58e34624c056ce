"""How a channel that sends by templates is written to: by the code of a filed template and what its variables stand for.

The text of a message is what was approved, screened and priced; a vendor wants a template's code and values instead. So
the text is looked for among the templates that are filed for this channel and in force today, and only if one of them,
with values in its places, is this text to the letter does it go. Otherwise the message is withheld (`text_not_filed`):
nothing that nobody approved is ever sent in its place. Of several templates that are the text, the one that leaves the
least to variables is taken, and of equals the one that was filed first.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from xinfeng.channels.maap import MaapConfig
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.channels.vendors import VendorConfig
from xinfeng.delivery import parcels
from xinfeng.delivery.chunks import Lease
from xinfeng.delivery.loading import TEXT_NOT_FILED, Writer
from xinfeng.filings.days import business_day_of
from xinfeng.filings.matching import Filed, read_filed, values
from xinfeng.foundation.database import Connection
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.traffic import SubmitItem
from xinfeng.protocols.vendor import TEMPLATED, Templated

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

_signature = re.compile(r"【([^【】]{1,40})】").match


@dataclass(frozen=True, slots=True)
class FiledTemplate:
    """A template in force. `code`: the vendor's; `signature`: without brackets."""

    code: str
    signature: str
    filed: Filed

    def read(self, text: str, longest_value: int | None) -> Templated | None:
        """The text by this template; None where it is another text."""
        if not text.startswith(self.filed.pieces[0]):
            return None
        found = values(self.filed, text, longest_value=longest_value)
        if found is None:
            return None
        names = tuple(found)
        if all(
            name.isdecimal() for name in names
        ):  # `{1}` is the first value, wherever in the text it stands
            names = tuple(sorted(names, key=int))
        return Templated(self.code, self.signature, names, tuple(found[name] for name in names))


@functools.lru_cache(maxsize=2_000)
def filed_template(code: str, text: str) -> FiledTemplate | None:
    """A filed text ready to be compared with; None for one without a constant signature in front, which no message with
    a signature could be sent by."""
    filed = read_filed(text)
    front = _signature(filed.pieces[0])
    return FiledTemplate(code, front[1], filed) if front and code else None


class FiledTexts:
    """The templates of a channel, those with the most constant text first."""

    def __init__(self, templates: Sequence[FiledTemplate], *, longest_value: int | None) -> None:
        self._templates = sorted(templates, key=lambda one: -sum(map(len, one.filed.pieces)))
        self._longest_value = longest_value

    def write(self, number: str, text: str, *, reference: int) -> list[SubmitItem]:
        """The one item for a message. Raises InvalidInput `text_not_filed`."""
        for template in self._templates:
            if (said := template.read(text, self._longest_value)) is not None:
                return [(number, said.pack(), TEMPLATED, 1, 1)]
        raise InvalidInput(TEXT_NOT_FILED)


async def writer(connection: AsyncConnection, account: ChannelAccount, lease: Lease) -> Writer:
    """What makes items of a chunk's texts: by the channel's filings as they are now where it sends by templates, by the
    plan's cards where it carries 5G messages."""
    if isinstance(account.config, MaapConfig):
        return (await parcels.of_chunk(connection, lease, account.config)).write
    if not isinstance(account.config, VendorConfig):
        return account.config.write
    day = business_day_of(utc_now())
    cursor = await connection.execute(_IN_FORCE, {"channel": account.id, "day": day})
    found = await cursor.fetchall()
    longest = found[0][2] if found else None
    return FiledTexts(_templates(found), longest_value=longest).write


def in_force(connection: Connection, channel_id: int, *, day: date) -> list[FiledTemplate]:
    """The templates by which a channel may be written to on `day`."""
    return _templates(connection.execute(_IN_FORCE, {"channel": channel_id, "day": day}).fetchall())


def _templates(rows: Sequence[tuple[Any, ...]]) -> list[FiledTemplate]:
    return [template for row in rows if (template := filed_template(row[0], row[1])) is not None]


_IN_FORCE = """
select f.number, f.text, (c.capabilities ->> 'longest_value')::int
from template_filing f
join channel c on c.id = f.channel_id
join template_version v on v.id = f.version_id
join template t on t.id = v.template_id
where f.channel_id = %(channel)s and f.state = 'in_force' and f.number <> '' and t.purpose = c.purpose
  and (f.effective_on is null or f.effective_on <= %(day)s) and (f.expires_on is null or f.expires_on >= %(day)s)
order by f.id
"""
"""SQL: number, text and longest value of the templates by which `channel` is written to on `day`."""
