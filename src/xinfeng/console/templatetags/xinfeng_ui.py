"""The components as template tags and filters; `templates/components/README.md` is the cheat-sheet.

Built in: templates need no `{% load %}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from xinfeng.console import assets, permissions, states
from xinfeng.console.components.charts import chart_data
from xinfeng.console.components.fields import field_view
from xinfeng.console.components.parts import Empty, Phone, Share, Stat, Step, Tab, TimelineItem, Tone
from xinfeng.console.components.shapes import share_pieces, spark_points
from xinfeng.console.components.tables import Table
from xinfeng.console.templatetags import xinfeng_format

register = template.Library()
register.filters.update(xinfeng_format.register.filters)

SPRITE = "vendor/tabler-icons-3.51.0/icons.svg"


@register.simple_tag
def asset(path: str) -> str:
    """Address of a static file: `{% asset "xinfeng/app.js" %}`."""
    return assets.asset_url(path)


@register.inclusion_tag("components/icon.html")
def icon(name: str, size: str = "", label: str = "") -> dict[str, Any]:
    """An icon of the sprite. `size` is empty, `sm` or `lg`; with `label` it speaks, else it is decoration."""
    return {"href": f"{assets.asset_url(SPRITE)}#{name}", "size": size, "label": label}


@register.simple_tag(takes_context=True)
def may(context: template.Context, permission: str) -> bool:
    """`{% may "campaign.approve" as can_approve %}`"""
    return permissions.may(context["user"], permission)


@register.inclusion_tag("components/badge.html")
def badge(label: Any, tone: Tone = "neutral", icon: str = "", dot: bool = False) -> dict[str, Any]:
    """A small coloured word."""
    return {"label": label, "tone": tone, "icon": icon, "dot": dot}


@register.inclusion_tag("components/badge.html")
def state(kind: str, code: str) -> dict[str, Any]:
    """The badge of a state: `{% state "campaign" campaign.state %}`; words and colours are in `states.py`."""
    label, tone = states.state_of(kind, code)
    return {"label": label, "tone": tone, "dot": True}


@register.simple_tag(takes_context=True, name="table")
def table_tag(context: template.Context, table: Table) -> SafeString:
    """A list with search, filters, sorting and paging. The row template sees `row`, `table` and `table.context`."""
    request = context.get("request")
    return render_to_string("components/table.html", {"table": table, **table.context}, request)


@register.inclusion_tag("components/field.html")
def field(
    bound: Any, prefix: str = "", suffix: str = "", help: str = "", placeholder: str = "", rows: int = 0
) -> dict[str, Any]:
    """A form field with label, help, errors and mark of obligation: `{% field form.name suffix="元" %}`."""
    extra = {"placeholder": placeholder, "rows": str(rows) if rows else ""}
    return field_view(bound, prefix=prefix, suffix=suffix, help=help, extra=extra)


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """What is wrong with the form as a whole, and how many of its fields need another look."""
    return {"form": form, "wrong": [name for name in form.errors if name != "__all__"]}


@register.inclusion_tag("components/dropzone.html")
def dropzone(bound: Any, accept: str = "", hint: str = "") -> dict[str, Any]:
    """A file field files can be dropped on; `accept` like `.csv,.xlsx`."""
    view = field_view(bound, extra={"accept": accept, "class": "xf-drop-input"})
    return {**view, "hint": hint}


@register.inclusion_tag("components/stepper.html")
def stepper(steps: Sequence[Step], current: int) -> dict[str, Any]:
    """The steps of a wizard; `current` counts from 1."""
    marked = [
        {"step": step, "number": number, "state": _step_state(number, current)}
        for number, step in enumerate(steps, start=1)
    ]
    return {"steps": marked, "current": current, "count": len(marked)}


def _step_state(number: int, current: int) -> str:
    if number == current:
        return "current"
    return "done" if number < current else "ahead"


@register.inclusion_tag("components/progress.html")
def progress(
    value: int,
    total: int,
    label: str = "",
    detail: str = "",
    poll: str = "",
    every_s: int = 1,
    id: str = "progress",
    tone: Tone = "accent",
) -> dict[str, Any]:
    """How far a long job is. While `poll` is given, htmx fetches it every `every_s` seconds in place of this.

    The polled view renders this same tag, and leaves `poll` out when the job has ended.
    """
    ratio = min(1.0, value / total) if total else 0.0
    return {
        "value": value,
        "total": total,
        "ratio": ratio,
        "label": label,
        "detail": detail,
        "poll": poll,
        "every_s": every_s,
        "id": id,
        "tone": tone,
    }


@register.inclusion_tag("components/shares.html")
def shares(items: Sequence[Share], label: str = "") -> dict[str, Any]:
    """A whole and its pieces as one bar, with a legend whose numbers are links."""
    return {"pieces": share_pieces(items), "label": label, "total": sum(item.count for item in items)}


@register.inclusion_tag("components/chart.html")
def chart(spec: Mapping[str, Any], id: str, height: str = "md", label: str = "") -> dict[str, Any]:
    """A chart with its numbers as a table beneath; `components/charts.py` says what `spec` holds.

    `height` is `sm`, `md` or `lg` (160, 260, 360 px).
    """
    data = chart_data(spec)
    # In an attribute: htmx takes every <script> out of what it swaps in.
    drawn = json.dumps(data["spec"], cls=DjangoJSONEncoder, ensure_ascii=False)
    return {"id": id, "height": height, "label": label, "drawn": drawn, **data}


@register.inclusion_tag("components/empty.html")
def empty(value: Empty) -> dict[str, Any]:
    """An empty place that says what to do next."""
    return {"empty": value}


@register.inclusion_tag("components/stats.html")
def stats(items: Sequence[Stat]) -> dict[str, Any]:
    """A row of numbers, each a link to what is behind it."""
    return {"stats": [(item, spark_points(item.trend)) for item in items]}


@register.inclusion_tag("components/timeline.html")
def timeline(items: Sequence[TimelineItem]) -> dict[str, Any]:
    """What happened, newest first as given."""
    return {"items": items}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Tab], label: str = "") -> dict[str, Any]:
    """Tabs; each is a page of its own."""
    return {"tabs": items, "label": label}


@register.inclusion_tag("components/phone.html")
def phone(preview: Phone) -> dict[str, Any]:
    """A text as a handset shows it, with characters and parts."""
    return {"phone": preview}


@register.inclusion_tag("components/copy.html")
def copy(value: str, label: str = "") -> dict[str, Any]:
    """A button that copies `value`; `label` is shown instead of the bare icon."""
    return {"value": value, "label": label}


@register.inclusion_tag("components/number.html")
def number(masked: str, reveal: str = "", url: str = "") -> dict[str, Any]:
    """A masked phone number. `reveal` posts (audited) and swaps in the answer; give it only to who may."""
    return {"masked": masked, "reveal": reveal, "url": url}


@register.simple_block_tag(takes_context=True)
def card(
    context: template.Context,
    content: str,
    title: Any = "",
    subtitle: Any = "",
    icon: str = "",
    flush: bool = False,
    id: str = "",
    link: str = "",
    link_label: Any = "",
) -> SafeString:
    """A box. `flush` lets tables and lists touch its edges; `link` leads to more."""
    return render_to_string(
        "components/card.html",
        {
            "content": content,
            "title": title,
            "subtitle": subtitle,
            "icon": icon,
            "flush": flush,
            "id": id,
            "link": link,
            "link_label": link_label,
        },
    )


@register.simple_block_tag
def notice(content: str, tone: Tone = "info", title: Any = "") -> SafeString:
    """A message within a page: what is so, and what to do."""
    return render_to_string("components/notice.html", {"content": content, "tone": tone, "title": title})


@register.simple_block_tag
def facts(content: str, columns: int = 1) -> SafeString:
    """A list of names and values; hold `{% fact %}` blocks. `columns` is 1 or 2."""
    return render_to_string("components/facts.html", {"content": content, "columns": columns})


@register.simple_block_tag
def fact(content: str, label: Any, help: Any = "") -> SafeString:
    """One name with its value."""
    return render_to_string("components/fact.html", {"content": content, "label": label, "help": help})


@register.simple_block_tag
def toolbar(content: str) -> SafeString:
    """A row of controls that wraps on a phone; `<span class="xf-push"></span>` pushes what follows to the right."""
    return render_to_string("components/toolbar.html", {"content": content})


@register.simple_block_tag
def menu(content: str, label: Any, icon: str = "", small: bool = False, end: bool = True) -> SafeString:
    """A button that opens a list of links or buttons (class `xf-menu-item`)."""
    return render_to_string(
        "components/menu.html", {"content": content, "label": label, "icon": icon, "small": small, "end": end}
    )


@register.simple_block_tag(takes_context=True)
def confirm(
    context: template.Context,
    content: str,
    id: str,
    action: str,
    title: Any,
    button: Any,
    trigger: Any = "",
    icon: str = "",
    danger: bool = False,
    style: str = "",
    type_to_confirm: str = "",
    inline: bool = False,
) -> SafeString:
    """A button, and the question it asks before it posts to `action`.

    The content says what will happen, and may hold hidden or visible fields. `trigger` is the word on the
    button (as `button` when empty), `style` its class (`btn-outline-danger` …). `type_to_confirm` is a word the
    reader must type first; it is posted as `confirmation` for the view to check. `inline`: what is refused is said in
    the dialog, which stays as it was typed, beneath the input whose `data-faults` names the error's code; for views that
    answer with a redirect.
    """
    return render_to_string(
        "components/confirm.html",
        {
            "content": content,
            "id": id,
            "action": action,
            "title": title,
            "button": button,
            "trigger": trigger or button,
            "icon": icon,
            "danger": danger,
            "style": style or ("btn-outline-danger" if danger else ""),
            "type_to_confirm": type_to_confirm,
            "inline": inline,
        },
        context.get("request"),
    )
