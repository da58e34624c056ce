"""Erasing a person: nothing that identifies her is left, and no backup, import or crash brings her back."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections, transaction
from tests.delivery.world import carrier_and_gateway, fates, finished, make_channel, make_plan
from tests.factories import NOW, make_contact, make_contacts, phone
from tests.patience import PATIENCE_S
from tests.privacy.people import TEXT, all_of, asked, known_person, suppressions, who_has, wrote

from xinfeng.consent.verify import verify_ledger
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.delivery.actions import start_plan
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.personal import holdings
from xinfeng.foundation.vault import Kind, vault
from xinfeng.intake import actions as intake
from xinfeng.intake import reads as intake_reads
from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.privacy import actions, journal, reads
from xinfeng.privacy.erasing import erase_person
from xinfeng.privacy.journal import Fault
from xinfeng.privacy.models import Erasure, PrivacyRequest
from xinfeng.privacy.replay import check, replay
from xinfeng.privacy.retention import let_go_of_kept


def erase(contact_id: int, **given: object) -> None:
    erase_person(contact_id, cause="staff", actor="she", now=utc_now(), **given)  # type: ignore[arg-type]


def test_nothing_that_identifies_is_left_and_the_number_is_never_written_to(db: None) -> None:
    number = phone()
    person = known_person(number)
    erase(person)
    row = Contact.objects.get(pk=person)
    assert row.state == ContactState.ERASED
    assert (row.phone_sealed, row.phone_index, row.name_sealed, row.name_index, row.external_id) == (
        None,
    ) * 5
    assert (row.tail_index, row.birthday, row.attrs, row.tags) == (None, None, {}, [])
    assert who_has(number) is None
    assert ("all", "erased") in suppressions(number)
    standing = all_of("select purpose from standing where contact_id = %s and granted", person)
    assert standing == []
    assert verify_ledger().whole


def test_other_people_keep_everything(db: None) -> None:
    number, other_number = phone(), phone()
    person, other = known_person(number), known_person(other_number)
    before = {one.name: list(one.rows([other])) for one in holdings() if one.name != "accesses"}
    erase(person)
    assert {one.name: list(one.rows([other])) for one in holdings() if one.name != "accesses"} == before
    assert who_has(other_number) == other and suppressions(other_number) == []


def test_a_merged_person_goes_with_all_her_rows_whichever_was_named(db: None) -> None:
    one_number, two_number = phone(), phone()
    survivor, absorbed = make_contact(phone=one_number), make_contact(phone=two_number)
    Contact.objects.filter(pk=absorbed).update(state=ContactState.MERGED, merged_into=survivor)
    erase(absorbed)
    assert set(Contact.objects.values_list("pk", "state")) >= {(survivor, 2), (absorbed, 2)}
    assert ("all", "erased") in suppressions(one_number) and ("all", "erased") in suppressions(two_number)
    assert Erasure.objects.get().contact_ids == [survivor, absorbed]


def test_nobody_is_erased_twice_nor_if_there_is_nobody(db: None) -> None:
    person = known_person(phone())
    erase(person)
    with pytest.raises(Conflict, match=r"request\.erased_already"):
        erase(person)
    with pytest.raises(NotFound, match=r"contact\.unknown"):
        erase(10**12)
    assert Erasure.objects.count() == 1 and len(journal.read().lines) == 1


def test_what_was_sent_lately_is_kept_by_law_and_goes_when_the_law_lets_it(db: None) -> None:
    number = phone()
    person = known_person(number)
    wrote(person, number, at=utc_now() - timedelta(days=200))
    erase(person)
    bodies = "select body_sealed from message where contact_id = %s order by planned_at"
    texts = [vault().open(Kind.BODY, bytes(row[0])) for row in all_of(bodies, person)]
    assert texts == ["（已删除）", TEXT]
    assert let_go_of_kept(now=utc_now()) == 0
    assert let_go_of_kept(now=utc_now() + timedelta(days=190)) >= 2
    texts = [vault().open(Kind.BODY, bytes(row[0])) for row in all_of(bodies, person)]
    assert texts == ["（已删除）", "（已删除）"]
    replies = all_of("select phone_sealed, phone_index, body_sealed from reply where contact_id = %s", person)
    assert len(replies) == 2
    for sealed, index, body in replies:
        assert vault().open(Kind.PHONE, bytes(sealed)) == "已删除" and bytes(index) == b""
        assert vault().open(Kind.REPLY, bytes(body)) == "（已删除）"
    assert let_go_of_kept(now=utc_now() + timedelta(days=190)) == 0


def test_a_journal_that_cannot_be_written_erases_nobody(
    db: None, journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = phone()
    person = known_person(number)
    journal_path.mkdir(parents=True)
    with pytest.raises(OSError), transaction.atomic():
        erase(person)
    assert who_has(number) == person and suppressions(number) == []


def test_a_crash_between_journal_and_commit_ends_in_an_erasure_at_the_next_start(db: None) -> None:
    number = phone()
    person = known_person(number)

    class PowerCut(BaseException):
        pass

    with pytest.raises(PowerCut), transaction.atomic():
        erase(person)
        raise PowerCut
    assert who_has(number) == person
    found = replay(now=utc_now())
    assert (found.lines, found.people, found.faults) == (1, 1, ())
    assert who_has(number) is None and ("all", "erased") in suppressions(number)
    again = replay(now=utc_now())
    assert (again.people, again.numbers) == (0, 0)


def test_whoever_signs_up_anew_is_left_alone(db: None) -> None:
    number = phone()
    person = known_person(number)
    erase(person)
    with bulk_transaction() as raw:
        later = utc_now() + timedelta(seconds=1)
        record = ContactRecord(phone=number, name="王小明")
        [anew] = upsert_contacts(raw, [record], actor="form", now=later)
    assert anew.change == "new" and anew.contact_id != person
    assert replay(now=utc_now()).people == 0
    assert who_has(number) == anew.contact_id


def test_an_id_given_out_again_after_a_restore_is_another_person(db: None) -> None:
    """The series starts again where the backup was; only id and time of making together are a row."""
    [stranger] = make_contacts(1, at=utc_now() - timedelta(days=1))
    journal.append(
        at=utc_now(),
        people=[journal.Person(stranger, NOW - timedelta(days=77))],
        phones=[bytes(16)],
        externals=[],
        after=0,
    )
    assert replay(now=utc_now()).people == 0
    assert Contact.objects.get(pk=stranger).state == ContactState.ALIVE


def test_the_journal_is_checked_against_what_the_database_remembers(db: None, journal_path: Path) -> None:
    for _ in range(2):
        erase(known_person(phone()))
    assert check() == ()
    whole = journal_path.read_bytes()
    journal_path.write_bytes(whole.splitlines(keepends=True)[0])
    assert check() == (Fault("cut"),)
    assert replay(now=utc_now()).faults == (Fault("cut"),)
    journal_path.unlink()
    assert check() == (Fault("missing"),)
    journal_path.write_bytes(whole)
    assert check() == ()


def test_deeds_and_numbers_are_audited_without_a_name(db: None) -> None:
    number = phone()
    person = known_person(number)
    erase(person)
    entry = AuditEntry.objects.get(action="contact.erase")
    assert (entry.object_id, entry.detail["contacts"]) == (str(person), [person])
    assert "王" not in str(entry.detail) and number not in str(entry.detail)


def test_a_restored_backup_brings_nobody_back(committed_db: str) -> None:
    """A copy of the database from before the erasure takes its place, as after a restore."""
    number, bystander = phone(), phone()
    person, other = known_person(number), known_person(bystander)
    request = asked("erasure", number)
    backup = connection.settings_dict["NAME"] + "_backup"
    connection.close()
    _copy_database(connection.settings_dict["NAME"], backup)
    actions.erase(request, actor="she", now=utc_now())
    newcomer = known_person(phone())
    erase(newcomer)  # made and erased after the backup: its number must not come back either
    connection.close()
    original = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = backup
    try:
        assert who_has(number) == person
        found = replay(now=utc_now())
        assert (found.lines, found.people, found.faults) == (2, 1, ())
        assert who_has(number) is None and ("all", "erased") in suppressions(number)
        assert who_has(bystander) == other and suppressions(bystander) == []
        [index] = journal.read().lines[1].phones
        lines = all_of("select scope, reason from suppression where phone_index = %s", index)
        assert lines == [("all", "erased")]
        assert verify_ledger().whole
        again = replay(now=utc_now())
        assert (again.people, again.numbers) == (0, 0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original
        _drop_database(backup)


def _admin() -> psycopg.Connection[tuple[object, ...]]:
    given = connection.settings_dict
    return psycopg.connect(
        host=given["HOST"] or given["OPTIONS"].get("host"),
        user="postgres",
        dbname="postgres",
        autocommit=True,
    )


def _copy_database(name: str, copy: str) -> None:
    with _admin() as admin:
        admin.execute(f"create database {copy} template {name} strategy file_copy")


def _drop_database(name: str) -> None:
    with _admin() as admin:
        admin.execute(f"drop database {name} with (force)")


def test_an_import_of_the_same_person_meanwhile_waits_and_changes_nothing(committed_db: str) -> None:
    """Writers of contacts, erasers and opt-outs take their locks in one order: nobody waits for ever."""
    number = phone()
    person = known_person(number)
    others = make_contacts(50, consent=())
    faults: list[BaseException] = []
    begun = threading.Barrier(3)

    def work(deed: object) -> None:
        try:
            begun.wait()
            deed()  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    def bring_in() -> None:
        for _ in range(15):
            with bulk_transaction() as raw:
                record = ContactRecord(phone=number, name="又来了", city="杭州")
                upsert_contacts(raw, [record], actor="import", now=utc_now() - timedelta(days=20))
                from xinfeng.consent.actions import append_entries
                from xinfeng.consent.ledger import NewEntry

                said = NewEntry(others[0], "marketing", True, utc_now(), "import:x", None, "x", "test")
                append_entries(raw, [said], now=utc_now())

    def erase_all() -> None:
        erase(person)
        for other in others[1:8]:
            erase(other)

    def opt_out() -> None:
        from xinfeng.consent.actions import suppress_numbers

        for other in others[10:25]:
            index = bytes(Contact.objects.get(pk=other).phone_index or b"")
            suppress_numbers(
                [index], scope="marketing", reason="manual", source="t", actor="t", now=utc_now()
            )

    threads = [threading.Thread(target=work, args=(deed,)) for deed in (bring_in, erase_all, opt_out)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert faults == [] and not any(thread.is_alive() for thread in threads)
    assert Contact.objects.get(pk=person).state == ContactState.ERASED
    assert ("all", "erased") in suppressions(number)
    granted = all_of(
        "select 1 from standing s join contact c on c.id = s.contact_id"
        " where c.phone_index = %s and s.granted and s.suppressed is null",
        vault().phone_index(number),
    )
    assert granted == []


def test_two_who_erase_at_once_erase_once(committed_db: str) -> None:
    person = known_person(phone())
    request = asked("erasure", "", external_id=Contact.objects.get(pk=person).external_id or "")
    outcomes: list[str] = []
    begun = threading.Barrier(2)

    def work() -> None:
        begun.wait()
        try:
            actions.erase(request, actor="she", now=utc_now())
            outcomes.append("erased")
        except Conflict as conflict:
            outcomes.append(conflict.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(outcomes)[0] == "erased" and len(outcomes) == 2 and len(set(outcomes)) == 2
    assert Erasure.objects.count() == 1 and len(journal.read().lines) == 1
    assert PrivacyRequest.objects.get(pk=request).outcome == "erased"


def test_who_had_nothing_written_to_her_gets_no_list_of_messages_kept(db: None) -> None:
    number = phone()
    make_contact(phone=number)
    request = asked("erasure", number)
    actions.erase(request, actor="she", now=utc_now())
    letter = reads.request(request, now=utc_now()).letter
    assert "发给您的短信" not in letter and "授权记录" in letter


def test_the_rest_of_a_running_plan_is_not_sent_to_her(committed_db: str, tmp_path: Path) -> None:
    """Planned before, erased while it waits: the gateway withholds hers, whatever it has loaded."""
    with carrier_and_gateway(tmp_path, gateways=0) as world:
        plan_people = make_contacts(3, at=utc_now() - timedelta(days=1))
        plan = make_plan(plan_people, make_channel(world.port), start=False)
        erase(plan_people[1])
        start_plan(plan, actor="test", now=utc_now())
        world.start_gateway()
        finished(plan)
    fate = fates(plan)
    assert fate.pop("accepted") == 2
    assert list(fate.values()) == [1] and next(iter(fate)).startswith("withheld:")


def test_a_file_with_her_number_does_not_bring_her_back_but_her_own_sign_up_may(db: None) -> None:
    number, other = phone(), phone()
    erase(known_person(number))
    text = f"手机号,姓名\n{number},王小明\n{other},李红梅\n"
    job = intake.receive_file(
        [text.encode()], file_name="a.csv", kind="contacts", actor="li", user_id=None, now=utc_now()
    )
    mapping = {guess.column: guess.field for guess in intake_reads.preview(job.pk).guesses}
    intake.start_import(job.pk, mapping=mapping, source="门店", consent=None, actor="li", now=utc_now())
    intake.run_import(job.pk, now=utc_now())
    done = intake_reads.progress(job.pk)
    assert (done.rows_new, done.rows_rejected) == (1, 1)
    assert who_has(number) is None and who_has(other) is not None
