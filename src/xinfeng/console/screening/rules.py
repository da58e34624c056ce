"""The rules: what each finds, from which clause, and what the deployment made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Column, Crumb, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.marking import OUTCOMES, Marked, mark
from xinfeng.console.permissions import allowed, may
from xinfeng.console.screening.labels import CATEGORIES, CHANGES, PURPOSES, TRADES
from xinfeng.console.screening.tabs import tabs
from xinfeng.foundation import settings
from xinfeng.kernel.errors import NotAllowed, NotFound, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.screening import actions, reads
from xinfeng.screening.engine import Screener
from xinfeng.screening.reads import RuleNow
from xinfeng.screening.rules import Rule
from xinfeng.screening.ruleset import may_change, ruleset_on

COLUMNS = (
    Column("rule", gettext_lazy("规则")),
    Column("outcome", gettext_lazy("结果")),
    Column("law", gettext_lazy("依据"), hide_on_phone=True),
    Column("since", gettext_lazy("生效日期"), hide_on_phone=True),
)
FILTERS = (
    Filter("category", gettext_lazy("类别"), tuple(CATEGORIES.items())),
    Filter("outcome", gettext_lazy("结果"), tuple((key, label) for key, (label, _tone) in OUTCOMES.items())),
    Filter("changed", gettext_lazy("改动"), (("yes", gettext_lazy("改动过的")),)),
)
_SHOWN_WORDS = 60


@dataclass(frozen=True)
class Shown:
    """A rule for one reader."""

    now: RuleNow
    language: str

    @property
    def id(self) -> str:
        return self.now.rule.id

    @property
    def title(self) -> str:
        return self.now.rule.title(self.language)

    @property
    def law(self) -> str:
        return self.now.rule.cited(self.language)

    @property
    def category(self) -> Text:
        return CATEGORIES.get(self.now.rule.category, self.now.rule.category)

    @property
    def outcome(self) -> tuple[Text, Tone]:
        """What it does now, after the deployment's change."""
        change = self.now.override.change if self.now.override else ""
        if change == "off":
            return _("已停用"), "neutral"
        return OUTCOMES[change or self.now.rule.outcome]

    @property
    def shipped_outcome(self) -> tuple[Text, Tone]:
        return OUTCOMES[self.now.rule.outcome]


@require_safe
@allowed("screening.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every rule that ships."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, sort="")
    found = [one for one in reads.rules_now(utc_now()) if _wanted(one, query)]
    shown = [Shown(one, _language()) for one in found[query.offset : query.offset + query.per_page]]
    table = Table(
        id="rules",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(shown, total=len(found)),
        row_template="screening/rule_row.html",
        search_label=gettext_lazy("搜索词、规则或条文"),
        empty=Empty(_("没有这样的规则"), _("换一个词或筛选条件试试。"), icon="scale"),
    )
    return answer_with_table(request, "screening/rules.html", table, {"tabs": tabs("screening")})


def _wanted(one: RuleNow, query: Query) -> bool:
    rule, given = one.rule, query.filters
    now = one.override.change if one.override else str(rule.outcome)
    if given["category"] and rule.category != given["category"]:
        return False
    if given["outcome"] and now != given["outcome"]:
        return False
    if given["changed"] and one.override is None:
        return False
    needle = query.search.strip().lower()
    return not needle or any(needle in text.lower() for text in _searched(rule))


def _searched(rule: Rule) -> tuple[str, ...]:
    return (
        rule.id,
        rule.title_zh,
        rule.title_en,
        rule.law.zh,
        rule.law.en,
        rule.message_zh,
        *rule.words,
        *rule.disguised,
        *rule.domains,
        *(trigger for pattern in rule.patterns for trigger in pattern.triggers),
    )


class OverrideForm(forms.Form):
    """What to make of a rule, and why."""

    change = forms.ChoiceField(label=gettext_lazy("改动"))
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=actions.LONGEST_REASON,
        help_text=gettext_lazy("写给审计看：依据是什么，谁同意的。"),
    )
    until = forms.DateField(
        label=gettext_lazy("最后一天"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("不填就一直有效，直到恢复。"),
    )

    def __init__(self, rule: Rule, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(key, label) for key, label in CHANGES.items() if may_change(rule, key)]
        self.fields["change"].choices = choices  # type: ignore[attr-defined]


FIELD_OF_CODE = {"screening.reason": "reason", "screening.until": "until", "screening.change": "change"}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("screening.view")
def one(request: HttpRequest, rule_id: str) -> HttpResponse:
    """One rule: clause, words, examples, the deployment's change and its history."""
    now = utc_now()
    found = next((one for one in reads.rules_now(now) if one.rule.id == rule_id), None)
    if found is None:
        raise NotFound("screening.rule_unknown", rule=rule_id)
    rule = found.rule
    form = OverrideForm(rule, request.POST or None)
    if request.method == "POST":
        if not may(request.user, "screening.edit"):
            raise NotAllowed("permission.missing", permission="screening.edit")
        if form.is_valid() and _override(request, rule, form, now):
            return redirect("screening.rule", rule_id)
    return render(request, "screening/rule.html", _context(request, found, form))


def _override(request: HttpRequest, rule: Rule, form: OverrideForm, now: datetime) -> bool:
    last = form.cleaned_data["until"]
    zone = settings.load().zone
    until = datetime.combine(last + timedelta(days=1), time(), zone) if last else None
    try:
        actions.override_rule(
            rule.id,
            change=form.cleaned_data["change"],
            reason=form.cleaned_data["reason"],
            actor=request.user.get_username(),
            now=now,
            until=until,
        )
    except XinfengError as fault:
        show_fault(form, fault, FIELD_OF_CODE)
        return False
    messages.success(request, _("已改动。从现在起新的检查按改动后的规则，以前的结论不变。"))
    return True


def _context(request: HttpRequest, found: RuleNow, form: OverrideForm) -> dict[str, Any]:
    rule = found.rule
    return {
        "rule": rule,
        "shown": Shown(found, _language()),
        "message": rule.message(_language()).replace("{matched}", "…"),
        "suggestion": rule.suggestion(_language()),
        "override": found.override,
        "change": CHANGES.get(found.override.change, "") if found.override else "",
        "in_force": found.in_force,
        "words": rule.words[:_SHOWN_WORDS],
        "more": max(0, len(rule.words) - _SHOWN_WORDS),
        "patterns": len(rule.patterns),
        "trades": [TRADES[one] for one in rule.trades],
        "exempt": [TRADES[one] for one in rule.exempt_trades],
        "purposes": [PURPOSES[one] for one in rule.purposes],
        "replacements": list(rule.replacements.items()),
        "hits": [_example(rule, text) for text in rule.hits],
        "passes": rule.passes,
        "history": [(one, CHANGES.get(one.change, one.change)) for one in reads.overrides_of(rule.id)],
        "form": form if form.fields["change"].choices else None,  # type: ignore[attr-defined]
        "may_edit": may(request.user, "screening.edit"),
        "crumbs": [Crumb(_("内容规则"), reverse("screening"))],
    }


def _example(rule: Rule, text: str) -> Marked:
    """An example with what this very rule finds in it."""
    screener = Screener(ruleset_on(rule.effective_from, rules=[rule]))
    trade = rule.trades[0] if rule.trades else next(one for one in TRADES if one not in rule.exempt_trades)
    purpose = rule.purposes[0] if rule.purposes else "marketing"
    return mark(text, screener.screen(text, trade=trade, purpose=purpose))


@require_POST
@allowed("screening.edit")
def withdraw(request: HttpRequest, rule_id: str) -> HttpResponse:
    """The rule holds as it ships again."""
    actions.withdraw_override(
        rule_id, reason=request.POST.get("reason", ""), actor=request.user.get_username(), now=utc_now()
    )
    messages.success(request, _("已恢复为系统带来的规则。"))
    return redirect("screening.rule", rule_id)


def _language() -> str:
    return get_language() or "zh-hans"
