"""The texts that ship: each can be sent as it stands once its examples are replaced."""

import re
from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from xinfeng.content import library
from xinfeng.content.actions import TRADES
from xinfeng.content.checks import check_wording
from xinfeng.content.optout import DEFAULT
from xinfeng.content.rendering import BrandText, Renderer
from xinfeng.content.values import Moment
from xinfeng.content.variables import CATALOGUE, TIER_CODES, examples
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.text import SINGLE_UNITS, utf16_units
from xinfeng.screening.engine import Screener
from xinfeng.screening.ruleset import ruleset_on

TEXTS = library.texts()
BRAND = BrandText("四时茶", "400-000-0000")
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = [datetime(2026, month, 22, hour, tzinfo=UTC) for month in (2, 5, 8, 11) for hour in (0, 4, 8, 12)]

each_text = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.key)


def renderings(text, *, known: bool):
    """The text at every season and hour, for somebody we know all about, or nothing of."""
    for at in HOURS:
        renderer = Renderer(text.draft, BRAND, fixed=Moment(at, SHANGHAI).values())
        values = examples(CATALOGUE, renderer.needed)
        if not known:
            values = {name: None if CATALOGUE[name].may_lack else value for name, value in values.items()}
        yield renderer.render(values)


@each_text
def test_it_compiles_and_nothing_is_missing_from_it(text):
    checked = check_wording(text.draft, BRAND, purpose=text.purpose)
    assert {remark.code for remark in checked.remarks} <= {"may_be_two_parts", "sensitive_variable"}
    assert checked.draft.value == text.value and checked.draft.action == text.action
    assert checked.draft.opt_out == (DEFAULT if text.purpose == "marketing" else "")


@each_text
def test_it_is_one_part_for_the_typical_reader(text):
    for sent in renderings(text, known=True):
        assert utf16_units(sent) <= SINGLE_UNITS, sent


@each_text
def test_it_reads_well_for_somebody_of_whom_nothing_is_known(text):
    for sent in renderings(text, known=False):
        body = sent.removeprefix("【四时茶】")
        assert not re.search(r"[，。：；！？、]{2}| [，。]|^[，。：]|\{|\}|None", body), sent


@pytest.fixture(scope="module")
def screener():
    return Screener(ruleset_on(date(2026, 11, 22)))


@each_text
def test_the_screening_has_nothing_against_it(text, screener):
    """Whoever reads it, at any season; what suits every trade is judged in every trade."""
    for trade in TRADES if text.trade == "other" else (text.trade,):
        for known in (True, False):
            for sent in renderings(text, known=known):
                body = sent.removeprefix(f"【{BRAND.text}】")
                findings = screener.screen(body, trade=trade, purpose=text.purpose)
                assert not [one for one in findings if not one.rule.startswith("vendor.")], sent


@each_text
def test_what_only_the_merchant_knows_is_pointed_out(text):
    source = text.value + text.action
    assert all(place in source for place in text.adapt)
    if library.PLACEHOLDER_DOMAIN in source:
        assert any(library.PLACEHOLDER_DOMAIN in place for place in text.adapt)
    amounts = re.findall(r"\d+(?:元|折)", re.sub(r"\{[{%].*?[%}]\}", "", source))
    assert all(any(amount in place for place in text.adapt) for amount in amounts), amounts


@each_text
def test_links_are_constant_and_lead_to_the_example_domain(text):
    source = text.value + text.action
    links = re.findall(r"[a-z0-9.-]+\.(?:com|cn|net)\S*", source)
    assert all(link.startswith(library.PLACEHOLDER_DOMAIN + "/") and "{" not in link for link in links)


@each_text
def test_it_says_who_it_is_for_in_both_languages(text):
    assert text.trade in TRADES and text.kind in library.KINDS
    assert not text.scene or text.scene in library.SCENES
    assert not text.tier or text.tier in TIER_CODES.values()
    assert re.fullmatch(r"[a-z]+(?:\.[a-z0-9]+)+", text.key)
    assert re.search("[\u4e00-\u9fff]", text.title) and re.search("[\u4e00-\u9fff]", text.note)
    assert re.search("[A-Za-z]", text.title_en) and not re.search(
        "[\u4e00-\u9fff]", text.title_en + text.note_en
    )
    assert len(text.title) <= 20 and len(text.title_en) <= 45


def test_there_is_something_for_every_trade_and_every_purpose():
    assert len(TEXTS) >= 72
    trades = Counter(text.trade for text in TEXTS if not text.tier)
    assert all(trades[trade] >= 10 for trade in TRADES)
    for kind in library.KINDS:
        assert len({text.trade for text in library.texts(kind=kind)}) >= 6, kind
    assert {text.scene for text in TEXTS} == {"", *library.SCENES}
    assert sum("{%" in text.value for text in TEXTS) >= 6


def test_no_file_of_the_library_is_forgotten():
    assert {file.stem for file in library.HERE.glob("*.toml")} == set(library.FILES)


def test_titles_and_wordings_are_each_used_once():
    titles = Counter((text.trade, text.title) for text in TEXTS)
    values = Counter(text.value for text in TEXTS)
    assert max(titles.values()) == 1 and max(values.values()) == 1


def test_each_tier_that_has_a_playbook_has_two_texts():
    for tier in library.TIERS:
        assert [text.key for text in library.playbook(tier)] == [f"playbook.{tier}.1", f"playbook.{tier}.2"]


def test_texts_are_found_by_trade_kind_and_words():
    found = library.texts("catering", "care", "雨")
    assert [text.key for text in found] == ["catering.care.rain"]
    assert library.texts(text="BIRTHDAY") == library.texts(text="birthday") != ()
    assert {text.scene for text in library.texts("catering", scene="weather")} == {"weather"}
    assert library.texts("catering", "care", "没有这样的字") == ()
    assert library.texts("no such trade") == ()


def test_a_text_is_found_by_its_key_and_others_are_not():
    assert library.text("retail.welcome.gift").kind == "welcome"
    with pytest.raises(NotFound) as refused:
        library.text("x" * 1000)
    assert refused.value.code == "library.unknown" and len(refused.value.params["key"]) == 60
