"""Who is to be told that her opt-out was taken: the setting, and the queue that replies fill.

Apart from `delivery.confirmation`, because the gateway needs no more than this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from xinfeng.consent.actions import OptOut
from xinfeng.foundation import stored
from xinfeng.foundation.database import Connection

KEY = "opt_out.confirmation"

DEFAULT_TEXT = "您已成功退订，我们不会再向您发送营销短信。"


@dataclass(frozen=True, slots=True)
class ConfirmationSettings:
    """Whether and how an opt-out is confirmed. Off by default: nobody who said no hears from us unasked.

    `channel_id` is a service channel; the confirmation is a service message, for whoever consents to those.
    `text` stands behind the signature, without variables. Saved by `delivery.confirmation.save_settings`.
    """

    enabled: bool = False
    channel_id: int | None = None
    signature_id: int | None = None
    text: str = DEFAULT_TEXT

    def stored(self) -> dict[str, Any]:
        return asdict(self)


def current_settings() -> ConfirmationSettings:
    """What is in force."""
    return read_stored(stored.read(KEY, {}))


def read_stored(value: Mapping[str, Any]) -> ConfirmationSettings:
    """From the JSON form; what it does not state has its default."""
    known = {field.name for field in fields(ConfirmationSettings)}
    return ConfirmationSettings(**{name: given for name, given in value.items() if name in known})


def put(connection: Connection, opt_outs: Sequence[OptOut], *, now: datetime) -> None:
    """Queue a confirmation for each contact among these, in the transaction that recorded the opt-outs.

    What an opt-out leaves is a suppression, and stays the same one however often she says no again; so she is
    queued once for it. Numbers of nobody have consented to nothing, and are not queued.
    """
    replies = {
        one.phone_index: (one.contact_id, int(one.evidence.removeprefix("reply:")))
        for one in opt_outs
        if one.contact_id is not None
    }
    connection.execute(
        "insert into opt_out_confirmation (suppression_id, contact_id, reply_id, queued_at)"
        " select s.id, said.contact_id, said.reply_id, %(now)s"
        " from unnest(%(indexes)s::bytea[], %(contacts)s::bigint[], %(replies)s::bigint[])"
        "   as said (phone_index, contact_id, reply_id)"
        " join suppression s on s.phone_index = said.phone_index and s.lifted_at is null"
        "   and s.scope = 'marketing' and s.reason = 'opt_out'"
        " order by s.id on conflict (suppression_id) do nothing",
        {
            "now": now,
            "indexes": list(replies),
            "contacts": [contact_id for contact_id, _ in replies.values()],
            "replies": [reply_id for _, reply_id in replies.values()],
        },
    )
