"""What the house holds behind the references that stand as evidence in the ledger.

A slice that keeps such things (a form's submission, a contract) lists `EXHIBITORS` in `<slice>/exhibits.py`; whoever
draws up a proof bundle finds them through the installed apps and needs to know none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Reference:
    """What an entry says about its proof."""

    seq: int
    contact_id: int
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Exhibitor:
    """`name` (a-z, 0-9, _) becomes `evidence/<name>.jsonl`. `show` gives JSON-ready objects for the references whose
    `source` begins with `prefix`, up to 1,000 at a time; each names the `seq` it belongs to and identifies nobody."""

    name: str
    prefix: str
    show: Callable[[Sequence[Reference]], Iterable[Mapping[str, Any]]]

    def shown(self, references: Iterable[Reference]) -> Iterator[Mapping[str, Any]]:
        """Everything it has to show, for any number of references."""
        waiting: list[Reference] = []
        for one in references:
            if one.source.startswith(self.prefix):
                waiting.append(one)
            if len(waiting) == _AT_ONCE:
                yield from self.show(waiting)
                waiting = []
        if waiting:
            yield from self.show(waiting)


def exhibitors() -> tuple[Exhibitor, ...]:
    """Those of all installed slices above this one."""
    found: list[Exhibitor] = []
    for config in apps.get_app_configs():
        ours = config.name == "xinfeng.consent" or not config.name.startswith("xinfeng.")
        if not ours and module_has_submodule(config.module, "exhibits"):
            found += import_module(f"{config.name}.exhibits").EXHIBITORS
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise ValueError(f"two exhibitors have the same name: {sorted(names)}")
    return tuple(found)
