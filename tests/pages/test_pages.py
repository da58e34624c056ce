"""The public's door, as a browser and as somebody hostile meets it."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from tests.campaigns.factories import make_channel
from tests.factories import phone
from tests.forms.world import ask, draft_form, lottery, make_form, one, prize, token_for
from tests.patience import PATIENCE_S

from xinfeng.consent.actions import suppress_numbers
from xinfeng.content.models import Signature
from xinfeng.delivery import code_messages
from xinfeng.forms import guards
from xinfeng.forms.actions import add_coupons, close, publish
from xinfeng.forms.models import Form
from xinfeng.forms.submissions import CodeToSend
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens
from xinfeng.pages import sending

URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"host": "localhost"}, enforce_csrf_checks=True)


def published(**changes: Any) -> Form:
    return make_form(now=utc_now(), **changes)


def fill(form: Form, number: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "token": token_for(form, now=utc_now()),
        "phone": number or phone(),
        "agree": ["marketing"],
        **changes,
    }


def post(visitor: Client, path: str, fields: dict[str, Any], **headers: str):
    return visitor.post(path, urlencode(fields, doseq=True), content_type=URLENCODED, headers=headers)


def codes_ready() -> None:
    channel = make_channel(purpose="service")
    signature, _ = Signature.objects.get_or_create(text="信风商城")
    code_messages.save_settings({"channel_id": channel.pk, "signature_id": signature.pk}, actor="li")


@pytest.mark.usefixtures("db")
class TestPage:
    def test_anybody_sees_it_with_unticked_boxes_and_the_whole_notice(self, visitor: Client) -> None:
        form = published()
        answer = visitor.get(f"/f/{form.slug}")
        html = answer.content.decode()
        assert answer.status_code == 200
        assert re.search(r'name="agree" value="marketing">', html)
        assert "checked" not in html
        assert "每月不超过 4 条" in html
        assert answer.cookies == {}

    def test_it_says_who_may_frame_it_and_runs_nothing_inline(self, visitor: Client) -> None:
        plain = visitor.get(f"/f/{published().slug}")
        assert "frame-ancestors 'none'" in plain["Content-Security-Policy"]
        assert plain["X-Frame-Options"] == "DENY"
        framed = visitor.get(f"/f/{published(origins=['https://shop.example']).slug}")
        assert "frame-ancestors https://shop.example" in framed["Content-Security-Policy"]
        assert "X-Frame-Options" not in framed
        html = framed.content.decode()
        assert "unsafe" not in framed["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)

    def test_what_looks_like_a_template_or_markup_is_text(self, visitor: Client) -> None:
        nasty = "{{ token }}{% include 'base.html' %}<script>alert(1)</script>"
        field = {
            "key": "q_1",
            "kind": "choice",
            "label": {"zh-hans": nasty},
            "choices": [{"zh-hans": nasty[:60]}],
        }
        form = published(
            title={"zh-hans": nasty},
            intro={"zh-hans": nasty},
            fields=[{"key": "phone"}, field],
            look={"mark": nasty[:30]},
        )
        html = visitor.get(f"/f/{form.slug}").content.decode()
        assert "<script>alert" not in html
        assert html.count(escape(nasty)) >= 3

    def test_answers_come_back_as_text(self, visitor: Client) -> None:
        form = published()
        nasty = '"><script>alert(1)</script>{{ 7|add:7 }}'
        answer = post(visitor, f"/f/{form.slug}", fill(form, "123", name=nasty))
        html = answer.content.decode()
        assert answer.status_code == 422
        assert escape(nasty) in html and "<script>alert" not in html
        assert "请填写大陆的 11 位手机号" in html
        assert re.search(r'value="marketing" checked>', html)

    def test_it_leads_to_the_result_and_can_be_reloaded(self, visitor: Client) -> None:
        form = published(incentive={"prizes": [prize(kind="generated", stock=5, prefix="HI-")]})
        answer = post(visitor, f"/f/{form.slug}", fill(form, utm_source="poster 7", source=""))
        assert answer.status_code == 303
        html = visitor.get(answer["Location"]).content.decode()
        [sealed] = ask("select code_sealed from coupon_code")
        code = vault().open(Kind.SECRET, bytes(sealed[0]))
        assert code in html and code.startswith("HI-")
        assert visitor.get(answer["Location"]).content.decode() == html
        assert ask("select source, parameters ->> 'utm_source' from submission") == [("poster 7", "poster 7")]

    def test_on_a_shared_tablet_the_next_person_is_not_thanked_for_the_one_before(
        self, visitor: Client
    ) -> None:
        form = published()
        page = fill(form)
        assert post(visitor, f"/f/{form.slug}", page).status_code == 303
        answer = post(visitor, f"/f/{form.slug}", {**page, "phone": "13800138999"})
        html = answer.content.decode()
        assert answer.status_code == 422 and "还没有保存" in html and 'value="13800138999"' in html
        assert f'value="{page["token"]}"' not in html
        assert ask("select count(*) from submission") == [(1,)]

    def test_the_parameters_of_the_address_are_tamed(self, visitor: Client) -> None:
        form = published()
        html = visitor.get(
            f"/f/{form.slug}", {"utm_source": '<b>x\x00" onload=y' + "z" * 99}
        ).content.decode()
        assert '<input type="hidden" name="utm_source" value="bx onloadyzzz' in html

    def test_what_was_never_published_is_not_there(self, visitor: Client) -> None:
        draft = draft_form(now=utc_now())
        for slug in (draft.slug, "nobody"):
            answer = visitor.get(f"/f/{slug}")
            assert answer.status_code == 404
            assert "没有这个页面" in answer.content.decode()

    def test_a_closed_form_says_so(self, visitor: Client) -> None:
        form = published()
        close(form.pk, actor="li", now=utc_now())
        assert "活动已结束" in visitor.get(f"/f/{form.slug}").content.decode()
        assert post(visitor, f"/f/{form.slug}", fill(form)).status_code == 410

    def test_a_form_that_opens_later_says_when(self, visitor: Client) -> None:
        form = published(opens_at="2999-01-01T08:00:00+08:00")
        assert "开放时间：2999-01-01 08:00" in visitor.get(f"/f/{form.slug}").content.decode()

    def test_it_speaks_the_languages_it_has(self, visitor: Client) -> None:
        from tests.forms.world import notice

        both = {"zh-hans": "同意", "en": "I agree"}
        box = {
            "purpose": "marketing",
            "label": both,
            "notices": {
                "zh-hans": notice().pk,
                "en": notice(text="Contact us by phone; 4 a month for 24 months, opt out any time").pk,
            },
        }
        form = published(languages=["zh-hans", "en"], title={"zh-hans": "报名", "en": "Join us"}, boxes=[box])
        english = visitor.get(f"/f/{form.slug}?lang=en").content.decode()
        assert "Join us" in english and 'lang="en"' in english and "I agree" in english
        answer = post(visitor, f"/f/{form.slug}?lang=en", fill(form))
        assert "lang=en" in answer["Location"]
        [[notice_id]] = ask("select notice_id from consent_entry")
        assert notice_id == box["notices"]["en"]
        assert "报名" in visitor.get(f"/f/{form.slug}?lang=fr").content.decode()

    def test_the_code_and_the_snippet_lead_to_it(self, visitor: Client) -> None:
        form = published()
        svg = visitor.get(f"/f/{form.slug}/qr.svg?source=window")
        assert svg["Content-Type"] == "image/svg+xml" and b"<svg" in svg.content
        assert visitor.get(f"/f/{form.slug}/qr.png").content.startswith(b"\x89PNG")
        script = visitor.get(f"/f/{form.slug}/embed.js")
        assert script["Content-Type"].startswith("text/javascript")
        assert script["Cross-Origin-Resource-Policy"] == "cross-origin"
        for asset in ("page.css", "page.js"):
            html = visitor.get(f"/f/{form.slug}").content.decode()
            address = re.search(rf'"(/f/-/[0-9a-f]+/{asset})"', html)
            assert address is not None
            assert "immutable" in visitor.get(address[1])["Cache-Control"]
        assert visitor.get("/f/-/x/..%2fviews.py").status_code == 404

    def test_views_are_counted_but_not_those_of_programs_that_only_ask_for_headers(
        self, visitor: Client
    ) -> None:
        form = published()
        visitor.head(f"/f/{form.slug}")
        visitor.get(f"/f/{form.slug}")
        assert one("select sum(count) from form_count where what = 'view'") == 1


@pytest.mark.usefixtures("db")
class TestHostile:
    def test_another_sites_page_can_not_send_it(self, visitor: Client) -> None:
        form = published()
        answer = post(visitor, f"/f/{form.slug}", fill(form), origin="https://evil.example")
        assert answer.status_code == 403
        assert (
            post(visitor, f"/f/{form.slug}", fill(form), **{"sec-fetch-site": "cross-site"}).status_code
            == 403
        )
        assert one("select count(*) from submission") == 0
        assert ask("select detail, count from form_count where what = 'abuse'") == [("origin", 2)]
        assert post(visitor, f"/f/{form.slug}", fill(form), origin="http://localhost").status_code == 303

    @pytest.mark.parametrize(
        ("body", "content_type", "status"),
        [
            (b"x" * 70_000, URLENCODED, 413),
            (b"--b\r\n", "multipart/form-data; boundary=b", 415),
            (b'{"phone": "1"}', "application/json", 415),
            (b"\xff\xfe\x00&&&=%%%=%zz&phone", URLENCODED, 422),
            (b"", URLENCODED, 422),
            (b"a&" * 1_500, URLENCODED, 400),
        ],
    )
    def test_malformed_and_oversized_bodies(
        self, visitor: Client, body: bytes, content_type: str, status: int
    ) -> None:
        form = published()
        answer = visitor.post(f"/f/{form.slug}", body, content_type=content_type)
        assert answer.status_code == status
        assert one("select count(*) from submission") == 0

    def test_sql_in_names_and_values_is_text(self, visitor: Client) -> None:
        form = published(fields=[{"key": "phone"}, {"key": "q_1", "kind": "text", "label": {"zh-hans": "?"}}])
        bad = "x'); drop table submission; --"
        answer = post(
            visitor, f"/f/{form.slug}", fill(form, q_1=bad, **{bad: bad, "__class__": bad, "attr_x": bad})
        )
        assert answer.status_code == 303
        assert one("select count(*) from submission") == 1

    def test_a_pretended_success_looks_like_one(self, visitor: Client) -> None:
        form = published(with_code=True)
        trapped = post(visitor, f"/f/{form.slug}", fill(form, website="http://spam"))
        assert trapped.status_code == 303 and "/c/" in trapped["Location"]
        page = visitor.get(trapped["Location"])
        assert page.status_code == 200 and "输入验证码" in page.content.decode()
        assert post(visitor, trapped["Location"], {"code": "123456"}).status_code == 422
        assert post(visitor, f"{trapped['Location']}/again", {}).status_code == 303

    def test_an_unknown_result_looks_like_one_that_won_nothing(self, visitor: Client) -> None:
        form = published(incentive={"prizes": [prize(kind="points", points=5)]})
        number = phone()
        post(visitor, f"/f/{form.slug}", fill(form, number))
        repeated = post(visitor, f"/f/{form.slug}", fill(form, number))
        unknown = visitor.get(f"/f/{form.slug}/r/{uuid.uuid4()}").content.decode()
        assert "这次没有奖品" in unknown
        assert "这次没有奖品" in visitor.get(repeated["Location"]).content.decode()

    def test_a_result_of_one_form_is_not_shown_by_another(self, visitor: Client) -> None:
        form, other = published(incentive={"prizes": [prize(kind="generated", stock=5)]}), published()
        answer = post(visitor, f"/f/{form.slug}", fill(form))
        public_id = answer["Location"].rsplit("/", 1)[1]
        assert "券码" not in visitor.get(f"/f/{other.slug}/r/{public_id}").content.decode()


@pytest.fixture
def real(committed_db: str) -> Iterator[None]:
    codes_ready()
    yield
    sending.settle()
    close_lens()


@pytest.mark.usefixtures("real")
class TestCode:
    def test_a_code_goes_out_as_a_service_message_at_once(self, visitor: Client) -> None:
        form = published(with_code=True)
        number = phone()
        answer = post(visitor, f"/f/{form.slug}", fill(form, number))
        sending.settle()
        [[purpose, state, windows]] = ask("select purpose, state, windows from plan")
        assert (purpose, state) == ("service", "running")
        [[sealed, consent_seq]] = ask("select body_sealed, consent_seq from message")
        text = vault().open(Kind.BODY, bytes(sealed))
        found = re.search(r"\d{6}", text)
        assert found is not None and text.startswith("【信风商城】验证码 ")
        assert ask("select source, evidence from consent_entry where seq = %s", consent_seq) == [
            (form.source, f"code requested, submission {one('select id from submission')}")
        ]
        assert one("select plan_id from form_code") is not None
        done = post(visitor, answer["Location"], {"code": found[0]})
        assert done.status_code == 303 and "/r/" in done["Location"]
        assert "您同意了" in visitor.get(done["Location"]).content.decode()

    @pytest.mark.parametrize("reason", ["erased", "reassigned"])
    def test_a_code_passes_the_gates_where_the_number_was_shut_for_its_former_owner(
        self, visitor: Client, reason: str
    ) -> None:
        form, number = published(with_code=True), phone()
        index = vault().phone_index(number)
        suppress_numbers([index], scope="all", reason=reason, source="x", actor="li", now=utc_now())
        answer = post(visitor, f"/f/{form.slug}", fill(form, number))
        sending.settle()
        assert ask("select refused from form_code") == [("",)]
        [[sealed]] = ask("select body_sealed from message")
        found = re.search(r"\d{6}", vault().open(Kind.BODY, bytes(sealed)))
        assert found is not None
        assert post(visitor, answer["Location"], {"code": found[0]}).status_code == 303
        assert ask("select scope from suppression where lifted_at is null") == []

    def test_suppressed_and_unknown_numbers_get_the_same_answer(self, visitor: Client) -> None:
        form = published(with_code=True)
        blocked, free = phone(), phone()
        suppress_numbers(
            [vault().phone_index(blocked)],
            scope="all",
            reason="opt_out",
            source="reply",
            actor="li",
            now=utc_now(),
        )
        pages = []
        for number in (blocked, free):
            answer = post(visitor, f"/f/{form.slug}", fill(form, number))
            assert answer.status_code == 303
            pages.append(re.sub(r"[0-9a-f-]{36}", "", visitor.get(answer["Location"]).content.decode()))
        sending.settle()
        assert pages[0] == pages[1]
        assert "可以恢复接收" in pages[0]
        assert one("select count(*) from message") == 1
        assert ask("select refused from form_code order by id") == [("suppressed",), ("",)]

    def test_a_code_does_not_wait_for_a_campaign_that_is_being_planned(self, visitor: Client) -> None:
        from xinfeng.foundation import locks
        from xinfeng.foundation.database import connect
        from xinfeng.foundation.ids import take_block

        form = published(with_code=True)
        with connect() as planner:
            locks.hold_for_transaction(planner, locks.PLANNING)
            take_block(planner, "message", 1_000_000)
            post(visitor, f"/f/{form.slug}", fill(form))
            sending.settle()
            assert one("select count(*) from message") == 1
            planner.rollback()

    def test_without_a_channel_the_failure_is_noted(self, visitor: Client) -> None:
        form = published(with_code=True)
        code_messages.stored.write(code_messages.KEY, {}, actor="li")
        assert post(visitor, f"/f/{form.slug}", fill(form)).status_code == 303
        sending.settle()
        assert ask("select refused, plan_id from form_code") == [("codes.not_ready", None)]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "没有码"}, "codes.text"),
        ({"text": "{code} {code}"}, "codes.text"),
        ({"text": "{code}" + "长" * 80}, "codes.text"),
        ({"text": "{code} {{ contact.name }}"}, "template.default_missing"),
        ({"channel_id": 999}, "codes.channel"),
        ({"channel": 1}, "codes.setting"),
        ({"text": 1}, "codes.setting"),
    ],
)
def test_the_setting_of_codes_is_checked(change: dict[str, Any], code: str) -> None:
    codes_ready()
    with pytest.raises(InvalidInput) as refused:
        code_messages.save_settings(change, actor="li")
    assert refused.value.code == code


@pytest.mark.usefixtures("db")
def test_a_lottery_shows_what_was_won(visitor: Client) -> None:
    form = draft_form(
        now=utc_now(), incentive=lottery(prize("p1", "pool", odds_ppm=1_000_000, how={"zh-hans": "到店出示"}))
    )
    add_coupons(form.pk, "p1", "LUCKY-777", actor="li", now=utc_now())
    publish(form.pk, codes_ready=True, actor="li", now=utc_now())
    form.refresh_from_db()
    html = visitor.get(post(visitor, f"/f/{form.slug}", fill(form))["Location"]).content.decode()
    assert "恭喜您获得" in html and "LUCKY-777" in html and "到店出示" in html and "confetti" in html


@pytest.mark.usefixtures("db")
def test_one_connections_addresses_are_limited_together_and_claimed_ones_count_for_nothing(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "PER_ADDRESS_PER_HOUR", 3)
    form = published()
    path = f"/f/{form.slug}"

    def send(address: str, **headers: str) -> int:
        fields = urlencode(fill(form, "12"), doseq=True)
        answer = visitor.post(path, fields, content_type=URLENCODED, REMOTE_ADDR=address, headers=headers)
        return int(answer.status_code)

    assert [send(f"2001:db8:1:2::{at}") for at in range(4)] == [422, 422, 422, 429]
    assert send("2001:db8:1:3::1") == 422
    assert [send("203.0.113.9"), send("::ffff:203.0.113.9"), send("203.0.113.9")] == [422] * 3
    assert send("203.0.113.9", **{"X-Forwarded-For": "198.51.100.7", "X-Real-IP": "198.51.100.7"}) == 429


def test_a_fault_while_sending_a_code_is_not_swallowed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the database has gone")

    monkeypatch.setattr(sending, "_send", broken)
    sending.send(CodeToSend(1, 2, "123456"))
    sending.settle()
    deadline = time.monotonic() + PATIENCE_S
    while not caplog.records and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "could not be sent" in caplog.text and "has gone" in caplog.text
    assert "123456" not in caplog.text
