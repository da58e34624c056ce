"""New recovery codes are shown once, after a redirect: reloading the page makes no others and shows none.

Between the answer that made them and the page that shows them they lie sealed in the session, for minutes at most.
"""

from __future__ import annotations

import base64
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xinfeng.console.account.duties import account_of
from xinfeng.foundation import second_factor
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.time import utc_now

KEPT = "xf_new_codes"
KEPT_S = 300


def hand_over(request: HttpRequest, codes: list[str], *, first: bool) -> HttpResponse:
    """Lead to the page that shows these codes. `first`: they came with the second factor itself."""
    sealed = vault().seal(Kind.TOTP, "\n".join(codes))
    request.session[KEPT] = {
        "sealed": base64.b64encode(sealed).decode("ascii"),
        "user": account_of(request).pk,
        "at": int(utc_now().timestamp()),
        "first": first,
    }
    return redirect("account.codes")


def show(request: HttpRequest) -> HttpResponse:
    """The codes that wait to be shown; afterwards, or where others have been made since, a word that they are gone."""
    codes: list[str] = []
    kept: dict[str, Any] = {}
    if request.method == "GET":
        kept = request.session.pop(KEPT, None) or {}
        codes = _opened(request, kept)
    context = {"codes": codes, "first": bool(codes) and kept["first"], "plain": "\n".join(codes)}
    return render(request, "account/codes.html", context)


def _opened(request: HttpRequest, kept: dict[str, Any]) -> list[str]:
    user = account_of(request)
    if not kept or kept["user"] != user.pk or utc_now().timestamp() - kept["at"] > KEPT_S:
        return []
    codes = vault().open(Kind.TOTP, base64.b64decode(kept["sealed"])).split("\n")
    return codes if second_factor.is_good(user, codes[0]) else []
