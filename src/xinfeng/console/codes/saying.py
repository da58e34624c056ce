"""Saying what a code means: one by a form, many from a file; taken back by whoever may."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.channels import codes
from xinfeng.channels.codes import Phase
from xinfeng.channels.codes.book import classes
from xinfeng.channels.codes.own import (
    LARGEST_FILE,
    UNOFFERED,
    OwnCode,
    own_codes,
    read_placed,
    remove_code,
    set_codes,
)
from xinfeng.channels.codes.words import PHASES, action_name
from xinfeng.channels.models import ChannelKind
from xinfeng.console.codes.faults import FAULTS, told
from xinfeng.console.codes.shown import ALL_KINDS, ShownCode, kind_name, language
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now


class CodeForm(forms.Form):
    """What somebody says a code means."""

    code = forms.CharField(
        label=_("代码"), max_length=60, help_text=_("星号代表任意结尾，井号代表一位数字，例如 XA:*。")
    )
    kind = forms.ChoiceField(label=_("协议"))
    phase = forms.ChoiceField(label=_("何时"))
    category = forms.ChoiceField(label=_("归为哪一类"), help_text=_("类别决定信风怎么做。"))
    zh = forms.CharField(label=_("含义（中文）"), max_length=200)
    en = forms.CharField(label=_("含义（英文）"), max_length=200, required=False)
    why = forms.CharField(
        label=_("依据"), max_length=200, help_text=_("例如：运营商客户经理 11 月 20 日邮件。记入审计。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        at = 1 if language().startswith("en") else 0
        self._offer("kind", [("*", ALL_KINDS), *((kind, kind_name(kind)) for kind in ChannelKind.values)])
        self._offer("phase", [(phase.value, words[at]) for phase, words in PHASES.items()])
        self._offer(
            "category",
            [
                (one.key, f"{one.words(language())}：{action_name(one.action, language())}")
                for one in classes().values()
                if one.key not in UNOFFERED
            ],
        )

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class FileForm(forms.Form):
    """A file of codes."""

    file = forms.FileField(label=_("文件"))
    why = forms.CharField(label=_("依据"), max_length=200)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("channel.edit")
def say(request: HttpRequest) -> HttpResponse:
    codes.refresh()
    asked = {name: request.GET.get(name, "")[:60] for name in ("code", "kind", "phase")}
    phase = asked["phase"] if asked["phase"] in set(Phase) else Phase.RECEIPT.value
    info = codes.explain(asked["kind"], asked["code"], phase=Phase(phase)) if asked["code"] else None
    initial = {"code": asked["code"], "kind": asked["kind"] or "*", "phase": phase}
    if info is not None and info.category not in UNOFFERED:
        initial |= {"category": info.category if info.category in classes() else "noreason"}
        initial |= {"zh": info.zh, "en": info.en} if info.known else {}
    form = CodeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        entry = OwnCode(*(given[name] for name in ("code", "kind", "phase", "category", "zh", "en")))
        try:
            set_codes([entry], why=given["why"], actor=request.user.get_username(), now=utc_now())
        except InvalidInput as fault:
            _show(form, fault)
        else:
            codes.refresh(at_once=True)
            messages.success(request, gettext("已保存，几秒内对所有网关生效。已经记下的事实不变。"))
            return redirect(f"{reverse('channels.codes')}?{urlencode({'q': entry.code})}")
    context = {"form": form, "shown": info and ShownCode(info), "crumbs": _crumbs()}
    return render(request, "codes/say.html", context)


@require_safe
@allowed("channel.view")
def own(request: HttpRequest) -> HttpResponse:
    codes.refresh()
    rows = [
        (ShownCode(codes.explain(kept.entry.kind, kept.entry.code, phase=Phase(kept.entry.phase))), kept)
        for kept in own_codes()
    ]
    context = {"rows": rows, "form": FileForm(), "crumbs": _crumbs(), "largest_mb": LARGEST_FILE // 2**20}
    return render(request, "codes/own.html", context)


@require_POST
@allowed("channel.edit")
def remove(request: HttpRequest) -> HttpResponse:
    given = [request.POST.get(name, "") for name in ("code", "kind", "phase", "carrier")]
    remove_code(*given, actor=request.user.get_username())
    codes.refresh(at_once=True)
    messages.success(request, gettext("已撤回，恢复随软件提供的说法。"))
    return redirect("channels.codes.own")


@require_POST
@allowed("channel.edit")
def take_file(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            upload = form.cleaned_data["file"]
            if upload.size > LARGEST_FILE:
                raise InvalidInput("code.file", why="too_large")
            try:
                text = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise InvalidInput("code.file", why="encoding") from None
            placed = read_placed(text)
            changed = set_codes(
                [entry for _place, entry in placed],
                places=[place for place, _entry in placed],
                why=form.cleaned_data["why"],
                actor=request.user.get_username(),
                now=utc_now(),
            )
        except XinfengError as fault:
            show_fault(form, fault)
            for line in told(fault) if isinstance(fault, InvalidInput) else ():
                form.add_error(None, line)
        else:
            codes.refresh(at_once=True)
            messages.success(request, gettext("已读入，新增或改变 %(n)s 个代码。") % {"n": changed})
            return redirect("channels.codes.own")
    rows = [
        (ShownCode(codes.explain(kept.entry.kind, kept.entry.code, phase=Phase(kept.entry.phase))), kept)
        for kept in own_codes()
    ]
    context = {"rows": rows, "form": form, "crumbs": _crumbs(), "largest_mb": LARGEST_FILE // 2**20}
    return render(request, "codes/own.html", context, status=422)


def _show(form: CodeForm, fault: InvalidInput) -> None:
    for name, code in fault.params.get("faults", {}).items():
        form.add_error(name if name in form.fields else None, str(FAULTS.get(code, code)))
    if "faults" not in fault.params:
        show_fault(form, fault)


def _crumbs() -> list[Crumb]:
    return [Crumb(_("通道"), reverse("channels")), Crumb(_("代码"), reverse("channels.codes"))]
