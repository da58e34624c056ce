"""The forms of filings; what is right is decided by the slice, whose faults get words at the fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.models import Channel
from xinfeng.console.filings.labels import BASES, CARRIERS, KINDS, vendor_name
from xinfeng.content.models import Signature, TemplateVersion
from xinfeng.filings import gaps, qualifications
from xinfeng.filings.bulk import BulkDraft
from xinfeng.filings.gap_rules import Gap
from xinfeng.filings.models import Basis
from xinfeng.filings.peaks import Peak, PeakSettings
from xinfeng.filings.qualifications import QualificationDraft
from xinfeng.filings.signatures import SignatureDraft

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _choices(form: forms.Form, name: str, choices: list[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _channels() -> list[tuple[Any, Any]]:
    return [(one.pk, one.name) for one in Channel.objects.order_by("name")]


class MaterialForm(forms.Form):
    """What a signature rests on; can be changed until it is in force."""

    basis = forms.ChoiceField(label=_("签名依据"), choices=list(BASES.items()), initial=Basis.COMPANY)
    qualifications = forms.MultipleChoiceField(
        label=_("资质"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("运营商要看的证照和授权书；没有的先到“资质”登记。"),
    )
    port = forms.CharField(
        label=_("报备的号码"),
        required=False,
        max_length=21,
        help_text=_("运营商按端口报备时，填这个号码或它的末几位；换了端口要重新报备。留空不限。"),
    )
    whole_account = forms.BooleanField(
        label=_("对同一账号的全部通道有效"),
        required=False,
        help_text=_("同一家服务商、同一个账号下的其他通道不用再报。"),
    )
    note = forms.CharField(
        label=_("备注"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = [(one.pk, f"{KINDS[one.kind]} · {one.name}") for one in qualifications.choices()]
        _choices(self, "qualifications", kept)

    def material(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "basis": given["basis"],
            "port": given["port"],
            "note": given["note"],
            "whole_account": given["whole_account"],
            "qualification_ids": [int(one) for one in given["qualifications"]],
        }


class SignatureForm(MaterialForm):
    signature = forms.ChoiceField(label=_("签名"))
    channel = forms.ChoiceField(label=_("通道"))
    carriers = forms.MultipleChoiceField(
        label=_("运营商"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(key, label) for key, label in CARRIERS.items() if key],
        initial=["1", "2", "3", "4"],
        help_text=_("每家运营商各有一份报备，分别提交、分别生效。"),
    )
    field_order = ("signature", "channel", "carriers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Signature.objects.filter(enabled=True).order_by("text")
        _choices(self, "signature", [(one.pk, f"【{one.text}】") for one in known])
        _choices(self, "channel", _channels())

    def draft(self) -> SignatureDraft:
        given = self.cleaned_data
        return SignatureDraft(
            signature_id=int(given["signature"]),
            channel_id=int(given["channel"]),
            carriers=[int(one) for one in given["carriers"]],
            **self.material(),
        )


class ResultsForm(forms.Form):
    channel = forms.ChoiceField(label=_("通道"))
    file = forms.FileField(label=_("结果文件"), allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "channel", _channels())


class TemplateForm(forms.Form):
    """`version` and `channel` are chosen first; then the text is proposed."""

    version = forms.ChoiceField(label=_("模板"))
    channel = forms.ChoiceField(label=_("通道"))
    text = forms.CharField(
        label=_("报备的文字"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("变量写成 ${1} 这样；留空由系统按模板生成。可以换变量的写法，文字要和模板一致。"),
    )
    note = forms.CharField(label=_("备注"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = TemplateVersion.objects.filter(template__archived=False).select_related("template")
        newest = newest.order_by("template_id", "-number").distinct("template_id")
        named = [(one.pk, f"{one.template.name} · {one.number}") for one in newest]
        _choices(self, "version", sorted(named, key=lambda one: one[1]))
        _choices(self, "channel", _channels())


class BulkForm(forms.Form):
    channel = forms.ChoiceField(label=_("通道"))
    first_day = forms.DateField(label=_("第一天"), widget=DAY)
    last_day = forms.DateField(label=_("最后一天"), widget=DAY)
    at_most = forms.IntegerField(
        label=_("每天最多"), required=False, min_value=1, help_text=_("运营商批准的条数；留空不限。")
    )
    note = forms.CharField(label=_("备注"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "channel", _channels())

    def draft(self) -> BulkDraft:
        given = self.cleaned_data
        return BulkDraft(
            channel_id=int(given["channel"]),
            first_day=given["first_day"],
            last_day=given["last_day"],
            at_most=given["at_most"],
            note=given["note"],
        )


class PeaksForm(forms.Form):
    """One peak a line, such as `双11 11-10 2`."""

    threshold = forms.IntegerField(
        label=_("超过多少条要报备"), min_value=1, help_text=_("一个通道一天的营销短信，几个活动合计。")
    )
    lead_days = forms.IntegerField(label=_("提前多少天"), min_value=0, max_value=90)
    peaks = forms.CharField(
        label=_("每年的大促日"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("一行一个：名称 月-日 天数，例如：双11 11-10 2"),
    )
    holidays = forms.CharField(
        label=_("也算大促的节假日"),
        required=False,
        help_text=_("日历里的名称，用顿号分开；日期随日历变。"),
    )

    def clean_peaks(self) -> list[list[Any]]:
        found = []
        for line in self.cleaned_data["peaks"].splitlines():
            words = line.split()
            if not words:
                continue
            try:
                name, day, days = (*words, "1")[:3]
                month, of_month = (int(one) for one in day.split("-"))
                found.append([name, month, of_month, int(days)])
            except ValueError:
                raise forms.ValidationError(_("看不懂这一行：%(line)s"), params={"line": line[:60]}) from None
        return found

    def clean_holidays(self) -> list[str]:
        text = self.cleaned_data["holidays"].replace("，", "、").replace(",", "、")
        return [one.strip() for one in text.split("、") if one.strip()]


def initial_peaks(settings: PeakSettings) -> dict[str, Any]:
    """The form's values for the settings in force."""
    return {
        "threshold": settings.threshold,
        "lead_days": settings.lead_days,
        "peaks": "\n".join(_line(one) for one in settings.peaks),
        "holidays": "、".join(settings.holidays),
    }


def _line(peak: Peak) -> str:
    return f"{peak.name} {peak.month:02d}-{peak.day:02d} {peak.days}"


class QualificationForm(forms.Form):
    kind = forms.ChoiceField(label=_("种类"), choices=list(KINDS.items()))
    name = forms.CharField(label=_("名称"), max_length=120)
    number = forms.CharField(label=_("证号"), max_length=80)
    holder = forms.CharField(label=_("持有人"), max_length=120)
    issuer = forms.CharField(label=_("发证机关或对方"), max_length=120, required=False)
    issued_on = forms.DateField(label=_("发证日"), widget=DAY, required=False)
    expires_on = forms.DateField(
        label=_("到期日"), widget=DAY, required=False, help_text=_("留空是长期有效。")
    )
    channel = forms.ChoiceField(
        label=_("相关的通道"), required=False, help_text=_("服务商合同是哪个通道的。")
    )
    note = forms.CharField(label=_("备注"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "channel", [("", "—"), *_channels()])

    def draft(self) -> QualificationDraft:
        given = dict(self.cleaned_data)
        channel = given.pop("channel")
        return QualificationDraft(**given, channel_id=int(channel) if channel else None)


class GapForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=60)
    first_day = forms.DateField(label=_("第一天"), widget=DAY)
    last_day = forms.DateField(label=_("最后一天"), widget=DAY)
    carrier = forms.TypedChoiceField(label=_("运营商"), coerce=int, initial=0)
    vendor = forms.ChoiceField(label=_("服务商"), required=False)
    source = forms.CharField(label=_("来源"), max_length=200, help_text=_("谁在哪里公告的。"))
    provisional = forms.BooleanField(label=_("暂定，还没有公告"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everyone = _("全部")
        carriers = [(key, everyone if not key else label) for key, label in CARRIERS.items()]
        _choices(self, "carrier", carriers)
        _choices(self, "vendor", [("", everyone), *((key, vendor_name(key)) for key in gaps.VENDORS)])

    def gap(self, gap_id: int | None) -> Gap:
        return Gap(**self.cleaned_data, id=gap_id)
