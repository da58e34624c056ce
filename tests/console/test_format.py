"""Numbers, money, time and small drawings as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.console.actors import actor_words
from xinfeng.console.components.charts import chart_data
from xinfeng.console.components.parts import Phone, Share
from xinfeng.console.components.shapes import BAR_WIDTH, share_pieces, spark_points
from xinfeng.console.contacts.labels import evidence_words
from xinfeng.console.templatetags import xinfeng_format as formats

AT = datetime(2025, 11, 22, 1, 42, 7, tzinfo=UTC)


def test_numbers():
    assert formats.num(1234567) == "1,234,567"
    assert formats.num(None) == "—"
    assert formats.yuan(123456) == "¥1,234.56"
    assert formats.yuan(0) == "¥0.00"


def test_large_numbers_are_counted_as_each_language_does():
    with translation.override("zh-hans"):
        assert [formats.compact(n) for n in (9999, 123456, 120000000)] == ["9,999", "12.3万", "1.2亿"]
    with translation.override("en"):
        assert [formats.compact(n) for n in (9999, 123456, 1200000)] == ["9,999", "123.5K", "1.2M"]


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (1, 2, "50%"),
        (1, 3, "33.3%"),
        (99999, 100000, "99.9%"),
        (1, 100000, "<0.1%"),
        (0, 5, "0%"),
        (1, 0, "—"),
        (5, 5, "100%"),
    ],
)
def test_a_percentage_is_never_rounded_to_all_or_nothing(part, whole, shown):
    assert formats.pct(part, whole) == shown


def test_a_number_is_masked_in_the_middle():
    assert formats.masked("+8617000001234") == "170****1234"
    assert formats.masked("10086") == "*****"


def test_time_is_shown_in_the_zone_of_the_enterprise():
    html = formats.local_time(AT)
    assert ">2025-11-22 09:42</time>" in html
    assert 'title="2025-11-22 09:42:07 CST"' in html


@pytest.mark.parametrize(
    ("gap", "zh", "en"),
    [
        (timedelta(seconds=3), "刚刚", "just now"),
        (timedelta(minutes=1), "1 分钟前", "1 minute ago"),
        (timedelta(hours=5), "5 小时前", "5 hours ago"),
        (timedelta(days=2), "2 天前", "2 days ago"),
        (timedelta(hours=-3), "3 小时后", "in 3 hours"),
    ],
)
def test_nearby_times_are_told_as_distance(gap, zh, en):
    with translation.override("zh-hans"):
        assert f">{zh}<" in formats.ago(AT, AT + gap)
    with translation.override("en"):
        assert f">{en}<" in formats.ago(AT, AT + gap)


@given(st.lists(st.integers(0, 10**7), max_size=8))
def test_pieces_fill_the_bar_exactly_and_none_disappears(counts):
    pieces = share_pieces([Share("x", count) for count in counts])
    if not sum(counts):
        assert all(piece.width == 0 for piece in pieces)
        return
    assert sum(piece.width for piece in pieces) == pytest.approx(BAR_WIDTH, abs=0.1)
    assert all(piece.width > 0 for piece, count in zip(pieces, counts, strict=True) if count)


def test_a_small_line_needs_two_points():
    assert spark_points([5]) == ""
    assert len(spark_points([3, 3, 3]).split()) == 3


def test_a_chart_whose_series_do_not_fit_its_labels_is_refused():
    with pytest.raises(ValueError, match="2 points for 1 labels"):
        chart_data({"kind": "bar", "x": ["a"], "series": [{"name": "s", "data": [1, 2]}]})


def test_a_text_is_cut_where_parts_end():
    assert Phone("一二三四", bounds=(2,)).pieces == ["一二", "三四"]
    assert Phone("一二").pieces == ["一二"]


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("lin", "lin"),
        ("system:import", "系统（文件导入）"),
        ("system:command line", "系统（命令行）"),
        ("system:vault", "系统"),
        ("api:xf_ab12", "接口密钥 xf_ab12"),
        ("form:double-11", "表单 double-11"),
        ("channel:0", ""),
        ("", ""),
    ],
)
def test_who_did_it_in_words(actor: str, words: str):
    assert actor_words(actor) == words


def test_what_forms_write_as_evidence_in_words():
    written = f"submission 7; version 2; page sha256:{'ab' * 32}; address {'cd' * 16}; confirmed by code"
    assert evidence_words(written) == (
        "提交 #7 · 表单第 2 版 · 页面摘要 abababababab… · 地址摘要 cdcdcdcdcdcd… · 验证码已确认"
    )
    assert evidence_words("入会表 2026-0312; 档案柜 3") == "入会表 2026-0312; 档案柜 3"
