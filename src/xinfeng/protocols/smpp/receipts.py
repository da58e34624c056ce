"""Receipts: a text that every vendor writes a little differently (SMPP 3.4, appendix B), and the TLVs that say it better.

Where both say something, the TLV is believed. A receipt that names no message is none.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from xinfeng.protocols.smpp.layout import LONGEST_ID, Tag

DELIVERED = "DELIVRD"
LONGEST_STAT = 60

STATES = {
    1: "ENROUTE",
    2: DELIVERED,
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
"""message_state (5.2.28) and the word for it in a text."""
STATE_OF = {word: state for state, word in STATES.items()}

ENROUTE = 1
"""Also what 0 of SMPP 5.0 ("scheduled") counts as: on its way."""

_FULL_WORDS = {
    "DELIVERED": DELIVERED,
    "UNDELIVERED": "UNDELIV",
    "UNDELIVERABLE": "UNDELIV",
    "ACCEPTED": "ACCEPTD",
    "REJECTED": "REJECTD",
} | {str(number): word for number, word in STATES.items()}
"""What some write in place of the seven letters of the book."""

_SAYS_LITTLE = frozenset(STATE_OF) - {DELIVERED, "ENROUTE"}
"""Words that get their reason behind them, as in `UNDELIV:005`. ACCEPTD is one: with a reason it is a failure."""


class IdFormat(StrEnum):
    """How the id in an answer and the id in a text receipt are the same. In hexadecimal and decimal formats both
    become plain decimal digits; what is not of the format stays as it is."""

    AS_IS = "as_is"
    """Octet by octet."""
    UNPADDED = "unpadded"
    """Zeros in front do not count."""
    HEX_ANSWERS = "hex_answers"
    """Answers (and the TLV of receipts) are hexadecimal, text receipts decimal."""
    DECIMAL_ANSWERS = "decimal_answers"
    """The reverse."""


def answer_id(raw: bytes, form: IdFormat) -> bytes:
    """An id as it stands in a submit_sm_resp or in `receipted_message_id`."""
    return _canonical(raw, form, hexadecimal=form is IdFormat.HEX_ANSWERS)


def report_id(raw: bytes, form: IdFormat) -> bytes:
    """An id as it stands in the text of a receipt."""
    return _canonical(raw, form, hexadecimal=form is IdFormat.DECIMAL_ANSWERS)


_DECIMAL = re.compile(rb"[0-9]+").fullmatch
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]+").fullmatch


def _canonical(raw: bytes, form: IdFormat, *, hexadecimal: bool) -> bytes:
    raw = raw[:LONGEST_ID]
    if form is IdFormat.AS_IS:
        return raw
    if form is IdFormat.UNPADDED:
        return raw.lstrip(b"0") or raw[:1]
    if hexadecimal:
        return b"%d" % int(raw, 16) if _HEXADECIMAL(raw) else raw
    return b"%d" % int(raw) if _DECIMAL(raw) else raw


def other_spellings(raw: bytes) -> list[bytes]:
    """How else a centre may have written this id in its answer: decimal for hexadecimal, the reverse, with other zeros
    in front, in letters of the other case. For receipts that name no message: well-known centres answer
    `0x33E95179` as `33e95179` and report `0870928761`. An account whose `id_format` is right needs none of it.
    """
    raw = raw[:LONGEST_ID]
    found: dict[bytes, None] = {}
    for form, base in ((_DECIMAL, 10), (_HEXADECIMAL, 16)):
        if not form(raw) or len(raw) > _LONGEST_NUMBER:
            continue
        value = int(raw, base)
        for word in (b"%d" % value, b"%x" % value, b"%X" % value):
            for width in (0, *_USUAL_WIDTHS):
                found[word.rjust(width, b"0")] = None
    found |= dict.fromkeys((raw.lower(), raw.upper()))
    found.pop(raw, None)
    return list(found)


_LONGEST_NUMBER = 32
"""Digits; nothing longer is a number that somebody wrote in another base."""
_USUAL_WIDTHS = (8, 10, 16, 20)
"""Digits with zeros in front, as centres write ids."""


class Report(NamedTuple):
    """What a receipt says. `stat`: the word, with its reason where there is one (`UNDELIV:005`, the form that SMGP's
    receipts have too); times YYMMDDHHMM."""

    message_id: bytes
    stat: str
    submit_time: str
    done_time: str


_NAMES = r"id|submit[\s_]*date|done[\s_]*date|stat(?:us|e)?|err(?:or)?(?:[\s_]*code)?"
_FIELD = re.compile(
    rf"(?<![a-z])({_NAMES})\s*:\s*(?!(?:{_NAMES}|sub|dlvrd|te?xt)\s*:)([^\s,;]*)", re.IGNORECASE | re.ASCII
).finditer
_KEYS = {"i": "id", "su": "submitdate", "d": "donedate", "st": "stat", "e": "err"}
"""The field by how its name begins."""
_TEXT = re.compile(r"(?<![a-z])te?xt\s*:", re.IGNORECASE | re.ASCII).search


def read_report(content: bytes, tlvs: dict[int, bytes], form: IdFormat) -> Report | None:
    """Understand a receipt; None: it does not say which message it is about, or not what became of it."""
    message_id = answer_id(tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0], form)
    fields = _fields(content)
    message_id = message_id or report_id(fields.get("id", "").encode("latin-1"), form)
    stated = tlvs.get(Tag.MESSAGE_STATE, b"")
    word = fields.get("stat", "").upper()
    word = _FULL_WORDS.get(word, word)
    state = STATES.get(stated[0] or ENROUTE, "UNKNOWN") if len(stated) == 1 else ""
    stat = state or word
    if not message_id or not stat:
        return None
    if state not in ("", DELIVERED) and word and word not in STATE_OF:
        stat = word  # the vendor's own word says more than a state
    reason = fields.get("err", "").strip("0") and fields["err"]
    if not reason:
        reason = _network_error(tlvs.get(Tag.NETWORK_ERROR_CODE, b""))
    if reason and stat in _SAYS_LITTLE:
        stat = f"{stat}:{reason}"
    return Report(
        message_id,
        _printable(stat)[:LONGEST_STAT],
        _minute(fields.get("submitdate", "")),
        _minute(fields.get("donedate", "")),
    )


def is_beyond_doubt(content: bytes, tlvs: dict[int, bytes]) -> bool:
    """Whether this is a receipt although its class does not say so, for some centres forget that: no person writes all
    the fields that matter with a word of the book, and where a TLV has an id, the state or that word is enough."""
    named = Tag.RECEIPTED_MESSAGE_ID in tlvs
    if named and Tag.MESSAGE_STATE in tlvs:
        return True
    fields = _fields(content)
    word = fields.get("stat", "").upper()
    return _FULL_WORDS.get(word, word) in STATE_OF and (named or fields.keys() >= _ALL_THAT_MATTER)


_ALL_THAT_MATTER = frozenset({"id", "submitdate", "donedate"})


def _fields(content: bytes) -> dict[str, str]:
    """By lower-case name, the first of each; those before `text:` first, for behind it may stand anything."""
    text = content.decode("latin-1")
    if b"\0" in content[:4]:  # some centres write even this in UCS-2, of either order
        text = text.replace("\0", "")
    said = _TEXT(text)
    end = said.start() if said else len(text)
    fields: dict[str, str] = {}
    for part in (text[:end], text[end:]):
        for found in _FIELD(part):
            name = found[1].lower()
            fields.setdefault(_KEYS.get(name[:2]) or _KEYS[name[:1]], found[2])
    return fields


def _minute(digits: str) -> str:
    """YYMMDDHHMM from that, the same with seconds, or with the century as well; else empty."""
    if not (digits.isascii() and digits.isdigit()):
        return ""
    return {10: digits, 12: digits[:10], 14: digits[2:12]}.get(len(digits), "")


def _network_error(value: bytes) -> str:
    """`network_error_code` (5.3.2.31): the kind of network and its own code."""
    if len(value) != 3 or not any(value[1:]):
        return ""
    return f"{value[0]}-{int.from_bytes(value[1:], 'big')}"


def _printable(word: str) -> str:
    return "".join([c if " " <= c <= "~" else "?" for c in word])


def write_report(*, stat: str, submit_time: str, done_time: str) -> bytes:
    """The text of a receipt behind its id, as appendix B has it. `stat` may carry a reason."""
    word, _, reason = stat.partition(":")
    if word not in _SAYS_LITTLE:
        word, reason = stat, ""
    delivered = int(word == DELIVERED)
    return (
        f" sub:001 dlvrd:{delivered:03} submit date:{submit_time} done date:{done_time}"
        f" stat:{word} err:{reason or '000'} text:"
    ).encode("latin-1", "replace")
