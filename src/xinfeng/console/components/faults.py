"""A refusal by an action becomes an error of the form, at the field it is about."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from xinfeng.console.words import sentence
from xinfeng.kernel.errors import XinfengError


def show_fault(form: forms.Form, fault: XinfengError, fields: Mapping[str, str] | None = None) -> None:
    """Add the fault's words to the field that `fields` names for its code, else to the form as a whole."""
    name = (fields or {}).get(fault.code)
    form.add_error(name if name in form.fields else None, sentence(fault))
