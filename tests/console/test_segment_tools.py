"""Rule tags, uploaded lists, the RFM grid, comparing, tagging and ready-made segments in the console."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.console.people import signed_in
from tests.factories import make_contact, make_contacts, make_event, phone

from xinfeng.contacts.models import Attribute, Contact, Tag
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens
from xinfeng.segments import actions, rule_tags
from xinfeng.segments.models import Segment, Tagging, TagRule

HANGZHOU = {"all": [{"attribute": "city", "op": "is", "value": "杭州"}]}
BOUGHT = {"all": [{"event": "purchase", "measure": "count", "op": "at_least", "value": 1}]}
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


def made(name: str = "杭州客户", rule: object = HANGZHOU) -> Segment:
    return actions.create_segment(name=name, rule=rule, actor="test")


def text(answer) -> str:
    return answer.content.decode()


class TestRuleTags:
    def test_one_is_made_run_changed_and_switched_off(self, operator):
        make_contacts(2, city="杭州")
        assert "还没有规则标签" in text(operator.get("/segments/tags"))
        answer = operator.post("/segments/tags/new", {"name": "杭州客户", "rule": json.dumps(HANGZHOU)})
        row = TagRule.objects.get()
        assert answer["Location"] == f"/segments/tags/{row.pk}"
        rule_tags.run(row.pk, lens=lens(), now=utc_now())
        html = text(operator.get(f"/segments/tags/{row.pk}"))
        assert "城市是「杭州」" in html and ">2</a>" in html
        assert "杭州客户" in text(operator.get("/segments/tags"))
        operator.post(f"/segments/tags/{row.pk}/edit", {"rule": json.dumps({"all": []})})
        row.refresh_from_db()
        assert row.rule == {"all": []} and row.tag.name == "杭州客户"
        assert operator.post(f"/segments/tags/{row.pk}/run").status_code == 302
        operator.post(f"/segments/tags/{row.pk}/switch", {"how": "keep"})
        row.refresh_from_db()
        assert not row.enabled and Contact.objects.filter(tags__contains=[row.tag_id]).count() == 2
        assert operator.post(f"/segments/tags/{row.pk}/run").status_code == 409
        operator.post(f"/segments/tags/{row.pk}/switch", {"how": "on"})
        row.refresh_from_db()
        assert row.enabled

    def test_what_is_wrong_is_told_where_it_is(self, operator):
        Tag.objects.create(name="老客")
        answer = operator.post("/segments/tags/new", {"name": "老客", "rule": json.dumps(HANGZHOU)})
        assert answer.status_code == 422 and 'id="id_name_error"' in text(answer)
        row = rule_tags.define(name="自动", rule=HANGZHOU, actor="test")
        circle = {"all": [{"tag": row.tag_id, "op": "has"}]}
        answer = operator.post(f"/segments/tags/{row.pk}/edit", {"rule": json.dumps(circle)})
        assert answer.status_code == 422 and 'data-fault-path="rule.all[0]"' in text(answer)
        assert "绕了一圈" in text(answer)
        assert operator.post("/segments/tags/new", {"name": "x", "rule": "["}).status_code == 422

    def test_a_fault_of_the_last_run_is_shown(self, operator):
        row = rule_tags.define(name="自动", rule=HANGZHOU, actor="test")
        fault = {"code": "rule.segment_archived", "params": {"path": "rule.all[0]", "name": "旧分群"}}
        TagRule.objects.filter(pk=row.pk).update(fault=fault)
        assert "旧分群" in text(operator.get(f"/segments/tags/{row.pk}"))


class TestLists:
    def upload(self, client: Client, content: bytes, **changes):
        given = {"name": "名单", "file": SimpleUploadedFile("名单.csv", content), **changes}
        return client.post("/segments/upload", given)

    def test_a_file_becomes_a_list_and_its_misses_can_be_fetched(self, operator):
        known, stranger = phone(), phone()
        make_contact(phone=known, external_id="V-1")
        make_contact(external_id="V-2")
        content = f"会员号,备注,手机号\n,甲,{known}\nV-2,乙,\n,丙,{stranger}\n".encode("gb18030")
        answer = self.upload(operator, content)
        segment = Segment.objects.get()
        assert answer["Location"] == f"/segments/{segment.pk}"
        assert "<strong>2</strong>" in text(operator.post(f"/segments/{segment.pk}/count"))
        path = f"/segments/{segment.pk}/misses"
        page = text(operator.get(f"/segments/{segment.pk}"))
        assert path not in page and "由合规或管理员下载" in page
        assert operator.get(path).status_code == 403, "full numbers are in it"
        compliance = signed_in("compliance")
        assert path in text(compliance.get(f"/segments/{segment.pk}"))
        fetched = b"".join(compliance.get(path).streaming_content)
        rows = list(csv.reader(io.StringIO(fetched.decode("utf-8-sig"))))
        assert [row[0] for row in rows[1:]] == [stranger] and rows[1][2] == "4"
        assert AuditEntry.objects.filter(action="segment.misses").exists()

    def test_one_column_without_a_header_will_do(self, operator):
        known = phone()
        make_contact(phone=known)
        self.upload(operator, f"{known}\n{phone()}\n".encode())
        assert "<strong>1</strong>" in text(operator.post(f"/segments/{Segment.objects.get().pk}/count"))

    @pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04rubbish", b"phone\n"])
    def test_what_is_no_list_is_refused_in_words(self, operator, content):
        answer = self.upload(operator, content)
        assert answer.status_code == 422 and 'id="id_file_error"' in text(answer)
        assert not Segment.objects.exists()

    def test_a_name_that_is_taken_is_told_at_the_name(self, operator):
        made("名单")
        answer = self.upload(operator, phone().encode())
        assert 'id="id_name_error"' in text(answer)


class TestComparing:
    def test_parts_are_counted_and_lead_to_the_builder(self, operator):
        make_contacts(2, city="杭州", level="金")
        make_contact(city="杭州")
        first, second = made(), made("金卡", {"attribute": "level", "op": "is", "value": "金"})
        html = text(operator.get(f"/segments/compare?first={first.pk}&second={second.pk}"))
        assert '<td class="xf-num">2</td>' in html and "xf-overlap" in html
        page = text(operator.get(f"/segments/new?part=first_only&first={first.pk}&second={second.pk}"))
        assert "&quot;not_in&quot;" in page

    @pytest.mark.parametrize(
        "query", ["", "first=1&second=2", "first=x&second=٣", "first=99999999999999999999"]
    )
    def test_odd_choices_are_answered_in_words(self, operator, query):
        assert operator.get(f"/segments/compare?{query}").status_code == 200

    def test_a_segment_is_not_compared_with_itself(self, operator):
        one = made()
        assert "同一个分群" in text(operator.get(f"/segments/compare?first={one.pk}&second={one.pk}"))


class TestGrid:
    def test_cells_lead_to_rules(self, operator):
        make_event(make_contact(), at=utc_now(), amount_fen=30_000)
        html = text(operator.get("/segments/rfm"))
        assert 'class="xf-rfm-cell xf-rfm-4"' in html and "rfm=0.0.1" in html
        page = text(
            operator.get("/segments/new?rfm=0.0.1&recency=30+90&monetary=200+1000&frequency=2+4&window=365")
        )
        assert "amount_fen" in page and "20000" in page

    @pytest.mark.parametrize(
        "query",
        ["recency=90+30", "recency=a", "window=1", "frequency=1", "monetary=1+2+3+4+5", "recency=1e3"],
    )
    def test_limits_that_make_no_grid_are_told(self, operator, query):
        answer = operator.get(f"/segments/rfm?{query}")
        assert answer.status_code == 422 and "xf-notice" in text(answer)

    @pytest.mark.parametrize("cell", ["9.9.9", "x", "1.2", "-1.0.0", "1.1.1.1"])
    def test_there_is_no_cell_outside_it(self, operator, cell):
        assert operator.get(f"/segments/new?rfm={cell}").status_code == 400


class TestTagging:
    def test_a_segment_is_tagged_with_progress(self, operator):
        make_contacts(3, city="杭州")
        segment = made()
        operator.post(f"/segments/{segment.pk}/tag", {"tag": "会员日", "how": "put", "reason": "春季"})
        asked = Tagging.objects.get()
        assert "hx-get" in text(operator.get(f"/segments/tagging/{asked.pk}"))
        actions.run_tagging(asked.pk, lens=lens(), now=utc_now())
        html = text(operator.get(f"/segments/tagging/{asked.pk}"))
        assert "hx-get" not in html and "新增 3 人" in html
        assert "新增 3 人" in text(operator.get(f"/segments/{segment.pk}"))

    def test_a_tag_kept_by_a_rule_is_refused(self, operator):
        rule_tags.define(name="自动", rule=HANGZHOU, actor="test")
        assert operator.post(f"/segments/{made().pk}/tag", {"tag": "自动"}).status_code == 409
        assert not Tagging.objects.exists()


class TestReadyMade:
    def test_one_is_added_changed_and_restored(self, operator):
        assert "正差一把推力" in text(operator.get("/segments/ready"))
        operator.post("/segments/ready/install", {"key": "high_intent"})
        segment = Segment.objects.get()
        actions.update_segment(segment.pk, name="我的高意向", rule=HANGZHOU, actor="test")
        operator.post("/segments/ready/install")
        assert Segment.objects.filter(ready_key="high_intent").count() == 1
        operator.post(f"/segments/{segment.pk}/restore")
        segment.refresh_from_db()
        assert segment.name == "高意向" and segment.rule != HANGZHOU
        assert operator.post(f"/segments/{made().pk}/restore").status_code == 409

    def test_a_segment_is_duplicated_under_free_names(self, operator):
        segment = made()
        for _ in range(2):
            operator.post(f"/segments/{segment.pk}/duplicate")
        names = set(Segment.objects.values_list("name", flat=True))
        assert names == {"杭州客户", "杭州客户 副本", "杭州客户 副本 2"}


def test_the_builder_offers_everything_a_rule_may_ask(operator):
    Attribute.objects.create(key="blood", label="血型", kind="text", sensitive=True)
    made("被引用")
    html = text(operator.get("/segments/new"))
    offered = json.loads(html.split('id="rule-catalogue" type="application/json">')[1].split("</script>")[0])
    assert ["sensitive:blood", "血型"] in offered["consents"]
    assert len(offered["consents"]) == 6 and len(offered["interactions"]) == 5
    blood = next(one for one in offered["attributes"] if one["name"] == "attr_blood")
    assert blood["sensitive"] and blood["source"] == "custom"
    assert {one["source"] for one in offered["attributes"]} >= {"contact", "custom", "number"}
    assert [name for _, name in offered["segments"]] == ["被引用"]


def test_habits_are_named_as_such(operator):
    assert "拒绝个性化" in text(operator.get(f"/segments/{made('买过', BOUGHT).pk}"))
    assert "拒绝个性化" not in text(operator.get(f"/segments/{made().pk}"))


def test_markup_in_names_is_shown_not_run(operator):
    segment = made(HOSTILE, {"all": [{"attribute": "city", "op": "is", "value": HOSTILE}]})
    other = made("另一个", {"segment": segment.pk, "op": "in"})
    row = rule_tags.define(name=HOSTILE[:40], rule=segment.rule, actor="test")
    for path in (
        "/segments/new",
        "/segments/tags",
        f"/segments/tags/{row.pk}",
        f"/segments/tags/{row.pk}/edit",
        f"/segments/compare?first={segment.pk}&second={other.pk}",
        f"/segments/{other.pk}",
        f"/segments/{segment.pk}",
    ):
        assert "<script>alert" not in text(operator.get(path)), path


@pytest.mark.parametrize("role", ["reviewer", "compliance"])
def test_who_may_only_look_cannot_change(role, mirror):
    segment = made()
    row = rule_tags.define(name="自动", rule=HANGZHOU, actor="test")
    client = signed_in(role)
    for path in ("ready", "rfm", "compare", "tags", f"tags/{row.pk}"):
        assert client.get(f"/segments/{path}").status_code == 200, path
    for path in (
        "ready/install",
        "upload",
        "tags/new",
        f"tags/{row.pk}/edit",
        f"tags/{row.pk}/run",
        f"tags/{row.pk}/switch",
        f"{segment.pk}/duplicate",
        f"{segment.pk}/restore",
        f"{segment.pk}/tag",
    ):
        assert client.post(f"/segments/{path}", {}).status_code == 403, path
    may_see_numbers = role == "compliance"
    assert (client.get(f"/segments/{segment.pk}/misses").status_code == 403) is not may_see_numbers


def test_the_list_of_rule_tags_asks_the_same_number_of_questions_however_long_it_is(operator, asked):
    def define(number: int) -> None:
        rule_tags.define(name=f"标签 {number}", rule={"all": []}, actor="test")

    define(0)
    operator.get("/segments/tags")
    with asked() as one:
        operator.get("/segments/tags")
    for number in range(1, 6):
        define(number)
    with asked() as six:
        operator.get("/segments/tags")
    assert len(six) == len(one)


def test_a_tag_and_its_rule_lead_to_each_other(operator):
    row = rule_tags.define(name="自动", rule=HANGZHOU, actor="test")
    other = Tag.objects.create(name="手工")
    assert f'href="/segments/tags/{row.pk}"' in text(operator.get(f"/tiers/tags/{row.tag_id}"))
    assert f'href="/tiers/tags/{row.tag_id}"' in text(operator.get(f"/segments/tags/{row.pk}"))
    assert 'href="/segments/tags' not in text(operator.get(f"/tiers/tags/{other.pk}"))
    assert 'href="/segments/tags"' in text(operator.get("/tiers/tags"))
    assert 'href="/tiers/tags"' in text(operator.get("/segments/tags"))


def test_ready_made_segments_have_names_in_english_until_somebody_renames_them(db):
    kept, renamed = actions.install_ready_made(actor="test", keys=["tier_active", "tier_dormant"])
    Segment.objects.filter(pk=renamed.pk).update(name="睡着的人", description="我们的")
    client = signed_in("operator")
    assert "活跃客户" in client.get("/segments").content.decode()
    client.cookies["django_language"] = "en"
    client.post("/language", {"language": "en"})
    shown = client.get("/segments").content.decode()
    assert ">Active<" in shown and "Bought recently" in shown and "活跃客户" not in shown
    assert "睡着的人" in shown and "我们的" in shown
    assert "<title>Active" in client.get(f"/segments/{kept.pk}").content.decode()
    assert ">Active</option>" in client.get("/campaigns/new").content.decode()
