"""Files as they really arrive: every encoding, every delimiter, and everything that can be wrong with one."""

from __future__ import annotations

import codecs
import random
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xinfeng.intake import files, workbook
from xinfeng.intake.cells import protect, unprotect
from xinfeng.intake.files import (
    LONGEST_CELL,
    MOST_LINES,
    BadRow,
    FileShape,
    Row,
    count_rows,
    examine,
    read_rows,
)
from xinfeng.kernel.errors import InvalidInput

TEXT = "手机号,姓名\n13800138000,王小明\n13800138001,李\n"


def rows_of(path: Path, content: bytes) -> list[Row | BadRow]:
    path.write_bytes(content)
    return list(read_rows(path, examine(path)))


def cells_of(path: Path, content: bytes) -> list[list[str]]:
    rows = rows_of(path, content)
    assert all(isinstance(row, Row) for row in rows), rows
    return [row.cells for row in rows]


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        examine(path)
    return caught.value.code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("gb18030"),
        TEXT.encode("gbk"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.replace(",", "\t").encode("utf-16"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode("gbk"),
        TEXT.replace(",", "|").encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.removesuffix("\n").encode(),
        ("sep=;\n" + TEXT.replace(",", ";")).encode(),
        ("\n\n,\n" + TEXT.replace("\n", "\n\n,,\n")).encode(),
    ],
)
def test_the_same_table_however_it_was_written(path: Path, content: bytes) -> None:
    assert cells_of(path, content) == [["13800138000", "王小明"], ["13800138001", "李"]]


def test_lines_are_counted_as_an_editor_counts_them(path: Path) -> None:
    rows = rows_of(path, '手机号,姓名\n\n13800138000,"两\n行"\n13800138001,李\n'.encode())
    assert [(row.line, row.cells[1]) for row in rows] == [(3, "两\n行"), (5, "李")]


def test_without_header_columns_get_numbers(path: Path) -> None:
    path.write_bytes("13800138000,王\n13800138001,李\n".encode())
    shape = examine(path)
    assert (shape.has_header, shape.header) == (False, ("列1", "列2"))
    assert len(list(read_rows(path, shape))) == 2


def test_repeated_and_blank_headers_can_be_told_apart(path: Path) -> None:
    path.write_bytes("手机号,备注,备注,\n13800138000,a,b,c\n".encode())
    assert examine(path).header == ("手机号", "备注", "备注 (2)", "列4")


def test_ragged_rows(path: Path) -> None:
    short, padded, long = rows_of(
        path, "手机号,姓名\n13800138000\n13800138001,李,,\n13800138002,张,多\n".encode()
    )
    assert short.cells == ["13800138000", ""]
    assert padded.cells == ["13800138001", "李"]
    assert isinstance(long, BadRow)
    assert long.code == "row.too_many_cells"


def test_an_open_quote_costs_one_row_only(path: Path) -> None:
    rows = rows_of(
        path, '手机号,姓名\n13800138000,"王\n13800138001,李\n13800138002,"张\n13800138003,赵'.encode()
    )
    assert [(row.line, isinstance(row, BadRow)) for row in rows] == [
        (2, True),
        (3, False),
        (4, True),
        (5, False),
    ]
    assert rows[0].cells == ["13800138000", '"王']


def test_an_open_quote_in_a_long_file_costs_one_row_only(path: Path) -> None:
    lines = [f"139{nr:08d},客户{nr}" for nr in range(2 * MOST_LINES)]
    lines[3] = '13900000003,"客户'
    rows = rows_of(path, "\n".join(["手机号,姓名", *lines]).encode())
    assert [row.line for row in rows if isinstance(row, BadRow)] == [5]
    assert len(rows) == len(lines)


def test_a_million_characters_are_refused_and_the_next_row_is_read(path: Path) -> None:
    for size in (LONGEST_CELL + 1, 1_000_000, 3_500_000):
        rows = rows_of(path, ("手机号,姓名\n13800138000," + "x" * size + "\n13800138001,李\n").encode())
        assert isinstance(rows[0], BadRow)
        assert rows[0].code in ("cell.too_long", "row.too_long")
        assert sum(map(len, rows[0].cells)) < 2 * LONGEST_CELL
        assert (rows[1].line, rows[1].cells) == (3, ["13800138001", "李"])


def test_nul_characters_are_refused_and_not_kept(path: Path) -> None:
    bad, good = rows_of(path, b"phone,name\n1380013\x008000,a\n13800138001,b\n" + b"")
    assert isinstance(bad, BadRow)
    assert bad.code == "row.nul"
    assert "\x00" not in "".join(bad.cells)
    assert isinstance(good, Row)


def test_a_few_damaged_bytes_cost_their_rows_only(path: Path) -> None:
    good = "".join(f"139{nr:08d},客户{nr}\n" for nr in range(200))
    content = ("手机号,姓名\n" + good).encode() + b"13800138000,\xff\xfe\xff\n" + "13800138001,李\n".encode()
    rows = rows_of(path, content)
    assert [row.code for row in rows if isinstance(row, BadRow)] == ["row.damaged"]
    assert rows[-1].cells == ["13800138001", "李"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b" \r\n\n", "file.empty"),
        (b",,,\n,,\n", "file.empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "file.not_text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "file.not_text"),
        (b"%PDF-1.7\n", "file.not_text"),
        (bytes(range(32)) * 30, "file.not_text"),
        ((",".join(["x"] * 501) + "\n").encode(), "file.too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(path: Path, content: bytes, code: str) -> None:
    assert refused(path, content) == code


def test_noise_is_refused(path: Path) -> None:
    noise = random.Random(1).randbytes(50_000)
    assert refused(path, noise) in ("file.encoding", "file.not_text")


def test_formula_cells_are_text(path: Path) -> None:
    [cells] = cells_of(path, '手机号,姓名\n13800138000,"=HYPERLINK(""http://x"",1)"\n'.encode())
    assert cells[1] == '=HYPERLINK("http://x",1)'


@given(st.text())
@example("'=1")
@example("''+8613800138000")
def test_protected_cells_come_back_exactly(value: str) -> None:
    assert unprotect(protect(value)) == value
    assert protect(value)[:1] not in tuple("=+-@\t\r")


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=400)
    | st.text(alphabet=',;\t|"\n\r \x001ab手=\ufffd\ud7ff', max_size=200).map(str.encode)
)
def test_any_bytes_end_in_a_typed_result(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content)
    try:
        shape = examine(file)
    except InvalidInput:
        return
    assert FileShape.from_json(shape.to_json()) == shape
    lines = []
    for row in read_rows(file, shape):
        lines.append(row.line)
        if isinstance(row, Row):
            assert len(row.cells) == len(shape.header)
        assert "\x00" not in "".join(row.cells)
    assert lines == sorted(set(lines))


_LINE = st.text(alphabet=",;\"'\r =ab手\x00", max_size=12)


@settings(max_examples=200)
@given(lines=st.lists(_LINE, min_size=1, max_size=30), most=st.integers(1, 60))
@example(lines=["a,b", "1,'=2", "'=3,4", ",", "", "5", "6,7,8", '"9,', '10",11'], most=8)
def test_plain_stretches_are_read_as_the_parser_would(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], most: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "stretches.csv"
    file.write_bytes("\n".join(lines).encode())
    try:
        shape = examine(file)
    except InvalidInput:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files._Source, "take_stretch", lambda self: None)
        by_parser = list(read_rows(file, shape))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_STRETCH", most)
        assert list(read_rows(file, shape)) == by_parser
        *_, total = count_rows(file, shape)
    assert total == len(by_parser)


def test_a_long_line_in_a_plain_file_is_refused_alone(path: Path) -> None:
    long = "x" * (LONGEST_CELL + 1)
    rows = rows_of(path, f"手机号,姓名\n13800138000,王\n13800138001,{long}\n13800138002,李\n".encode())
    assert [(row.line, type(row)) for row in rows] == [(2, Row), (3, BadRow), (4, Row)]


def test_counting_tells_how_far_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_STRETCH", 100)
    monkeypatch.setattr(files, "_TELL_EVERY", 20)
    path.write_text("手机号\n" + "".join(f"139{n:08d}\n" for n in range(70)))
    told = list(count_rows(path, examine(path)))
    assert told[-1] == 70
    assert len(told) > 2
    assert told == sorted(told)


def book(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as made:
        sheet = made.add_worksheet()
        for nr, row in enumerate(rows):
            sheet.write_row(nr, 0, row)
    return path


def converted(tmp_path: Path, source: Path) -> list[list[str]]:
    target = tmp_path / "converted.csv"
    workbook.convert(source, target)
    assert target.stat().st_mode & 0o077 == 0
    return [row.cells for row in read_rows(target, examine(target))]


def test_a_workbook_keeps_real_values(tmp_path: Path) -> None:
    source = book(
        tmp_path / "a.xlsx",
        [
            ["手机号", "姓名", "生日", "时间", "金额", "是否"],
            [13800138000, "王", date(1990, 2, 3), datetime(2025, 1, 2, 3, 4, 5), 12.5, True],  # noqa: DTZ001
            ["+86 138-0013-8001", "两\n行", None, None, 3, False],
            [None, "=1+1", None, None, None, None],
        ],
    )
    first, second, third = converted(tmp_path, source)
    assert first[:2] == ["13800138000", "王"]
    assert first[2].startswith("1990-02-03")
    assert first[4:] == ["12.5", "TRUE"]
    assert second[:2] == ["+86 138-0013-8001", "两 行"]
    assert third[1] in ("0", "")


def test_lines_of_a_workbook_are_its_rows(tmp_path: Path) -> None:
    source = book(
        tmp_path / "a.xlsx", [["手机号", "姓名"], [], [13800138000, "a\nb"], [], [13800138001, "c"]]
    )
    target = tmp_path / "converted.csv"
    workbook.convert(source, target)
    assert [row.line for row in read_rows(target, examine(target))] == [3, 5]


def refused_book(tmp_path: Path, source: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        workbook.convert(source, tmp_path / "converted.csv")
    assert not (tmp_path / "converted.csv").exists()
    return caught.value.code


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    source = book(tmp_path / "a.xlsx", [["手机号"], [1]])
    with zipfile.ZipFile(source, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.bin", bytes(64 << 20))
    assert refused_book(tmp_path, source) == "workbook.bomb"


def test_two_cells_at_the_ends_of_the_sheet_do_not_take_the_memory(tmp_path: Path) -> None:
    source = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(source)) as made:
        sheet = made.add_worksheet()
        sheet.write(0, 0, "手机号")
        sheet.write(1_048_575, 16_383, 1)
    assert refused_book(tmp_path, source) in ("workbook.too_large", "file.too_many_columns")


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(300)])
def test_a_broken_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "a.xlsx"
    source.write_bytes(content)
    assert refused_book(tmp_path, source) == "workbook.unreadable"


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.xlsx"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("hello.txt", "x")
    assert refused_book(tmp_path, source) == "file.not_text"


def test_a_workbook_with_torn_xml_is_refused(tmp_path: Path) -> None:
    whole, torn = book(tmp_path / "a.xlsx", [["手机号"], [1]]), tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(torn, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) // 2] if name.startswith("xl/worksheets") else content)
    with pytest.raises(InvalidInput):
        converted(tmp_path, torn)


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    assert refused_book(tmp_path, book(tmp_path / "a.xlsx", [])) == "workbook.empty"


@pytest.mark.parametrize(
    ("above", "header"),
    [
        ("四时茶会员资料,,\n", ["姓名", "手机号", "等级"]),
        ("四时茶会员资料\n导出时间：,2026-11-20 09:00,\n\n", ["姓名", "手机号", "等级"]),
        ('"四时茶\n会员资料",,\n', ["姓名", "手机号", "等级"]),
    ],
)
def test_titles_above_the_names_are_passed_over(path: Path, above: str, header: list[str]) -> None:
    content = above + "姓名,手机号,等级\n王,13800138000,金卡\n李,13800138001,\n合计,2,\n"
    [first, second, total] = rows_of(path, content.encode())
    assert list(examine(path).header) == header
    assert (first.cells, second.cells) == (["王", "13800138000", "金卡"], ["李", "13800138001", ""])
    assert first.line == above.count("\n") + 2
    assert total.cells[0] == "合计"
    assert list(count_rows(path, examine(path)))[-1] == 3


def test_names_may_stand_on_two_rows(path: Path) -> None:
    content = "会员表,,,,\n姓名,手机号,消费信息,,备注\n,,次数,金额,\n王,13800138000,3,100,x\n"
    assert cells_of(path, content.encode()) == [["王", "13800138000", "3", "100", "x"]]
    assert examine(path).header == ("姓名", "手机号", "次数", "金额", "备注")


@pytest.mark.parametrize(
    "first", ["张,138****0001,金卡", "张,1.38E+10,", "必填,必填,选填", ",无,x", "张,,金卡"]
)
def test_a_first_row_without_a_number_is_data_all_the_same(path: Path, first: str) -> None:
    rows = rows_of(path, f"姓名,手机号,等级\n{first}\n李,13800138001,银卡\n".encode())
    assert [row.cells for row in rows] == [first.split(","), ["李", "13800138001", "银卡"]]


def test_a_title_above_a_table_without_numbers(path: Path) -> None:
    content = "消费明细\n会员号,行为,时间\nM1,购买,2026-01-02\nM2,浏览,2026-01-02\n"
    assert cells_of(path, content.encode()) == [["M1", "购买", "2026-01-02"], ["M2", "浏览", "2026-01-02"]]


@pytest.mark.parametrize(
    "content",
    [
        "<html><body><table><tr><td>手机号</td></tr><tr><td>13800138000</td></tr></table></body></html>",
        "\n <table><tr><td>手机号</td></tr></table>",
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook></Workbook>',
        '[{"phone": "13800138000"}]',
        "BEGIN:VCARD\nTEL:13800138000\nEND:VCARD\n",
    ],
)
def test_what_is_called_a_spreadsheet_and_is_none_is_refused(path: Path, content: str) -> None:
    assert refused(path, content.encode()) == "file.markup"
    assert refused(path, codecs.BOM_UTF8 + content.encode()) == "file.markup"


def test_numbers_written_as_formulas_are_read_as_they_show(path: Path) -> None:
    content = '姓名,手机号,卡号\n王,="13800138000","=""0012345678901234567"""\n'
    assert cells_of(path, content.encode()) == [["王", "13800138000", "0012345678901234567"]]


def test_full_width_commas_cut_where_nothing_else_does(path: Path) -> None:
    assert cells_of(path, TEXT.replace(",", "，").encode())[0] == ["13800138000", "王小明"]
    assert cells_of(path, "手机号,备注\n13800138000,好，快\n".encode()) == [["13800138000", "好，快"]]


def test_the_sheet_with_numbers_is_taken(tmp_path: Path) -> None:
    source = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(source)) as made:
        notes = made.add_worksheet("说明")
        notes.write_column(0, 0, ["请勿修改表头", "手机号请填 11 位", "客服 400-800-1234"])
        sheet = made.add_worksheet("会员")
        sheet.merge_range(0, 0, 0, 1, "四时茶会员")
        sheet.write_row(1, 0, ["姓名", "手机号"])
        sheet.write_row(2, 0, ["王", 13800138000])
    assert converted(tmp_path, source) == [["王", "13800138000"]]


def test_a_long_first_sheet_is_data_though_it_names_nobody_by_number(tmp_path: Path) -> None:
    source = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(source)) as made:
        first, second = made.add_worksheet(), made.add_worksheet()
        first.write_column(0, 0, ["会员号", *(f"M{n}" for n in range(300))])
        second.write_column(0, 0, ["手机号", 13800138000])
    assert converted(tmp_path, source)[:2] == [["M0"], ["M1"]]
