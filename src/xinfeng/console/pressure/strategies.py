"""Strategies for each tier: choose one with a trade and a signature, see everything that would be made, make it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from xinfeng.campaigns import playbooks
from xinfeng.campaigns import reads as campaigns
from xinfeng.campaigns.playbooks import Choice, Outline, Playbook
from xinfeng.console.components import Crumb, Phone
from xinfeng.console.components.faults import show_fault
from xinfeng.console.contacts.labels import TIERS
from xinfeng.console.content.labels import TRADES
from xinfeng.console.permissions import allowed, may
from xinfeng.console.pressure.tabs import tabs
from xinfeng.console.words import sentence
from xinfeng.content.models import Signature
from xinfeng.content.preview import preview as masked_preview
from xinfeng.kernel.errors import Conflict, NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.policy.ceilings import TIERS as TIER_NAMES
from xinfeng.policy.defaults import in_language
from xinfeng.policy.moments import reading_moment
from xinfeng.segments import reads as segments
from xinfeng.segments.reading import in_words

MAKES = ("campaign.edit", "segment.edit", "template.edit")
"""What a person needs for what a strategy makes."""


class ChoiceForm(forms.Form):
    trade = forms.ChoiceField(label=_("行业"), choices=list(TRADES.items()))
    signature = forms.TypedChoiceField(label=_("签名"), coerce=int)
    text = forms.ChoiceField(label=_("文案"), required=False)
    tighten = forms.BooleanField(label=_("同时把这一层的上限收紧到策略的建议"), required=False)

    def __init__(self, *args: Any, book: Playbook, spoken: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [
            (str(one.pk), f"【{one.text}】") for one in Signature.objects.filter(enabled=True).order_by("pk")
        ]
        cast(forms.ChoiceField, self.fields["signature"]).choices = known
        cast(forms.ChoiceField, self.fields["text"]).choices = [
            (one.key, one.title_in(spoken)) for one in book.texts
        ]
        self.has_signature = bool(known)

    def choice(self, tier: str) -> Choice:
        given = self.cleaned_data
        return Choice(tier, given["trade"], given["signature"], given["text"], given["tighten"])


@require_safe
@allowed("pressure.view")
def page(request: HttpRequest) -> HttpResponse:
    spoken = get_language() or ""
    context = {
        "tabs": tabs("pressure.strategies"),
        "books": [
            (
                one,
                one.told("title", spoken),
                one.told("why", spoken),
                TIERS[TIER_NAMES.index(one.tier)],
            )
            for one in playbooks.playbooks()
        ],
        "may_make": _may_make(request),
    }
    return render(request, "pressure/strategies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("pressure.view")
def one(request: HttpRequest, tier: str) -> HttpResponse:
    """GET shows what would be made; POST makes it."""
    book, spoken, now = playbooks.playbook(tier), get_language() or "", utc_now()
    if request.method == "POST" and not _may_make(request):
        raise NotAllowed("permission.missing", permission="campaign.edit")
    chosen = request.POST if request.method == "POST" else request.GET if "trade" in request.GET else None
    form = ChoiceForm(chosen if chosen is not None else _first(book), book=book, spoken=spoken)
    outline = None
    if form.is_valid():
        try:
            choice = form.choice(tier)
            if choice.tighten and not may(request.user, "settings.edit"):
                raise NotAllowed("permission.missing", permission="settings.edit")
            if request.method == "POST":
                made = playbooks.create(choice, actor=request.user.get_username(), now=now, language=spoken)
                messages.success(
                    request,
                    gettext(
                        "已建好分群、模板和活动草稿“%(name)s”。改好文案里的例子，再提交审核；现在什么都没有发。"
                    )
                    % {"name": made.campaign.name},
                )
                return redirect("campaigns.detail", campaign_id=made.campaign.pk)
            outline = playbooks.outline(choice, now=now, language=spoken)
        except NotAllowed:
            raise
        except XinfengError as fault:
            show_fault(form, fault)
    context: dict[str, Any] = {
        "book": book,
        "title": book.told("title", spoken),
        "why": book.told("why", spoken),
        "whom": book.told("whom", spoken),
        "rule": in_words(
            segments.parse_rule(book.rule), spoken, segments.names_for(segments.parse_rule(book.rule))
        ),
        "tier": TIERS[TIER_NAMES.index(tier)],
        "form": form,
        "outline": outline,
        "may_make": _may_make(request),
        "crumbs": [
            Crumb(_("触达压力"), reverse("pressure")),
            Crumb(_("策略"), reverse("pressure.strategies")),
        ],
    }
    if outline is not None:
        context |= _seen(outline, spoken)
    return render(request, "pressure/strategy.html", context)


def _first(book: Playbook) -> dict[str, Any]:
    """What the page begins with: everything chosen, so that one more click makes it."""
    signature = Signature.objects.filter(enabled=True).order_by("pk").first()
    return {
        "trade": "retail",
        "signature": signature.pk if signature is not None else "",
        "text": book.texts[0].key if book.texts else "",
    }


def _may_make(request: HttpRequest) -> bool:
    return all(may(request.user, one) for one in MAKES)


def _seen(outline: Outline, spoken: str) -> dict[str, Any]:
    """The size of the segment, the text on a phone, the windows."""
    now = utc_now()
    windows = [(one, in_language(one.source, spoken)) for one in outline.windows]
    try:
        copy = lens()
        copy.refresh()
        numbers = playbooks.size(copy, outline.playbook, now=now)
    except Conflict as fault:
        return {"windows": windows, "fault": sentence(fault)}
    price = outline.channel.price_li if outline.channel is not None else 0
    seen = masked_preview(
        outline.text.draft,
        outline.signature,
        purpose="marketing",
        moment=reading_moment(now),
        price_li=price,
        contact_ids=numbers.sample,
    )
    shown = seen.shown[0]
    return {
        "windows": windows,
        "numbers": numbers,
        "people": campaigns.people(numbers.sample[:4]),
        "phone": Phone(shown.text, length=shown.measure.units, parts=shown.measure.parts),
        "note": outline.text.note_in(spoken),
    }
