"""What operators of this deployment say about codes: added or given another meaning, one by one or from a file.

Kept as one stored setting (a few hundred rows at most), with who said so, when and why; every change is audited. An
own entry goes before what ships; taking it back brings back what ships.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from xinfeng.channels.codes import lookup
from xinfeng.channels.codes.book import ANY, LONGEST_CODE, classes, expand, read_groups, tidy
from xinfeng.channels.codes.kept import KEY, stored_rows
from xinfeng.channels.codes.shapes import Phase
from xinfeng.channels.models import ChannelKind
from xinfeng.foundation import audit
from xinfeng.foundation.models import StoredSetting
from xinfeng.kernel.errors import InvalidInput, NotFound

MOST = 5_000
LONGEST_FIELD = 10_000
"""In characters. How much `csv` itself takes depends on who else in the process has set its limit."""
LARGEST_FILE = 2 * 2**20
LONGEST_WORDS = 200
CARRIERS = ("", "mobile", "unicom", "telecom", "broadnet")
KINDS = (ANY, *ChannelKind.values)
UNOFFERED = frozenset({"accepted", "delivered"})
"""An operator cannot declare a refusal taken, or a failure delivered: facts would no longer mean what they say."""
_COLUMNS = ("code", "kind", "phase", "category", "zh", "en", "carrier")
BY_CATEGORY = ("side", "permanence", "action", "verdict")
"""What the category of a code decides. A file that says otherwise is refused: passing over it would promise what is
not done, and an action of its own could teach or bar what no category of that name does."""


@dataclass(frozen=True, slots=True)
class OwnCode:
    """What an operator says. `kind`: a ChannelKind or `*`; `category`: a key of `classes`; `en` empty: as `zh`."""

    code: str
    kind: str
    phase: str
    category: str
    zh: str
    en: str = ""
    carrier: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.code, self.kind, self.phase, self.carrier)


@dataclass(frozen=True, slots=True)
class Kept:
    """An own entry with who said so."""

    entry: OwnCode
    by: str
    at: datetime
    why: str


def set_codes(
    entries: Sequence[OwnCode], *, why: str, actor: str, now: datetime, places: Sequence[str] = ()
) -> int:
    """Say what these codes mean; all or none. Returns how many are new or changed. `places`: where in its file each
    stands (`read_placed`).

    Raises InvalidInput `code.own` with `faults` (code by field; by `place field` for a file, by `N field` for several
    entries without) and `given` (what stands there, the same keys), `code.no_reason`, `code.too_many`.
    """
    if not why.strip():
        raise InvalidInput("code.no_reason")
    checked: list[OwnCode] = []
    faults: dict[str, str] = {}
    given: dict[str, str] = {}
    for number, entry in enumerate(entries, start=1):
        place = places[number - 1] if places else str(number) if len(entries) > 1 else ""
        found = {f"{place} {name}".strip(): (name, code) for name, code in _faults(entry).items()}
        faults |= {key: code for key, (_, code) in found.items()}
        given |= {key: str(getattr(entry, name))[:LONGEST_CODE] for key, (name, _) in found.items()}
        if not found:
            checked.append(_tidied(entry))
    if faults:
        raise InvalidInput("code.own", faults=faults, given=given)
    with transaction.atomic():
        rows = _locked()
        kept = {_key(row): row for row in rows}
        changed = 0
        for entry in checked:
            row = asdict(entry) | {"by": actor, "at": now.isoformat(), "why": why.strip()[:LONGEST_WORDS]}
            before = kept.get(entry.key)
            if before is not None and all(before[name] == value for name, value in asdict(entry).items()):
                continue
            kept[entry.key] = row
            changed += 1
            if changed <= 100:
                audit.record(
                    actor=actor,
                    action="code.set",
                    kind="carrier_code",
                    subject=f"{entry.kind}:{entry.phase}:{entry.code}"[:100],
                    category=entry.category,
                    before=before and before["category"],
                    why=why.strip()[:LONGEST_WORDS],
                )
        if len(kept) > MOST:
            raise InvalidInput("code.too_many", most=MOST)
        if changed > 100:
            audit.record(actor=actor, action="code.import", kind="carrier_code", changed=changed)
        if changed:
            _put(list(kept.values()), actor)
    return changed


def remove_code(code: str, kind: str, phase: str, carrier: str = "", *, actor: str) -> None:
    """Take an own entry back: what ships holds again. Raises NotFound `code.not_own`."""
    key = (tidy(code), kind, phase, carrier)
    with transaction.atomic():
        rows = _locked()
        left = [row for row in rows if _key(row) != key]
        if len(left) == len(rows):
            raise NotFound("code.not_own", code=code[:LONGEST_CODE])
        audit.record(
            actor=actor, action="code.remove", kind="carrier_code", subject=f"{kind}:{phase}:{key[0]}"[:100]
        )
        _put(left, actor)


def own_codes() -> list[Kept]:
    """All own entries, the newest first."""
    rows, _ = stored_rows()
    kept = [Kept(_entry(row), row["by"], datetime.fromisoformat(row["at"]), row["why"]) for row in rows]
    return sorted(kept, key=lambda one: one.at, reverse=True)


def read_file(text: str) -> list[OwnCode]:
    """The entries of a file. Raises as `read_placed` does."""
    return [entry for _, entry in read_placed(text)]


def read_placed(text: str) -> list[tuple[str, OwnCode]]:
    """Entries from a file: CSV with the columns code, kind, phase, category, zh, en and carrier (the last two may be
    missing), or TOML of the shape that ships; each with its place: the number of its line, or in TOML its key in quotes.
    Raises InvalidInput `code.file` with `line` where it can be told, `code.too_many`, and `code.own` where a file says
    what its categories decide (`BY_CATEGORY`)."""
    if len(text) > LARGEST_FILE:
        raise InvalidInput("code.file", why="too_large")
    if text.lstrip("\ufeff \t\r\n").startswith(("[", "#")):
        return _read_toml(text.lstrip("\ufeff"))
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    names = [str(name).strip().lower() for name in reader.fieldnames or ()]
    if not set(_COLUMNS[:5]) <= set(names):
        raise InvalidInput("code.file", why="columns", columns=", ".join(_COLUMNS))
    reader.fieldnames = names
    try:
        return _read_rows(reader)
    except csv.Error as fault:
        raise InvalidInput("code.file", why="csv", detail=str(fault), line=reader.line_num) from None


def _read_rows(reader: csv.DictReader[str]) -> list[tuple[str, OwnCode]]:
    found: list[tuple[str, OwnCode]] = []
    decided: dict[str, str] = {}
    for row in reader:
        given = {name: (row.get(name) or "").strip() for name in _COLUMNS}
        stated = {name: (row.get(name) or "").strip() for name in BY_CATEGORY}
        decided |= {f"{reader.line_num} {name}": value for name, value in stated.items() if value}
        if not any(given.values()):
            continue
        if max(map(len, given.values())) > LONGEST_FIELD:
            raise InvalidInput(
                "code.file", why="csv", detail=f"field larger than {LONGEST_FIELD}", line=reader.line_num
            )
        try:
            written = expand(given["code"])
        except ValueError:
            raise InvalidInput("code.file", why="code", line=reader.line_num) from None
        found += [
            (str(reader.line_num), OwnCode(**(given | {"code": one}))) for one in written or [given["code"]]
        ]
        if len(found) > MOST:
            raise InvalidInput("code.too_many", most=MOST)
    _refuse_decided(decided)
    return found


def _refuse_decided(stated: Mapping[str, str]) -> None:
    """Refuse what a file says of its own accord about side or action, by its place."""
    if stated:
        raise InvalidInput(
            "code.own",
            faults=dict.fromkeys(stated, "by_category"),
            given={place: value[:LONGEST_CODE] for place, value in stated.items()},
        )


def _read_toml(text: str) -> list[tuple[str, OwnCode]]:
    found: list[tuple[str, OwnCode]] = []
    decided: dict[str, str] = {}
    try:
        for one in read_groups(text):
            place, whole = f'"{one.pattern[:LONGEST_CODE]}"', classes()[one.category]
            decided |= {
                f"{place} {name}": value.name.lower() if name == "verdict" else str(value)
                for name in BY_CATEGORY
                if (value := getattr(one, name)) != getattr(whole, name)
            }
            found += [
                (
                    place,
                    OwnCode(one.pattern, kind, one.phase, one.category, one.zh, one.en, one.carrier),
                )
                for kind in one.kinds
            ]
            if len(found) > MOST:
                raise InvalidInput("code.too_many", most=MOST)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InvalidInput(
            "code.file", why="toml", detail=f"{type(fault).__name__}: {fault}"[:LONGEST_WORDS]
        ) from None
    _refuse_decided(decided)
    return found


def _locked() -> list[dict[str, Any]]:
    StoredSetting.objects.get_or_create(pk=KEY, defaults={"value": []})
    rows = StoredSetting.objects.select_for_update().get(pk=KEY).value
    return list(rows)


def _put(rows: list[dict[str, Any]], actor: str) -> None:
    setting = StoredSetting.objects.get(pk=KEY)
    setting.value, setting.updated_by = rows, actor
    setting.save()
    transaction.on_commit(lambda: lookup.refresh(at_once=True))


def _faults(entry: OwnCode) -> dict[str, str]:
    faults = {}
    code = tidy(entry.code)
    if not code:
        faults["code"] = "missing"
    elif len(entry.code.strip()) > LONGEST_CODE:
        faults["code"] = "too_long"
    elif not code.isascii() or not code.isprintable() or " " in code:
        faults["code"] = "not_ascii"
    elif not code.replace("*", "").replace("#", ""):
        faults["code"] = "too_short"
    for name, known in (
        ("kind", KINDS),
        ("phase", tuple(Phase)),
        ("category", tuple(classes())),
        ("carrier", CARRIERS),
    ):
        if getattr(entry, name) not in known:
            faults[name] = "unknown"
    if entry.category in UNOFFERED:
        faults["category"] = "unknown"
    for name in ("zh", "en"):
        text = getattr(entry, name).strip()
        if name == "zh" and not text:
            faults[name] = "missing"
        elif len(text) > LONGEST_WORDS:
            faults[name] = "too_long"
        elif not text.isprintable():
            faults[name] = "not_text"
    return faults


def _tidied(entry: OwnCode) -> OwnCode:
    zh = entry.zh.strip()
    [code] = expand(entry.code) if "-" not in entry.code else [tidy(entry.code)]
    return OwnCode(code, entry.kind, entry.phase, entry.category, zh, entry.en.strip() or zh, entry.carrier)


def _key(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return (row["code"], row["kind"], row["phase"], row["carrier"])


def _entry(row: Mapping[str, Any]) -> OwnCode:
    return OwnCode(**{name: row[name] for name in _COLUMNS})
