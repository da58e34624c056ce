"""The form of a template, and where each refusal of the content slice belongs on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinfeng.console.content.labels import PURPOSES, TRADES
from xinfeng.console.words import sentence
from xinfeng.content import optout, reads
from xinfeng.content.actions import LONGEST_NAME
from xinfeng.content.grammar import LONGEST_SOURCE
from xinfeng.content.library import Text
from xinfeng.content.models import TemplateVersion
from xinfeng.content.rendering import LONGEST_DEFAULT, Draft
from xinfeng.content.variables import Catalogue
from xinfeng.kernel.errors import XinfengError

DEFAULT_FIELD = "default:"
LEAVE_OUT_FIELD = "leave_out:"

FIELD_OF_CODE = {
    "template.name": "name",
    "template.name_taken": "name",
    "template.purpose": "purpose",
    "template.purpose_fixed": "purpose",
    "template.trade": "trade",
    "template.empty": "value",
    "template.text_too_long": "value",
}
"""Refusals that name no part of the wording."""


class TemplateForm(forms.Form):
    """A template as parts. The defaults of variables have fields of their own, see `defaults_in`."""

    name = forms.CharField(label=_("模板名称"), max_length=LONGEST_NAME, help_text=_("只有同事看得到。"))
    purpose = forms.ChoiceField(
        label=_("用途"), choices=list(PURPOSES.items()), widget=forms.RadioSelect, initial="marketing"
    )
    trade = forms.ChoiceField(
        label=_("行业"), choices=list(TRADES.items()), help_text=_("决定默认的发送时段。")
    )
    signature = forms.TypedChoiceField(label=_("签名"), coerce=int)
    value = forms.CharField(
        label=_("价值"),
        widget=forms.Textarea,
        max_length=LONGEST_SOURCE,
        required=False,
        help_text=_("客户能得到什么：优惠、提醒、服务。写清数字和期限。"),
    )
    action = forms.CharField(
        label=_("行动"),
        widget=forms.Textarea,
        max_length=LONGEST_SOURCE,
        required=False,
        help_text=_("客户接下来做什么：短链接、回复指令、到店说明。"),
    )
    opt_out = forms.ChoiceField(label=_("退订说明"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usable = reads.signatures(only_enabled=True)
        self._offer("signature", [(one.pk, f"【{one.text}】") for one in self.usable])
        self._offer("opt_out", [(one.text, one.text) for one in optout.WORDINGS])

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def refuse(self, error: XinfengError) -> None:
        """Show a refusal at the field it is about."""
        self.add_error(field_of(error), sentence(error))


def field_of(error: XinfengError) -> str:
    """The form field (or `defaults`) that `error` is about."""
    part = error.params.get("part")
    if error.code in ("template.default_missing", "template.default_shape") or part == "defaults":
        return "value" if part is None else str(part) if part in ("value", "action") else "value"
    if part in ("value", "action"):
        return str(part)
    if error.code.startswith("signature."):
        return "signature"
    if error.code.startswith("opt_out."):
        return "opt_out"
    return FIELD_OF_CODE.get(error.code, "value")


def initial_of(version: TemplateVersion) -> dict[str, Any]:
    """The form's values for a stored version."""
    return {
        "name": version.template.name,
        "purpose": version.template.purpose,
        "trade": version.template.trade,
        "signature": version.signature_id,
        "value": version.value,
        "action": version.action,
        "opt_out": version.opt_out,
    }


def initial_of_text(text: Text) -> dict[str, Any]:
    """The form's values for a text of the library; its title is a first name."""
    return {
        "name": text.title,
        "purpose": text.purpose,
        "trade": text.trade,
        "value": text.value,
        "action": text.action,
        "opt_out": text.opt_out,
    }


def draft_in(posted: Mapping[str, str], catalogue: Catalogue) -> Draft:
    """The wording as it stands in the form, fit or not. Only marketing texts carry an opt-out wording."""
    opt_out = posted.get("opt_out", "") if posted.get("purpose") == "marketing" else ""
    return Draft(posted.get("value", ""), posted.get("action", ""), opt_out, defaults_in(posted, catalogue))


def defaults_in(posted: Mapping[str, str], catalogue: Catalogue) -> dict[str, str]:
    """Defaults that were given; an empty one only where "leave out" was ticked."""
    given = {}
    for name in catalogue:
        text = posted.get(DEFAULT_FIELD + name, "").strip()
        if text or posted.get(LEAVE_OUT_FIELD + name):
            given[name] = text[: LONGEST_DEFAULT * 2]
    return given
