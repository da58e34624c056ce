"""The form of an account. What is right is decided by the channels slice; here its faults get words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.capabilities import PRESETS, Capabilities, LinkInVariable
from xinfeng.channels.fields import host_fault
from xinfeng.channels.kinds import read_config
from xinfeng.channels.reads import ChannelRow
from xinfeng.console.channels import accounts
from xinfeng.console.components.parts import Text
from xinfeng.console.content.labels import PURPOSES
from xinfeng.console.preferences.windows import TimeInput
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.money import LI_PER_FEN

FAULTS: dict[str, Text] = {
    "missing": _("请填写。"),
    "too_short": _("太短了。"),
    "too_long": _("太长了，运营商的协议放不下。"),
    "not_text": _("请填文字。"),
    "not_ascii": _("只能用英文字母、数字和符号。"),
    "not_digits": _("只能用数字。"),
    "not_a_number": _("请填数字。"),
    "out_of_range": _("超出了允许的范围。"),
    "not_yes_or_no": _("请选择是或否。"),
    "unknown": _("不是可以选择的值。"),
    "not_ascending": _("结束要晚于开始。"),
    "with_scheme": _("只填域名或 IP，不带 http:// 这样的开头。"),
    "with_port": _("这里不填端口，端口填在“端口”一栏。"),
    "not_a_host": _("不是域名，也不是 IP 地址。"),
    "not_loopback": _("不加密只能用于本机（127.0.0.1）。"),
    "not_fitting": _("有不能用的内容，请检查写法。"),
}
LINKS: dict[str, Text] = {
    LinkInVariable.NO: _("链接里不能有变量"),
    LinkInVariable.PATH: _("只能在固定域名之后"),
    LinkInVariable.YES: _("可以"),
}


def _text(label: Any, help: Any = "", *, required: bool = True, initial: str = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=help, required=required, initial=initial, max_length=253)


@dataclass(frozen=True)
class AccountField:
    """A field of the account, with what the template needs beside it."""

    bound: forms.BoundField
    about: accounts.Field


class ChannelForm(forms.Form):
    """Everything a carrier's contract states. The secret is never shown again; left empty, it stays.

    The fields of the account are those of the kind (`accounts.FIELDS`), which `kind` decides.
    """

    name = _text(_("通道名称"), _("只有同事看得到，例如“移动 营销 1069”。"))
    kind = forms.ChoiceField(label=_("协议"))
    purpose = forms.ChoiceField(
        label=_("用途"),
        choices=list(PURPOSES.items()),
        help_text=_("营销和服务走不同的通道，之后不能混用。"),
    )
    rate_per_s = _text(_("每秒最多"), _("合同里的流速，按计费条算；任何一秒都不会超过。"), initial="100")
    price = _text(_("单价"), _("每个计费条，可以有一位小数。"), initial="3.5")
    opens = forms.TimeField(label=_("每天从"), widget=TimeInput(), required=False)
    closes = forms.TimeField(
        label=_("每天到"),
        widget=TimeInput(),
        required=False,
        help_text=_("合同限定的发送时间，活动的时段会收窄到这里；两项都留空就不限。"),
    )

    vendor = forms.ChoiceField(required=False)
    signature_filing = forms.BooleanField(
        label=_("签名须先报备"),
        required=False,
        help_text=_("没有向客户所在的运营商报备的签名不发。只有测试通道才关掉。"),
    )
    template_filing = forms.BooleanField(label=_("模板须先报备"), required=False)
    bulk_filing = forms.BooleanField(label=_("大促日大量发送须先有编号"), required=False)
    variables_allowed = forms.BooleanField(label=_("营销短信可以用变量"), required=False)
    adjacent_variables = forms.BooleanField(label=_("变量可以相邻，或全是变量"), required=False)
    salutation_required = forms.BooleanField(label=_("营销短信须带会员称谓"), required=False)
    one_way = forms.BooleanField(
        label=_("只发不收"), required=False, help_text=_("收不到回复的通道不发营销短信：退订要能收到。")
    )
    link_in_variable = forms.ChoiceField(label=_("链接里的变量"), choices=list(LINKS.items()), required=False)
    link_domains = forms.CharField(
        label=_("可用的链接域名"), required=False, help_text=_("用空格分开；留空不限。")
    )
    opt_out_wording = forms.CharField(
        label=_("接受的退订提示"), required=False, help_text=_("一字不差，用空格分开；留空不限。")
    )
    symbols_refused = forms.CharField(label=_("不收的符号"), required=False)
    most_characters = _text(_("最多多少字"), _("含签名和变量；留空不限。"), required=False)
    longest_value = _text(_("每个变量最多多少字"), _("留空不限。"), required=False)
    signature_shortest = _text(_("签名最短"), required=False, initial="1")
    signature_longest = _text(_("签名最长"), required=False, initial="20")

    RULES = (
        "signature_filing",
        "template_filing",
        "bulk_filing",
        "variables_allowed",
        "adjacent_variables",
        "salutation_required",
        "one_way",
    )

    def __init__(self, data: Any = None, *, kind: str, new: bool, initial: dict[str, Any]) -> None:
        given = {**accounts.defaults(kind), "kind": kind, **initial}
        super().__init__(data, initial=given)
        self._kind = kind
        english = (get_language() or "").startswith("en")
        vendor, protocol = self.fields["vendor"], self.fields["kind"]
        assert isinstance(vendor, forms.ChoiceField)
        assert isinstance(protocol, forms.ChoiceField)
        vendor.choices = [(one.key, one.name_en if english else one.name) for one in PRESETS.values()]
        protocol.choices = accounts.siblings(kind)
        for one in accounts.FIELDS[kind]:
            if one.name in accounts.SECRETS:
                self.fields[one.name] = forms.CharField(
                    label=one.label,
                    required=new and one.name == accounts.SECRET,
                    strip=False,
                    max_length=200,
                    help_text=_("保存后加密，不再显示。")
                    if new
                    else _("已加密保存，不再显示；留空表示不改。"),
                    widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                )
            else:
                self.fields[one.name] = one.made(given.get(one.name))

    @property
    def account_fields(self) -> dict[str, list[AccountField]]:
        """What the template shows, by place."""
        found: dict[str, list[AccountField]] = {place.value: [] for place in accounts.Place}
        for one in accounts.FIELDS[self._kind]:
            found[one.place].append(AccountField(self[one.name], one))
        return found

    @property
    def rule_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.RULES]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens, closes = cleaned.get("opens"), cleaned.get("closes")
        for name in ("opens", "closes"):
            if (opens is not None or closes is not None) and name in cleaned and cleaned[name] is None:
                self.add_error(name, str(FAULTS["missing"]))
        if opens is not None and closes is not None and not opens < closes:
            self.add_error("closes", str(FAULTS["not_ascending"]))
        return cleaned

    @property
    def rare_wrong(self) -> bool:
        return any(
            one.name in self.errors for one in accounts.FIELDS[self._kind] if one.place is accounts.Place.RARE
        )

    def values(self) -> dict[str, Any]:
        """The arguments of `save_channel`, as far as they can be read; what can't is out of range there."""
        given = {name: self.data.get(name, "").strip() for name in self.fields}
        return {
            "name": given["name"],
            "kind": given["kind"] or self._kind,
            "purpose": given["purpose"],
            "config": accounts.stated(self._kind, self.data),
            "secret": self._secret(),
            "rate_per_s": _whole(given["rate_per_s"]),
            "price_li": _li(given["price"]),
            "capabilities": self._capabilities(given),
            "hours": None if self.errors.keys() & {"opens", "closes"} else self._hours(),
        }

    def _secret(self) -> str | None:
        """Ours, and behind it on a line of its own the carrier's where it has another; None: as before."""
        ours, theirs = (self.data.get(name, "") for name in (accounts.SECRET, accounts.INBOUND_SECRET))
        if "\n" in ours or "\n" in theirs:
            return "\n" * 200  # no password has two lines: refused with the other faults
        return f"{ours}\n{theirs}" if ours and theirs else ours or None

    def _capabilities(self, given: dict[str, str]) -> dict[str, Any]:
        return {
            "vendor": given["vendor"] or "none",
            **{name: name in self.data for name in self.RULES},
            "link_in_variable": given["link_in_variable"] or LinkInVariable.YES.value,
            "link_domains": given["link_domains"].lower().split(),
            "opt_out_wording": given["opt_out_wording"].split(),
            "symbols_refused": given["symbols_refused"],
            "most_characters": _whole(given["most_characters"]) if given["most_characters"] else None,
            "longest_value": _whole(given["longest_value"]) if given["longest_value"] else None,
            "signature_length": [
                _whole(given["signature_shortest"] or "1"),
                _whole(given["signature_longest"] or "20"),
            ],
        }

    def _hours(self) -> tuple[time, time] | None:
        opens, closes = self.cleaned_data["opens"], self.cleaned_data["closes"]
        return None if opens is None or closes is None else (opens, closes)

    def look_through(self) -> None:
        """Show what the account's own check finds beside what the form found, so that nothing comes in a second
        round."""
        values = self.values()
        try:
            read_config(values["config"], values["kind"])
        except InvalidInput as fault:
            self.show(fault.params["faults"])
        if (given := values["config"].get("host")) and (wrong := host_fault(given)):
            self.show({"host": wrong})
        try:
            Capabilities.read(values["capabilities"])
        except InvalidInput as fault:
            self.show(fault.params["faults"])

    def show(self, faults: dict[str, str]) -> None:
        """Faults by field, in words, at the fields."""
        for name, code in faults.items():
            field = {"price_li": "price", "hours": "closes", "signature_length": "signature_longest"}.get(
                name, name
            )
            if field in self.fields and field not in self.errors:
                self.add_error(field, str(FAULTS.get(code, code)))
            elif field not in self.fields:
                self.add_error(
                    None, gettext("%(name)s：%(fault)s") % {"name": name, "fault": FAULTS.get(code, code)}
                )


def _secret_help(name: str, *, new: bool) -> Any:
    if name == accounts.INBOUND_SECRET:
        return _("留空就和登录密码相同。要改它，两个密码一起填。")
    return _("保存后加密，不再显示。") if new else _("已加密保存，不再显示；留空表示不改。")


def rules_initial(takes: Capabilities) -> dict[str, Any]:
    """The form's values for what a channel takes."""
    return {
        **takes.to_json(),
        "link_domains": " ".join(takes.link_domains),
        "opt_out_wording": " ".join(takes.opt_out_wording),
        "signature_shortest": takes.signature_length[0],
        "signature_longest": takes.signature_length[1],
    }


def initial_of(channel: ChannelRow) -> dict[str, Any]:
    """The form's values for a channel that exists."""
    config = {
        name: f"{value:g}" if isinstance(value, float) else value
        for name, value in channel.config.to_json().items()
    }
    return {
        **config,
        **rules_initial(channel.takes),
        "name": channel.name,
        "kind": channel.kind,
        "purpose": channel.purpose,
        "rate_per_s": channel.rate_per_s,
        "opens": channel.hours and channel.hours[0],
        "closes": channel.hours and channel.hours[1],
        "price": f"{Decimal(channel.price_li) / LI_PER_FEN:f}",
    }


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _li(text: str) -> int:
    try:
        li = Decimal(text) * LI_PER_FEN
    except InvalidOperation:
        return -1
    return int(li) if li.is_finite() and li == li.to_integral_value() and abs(li) < 10**9 else -1
