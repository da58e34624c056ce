"""Computed traits: the list, defining one with a look at real values, archiving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.contacts.labels import EVENTS
from xinfeng.console.permissions import allowed
from xinfeng.console.tiers.tabs import tabs
from xinfeng.console.tiers.trait_words import KINDS, MEASURES, label, reading, show
from xinfeng.console.words import sentence
from xinfeng.contacts import traits
from xinfeng.contacts.reads import ContactRow, contacts_by_id
from xinfeng.contacts.trait_definitions import (
    LONGEST_CATEGORY,
    LONGEST_DAYS,
    LONGEST_ITEM,
    Definition,
    Measure,
    read_definition,
)
from xinfeng.contacts.trait_values import TABLE, sample_values
from xinfeng.contacts.traits import DeclaredTrait
from xinfeng.kernel.errors import Conflict, InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens


class TraitForm(forms.Form):
    """A definition without code."""

    label = forms.CharField(label=gettext_lazy("名称"), max_length=traits.LONGEST_LABEL)
    label_en = forms.CharField(
        label=gettext_lazy("英文名称"), max_length=traits.LONGEST_LABEL, required=False
    )
    key = forms.CharField(
        label=gettext_lazy("键"),
        max_length=40,
        help_text=gettext_lazy("小写字母开头，只用小写字母、数字和下划线。规则里用它，以后不能改。"),
    )
    measure = forms.ChoiceField(
        label=gettext_lazy("算什么"), choices=[(one.value, name) for one, (name, _words) in MEASURES.items()]
    )
    kinds = forms.TypedMultipleChoiceField(
        label=gettext_lazy("看哪些行为"),
        coerce=int,
        choices=[(code, name) for code, (name, _icon) in EVENTS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("一个也不选，就是所有行为。"),
    )
    days = forms.IntegerField(
        label=gettext_lazy("只看最近"),
        min_value=1,
        max_value=LONGEST_DAYS,
        required=False,
        help_text=gettext_lazy("留空就是从有记录以来。"),
    )
    category = forms.CharField(label=gettext_lazy("只看品类"), max_length=LONGEST_CATEGORY, required=False)
    item = forms.CharField(
        label=gettext_lazy("只看名称包含这些字的商品"), max_length=LONGEST_ITEM, required=False
    )

    def __init__(self, *args: Any, fixed_key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed_key:
            del self.fields["key"]

    def definition(self) -> Definition:
        """What was filled in. Raises InvalidInput `trait.definition` (field)."""
        given = self.cleaned_data
        return read_definition(
            {
                "measure": given["measure"],
                "kinds": given["kinds"],
                "category": given["category"],
                "item": given["item"],
                "days": given["days"],
            }
        )


@dataclass(frozen=True)
class Row:
    """A trait in the list."""

    key: str
    label: str
    words: str
    kind: Any
    archived: bool


@dataclass(frozen=True)
class SampleRow:
    contact: ContactRow
    value: str


@require_safe
@allowed("tier.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every trait in force, then those archived."""
    context: dict[str, Any] = {
        "tabs": tabs("tiers.traits"),
        "rows": [_row(one) for one in traits.traits()],
        "archived": [_row(one) for one in traits.traits(archived=True)],
    }
    try:
        context["computed_at"] = lens().computed_at(TABLE)
    except Conflict as fault:
        context["fault"] = sentence(fault)
    return render(request, "tiers/traits.html", context)


def _row(trait: DeclaredTrait) -> Row:
    return Row(trait.key, label(trait), reading(trait.definition), KINDS[trait.kind], trait.archived)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("tier.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Define a trait."""
    form = TraitForm(
        request.POST if request.method == "POST" else None, initial={"measure": Measure.COUNT.value}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            traits.define_trait(
                key=given["key"],
                label=given["label"],
                label_en=given["label_en"],
                definition=form.definition(),
                actor=request.user.get_username(),
            )
        except XinfengError as fault:
            _show(form, fault)
        else:
            messages.success(
                request, _("已定义“{label}”。正在计算每位客户的值。").format(label=given["label"])
            )
            return redirect("tiers.traits")
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("tier.edit")
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change what a trait is called or how it is computed."""
    trait = traits.get_trait(key)
    initial = trait.definition.as_json() | {"label": trait.label, "label_en": trait.label_en}
    form = TraitForm(request.POST if request.method == "POST" else None, initial=initial, fixed_key=trait.key)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            traits.edit_trait(
                trait.key,
                label=given["label"],
                label_en=given["label_en"],
                definition=form.definition(),
                actor=request.user.get_username(),
            )
        except XinfengError as fault:
            _show(form, fault)
        else:
            messages.success(request, _("已保存。值会在几分钟内更新。"))
            return redirect("tiers.traits")
    return _form_page(request, form, trait)


def _form_page(request: HttpRequest, form: TraitForm, trait: DeclaredTrait | None) -> HttpResponse:
    context = {
        "form": form,
        "trait": trait,
        "name": label(trait) if trait else "",
        "crumbs": [Crumb(_("行为特征"), reverse("tiers.traits"))],
    }
    return render(request, "tiers/trait.html", context)


@require_POST
@allowed("tier.edit")
def sample(request: HttpRequest) -> HttpResponse:
    """What the definition means and what it gives for a few people; nothing is kept."""
    form = TraitForm(request.POST, fixed_key="-")
    form.fields["label"].required = False
    context: dict[str, Any] = {}
    if not form.is_valid():
        context["fault"] = _("还有没填好的项，填好以后这里会显示几位客户的值。")
    else:
        try:
            definition = form.definition()
            context |= {"words": reading(definition), "rows": _sample(definition)}
        except XinfengError as fault:
            context["fault"] = sentence(fault)
    return render(request, "tiers/sample.html", context)


def _sample(definition: Definition) -> list[SampleRow]:
    mirror = lens()
    mirror.refresh()
    values = sample_values(mirror, definition, now=utc_now())
    return [SampleRow(row, show(definition.measure, values[row.id])) for row in contacts_by_id(list(values))]


@require_POST
@allowed("tier.edit")
def archive(request: HttpRequest, key: str) -> HttpResponse:
    """Take a trait out of use."""
    traits.archive_trait(key, actor=request.user.get_username())
    messages.success(request, _("已归档。它的值不再计算。"))
    return redirect("tiers.traits")


@require_POST
@allowed("tier.edit")
def restore(request: HttpRequest, key: str) -> HttpResponse:
    """Bring a trait back."""
    traits.restore_trait(key, actor=request.user.get_username())
    messages.success(request, _("已恢复。正在计算每位客户的值。"))
    return redirect("tiers.traits")


def _show(form: TraitForm, fault: XinfengError) -> None:
    places = {
        "trait.key": "key",
        "trait.exists": "key",
        "trait.label": "label",
        "trait.kind_fixed": "measure",
    }
    if isinstance(fault, InvalidInput) and fault.code == "trait.definition":
        places["trait.definition"] = str(fault.params["field"])
    show_fault(form, fault, places)
