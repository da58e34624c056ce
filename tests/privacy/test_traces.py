"""After an erasure every column of every table is looked through for the person."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from tests.factories import make_contact, phone
from tests.forms.world import lottery, make_form, prize, submit
from tests.privacy.people import NAME, all_of, known_person

from xinfeng.contacts.merging import merge
from xinfeng.contacts.models import Contact
from xinfeng.foundation.vault import vault
from xinfeng.kernel.time import utc_now
from xinfeng.privacy.erasing import erase_person

KEPT_ON_PURPOSE = {("suppression", "phone_index"), ("erasure", "phone_indexes"), ("reply", "phone_index")}
"""The keyed hash that keeps her from being written to, and what she wrote back, six months by law (see `delivery`)."""

_COLUMNS = """
select c.relname, a.attname, t.typname from pg_class c
join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and a.attnum > 0 and not a.attisdropped
  and t.typname in ('text', 'varchar', 'jsonb', 'bytea', '_text', '_varchar', '_bytea')"""


def traces(texts: list[str], hashes: list[bytes]) -> Iterator[tuple[str, str]]:
    """Tables and columns that hold one of these: texts anywhere, hashes as they are or spelt out."""
    patterns = [f"%{one}%" for one in (*texts, *(one.hex() for one in hashes))]
    for table, column, kind in all_of(_COLUMNS):
        if kind == "bytea":
            where, given = f'"{column}" = any(%s::bytea[])', hashes
        elif kind == "_bytea":
            where, given = f'"{column}" && %s::bytea[]', hashes
        else:
            where, given = f'"{column}"::text like any(%s)', patterns
        if all_of(f'select 1 from "{table}" where {where} limit 1', given):
            yield table, column


def test_nothing_in_any_table_tells_who_she_was(db: None) -> None:
    number, other = phone(), phone()
    person, now = known_person(number), utc_now()
    absorbed = make_contact(phone=other)
    Contact.objects.filter(pk=absorbed).update(external_id="HERS-4711")
    gift = prize(kind="points", points=10, odds_ppm=1_000_000)
    submit(make_form(now=now, incentive=lottery(gift)), number, now=now, name=NAME)
    submit(make_form(now=now, with_code=True), other, now=now, name=NAME)
    merge(person, absorbed, how="manual", actor="li", reason=f"{NAME} 本人来电", now=now)
    texts = [number, other, NAME, "HERS-4711"]
    hashes = [vault().phone_index(number), vault().phone_index(other), vault().index(NAME)]
    before = set(traces(texts, hashes))
    assert {("contact", "phone_index"), ("submission", "phone_index"), ("award", "person_index")} <= before
    erase_person(person, cause="staff", actor="li", now=now)
    assert set(traces(texts, hashes)) <= KEPT_ON_PURPOSE
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from submission where answers_sealed is not null")
        assert cursor.fetchone() == (0,)
