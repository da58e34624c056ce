"""How people sign in and for how long: the settings of it, kept in the database and changed in the console.

Sources of the defaults. OWASP ASVS 4.0.3: 2.1.1 (at least 12 characters), 3.3.2 (sign in again after 12 hours, or
after 30 minutes of silence), 4.3.1 (administration asks for a second factor). GB/T 22239—2019, 8.1.4.1: lock-out,
time-outs and two combined factors, one of them cryptographic; 8.1.4.2: accounts nobody uses are disabled in time.
The standard also asks that passwords be changed "regularly" without a number; NIST SP 800-63B 5.1.1.2 and ASVS
2.1.10 advise against changing them without a reason. So a largest age exists and is off until somebody sets it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from xinfeng.foundation import audit, stored
from xinfeng.foundation.models import Role
from xinfeng.kernel.errors import InvalidInput

KEY = "security"

PRIVILEGED: frozenset[str] = frozenset(
    {Role.ADMINISTRATOR.value, Role.COMPLIANCE.value, Role.REVIEWER.value, Role.DEVELOPER.value}
)
"""Roles that may reveal, approve, hand out keys or administer."""

RANGES: dict[str, tuple[int, int]] = {
    "prove_minutes": (1, 240),
    "idle_minutes": (5, 12 * 60),
    "privileged_idle_minutes": (5, 12 * 60),
    "life_hours": (1, 7 * 24),
    "most_sessions": (1, 100),
    "password_days": (0, 3650),
    "stale_days": (7, 3650),
    "reason_from_rows": (1, 1_000_000_000),
}
"""Lowest and highest of every number."""


@dataclass(frozen=True)
class SecuritySettings:
    """`prove_minutes`: how long a password or code that was just given counts for what is sensitive.

    `idle_minutes` and `privileged_idle_minutes`: a session ends after so much silence; `life_hours`: and after so
    much time in any case. `most_sessions`: of one person at the same time. `password_days`: largest age of a
    password, 0 for none. `stale_days`: an account nobody signed in to for so long is pointed out, and switched off
    with `disable_stale`. `reason_from_rows`: an export with more rows asks for a reason.
    """

    second_factor_roles: tuple[str, ...] = tuple(sorted(PRIVILEGED))
    prove_minutes: int = 15
    idle_minutes: int = 60
    privileged_idle_minutes: int = 30
    life_hours: int = 12
    most_sessions: int = 5
    password_days: int = 0
    stale_days: int = 90
    disable_stale: bool = False
    reason_from_rows: int = 1000

    def idle_s(self, role: str) -> int:
        """How long a session of this role may be silent, in seconds."""
        minutes = self.privileged_idle_minutes if role in PRIVILEGED else self.idle_minutes
        return minutes * 60

    def asks_second_factor(self, role: str) -> bool:
        return role in self.second_factor_roles


def current() -> SecuritySettings:
    """What is in force."""
    said: dict[str, Any] = stored.read(KEY, {})
    known = {name: said[name] for name in SecuritySettings.__dataclass_fields__ if name in said}
    if "second_factor_roles" in known:
        known["second_factor_roles"] = tuple(known["second_factor_roles"])
    return SecuritySettings(**known)


def save(settings: SecuritySettings, *, actor: str) -> None:
    """Raises InvalidInput `security.range` (name, lowest, highest) or `user.role`. Audited with what changed."""
    for name, (lowest, highest) in RANGES.items():
        if not lowest <= getattr(settings, name) <= highest:
            raise InvalidInput("security.range", name=name, lowest=lowest, highest=highest)
    for role in settings.second_factor_roles:
        if role not in Role.values:
            raise InvalidInput("user.role", role=role, known=", ".join(Role.values))
    with transaction.atomic():
        before, after = asdict(current()), asdict(settings)
        changed = {name: value for name, value in after.items() if before[name] != value}
        if changed:
            stored.write(KEY, after, actor=actor)
            audit.record(actor=actor, action="security.save", kind="setting", subject=KEY, changed=changed)
