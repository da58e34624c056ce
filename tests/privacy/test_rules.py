"""The pure rules: states, deadlines, letters, the page."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.privacy import deadlines, letters, lifecycle
from xinfeng.privacy.letters import Facts, Kept, Said
from xinfeng.privacy.lifecycle import Step
from xinfeng.privacy.models import Outcome, Refusal, RequestKind, RequestState
from xinfeng.privacy.page import PageWriter

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 23:30 on the 20th in Shanghai


def test_what_is_over_stays_over() -> None:
    for state, step in itertools.product((RequestState.CLOSED, RequestState.TAKEN_BACK), Step):
        with pytest.raises(Conflict, match=r"request\.state"):
            lifecycle.after(state, step)


def test_every_open_state_can_be_left_and_reached() -> None:
    reached = {state for (_, _), state in lifecycle.TRANSITIONS.items()}
    assert reached == {*RequestState} - {RequestState.RECEIVED} | {RequestState.RECEIVED}
    for state in lifecycle.OPEN:
        assert any(before == state and after != state for (before, _), after in lifecycle.TRANSITIONS.items())


@pytest.mark.parametrize("kind", RequestKind)
def test_nothing_is_handed_over_or_erased_before_the_check_but_stopping_needs_none(kind: RequestKind) -> None:
    outcome = lifecycle.OUTCOMES[kind]
    if kind in (RequestKind.NO_MARKETING, RequestKind.NO_PERSONALISATION):
        lifecycle.check_answer(kind, RequestState.RECEIVED, outcome, found=True)
    else:
        with pytest.raises(Conflict, match=r"request\.identity_first"):
            lifecycle.check_answer(kind, RequestState.RECEIVED, outcome, found=True)
    lifecycle.check_answer(kind, RequestState.WORKING, outcome, found=True)


def test_nobody_is_told_that_nothing_is_held_while_something_is() -> None:
    lifecycle.check_answer("access", "received", Outcome.NOTHING_HELD, found=False)
    with pytest.raises(Conflict, match=r"request\.outcome"):
        lifecycle.check_answer("access", "received", Outcome.NOTHING_HELD, found=True)
    with pytest.raises(Conflict, match=r"request\.outcome"):
        lifecycle.check_answer("access", "working", Outcome.ERASED, found=True)


def test_a_request_is_due_at_the_end_of_its_last_day_in_the_enterprises_zone() -> None:
    assert deadlines.due(EVENING, 0, SHANGHAI) == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    assert deadlines.due(EVENING, 21, SHANGHAI) == datetime(2026, 12, 11, 16, 0, tzinfo=UTC)
    due_at = deadlines.due(EVENING, 3, SHANGHAI)
    assert deadlines.days_left(due_at, EVENING, SHANGHAI) == 3
    assert deadlines.days_left(due_at, due_at, SHANGHAI) == -1


def test_every_kind_has_a_term_within_the_law_and_a_source() -> None:
    assert set(deadlines.DEFAULTS) == set(RequestKind)
    for term in deadlines.DEFAULTS.values():
        assert 0 <= term.days <= deadlines.MOST_DAYS and term.source and term.source_en


def facts(**fields: object) -> Facts:
    given: dict[str, object] = {
        "reference": "GX-000001",
        "kind": RequestKind.ERASURE,
        "outcome": Outcome.ERASED,
        "name": "王小明",
        "received_on": date(2026, 11, 20),
        "written_on": date(2026, 11, 22),
    }
    return Facts(**{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", RequestKind)
def test_every_way_a_request_can_end_has_its_letter_in_both_languages(kind: RequestKind) -> None:
    for outcome in (lifecycle.OUTCOMES[kind], Outcome.NOTHING_HELD, Outcome.REFUSED):
        text = letters.draft(facts(kind=kind, outcome=outcome, refusal="identity"))
        chinese, english = text.split("— — —")
        assert "王小明" in chinese and letters.ASKED[kind].zh in chinese and "GX-000001" in chinese
        assert letters.ASKED[kind].en in english and letters.DONE[outcome].en in english
        assert "个人信息保护法》第五十条" in chinese and "free of charge" in english
        assert letters.check(text) == text


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_names_its_article(refusal: Refusal) -> None:
    text = letters.draft(facts(outcome=Outcome.REFUSED, refusal=refusal.value))
    assert letters.REFUSALS[refusal].zh in text and "条" in letters.REFUSALS[refusal].zh
    assert "Art" in letters.REFUSALS[refusal].en or "8.7" in letters.REFUSALS[refusal].en


def test_a_letter_says_what_is_kept_and_why() -> None:
    kept = [Kept(Said("短信", "Messages"), Said("依规保存六个月", "kept for six months"))]
    text = letters.draft(facts(kept=kept))
    assert "· 短信：依规保存六个月" in text and "· Messages: kept for six months" in text


@pytest.mark.parametrize("text", ["", " \n ", "字" * (letters.LONGEST + 1)])
def test_a_letter_is_neither_empty_nor_endless(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"request\.letter"):
        letters.check(text)


def page_of(*rows: dict[str, object]) -> str:
    said: list[str] = []
    page = PageWriter(said.append, zone=SHANGHAI)
    page.begin(reference="GX-1", made_at=EVENING)
    page.section("标<b>签", "Tags", iter(rows), note="<i>因为</i>")
    page.end()
    return "".join(said)


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)">\'"&=cmd|calc'


def test_what_people_wrote_is_never_markup() -> None:
    html = page_of({"text": HOSTILE, HOSTILE: [HOSTILE], "inner": {HOSTILE: HOSTILE}}, {"later": HOSTILE})
    assert "<script" not in html and "<img" not in html and "<b>" not in html and "<i>" not in html
    assert html.count("&lt;script&gt;") >= 4


@given(st.text())
def test_no_text_can_open_a_tag(text: str) -> None:
    cell = page_of({"text": text}).split("<td>")[1].split("</td>")[0]
    assert "<" not in cell


def test_times_are_shown_as_people_here_read_them_and_a_late_field_is_not_lost() -> None:
    rows: list[dict[str, object]] = [{"at": EVENING.isoformat(), "granted": True, "none": None}] * 300
    html = page_of(*rows, {"at": "2026-11-20", "surprise": "晚来"})
    assert "2026-11-20 23:30:00" in html and "<td>是</td>" in html and "晚来" in html
    assert "没有" in page_of()


def test_a_wide_row_is_shown_field_by_field_and_codes_in_words() -> None:
    wide: dict[str, object] = {f"field{number}": number for number in range(12)} | {"purpose": "marketing"}
    html = page_of(wide)
    assert '<th scope="row">field11</th><td>11</td>' in html
    assert '<th scope="row">用途</th><td>营销短信</td>' in html
    assert "<td>marketing</td>" in page_of({"item": "marketing"})
