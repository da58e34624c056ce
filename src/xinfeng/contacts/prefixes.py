"""The table of number ranges in force: the one we ship, or a deployment's own in the data folder."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from xinfeng.contacts.number_files import RowFaults, rows
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.prefixes import (
    MOST_RANGES,
    PrefixRange,
    PrefixTable,
    RangeKind,
    dump,
    is_prefix,
    load,
    shipped,
)

_COLUMNS = {
    "prefix": ("prefix", "号段", "前缀"),
    "carrier": ("carrier", "运营商"),
    "kind": ("kind", "类型"),
}
_CARRIERS = {
    Carrier.MOBILE: ("mobile", "移动", "中国移动", "cmcc"),
    Carrier.UNICOM: ("unicom", "联通", "中国联通", "cucc"),
    Carrier.TELECOM: ("telecom", "电信", "中国电信", "ctcc"),
    Carrier.BROADNET: ("broadnet", "广电", "中国广电", "cbn"),
    Carrier.UNKNOWN: ("none", "无"),
}
_KINDS = {
    RangeKind.MOBILE: ("mobile", "", "普通", "手机"),
    RangeKind.VIRTUAL: ("virtual", "虚拟", "虚拟运营商", "转售"),
    RangeKind.IOT: ("iot", "物联网"),
    RangeKind.SATELLITE: ("satellite", "卫星"),
}


def carrier_of(number: str) -> Carrier:
    """Who was given the range of a bare number; a first guess, as a ported number keeps its prefix."""
    return table().carrier_of(number)


def table() -> PrefixTable:
    """The table in force. Looks whether its file was replaced, so ask once for a batch."""
    own = _own_file()
    try:
        stat = own.stat()
    except FileNotFoundError:
        return shipped()
    return _load(own, stat.st_mtime_ns, stat.st_size)


@dataclass(frozen=True, slots=True)
class Replaced:
    """The table now in force, and what it changes: ranges that are new, that are gone, and that changed hands or kind."""

    table: PrefixTable
    added: int
    removed: int
    changed: int


def replace(path: Path, *, drawn_up: date, source: str, actor: str, today: date) -> Replaced:
    """Use a CSV file (columns 号段/prefix of 3 to 7 digits, 运营商/carrier, 类型/kind; see `number_files`) instead of ours.

    All of it or nothing. Ranges may lie within others: the longest prefix of a number holds. Contacts that are known already
    keep their carrier until `hygiene.carriers.read_again`, plans that were made keep their lanes. Audited.

    Raises InvalidInput `prefixes.rows` (`number_files.faults_of`), `prefixes.unreadable` (line), `prefixes.empty`,
    `prefixes.too_large`, `prefixes.too_many`, `prefixes.source`, `prefixes.future`.
    """
    if drawn_up > today:
        raise InvalidInput("prefixes.future", day=drawn_up.isoformat(), today=today.isoformat())
    before = {one.prefix: one for one in table().ranges}
    content = dump(_read(path), drawn_up=drawn_up, source=source)
    made = load(content)
    target = _own_file()
    staged = target.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    staged.write_text(content, encoding="utf-8")
    staged.replace(target)
    after = {one.prefix: one for one in made.ranges}
    result = Replaced(
        made,
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
        changed=sum(before[one] != after[one] for one in before.keys() & after.keys()),
    )
    audit.record(
        actor=actor,
        action="prefixes.replace",
        kind="setting",
        subject="prefixes",
        drawn_up=drawn_up.isoformat(),
        source=made.source,
        ranges=len(after),
        added=result.added,
        removed=result.removed,
        changed=result.changed,
    )
    return result


def is_own() -> bool:
    """Whether a deployment's own table is in force, not the one we ship."""
    return _own_file().exists()


def use_shipped(*, actor: str) -> PrefixTable:
    """Go back to the table that comes with the product. Audited where there was another."""
    if is_own():
        _own_file().unlink(missing_ok=True)
        audit.record(actor=actor, action="prefixes.shipped", kind="setting", subject="prefixes")
    return shipped()


def _read(path: Path) -> list[PrefixRange]:
    faults = RowFaults()
    found: dict[str, PrefixRange] = {}
    for line, cells in rows(path, _COLUMNS, optional=frozenset({"kind"}), code="prefixes"):
        if cells is None:
            faults.add(line, "columns")
            continue
        prefix, carrier, kind = cells["prefix"], carrier_named(cells["carrier"]), _kind(cells["kind"])
        if not is_prefix(prefix):
            faults.add(line, "prefix", prefix)
        elif carrier is None:
            faults.add(line, "carrier", cells["carrier"])
        elif kind is None:
            faults.add(line, "kind", cells["kind"])
        elif found.setdefault(prefix, one := PrefixRange(prefix, carrier, kind)) != one:
            faults.add(line, "twice", prefix)
    if faults.count:
        faults.refuse("prefixes.rows")
    if not found:
        raise InvalidInput("prefixes.empty")
    if len(found) > MOST_RANGES:
        raise InvalidInput("prefixes.too_many", at_most=MOST_RANGES)
    return [found[prefix] for prefix in sorted(found)]


def carrier_named(given: str) -> Carrier | None:
    """The carrier of that name, in Chinese or English; UNKNOWN for "none"; None: no such carrier."""
    wanted = given.strip().lower()
    return next((one for one, names in _CARRIERS.items() if wanted in names), None)


def _kind(given: str) -> RangeKind | None:
    wanted = given.strip().lower()
    return next((one for one, names in _KINDS.items() if wanted in names), None)


def _own_file() -> Path:
    return xinfeng_settings.load().data / "prefixes.txt"


@lru_cache(maxsize=2)
def _load(path: Path, _changed_ns: int, _size: int) -> PrefixTable:
    return load(path.read_text(encoding="utf-8"))
