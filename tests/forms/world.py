"""Forms in a world: a published one, somebody who fills it in, time that passes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from tests.factories import phone

from xinfeng.consent.models import Notice
from xinfeng.forms import guards
from xinfeng.forms.actions import Attempt, Begun, begin_submission, create_form, publish, save_draft
from xinfeng.forms.models import Form
from xinfeng.forms.submissions import shown, token_key

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
READ_FOR = timedelta(seconds=30)
_serial = itertools.count(1)

LONG_NOTICE = "信风商城（电话 400-000-0000）将用您的手机号发送优惠短信，每月不超过 4 条，期限 24 个月。回复 R 即可退订，退订后立即停止。"


def notice(purpose: str = "marketing", text: str = LONG_NOTICE) -> Notice:
    return Notice.objects.create(
        key=f"n{next(_serial)}",
        version="1",
        purpose=purpose,
        text=text,
        effective_at=NOW - timedelta(days=30),
    )


def box(purpose: str = "marketing") -> dict[str, Any]:
    return {
        "purpose": purpose,
        "label": {"zh-hans": f"同意{purpose}"},
        "notices": {"zh-hans": notice(purpose).pk},
    }


def design(**changes: Any) -> dict[str, Any]:
    fields = [{"key": "phone"}, {"key": "name"}, {"key": "birthday"}]
    return {
        "title": {"zh-hans": "双十一抽奖"},
        "fields": fields,
        "boxes": [box()],
        "with_code": False,
        "privacy_url": "https://example.com/privacy",
        **changes,
    }


def make_form(*, now: datetime = NOW, kind: str = "sign_up", name: str = "报名", **changes: Any) -> Form:
    """A published form."""
    form = draft_form(now=now, kind=kind, name=name, **changes)
    publish(form.pk, codes_ready=True, actor="li", now=now)
    form.refresh_from_db()
    return form


def draft_form(*, now: datetime = NOW, kind: str = "sign_up", name: str = "报名", **changes: Any) -> Form:
    form = create_form(slug=f"form-{next(_serial)}", name=name, kind=kind, actor="li", now=now)
    save_draft(form.pk, design(**changes), now=now)
    form.refresh_from_db()
    return form


def lottery(*prizes: Mapping[str, Any]) -> dict[str, Any]:
    return {"lottery": True, "prizes": list(prizes)}


def prize(key: str = "p1", kind: str = "gift", **changes: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "name": {"zh-hans": f"奖品{key}"}, **changes}


def token_for(form: Form, *, now: datetime = NOW) -> str:
    """What a page carries that was opened a while before `now`."""
    assert form.current_id is not None
    return guards.mint(form.current_id, key=token_key(), now=now - READ_FOR)


def submit(
    form: Form,
    number: str | None = None,
    *,
    ticked: Sequence[str] = ("marketing",),
    now: datetime = NOW,
    token: str | None = None,
    address: str | None = None,
    **answers: Any,
) -> Begun:
    """Fill a form in and send it, from an address of one's own."""
    given = {"phone": [number or phone()], **{key: [value] for key, value in answers.items()}}
    attempt = Attempt(
        token=token or token_for(form, now=now),
        given=given,
        ticked=ticked,
        address=address or f"10.1.{next(_serial) // 250}.{next(_serial) % 250}",
    )
    return begin_submission(shown(form.slug), attempt, now=now)


def ask(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [tuple(row) for row in cursor.fetchall()]


def one(statement: str, *params: Any) -> Any:
    [[value]] = ask(statement, *params)
    return value
