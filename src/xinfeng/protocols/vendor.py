"""What the HTTP interfaces of cloud vendors have in common: requests, answers, receipts and replies as plain tuples.

Vendors send by the code of a template that they have approved and the values of its variables, never by free text. All
of it is pure: octets of JSON and forms in, tuples out, and the other way; time and nonce are arguments. What a vendor
says may hold numbers and signatures, so errors carry codes only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from xinfeng.kernel.errors import RemoteProtocolError

TEMPLATED = 0x200
"""`coding` of a SubmitItem whose content is a `Templated`, packed."""

LONGEST_CARRIER_ID = 64
"""Octets of what receipts are found by."""
_DIGEST = 16
"""Hexadecimal digits by which the numbers of one request are told apart."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. Headers hold a signature and the body numbers, so neither is ever printed."""

    method: str
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)


class Templated(NamedTuple):
    """A text as a vendor wants it: the template's code, the signature without brackets, names of the variables in the
    order of the text, and their values. A name comes once."""

    code: str
    signature: str
    names: tuple[str, ...]
    values: tuple[str, ...]

    def pack(self) -> bytes:
        """As the content of a SubmitItem."""
        return json.dumps(self, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @classmethod
    def unpack(cls, content: bytes) -> Templated:
        code, signature, names, values = json.loads(content)
        return cls(code, signature, tuple(names), tuple(values))


class Sent(NamedTuple):
    """What the vendor says of one number: its reference (empty where nothing was taken), the result (0: accepted, else
    the vendor's code), and whether the number's fate is known. Where it is not, the message may have left."""

    reference: str
    result: int | str
    known: bool = True


class VendorReceipt(NamedTuple):
    """A status report. `stat`: DELIVRD, or the code of what went wrong. Times read YYMMDDHHMM in the vendor's zone, or
    are empty. `ours`: what we gave along with the request, if it comes back."""

    reference: str
    number: str
    stat: str
    submitted: str = ""
    done: str = ""
    ours: str = ""


class VendorReply(NamedTuple):
    """A text from a handset. `id` is the same whenever this reply is told again; `to`: the extension it was sent to."""

    id: str
    number: str
    to: str
    text: str


def carrier_id(reference: str, digest: bytes) -> bytes:
    """What is kept of an accepted number, and what its receipt is found by: the vendor's reference, and where that
    stands for a whole request (`digest` not empty) a keyed digest of the number."""
    head = reference.encode("ascii", "replace")
    tail = b"." + digest.hex()[:_DIGEST].encode() if digest else b""
    return head[: LONGEST_CARRIER_ID - len(tail)] + tail


def reference_of(kept: bytes) -> str:
    """The vendor's reference in a `carrier_id` that has a digest."""
    return kept.rpartition(b".")[0].decode("ascii", "replace")


def percent(text: str) -> str:
    """Encoded as RFC 3986 wants it: letters, digits and `-_.~` stay."""
    return quote(text, safe="-_.~")


def form(values: Mapping[str, str]) -> str:
    """`name=value` pairs, sorted by name as octets, joined with `&`."""
    pairs = sorted(values.items(), key=lambda pair: pair[0].encode())
    return "&".join(f"{percent(name)}={percent(value)}" for name, value in pairs)


def load(body: bytes) -> Any:
    """JSON as a vendor answered it. Raises RemoteProtocolError `vendor.not_json`."""
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise RemoteProtocolError("vendor.not_json") from None


def load_or_refusal(status: int, body: bytes) -> Mapping[str, Any] | str:
    """The object that a vendor answered with, or a word with `NOT_TAKEN` in front where somebody else answers in its place: a
    redirection, a proxy or a firewall that let nothing through. Raises RemoteProtocolError `vendor.not_json`, also for
    JSON that says two things under one name: then nobody knows."""
    try:
        answer = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_said_once)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, Mapping):
        return answer
    if status in _NEVER_THERE:
        return f"{NOT_TAKEN}{status}"
    raise RemoteProtocolError("vendor.not_json")


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[name] != value for name, value in pairs):
        raise ValueError("two things under one name")
    return found


NOT_TAKEN = "http."
"""What the code of a request begins with that never came to the vendor; the status follows."""
_NEVER_THERE = frozenset({307, 308, 401, 403, 404, 405, 407, 411, 413, 414, 415, 421, 426, 431, 451})
"""Statuses that say the request was not worked at (RFC 9110, 15.4.8 to 15.5). Others may come after the work was done,
like 303, 408 and 409."""


def dump(value: Any) -> str:
    """JSON without blanks, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def objects(value: Any) -> list[Mapping[str, Any]]:
    """What came as an array of objects, or as one object. Raises RemoteProtocolError `vendor.shape` for anything else;
    entries that are none are left out, since no repetition would make them any."""
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, list):
        raise RemoteProtocolError("vendor.shape")
    return [one for one in value if isinstance(one, Mapping)]


def word(entry: Mapping[str, Any], name: str, *, at_most: int = 200) -> str:
    """A field as text, shortened; empty where it is missing or holds something else."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return (str(value) if _fits(value) else "")[:at_most]


def _fits(value: str | int) -> bool:
    """Whether it is a text, or a number that anybody would write out."""
    return isinstance(value, str) or -(2**63) <= value < 2**63


def minute(text: str) -> str:
    """`yyyy-MM-dd HH:mm:ss` as YYMMDDHHMM; empty for what is no such time."""
    try:
        return f"{datetime.strptime(text, '%Y-%m-%d %H:%M:%S'):%y%m%d%H%M}"  # noqa: DTZ007 (the vendor's wall clock)
    except ValueError:
        return ""


def delivered_or(code: str) -> str:
    """The word of a failure; never one that means delivery or that there is more to come."""
    if not code or code.upper() in _NO_FAILURES:
        return "UNDELIV"
    return code


_NO_FAILURES = frozenset({"DELIVRD", "DELIVERED", "ACCEPTD", "ENROUTE", "BUFFRED", "0", "OK", "SUCCESS"})


def matched(numbers: Sequence[str], said: Iterable[tuple[str, Sent]]) -> list[Sent]:
    """The answers in the order of the numbers; a number that the vendor says nothing of may have been sent to."""
    by_number = dict(said)
    return [by_number.get(number, Sent("", "vendor.unmentioned", known=False)) for number in numbers]
