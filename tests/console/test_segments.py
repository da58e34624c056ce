"""Segments in the console: the list, the builder's numbers and faults, one segment."""

import json

import pytest
from django.test import Client
from tests.console.people import signed_in
from tests.factories import make_contact, make_contacts

from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens
from xinfeng.segments import actions
from xinfeng.segments.actions import create_segment
from xinfeng.segments.models import Freezing, Segment, SegmentSize

HANGZHOU = {"all": [{"attribute": "city", "op": "is", "value": "杭州"}]}
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def mirror(committed_db):
    """The lens of the test's own database."""
    close_lens()
    yield
    close_lens()


@pytest.fixture
def operator(mirror) -> Client:
    return signed_in("operator")


def live(client: Client, rule: object, **changes: str) -> str:
    text = rule if isinstance(rule, str) else json.dumps(rule)
    answer = client.post("/segments/live", {"rule": text, "purpose": "marketing", **changes})
    assert answer.status_code == 200
    return answer.content.decode()


def saved(rule: object = HANGZHOU, name: str = "杭州客户") -> Segment:
    return create_segment(name=name, rule=rule, actor="test")


def test_an_empty_list_says_what_to_do_next(operator):
    html = operator.get("/segments").content.decode()
    assert "还没有分群" in html and "/segments/new" in html


def test_live_numbers_count_who_is_in_it_and_who_may_be_written_to(operator):
    make_contacts(3, city="杭州", name="王小明")
    make_contact(city="杭州", consent=())
    make_contact(city="宁波")
    html = live(operator, HANGZHOU)
    assert "<strong>4</strong>" in html and ">3</strong>" in html
    assert "城市是「杭州」" in html
    assert "王**" in html and "王小明" not in html and "139****" in html


def test_the_rule_is_read_in_the_language_of_the_reader(operator):
    operator.post("/language", {"language": "en", "next": "/"})
    assert "city is" in live(operator, HANGZHOU)


def test_a_fault_names_its_condition(operator):
    rule = {"all": [HANGZHOU, {"any": [{"attribute": "city", "op": "is"}]}]}
    html = live(operator, rule)
    assert 'data-path="rule.all[1].any[0].value"' in html and "还没有填完" in html


@pytest.mark.parametrize(
    "rule", ["", "[", "null", "3", '{"sql": "drop table contact"}', "[" * 5000, '{"all": [{"all": 1}]}']
)
def test_what_is_no_rule_is_refused_in_words(operator, rule):
    html = live(operator, rule)
    assert "data-fault" in html and "<strong>" not in html


def test_a_segment_is_saved_counted_and_shown(operator):
    make_contacts(2, city="杭州")
    answer = operator.post("/segments/new", {"name": "杭州客户", "rule": json.dumps(HANGZHOU)})
    segment = Segment.objects.get()
    assert answer["Location"] == f"/segments/{segment.pk}"
    assert "城市是「杭州」" in operator.get(f"/segments/{segment.pk}").content.decode()
    assert "<strong>2</strong>" in operator.post(f"/segments/{segment.pk}/count").content.decode()
    assert SegmentSize.objects.get().size == 2
    row = operator.get("/segments").content.decode()
    assert "杭州客户" in row and '<td class="xf-num">2</td>' in row


def test_size_over_time_is_drawn_after_two_counts(operator):
    segment = saved()
    operator.post(f"/segments/{segment.pk}/count")
    assert "xf-chart" not in operator.get(f"/segments/{segment.pk}").content.decode()
    operator.post(f"/segments/{segment.pk}/count")
    assert "xf-chart" in operator.get(f"/segments/{segment.pk}").content.decode()


def test_a_rule_that_does_not_fit_is_kept_on_the_page(operator):
    rule = json.dumps({"all": [{"attribute": "shoe_size", "op": "is", "value": "42"}]})
    answer = operator.post("/segments/new", {"name": "大脚", "rule": rule})
    html = answer.content.decode()
    assert answer.status_code == 422 and "shoe_size" in html
    assert 'data-fault-path="rule.all[0].attribute"' in html and not Segment.objects.exists()


def test_a_name_that_is_taken_is_told_at_the_name(operator):
    saved()
    answer = operator.post("/segments/new", {"name": "杭州客户", "rule": json.dumps(HANGZHOU)})
    assert 'id="id_name_error"' in answer.content.decode()


def test_ready_made_examples_and_copies_are_beginnings(operator):
    html = operator.get("/segments/new?ready=high_intent").content.decode()
    assert 'value="高意向"' in html and "&quot;view&quot;" in html
    html = operator.get(f"/segments/new?from={saved().pk}").content.decode()
    assert "杭州客户 副本" in html
    assert operator.get("/segments/new?ready=nothing").status_code == 404


def test_a_snapshot_keeps_its_people_and_cannot_be_edited(operator):
    make_contacts(2, city="杭州")
    segment = saved()
    assert operator.post(f"/segments/{segment.pk}/freeze", {"name": "杭州 11 月"}).status_code == 302
    asked = Freezing.objects.get()
    page = operator.get(f"/segments/{segment.pk}").content.decode()
    assert "正在取“杭州 11 月”的成员" in page and f"/segments/freezing/{asked.pk}" in page
    actions.run_freezing(asked.pk, lens=lens(), now=utc_now())
    snapshot = Segment.objects.get(kind="snapshot")
    shown = operator.get(f"/segments/freezing/{asked.pk}").content.decode()
    assert f"/segments/{snapshot.pk}" in shown and "2 人" in shown and "hx-get" not in shown
    assert operator.get("/segments/freezing/999999").status_code == 404
    make_contact(city="杭州")
    assert "<strong>2</strong>" in operator.post(f"/segments/{snapshot.pk}/count").content.decode()
    assert operator.get(f"/segments/{snapshot.pk}/edit").status_code == 409


def test_a_snapshot_that_cannot_be_made_says_why(operator):
    segment = saved()
    operator.post(f"/segments/{segment.pk}/freeze", {"name": "同名"})
    asked = Freezing.objects.get()
    actions.create_segment(name="同名", rule=HANGZHOU, actor="test")
    actions.run_freezing(asked.pk, lens=lens(), now=utc_now())
    page = operator.get(f"/segments/{segment.pk}").content.decode()
    assert "没有存成" in page and "同名" in page and not Segment.objects.filter(kind="snapshot").exists()
    assert operator.post(f"/segments/{segment.pk}/freeze", {"name": "同名"}).status_code == 409
    assert operator.post(f"/segments/{segment.pk}/freeze", {"name": " "}).status_code == 400


def test_an_archived_segment_leaves_the_list_and_comes_back(operator):
    segment = saved()
    operator.post(f"/segments/{segment.pk}/archive", {"archived": "1"})
    link = f'href="/segments/{segment.pk}"'
    assert link not in operator.get("/segments").content.decode()
    assert link in operator.get("/segments?archived=1").content.decode()


def test_markup_in_names_and_rules_is_shown_not_run(operator):
    rule = {"all": [{"attribute": "city", "op": "is", "value": HOSTILE}]}
    segment = saved(rule, name=HOSTILE)
    make_contact(name=HOSTILE, city=HOSTILE)
    for path in ("/segments", f"/segments/{segment.pk}", f"/segments/{segment.pk}/edit"):
        html = operator.get(path).content.decode()
        assert "<script>alert" not in html, path
    assert "<script>alert" not in live(operator, rule)


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(operator, asked):
    saved()
    with asked() as one:
        operator.get("/segments")
    for number in range(5):
        saved(name=f"分群 {number}")
    with asked() as six:
        operator.get("/segments")
    assert len(six) == len(one) <= 5


@pytest.mark.parametrize("role", ["reviewer", "compliance"])
def test_who_may_only_look_cannot_change(role, mirror):
    segment = saved()
    client = signed_in(role)
    assert client.get(f"/segments/{segment.pk}").status_code == 200
    assert client.post(f"/segments/{segment.pk}/count").status_code == 200
    for path in ("new", f"{segment.pk}/edit", f"{segment.pk}/archive", f"{segment.pk}/freeze"):
        assert client.post(f"/segments/{path}", {}).status_code == 403, path


def test_developers_see_no_segments(mirror):
    client = signed_in("developer")
    assert client.get("/segments").status_code == 403
    assert client.post("/segments/live", {"rule": "{}"}).status_code == 403
