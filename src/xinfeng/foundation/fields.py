"""Column types that PostgreSQL has and Django lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _IntField = models.Field[int, int]
else:
    _IntField = models.Field


class Xid8Field(_IntField):
    """The transaction that wrote the row last. The lens reads what has committed since its last look by it.

    Filled by the database: a default on insert, a trigger (`migrations.TouchXid`) on update.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        kwargs["db_default"] = models.Func(function="pg_current_xact_id", template="%(function)s()")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        kwargs.pop("db_default", None)
        return name, path, args, kwargs

    def db_type(self, connection: Any) -> str:
        return "xid8"
