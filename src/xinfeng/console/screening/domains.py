"""The domains the deployment has filed: links to others are remarked on."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed, may
from xinfeng.console.screening.tabs import tabs
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.screening import actions, reads


class DomainsForm(forms.Form):
    """Domains, one a line."""

    domains = forms.CharField(
        label=gettext_lazy("已备案的域名"),
        widget=forms.Textarea,
        required=False,
        max_length=50_000,
        help_text=gettext_lazy("一行一个，例如 example.cn；它下面的子域名也算。留空就不检查。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("screening.view")
def page(request: HttpRequest) -> HttpResponse:
    """The list, to be changed by those who may."""
    may_edit = may(request.user, "screening.edit")
    form = DomainsForm(request.POST or None, initial={"domains": "\n".join(reads.filed_domains())})
    if request.method == "POST":
        if not may_edit:
            raise NotAllowed("permission.missing", permission="screening.edit")
        if form.is_valid():
            try:
                actions.file_domains(form.cleaned_data["domains"].split(), actor=request.user.get_username())
            except XinfengError as fault:
                show_fault(form, fault, {"screening.domain": "domains", "screening.domains": "domains"})
            else:
                messages.success(request, _("已保存。"))
                return redirect("screening.domains")
    context = {"form": form, "may_edit": may_edit, "tabs": tabs("screening.domains")}
    return render(request, "screening/domains.html", context)
