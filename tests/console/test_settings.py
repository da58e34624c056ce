"""Settings: people, roles, windows, ceilings, confirmation, calendar, notices, attributes; for administrators."""

from __future__ import annotations

from datetime import date, time

import pytest
from tests.campaigns.factories import make_channel
from tests.console.people import signed_in

from xinfeng.console import permissions
from xinfeng.console.preferences.permission_words import GROUPS
from xinfeng.contacts.models import Attribute
from xinfeng.content.models import Signature
from xinfeng.delivery.confirmation import ConfirmationSettings, current_settings
from xinfeng.foundation.models import AuditEntry, User
from xinfeng.kernel.time import utc_now
from xinfeng.policy import reads as policy
from xinfeng.policy.ceilings import Ceiling
from xinfeng.policy.models import CalendarDay

PAGES = (
    "",
    "/roles",
    "/windows",
    "/caps",
    "/confirmation",
    "/calendar",
    "/attributes",
    "/about",
)


@pytest.fixture
def admin(db):
    return signed_in("administrator")


def window_rows(*rows: dict[str, object]) -> dict[str, object]:
    form: dict[str, object] = {"w-TOTAL_FORMS": len(rows), "w-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        form |= {f"w-{number}-{name}": value for name, value in row.items()}
    return form


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_compliance_and_not_for_operators(db, page):
    assert signed_in("compliance").get(f"/settings{page}").status_code == 200
    assert signed_in("operator").get(f"/settings{page}").status_code == 403


def test_a_new_user_gets_a_password_that_works_and_is_shown_once(admin):
    answer = admin.post("/settings/users/new", {"username": "chen", "name": "陈", "role": "analyst"})
    html = answer.content.decode()
    password = html.split('<xf-copy value="')[2].split('"')[0]
    person = User.objects.get(username="chen")
    assert person.check_password(password) and person.role == "analyst"
    assert password not in admin.get("/settings").content.decode()
    assert all(password not in str(entry.detail) for entry in AuditEntry.objects.all())


def test_a_taken_name_is_said_at_its_field(admin):
    answer = admin.post("/settings/users/new", {"username": "administrator", "name": "", "role": "analyst"})
    assert "已经有人用了" in answer.content.decode()


def test_the_last_administrator_stays(admin):
    me = User.objects.get(username="administrator")
    html = admin.post(
        f"/settings/users/{me.pk}", {"name": "我", "role": "operator", "active": "on"}
    ).content.decode()
    assert "最后一位管理员" in html
    me.refresh_from_db()
    assert me.role == "administrator"


def test_a_reset_password_replaces_the_old_one(admin):
    signed_in("operator")
    person = User.objects.get(username="operator")
    html = admin.post(f"/settings/users/{person.pk}/password").content.decode()
    person.refresh_from_db()
    assert person.check_password(html.split('<xf-copy value="')[2].split('"')[0])
    assert signed_in("compliance").post(f"/settings/users/{person.pk}/password").status_code == 403


def test_the_page_of_roles_lists_every_permission(admin):
    assert {name for names in GROUPS.values() for name in names} == permissions.ALL
    assert "批准或退回活动" in admin.get("/settings/roles").content.decode()


def test_windows_of_a_trade_are_replaced_within_the_bounds(admin):
    rows = window_rows(
        {"starts": "09:30", "ends": "11:00", "weekdays": ["1", "2"], "source": "公司决定"},
        {"starts": "", "ends": "", "source": ""},
    )
    assert admin.post("/settings/windows/retail", rows).status_code == 302
    [window] = policy.trade_windows()["retail"]
    assert (window.starts, window.ends, window.weekdays) == (time(9, 30), time(11), frozenset({1, 2}))
    assert "公司决定" in admin.get("/settings/windows").content.decode()
    late = window_rows({"starts": "20:00", "ends": "22:00", "weekdays": ["1"], "source": "x"})
    assert "08:00–21:00" in admin.post("/settings/windows/retail", late).content.decode()
    assert len(policy.trade_windows()["retail"]) == 1
    assert admin.get("/settings/windows/bakery").status_code == 404


def test_outer_bounds_can_only_be_narrowed(admin):
    assert admin.post("/settings/windows/bounds", {"earliest": "09:00", "latest": "20:00"}).status_code == 302
    assert policy.current_settings().earliest == time(9)
    wide = admin.post("/settings/windows/bounds", {"earliest": "06:00", "latest": "23:00"})
    assert wide.status_code == 400 and "边界要在" in wide.content.decode()


def test_ceilings_are_saved_together(admin):
    form = {"marketing_day": 2, "marketing_week": 4, "marketing_month": "", "service_day": 9}
    for tier in ("new", "active", "dormant", "potential", "industry", "none"):
        form |= {f"{tier}_messages": 3, f"{tier}_days": 30}
    assert admin.post("/settings/caps", form).status_code == 302
    settings = policy.current_settings()
    assert settings.ceiling("marketing") == Ceiling(2, 4, None)
    assert settings.ceiling("service") == Ceiling(9)
    assert settings.tier_caps["dormant"].days == 30
    assert signed_in("compliance").post("/settings/caps", form).status_code == 403


def test_a_day_is_marked_with_its_source_and_taken_out_again(admin):
    form = {"day": "2026-12-25", "mark": "blackout", "name": "封网", "source": "公司决定"}
    assert admin.post("/settings/calendar/mark", form).status_code == 302
    assert "封网" in admin.get("/settings/calendar/2026").content.decode()
    admin.post("/settings/calendar/unmark", {"day": "2026-12-25"})
    assert not CalendarDay.objects.filter(day=date(2026, 12, 25)).exists()
    assert admin.post("/settings/calendar/mark", {**form, "source": ""}).status_code == 400


def test_a_year_without_notice_is_said_to_be_provisional(admin):
    assert "正式通知还没有公布" in admin.get("/settings/calendar/2027").content.decode()
    assert "还没有录入" in admin.get("/settings/calendar/2030").content.decode()


def test_what_a_deployment_begins_with_is_said_in_english_too(admin):
    User.objects.update(language="en")
    calendar = admin.get("/settings/calendar/2026").content.decode()
    assert "Spring Festival" in calendar and "General Office of the State Council" in calendar
    assert "春节" not in calendar
    windows = admin.get("/settings/windows").content.decode()
    assert "Custom of the trade" in windows and "the law names no hours" in windows
    assert "行业惯例" not in windows and "短信服务商" not in windows


def test_the_rules_of_the_tiers_have_moved(admin):
    answer = admin.get("/settings/tiers")
    assert (answer.status_code, answer["Location"]) == (302, "/tiers/rules")


def test_an_attribute_is_declared_once(admin):
    form = {"key": "skin", "label": "肤质", "kind": "choice", "choices": "干性\n油性\n"}
    assert admin.post("/settings/attributes", form).status_code == 302
    assert Attribute.objects.get().choices == ["干性", "油性"]
    assert "已经有键为" in admin.post("/settings/attributes", form).content.decode()


def confirmation(**changes: object) -> dict[str, object]:
    """What is posted to switch the confirmation on, with a service channel and a signature that can be used."""
    form: dict[str, object] = {"enabled": "on", "text": "您已退订，我们不再打扰。"}
    if "channel_id" not in changes:
        form["channel_id"] = make_channel(purpose="service").pk
    if "signature_id" not in changes:
        form["signature_id"] = Signature.objects.get_or_create(text="信风商城")[0].pk
    return form | changes


def error_at(field: str, html: str) -> str:
    """The words under a field."""
    assert f'id="id_{field}_error"' in html
    return html.split(f'id="id_{field}_error"')[1].split("</div>")[0]


def test_confirming_opt_outs_is_off_until_it_is_switched_on(admin):
    html = admin.get("/settings/confirmation").content.decode()
    assert "只发给同意接收服务短信的客户" in html and "checked" not in html
    form = confirmation()
    assert admin.post("/settings/confirmation", form).status_code == 302
    assert current_settings() == ConfirmationSettings(
        True, int(str(form["channel_id"])), int(str(form["signature_id"])), "您已退订，我们不再打扰。"
    )
    html = admin.get("/settings/confirmation").content.decode()
    assert "【信风商城】您已退订，我们不再打扰。" in html and "计费 1 条" in html
    assert "修改退订确认" in admin.get("/audit").content.decode()
    del form["enabled"]
    assert admin.post("/settings/confirmation", form).status_code == 302
    assert not current_settings().enabled


def test_only_service_channels_in_use_are_offered_and_taken(admin):
    html = admin.get("/settings/confirmation").content.decode()
    assert "还没有启用的服务通道" in html and 'href="/channels"' in html
    marketing = make_channel(name="营销一号")
    off = make_channel(name="服务旧线", purpose="service", enabled=False)
    make_channel(name="服务一号", purpose="service")
    html = admin.get("/settings/confirmation").content.decode()
    assert "服务一号" in html and "营销一号" not in html and "服务旧线" not in html
    for channel in (marketing, off):
        answer = admin.post("/settings/confirmation", confirmation(channel_id=channel.pk))
        assert answer.status_code == 400 and error_at("channel_id", answer.content.decode())
    assert not current_settings().enabled


def test_what_is_not_chosen_is_said_at_each_field(admin):
    form = {"enabled": "on", "text": "您已退订。"}
    html = admin.post("/settings/confirmation", form).content.decode()
    assert "请先选好" in error_at("channel_id", html) and "请先选好" in error_at("signature_id", html)
    assert current_settings() == ConfirmationSettings()
    assert admin.post("/settings/confirmation", {"text": "您已退订。"}).status_code == 302
    assert current_settings() == ConfirmationSettings(text="您已退订。")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("退" * 80, "最多 70 字"),
        ("{{ contact.name | default: '您' }}，您已退订。", "不能用变量"),
        ("【旧名】您已退订。", "不能有【】"),
    ],
)
def test_a_text_that_cannot_be_confirmed_with_is_refused_at_its_field(admin, text, words):
    answer = admin.post("/settings/confirmation", confirmation(text=text))
    assert answer.status_code == 400 and words in error_at("text", answer.content.decode())
    assert current_settings() == ConfirmationSettings()


def test_the_phone_follows_what_is_written(admin):
    form = confirmation(text="退" * 80)
    assert "计费 2 条" in admin.post("/settings/confirmation/preview", form).content.decode()
    fault = admin.post("/settings/confirmation/preview", {**form, "text": "{{ contact.name }}"})
    assert "还不能这样发送" in fault.content.decode()
    blank = admin.post("/settings/confirmation/preview", {**form, "signature_id": ""})
    assert "选好签名" in blank.content.decode()
    assert current_settings() == ConfirmationSettings()


def test_a_confirmation_whose_channel_was_switched_off_says_so(admin):
    channel = make_channel(purpose="service")
    admin.post("/settings/confirmation", confirmation(channel_id=channel.pk))
    assert "退订确认现在发不出去" not in admin.get("/settings/confirmation").content.decode()
    channel.enabled = False
    channel.save()
    html = admin.get("/settings/confirmation").content.decode()
    assert "退订确认现在发不出去" in html and "最多等 24 小时" in html


def test_only_who_may_change_settings_changes_the_confirmation(db):
    form = confirmation()
    reader = signed_in("compliance")
    assert "保存</button>" not in reader.get("/settings/confirmation").content.decode()
    assert reader.post("/settings/confirmation", form).status_code == 403
    assert signed_in("operator").post("/settings/confirmation/preview", form).status_code == 403
    assert current_settings() == ConfirmationSettings()


@pytest.mark.parametrize("role", ["compliance", "developer"])
def test_who_may_see_settings_opens_the_week_grid_and_changes_nothing(db, role):
    looking = signed_in(role)
    assert "/settings/windows/retail" in looking.get("/settings/windows").content.decode()
    html = looking.get("/settings/windows/retail").content.decode()
    assert "data-readonly" in html and "您可以查看，不能修改" in html
    assert 'type="submit"' not in html.split("</header>")[-1].split("xf-5 xf-stack")[0]
    before = policy.settings_at(utc_now()).windows
    drawn = {"mode": "grid", "week": ".".join(["1" * 48] * 7), "source": "x"}
    assert looking.post("/settings/windows/retail", drawn).status_code == 403
    assert policy.settings_at(utc_now()).windows == before
    assert signed_in("operator").get("/settings/windows/retail").status_code == 403
