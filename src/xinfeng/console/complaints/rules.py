"""Limits with their sources, deadlines, and when a campaign is paused."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xinfeng.complaints import settings
from xinfeng.complaints.settings import CONSEQUENCES, OPT_OUT_SOURCE, Rules, Threshold
from xinfeng.console.complaints.labels import CONSEQUENCES as CONSEQUENCE_WORDS
from xinfeng.console.complaints.labels import SOURCES, tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import InvalidInput, NotAllowed


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("complaint.view")
def page(request: HttpRequest) -> HttpResponse:
    can_set = may(request.user, "complaint.handle")
    rules, fault = settings.current(), ""
    if request.method == "POST":
        if not can_set:
            raise NotAllowed("permission.missing", permission="complaint.handle")
        try:
            rules = _stated(request.POST, rules)
            settings.save(rules, actor=request.user.get_username())
        except InvalidInput as error:
            fault = sentence(error)
        else:
            messages.success(request, _("已保存，马上生效。"))
            return redirect("complaints.rules")
    english = (get_language() or "").startswith("en")
    context = {
        "tabs": tabs(request),
        "rules": rules,
        "confidence": f"{rules.confidence * 100:g}",
        "opt_out_percent": f"{rules.opt_out_percent:g}",
        "opt_out_source": OPT_OUT_SOURCE[english],
        "fault": fault,
        "can_set": can_set,
        "workdays": [(code, words, rules.workdays_of(code)) for code, words in SOURCES.items()],
        "thresholds": [
            (
                at,
                one,
                f"{one.per_million:g}",
                (one.label_en if english else "") or one.label,
                (one.source_en if english else "") or one.source,
            )
            for at, one in enumerate(rules.thresholds)
        ],
        "consequences": [(code, CONSEQUENCE_WORDS[code][0]) for code in CONSEQUENCES],
    }
    return render(request, "complaints/rules.html", context, status=422 if fault else 200)


def _stated(given: QueryDict, rules: Rules) -> Rules:
    """The rules as the form says. Raises InvalidInput `complaint.rules`."""
    thresholds = [
        replace(
            one,
            per_million=_number(given.get(f"limit-{at}", ""), "per_million"),
            consequence=given.get(f"consequence-{at}", one.consequence),
            enabled=bool(given.get(f"enabled-{at}")),
        )
        for at, one in enumerate(rules.thresholds)
        if not given.get(f"remove-{at}")
    ]
    if given.get("new-label", "").strip():
        thresholds.append(_new(given, thresholds))
    changed = replace(
        rules,
        workdays={code: int(_number(given.get(f"days-{code}", ""), "workdays")) for code in SOURCES},
        look_back_days=int(_number(given.get("look_back_days", ""), "look_back_days")),
        window_days=int(_number(given.get("window_days", ""), "window_days")),
        at_least=int(_number(given.get("at_least", ""), "at_least")),
        confidence=_number(given.get("confidence", ""), "confidence") / 100,
        counts=given.get("counts", rules.counts),
        pauses=bool(given.get("pauses")),
        opt_out_pauses=bool(given.get("opt_out_pauses")),
        opt_out_at_least=int(
            _number(given.get("opt_out_at_least", str(rules.opt_out_at_least)), "opt_out_at_least")
        ),
        opt_out_percent=_number(given.get("opt_out_percent", str(rules.opt_out_percent)), "opt_out_percent"),
        thresholds=tuple(thresholds),
    )
    settings.check(changed)
    return changed


def _new(given: QueryDict, known: list[Threshold]) -> Threshold:
    label = given.get("new-label", "").strip()
    keys = {one.key for one in known}
    number = next(n for n in range(1, 1000) if f"own_{n}" not in keys)
    return Threshold(
        key=f"own_{number}",
        label=label,
        label_en="",
        per_million=_number(given.get("new-limit", ""), "per_million"),
        consequence=given.get("new-consequence", "alarm"),
        source=given.get("new-source", "").strip(),
        source_en="",
        as_of=given.get("new-as-of", "").strip(),
    )


def _number(text: str, field: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InvalidInput("complaint.rules", field=field) from None
    if not -1e9 < value < 1e9:
        raise InvalidInput("complaint.rules", field=field)
    return value
