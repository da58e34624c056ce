"""What a REPORT says, as the word by which the rest of the house knows it, and back.

| State | ErrorCode | word |
|---|---|---|
| 0 | any | `DELIVRD` |
| 1 | any | `ACCEPTD`: on its way, ends nothing |
| 2 | 0 | `UNDELIV`: failed, without a reason |
| 2 | n | `SGIP:n`: failed with this error code; responses and reports share one list of codes |
| s | n | `SGIP:s:n`: no state the document knows |

Source: SGIP 1.2, Report.
"""

from __future__ import annotations

from functools import lru_cache

_DELIVERED, _WAITING, _FAILED = range(3)
_STATES = {"DELIVRD": _DELIVERED, "ACCEPTD": _WAITING, "ENROUTE": _WAITING, "BUFFRED": _WAITING}


def _make(state: int, error: int) -> str:
    if state == _DELIVERED:
        return "DELIVRD"
    if state == _WAITING:
        return "ACCEPTD"
    if state == _FAILED:
        return f"SGIP:{error}" if error else "UNDELIV"
    return f"SGIP:{state}:{error}"


_KNOWN = {(state, error): _make(state, error) for state in range(3) for error in range(256)}


def stat_word(state: int, error: int) -> str:
    """The word for a state and an error code."""
    return _KNOWN.get((state, error)) or _make(state, error)


@lru_cache(maxsize=1024)
def split_word(word: str) -> tuple[int, int]:
    """State and error code for a word; a failure that SGIP has no code for loses its reason."""
    if word in _STATES:
        return _STATES[word], 0
    prefix, _, rest = word.partition(":")
    state, colon, error = rest.rpartition(":")
    if prefix == "SGIP" and error.isdecimal() and (state.isdecimal() or not colon):
        numbers = int(state or _FAILED), int(error)
        if max(numbers) < 256:
            return numbers
    return _FAILED, 0
