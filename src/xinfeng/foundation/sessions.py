"""Who is signed in, where, since when; and when that ends.

A session ends after some silence and after a whole day's work in any case (`foundation.security`), when its owner or
an administrator ends it, when the owner signs in more often than may be, and when her password, role or activity
changes. What a request must know lies in the session itself, which is read anyway; the table is for lists, and is
written once a minute at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from xinfeng.foundation import audit, security
from xinfeng.foundation.models import LoginSession, User
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import utc_now

STAMP = "xf"
MUST = "xf_must"
"""In a session: what its owner has to do before anything else, `password` or `second_factor`."""
SEEN_EVERY_S = 60
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a session says about itself; times are seconds since 1970."""

    id: int
    begun: int
    seen: int
    proved: int
    idle_s: int
    life_s: int

    def is_over(self, now: datetime) -> bool:
        at = now.timestamp()
        return at >= self.begun + self.life_s or at >= self.seen + self.idle_s

    def counts_as_proof(self, minutes: int, now: datetime) -> bool:
        """Whether the password or a code was given within these minutes."""
        return now.timestamp() - self.proved < minutes * 60


@dataclass(frozen=True)
class Seat:
    """One session as lists show it."""

    id: int
    user_id: int
    begun_at: datetime
    seen_at: datetime
    address: str
    device: str


def stamp_of(session: SessionBase) -> Stamp | None:
    """None: nobody is signed in, or was before sessions were stamped; neither may go on."""
    said: dict[str, int] | None = session.get(STAMP)
    return None if said is None else Stamp(**said)


def seen(session: SessionBase, *, now: datetime) -> None:
    """Note that its owner is there; writes once a minute at most."""
    stamp = stamp_of(session)
    at = int(now.timestamp())
    if stamp is None or at - stamp.seen < SEEN_EVERY_S:
        return
    _change(session, seen=at)
    LoginSession.objects.filter(pk=stamp.id).update(seen_at=now)


def proved(session: SessionBase, *, now: datetime) -> None:
    """Its owner has just given her password or a code: a new key for the session, and trust for a while."""
    session.cycle_key()
    _change(session, proved=int(now.timestamp()))
    follow(session)


def follow(session: SessionBase) -> None:
    """The session has a new key: keep it in the list."""
    stamp = stamp_of(session)
    if stamp is not None and session.session_key:
        LoginSession.objects.filter(pk=stamp.id).update(key=session.session_key)


def seats(user_ids: Iterable[int] | None = None) -> list[Seat]:
    """Sessions of these people, or of everybody; who was seen last comes first."""
    found = LoginSession.objects.order_by("-seen_at", "-id")
    if user_ids is not None:
        found = found.filter(user_id__in=list(user_ids))
    living = set(
        Session.objects.filter(session_key__in=found.values("key"), expire_date__gt=utc_now()).values_list(
            "session_key", flat=True
        )
    )
    return [
        Seat(one.pk, one.user_id, one.begun_at, one.seen_at, one.address or "", one.device)
        for one in found[:1000]
        if one.key in living
    ]


def end(seat_id: int, *, actor: str, owner: int | None = None) -> None:
    """End one session; with `owner`, only of that person. Raises NotFound `session.unknown`."""
    with transaction.atomic():
        found = LoginSession.objects.select_for_update().filter(pk=seat_id)
        row = found.filter(user_id=owner).first() if owner is not None else found.first()
        if row is None:
            raise NotFound("session.unknown")
        audit.record(actor=actor, action="session.end", kind="user", subject=row.user_id, sessions=1)
        _remove([row])


def end_all(user_id: int, *, actor: str, why: str, but: int | None = None) -> int:
    """End the sessions of a person, all or all but one; returns how many there were."""
    with transaction.atomic():
        rows = list(LoginSession.objects.select_for_update().filter(user_id=user_id).exclude(pk=but or 0))
        if rows:
            audit.record(
                actor=actor, action="session.end", kind="user", subject=user_id, sessions=len(rows), why=why
            )
            _remove(rows)
    return len(rows)


def forget_over(*, now: datetime) -> int:
    """Remove what has ended by itself; returns how many rows."""
    Session.objects.filter(expire_date__lt=now).delete()
    over = LoginSession.objects.filter(begun_at__lt=now - timedelta(minutes=5)).exclude(
        key__in=Session.objects.values("session_key")
    )
    return over.delete()[0]


def device_words(agent: str) -> str:
    """`Chrome · Windows` of a User-Agent; a guess that helps to know one's own devices again."""
    found = [next((name for sign, name in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, found)) or agent[:60]


def _begin(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    now = utc_now()
    rules = security.current()
    session = request.session
    if not session.session_key:
        session.create()
    with transaction.atomic():
        row = LoginSession.objects.create(
            user=user,
            key=session.session_key or "",
            begun_at=now,
            seen_at=now,
            address=request.META.get("REMOTE_ADDR") or None,
            device=request.META.get("HTTP_USER_AGENT", "")[:200],
        )
        older = LoginSession.objects.filter(user=user).order_by("-begun_at", "-id")
        _remove(older[rules.most_sessions :])
    at = int(now.timestamp())
    stamp = Stamp(row.pk, at, at, at, rules.idle_s(user.role), rules.life_hours * 3600)
    _write(session, stamp)


def _leave(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    stamp = stamp_of(request.session)
    if stamp is not None:
        LoginSession.objects.filter(pk=stamp.id).delete()
        if user is not None:
            audit.record(actor=user.username, action="logout", kind="user", subject=user.pk)


def _remove(rows: Iterable[LoginSession]) -> None:
    gone = list(rows)
    Session.objects.filter(session_key__in=[row.key for row in gone]).delete()
    LoginSession.objects.filter(pk__in=[row.pk for row in gone]).delete()


def _change(session: SessionBase, **news: int) -> None:
    stamp = stamp_of(session)
    if stamp is not None:
        _write(session, replace(stamp, **news))


def _write(session: SessionBase, stamp: Stamp) -> None:
    """Cookie and row lapse when the session does."""
    session[STAMP] = asdict(stamp)
    until = min(stamp.begun + stamp.life_s, stamp.seen + stamp.idle_s)
    session.set_expiry(datetime.fromtimestamp(until, UTC))


user_logged_in.connect(_begin, dispatch_uid="xinfeng session begins")
user_logged_out.connect(_leave, dispatch_uid="xinfeng session ends")
