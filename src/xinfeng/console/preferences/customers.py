"""What is known about customers: custom attributes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text
from xinfeng.console.permissions import allowed, may
from xinfeng.console.preferences.tabs import tabs
from xinfeng.contacts.actions import declare_attribute
from xinfeng.contacts.models import Attribute
from xinfeng.kernel.errors import NotAllowed, XinfengError

KINDS: dict[str, Text] = {
    "text": _("文本"),
    "number": _("数字"),
    "date": _("日期"),
    "bool": _("是否"),
    "choice": _("选项"),
}


class AttributeForm(forms.Form):
    key = forms.CharField(
        label=_("键"),
        max_length=40,
        help_text=_("小写字母开头，只用小写字母、数字和下划线；导入文件和模板里用它。"),
    )
    label = forms.CharField(label=_("名称"), max_length=60)
    label_en = forms.CharField(label=_("英文名称"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("类型"), choices=list(KINDS.items()))
    choices = forms.CharField(
        label=_("可选的值"), required=False, widget=forms.Textarea, help_text=_("只用于“选项”，一行一个。")
    )
    sensitive = forms.BooleanField(
        label=_("敏感信息"), required=False, help_text=_("不能写进短信，也不出现在导出的名单里。")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.view")
def attributes(request: HttpRequest) -> HttpResponse:
    form = AttributeForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        choices = [line for line in given.pop("choices").splitlines() if line.strip()]
        try:
            declare_attribute(**given, choices=choices, actor=request.user.get_username())
        except XinfengError as fault:
            fields = {f"attribute.{name}": name for name in ("key", "label", "kind", "choices")}
            show_fault(form, fault, {**fields, "attribute.exists": "key"})
        else:
            messages.success(request, gettext("已添加。导入、筛选、分群和模板里都可以用了。"))
            return redirect("settings.attributes")
    declared = [(one, KINDS[one.kind]) for one in Attribute.objects.order_by("id")]
    context = {"form": form, "attributes": declared, "tabs": tabs("settings.attributes")}
    return render(request, "preferences/attributes.html", context)


def _posted(request: HttpRequest) -> Any:
    if request.method != "POST":
        return None
    if not may(request.user, "settings.edit"):
        raise NotAllowed("permission.missing", permission="settings.edit")
    return request.POST
