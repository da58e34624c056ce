"""Cells of exported files are harmless."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.insights.cells import csv_lines, safe


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "＋1", "|cmd", "%0A", "\n=1"]
)
def test_what_a_spreadsheet_would_execute_gets_an_apostrophe(text: str) -> None:
    assert str(safe(text)).startswith("'")


@pytest.mark.parametrize(
    ("cell", "expected"), [("王小明", "王小明"), ("a=b", "a=b"), (-5, -5), (None, ""), ("", "")]
)
def test_harmless_cells_stay(cell: str | int | None, expected: str | int) -> None:
    assert safe(cell) == expected


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5)
)
def test_a_file_reads_back_as_safe_cells_one_line_a_row(rows: list[list[str]]) -> None:
    text = b"".join(csv_lines(["a", "b"], rows)).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["a", "b"],
        *[[str(safe(cell)) for cell in row] for row in rows],
    ]


def test_long_files_come_in_pieces() -> None:
    pieces = list(csv_lines(["n"], ([number] for number in range(1200))))
    assert len(pieces) == 4  # mark, 500, 500, rest
    assert pieces[0] == b"\xef\xbb\xbf"
