"""Texts that ship, by trade and purpose: a start for whoever sits before an empty template (feature C4).

A file for each trade, and `playbooks.toml` with two texts for each tier (feature D3). Each text is kept in its
parts, uses only what `content.variables` knows, brings a default for whatever a contact may lack, and passes
`content.checks` and the screening as it stands. What only the merchant can know (amounts, days, the address of
a link) is an example; `adapt` names those places, and a test sees to it that they are in the text.

Pure: read from files beside this module, kept for the life of the process.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from xinfeng.content.optout import DEFAULT
from xinfeng.content.rendering import Draft
from xinfeng.kernel.errors import NotFound

HERE = Path(__file__).parent

FILES = (
    "retail",
    "education",
    "catering",
    "finance",
    "government",
    "baby",
    "medicine",
    "property",
    "other",
    "playbooks",
)
"""In the order in which the texts are offered; all but the last are named after their trade."""

PLACEHOLDER_DOMAIN = "s.example.com"
"""Where every link of the library leads until the merchant puts her own: reserved for examples (RFC 2606)."""

KINDS: dict[str, tuple[str, str]] = {
    "welcome": ("欢迎", "Welcome"),
    "care": ("关怀", "Care"),
    "activation": ("激活", "Activation"),
    "member_day": ("会员日", "Member day"),
    "reminder": ("提醒", "Reminder"),
    "review": ("评价邀请", "Review"),
    "new_product": ("新品", "New product"),
    "offer": ("优惠", "Offer"),
    "holiday": ("节日", "Holiday"),
    "birthday": ("生日", "Birthday"),
    "win_back": ("召回", "Win back"),
    "service": ("服务通知", "Service notice"),
}
"""What a text is for, in the order people look for them; in Chinese and English."""

SCENES: dict[str, tuple[str, str]] = {
    "holiday": ("节日", "Holiday"),
    "birthday": ("生日", "Birthday"),
    "weather": ("天气", "Weather"),
    "season": ("换季", "Season"),
    "part_of_day": ("时段", "Time of day"),
    "city": ("地区", "Region"),
    "tier": ("分层", "Tier"),
}
"""What a text answers to beside its purpose (feature C2); none for most."""

TIERS = ("dormant", "potential", "active", "new", "industry")
"""The tiers that have a playbook (feature D3)."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the library.

    `trade` is one of `content.actions.TRADES`, `kind` of KINDS, `scene` of SCENES or empty, `purpose` marketing or
    service; `tier` is set on the texts of a playbook. `note` says when to use it. `adapt` are the places in value
    and action that hold examples: a merchant replaces them before sending.
    """

    key: str
    trade: str
    kind: str
    purpose: str
    title: str
    title_en: str
    value: str
    action: str
    opt_out: str
    note: str
    note_en: str
    scene: str = ""
    tier: str = ""
    adapt: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def draft(self) -> Draft:
        """The wording as `checks.check_wording` and `rendering.Renderer` take it."""
        return Draft(self.value, self.action, self.opt_out, dict(self.defaults))

    @property
    def has_conditions(self) -> bool:
        """Whether different people, or hours, read different words (not just different values)."""
        return "{%" in self.value + self.action

    def title_in(self, language: str) -> str:
        return self.title_en if language.startswith("en") else self.title

    def note_in(self, language: str) -> str:
        return self.note_en if language.startswith("en") else self.note


def texts(
    trade: str | None = None, kind: str | None = None, text: str | None = None, *, scene: str | None = None
) -> tuple[Text, ...]:
    """The library, or the part of it for a trade, a kind and a scene whose words contain `text` (any case)."""
    wanted = (text or "").strip().casefold()
    return tuple(
        one
        for one in _all().values()
        if (not trade or one.trade == trade)
        and (not kind or one.kind == kind)
        and (not scene or one.scene == scene)
        and (not wanted or wanted in _searched(one))
    )


def text(key: str) -> Text:
    """One text. Raises NotFound `library.unknown` (`key`)."""
    found = _all().get(key)
    if found is None:
        raise NotFound("library.unknown", key=key[:60])
    return found


def playbook(tier: str) -> tuple[Text, ...]:
    """The alternatives for a tier, the first to be offered first."""
    return tuple(one for one in _all().values() if one.tier == tier)


def _searched(one: Text) -> str:
    return "\n".join((one.title, one.title_en, one.value, one.action, one.note, one.note_en)).casefold()


@lru_cache(maxsize=1)
def _all() -> Mapping[str, Text]:
    """By key, in the order of the files and within them."""
    found: dict[str, Text] = {}
    for name in FILES:
        for one in _read(HERE / f"{name}.toml"):
            if one.key in found:
                raise ValueError(f"{name}: {one.key} twice")
            found[one.key] = one
    return found


def _read(file: Path) -> list[Text]:
    """Raises ValueError where an entry lacks something or has what nobody reads."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return [_text(file.name, content["trade"], entry) for entry in content["text"]]


def _text(file: str, trade: str, entry: dict[str, Any]) -> Text:
    try:
        return Text(
            trade=trade,
            opt_out=DEFAULT if entry["purpose"] == "marketing" else "",
            adapt=tuple(entry.pop("adapt", ())),
            **entry,
        )
    except (KeyError, TypeError) as fault:
        raise ValueError(f"{file}: {entry.get('key')}: {fault}") from fault
