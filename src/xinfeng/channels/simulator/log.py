"""The log of what was accepted: append-only, one JSON object a line, written before the submit is answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from xinfeng.kernel.text import parse_udh
from xinfeng.protocols.traffic import Submission

_PLAIN_UDH = b"\x05\x00\x03"


def concatenation(tp_udhi: int, content: bytes) -> tuple[int, int, int]:
    """Reference, total and index of a part, from its own header; (0, 1, 1) for a single message."""
    if not tp_udhi:
        return 0, 1, 1
    if content[:3] == _PLAIN_UDH and len(content) >= 6 and 1 <= content[5] <= content[4]:
        return content[3], content[4], content[5]
    header, _ = parse_udh(content)
    return (header.reference, header.total, header.index) if header else (0, 1, 1)


class AcceptanceLog:
    """Buffered: `flush` before anybody is answered. With no path, nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("ab", buffering=1 << 20) if path else None

    def write(self, *, at: float, account: str, accepted: Iterable[tuple[Submission, str, bytes]]) -> None:
        """Note submits of one account: the submission, the number it is for, its message id."""
        if self._file is None:
            return
        before = f'{{"at":{at:.3f},"account":{json.dumps(account)},"number":'
        lines = []
        for (sequence, _, source, _, _, _, tp_udhi, msg_fmt, content, _), number, msg_id in accepted:
            reference, total, index = concatenation(tp_udhi, content)
            lines.append(
                f'{before}{_quoted(number)},"msg_id":"{msg_id.hex()}","sequence":{sequence},'
                f'"src_id":{_quoted(source)},"total":{total},"index":{index},"reference":{reference},'
                f'"udhi":{tp_udhi},"format":{msg_fmt},"content":"{content.hex()}"}}\n'
            )
        self._file.write("".join(lines).encode())

    def flush(self) -> None:
        """Hand what is buffered to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        if self._file is not None:
            self._file.close()


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isalnum() and text.isascii() else json.dumps(text)
