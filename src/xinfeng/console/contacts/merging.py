"""Merging contacts: what is suggested, two of them side by side, what was merged, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import Column, Crumb, Empty, Listing, Query, Tab, Table, answer_with_table
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.components.tables import SEARCH_LENGTH
from xinfeng.console.contacts.changes import why
from xinfeng.console.contacts.consents import ConsentView, consents_of
from xinfeng.console.contacts.labels import CARRIERS, GENDERS, MERGE_HOW, MERGE_WHY, TIERS
from xinfeng.console.permissions import allowed
from xinfeng.contacts import merging, reads, suggesting
from xinfeng.contacts.merging import MergeRow
from xinfeng.contacts.reads import ContactCard, ContactQuery, ContactRow
from xinfeng.contacts.suggesting import Suggestion
from xinfeng.intake.people import merge_people, undo_merge
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now

SUGGESTED = (Column("pair", gettext_lazy("可能是同一人的两位客户")),)
DONE = (
    Column("people", gettext_lazy("客户")),
    Column("why", gettext_lazy("依据")),
    Column("when", gettext_lazy("何时、何人"), hide_on_phone=True),
    Column("now", gettext_lazy("现在")),
)


@dataclass(frozen=True)
class Line:
    """One field of two contacts; `differs` where both say something and not the same."""

    label: Text
    one: str
    other: str

    @property
    def differs(self) -> bool:
        return bool(self.one and self.other and self.one != self.other)


@dataclass(frozen=True)
class Side:
    """One of the two: who she is and where she stands."""

    row: ContactRow
    other_id: int
    tier: tuple[Text, Tone]
    consents: list[ConsentView]

    @property
    def key(self) -> str:
        """The contact as part of an element's id."""
        return str(self.row.id)


def _tabs(here: str) -> list[Tab]:
    waiting = suggesting.open_suggestions()
    return [
        Tab(_("建议"), reverse("contacts.merges"), here == "contacts.merges", waiting),
        Tab(_("合并记录"), reverse("contacts.merges_done"), here == "contacts.merges_done"),
    ]


@require_safe
@allowed("contact.view")
def suggestions(request: HttpRequest) -> HttpResponse:
    """Pairs nobody has decided, the likeliest first."""
    query = Query.read(request, columns=SUGGESTED)
    found, following = suggesting.suggestions(after=query.after, limit=query.per_page)
    table = Table(
        id="suggestions",
        columns=SUGGESTED,
        query=query,
        listing=Listing([_shown(one) for one in found], next_after=following or ""),
        row_template="contacts/suggestion_row.html",
        empty=Empty(
            _("没有待处理的建议"),
            _("每天夜里会找出可能是同一个人的客户；导入时手机号和会员号指向两位客户，也会列在这里。"),
            icon="users",
        ),
    )
    context = {"tabs": _tabs("contacts.merges"), "crumbs": [Crumb(_("客户"), reverse("contacts"))]}
    return answer_with_table(request, "contacts/merges.html", table, context)


def _shown(one: Suggestion) -> tuple[Suggestion, list[Text]]:
    return one, [MERGE_WHY.get(code, code) for code in one.why]


@require_safe
@allowed("contact.view")
def done(request: HttpRequest) -> HttpResponse:
    """Every merge, newest first."""
    query = Query.read(request, columns=DONE)
    after = query.after
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise InvalidInput("request.page")
    rows = merging.merges(before_id=int(after) if after else None, limit=query.per_page + 1)
    more, rows = len(rows) > query.per_page, rows[: query.per_page]
    table = Table(
        id="merges",
        columns=DONE,
        query=query,
        listing=Listing(merged_rows(rows), next_after=str(rows[-1].id) if more else ""),
        row_template="contacts/merge_row.html",
        empty=Empty(_("还没有合并过客户"), icon="users"),
    )
    context = {"tabs": _tabs("contacts.merges_done"), "crumbs": [Crumb(_("客户"), reverse("contacts"))]}
    return answer_with_table(request, "contacts/merges.html", table, context)


def merged_rows(rows: list[MergeRow]) -> list[tuple[MergeRow, Text, str]]:
    """Merges with the way in words and the survivor's masked name."""
    people = {one.id: one for one in reads.contacts_by_id([row.survivor_id for row in rows])}
    return [
        (row, MERGE_HOW.get(row.how, row.how), _called(people.get(row.survivor_id), row.survivor_id))
        for row in rows
    ]


def _called(row: ContactRow | None, contact_id: int) -> str:
    return (row and (row.name or row.phone or row.external_id)) or f"#{contact_id}"


@require_POST
@allowed("contact.merge")
def other(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Find the other one, by what is known of her; then compare."""
    text = " ".join(request.POST.get("q", "").split())[:SEARCH_LENGTH]
    found = reads.search_contacts(ContactQuery(text=text, limit=2)).rows if text else []
    hits = [one for one in found if one.id != contact_id]
    if len(hits) != 1:
        said = (
            _("有多位客户符合，请用手机号或会员号查找。")
            if hits
            else _("没有找到另一位客户。什么都没有改变。")
        )
        messages.warning(request, said)
        return redirect("contacts.detail", contact_id)
    return redirect("contacts.pair", contact_id, hits[0].id)


@require_safe
@allowed("contact.view")
def pair(request: HttpRequest, one_id: int, other_id: int) -> HttpResponse:
    """Two contacts side by side, masked; what they would be together is said before anybody merges."""
    if one_id == other_id:
        raise InvalidInput("merge.same")
    one, other_one = reads.contact_card(one_id), reads.contact_card(other_id)
    now = utc_now()
    return render(
        request,
        "contacts/pair.html",
        {
            "sides": [
                _side(one, other_id, consents_of(one_id, now=now)),
                _side(other_one, one_id, consents_of(other_id, now=now)),
            ],
            "lines": _lines(one, other_one),
            "suggestion": _suggestion(one_id, other_id),
            "crumbs": [
                Crumb(_("客户"), reverse("contacts")),
                Crumb(_("合并客户"), reverse("contacts.merges")),
            ],
        },
    )


def _side(card: ContactCard, other_id: int, consents: list[ConsentView]) -> Side:
    spoken = [one for one in consents if one.for_messages or one.standing.entry_seq is not None]
    return Side(card.row, other_id, TIERS[card.row.tier], spoken)


def _suggestion(one_id: int, other_id: int) -> tuple[Suggestion, list[Text]] | None:
    for one in suggesting.suggestions_for(one_id, limit=50):
        if other_id in (one.one.id, one.other.id):
            return _shown(one)
    return None


def _lines(one: ContactCard, other_one: ContactCard) -> list[Line]:
    def words(card: ContactCard) -> list[tuple[Text, str]]:
        row = card.row
        place = " ".join(dict.fromkeys(part for part in (row.province, row.city) if part))
        about = f"{place}{_('（约）') if row.region_guessed else ''}"
        said: list[tuple[Text, str]] = [
            (_("姓名"), row.name or ""),
            (_("手机号"), row.phone or ""),
            (_("运营商"), str(CARRIERS[row.carrier]) if row.phone else ""),
            (_("会员号"), row.external_id or ""),
            (_("性别"), str(GENDERS[row.gender]) if row.gender else ""),
            (_("生日"), card.birthday.isoformat() if card.birthday else ""),
            (_("地区"), about),
            (_("会员等级"), row.level or ""),
            (_("标签"), "、".join(row.tags)),
        ]
        said += [
            (item.label, "" if item.value is None else str(item.value))
            for item in card.attributes
            if not item.sensitive
        ]
        return said

    return [
        Line(label, mine, hers)
        for (label, mine), (_label, hers) in zip(words(one), words(other_one), strict=True)
        if mine or hers
    ]


@require_POST
@allowed("contact.merge")
def merge(request: HttpRequest) -> HttpResponse:
    """Let one speak for both."""
    survivor, absorbed = _id(request, "survivor"), _id(request, "absorbed")
    merge_people(
        survivor,
        absorbed,
        how="suggested" if request.POST.get("how") == "suggested" else "manual",
        actor=request.user.get_username(),
        reason=why(request),
        now=utc_now(),
    )
    messages.success(request, _("两位客户已合并。弄错了可以在合并记录里撤销。"))
    return redirect("contacts.detail", survivor)


@require_POST
@allowed("contact.merge")
def dismiss(request: HttpRequest) -> HttpResponse:
    """They are two people; the pair is not suggested again."""
    merging.dismiss(_id(request, "suggestion"), actor=request.user.get_username(), now=utc_now())
    messages.success(request, _("已记下他们是两个人，以后不再建议。"))
    return redirect("contacts.merges")


@require_POST
@allowed("contact.merge")
def undo(request: HttpRequest) -> HttpResponse:
    """Take a merge back."""
    merge_id = _id(request, "merge")
    if not why(request):
        raise InvalidInput("merge.no_reason")
    record = next(
        (one for one in merging.merges(before_id=merge_id + 1, limit=1) if one.id == merge_id), None
    )
    if record is None:
        raise NotFound("merge.unknown", id=merge_id)
    undo_merge(merge_id, actor=request.user.get_username(), reason=why(request), now=utc_now())
    messages.success(request, _("合并已撤销，两位客户各自恢复原样。"))
    return redirect("contacts.pair", record.survivor_id, record.absorbed_id)


def _id(request: HttpRequest, name: str) -> int:
    given: Any = request.POST.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise InvalidInput("request.filter", name=name)
    return int(given)
