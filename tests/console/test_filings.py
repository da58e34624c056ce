"""Filings in the console: the matrix, one filing on its way, files in and out, who may do what."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.campaigns.factories import make_channel, make_template
from tests.console.people import signed_in

from xinfeng.channels.models import Channel
from xinfeng.content.models import Signature
from xinfeng.filings import bulk, gaps, qualifications
from xinfeng.filings.days import business_day_of
from xinfeng.filings.models import FilingDocument, SignatureFiling, TemplateFiling
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now

PDF = b"%PDF-1.7\nlicence\n%%EOF\n"


@pytest.fixture
def operator(db):
    return signed_in("operator")


def demanding(**more) -> Channel:
    return make_channel(capabilities={"signature_filing": True, **more})


def text(answer) -> str:
    return answer.content.decode()


def filed(operator, *, carriers=("1", "2", "3", "4")) -> list[SignatureFiling]:
    version, channel = make_template(), demanding()
    given = {
        "signature": version.signature_id,
        "channel": channel.pk,
        "carriers": carriers,
        "basis": "company",
    }
    answer = operator.post("/filings/new", given)
    assert answer.status_code == 302, text(answer)
    return list(SignatureFiling.objects.order_by("carrier"))


def test_every_page_says_what_to_do_next_when_it_is_empty(operator):
    for path, words in (
        ("", "还没有签名"),
        ("/templates", "没有要报备的模板"),
        ("/bulk", "还没有大促报备"),
        ("/qualifications", "还没有登记资质"),
        ("/gaps", "停报期"),
    ):
        assert words in text(operator.get(f"/filings{path}"))


def test_a_filing_goes_from_its_form_into_force(operator):
    first, *_ = filed(operator)
    page = text(operator.get(f"/filings/{first.pk}"))
    assert "准备中" in page and "预计" in page
    assert operator.post(f"/filings/{first.pk}/move", {"move": "submit", "all": "1"}).status_code == 302
    assert {one.state for one in SignatureFiling.objects.all()} == {"submitted"}
    day = business_day_of(utc_now()) + timedelta(days=20)
    told = {"move": "confirm", "number": "YD-9", "expires_on": day.isoformat()}
    operator.post(f"/filings/{first.pk}/move", told)
    first.refresh_from_db()
    assert (first.state, first.number, first.expires_on) == ("in_force", "YD-9", day)
    matrix = text(operator.get("/filings"))
    assert "还有 20 天" in matrix and "已生效" in matrix
    assert "到期" in text(operator.get("/")), "the dashboard warns of it"


def test_the_matrix_can_be_filtered_and_marked(operator):
    made = filed(operator)
    channel = made[0].channel_id
    assert "信风商城" in text(operator.get(f"/filings?channel={channel}&show=open&q=信风"))
    assert "没有符合条件" in text(operator.get("/filings?q=nobody"))
    assert operator.get("/filings?channel=x'--").status_code == 200
    picked = ",".join(str(one.pk) for one in made[:2])
    operator.post("/filings/move", {"move": "submit", "filings": picked})
    assert sorted(one.state for one in SignatureFiling.objects.all()) == [
        "preparing", "preparing", "submitted", "submitted",
    ]  # fmt: skip
    operator.post("/filings/move", {"move": "confirm", "filings": [picked, "nonsense"]})
    assert SignatureFiling.objects.filter(state="in_force").count() == 2
    assert operator.post("/filings/move", {"move": "withdraw", "filings": picked}).status_code == 400
    assert operator.post("/filings/move", {"move": "explode", "filings": picked}).status_code == 400


def test_a_second_filing_of_the_same_is_refused_in_words(operator):
    one, *_ = filed(operator)
    given = {"signature": one.signature_id, "channel": one.channel_id, "carriers": ["1"], "basis": "company"}
    answer = operator.post("/filings/new", given)
    assert answer.status_code == 422
    assert "已经有一份" in text(answer)


def test_a_withdrawal_needs_its_reason(operator):
    one, *_ = filed(operator)
    assert operator.post(f"/filings/{one.pk}/move", {"move": "withdraw", "reason": " "}).status_code == 400
    operator.post(f"/filings/{one.pk}/move", {"move": "withdraw", "reason": "换通道"})
    one.refresh_from_db()
    assert (one.state, one.reason) == ("withdrawn", "换通道")


def test_material_is_uploaded_and_downloaded_by_who_may(operator):
    one, *_ = filed(operator)
    upload = f"/filings/documents/signature/{one.pk}"
    operator.post(upload, {"file": SimpleUploadedFile("执照.html", PDF)})
    document = FilingDocument.objects.get()
    assert document.name == "执照.pdf"
    answer = operator.post(f"/filings/documents/{document.pk}")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(action="filing.document_read", actor="operator").count() == 1
    analyst = signed_in("analyst")
    assert analyst.post(f"/filings/documents/{document.pk}").status_code == 403
    assert analyst.get(f"/filings/{one.pk}").status_code == 200
    assert f"/filings/documents/{document.pk}" not in text(analyst.get(f"/filings/{one.pk}"))


@pytest.mark.parametrize("content", [b"<html><script>alert(1)</script>", b"", b"PK\x03\x04"])
def test_hostile_material_is_refused_in_words(operator, content):
    one, *_ = filed(operator)
    answer = operator.post(
        f"/filings/documents/signature/{one.pk}",
        {"file": SimpleUploadedFile("a.pdf", content, content_type="application/pdf")},
        follow=True,
    )
    assert answer.status_code == 200
    assert not FilingDocument.objects.exists()
    assert "没有" in text(answer)


def test_material_of_what_does_not_exist_is_not_taken(operator):
    for path in ("signature/999", "nonsense/1", "qualification/999"):
        answer = operator.post(f"/filings/documents/{path}", {"file": SimpleUploadedFile("a.pdf", PDF)})
        assert answer.status_code == 404
    assert not FilingDocument.objects.exists()


def test_results_come_back_as_a_file(operator):
    one, *_ = filed(operator)
    assert "信风商城" in text(operator.get(f"/filings/export?channel={one.channel_id}"))
    csv = "签名,运营商,状态,编号,原因,到期日\n信风商城,移动,通过,YD-1,,2027/3/1\n信风商城,联通,驳回,,材料不清,\n别家,移动,通过,,,\n"
    answer = operator.post(
        "/filings/import",
        {"channel": one.channel_id, "file": SimpleUploadedFile("r.csv", csv.encode("gb18030"))},
    )
    page = text(answer)
    assert "1 份生效，1 份被驳回" in page and "没有这份报备" in page
    one.refresh_from_db()
    assert (one.number, str(one.expires_on)) == ("YD-1", "2027-03-01")


def test_result_files_that_are_none_are_refused(operator):
    one, *_ = filed(operator)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<w/>")
        archive.writestr("xl/sharedStrings.xml", b"\x00" * (300 << 20))
    for content in (b"a,b\n1,2\n", b"", b"\x89PNG\r\n\x1a\n\x00\x00", bomb.getvalue()):
        answer = operator.post(
            "/filings/import", {"channel": one.channel_id, "file": SimpleUploadedFile("r.xlsx", content)}
        )
        assert answer.status_code == 422
    assert {each.state for each in SignatureFiling.objects.all()} == {"preparing"}


def test_a_template_is_filed_with_the_text_that_was_proposed(operator):
    version, channel = make_template(), demanding(template_filing=True)
    listed = text(operator.get("/filings/templates"))
    assert "还没有报备的" in listed and version.template.name in listed
    form = text(operator.get(f"/filings/templates/new?version={version.pk}&channel={channel.pk}"))
    assert "【信风商城】${1}您好，满200减50" in form
    wrong = {"version": version.pk, "channel": channel.pk, "text": "【信风商城】别的文字"}
    assert operator.post("/filings/templates/new", wrong).status_code == 422
    assert operator.post("/filings/templates/new", {**wrong, "text": ""}).status_code == 302
    filing = TemplateFiling.objects.get()
    assert operator.post(f"/filings/templates/{filing.pk}/move", {"move": "confirm"}).status_code == 400
    operator.post(f"/filings/templates/{filing.pk}/move", {"move": "confirm", "number": "SMS_1"})
    filing.refresh_from_db()
    assert (filing.state, filing.number) == ("in_force", "SMS_1")
    assert "SMS_1" in text(operator.get(f"/filings/templates/{filing.pk}"))


def test_a_changed_text_is_shown_against_what_was_filed(operator):
    version, channel = make_template(), demanding(template_filing=True)
    operator.post("/filings/templates/new", {"version": version.pk, "channel": channel.pk, "text": ""})
    type(version).objects.create(
        template=version.template,
        number=2,
        signature=version.signature,
        value="{{ contact.name }}您好，满300减90",
        action=version.action,
        opt_out=version.opt_out,
        defaults=version.defaults,
    )
    filing = TemplateFiling.objects.get()
    page = text(operator.get(f"/filings/templates/{filing.pk}"))
    assert "第 2 版改了文字" in page and "<ins" in page and "<del" in page
    assert "文字变了" in text(operator.get("/filings/templates"))


def test_bulk_filings_and_their_settings(operator):
    channel = demanding(bulk_filing=True)
    page = text(operator.get("/filings/bulk"))
    assert "报备截止" in page and "产品默认值" in page
    given = {"threshold": "50000", "lead_days": "7", "peaks": "店庆 12-05 2\n", "holidays": "春节"}
    assert operator.post("/filings/bulk/peaks", given).status_code == 302
    assert bulk.current_peaks().threshold == 50_000
    assert bulk.current_peaks().peaks[0].name == "店庆"
    for wrong in (
        {"peaks": "店庆 十二月 2"},
        {"peaks": "店庆 13-05 2"},
        {"threshold": "0"},
        {"lead_days": "x"},
    ):
        assert operator.post("/filings/bulk/peaks", {**given, **wrong}).status_code == 422
    made = {"channel": channel.pk, "first_day": "2027-06-16", "last_day": "2027-06-18", "at_most": "100000"}
    answer = operator.post("/filings/bulk/new", made)
    assert answer.status_code == 302
    operator.post(f"{answer['Location']}/move", {"move": "confirm", "number": "B-7"})
    assert "B-7" in text(operator.get(answer["Location"]))
    assert operator.post("/filings/bulk/new", {**made, "last_day": "2027-06-01"}).status_code == 422


def test_qualifications_are_kept_changed_and_retired(operator):
    demanding()
    day = business_day_of(utc_now())
    given = {
        "kind": "licence", "name": "营业执照", "number": "91330", "holder": "四时茶",
        "expires_on": (day + timedelta(days=6)).isoformat(),
    }  # fmt: skip
    answer = operator.post("/filings/qualifications/new", given)
    assert answer.status_code == 302
    where = answer["Location"]
    assert "还有 6 天" in text(operator.get(where))
    assert "营业执照 " in text(operator.get("/"))
    assert operator.post("/filings/qualifications/new", given).status_code == 422
    assert operator.post(f"{where}/edit", {**given, "holder": "新茶"}).status_code == 302
    assert "新茶" in text(operator.get("/filings/qualifications?q=新茶&kind=licence"))
    operator.post(f"{where}/retire", {"reason": "换证"})
    assert qualifications.listed(day) == []
    assert "营业执照" in text(operator.get("/filings/qualifications?show=retired"))


def test_gaps_are_corrected_by_people(operator):
    listed = text(operator.get("/filings/gaps"))
    assert "2027 年春节" in listed and "暂定" in listed and "华为云公告" in listed
    given = {
        "name": "2027 年春节", "first_day": "2027-01-28", "last_day": "2027-02-14",
        "carrier": "0", "vendor": "", "source": "服务商公告",
    }  # fmt: skip
    known = next(one for one in gaps.gaps() if one.name == "2027 年春节")
    assert operator.post(f"/filings/gaps/{known.id}", given).status_code == 302
    assert known.id is not None
    assert not gaps.gap_of(known.id).provisional
    assert operator.post("/filings/gaps/new", {**given, "last_day": "2027-01-01"}).status_code == 422
    assert operator.post(f"/filings/gaps/{known.id}/remove").status_code == 302
    assert known.id not in {one.id for one in gaps.gaps()}


def test_who_may_only_look_changes_nothing(operator):
    one, *_ = filed(operator)
    for role in ("analyst", "reviewer"):
        looking = signed_in(role)
        assert looking.get("/filings").status_code == 200
        for path in ("/filings/new", "/filings/import", "/filings/bulk/peaks", "/filings/gaps/new"):
            assert looking.get(path).status_code == 403
        assert looking.post(f"/filings/{one.pk}/move", {"move": "submit"}).status_code == 403
        assert looking.post("/filings/move", {"move": "submit", "filings": str(one.pk)}).status_code == 403
    assert signed_in("developer").get("/filings").status_code == 403


def test_the_matrix_asks_as_many_questions_for_many_as_for_few(operator, asked):
    filed(operator)
    with asked() as few:
        operator.get("/filings")
    for number in range(12):
        Signature.objects.create(text=f"品牌{number}")
        demanding()
    with asked() as many:
        operator.get("/filings")
    assert len(many) == len(few)


def test_a_channel_takes_its_rules_from_a_vendor(db):
    developer = signed_in("developer")
    page = text(developer.get("/channels/new?kind=cmpp3&vendor=tencent"))
    assert "腾讯云短信模板规范" in page and 'value="500"' in page and "2025-06-17" in page
    plain = text(developer.get("/channels/new?kind=cmpp3"))
    assert 'name="signature_filing"' in plain and "checked" in plain
    form = {
        "name": "营销", "kind": "cmpp3", "purpose": "marketing", "host": "h.example.com", "port": "7890",
        "account": "901234", "secret": "s3cret", "access_code": "1069", "rate_per_s": "10", "connections": "1",
        "window": "16", "price": "3", "vendor": "tencent", "signature_filing": "on", "template_filing": "on",
        "opt_out_wording": "拒收请回复R", "link_domains": "Tea.cn m.tea.cn", "most_characters": "500",
        "link_in_variable": "no", "symbols_refused": "¥★",
    }  # fmt: skip
    assert developer.post("/channels/new?kind=cmpp3", {**form, "link_domains": "不是域名"}).status_code == 200
    assert not Channel.objects.exists()
    assert developer.post("/channels/new?kind=cmpp3", form).status_code == 302
    takes = Channel.objects.get().takes
    assert (takes.vendor, takes.template_filing, takes.most_characters) == ("tencent", True, 500)
    assert takes.link_domains == ("tea.cn", "m.tea.cn")
    assert not takes.adjacent_variables
    page = text(developer.get(f"/channels/{Channel.objects.get().pk}/edit"))
    assert "tea.cn m.tea.cn" in page
