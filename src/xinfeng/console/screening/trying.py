"""Try a text: what the rules say of it, at the very characters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.marking import mark
from xinfeng.console.permissions import allowed
from xinfeng.console.screening.labels import PURPOSES, TRADES
from xinfeng.console.screening.tabs import tabs
from xinfeng.kernel.time import utc_now
from xinfeng.screening.findings import verdict
from xinfeng.screening.reads import screener

LONGEST = 2_000


class TryForm(forms.Form):
    """A text, and for whom it is written."""

    text = forms.CharField(
        label=gettext_lazy("短信"),
        widget=forms.Textarea,
        max_length=LONGEST,
        required=False,
        strip=False,
        help_text=gettext_lazy("带不带签名都可以。什么都不会保存或发送。"),
    )
    trade = forms.ChoiceField(label=gettext_lazy("行业"), choices=list(TRADES.items()), initial="retail")
    purpose = forms.ChoiceField(label=gettext_lazy("用途"), choices=list(PURPOSES.items()))


@require_safe
@allowed("screening.view")
def page(request: HttpRequest) -> HttpResponse:
    """The box."""
    given = {"text": request.GET.get("text", "")[:LONGEST]} if "text" in request.GET else None
    form = TryForm(initial=given)
    return render(request, "screening/try.html", {"form": form, "tabs": tabs("screening.try")})


@require_POST
@allowed("screening.view")
def result(request: HttpRequest) -> HttpResponse:
    """What the rules say. A piece of the page."""
    form = TryForm(request.POST)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        text = form.cleaned_data["text"]
        found = screener(utc_now()).screen(
            text, trade=form.cleaned_data["trade"], purpose=form.cleaned_data["purpose"]
        )
        context |= {"text": text, "marked": mark(text, found), "verdict": str(verdict(found) or "")}
    return render(request, "screening/try_result.html", context)
