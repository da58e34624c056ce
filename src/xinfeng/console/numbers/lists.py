"""Lists of numbers by state, masked; one contact's number with its history, and what a person may decide about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import (
    Column,
    Crumb,
    Empty,
    Filter,
    Listing,
    Query,
    Table,
    TimelineItem,
    answer_with_table,
)
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import CARRIERS
from xinfeng.console.numbers.labels import LISTS, QUARANTINES, SOURCES, STATES, code_words, tabs
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.contacts.masked import ContactRow, contacts_by_id
from xinfeng.hygiene import actions, reads
from xinfeng.hygiene.models import Quarantine
from xinfeng.hygiene.plan import check_one
from xinfeng.hygiene.providers.base import Question
from xinfeng.hygiene.reads import Lesson, NumberCard
from xinfeng.kernel.errors import NotFound, XinfengError
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("name", gettext_lazy("客户")),
    Column("phone", gettext_lazy("手机号")),
    Column("state", gettext_lazy("状态")),
    Column("quarantine", gettext_lazy("隔离原因"), hide_on_phone=True),
    Column("alive", gettext_lazy("最近送达"), hide_on_phone=True),
    Column("checked", gettext_lazy("最近检测"), hide_on_phone=True),
)
FILTERS = (Filter("show", gettext_lazy("名单"), tuple(LISTS.items())),)
LONGEST_HISTORY = 200


@dataclass(frozen=True)
class Shown:
    """A number as the pages show it."""

    card: NumberCard
    contact: ContactRow

    @property
    def state(self) -> tuple[Text, str]:
        return STATES[self.card.state]

    @property
    def quarantine(self) -> Text:
        return QUARANTINES[self.card.quarantine]

    @property
    def carrier(self) -> Text:
        return CARRIERS[self.card.carrier(self.contact.carrier)]


@require_safe
@allowed("number.view")
def page(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    which = query.filters["show"] or "all"
    title = LISTS.get(which, gettext_lazy("全部已知"))
    found = reads.numbers(which, after=query.after or None, limit=query.per_page)
    contacts = {row.id: row for row in contacts_by_id([card.contact_id for card in found.cards])}
    rows = [Shown(card, contacts[card.contact_id]) for card in found.cards if card.contact_id in contacts]
    table = Table(
        id="numbers",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        row_template="numbers/row.html",
        listing=Listing(rows, next_after=found.next_after or ""),
        empty=Empty(
            _("“%(list)s”里没有号码") % {"list": title},
            _("状态从送达回执和号码检测里来，每分钟更新。"),
            icon="device-mobile-check",
        ),
    )
    context = {"tabs": tabs("numbers.list"), "title": title}
    return answer_with_table(request, "numbers/list.html", table, context)


@require_safe
@allowed("number.view")
def one(request: HttpRequest, contact_id: int) -> HttpResponse:
    rows = contacts_by_id([contact_id])
    if not rows:
        raise NotFound("contact.unknown", id=contact_id)
    card = reads.number_of(contact_id)
    lessons = reads.history_of(contact_id, limit=LONGEST_HISTORY)
    context: dict[str, Any] = {
        "shown": Shown(card, rows[0]),
        "history": [_item(lesson) for lesson in lessons],
        "can_ask": reads.provider_for(Question.STATUS) is not None,
        "can_ask_whose": reads.provider_for(Question.REASSIGNED) is not None,
        "carriers": [(int(one), CARRIERS[one]) for one in Carrier if one is not Carrier.UNKNOWN],
        "crumbs": [Crumb(_("号码健康"), reverse("numbers")), Crumb(_("名单"), reverse("numbers.list"))],
    }
    return render(request, "numbers/one.html", context)


def _item(lesson: Lesson) -> TimelineItem:
    source, icon = SOURCES[lesson.source]
    state, tone = STATES[lesson.state]
    after = _("隔离") if lesson.quarantined else str(state)
    heard = " ".join(filter(None, (lesson.code if lesson.source != "manual" else "", code_words(lesson))))
    detail = lesson.detail if lesson.source == "manual" else ""
    who = lesson.actor if lesson.source == "manual" else lesson.provider
    text = " · ".join(filter(None, (heard, detail, _words_of(who))))
    title = _("%(source)s → %(state)s") % {"source": source, "state": after}
    return TimelineItem(lesson.at, title, text, icon, "bad" if lesson.quarantined else tone)


def _words_of(provider: str) -> str:
    if provider.startswith("channel:"):
        number = provider.removeprefix("channel:")
        return _("通道 %(number)s") % {"number": number} if number != "0" else ""
    return provider


def _carrier(request: HttpRequest) -> int:
    given = request.POST.get("carrier", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 3 else 0


def _quarantine(contact_id: int, request: HttpRequest, given: dict[str, Any]) -> str:
    actions.quarantine(contact_id, reason=request.POST.get("reason", ""), **given)
    return _("号码已隔离，从现在起不会列入任何计划。")


def _release(contact_id: int, request: HttpRequest, given: dict[str, Any]) -> str:
    was = reads.number_of(contact_id).quarantine
    actions.release(contact_id, reason=request.POST.get("reason", ""), **given)
    if was is Quarantine.REASSIGNED:
        return _("已记下并未易主。已撤回的授权没有恢复。")
    return _("已解除隔离。授权和屏蔽没有改变。")


def _reassigned(contact_id: int, request: HttpRequest, given: dict[str, Any]) -> str:
    actions.mark_reassigned(contact_id, reason=request.POST.get("reason", ""), **given)
    return _("已标为易主：号码已离开这位客户，全部授权已撤回，号码已屏蔽。")


def _ported(contact_id: int, request: HttpRequest, given: dict[str, Any]) -> str:
    actions.mark_ported(contact_id, _carrier(request), **given)
    return _("已记下携号转网，授权不变。")


def _ask(contact_id: int, request: HttpRequest, given: dict[str, Any]) -> str:
    card = check_one(contact_id, **given)
    return _("服务商的结果：%(state)s。") % {"state": STATES[card.state][0]}


def _ask_whose(contact_id: int, request: HttpRequest, given: dict[str, Any]) -> str:
    card = check_one(contact_id, question=Question.REASSIGNED, **given)
    if card.recheck:
        return _("服务商也无法判断是否易主，没有改变。")
    return _("核实完毕：%(state)s。") % {"state": STATES[card.state][0]}


_DEEDS: dict[str, Callable[[int, HttpRequest, dict[str, Any]], str]] = {
    "quarantine": _quarantine,
    "release": _release,
    "reassigned": _reassigned,
    "ported": _ported,
    "ask": _ask,
    "ask-whose": _ask_whose,
}


@require_POST
@allowed("number.edit")
def act(request: HttpRequest, contact_id: int, deed: str) -> HttpResponse:
    if deed not in _DEEDS:
        raise Http404
    given = {"actor": request.user.get_username(), "now": utc_now()}
    try:
        messages.success(request, _DEEDS[deed](contact_id, request, given))
    except NotFound:
        raise
    except XinfengError as fault:
        messages.error(request, sentence(fault))
    return redirect("numbers.one", contact_id)
