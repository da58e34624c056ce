"""The plan with its budget, and the lists that are being asked about."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.console.components import Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.numbers.labels import QUESTIONS, RUN_STATES, WHYS, fault_words, tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.hygiene import reads
from xinfeng.hygiene import runs as hygiene_runs
from xinfeng.hygiene.jobs import revalidate
from xinfeng.hygiene.models import LookupRun, RunState
from xinfeng.hygiene.settings import PlanSettings, change_plan, plan_settings
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.money import LI_PER_FEN, yuan

_MOST = 10**9


@dataclass(frozen=True)
class Shown:
    """A run as the page shows it."""

    run: LookupRun

    @property
    def why(self) -> Text:
        return WHYS.get(self.run.why, self.run.why)

    @property
    def question(self) -> Text:
        return QUESTIONS.get(self.run.question, self.run.question)

    @property
    def state(self) -> tuple[Text, str]:
        return RUN_STATES[self.run.state]

    @property
    def fault(self) -> Text:
        return fault_words(self.run)

    @property
    def done(self) -> int:
        return self.run.answered + self.run.unanswered

    @property
    def lost(self) -> int:
        """Under way when a process died; none while it runs."""
        return self.run.asked - self.done if self.run.finished_at else 0

    @property
    def cost(self) -> str:
        return yuan(-(-self.run.cost_li // LI_PER_FEN))

    @property
    def can_stop(self) -> bool:
        return self.run.finished_at is None and self.run.state in (RunState.RUNNING, RunState.WAITING)

    @property
    def can_resume(self) -> bool:
        return self.run.finished_at is None and self.run.state in (RunState.STOPPED, RunState.WAITING)


@require_safe
@allowed("number.view")
def runs(request: HttpRequest) -> HttpResponse:
    shown = [Shown(run) for run in reads.recent_runs()]
    context = {
        "tabs": tabs("numbers.runs"),
        "runs": shown,
        "live": any(one.can_stop for one in shown),
        "settings": plan_settings(),
        "empty": Empty(
            _("还没有检测过号码"),
            _("启用一个服务商之后，系统每天自动复核一份，最久没有消息的先来。"),
            _("看服务商"),
            reverse("numbers.providers"),
            "list-search",
        ),
    }
    template = "numbers/run_rows.html" if wants_fragment(request) else "numbers/runs.html"
    return render(request, template, context)


@require_POST
@allowed("number.edit")
def go(request: HttpRequest) -> HttpResponse:
    """Do today's share now, not at the next fifth minute."""
    with suppress(AlreadyEnqueued), transaction.atomic():  # it waits for its turn already
        revalidate.defer(timestamp=0)
    messages.success(request, gettext("已开始；已经查过的号码不会重复查询。"))
    return redirect("numbers.runs")


@require_POST
@allowed("number.edit")
def switch(request: HttpRequest, run_id: int) -> HttpResponse:
    actor = request.user.get_username()
    if request.POST.get("to") == "stop":
        hygiene_runs.stop_run(run_id, actor=actor)
        messages.success(request, gettext("已停止，还没有查询的号码不再查询。"))
    else:
        hygiene_runs.resume_run(run_id, actor=actor)
        messages.success(request, gettext("继续查询，几分钟内开始。"))
    return redirect("numbers.runs")


class PlanForm(forms.Form):
    """Amounts in yuan here, in fen below."""

    enabled = forms.BooleanField(label=_("每天自动复核"), required=False)
    target_percent = forms.IntegerField(
        label=_("每季度至少复核"),
        min_value=1,
        max_value=100,
        help_text=_("占有号码的客户。送达回执也算一次复核。"),
    )
    cool_down_days = forms.IntegerField(
        label=_("同一号码间隔"),
        min_value=1,
        max_value=365,
        help_text=_("这么多天内不再查询同一个号码；服务商会拒绝频繁查询。"),
    )
    per_day = forms.IntegerField(
        label=_("每天最多查询"), min_value=0, max_value=_MOST, help_text=_("0 表示不限。")
    )
    per_month = forms.IntegerField(
        label=_("每月最多查询"), min_value=0, max_value=_MOST, help_text=_("0 表示不限。")
    )
    per_day_yuan = forms.DecimalField(
        label=_("每天最多花费"), min_value=0, max_value=10**7, decimal_places=2, help_text=_("0 表示不限。")
    )
    per_month_yuan = forms.DecimalField(
        label=_("每月最多花费"), min_value=0, max_value=10**7, decimal_places=2, help_text=_("0 表示不限。")
    )

    def settings(self) -> PlanSettings:
        given = dict(self.cleaned_data)
        for span in ("day", "month"):
            given[f"per_{span}_fen"] = int(given.pop(f"per_{span}_yuan") * 100)
        return PlanSettings(**given)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("number.view")
def page(request: HttpRequest) -> HttpResponse:
    now = plan_settings()
    initial: dict[str, Any] = {
        name: getattr(now, name) for name in PlanForm.base_fields if hasattr(now, name)
    }
    initial |= {
        f"per_{span}_yuan": Decimal(getattr(now, f"per_{span}_fen")) / 100 for span in ("day", "month")
    }
    form = PlanForm(_posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_plan(form.settings(), actor=request.user.get_username())
        except XinfengError as fault:
            show_fault(form, fault)
        else:
            messages.success(request, gettext("已保存。今天还没有开始的份额按新的计划和预算。"))
            return redirect("numbers.plan")
    context = {"form": form, "tabs": tabs("numbers.plan"), "may_edit": may(request.user, "settings.edit")}
    return render(request, "numbers/plan.html", context)


def _posted(request: HttpRequest) -> Any:
    if request.method != "POST":
        return None
    if not may(request.user, "settings.edit"):
        raise NotAllowed("permission.missing", permission="settings.edit")
    return request.POST
