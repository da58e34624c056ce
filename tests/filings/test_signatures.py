"""Filings of signatures: states, results of carriers, the matrix."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.filings.factories import NOW, TODAY, demanding, in_force, make_template

from xinfeng.campaigns import filing_watch
from xinfeng.channels.models import Channel
from xinfeng.filings import expiring, lifecycle, qualifications, results, signatures, steps
from xinfeng.filings.deadlines import deadlines
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.models import FilingStep, SignatureFiling, Subject
from xinfeng.filings.qualifications import QualificationDraft
from xinfeng.filings.results import ResultRow
from xinfeng.filings.states import FilingState, state_on
from xinfeng.filings.terms import terms_for
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.usefixtures("db")

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(st.sampled_from(FilingState), st.none() | DAYS, st.none() | DAYS, DAYS)
def test_a_filing_holds_from_its_first_day_to_its_last(
    state: FilingState, first: date | None, last: date | None, day: date
) -> None:
    holds = state_on(state, first, last, day=day) is FilingState.IN_FORCE
    in_time = (first is None or first <= day) and (last is None or day <= last)
    assert holds is (state is FilingState.IN_FORCE and in_time)


@given(st.sampled_from(FilingState), st.sampled_from(Move))
def test_nothing_leads_out_of_withdrawn_and_refusals_are_never_in_force(
    state: FilingState, move: Move
) -> None:
    try:
        after = lifecycle.after(state, move)
    except Conflict:
        return
    assert state is not FilingState.WITHDRAWN
    assert (after is FilingState.IN_FORCE) is (move is Move.CONFIRM)


def test_a_filing_goes_its_way_and_every_step_is_kept() -> None:
    version, channel = make_template(), demanding()
    [one] = in_force(version, channel, carriers=(1,), expires_on=TODAY + timedelta(days=100))
    assert [step.action for step in steps.steps_of(Subject.SIGNATURE, one)] == ["confirm", "submit", "add"]
    signatures.confirm([one], expires_on=TODAY + timedelta(days=500), actor="he", now=NOW)
    renewed = signatures.filing_of(one)
    assert (renewed.number, renewed.effective_on) == ("N-1", TODAY)
    with pytest.raises(Conflict, match=r"filing\.state"):
        signatures.refuse([one], reason="晚了", actor="he", now=NOW)
    with pytest.raises(InvalidInput, match=r"filing\.no_reason"):
        signatures.withdraw([one], reason=" ", actor="he", now=NOW)
    signatures.withdraw([one], reason="换号", actor="he", now=NOW)
    in_force(version, channel, carriers=(1,))


def test_steps_are_facts() -> None:
    in_force(make_template(), demanding(), carriers=(1,))
    with pytest.raises(IntegrityError), transaction.atomic():
        FilingStep.objects.update(actor="nobody")
    with pytest.raises(IntegrityError), transaction.atomic():
        FilingStep.objects.all().delete()


def test_many_are_moved_together_or_none_is() -> None:
    version, channel = make_template(), demanding()
    filed = in_force(version, channel, carriers=(1, 2))
    waiting = signatures.add(
        signatures.SignatureDraft(signature_id=version.signature_id, channel_id=channel.pk, carriers=(3,)),
        actor="he",
        now=NOW,
    )
    with pytest.raises(Conflict):
        signatures.submit([*waiting, *filed], actor="he", now=NOW)
    assert signatures.filing_of(waiting[0]).state == FilingState.PREPARING


def test_one_filing_for_each_carrier() -> None:
    version, channel = make_template(), demanding()
    in_force(version, channel, carriers=(1,))
    with pytest.raises(Conflict, match=r"filing\.exists"):
        in_force(version, channel, carriers=(2, 1))
    assert SignatureFiling.objects.count() == 1


@pytest.mark.parametrize("port", ["12a", "1" * 22, "１２"])
def test_a_port_is_digits(port: str) -> None:
    with pytest.raises(InvalidInput, match=r"filing\.port"):
        in_force(make_template(), demanding(), port=port)


def carriers_of(channel: Channel, version: object, day: date = TODAY) -> set[int]:
    terms = terms_for(version.signature, channel, day=day)  # type: ignore[attr-defined]
    assert terms.filed_carriers is not None
    return set(terms.filed_carriers)


def test_a_filing_for_another_port_does_not_hold() -> None:
    version, channel = make_template(), demanding()
    in_force(version, channel, carriers=(1,), port="0001")
    in_force(version, channel, carriers=(2,), port="9999")
    assert carriers_of(channel, version) == {1}
    moved = {**channel.config, "extension": "77"}
    Channel.objects.filter(pk=channel.pk).update(config=moved)
    channel.refresh_from_db()
    assert carriers_of(channel, version) == set(), "the port changed, so it must be filed anew"


def test_a_filing_for_the_account_holds_for_its_other_channels_only() -> None:
    version, channel = make_template(), demanding()
    sibling = demanding()
    stranger = demanding()
    Channel.objects.filter(pk=stranger.pk).update(config={**channel.config, "account": "777777"})
    stranger.refresh_from_db()
    in_force(version, channel, carriers=(1,), whole_account=True)
    in_force(version, channel, carriers=(2,))
    assert carriers_of(channel, version) == {1, 2}
    assert carriers_of(sibling, version) == {1}
    assert carriers_of(stranger, version) == set()


def test_a_filing_counts_from_its_first_day_on() -> None:
    version, channel = make_template(), demanding()
    [one] = in_force(version, channel, carriers=(1,), expires_on=TODAY + timedelta(days=9))
    signatures.confirm(
        [one],
        effective_on=TODAY + timedelta(days=2),
        expires_on=TODAY + timedelta(days=9),
        actor="he",
        now=NOW,
    )
    held = [carriers_of(channel, version, TODAY + timedelta(days=days)) for days in (1, 2, 9, 10)]
    assert held == [set(), {1}, {1}, set()]


def row(line: int, carrier: str, state: str, **more: object) -> ResultRow:
    return ResultRow(line, "【信风商城】", carrier, state, **more)  # type: ignore[arg-type]


def test_a_carriers_answers_are_taken_line_by_line() -> None:
    version, channel = make_template(), demanding()
    made = signatures.add(
        signatures.SignatureDraft(signature_id=version.signature_id, channel_id=channel.pk),
        actor="he",
        now=NOW,
    )
    signatures.submit(made, actor="he", now=NOW)
    answers = [
        row(2, "中国移动", "通过", number="YD-1", expires_on=date(2027, 11, 20)),
        row(3, "联通", "驳回", reason="材料不清"),
        row(4, "China Telecom", "审核中"),
        row(5, "铁通", "通过"),
        row(6, "广电", "也许"),
        ResultRow(7, "别家", "移动", "通过"),
    ]
    taken = results.take_results(answers, channel_id=channel.pk, actor="he", now=NOW)
    assert (taken.confirmed, taken.refused_by_carrier, taken.unchanged) == (1, 1, 1)
    assert taken.faults == ((5, "filing.carrier"), (6, "result.state"), (7, "filing.unknown"))
    states = {one.carrier: str(one.state) for one in SignatureFiling.objects.all()}
    assert states == {1: "in_force", 2: "refused", 3: "submitted", 4: "submitted"}
    again = results.take_results(answers[:3], channel_id=channel.pk, actor="he", now=NOW)
    assert (again.confirmed, again.refused_by_carrier, again.unchanged) == (0, 0, 3)


def test_the_matrix_shows_each_signature_over_each_channel_that_demands_it() -> None:
    version, channel = make_template(), demanding()
    demanding(signature_filing=False)
    sibling = demanding()
    in_force(version, channel, carriers=(1, 2), whole_account=True, expires_on=TODAY + timedelta(days=5))
    rows = {one.channel.pk: one for one in signatures.matrix(TODAY)}
    assert set(rows) == {channel.pk, sibling.pk}
    assert [str(cell.state) for cell in rows[channel.pk].cells] == ["in_force", "in_force", "None", "None"]
    assert rows[channel.pk].cells[0].days_left == 5
    assert rows[sibling.pk].cells[0].shared
    late = TODAY + timedelta(days=6)
    assert {str(one.cells[0].state) for one in signatures.matrix(late)} == {"expired"}
    assert list(signatures.matrix(TODAY, search="别的")) == []


def test_what_runs_out_is_told_before_it_does() -> None:
    version, channel = make_template(), demanding()
    in_force(version, channel, carriers=(1, 2), expires_on=TODAY + timedelta(days=7))
    in_force(version, channel, carriers=(3,), expires_on=TODAY + timedelta(days=61))
    draft = QualificationDraft(
        kind="licence", name="营业执照", number="91", holder="茶", expires_on=TODAY + timedelta(days=30)
    )
    qualification = qualifications.save(draft, actor="he", now=NOW)
    found = deadlines(TODAY)
    assert [(one.carriers, one.days_left) for one in found.endings] == [((1, 2), 7)]
    assert [one.pk for one in found.qualifications] == [qualification]
    assert [qualifications.urgency(days) for days in (None, 61, 60, 31, 30, 7, 0, -1)] == [
        None, None, 60, 60, 30, 7, 7, 0,
    ]  # fmt: skip
    qualifications.retire(qualification, reason="换证", actor="he", now=NOW)
    assert deadlines(TODAY).qualifications == ()


def test_a_qualification_knows_who_leans_on_it() -> None:
    draft = QualificationDraft(kind="trademark", name="商标", number="30-1", holder="茶")
    one = qualifications.save(draft, actor="he", now=NOW)
    with pytest.raises(Conflict, match=r"qualification\.exists"):
        qualifications.save(draft, actor="he", now=NOW)
    made = in_force(make_template(), demanding(), qualification_ids=(one,))
    assert {filing.pk for filing in qualifications.used_by(one)} == set(made)
    assert qualifications.listed(TODAY)[0].uses == 4
    filing_watch.withdraw_signatures(made[:1], reason="x", actor="he", now=NOW)
    assert len(qualifications.used_by(one)) == 3
    with pytest.raises(NotFound):
        in_force(make_template(), demanding(), qualification_ids=(one + 99,))


def test_what_has_expired_is_written_down_once() -> None:
    made = in_force(make_template(), demanding(), carriers=(1,), expires_on=TODAY)
    assert expiring.expire_due(now=NOW) == 0
    tomorrow = NOW + timedelta(days=1)
    assert expiring.expire_due(now=tomorrow) == 1
    assert expiring.expire_due(now=tomorrow) == 0
    assert steps.steps_of(Subject.SIGNATURE, made[0])[0].action == "expire"
    signatures.submit(made, actor="he", now=tomorrow)
    signatures.confirm(made, actor="he", now=tomorrow)
    assert signatures.filing_of(made[0]).state_on(TODAY + timedelta(days=1)) is FilingState.IN_FORCE
