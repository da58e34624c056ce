"""Publishing, closing, and what was published when."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.forms.labels import STATES, crumbs, tabs
from xinfeng.console.permissions import allowed
from xinfeng.delivery import code_messages
from xinfeng.forms import actions, reads
from xinfeng.kernel.time import utc_now


@require_POST
@allowed("form.edit")
def publish(request: HttpRequest, form_id: int) -> HttpResponse:
    """The draft becomes a version."""
    version = actions.publish(
        form_id, codes_ready=code_messages.ready(), actor=request.user.get_username(), now=utc_now()
    )
    messages.success(request, _("第 %(n)s 版已发布，正在收集。") % {"n": version.number})
    return redirect("forms.detail", form_id)


@require_POST
@allowed("form.edit")
def close(request: HttpRequest, form_id: int) -> HttpResponse:
    """Take nothing more in."""
    form = actions.close(form_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, _("“%(name)s”已关闭，不再收集。") % {"name": form.name})
    return redirect("forms.detail", form_id)


@require_POST
@allowed("form.edit")
def reopen(request: HttpRequest, form_id: int) -> HttpResponse:
    """Go on with the version published last."""
    form = actions.reopen(form_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, _("“%(name)s”重新开始收集。") % {"name": form.name})
    return redirect("forms.detail", form_id)


@require_safe
@allowed("form.view")
def page(request: HttpRequest, form_id: int) -> HttpResponse:
    """Every version, and what changed from one to the next."""
    form = reads.form_of(form_id)
    found = reads.versions_of(form_id)
    rows = [
        (
            one,
            bytes(one.digest).hex(),
            _changes(found[at + 1].design if at + 1 < len(found) else None, one.design),
        )
        for at, one in enumerate(found)
    ]
    context = {
        "form": form,
        "state": STATES[form.state],
        "rows": rows,
        "tabs": tabs(form, "forms.versions"),
        "crumbs": crumbs(),
    }
    return render(request, "forms/versions.html", context)


def _changes(before: Any, after: Any) -> list[tuple[str, str]]:
    """Lines that went (`-`) and came (`+`) in the JSON form; empty for the first version."""
    if before is None:
        return []
    lines = unified_diff(_lines(before), _lines(after), lineterm="", n=0)
    return [
        (line[0], line[1:].strip()) for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]


def _lines(design: Any) -> list[str]:
    return json.dumps(design, ensure_ascii=False, indent=1, sort_keys=True).splitlines()
