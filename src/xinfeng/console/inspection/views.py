"""The account of a period. The page comes at once; each part is fetched by itself, so a slow sum holds nothing up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.complaints.models import Source
from xinfeng.console.components import Stat
from xinfeng.console.inspection.asking import address, asked_for, form_for, tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.foundation import seal_checks, seals
from xinfeng.foundation.signing import signer
from xinfeng.inspection import account, sampling, volume
from xinfeng.inspection.period import Scope
from xinfeng.inspection.words import FAULT_WORDS, GAPS, name_of
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import utc_now

PARTS = (
    "volume",
    "outcomes",
    "consents",
    "opt_outs",
    "complaints",
    "approvals",
    "filings",
    "requests",
    "audit",
    "sample",
)
SAMPLE = 10


@require_safe
@allowed("inspection.view")
def page(request: HttpRequest) -> HttpResponse:
    """The frame of the account; its parts follow."""
    asked = asked_for(request)
    context = {
        "tabs": tabs("inspection", request.user),
        "asked": asked,
        "form": form_for(asked),
        "query": address(asked),
        "may_export": may(request.user, "inspection.export"),
    }
    return render(request, "inspection/page.html", context)


@require_safe
@allowed("inspection.view")
def part(request: HttpRequest, name: str) -> HttpResponse:
    """One part of the account. Raises NotFound `inspection.part`."""
    if name not in PARTS:
        raise NotFound("inspection.part", name=name)
    asked = asked_for(request)
    context = {"asked": asked, "query": address(asked), **_BUILDERS[name](request, asked)}
    return render(request, f"inspection/{name}.html", context)


def word(code: str, kind: str = "") -> str:
    """A code in the reader's language."""
    words = name_of(code, kind)
    return words[(get_language() or "").startswith("en")] if words else code


def _volume(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    found, left = volume.volume(asked), volume.left_out(asked)
    rows = reverse("inspection.messages")
    return {
        "found": found,
        "left": left,
        "stats": [
            Stat(_("短信"), num(found.messages), url=rows + address(asked)),
            Stat(_("计费条"), num(found.parts)),
            Stat(_("被关卡排除"), num(left.contacts), hint=_("人次")),
            Stat(
                _("其中未成年人"),
                num(left.minors),
                url=_left_out(asked, "minor") if left.minors else "",
                hint=_("已知未满 18 岁，不发营销短信"),
            ),
        ],  # fmt: skip
        "days": {
            "kind": "bar",
            "x": [line.key[5:] for line in found.by_day],
            "series": [
                {"name": str(_("短信")), "data": [line.messages for line in found.by_day], "tone": "accent"}
            ],
        },
        "channels": found.by_channel,
        "purposes": [
            (word(one.key), one, rows + address(asked, purpose=one.key)) for one in found.by_purpose
        ],
        "carriers": [
            (word(one.key, "carrier"), one, rows + address(asked, carrier=one.key))
            for one in found.by_carrier
        ],
        "reasons": [(word(code, "reason"), n, _left_out(asked, code)) for code, n in left.by_reason],
    }


def _left_out(asked: Scope, reason: str) -> str:
    return reverse("inspection.left_out") + address(asked, reason=reason)


def _outcomes(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    found = volume.outcomes(asked)
    tones = {"delivered": "good", "failed": "bad", "uncertain": "warn", "accepted": "accent"}
    rows = reverse("inspection.messages")
    lines = [
        (word(state), n, tones.get(state, "neutral"), rows + address(asked, state=state))
        for state, n in found.by_state.items()
    ]
    return {"found": found, "lines": lines}


def _consents(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    found = volume.consents(asked)
    rows = reverse("inspection.messages")
    lines = [(one, rows + address(asked, source=one.source)) for one in found.by_source]
    return {
        "found": found,
        "lines": lines[:50],
        "unproven": found.messages - found.proven - found.missing,
        "unproven_url": rows + address(asked, proven="no"),
        "missing_url": rows + address(asked, proven="missing"),
    }


def _opt_outs(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    found = account.opt_outs(asked)
    return {"found": found, "after": found.sent_after[:20]}


def _complaints(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    found = account.complaints(asked, now=utc_now())
    labels = dict(Source.choices)
    return {"found": found, "sources": [(labels.get(source, source), n) for source, n in found.by_source]}


def _approvals(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    found = account.approvals(asked)
    return {"found": found, "reviews": [(word(state), n) for state, n in found.reviews]}


def _filings(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    found = account.filings(asked)
    lacking = [(one, word(str(one.carrier), "carrier"), word(one.state)) for one in found.lacking]
    in_force = len(found.signatures) - len(found.lacking)
    return {"found": found, "lacking": lacking[:50], "in_force": in_force}


def _requests(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    return {"lines": [(word(one.kind), one) for one in account.requests(asked, now=utc_now())]}


def _audit(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    return {"head": seals.head(), "key": signer(), **chain_state()}


def chain_state() -> dict[str, Any]:
    """The last check of the audit log, in words."""
    last = seal_checks.last_check()
    fault = FAULT_WORDS.get(last.fault) if last is not None and last.fault else None
    return {"last": last, "fault": fault[(get_language() or "").startswith("en")] if fault else ""}


def _sample(request: HttpRequest, asked: Scope) -> dict[str, Any]:
    seed = request.GET.get("seed", "").strip()[:40] or f"{asked.first}/{asked.last}"
    size = request.GET.get("n", "")
    count = int(size) if size.isascii() and size.isdigit() and len(size) < 4 else SAMPLE
    drawn = sampling.sample(asked, count=count, seed=seed)
    english = (get_language() or "").startswith("en")
    rows = [(one, word(one.state), [GAPS[gap][english] for gap in one.gaps]) for one in drawn]
    return {"rows": rows, "seed": seed, "count": count, "lacking": sum(1 for one in drawn if one.gaps)}


_BUILDERS: dict[str, Callable[[HttpRequest, Scope], dict[str, Any]]] = {
    "volume": _volume,
    "outcomes": _outcomes,
    "consents": _consents,
    "opt_outs": _opt_outs,
    "complaints": _complaints,
    "approvals": _approvals,
    "filings": _filings,
    "requests": _requests,
    "audit": _audit,
    "sample": _sample,
}
