"""Traits in the reader's language: what one means, and its values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import EVENTS
from xinfeng.console.templatetags.xinfeng_format import local_time, num, yuan
from xinfeng.contacts.trait_definitions import Definition, Measure
from xinfeng.contacts.traits import DeclaredTrait

MEASURES: dict[Measure, tuple[Text, Text]] = {
    Measure.COUNT: (_("次数"), _("{events}的次数")),
    Measure.SUM_FEN: (_("金额合计"), _("{events}的金额合计")),
    Measure.AVERAGE_FEN: (_("平均金额"), _("{events}的平均金额")),
    Measure.LAST_AT: (_("最近一次的时间"), _("最近一次{events}的时间")),
    Measure.FIRST_AT: (_("第一次的时间"), _("第一次{events}的时间")),
    Measure.FAVOURITE_CATEGORY: (_("最常见的品类"), _("{events}最常见的品类")),
    Measure.FAVOURITE_ITEM: (_("最常见的商品"), _("{events}最常见的商品")),
    Measure.USUAL_HOUR: (_("最常在几点"), _("最常在几点{events}")),
    Measure.INTERVAL_DAYS: (_("平均间隔天数"), _("两次{events}之间平均几天")),
    Measure.DISTINCT_DAYS: (_("有多少天"), _("有{events}的天数")),
}
"""The name of each measure, and its sentence."""

KINDS: dict[str, Text] = {"number": _("数字"), "time": _("时间"), "text": _("文本")}


def reading(definition: Definition) -> str:
    """`近 90 天内购买或加购（品类“鞋”）的次数`."""
    kinds = [str(EVENTS[kind][0]) for kind in definition.kinds]
    events = gettext("或").join(kinds) if kinds else gettext("有行为")
    narrowed = []
    if definition.category:
        narrowed.append(gettext("品类“{category}”").format(category=definition.category))
    if definition.item:
        narrowed.append(gettext("商品含“{item}”").format(item=definition.item))
    if narrowed:
        events = gettext("{events}（{narrowed}）").format(
            events=events, narrowed=gettext("，").join(narrowed)
        )
    sentence = str(MEASURES[definition.measure][1]).format(events=events)
    if definition.days is None:
        return _as_sentence(sentence)
    return _as_sentence(gettext("近 {days} 天：{sentence}").format(days=definition.days, sentence=sentence))


def _as_sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def label(trait: DeclaredTrait) -> str:
    """Its name in the reader's language."""
    english = (get_language() or "").startswith("en")
    return trait.label_en if english and trait.label_en else trait.label


def show(measure: Measure, value: Any) -> str:
    """A value as one reads it; a dash where there is none."""
    if value is None:
        return "—"
    match measure:
        case Measure.SUM_FEN | Measure.AVERAGE_FEN:
            return str(yuan(value))
        case Measure.USUAL_HOUR:
            return f"{value:02}:00–{(value + 1) % 24:02}:00"
        case Measure.INTERVAL_DAYS:
            return gettext("{days} 天").format(days=f"{value:.1f}")
        case Measure.DISTINCT_DAYS:
            return gettext("{days} 天").format(days=num(value))
        case Measure.COUNT:
            return gettext("{count} 次").format(count=num(value))
    return str(local_time(value)) if isinstance(value, datetime) else str(value)
