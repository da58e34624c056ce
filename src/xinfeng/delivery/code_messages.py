"""Sending a confirmation code: one service message, at once (docs/adr/0006).

Law 1 holds: whoever asks for a code consents to this one message, which is an entry in the ledger before this is
called, and the gates are asked as for any other message. A code goes at any hour, for somebody waits for it with the
handset in her hand: `service_hours` are for messages that come unasked. The hours in which a channel takes messages
in are kept. No lock of planning is taken: ceilings concern marketing only, and a code must not wait for a campaign of
a million messages to be planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from xinfeng.consent.models import Purpose
from xinfeng.content.checks import check_wording
from xinfeng.content.rendering import Draft, Renderer
from xinfeng.delivery import actions
from xinfeng.delivery.one_off import Sender, judge, usable_sender, write_plan
from xinfeng.foundation import audit, stored
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.text import SINGLE_UNITS, utf16_units
from xinfeng.policy import reads as policy
from xinfeng.policy.windows import next_windows

KEY = "forms.codes"
ACTOR = "system:codes"
LIFE = timedelta(minutes=10)
"""After this a code is of no use to anybody and is not sent any more."""
PLACE = "{code}"
DEFAULT_TEXT = "验证码 {code}，10分钟内有效，用于确认您刚才填写的表单。如非本人操作请忽略，勿告诉他人。"
_SAMPLE = "000000"


@dataclass(frozen=True, slots=True)
class CodeSettings:
    """Over which service channel and under which signature codes go. `text` holds `{code}` once, no variables."""

    channel_id: int | None = None
    signature_id: int | None = None
    text: str = DEFAULT_TEXT

    def stored(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SentCode:
    """`plan_id` is the plan that carries the message; else `refused` is the gate that said no."""

    plan_id: int | None
    refused: str = ""


def current_settings() -> CodeSettings:
    """What is in force."""
    return _read(stored.read(KEY, {}))


def ready() -> bool:
    """Whether codes could be sent now."""
    settings = current_settings()
    return usable_sender(settings.channel_id, settings.signature_id) is not None


def save_settings(value: Mapping[str, Any], *, actor: str) -> CodeSettings:
    """Change the setting; what `value` does not state stays. Raises InvalidInput `codes.setting` (an unknown name or
    a value of the wrong kind), `codes.channel` (no service channel in use, or no signature in use), `codes.text`
    (`{code}` not exactly once, variables, or longer than one part), and as `content.checks.check_wording` does."""
    with transaction.atomic():
        before = current_settings()
        for name, given in value.items():
            if type(given) not in _KINDS.get(name, ()):
                raise InvalidInput("codes.setting", setting=str(name)[:40])
        settings = _read({**before.stored(), **value})
        sender = usable_sender(settings.channel_id, settings.signature_id)
        if sender is None:
            raise InvalidInput("codes.channel")
        text_of(settings, sender, _SAMPLE)
        stored.write(KEY, settings.stored(), actor=actor)
        was, now = before.stored(), settings.stored()
        audit.record(
            actor=actor,
            action="codes.saved",
            kind="setting",
            subject=KEY,
            **{name: now[name] for name in now if was[name] != now[name]},
        )
    return settings


def text_of(settings: CodeSettings, sender: Sender, code: str) -> str:
    """The whole message. Raises InvalidInput `codes.text` (at_most, units)."""
    draft = Draft(settings.text, "", "", {})
    checked = check_wording(draft, sender.signature, purpose=Purpose.SERVICE.value)
    text = "" if checked.used else Renderer(checked.draft, sender.signature).render({})
    units = utf16_units(text.replace(PLACE, _SAMPLE))
    if checked.used or text.count(PLACE) != 1 or units > SINGLE_UNITS:
        raise InvalidInput("codes.text", at_most=SINGLE_UNITS, units=units)
    return text.replace(PLACE, code)


def send_code(contact_id: int, code: str, *, now: datetime) -> SentCode:
    """Write a code to a contact who asked for it. Her consent is committed before this is called.

    Raises Conflict `codes.not_ready` when channel or signature are out of use, `codes.closed` when the channel takes
    nothing in before the code would have expired.
    """
    settings = current_settings()
    sender = usable_sender(settings.channel_id, settings.signature_id)
    if sender is None:
        raise Conflict("codes.not_ready")
    rules = replace(policy.current_settings(), service_hours=None)
    windows = next_windows(
        "other",
        now,
        calendar=policy.calendar(),
        settings=rules,
        horizon=LIFE,
        purpose=Purpose.SERVICE.value,
        narrow_to=sender.channel.hours,
    )
    if not windows:
        raise Conflict("codes.closed")
    judged = judge([contact_id], sender, at=windows[0][0], now=now)
    if contact_id not in judged.allowed:
        return SentCode(None, judged.refused.get(contact_id, "no_phone"))
    text = text_of(settings, sender, code)
    with bulk_transaction() as connection:
        plan_id = write_plan(
            connection, sender, {contact_id: text}, judged, windows=windows, now=now, at_once=True
        )
        actions.start_plan(plan_id, actor=ACTOR, now=now)
    return SentCode(plan_id)


_KINDS: Mapping[str, tuple[type, ...]] = {
    "channel_id": (int, type(None)),
    "signature_id": (int, type(None)),
    "text": (str,),
}


def _read(value: Mapping[str, Any]) -> CodeSettings:
    known = {one.name for one in fields(CodeSettings)}
    return CodeSettings(**{name: given for name, given in value.items() if name in known})
