"""Cells of files that spreadsheets open: making them harmless, and taking that back.

A spreadsheet executes a cell that begins with `=`, `+`, `-`, `@`, tab or carriage return (OWASP, "CSV
Injection"). Files we write put an apostrophe in front; files we read lose it again. A value that itself has an
apostrophe there gets another one, so that writing and reading back is exact for every value.

Shops' systems keep a spreadsheet from rounding long numbers by writing them as a formula, `="13800138000"`; that is
read as what it shows.
"""

from __future__ import annotations

import re

_acts = re.compile(r"'*[=+\-@\t\r]").match
_shows = re.compile(r'="([^"]*)"').fullmatch
_is_protected = re.compile(r"'+[=+\-@\t\r]").match


def protect(value: str) -> str:
    """The value as a spreadsheet may see it."""
    return "'" + value if _acts(value) else value


def unprotect(cell: str) -> str:
    """The value behind a cell."""
    if cell[:2] == '="' and (shown := _shows(cell)):
        return shown[1]
    return cell[1:] if cell[:1] == "'" and _is_protected(cell) else cell
