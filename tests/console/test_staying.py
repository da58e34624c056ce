"""Forms that stay as they were typed when they are refused, and the way back from a refusal."""

from __future__ import annotations

import json

import pytest
from django.test import Client, RequestFactory
from tests.console.people import signed_in
from tests.console.test_filings import filed

from xinfeng.console.middleware import came_from

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in("operator")


def test_a_dialog_is_told_the_fault_and_the_page_is_left_alone(operator: Client) -> None:
    one, *_ = filed(operator)
    answer = operator.post(
        f"/filings/{one.pk}/move", {"move": "refuse", "reason": " "}, HTTP_XF_STAY="dialog", **HTMX
    )
    told = json.loads(answer["HX-Trigger"])["xf:fault"]
    assert (answer.status_code, answer["HX-Reswap"], told["code"]) == (400, "none", "filing.no_reason")
    assert "请写明原因" in told["text"] and not answer.content


def test_a_dialog_that_succeeds_leads_on(operator: Client) -> None:
    one, *_ = filed(operator)
    answer = operator.post(f"/filings/{one.pk}/move", {"move": "submit"}, HTTP_XF_STAY="dialog", **HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, f"/filings/{one.pk}")


def test_a_list_keeps_its_picks_and_says_why(operator: Client) -> None:
    made = filed(operator)
    answer = operator.post(
        "/filings/move",
        {"move": "confirm", "filings": str(made[0].pk), "expires_on": "2020-01-01"},
        HTTP_XF_STAY="toast",
        **HTMX,
    )
    assert answer.status_code == 400 and "结束日" in json.loads(answer["HX-Trigger"])["xf:toast"]["text"]


def test_without_scripts_the_page_of_the_refusal_has_a_way_back(operator: Client) -> None:
    one, *_ = filed(operator)
    page = f"http://localhost/filings/{one.pk}?x=%22%3E"
    answer = operator.post(
        f"/filings/{one.pk}/move", {"move": "refuse"}, HTTP_REFERER=page, HTTP_HOST="localhost"
    )
    assert answer.status_code == 400
    assert f'href="/filings/{one.pk}?x=%22%3E"' in answer.content.decode()


@pytest.mark.parametrize(
    "referer", ["", "https://evil.example/x", "http://localhost//evil.example/", "javascript:alert(1)", "::"]
)
def test_the_way_back_leads_nowhere_else(referer: str) -> None:
    assert (
        came_from(RequestFactory().post("/filings/1/move", HTTP_REFERER=referer, HTTP_HOST="localhost")) == ""
    )


def test_nobody_is_sent_round_in_a_circle() -> None:
    assert (
        came_from(
            RequestFactory().get(
                "/filings/1", HTTP_REFERER="http://localhost/filings/1", HTTP_HOST="localhost"
            )
        )
        == ""
    )
