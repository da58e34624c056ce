"""Accounts with lookup providers: set up, tried with one number, switched on and off. Secrets go in and never out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Crumb, Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text
from xinfeng.console.numbers.labels import KINDS, QUESTIONS, STATES, tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.console.words import sentence
from xinfeng.hygiene import reads, settings
from xinfeng.hygiene.models import LookupProvider, ProviderKind
from xinfeng.hygiene.plan import try_provider
from xinfeng.hygiene.providers.config import ALIYUN_ENDPOINT
from xinfeng.hygiene.providers.mapping import TABLE_NAMES
from xinfeng.kernel.errors import InvalidInput, NotFound, XinfengError
from xinfeng.kernel.money import LI_PER_FEN
from xinfeng.kernel.time import utc_now

FAULTS: dict[str, Text] = {
    "missing": _("请填写。"),
    "again": _("地址变了，请重新填写密钥：旧的密钥只给原来的地址用。"),
    "too_long": _("太长了。"),
    "not_ascii": _("只能用英文字母、数字和符号。"),
    "no_url": _("请填完整的地址，例如 https://lookup.example.com/v1/numbers。"),
    "not_https": _("公网地址必须是 https；内网服务请勾选“在内网”。"),
    "private": _("这是内网地址；确实在内网时请勾选“在内网”。"),
    "out_of_range": _("超出了允许的范围。"),
    "unknown": _("不是可以选择的值。"),
}

FORMS: tuple[tuple[str, Text], ...] = (
    ("plain", _("明文")),
    ("md5", "MD5"),
    ("sha256", "SHA-256"),
    ("sm3", "SM3"),
)


class ProviderForm(forms.Form):
    """What the contract with a provider states. The secret is never shown again; left empty, it stays."""

    name = forms.CharField(label=_("账号名称"), max_length=60, help_text=_("只有同事看得到。"))
    kind = forms.ChoiceField(label=_("接口"), choices=tuple(KINDS.items()))
    endpoint = forms.CharField(
        label=_("地址"), max_length=300, required=False, help_text=_("阿里云留空就是官方地址。")
    )
    private_network = forms.BooleanField(
        label=_("在内网"),
        required=False,
        help_text=_("只有服务就在贵司内网时才勾选：允许内网地址和 http。"),
    )
    key_id = forms.CharField(label=_("密钥编号（Key / AccessKey ID）"), max_length=100)
    secret = forms.CharField(
        label=_("服务商密钥"),
        required=False,
        strip=False,
        max_length=settings.LONGEST_SECRET,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    questions = forms.MultipleChoiceField(
        label=_("能回答"),
        choices=list(QUESTIONS.items()),
        initial=["status"],
        widget=forms.CheckboxSelectMultiple,
    )
    auth_status = forms.CharField(label=_("号码状态的授权码"), max_length=100, required=False)
    auth_carrier = forms.CharField(label=_("携号转网的授权码"), max_length=100, required=False)
    auth_reassigned = forms.CharField(label=_("二次放号的授权码"), max_length=100, required=False)
    form = forms.ChoiceField(
        label=_("号码怎样传"), choices=FORMS, help_text=_("散列后的号码仍是个人信息，同样要有委托处理合同。")
    )
    table = forms.ChoiceField(label=_("状态代码的含义"), help_text=_("各家代码互相冲突，请照合同选。"))
    price = forms.CharField(
        label=_("单价"), initial="10", max_length=10, help_text=_("每个号码，可以有一位小数。")
    )
    per_s = forms.IntegerField(label=_("每秒最多"), initial=10, min_value=1, max_value=10_000)
    per_day = forms.IntegerField(
        label=_("每天最多"), initial=0, min_value=0, max_value=settings.MOST, help_text=_("0 表示不限。")
    )
    batch = forms.IntegerField(label=_("一次几个"), initial=50, min_value=1, max_value=200)
    timeout_s = forms.FloatField(label=_("应答超时"), initial=10, min_value=0.1, max_value=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        english = (get_language() or "").startswith("en")
        self.fields["table"].choices = [(name, words[english]) for name, words in TABLE_NAMES.items()]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The arguments of `save_provider`."""
        given = self.cleaned_data
        config = {
            name: given[name]
            for name in ("private_network", "key_id", "questions", "form", "batch", "timeout_s")
        }
        config |= {"endpoint": given["endpoint"].strip(), "table": given["table"]}
        if given["kind"] == ProviderKind.ALIYUN:
            config["endpoint"] = config["endpoint"] or ALIYUN_ENDPOINT
            config |= {"table": "aliyun", "batch": 1}
            config["auth_codes"] = {
                name: given[f"auth_{name}"] for name in QUESTIONS if given[f"auth_{name}"].strip()
            }
        return {
            "name": given["name"],
            "kind": given["kind"],
            "config": config,
            "secret": given["secret"] or None,
            "price_li": _li(given["price"]),
            "per_s": given["per_s"],
            "per_day": given["per_day"],
        }

    def show(self, faults: dict[str, str]) -> None:
        """Faults by field, in words, at the fields."""
        for name, code in faults.items():
            field = {"price_li": "price", "codes": "table"}.get(name, name)
            self.add_error(field if field in self.fields else None, str(FAULTS.get(code, code)))


@dataclass(frozen=True)
class Shown:
    """An account as the list shows it."""

    row: LookupProvider

    @property
    def kind(self) -> Text:
        return KINDS[self.row.kind]

    @property
    def price(self) -> str:
        return f"{self.row.price_li / LI_PER_FEN:g}"

    @property
    def questions(self) -> list[Text]:
        return [QUESTIONS[name] for name in self.row.config.get("questions", ()) if name in QUESTIONS]


@require_safe
@allowed("number.view")
def page(request: HttpRequest) -> HttpResponse:
    can_edit = may(request.user, "settings.edit")
    context = {
        "tabs": tabs("numbers.providers"),
        "providers": [Shown(row) for row in reads.providers()],
        "can_edit": can_edit,
        "empty": Empty(
            _("还没有号码检测服务商"),
            _(
                "服务商回答号码是否空号、停机、携号转网或二次放号。号码是个人信息：先签好委托处理合同，做好影响评估。"
            ),
            _("添加服务商") if can_edit else "",
            reverse("numbers.provider_new"),
            "device-mobile-question",
        ),
    }
    return render(request, "numbers/providers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.edit")
def new(request: HttpRequest) -> HttpResponse:
    form = ProviderForm(request.POST or None)
    if request.method == "POST" and (provider_id := _save(request, form, None)):
        messages.success(request, gettext("已保存。先用一个号码试一试，再看它的结果对不对。"))
        return redirect("numbers.provider", provider_id)
    return render(request, "numbers/provider.html", {"form": form, "crumbs": _crumbs()})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.edit")
def edit(request: HttpRequest, provider_id: int) -> HttpResponse:
    row = _provider(provider_id)
    form = ProviderForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and _save(request, form, provider_id):
        messages.success(request, gettext("已保存。"))
        return redirect("numbers.provider", provider_id)
    return render(request, "numbers/provider.html", {"form": form, "provider": row, "crumbs": _crumbs()})


@require_POST
@allowed("settings.edit")
def switch(request: HttpRequest, provider_id: int) -> HttpResponse:
    enabled = request.POST.get("to") == "on"
    settings.switch_provider(provider_id, enabled=enabled, actor=request.user.get_username())
    messages.success(
        request, gettext("服务商已启用。") if enabled else gettext("服务商已停用，不再向它查询。")
    )
    return redirect("numbers.provider", provider_id)


@require_POST
@allowed("settings.edit")
def attempt(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Ask about one number that was typed; it stands nowhere afterwards."""
    try:
        result = try_provider(
            provider_id, request.POST.get("number", ""), actor=request.user.get_username(), now=utc_now()
        )
    except NotFound:
        raise
    except XinfengError as fault:
        messages.error(request, sentence(fault))
        return redirect("numbers.provider", provider_id)
    if result.answer is None:
        messages.warning(
            request, gettext("接口通了，但没有这个号码的结果（%(why)s）。") % {"why": result.fault}
        )
    else:
        words = {"code": result.code, "state": STATES[result.answer.state][0]}
        messages.success(request, gettext("接口通了：代码 %(code)s，读作“%(state)s”。") % words)
    return redirect("numbers.provider", provider_id)


def _save(request: HttpRequest, form: ProviderForm, provider_id: int | None) -> int | None:
    if not form.is_valid():
        return None
    try:
        return settings.save_provider(
            **form.values(), actor=request.user.get_username(), provider_id=provider_id
        )
    except InvalidInput as fault:
        form.show(fault.params.get("faults", {}))
    except XinfengError as fault:
        show_fault(form, fault, {"lookup.name_taken": "name"})
    return None


def _provider(provider_id: int) -> LookupProvider:
    row = LookupProvider.objects.filter(pk=provider_id).first()
    if row is None:
        raise NotFound("lookup.unknown", provider=provider_id)
    return row


def _initial(row: LookupProvider) -> dict[str, Any]:
    auth = {f"auth_{name}": code for name, code in row.config.get("auth_codes", {}).items()}
    return {
        **row.config,
        **auth,
        "name": row.name,
        "kind": row.kind,
        "price": f"{Decimal(row.price_li) / LI_PER_FEN:f}",
        "per_s": row.per_s,
        "per_day": row.per_day,
    }


def _li(text: str) -> int:
    try:
        li = Decimal(text.strip()) * LI_PER_FEN
    except InvalidOperation:
        return -1
    return int(li) if li.is_finite() and li == li.to_integral_value() and abs(li) < 10**9 else -1


def _crumbs() -> list[Crumb]:
    return [Crumb(_("号码健康"), reverse("numbers")), Crumb(_("服务商"), reverse("numbers.providers"))]
