"""Connections for the bulk paths and for the gateway. Everyday reads and writes go through Django's ORM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection as django_connection
from django.db import transaction

from xinfeng.foundation import settings as xinfeng_settings

Connection = psycopg.Connection[tuple[Any, ...]]

IDENTITY = """\
(select system_identifier::text from pg_control_system())
    || '/' || (select oid::text from pg_database where datname = current_database())
    || '/' || (select timeline_id::text from pg_control_checkpoint())"""
"""SQL: which database this is (cluster, oid, timeline). Transaction ids say nothing about one with another identity."""


@contextmanager
def bulk_transaction() -> Iterator[Connection]:
    """A transaction on Django's own connection, handed out as plain psycopg, for COPY and set-based SQL.

    Joins an outer `transaction.atomic()`, so actions that call each other share one transaction.
    """
    with transaction.atomic():
        with django_connection.cursor():
            raw = django_connection.connection
        assert raw is not None
        yield raw


def connect(*, autocommit: bool = False) -> Connection:
    """A connection of one's own, outside Django (simulated crashes, maintenance, tests)."""
    return psycopg.connect(xinfeng_settings.load().dsn(), autocommit=autocommit)


async def connect_async(*, autocommit: bool = False) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """An asyncio connection for the gateway."""
    return await psycopg.AsyncConnection.connect(xinfeng_settings.load().dsn(), autocommit=autocommit)
