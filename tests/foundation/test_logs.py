from __future__ import annotations

import json
import logging

from xinfeng.foundation.logs import JsonLines, mask_numbers


def test_numbers_are_masked_wherever_they_stand() -> None:
    assert mask_numbers("to 15400001234, +8615400001234;") == "to 154****1234, +86154****1234;"
    assert mask_numbers("order 2026112215400001234") == "order 2026112215400001234"


def test_a_line_is_json_with_what_was_passed() -> None:
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "sent %s", "args": ("15400001234",), "plan": 7}
    )
    entry = json.loads(JsonLines("gateway").format(record))
    assert entry["message"] == "sent 154****1234"
    assert (entry["process"], entry["plan"], entry["level"]) == ("gateway", 7, "info")
