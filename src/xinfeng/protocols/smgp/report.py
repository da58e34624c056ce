"""The text of status reports, as it should be and as gateways write it.

By the document it has 122 octets: `id:` and ten octets of message id, ` sub:` 3, ` dlvrd:` 3, ` submit date:` 10,
` done date:` 10, ` stat:` 7, ` err:` 3, ` text:` 20 (SMGP 3.0.3, Deliver). Captures show other case, `_` in names,
the letter s between fields, no blank behind the id, other orders, fields left out; the id may contain any octet, the
blank, the colon and zero included, so it is taken out before anything else is looked for. Twenty hexadecimal digits
in place of the ten octets are read as such.

A receipt's word (`stat_word`) is the stat, followed by the error code where the stat alone says nothing: `DELIVRD`,
`EXPIRED:007`, `UNDELIV:005`, `MK:0001`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct

from xinfeng.protocols.octets import exact, fixed
from xinfeng.protocols.smgp.layout import ID_WIDTH

FIXED = Struct(">3s10s5s3x7s3x13s10s11s10s6s7s5s3s")
"""The text up to its error code: label and value in turn, without the values of sub and dlvrd."""
FIXED_LABELS = frozenset(
    {
        (b"id:", b" sub:", b" dlvrd:", b" submit date:", b" done date:", b" stat:", b" err:"),
        (b"id:", b" sub:", b" dlvrd:", b" Submit date:", b" done date:", b" stat:", b" err:"),
        (b"id:", b" sub:", b" dlvrd:", b" submit_date:", b" done_date:", b" stat:", b" err:"),
        (b"id:", b"ssub:", b"sDlvrd:", b"sSubmit_date:", b"sDone_date:", b"sStat:", b"sErr:"),
    }
)
"""Variants whose fields lie where the document puts them."""

_TEXT_WIDTH = 20
_SAYS_NOTHING = frozenset({"UNDELIV", "EXPIRED", "DELETED", "REJECTD", "UNKNOWN"})
_WORDS = _SAYS_NOTHING | {"DELIVRD", "ACCEPTD", "ENROUTE", "BUFFRED"}
_NO_ERROR = frozenset({"", "0", "00", "000"})

_id_first = re.compile(rb"id:", re.IGNORECASE).match
_id_later = re.compile(rb"(?:[^a-z]|s)id:", re.IGNORECASE).search
_hex_id = re.compile(rb"[0-9a-f]{20}(?![0-9a-f])", re.IGNORECASE).match
_stat = re.compile(rb"stat:[ ]?([^\x00 ].{0,6})", re.IGNORECASE | re.DOTALL).search
_err = re.compile(rb"err:[ ]?([0-9a-z]{1,3})", re.IGNORECASE).search
_submitted = re.compile(rb"submit[ _]?date:[ ]?(\d{10,14})", re.IGNORECASE).search
_done = re.compile(rb"done[ _]?date:[ ]?(\d{10,14})", re.IGNORECASE).search


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of the message `msg_id`. Times read YYMMDDHHMM. What the report leaves out is empty."""

    msg_id: bytes
    stat: str
    err: str = "000"
    submit_time: str = ""
    done_time: str = ""
    text: bytes = b""
    """The length of the original text in three digits, and its beginning. Written, never read."""

    @property
    def word(self) -> str:
        return stat_word(self.stat, self.err)


@lru_cache(maxsize=1024)
def stat_word(stat: str, err: str) -> str:
    """The word by which the rest of the house knows this state; empty where both are."""
    if stat.upper() in _WORDS:
        stat = stat.upper()
    if not stat:
        if not err:
            return ""
        stat = "DELIVRD" if err in _NO_ERROR else "UNDELIV"
    return f"{stat}:{err}" if stat in _SAYS_NOTHING and err not in _NO_ERROR else stat


@lru_cache(maxsize=1024)
def split_word(word: str) -> tuple[str, str]:
    """The reverse of `stat_word`: stat and error code."""
    stat, colon, err = word.partition(":")
    return (stat, err[:3]) if colon and stat in _SAYS_NOTHING else (word, "000")


def encode_report(report: Report) -> bytes:
    """The content of a DELIVER that reports. Raises LocalProtocolError for what does not fit."""
    return b"id:%b sub:001 dlvrd:%b submit date:%b done date:%b stat:%b err:%b text:%b" % (
        exact("smgp", "msg_id", report.msg_id, ID_WIDTH),
        b"001" if report.stat == "DELIVRD" else b"000",
        fixed("smgp", "submit_time", report.submit_time, 10).ljust(10, b"0"),
        fixed("smgp", "done_time", report.done_time, 10).ljust(10, b"0"),
        fixed("smgp", "stat", report.stat, 7).ljust(7),
        fixed("smgp", "err", report.err, 3).rjust(3, b"0"),
        report.text[:_TEXT_WIDTH].ljust(_TEXT_WIDTH, b"\0"),
    )


def decode_report(content: bytes) -> Report | None:
    """Read a report in any of its variants. None: it names no message, or not what became of it."""
    start = _id_first(content) or _id_later(content)
    if start is None:
        return None
    id_at = start.end()
    if _hex_id(content, id_at):
        id_end = id_at + 2 * ID_WIDTH
        msg_id = bytes.fromhex(content[id_at:id_end].decode("ascii"))
    else:
        id_end = id_at + ID_WIDTH
        msg_id = content[id_at:id_end]
    rest = content[: start.start()] + b" " + content[id_end:]
    stat, err = _word(_stat(rest)), _word(_err(rest))
    if len(msg_id) < ID_WIDTH or not (stat or err):
        return None
    return Report(
        msg_id=msg_id,
        stat=stat,
        err=err,
        submit_time=_minute(_submitted(rest)),
        done_time=_minute(_done(rest)),
    )


def _word(found: re.Match[bytes] | None) -> str:
    """Up to the first blank or NUL."""
    if found is None:
        return ""
    return found[1].partition(b"\0")[0].partition(b" ")[0].decode("latin-1")


def _minute(found: re.Match[bytes] | None) -> str:
    """YYMMDDHHMM, whether the gateway wrote seconds or the century, too."""
    if found is None:
        return ""
    digits = found[1].decode("ascii")
    return digits[2:12] if len(digits) == 14 else digits[:10]
