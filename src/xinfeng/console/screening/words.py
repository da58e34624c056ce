"""A deployment's own words: forbidden, in need of proof, or let pass."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Column, Crumb, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed, may
from xinfeng.console.screening.labels import PURPOSES, TRADES, WORD_OUTCOMES
from xinfeng.console.screening.tabs import tabs
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.screening import actions, reads
from xinfeng.screening.models import OwnWord

COLUMNS = (
    Column("word", gettext_lazy("词")),
    Column("outcome", gettext_lazy("处理")),
    Column("scope", gettext_lazy("范围"), hide_on_phone=True),
    Column("reason", gettext_lazy("原因"), hide_on_phone=True),
    Column("by", gettext_lazy("谁、何时")),
    Column("act", ""),
)
FILTERS = (
    Filter(
        "outcome", gettext_lazy("处理"), tuple((key, label) for key, (label, _tone) in WORD_OUTCOMES.items())
    ),
    Filter("state", gettext_lazy("状态"), (("retired", gettext_lazy("已停用")),)),
)


@require_safe
@allowed("screening.view")
def page(request: HttpRequest) -> HttpResponse:
    """The words in force, or those that are retired."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, sort="")
    found = reads.words(
        search=query.search, outcome=query.filters["outcome"], retired=query.filters["state"] == "retired"
    )
    may_edit = may(request.user, "screening.edit")
    shown = found[query.offset : query.offset + query.per_page]
    table = Table(
        id="words",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing([_listed(one) for one in shown], total=found.count()),
        row_template="screening/word_row.html",
        search_label=gettext_lazy("搜索词或原因"),
        empty=Empty(
            _("这里没有词"),
            _("把本单位不许出现的词、要求证明的词，或者会被误判的商号加进来。"),
            _("添加词") if may_edit else "",
            reverse("screening.words_new") if may_edit else "",
            icon="list-search",
        ),
        context={"may_edit": may_edit},
    )
    return answer_with_table(request, "screening/words.html", table, {"tabs": tabs("screening.words")})


def _listed(one: OwnWord) -> dict[str, Any]:
    label, tone = WORD_OUTCOMES[one.outcome]
    scope = [TRADES[trade] for trade in one.trades] + [PURPOSES[purpose] for purpose in one.purposes]
    return {"one": one, "label": label, "tone": tone, "scope": scope, "dialog": f"retire-{one.pk}"}


class WordsForm(forms.Form):
    """Words, one a line."""

    words = forms.CharField(
        label=gettext_lazy("词"),
        widget=forms.Textarea,
        max_length=200_000,
        help_text=gettext_lazy("一行一个，可以从表格里粘贴。大小写、全角、繁体写法算同一个词。"),
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("处理"),
        choices=[(key, label) for key, (label, _tone) in WORD_OUTCOMES.items()],
        widget=forms.RadioSelect,
        initial="block",
        help_text=gettext_lazy("放行：商号、商标等专名里的词不再提示；法律禁止的内容仍会拦下。"),
    )
    trades = forms.MultipleChoiceField(
        label=gettext_lazy("只用于这些行业"),
        choices=list(TRADES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("一个也不选，就是所有行业。"),
    )
    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("只用于这些用途"),
        choices=list(PURPOSES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("一个也不选，就是所有用途。"),
    )
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=actions.LONGEST_REASON,
        help_text=gettext_lazy("写模板的人会看到。"),
    )


FIELD_OF_CODE = {
    "screening.word": "words",
    "screening.words": "words",
    "screening.too_many": "words",
    "screening.reason": "reason",
    "screening.outcome": "outcome",
}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("screening.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Add one word or many."""
    form = WordsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            done = actions.add_words(
                [line for line in given["words"].splitlines() if line.strip()],
                outcome=given["outcome"],
                reason=given["reason"],
                trades=given["trades"],
                purposes=given["purposes"],
                actor=request.user.get_username(),
                now=utc_now(),
            )
        except XinfengError as fault:
            show_fault(form, fault, FIELD_OF_CODE)
        else:
            _say(request, len(done.added), len(done.known))
            return redirect("screening.words")
    crumbs = [Crumb(_("内容规则"), reverse("screening")), Crumb(_("自有词"), reverse("screening.words"))]
    return render(request, "screening/words_new.html", {"form": form, "crumbs": crumbs})


def _say(request: HttpRequest, added: int, known: int) -> None:
    if added:
        messages.success(
            request, ngettext("添加了 %(n)d 个词。", "添加了 %(n)d 个词。", added) % {"n": added}
        )
    if known:
        messages.warning(
            request,
            ngettext("%(n)d 个词早就有了，没有重复添加。", "%(n)d 个词早就有了，没有重复添加。", known)
            % {"n": known},
        )


@require_POST
@allowed("screening.edit")
def retire(request: HttpRequest, word_id: int) -> HttpResponse:
    """A word no longer holds."""
    actions.retire_word(
        word_id, reason=request.POST.get("reason", ""), actor=request.user.get_username(), now=utc_now()
    )
    messages.success(request, _("已停用。以前的结论不变。"))
    return redirect("screening.words")
