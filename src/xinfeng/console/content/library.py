"""The library of texts that ship: found by trade and purpose, seen as on a phone, begun from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xinfeng.console.components import (
    Column,
    Crumb,
    Empty,
    Filter,
    Listing,
    Phone,
    Query,
    Table,
    answer_with_table,
)
from xinfeng.console.components.parts import Text as Words
from xinfeng.console.content.labels import PURPOSES, TRADES
from xinfeng.console.content.preview import bounds_of
from xinfeng.console.permissions import allowed
from xinfeng.content import library, reads
from xinfeng.content.library import Text
from xinfeng.content.parts import Measure, at_most, measure
from xinfeng.content.rendering import Brand, BrandText, Renderer
from xinfeng.content.values import Moment
from xinfeng.content.variables import CATALOGUE, examples
from xinfeng.kernel.time import utc_now
from xinfeng.policy.moments import reading_moment

_in_language = lazy(lambda zh, en: en if (get_language() or "").startswith("en") else zh, str)

KINDS: dict[str, Words] = {code: _in_language(*words) for code, words in library.KINDS.items()}
SCENES: dict[str, Words] = {code: _in_language(*words) for code, words in library.SCENES.items()}

COLUMNS = (
    Column("title", gettext_lazy("文案")),
    Column("text", gettext_lazy("在手机上"), hide_on_phone=True),
    Column("kind", gettext_lazy("用在"), hide_on_phone=True),
    Column("parts", gettext_lazy("计费"), numeric=True, hide_on_phone=True),
    Column("use", "", hide_on_phone=True),
)
FILTERS = (
    Filter("trade", gettext_lazy("行业"), tuple(TRADES.items())),
    Filter("kind", gettext_lazy("用在"), tuple(KINDS.items())),
    Filter("scene", gettext_lazy("场景"), tuple(SCENES.items())),
)
MOST_SHOWN = 6
"""Different renderings of one text that its page shows."""


@dataclass(frozen=True)
class Row:
    """One text in the list, rendered with example values."""

    key: str
    title: str
    note: str
    kind: Words
    trade: Words
    service: bool
    sent: str
    measure: Measure


@dataclass(frozen=True)
class Shown:
    """One way a text comes out, and for whom."""

    reader: Words
    phone: Phone


@require_safe
@allowed("template.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every text of the library, or those for a trade and a purpose."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    asked = query.filters
    found = library.texts(asked["trade"], asked["kind"], query.search, scene=asked["scene"])
    brand, moment, language = _brand(), _now(), get_language() or ""
    here = found[query.offset : query.offset + query.per_page]
    table = Table(
        id="library",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing([_row(one, brand, moment, language) for one in here], total=len(found)),
        row_template="content/library_row.html",
        search_label=gettext_lazy("搜索标题、内容或用法"),
        empty=Empty(_("文案库是空的"), icon="template"),
    )
    crumbs = [Crumb(_("模板"), reverse("templates"))]
    return answer_with_table(
        request, "content/library.html", table, {"crumbs": crumbs, "total": len(library.texts())}
    )


@require_safe
@allowed("template.view")
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """One text in its parts, what to replace in it, and how it comes out for different readers and hours."""
    text = library.text(key)
    brand, language = _brand(), get_language() or ""
    shown = _different(text, brand)
    longest = at_most(Renderer(text.draft, brand).longest_units, price_li=0)
    context = {
        "text": text,
        "title": text.title_in(language),
        "note": text.note_in(language),
        "kind": KINDS[text.kind],
        "trade": TRADES[text.trade],
        "purpose": PURPOSES[text.purpose],
        "scene": SCENES.get(text.scene, ""),
        "defaults": [(_label(name, language), value) for name, value in text.defaults.items()],
        "brand": brand,
        "shown": shown[0],
        "others": shown[1:],
        "longest": longest,
        "crumbs": [Crumb(_("模板"), reverse("templates")), Crumb(_("文案库"), reverse("templates.library"))],
    }
    return render(request, "content/library_text.html", context)


def to_replace(text: Text) -> str:
    """What to say to whoever begins with this text."""
    if not text.adapt:
        return str(_("已填入文案库的文字，可以随意修改。"))
    return _("已填入文案库的文字。这些是例子，保存前请换成自己的：%(places)s。") % {
        "places": "、".join(text.adapt)
    }


def still_examples(places: Sequence[str]) -> str:
    """What to say of a text that was saved with examples in it."""
    return _("里面还有没换掉的示例：%(places)s。换成自己的内容之后才能送审，用它的活动也才能提交。") % {
        "places": "、".join(places)
    }


def _brand() -> Brand:
    """The enterprise's own first signature, or an example while there is none."""
    usable = reads.signatures(only_enabled=True)
    return usable[0] if usable else BrandText(_("您的签名"), "400-000-0000")


def _now() -> Moment:
    return reading_moment(utc_now())


def _row(text: Text, brand: Brand, moment: Moment, language: str) -> Row:
    sent = _rendered(text, brand, moment, known=True)
    return Row(
        text.key,
        text.title_in(language),
        text.note_in(language),
        KINDS[text.kind],
        TRADES[text.trade],
        text.purpose == "service",
        sent,
        measure(sent, price_li=0),
    )


def _rendered(text: Text, brand: Brand, moment: Moment, *, known: bool) -> str:
    """For the example person; `known` false: for somebody of whom there is only a number."""
    renderer = Renderer(text.draft, brand, fixed=moment.values())
    values = examples(CATALOGUE, renderer.needed)
    if not known:
        values = {name: None if CATALOGUE[name].may_lack else value for name, value in values.items()}
    return renderer.render(values)


def _different(text: Text, brand: Brand) -> list[Shown]:
    """The text for two readers, and at other hours and seasons where that changes what it says, each once."""
    now = _now()
    cases: list[tuple[Words, Moment, bool]] = [
        (_("资料齐全的客户"), now, True),
        (_("只有手机号的客户"), now, False),
    ]
    if text.has_conditions:
        cases += [(_("另一个时段"), _at_hour(now, hour), True) for hour in (9, 12, 16, 20)]
        cases += [(_("另一个季节"), _weeks_later(now, weeks), True) for weeks in (13, 26, 39)]
    readers: dict[str, Words] = {}
    for reader, moment, known in cases:
        readers.setdefault(_rendered(text, brand, moment, known=known), reader)
    if len(readers) == 1:
        return [Shown(_("每位客户"), _phone(sent)) for sent in readers]
    return [Shown(reader, _phone(sent)) for sent, reader in readers.items()][:MOST_SHOWN]


def _at_hour(moment: Moment, hour: int) -> Moment:
    here = moment.at.astimezone(moment.zone)
    return replace(moment, at=here.replace(hour=hour))


def _weeks_later(moment: Moment, weeks: int) -> Moment:
    return reading_moment(moment.at + timedelta(weeks=weeks))


def _phone(sent: str) -> Phone:
    size = measure(sent, price_li=0)
    return Phone(sent, sender=_("短信"), length=size.units, parts=size.parts, bounds=bounds_of(sent))


def _label(name: str, language: str) -> str:
    variable = CATALOGUE[name]
    return variable.label_en if language.startswith("en") else variable.label
