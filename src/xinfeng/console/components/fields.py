"""How a form field is shown: which of the field templates, with which classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.html import format_html, format_html_join

LAYOUTS: tuple[tuple[type[forms.Widget], str, str], ...] = (
    (forms.CheckboxSelectMultiple, "choices", "form-check-input"),
    (forms.RadioSelect, "choices", "form-check-input"),
    (forms.CheckboxInput, "check", "form-check-input"),
    (forms.SelectMultiple, "control", "form-select"),
    (forms.Select, "control", "form-select"),
    (forms.Widget, "control", "form-control"),
)


def field_view(
    bound: BoundField,
    *,
    prefix: str = "",
    suffix: str = "",
    help: str = "",
    extra: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The values `components/field.html` needs: the widget with Tabler's classes, layout, errors, help."""
    widget = bound.field.widget
    layout, css = next((layout, css) for kind, layout, css in LAYOUTS if isinstance(widget, kind))
    attributes: dict[str, str | bool] = {name: value for name, value in (extra or {}).items() if value}
    given = str(widget.attrs.get("class", ""))
    classes = [str(attributes.pop("class", css)), given, "is-invalid" if bound.errors else ""]
    attributes["class"] = " ".join(name for name in classes if name)
    return {
        "bound": bound,
        "layout": layout,
        "widget": None if layout == "choices" else bound.as_widget(attrs=attributes),
        "choices": _choices(bound, attributes) if layout == "choices" else [],
        "help": help or bound.help_text,
        "help_id": f"{bound.auto_id}_helptext",
        "error_id": f"{bound.auto_id}_error",
        "prefix": prefix,
        "suffix": suffix,
        "required": bound.field.required and layout != "check",
        "hidden": bound.is_hidden,
    }


def _choices(bound: BoundField, attributes: Mapping[str, str | bool]) -> list[dict[str, Any]]:
    """Each radio button or check box by itself, so that labels can be laid out."""
    return [{"input": _input(one, attributes), "label": one.choice_label} for one in bound.subwidgets]


def _input(one: Any, attributes: Mapping[str, str | bool]) -> str:
    data = one.data
    merged = {**data["attrs"], **attributes}
    rendered = format_html_join(
        "", ' {}="{}"', ((name, value) for name, value in merged.items() if value not in (False, None, True))
    )
    flags = format_html_join("", " {}", ((name,) for name, value in merged.items() if value is True))
    return format_html(
        '<input type="{}" name="{}" value="{}"{}{}>',
        data["type"],
        data["name"],
        data["value"],
        rendered,
        flags,
    )
