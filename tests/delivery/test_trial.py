"""One message to a colleague's own number: it passes the gates, or it does not go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from tests.campaigns.factories import make_channel, make_template
from tests.delivery.world import ask, one
from tests.factories import make_contact

from xinfeng.consent.actions import withdraw
from xinfeng.content.models import Signature, TemplateVersion, VersionReview
from xinfeng.delivery import trial
from xinfeng.delivery.trial import Trial, send_trial, templates_for
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, RefusedByPolicy
from xinfeng.kernel.time import SHANGHAI
from xinfeng.lens.engine import close_lens

pytestmark = pytest.mark.usefixtures("committed_db")
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def make_person(*consent: str) -> tuple[int, str]:
    person = make_contact(consent=consent, at=NOON - timedelta(days=3))
    sealed = one("select phone_sealed from contact where id = %s", person)
    return person, vault().open(Kind.PHONE, bytes(sealed))


def try_out(phone: str, *, purpose: str = "marketing", now: datetime = NOON, **changes: object) -> Trial:
    channel = make_channel(purpose=purpose, **changes)
    signature, _ = Signature.objects.get_or_create(text="信风商城")
    return send_trial(channel.pk, signature_id=signature.pk, phone=phone, actor="admin", now=now)


def test_a_trial_is_an_ordinary_plan_of_one_message() -> None:
    person, number = make_person("marketing")
    trial = try_out(f"+86 {number}")
    assert trial.text == "【信风商城】通道测试，11:00 发出，收到请忽略。拒收请回复R"
    assert ask("select contact_id from message where plan_id = %s", trial.plan_id) == [(person,)]
    assert ask("select purpose, state from plan where id = %s", trial.plan_id) == [("marketing", "running")]
    assert one("select count(*) from audit_entry where action = 'channel.trial'") == 1


def test_a_service_channel_carries_no_opt_out() -> None:
    _, number = make_person("service")
    assert try_out(number, purpose="service").text == "【信风商城】通道测试，11:00 发出，收到请忽略。"


def test_without_consent_nothing_goes_not_even_a_trial() -> None:
    person, number = make_person("marketing")
    at = NOON - timedelta(days=1)
    withdraw(person, "marketing", at=at, source="staff", evidence="当面说的", actor="li", now=at)
    with pytest.raises(RefusedByPolicy):
        try_out(number)
    assert one("select count(*) from message") == 0


@pytest.mark.parametrize(
    ("phone", "error", "code"),
    [("13912345678", NotFound, "trial.no_contact"), ("not a number", InvalidInput, "phone.unreadable")],
)
def test_a_number_that_is_nobodys_is_refused(phone: str, error: type[Exception], code: str) -> None:
    with pytest.raises(error, match=code):
        try_out(phone)


def test_at_night_there_is_no_trial() -> None:
    _, number = make_person("marketing")
    with pytest.raises(Conflict, match=r"trial\.closed"):
        try_out(number, now=NOON.replace(hour=2))


def test_a_channel_outside_its_hours_or_switched_off_is_not_tried() -> None:
    _, number = make_person("marketing")
    with pytest.raises(Conflict, match=r"trial\.closed"):
        try_out(number, opens=time(14), closes=time(15))
    with pytest.raises(Conflict, match=r"trial\.channel_off"):
        try_out(number, enabled=False, name="停用的")


def test_an_approved_template_may_be_tried_and_no_other() -> None:
    person, number = make_person("marketing")
    version, channel = make_template("{{ contact.name | default: '您' }}好，满200减50"), make_channel()

    def tried() -> Trial:
        return send_trial(channel.pk, version_id=version.pk, phone=number, actor="admin", now=NOON)

    assert templates_for(channel) == []
    with pytest.raises(Conflict, match=r"trial\.not_approved"):
        tried()
    approve(version)
    assert templates_for(channel) == [version]
    assert "满200减50" in tried().text
    assert ask("select distinct contact_id from message") == [(person,)]


def test_a_number_tries_many_channels_a_day_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceilings of one marketing message a day are there for people who did not ask."""
    person, number = make_person("marketing")
    monkeypatch.setattr(trial, "MOST_A_DAY", 3)
    for name in ("first", "second", "third"):
        plan = try_out(number, name=name).plan_id
        assert one("select policy -> 'asked_for' from plan where id = %s", plan) is True
    with pytest.raises(Conflict, match=r"trial\.enough"):
        try_out(number, name="fourth")
    assert one("select count(*) from message where contact_id = %s", person) == 3


def test_a_vendor_is_not_tried_with_a_text_that_it_has_not_on_file() -> None:
    _, number = make_person("marketing")
    version = make_template("{{ contact.name | default: '您' }}好，满200减50")
    approve(version)
    channel = make_channel(kind="aliyun", config={"account": "LTAI", "host": "127.0.0.1", "port": 443})
    with pytest.raises(Conflict, match=r"trial\.not_filed"):
        send_trial(channel.pk, version_id=version.pk, phone=number, actor="admin", now=NOON)
    assert one("select count(*) from plan") == 0


def test_a_channel_that_takes_templates_only_says_so() -> None:
    _, number = make_person("marketing")
    config = {"account": "LTAI", "host": "127.0.0.1", "port": 443}
    with pytest.raises(Conflict, match=r"trial\.needs_template"):
        try_out(number, kind="aliyun", config=config)


def approve(version: TemplateVersion) -> None:
    VersionReview.objects.create(
        version=version,
        at=NOON,
        actor="wang",
        state="approved",
        trade="other",
        purpose="marketing",
        text=version.value,
        ruleset="x" * 64,
    )
