"""Guessing what columns mean, and refusing mappings that can't work."""

from __future__ import annotations

import pytest

from xinfeng.intake import mapping
from xinfeng.intake.mapping import SKIP
from xinfeng.intake.reasons import CODES, in_summary, in_words
from xinfeng.kernel.errors import InvalidInput


def fields(kind: str, header: str, *rows: str, attributes: dict[str, list[str]] | None = None) -> list[str]:
    cells = [row.split(",") for row in rows]
    return [
        guess.field for guess in mapping.guess(kind, header.split(","), cells, attributes=attributes or {})
    ]


def test_chinese_headers() -> None:
    header = "手机号,姓名,性别,生日,省份,城市,会员等级,标签,会员号,同意时间,授权来源,授权凭证"
    assert fields("contacts", header) == (
        ["phone", "name", "gender", "birthday", "province", "city", "level", "tags", "external_id"]
        + ["consent_at", "consent_source", "consent_evidence"]
    )


def test_english_headers_in_any_spelling() -> None:
    assert fields("contacts", "Mobile Phone,Full_Name,GENDER,date of birth,Member-ID") == (
        ["phone", "name", "gender", "birthday", "external_id"]
    )


def test_remarks_in_brackets_do_not_matter() -> None:
    assert fields("contacts", "手机号码（必填）,姓名*") == ["phone", "name"]


@pytest.mark.parametrize("header", ["同意营销短信", "是否同意营销短信", "营销授权"])
def test_ways_to_head_a_column_about_consent(header: str) -> None:
    assert fields("contacts", f"手机号,{header}") == ["phone", "consent_granted"]


@pytest.mark.parametrize("header", ["事件编号", "行为编号", "事件ID"])
def test_ways_to_head_the_id_of_an_event(header: str) -> None:
    assert fields("events", f"手机号,{header}") == ["phone", "event_id"]


def test_no_field_is_given_twice() -> None:
    assert fields("contacts", "手机号,联系电话") == ["phone", SKIP]


def test_unknown_columns_are_recognised_by_their_values() -> None:
    assert fields("contacts", "列1,列2,列3", "13800138000,男,a", "13800138001,女,b") == [
        "phone",
        "gender",
        SKIP,
    ]
    guesses = mapping.guess("contacts", ["积分", "到店日"], [["12", "2025-01-02"]], attributes={})
    assert [guess.new_kind for guess in guesses] == ["number", "date"]


def test_declared_attributes_are_known_by_key_and_label() -> None:
    assert fields("contacts", "手机,尺码,Pet", attributes={"size": ["尺码", ""], "pet": ["宠物", ""]}) == (
        ["phone", "attr:size", "attr:pet"]
    )


def test_event_headers() -> None:
    assert fields("events", "会员号,行为,时间,金额,商品,品类,订单号") == (
        ["external_id", "kind", "at", "amount", "item", "category", "event_id"]
    )


def test_our_own_columns_are_passed_over() -> None:
    assert fields("contacts", "手机号,行号,原因", "13800138000,7,不行") == ["phone", SKIP, SKIP]


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        ("contacts", {"b": "name"}, "mapping.missing"),
        ("contacts", {"a": "phone", "b": "phone"}, "mapping.twice"),
        ("contacts", {"a": "phone", "x": "name"}, "mapping.unknown_column"),
        ("contacts", {"a": "phone", "b": "attr:nope"}, "mapping.unknown_field"),
        ("contacts", {"a": "phone", "b": "new:choice"}, "mapping.unknown_field"),
        ("contacts", {"a": "phone", "b": "id; drop table contact"}, "mapping.unknown_field"),
        ("events", {"a": "phone", "b": "at"}, "mapping.missing"),
        ("events", {"a": "phone", "b": "attr:size"}, "mapping.unknown_field"),
    ],
)
def test_mappings_that_cannot_work(kind: str, given: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        mapping.check(kind, ["a", "b"], given, attributes={"size": None})
    assert caught.value.code == code


def test_keys_of_new_attributes() -> None:
    assert mapping.attribute_key("Shoe Size (EU)") == "shoe_size_eu"
    assert mapping.attribute_key("积分") == mapping.attribute_key("积分") != mapping.attribute_key("尺码")


def test_every_reason_has_words_in_both_languages() -> None:
    params = {
        "longest": 3,
        "at_most": 2,
        "missing": ["consent_at"],
        "cells": 3,
        "columns": 2,
        "column": "生日",
    }
    for code in CODES:
        chinese, english = (in_words(code, params, language=language) for language in ("zh-hans", "en"))
        assert "?" not in chinese + english
        assert chinese != english
    assert in_words("birthday.unreadable", {"column": "生日"}, language="zh-hans") == "生日：看不懂这个生日"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_summary_says_nothing_of_one_row(language: str) -> None:
    for code in CODES:
        said = in_summary(code, language=language)
        assert said and "?" not in said and "{" not in said
    assert in_summary("phone.empty", language=language) == in_words("phone.empty", {}, language=language)
    said_of_one = in_words("cell.too_long", {"longest": 200}, language=language)
    assert "200" in said_of_one and in_summary("cell.too_long", language=language) != said_of_one


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("同意短信", "consent_granted"),
        ("短信订阅状态", "consent_granted"),
        ("sms_opt_in", "consent_granted"),
        ("接受推送？", "consent_granted"),
        ("会员退订情况", "opted_out"),
        ("不再接收短信", "opted_out"),
        ("sms opt-out flag", "opted_out"),
        ("退订次数", "skip"),
        ("是否孕妇", "skip"),
    ],
)
def test_a_column_of_yes_and_no_that_speaks_of_consent_or_refusal_is_not_overlooked(
    column: str, field: str
) -> None:
    rows = [["13800138000", "是"], ["13800138001", "否"], ["13800138002", "已退订"], ["13800138003", ""]]
    [_, found] = mapping.guess("contacts", ["手机号", column], rows, attributes={})
    assert (found.field, found.sure) == (field, False)


def test_a_number_of_a_consent_form_is_no_answer() -> None:
    rows = [["13800138000", "A-17"], ["13800138001", "A-18"]]
    [_, found] = mapping.guess("contacts", ["手机号", "同意书编号"], rows, attributes={})
    assert found.field == "skip"


@pytest.mark.parametrize(
    "header", ["是否退订", "退订时间", "黑名单", "Unsubscribed", "opt_out", "Do Not Contact"]
)
def test_who_opted_out_is_known_by_the_name_of_the_column(header: str) -> None:
    assert fields("contacts", f"手机号,{header}") == ["phone", "opted_out"]
