"""The matrix of permissions as it is in force, on one page that can be printed; and who holds which role."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from xinfeng.console import permissions
from xinfeng.console.permissions import ALL, PROVEN, ROLE_LABELS, ROLES, allowed
from xinfeng.console.preferences.permission_words import DESCRIPTIONS, GROUPS, ROLE_WORDS
from xinfeng.console.preferences.tabs import tabs
from xinfeng.foundation import people, security
from xinfeng.foundation.models import User
from xinfeng.kernel.time import utc_now


@dataclass(frozen=True)
class Row:
    """One permission: what it allows, in a sentence, and which roles have it. `proven`: asked again before."""

    label: Promise | str
    description: Promise | str
    marks: list[bool]
    proven: bool


@dataclass(frozen=True)
class RoleColumn:
    """One role: who holds it, how much it may do."""

    label: Promise | str
    words: Promise | str
    holders: list[User]
    permissions: int
    second_factor: bool


@require_safe
@allowed("settings.view")
def page(request: HttpRequest) -> HttpResponse:
    held, rules = people.roles_held(), security.current()
    groups = [
        (title, [_row(name, label) for name, label in names.items()]) for title, names in GROUPS.items()
    ]
    columns = [
        RoleColumn(
            permissions.role_label(role),
            ROLE_WORDS[role],
            held.get(role, []),
            len(ROLES[role]),
            rules.asks_second_factor(role),
        )
        for role in ROLE_LABELS
    ]
    context = {
        "roles": columns,
        "groups": groups,
        "count": len(ALL),
        "at": utc_now(),
        "tabs": tabs("settings.roles"),
    }
    return render(request, "preferences/roles.html", context)


def _row(name: str, label: Promise) -> Row:
    marks = [name in ROLES[role] for role in ROLE_LABELS]
    return Row(label, DESCRIPTIONS.get(name, ""), marks, name in PROVEN)
