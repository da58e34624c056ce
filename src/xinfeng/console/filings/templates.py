"""Filings of templates: what is filed, what should be, and how a new wording differs from what was."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns import filing_watch
from xinfeng.channels.models import Channel
from xinfeng.console.components import Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.filings.forms import TemplateForm
from xinfeng.console.filings.labels import crumbs, state_of, tabs, timeline
from xinfeng.console.filings.moves import actor_of, move_in, particulars, possible, today
from xinfeng.console.permissions import allowed
from xinfeng.content import reads as content
from xinfeng.filings import documents, steps, templates
from xinfeng.filings.models import Subject
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now


@require_safe
@allowed("filing.view")
def page(request: HttpRequest) -> HttpResponse:
    day = today()
    search = request.GET.get("q", "")
    demanding = [one for one in Channel.objects.order_by("name") if one.takes.template_filing]
    context = {
        "tabs": tabs("filings.templates"),
        "filings": [(one, state_of(one, day)) for one in templates.filings(search=search)],
        "missing": templates.unfiled(day),
        "demanding": demanding,
        "search": search,
        "empty": Empty(
            _("没有要报备的模板") if not demanding else _("还没有报备模板"),
            _("没有通道要求模板报备。云服务商一般要求，在通道的规则里打开。")
            if not demanding
            else _("要求报备的通道只收报备过的文字。选一个模板，系统会生成要提交的文字。"),
            _("看通道") if not demanding else _("报备模板"),
            reverse("channels") if not demanding else reverse("filings.template_new"),
            "template",
        ),
    }
    return render(request, "filings/templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def new(request: HttpRequest) -> HttpResponse:
    initial = {name: request.GET[name] for name in ("version", "channel") if name in request.GET}
    if (version := initial.get("version", "")).isascii() and version.isdigit() and len(version) < 19:
        initial["text"] = templates.text_to_file(content.version(int(version)))
    form = TemplateForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = templates.add(
                    int(given["version"]),
                    int(given["channel"]),
                    text=given["text"],
                    note=given["note"],
                    actor=actor_of(request),
                    now=utc_now(),
                )
            except XinfengError as fault:
                show_fault(form, fault, {"filing.text_differs": "text", "filing.too_long": "text"})
            else:
                messages.success(request, gettext("已登记。把这段文字提交给服务商，提交后在这里记下。"))
                return redirect("filings.template", made)
        status = 422
    context = {"form": form, "crumbs": crumbs((_("模板"), reverse("filings.templates")))}
    return render(request, "filings/template_new.html", context, status=status)


@require_safe
@allowed("filing.view")
def detail(request: HttpRequest, filing_id: int) -> HttpResponse:
    filing = templates.filing_of(filing_id)
    newest = content.newest_version(filing.version.template_id)
    changed = newest.pk != filing.version_id
    context = {
        "filing": filing,
        "state": state_of(filing, today()),
        "moves": possible(filing, today()),
        "newest": newest if changed else None,
        "change": templates.change_since(filing, newest) if changed else (),
        "subject": Subject.TEMPLATE.value,
        "documents": documents.documents_of(Subject.TEMPLATE, filing_id),
        "history": timeline(steps.steps_of(Subject.TEMPLATE, filing_id)),
        "largest_mb": documents.LARGEST_FILE >> 20,
        "crumbs": crumbs((_("模板"), reverse("filings.templates"))),
    }
    return render(request, "filings/template.html", context)


@require_POST
@allowed("filing.edit")
def move(request: HttpRequest, filing_id: int) -> HttpResponse:
    step = move_in(request)
    filing_watch.move_template(
        filing_id, step, **particulars(request), actor=actor_of(request), now=utc_now()
    )
    messages.success(request, gettext("已记下。"))
    return redirect("filings.template", filing_id)
