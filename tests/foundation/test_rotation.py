"""Everything sealed comes under the key and cipher in use, while people work; facts stay facts; nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from tests.factories import NOW, make_contact, make_contacts, make_user, phone
from tests.patience import PATIENCE_S

from xinfeng.contacts.models import Contact, Merge
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.foundation import keys, rotation, second_factor
from xinfeng.foundation import vault as vault_module
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.foundation.keys import SETTLES
from xinfeng.foundation.models import Rotation, RotationStep
from xinfeng.foundation.vault import Kind, Vault, read_key_file
from xinfeng.intake.people import merge_people
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A key file of the test's own, which every caller of `vault()` uses."""
    path = tmp_path / "keys" / "vault.json"
    own = Vault(read_key_file(path), "AES-256-GCM", file=path)
    real = vault_module.vault()
    for name in ("_ring", "_file", "_seen", "_look_at", "_cipher", "_aeads", "_keyed"):
        monkeypatch.setattr(real, name, getattr(own, name))
    monkeypatch.setattr(rotation, "REST", 0.0)
    yield path


def change_key(path: Path) -> int:
    if keys.active_id() is None:
        keys.recognise(path)
    key_id = keys.add(path, actor="admin")
    keys.activate(path, key_id, actor="admin", now=utc_now())
    return key_id


def go_through() -> None:
    while not rotation.go_on(seconds=5.0):
        pass


def heads(query: str) -> set[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {bytes(row[0])[:3] for row in cursor.fetchall()}


def test_every_sealed_column_of_every_slice_is_listed() -> None:
    listed = {(one.table, column) for one in rotation.listed()[0] for column in (*one.columns, *one.inside)}
    kept = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        if model.__module__.startswith("xinfeng.")
        for field in model._meta.get_fields()
        if isinstance(field, models.BinaryField) and field.column.endswith("sealed")
    }
    assert kept
    assert kept <= listed, kept - listed


def test_what_is_listed_exists_and_its_key_is_unique(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")  # an empty table would be read and sorted rather
        cursor.execute("set local enable_sort = off")
        for one in rotation.listed()[0]:
            columns = ", ".join((*one.key, *one.columns, *one.inside))
            cursor.execute(f"select {columns} from {one.table} limit 0")
            cursor.execute(f"explain select 1 from {one.table} order by {', '.join(one.key)} limit 1")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Sort" not in plan or "Merge Append" in plan, (one.table, plan)


def test_contacts_second_factors_and_merges_come_under_the_new_key(db: None, house: Path) -> None:
    one, other = (make_contact(name="王小明", phone=number) for number in ("13800138000", "13900139000"))
    make_contacts(30)
    merge_people(one, other, how="manual", actor="test", reason="同一人", now=utc_now())
    user = make_user("lin")
    secret = second_factor.begin(user, now=NOW).secret
    xids = dict(Contact.objects.values_list("pk", "xid"))
    key_id = change_key(house)
    begun = rotation.start(actor="admin", now=utc_now())
    go_through()
    assert heads("select phone_sealed from contact where phone_sealed is not null") == {b"\x01\x00\x02"}
    assert heads("select secret_sealed from second_factor") == {b"\x01\x00\x02"}
    assert {one.key_id for one in rotation.counts()} == {key_id}
    kept = Merge.objects.get()
    sealed = [
        value for row in _rows(kept.before) for name, value in row.items() if name == "phone_sealed" and value
    ]
    opened = {vault_module.vault().open(Kind.PHONE, bytes.fromhex(one)) for one in sealed}
    assert opened == {"13800138000", "13900139000"}
    assert second_factor.begin(user, now=NOW).secret == secret
    assert dict(Contact.objects.values_list("pk", "xid")) == xids  # the lens needs to read nothing again
    begun.refresh_from_db()
    assert begun.finished_at is not None
    assert rotation.counted()[0] is not None


def _rows(content: object) -> Iterator[dict[str, str]]:
    if isinstance(content, dict):
        yield content
        for value in content.values():
            yield from _rows(value)
    elif isinstance(content, list):
        for value in content:
            yield from _rows(value)


def test_another_cipher_is_a_rotation_too(db: None, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = make_contact(phone="13800138000")
    keys.recognise(house)
    monkeypatch.setattr(vault_module.vault(), "_cipher", "SM4-GCM")
    rotation.start(actor="admin", now=utc_now())
    go_through()
    row = Contact.objects.get(pk=contact)
    assert bytes(row.phone_sealed or b"")[:3] == b"\x02\x00\x01"
    assert vault_module.vault().open(Kind.PHONE, bytes(row.phone_sealed or b"")) == "13800138000"


def test_facts_get_other_sealed_bytes_and_nothing_else(db: None, house: Path) -> None:
    body = vault_module.vault().seal(Kind.BODY, "【青山茶行】老客到店有礼，拒收请回复R")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, "
            "body_sealed) values (7, %s, 1, 1, 0, 1, 1, 30, %s)",
            [NOW, body],
        )
        cursor.execute("select xid from message where id = 7")
        before = cursor.fetchone()
    change_key(house)
    rotation.start(actor="admin", now=utc_now())
    go_through()
    assert heads("select body_sealed from message where id = 7") == {b"\x01\x00\x02"}
    with connection.cursor() as cursor:
        cursor.execute("select body_sealed, xid from message where id = 7")
        sealed, xid = cursor.fetchone()
        assert vault_module.vault().open(Kind.BODY, bytes(sealed)).startswith("【青山茶行】")
        assert (xid,) == before
        for change in (
            "contact_id = 2",
            "body_sealed = null, parts = 2",
            "planned_at = planned_at + interval '1s'",
        ):
            cursor.execute("select set_config('xinfeng.resealing', 'on', true)")
            with pytest.raises(IntegrityError, match="facts"), transaction.atomic():
                cursor.execute(f"update message set {change} where id = 7")
            with pytest.raises(IntegrityError, match="facts"), transaction.atomic():
                cursor.execute("delete from message where id = 7")
        cursor.execute("select set_config('xinfeng.resealing', 'off', true)")
        with pytest.raises(IntegrityError, match="facts"), transaction.atomic():
            cursor.execute("update message set body_sealed = '\\x00' where id = 7")


def test_it_goes_on_where_it_stopped(db: None, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PAGE_ROWS", 4)
    make_contacts(10)
    change_key(house)
    rotation.start(actor="admin", now=utc_now())
    steps = 0
    while not rotation.go_on(seconds=0.0):
        steps += 1
        assert steps < 200
    assert steps >= 2
    assert RotationStep.objects.get(table="contact").moved == 10
    assert heads("select phone_sealed from contact where phone_sealed is not null") == {b"\x01\x00\x02"}


def test_only_one_goes_at_a_time_and_a_newer_key_ends_an_older_walk(db: None, house: Path) -> None:
    make_contact()
    change_key(house)
    first = rotation.start(actor="admin", now=utc_now())
    with pytest.raises(Conflict, match="key.rotating"):
        rotation.start(actor="admin", now=utc_now())
    change_key(house)
    assert rotation.go_on(seconds=60.0)
    first.refresh_from_db()
    assert first.finished_at is not None
    rotation.start(actor="admin", now=utc_now())
    go_through()
    assert heads("select phone_sealed from contact where phone_sealed is not null") == {b"\x01\x00\x03"}


def test_a_process_that_has_not_heard_of_the_key_takes_it_up_and_does_the_work(db: None, house: Path) -> None:
    make_contact()
    before = vault_module.vault().ring
    key_id = change_key(house)
    rotation.start(actor="admin", now=utc_now())
    vault_module.vault()._ring = before  # as in another process, seconds after
    go_through()
    assert vault_module.vault().ring.active == key_id
    assert heads("select phone_sealed from contact where phone_sealed is not null") == {b"\x01\x00\x02"}


def test_a_host_without_the_key_leaves_the_walk_to_others(db: None, house: Path) -> None:
    make_contact()
    before = vault_module.vault().ring
    content = house.read_text()
    change_key(house)
    begun = rotation.start(actor="admin", now=utc_now())
    complete = house.read_text()
    house.write_text(content)
    vault_module.vault()._ring = before
    assert rotation.go_on(seconds=60.0)
    begun.refresh_from_db()
    assert begun.finished_at is None
    house.write_text(complete)
    go_through()
    begun.refresh_from_db()
    assert begun.finished_at is not None
    assert heads("select phone_sealed from contact where phone_sealed is not null") == {b"\x01\x00\x02"}


def test_what_cannot_be_opened_stays_is_counted_and_keeps_its_key(db: None, house: Path) -> None:
    damaged, whole = make_contacts(2)
    Contact.objects.filter(pk=damaged).update(phone_sealed=b"\x01\x00\x01" + b"x" * 40)
    change_key(house)
    rotation.start(actor="admin", now=utc_now())
    go_through()
    assert bytes(Contact.objects.get(pk=damaged).phone_sealed or b"")[:3] == b"\x01\x00\x01"
    assert bytes(Contact.objects.get(pk=whole).phone_sealed or b"")[:3] == b"\x01\x00\x02"
    held = rotation.sealed_with(1)
    assert held == [("contact.phone_sealed", 1)]
    with pytest.raises(Conflict, match="key.in_use"):
        keys.retire(house, 1, sealed_with=held, actor="admin", now=utc_now() + 2 * SETTLES)


def test_a_rotation_runs_while_contacts_are_imported_and_changed(
    committed_db: str, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PAGE_ROWS", 50)
    make_contacts(400)
    numbers = [phone() for _ in range(600)]
    faults: list[BaseException] = []
    begun, stop = threading.Event(), threading.Event()

    def import_people() -> None:
        try:
            at = 0
            while at < len(numbers) or not stop.is_set():
                batch = numbers[at : at + 40] or numbers[:40]
                records = [ContactRecord(phone=number, name=f"客户{at}") for number in batch]
                with bulk_transaction() as line:
                    upsert_contacts(
                        line, records, source_tags=(), actor="import", now=NOW + timedelta(seconds=at)
                    )
                at += 40
                begun.set()
        except BaseException as fault:
            faults.append(fault)
            begun.set()
        finally:
            connection.close()

    importer = threading.Thread(target=import_people)
    importer.start()
    assert begun.wait(PATIENCE_S)
    change_key(house)
    rotation.start(actor="admin", now=utc_now())
    go_through()
    stop.set()
    importer.join()
    assert not faults
    if rotation.sealed_with(1):
        rotation.start(actor="admin", now=utc_now())
        go_through()
    assert rotation.sealed_with(1) == []
    opened = {
        vault_module.vault().open(Kind.PHONE, bytes(sealed))
        for sealed in Contact.objects.values_list("phone_sealed", flat=True)
        if sealed is not None
    }
    assert set(numbers) <= opened and len(opened) == 1000
    keys.retire(house, 1, sealed_with=[], actor="admin", now=utc_now() + 2 * SETTLES)
    make_contact(phone="13800138000")
    assert Rotation.objects.filter(finished_at__isnull=True).count() == 0


def test_a_row_somebody_holds_is_waited_for_by_nobody(committed_db: str, house: Path) -> None:
    held, free = make_contacts(2)
    change_key(house)
    rotation.start(actor="admin", now=utc_now())
    with connect() as other:
        other.execute("update contact set city = '杭州' where id = %s", (held,))
        while not rotation.go_on(seconds=5.0):
            pass
        assert bytes(Contact.objects.get(pk=free).phone_sealed or b"")[:3] == b"\x01\x00\x02"
    assert rotation.sealed_with(1) == [("contact.phone_sealed", 1)]
    assert Contact.objects.get(pk=held).city == "杭州"
    rotation.start(actor="admin", now=utc_now())
    go_through()
    assert rotation.sealed_with(1) == []
