"""The list of contacts. What is searched for is posted: numbers and names never stand in an address or a log."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import (
    Column,
    Empty,
    Filter,
    Listing,
    Query,
    Stat,
    Table,
    answer_with_table,
)
from xinfeng.console.components.tables import SEARCH_LENGTH
from xinfeng.console.contacts.labels import PROVINCES, STANDINGS, TIERS
from xinfeng.console.permissions import allowed, may
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.contacts import reads
from xinfeng.contacts.reads import ContactQuery, ContactRow
from xinfeng.contacts.tag_names import tag_id_of
from xinfeng.lens.engine import Lens, lens

COLUMNS = (
    Column("name", gettext_lazy("客户")),
    Column("phone", gettext_lazy("手机号")),
    Column("tier", gettext_lazy("分层")),
    Column("place", gettext_lazy("地区"), hide_on_phone=True),
    Column("tags", gettext_lazy("标签"), hide_on_phone=True),
    Column("updated", gettext_lazy("最近更新"), hide_on_phone=True),
)
MOST_FOUND = 100
MOST_TAGS = 500


def _filters() -> tuple[Filter, ...]:
    tags = [(one.name, one.name) for one in reads.tags()[:MOST_TAGS]]
    return (
        Filter("tier", gettext_lazy("分层"), [(str(code), label) for code, (label, _t) in TIERS.items()]),
        Filter("tag", gettext_lazy("标签"), tags),
        Filter("consent", gettext_lazy("营销授权"), tuple(STANDINGS.items())),
        Filter("province", gettext_lazy("省份"), [(name, name) for name in PROVINCES]),
    )


@require_safe
@allowed("contact.view")
def page(request: HttpRequest) -> HttpResponse:
    """Contacts, recently changed first, by filters."""
    filters = _filters()
    query = Query.read(request, columns=COLUMNS, filters=filters)
    chosen = query.filters
    copy = lens()
    copy.refresh()
    standing = chosen["consent"]
    found = reads.search_contacts(
        ContactQuery(
            tag=chosen["tag"],
            tier=int(chosen["tier"]) if chosen["tier"] else None,
            province=chosen["province"],
            among_in_lens=partial(_whose_standing, state=standing) if standing else None,
            after=query.after,
            limit=query.per_page,
        ),
        copy,
    )
    table = _table(query, filters, Listing(_shown(found.rows), next_after=found.next or ""), request)
    return answer_with_table(request, "contacts/list.html", table, {"searched": "", "stats": _stats(copy)})


def _whose_standing(copy: Lens, contact: Any, *, state: str) -> Any:
    """`consent.reads.whose_standing` for marketing, asked of the lens."""
    standing = copy.table("standing")
    standing = standing.filter(standing.purpose == "marketing")
    hit = {
        "reachable": standing.granted & standing.suppressed.isnull(),
        "withdrawn": ~standing.granted & ~standing.stale & standing.entry_seq.notnull(),
        "stale": standing.stale,
        "suppressed": standing.suppressed.notnull(),
        "none": standing.entry_seq.notnull(),
    }[state]
    which = standing.filter(hit)
    on = contact.id == which.contact_id
    return contact.anti_join(which, on) if state == "none" else contact.semi_join(which, on)


@require_POST
@allowed("contact.view")
def find(request: HttpRequest) -> HttpResponse:
    """A full number, its last digits, a member id, a whole name or a tag. One hit is opened; several are listed in
    the answer, and so is nobody: everybody instead would look like hits."""
    text = " ".join(request.POST.get("q", "").split())[:SEARCH_LENGTH]
    if not text:
        return redirect("contacts")
    found = reads.search_contacts(ContactQuery(text=text, limit=MOST_FOUND))
    if len(found.rows) == 1:
        return redirect("contacts.detail", found.rows[0].id)
    if not found.rows and tag_id_of(text) is not None:
        return redirect(f"{reverse('contacts')}?{urlencode({'tag': text})}")
    query = Query(per_page=MOST_FOUND)
    nobody = Empty(
        _("没有找到"),
        _("手机号可以写完整，也可以只写后四位；会员号要写完整；姓名是加密保存的，也要写完整。"),
        _("回到全部客户"),
        reverse("contacts"),
        "search",
    )
    table = _table(query, (), Listing(_shown(found.rows), total=len(found.rows)), request, empty=nobody)
    context = {"table": table, "searched": True, "found": len(found.rows), "more": found.next is not None}
    return render(request, "contacts/list.html", context)


def _table(
    query: Query,
    filters: tuple[Filter, ...],
    listing: Listing,
    request: HttpRequest,
    *,
    empty: Empty | None = None,
) -> Table:
    can_import = may(request.user, "import.run")
    return Table(
        id="contacts",
        columns=COLUMNS,
        filters=filters,
        query=query,
        listing=listing,
        row_template="contacts/row.html",
        empty=empty
        or Empty(
            _("还没有客户"),
            _("上传客户文件，并说明他们在哪里、凭什么同意接收短信。"),
            _("导入客户") if can_import else "",
            reverse("imports.new"),
            "users",
        ),
    )


def _shown(rows: list[ContactRow]) -> list[tuple[ContactRow, object]]:
    return [(row, TIERS[row.tier]) for row in rows]


def _stats(copy: Lens) -> list[Stat]:
    """How many contacts each tier has; each leads to them."""
    counts = reads.tier_counts(copy)
    total = sum(counts.values())
    if not total:
        return []
    url = reverse("contacts")
    shown = [Stat(_("全部客户"), num(total), url, unit=_("人"))]
    return shown + [
        Stat(str(label), num(counts[code]), f"{url}?tier={int(code)}", unit=_("人"))
        for code, (label, _tone) in TIERS.items()
        if counts.get(code)
    ]
