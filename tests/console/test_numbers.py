"""Number health: what is shown, what a person may decide, and what never comes back."""

from __future__ import annotations

import pytest
from tests.console.people import signed_in
from tests.factories import NOW, make_contact
from tests.hygiene.world import Simulator, simulator

from xinfeng.consent.reads import standing_of
from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene import reads
from xinfeng.hygiene.models import LookupProvider, LookupRun, NumberState, Quarantine, RunState, State
from xinfeng.hygiene.settings import plan_settings
from xinfeng.lens.engine import close_lens

SECRET = "s3cret-of-the-vendor"


@pytest.fixture(autouse=True)
def _let_go_of_the_lens():
    yield
    close_lens()


@pytest.fixture(scope="module")
def sim():
    with simulator() as running:
        yield running


@pytest.fixture
def admin(db):
    return signed_in("administrator")


@pytest.fixture
def operator(db):
    return signed_in("operator")


def form(**changes):
    return {
        "name": "检测一号",
        "kind": "generic",
        "endpoint": "https://lookup.example.com/v1",
        "key_id": "k1",
        "secret": SECRET,
        "questions": ["status"],
        "form": "plain",
        "table": "xinfeng",
        "price": "10",
        "per_s": "10",
        "per_day": "0",
        "batch": "50",
        "timeout_s": "5",
        **changes,
    }


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("page", ["", "/list", "/runs", "/providers", "/plan"])
def test_every_page_opens_on_an_empty_house(operator, page):
    assert operator.get(f"/numbers{page}").status_code == 200


@pytest.mark.usefixtures("committed_db")
def test_the_overview_tells_why_the_target_will_be_missed():
    make_contact()
    operator = signed_in("operator")
    html = text(operator.get("/numbers"))
    assert "还没有启用的号码检测服务商" in html
    assert "预计达不到目标" in text(operator.get("/"))


def test_a_list_shows_who_is_in_quarantine_masked(operator):
    contact = make_contact(phone="13812345678")
    NumberState.objects.create(
        contact_id=contact,
        state=State.NOT_EXISTING,
        since=NOW,
        quarantined=True,
        quarantine="receipts",
        quarantined_at=NOW,
    )
    html = text(operator.get("/numbers/list?show=quarantined"))
    assert "138****5678" in html and "13812345678" not in html
    assert "回执连续两次永久失败" in html
    assert "138****5678" in text(operator.get("/numbers/list"))
    assert "138****5678" in text(operator.get("/numbers/list?show=not_existing"))
    assert "138****5678" not in text(operator.get("/numbers/list?show=silent"))
    assert operator.get("/numbers/list?show=nonsense").status_code == 400
    assert operator.get("/numbers/list?after=x").status_code == 400


def test_a_person_shuts_and_frees_a_number_with_a_reason(operator):
    contact = make_contact()
    operator.post(f"/numbers/{contact}/quarantine", {"reason": ""})
    assert not reads.number_of(contact).quarantined
    html = text(operator.post(f"/numbers/{contact}/quarantine", {"reason": "客服核实<b>"}, follow=True))
    assert "客服核实&lt;b&gt;" in html and "解除隔离" in html
    assert reads.number_of(contact).quarantine is Quarantine.MANUAL
    operator.post(f"/numbers/{contact}/release", {"reason": "误报"})
    assert not reads.number_of(contact).quarantined


def test_ported_and_reassigned_are_told_apart(operator):
    contact = make_contact()
    operator.post(f"/numbers/{contact}/ported", {"carrier": "3"})
    assert reads.number_of(contact).ported and standing_of(contact)[0].granted
    operator.post(f"/numbers/{contact}/ported", {"carrier": "٣"})
    operator.post(f"/numbers/{contact}/reassigned", {"reason": "新机主来电"})
    assert not any(row.granted for row in standing_of(contact))


def test_that_it_was_not_reassigned_after_all_is_said_on_the_same_page(operator):
    contact = make_contact()
    operator.post(f"/numbers/{contact}/reassigned", {"reason": "新机主来电"})
    html = text(operator.get(f"/numbers/{contact}"))
    assert "没有号码" in html and "归还号码" in html and "标为易主" in html
    assert text(operator.get("/numbers/list?show=reassigned")).count(f"/numbers/{contact}") >= 1
    html = text(operator.post(f"/numbers/{contact}/release", {"reason": "听错了"}, follow=True))
    assert "已记下并未易主" in html and "归还号码" not in html and "没有号码" not in html


def test_nobody_and_nonsense(operator):
    assert operator.get("/numbers/987654").status_code == 404
    assert operator.post("/numbers/987654/quarantine", {"reason": "x"}).status_code == 404
    assert operator.post(f"/numbers/{make_contact()}/explode").status_code == 404
    assert operator.get(f"/numbers/{make_contact()}/quarantine").status_code == 405


def test_a_provider_is_set_up_and_its_secret_never_shown(admin):
    answer = admin.post("/numbers/providers/new", form())
    assert answer.status_code == 302
    row = LookupProvider.objects.get()
    assert vault().open(Kind.SECRET, bytes(row.secret_sealed)) == SECRET
    for page in ("/numbers/providers", f"/numbers/providers/{row.pk}"):
        assert SECRET not in text(admin.get(page))
    html = text(
        admin.post(f"/numbers/providers/{row.pk}", form(secret="", endpoint="https://other.example.com/"))
    )
    assert "请重新填写密钥" in html
    assert admin.post(f"/numbers/providers/{row.pk}", form(secret="", price="3.5")).status_code == 302
    row.refresh_from_db()
    assert (row.price_li, row.config["endpoint"]) == (35, "https://lookup.example.com/v1")


def test_all_faults_of_an_account_are_shown_at_once(admin):
    html = text(
        admin.post("/numbers/providers/new", form(endpoint="http://10.0.0.1/", secret="", price="viel"))
    )
    for field in ("endpoint", "secret", "price"):
        assert f'id="id_{field}_error"' in html, field
    html = text(admin.post("/numbers/providers/new", form(kind="aliyun", endpoint="")))
    assert 'id="id_auth_status_error"' in html
    assert not LookupProvider.objects.exists()


def test_an_account_is_tried_with_one_number(admin, sim: Simulator):
    given = form(
        endpoint=f"http://127.0.0.1:{sim.port}/v1",
        private_network="on",
        key_id="simulator",
        secret="simulator-secret",
    )
    admin.post("/numbers/providers/new", given)
    row = LookupProvider.objects.get()
    html = text(admin.post(f"/numbers/providers/{row.pk}/try", {"number": "13800138001"}, follow=True))
    assert "空号" in html and "13800138001" not in html
    html = text(admin.post(f"/numbers/providers/{row.pk}/try", {"number": "abc"}, follow=True))
    assert "不是一个能收短信的" in html
    contact = make_contact(phone="13800138055")
    html = text(signed_in("operator").post(f"/numbers/{contact}/ask", follow=True))
    assert "服务商的结果：正常" in html


def test_the_plan_is_changed_by_administrators_only(admin, operator):
    given = {
        "enabled": "on",
        "target_percent": "40",
        "cool_down_days": "60",
        "per_day": "1000",
        "per_month": "0",
        "per_day_yuan": "12.50",
        "per_month_yuan": "0",
    }
    assert operator.post("/numbers/plan", given).status_code == 403
    assert admin.post("/numbers/plan", given).status_code == 302
    assert (plan_settings().target_percent, plan_settings().per_day_fen) == (40, 1250)
    assert admin.post("/numbers/plan", {**given, "target_percent": "0"}).status_code == 200
    assert plan_settings().target_percent == 40


def test_runs_are_stopped_and_resumed(admin):
    admin.post("/numbers/providers/new", form())
    run = LookupRun.objects.create(
        provider=LookupProvider.objects.get(), question="status", why="plan", day=NOW.date(), actor="x",
        started_at=NOW, wanted=10, fault="lookup.no_balance",
    )  # fmt: skip
    fragment = text(admin.get("/numbers/runs", headers={"hx-request": "true"}))
    assert "余额不足" in fragment and "every 3s" in fragment
    admin.post(f"/numbers/runs/{run.pk}/switch", {"to": "stop"})
    run.refresh_from_db()
    assert run.state == RunState.STOPPED
    admin.post(f"/numbers/runs/{run.pk}/switch", {"to": "go"})
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert admin.post("/numbers/runs/999/switch", {"to": "go"}).status_code == 404


def test_who_may_only_look(admin):
    analyst = signed_in("analyst")
    contact = make_contact()
    assert analyst.get(f"/numbers/{contact}").status_code == 200
    assert analyst.post(f"/numbers/{contact}/quarantine", {"reason": "x"}).status_code == 403
    assert analyst.get("/numbers/providers/new").status_code == 403
    assert signed_in("operator").get("/numbers/providers/new").status_code == 403
    assert signed_in("developer").get("/numbers").status_code == 403


def test_a_list_asks_as_often_for_many_as_for_one(operator, asked):
    def shut() -> None:
        NumberState.objects.create(
            contact_id=make_contact(), quarantined=True, quarantine="manual", quarantined_at=NOW
        )

    shut()
    operator.get("/numbers/list")
    with asked() as one:
        operator.get("/numbers/list")
    for _ in range(5):
        shut()
    with asked() as many:
        operator.get("/numbers/list")
    assert len(many) == len(one)


def test_todays_share_can_be_asked_for_at_once(operator):
    for _ in range(2):
        assert operator.post("/numbers/runs/go").status_code == 302
    assert signed_in("analyst").post("/numbers/runs/go").status_code == 403
