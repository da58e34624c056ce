"""The rules of the tiers: edited with a view of who would move, and who changed them when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import EVENTS, TIERS
from xinfeng.console.permissions import allowed, may
from xinfeng.console.tiers.overview import SHOWN, people_url
from xinfeng.console.tiers.tabs import tabs
from xinfeng.console.words import sentence
from xinfeng.contacts import tier_flows
from xinfeng.contacts.models import Attribute, AttributeKind, Tier
from xinfeng.contacts.tier_flows import Flows
from xinfeng.contacts.tier_rules import LONGEST_DAYS, ORDER, TierRules
from xinfeng.contacts.tiers import change_tier_rules, rule_changes, tier_rules
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens

PLACES = (
    gettext_lazy("第一"),
    gettext_lazy("第二"),
    gettext_lazy("第三"),
    gettext_lazy("第四"),
    gettext_lazy("第五"),
)

_SHOWN_CHANGES = 30


class RulesForm(forms.Form):
    """The rules as one writes them down."""

    new_days = forms.IntegerField(label=gettext_lazy("新客：加入不超过"), min_value=1, max_value=LONGEST_DAYS)
    active_days = forms.IntegerField(
        label=gettext_lazy("活跃：最近一次购买在"), min_value=1, max_value=LONGEST_DAYS
    )
    dormant_days = forms.IntegerField(
        label=gettext_lazy("沉睡：没有任何互动已有"), min_value=1, max_value=LONGEST_DAYS
    )
    interactions = forms.TypedMultipleChoiceField(
        label=gettext_lazy("什么算互动"),
        coerce=int,
        choices=[(code, label) for code, (label, _icon) in EVENTS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("一个也不选，就是任何行为都算。"),
    )
    industry_tag = forms.CharField(
        label=gettext_lazy("同业：带有标签"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("同一行业、不是直接竞争对手的客户。"),
    )
    industry_attribute = forms.ChoiceField(
        label=gettext_lazy("同业：或属性为“是”"), required=False, help_text=gettext_lazy("不选就只看标签。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fits = Attribute.objects.filter(
            kind__in=(AttributeKind.BOOL, AttributeKind.TEXT, AttributeKind.CHOICE), sensitive=False
        )
        known = [(one.key, one.label) for one in fits.order_by("id")]
        kept = str(self.initial.get("industry_attribute", ""))
        if kept and kept not in dict(known):
            known.append((kept, kept))
        self.fields["industry_attribute"] = forms.ChoiceField(
            label=RulesForm.base_fields["industry_attribute"].label,
            help_text=RulesForm.base_fields["industry_attribute"].help_text,
            required=False,
            choices=[("", "—"), *known],
        )
        for place, name in enumerate(PLACES):
            self.fields[f"order_{place}"] = forms.TypedChoiceField(
                label=name, coerce=int, choices=[(code, TIERS[code][0]) for code in ORDER]
            )

    @property
    def order(self) -> list[forms.BoundField]:
        return [self[f"order_{place}"] for place in range(len(PLACES))]

    def rules(self) -> TierRules:
        """What was filled in."""
        given = self.cleaned_data
        return TierRules(
            new_days=given["new_days"],
            active_days=given["active_days"],
            dormant_days=given["dormant_days"],
            industry_tag=given["industry_tag"],
            industry_attribute=given["industry_attribute"],
            interactions=tuple(given["interactions"]),
            order=tuple(given[f"order_{place}"] for place in range(len(PLACES))),
        )


def _initial(rules: TierRules) -> dict[str, Any]:
    return rules.as_json() | {f"order_{place}": tier for place, tier in enumerate(rules.order)}


@dataclass(frozen=True)
class Balance:
    """One tier in the preview."""

    label: Text
    url: str
    before: int
    after: int

    @property
    def difference(self) -> str:
        return f"{self.after - self.before:+,}" if self.after != self.before else ""


@dataclass(frozen=True)
class Change:
    """A change of the rules, in words."""

    at: Any
    actor: str
    words: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("tier.view")
def page(request: HttpRequest) -> HttpResponse:
    """The rules in force; saving gives everybody the tier they say."""
    may_edit = may(request.user, "tier.edit")
    if request.method == "POST" and not may_edit:
        raise NotAllowed("permission.missing", permission="tier.edit")
    form = RulesForm(request.POST if request.method == "POST" else None, initial=_initial(tier_rules()))
    if request.method == "POST" and form.is_valid():
        try:
            change_tier_rules(form.rules(), actor=request.user.get_username())
        except XinfengError as fault:
            _show(form, fault)
        else:
            messages.success(request, _("已保存。正在按新的规则给每位客户重新分层。"))
            return redirect("tiers")
    context = {"form": form, "tabs": tabs("tiers.rules"), "may_edit": may_edit, "changes": _changes()}
    return render(request, "tiers/rules.html", context)


@require_POST
@allowed("tier.view")
def preview(request: HttpRequest) -> HttpResponse:
    """Who would move if these rules were saved; nothing is."""
    form = RulesForm(request.POST, initial=_initial(tier_rules()))
    context: dict[str, Any] = {}
    if not form.is_valid():
        context["fault"] = _("还有没填好的项，填好以后这里会显示谁会换到哪一层。")
    else:
        try:
            mirror = lens()
            mirror.refresh()
            flows = tier_flows.preview(mirror, form.rules(), now=utc_now())
            context |= {"flows": flows, "balances": _balances(flows), "moves": _moves(flows)}
        except XinfengError as fault:
            context["fault"] = sentence(fault)
    return render(request, "tiers/preview.html", context)


def _show(form: RulesForm, fault: XinfengError) -> None:
    field = str(fault.params.get("field", "")) if isinstance(fault, InvalidInput) else ""
    places = {
        "tiers.span": field,
        "tiers.tag": "industry_tag",
        "tiers.attribute": "industry_attribute",
        "tiers.interactions": "interactions",
        "tiers.order": "order_0",
    }
    show_fault(form, fault, places)


def _balances(flows: Flows) -> list[Balance]:
    before, after = flows.before, flows.after
    return [Balance(TIERS[tier][0], people_url(tier), before[tier], after[tier]) for tier in SHOWN]


def _moves(flows: Flows) -> list[tuple[Text, Text, int, str]]:
    return [
        (TIERS[before or 0][0], TIERS[tier][0], people, people_url(before or 0))
        for before, tier, people in flows.moves()
    ]


def _changes() -> list[Change]:
    """Each change as the difference to the rules before it."""
    found = rule_changes(limit=_SHOWN_CHANGES + 1)
    before = [*(one.rules for one in found[1:]), TierRules()]
    return [
        Change(one.at, one.actor, differences(earlier, one.rules))
        for one, earlier in list(zip(found, before, strict=False))[:_SHOWN_CHANGES]
    ]


def differences(before: TierRules, after: TierRules) -> list[str]:
    """What is other in the later rules, a sentence each."""
    days = {
        "new_days": _("新客：{before} → {after} 天"),
        "active_days": _("活跃：{before} → {after} 天"),
        "dormant_days": _("沉睡：{before} → {after} 天"),
    }
    words = [
        text.format(before=getattr(before, name), after=getattr(after, name))
        for name, text in days.items()
        if getattr(before, name) != getattr(after, name)
    ]
    named = {
        "industry_tag": _("同业标签：{before} → {after}"),
        "industry_attribute": _("同业属性：{before} → {after}"),
    }
    words += [
        text.format(before=getattr(before, name) or "—", after=getattr(after, name) or "—")
        for name, text in named.items()
        if getattr(before, name) != getattr(after, name)
    ]
    if before.interactions != after.interactions:
        kinds = "、".join(str(EVENTS[kind][0]) for kind in after.interactions) or _("任何行为")
        words.append(_("互动：{kinds}").format(kinds=kinds))
    if before.order != after.order:
        order = " → ".join(str(TIERS[Tier(tier)][0]) for tier in after.order)
        words.append(_("顺序：{order}").format(order=order))
    return words or [_("没有改变")]
