"""Forms of an import: the file, what its columns mean, and what is stated about consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from xinfeng.consent.models import Notice, SharingContract
from xinfeng.console.consents.labels import purposes
from xinfeng.console.imports.labels import IMPORT_KINDS
from xinfeng.console.words import sentence
from xinfeng.intake.actions import LONGEST_SOURCE as LONGEST_TAG
from xinfeng.intake.claims import LONGEST_EVIDENCE, LONGEST_SOURCE, ConsentClaim
from xinfeng.intake.mapping import SKIP
from xinfeng.kernel.errors import XinfengError

COLUMN_FIELD = "column:"
NEW_NOTICE = "new"

MODES = (
    ("batch", _("这批客户都同意过，整批说明")),
    ("rows", _("文件里每行写明了授权")),
    ("none", _("没有授权，只建档")),
)

FIELD_OF_CODE = {
    "import.source": "source",
    "consent.purpose": "purpose",
    "consent.time_in_future": "given_at",
    "consent.notice_unknown": "notice",
    "consent.without_claim": "mode",
    "partner.no_claim": "mode",
    "partner.purpose": "purpose",
    "consent.evidence_identifies": "evidence",
    "notice.exists": "notice_version",
    "notice.incomplete": "notice_text",
}
FIELD_OF_MISSING = {
    "consent_at": "given_at",
    "consent_source": "consent_source",
    "consent_evidence": "evidence",
    "consent_notice": "notice",
}


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("文件里是什么"),
        choices=list(IMPORT_KINDS.items()),
        widget=forms.RadioSelect,
        initial="contacts",
        help_text=_("行为是购买、浏览、加购、到店等，要先导入客户。"),
    )
    file = forms.FileField(label=_("文件"), allow_empty_file=True)


class SourceForm(forms.Form):
    """Where the people are from; becomes a tag on each of them."""

    source = forms.CharField(
        label=_("来源"),
        max_length=LONGEST_TAG,
        help_text=_("写明这些数据从哪里来，例如“2026 春季会员日”。会成为每位客户的来源标签。"),
    )
    contract = forms.ChoiceField(
        label=_("谁的数据"),
        required=False,
        help_text=_("合作方的名单要有有效的共享合同，每一行都要有授权凭证，合同没有包括的列不能导入。"),
    )

    def __init__(self, *args: Any, contracts: list[SharingContract], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["contract"]
        assert isinstance(field, forms.ChoiceField)
        known = [(str(one.pk), f"{one.partner} · {one.number}") for one in contracts]
        field.choices = [("", _("本企业自己收集的")), *known]

    @property
    def contract_id(self) -> int | None:
        """The contract under which a partner passes the file on."""
        chosen = self.cleaned_data.get("contract")
        return int(chosen) if chosen else None


class ConsentForm(forms.Form):
    """What is claimed about consent. With `rows`, the batch's words stand in where a row says nothing."""

    mode = forms.ChoiceField(label=_("客户同意过接收短信吗"), choices=MODES, widget=forms.RadioSelect)
    purpose = forms.ChoiceField(label=_("同意的用途"), required=False)
    consent_source = forms.CharField(
        label=_("在哪里同意的"),
        max_length=LONGEST_SOURCE,
        required=False,
        help_text=_("例如“门店入会表”“官网注册页”。"),
    )
    given_at = forms.DateTimeField(
        label=_("什么时候同意的"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("不是每人同一时间的，写最早的一天，或在文件里用一列写明。"),
    )
    evidence = forms.CharField(
        label=_("凭什么证明"),
        max_length=LONGEST_EVIDENCE,
        required=False,
        widget=forms.Textarea,
        help_text=_("档案编号、注册记录的位置、录音编号等，监管或客户询问时能拿出来的东西。"),
    )
    notice = forms.ChoiceField(label=_("当时看到的告知书"), required=False)
    notice_key = forms.SlugField(
        label=_("告知书的键"),
        max_length=40,
        required=False,
        help_text=_("同一份告知书的各版用同一个键，例如 privacy。"),
    )
    notice_version = forms.CharField(label=_("版本"), max_length=20, required=False)
    notice_text = forms.CharField(
        label=_("客户看到的原文"), max_length=20_000, required=False, widget=forms.Textarea
    )

    def __init__(self, *args: Any, notices: list[Notice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["notice"]
        assert isinstance(field, forms.ChoiceField)
        named = purposes()
        wanted = self.fields["purpose"]
        assert isinstance(wanted, forms.ChoiceField)
        wanted.choices = list(named.items())
        known = [
            (str(one.pk), f"{one.key} {one.version} · {named.get(one.purpose, one.purpose)}")
            for one in notices
        ]
        field.choices = [("", _("没有留下版本")), *known, (NEW_NOTICE, _("登记一个新版本…"))]
        self._notices = {str(one.pk): one for one in notices}
        whole = not self.is_bound or self.data.get("mode") == "batch"
        for name in ("purpose", "consent_source", "given_at", "evidence"):
            self.fields[name].required = whole

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("mode") != "none" and given.get("notice") == NEW_NOTICE:
            for name in ("notice_key", "notice_version", "notice_text"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, ValidationError(_now("登记新版本时要填写。")))
        return given

    @property
    def states_new_notice(self) -> bool:
        return bool(self.cleaned_data.get("mode") != "none" and self.cleaned_data.get("notice") == NEW_NOTICE)

    def claim(self) -> ConsentClaim | None:
        """What is claimed; None when nothing is."""
        given = self.cleaned_data
        if given["mode"] == "none":
            return None
        key, version = "", ""
        if self.states_new_notice:
            key, version = given["notice_key"], given["notice_version"]
        elif chosen := self._notices.get(given.get("notice", "")):
            key, version = chosen.key, chosen.version
        return ConsentClaim(
            purpose=given["purpose"] or "marketing",
            source=given["consent_source"],
            notice_key=key,
            notice_version=version,
            given_at=given["given_at"],
            evidence=given["evidence"],
        )

    def refuse(self, error: XinfengError) -> bool:
        """Show a refusal at its field; False when it is about something else than consent."""
        if error.code == "consent.incomplete":
            for missing in error.params.get("missing", []):
                self.add_error(FIELD_OF_MISSING[missing], _now("整批说明时要填写，或在文件里用一列写明。"))
            return True
        name = FIELD_OF_CODE.get(error.code)
        if error.code == "consent.too_long":
            name = FIELD_OF_MISSING.get(str(error.params.get("field")))
        if name in self.fields:
            self.add_error(name, sentence(error))
            return True
        return False


def mapping_in(posted: Mapping[str, str], header: list[str]) -> dict[str, str]:
    """`column:<nr>` of the form as column → field."""
    return {column: posted.get(f"{COLUMN_FIELD}{nr}", SKIP) for nr, column in enumerate(header)}
