"""Tags by name: made where they are new; the name of a tag that was merged leads to where it went."""

from __future__ import annotations

from collections.abc import Mapping

from xinfeng.contacts.models import Tag, TagKind
from xinfeng.contacts.values import LONGEST_TAG
from xinfeng.foundation.database import Connection
from xinfeng.kernel.errors import InvalidInput

_FIND = "select name, coalesce(merged_into_id, id) from tag where name = any(%s)"


def tag_ids(connection: Connection, kinds: Mapping[str, TagKind]) -> dict[str, int]:
    """Ids of tags by name; those that do not exist yet are made with the kind given."""
    names = sorted(kinds)
    if not names:
        return {}
    found: dict[str, int] = dict(connection.execute(_FIND, (names,)).fetchall())
    missing = [name for name in names if name not in found]
    if missing:
        connection.execute(
            "insert into tag (name, kind, created_at) select n, k, now() from unnest(%s::text[], %s::text[]) u(n, k) "
            "on conflict (name) do nothing",
            (missing, [kinds[name].value for name in missing]),
        )
        found.update(connection.execute(_FIND, (missing,)).fetchall())
    return found


def tag_name(text: str) -> str:
    """A tag's name as it is kept. Raises InvalidInput `tag.name`."""
    cleaned = " ".join(text.split())
    if not cleaned or len(cleaned) > LONGEST_TAG or "\x00" in cleaned:
        raise InvalidInput("tag.name", longest=LONGEST_TAG)
    return cleaned


def tag_id_of(name: str) -> int | None:
    """The tag that this name leads to, if there is one."""
    found = Tag.objects.filter(name=name.replace("\x00", "")).values_list("pk", "merged_into_id").first()
    return None if found is None else found[1] or found[0]
