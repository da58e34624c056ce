"""The computed traits of one person, for her page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xinfeng.console.permissions import allowed
from xinfeng.console.tiers.trait_words import label, reading, show
from xinfeng.console.words import sentence
from xinfeng.contacts import traits
from xinfeng.contacts.reads import contact_card
from xinfeng.contacts.trait_values import TABLE
from xinfeng.kernel.errors import Conflict
from xinfeng.lens.engine import lens


@require_safe
@allowed("tier.view")
def traits_of(request: HttpRequest, contact_id: int) -> HttpResponse:
    """What is known of her by computation, and as of when. A piece of the page that comes after the rest of it.

    Read as last computed, without bringing the lens up to date: a page must not wait for that.
    """
    contact_card(contact_id)
    declared = traits.traits()
    context = {"contact_id": contact_id, "declared": bool(declared), "rows": [], "known": False, "at": None}
    try:
        copy = lens()
        context["at"] = copy.computed_at(TABLE)
        values = traits.values_of(copy, [contact_id]) if context["at"] else {}
    except Conflict as fault:
        return render(request, "tiers/traits_of.html", context | {"fault": sentence(fault)})
    if contact_id in values:
        hers = values[contact_id]
        context["known"] = True
        context["rows"] = [
            (label(one), show(one.definition.measure, hers[one.key]), reading(one.definition))
            for one in declared
            if hers.get(one.key) is not None
        ]
    return render(request, "tiers/traits_of.html", context)
