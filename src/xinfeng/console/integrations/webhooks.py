"""Webhooks: set up, tested, watched, replayed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import (
    Column,
    Crumb,
    Empty,
    Filter,
    Listing,
    Query,
    Table,
    answer_with_table,
)
from xinfeng.console.components.faults import show_fault
from xinfeng.console.integrations.frame import crumbs, kind_choices, kind_words, tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.integrations.models import WebhookDelivery
from xinfeng.integrations.webhooks import actions, reads
from xinfeng.kernel.errors import InvalidInput, NotFound, XinfengError
from xinfeng.kernel.time import utc_now

AT_FIELD = {
    "webhook.name": "name",
    "webhook.url": "url",
    "webhook.private": "url",
    "webhook.kinds": "kinds",
}
SPANS = {"1": timedelta(hours=1), "24": timedelta(hours=24), "168": timedelta(days=7)}
COLUMNS = (
    Column("event", _("内容")),
    Column("state", _("状态")),
    Column("attempts", _("次数"), numeric=True, hide_on_phone=True),
    Column("status", _("应答"), hide_on_phone=True),
    Column("at", _("时间"), hide_on_phone=True),
    Column("again", ""),
)
FILTERS = (
    Filter(
        "state",
        _("状态"),
        (("waiting", _("等待")), ("delivered", _("已送达")), ("given_up", _("已放弃"))),
    ),
)


class WebhookForm(forms.Form):
    """Where to, and what about. The box for private networks is there for administrators only."""

    name = forms.CharField(label=_("名称"), max_length=80)
    url = forms.CharField(
        label=_("地址"),
        max_length=500,
        help_text=_("https 开头。信风只连查到的公网地址，不跟随跳转。"),
    )
    kinds = forms.MultipleChoiceField(
        label=_("告诉它什么"), choices=kind_choices, widget=forms.CheckboxSelectMultiple()
    )
    allow_private = forms.BooleanField(
        label=_("允许内网地址和 http"),
        required=False,
        help_text=_("只有管理员能允许。仅在接收方确实在内网时打开。"),
    )

    def __init__(self, *args: Any, administrator: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not administrator:
            del self.fields["allow_private"]


@require_safe
@allowed("api.view")
def page(request: HttpRequest) -> HttpResponse:
    """All webhooks."""
    context = {
        "tabs": tabs("integrations.webhooks"),
        "rows": reads.webhooks(),
        "stopped": reads.stopped(),
        "empty": Empty(
            _("还没有推送"),
            _(
                "客户、授权或分层一有变化，信风就把编号告诉您的系统。内容不含号码和姓名，带签名，失败会重试一天。"
            ),
            _("添加推送"),
            reverse("integrations.webhook_new"),
            "webhook",
        ),
    }
    return render(request, "integrations/webhooks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("api.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Add one; its secret is on the page that answers and nowhere else."""
    form = WebhookForm(request.POST or None, administrator=may(request.user, "settings.edit"))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.add_webhook(
                name=given["name"],
                url=given["url"].strip(),
                kind_names=given["kinds"],
                allow_private=given.get("allow_private", False),
                actor=request.user.get_username(),
                now=utc_now(),
            )
        except XinfengError as fault:
            show_fault(form, fault, AT_FIELD)
        else:
            return _once(request, made.id, given["name"], made.secret)
    context = {"form": form, "crumbs": crumbs(webhooks=True)}
    return render(request, "integrations/webhook_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("api.edit")
def edit(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Change where to and what about. An address is only allowed into a private network by an administrator."""
    webhook = reads.webhook_of(webhook_id)
    administrator = may(request.user, "settings.edit")
    names = ("name", "url", "kinds", "allow_private")
    initial = {name: getattr(webhook, name) for name in names}
    form = WebhookForm(request.POST or None, initial=initial, administrator=administrator)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.edit_webhook(
                webhook_id,
                name=given["name"],
                url=given["url"].strip(),
                kind_names=given["kinds"],
                allow_private=given["allow_private"] if administrator else None,
                actor=request.user.get_username(),
                now=utc_now(),
            )
        except XinfengError as fault:
            show_fault(form, fault, AT_FIELD)
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("integrations.webhook", webhook_id=webhook_id)
    back = Crumb(webhook.name, reverse("integrations.webhook", args=[webhook_id]))
    context = {"form": form, "webhook": webhook, "crumbs": [*crumbs(webhooks=True), back]}
    return render(request, "integrations/webhook_form.html", context)


@require_safe
@allowed("api.view")
def detail(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """One webhook with its deliveries."""
    webhook = reads.webhook_of(webhook_id)
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    found = reads.deliveries(
        webhook_id, state=query.filters["state"], before=_before(query.after), limit=query.per_page + 1
    )
    more, found = len(found) > query.per_page, found[: query.per_page]
    table = Table(
        id="deliveries",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing([_shown(one) for one in found], next_after=str(found[-1].pk) if more else ""),
        row_template="integrations/delivery_row.html",
        empty=Empty(_("还没有投递"), _("有变化时几秒内就会投递。可以先发一个测试。"), icon="send"),
        context={"may_edit": may(request.user, "api.edit"), "webhook": webhook},
    )
    words = dict(kind_choices())
    context = {
        "webhook": webhook,
        "kinds": [words.get(name, name) for name in webhook.kinds],
        "crumbs": crumbs(webhooks=True),
    }
    return answer_with_table(request, "integrations/webhook.html", table, context)


@require_POST
@allowed("api.edit")
def move(request: HttpRequest, webhook_id: int, move: str) -> HttpResponse:
    """What the buttons of a webhook do."""
    if move not in _MOVES:
        raise NotFound("webhook.no_such_move", name=move[:20])
    return _MOVES[move](request, webhook_id)


def _ping(request: HttpRequest, webhook_id: int) -> HttpResponse:
    actions.ping(webhook_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, gettext("测试已排队，几秒后在下面看结果。"))
    return redirect("integrations.webhook", webhook_id=webhook_id)


def _switch(request: HttpRequest, webhook_id: int) -> HttpResponse:
    on = request.POST.get("to") == "on"
    actions.switch_webhook(webhook_id, on=on, actor=request.user.get_username(), now=utc_now())
    messages.success(request, gettext("已启用，等待中的投递会继续。") if on else gettext("已停用。"))
    return redirect("integrations.webhook", webhook_id=webhook_id)


def _secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhook = reads.webhook_of(webhook_id)
    secret = actions.new_secret(webhook_id, actor=request.user.get_username(), now=utc_now())
    return _once(request, webhook_id, webhook.name, secret)


def _remove(request: HttpRequest, webhook_id: int) -> HttpResponse:
    actions.remove_webhook(webhook_id, actor=request.user.get_username())
    messages.success(request, gettext("推送已删除。"))
    return redirect("integrations.webhooks")


def _replay_span(request: HttpRequest, webhook_id: int) -> HttpResponse:
    span = SPANS.get(request.POST.get("hours", ""))
    if span is None:
        raise InvalidInput("webhook.span")
    now = utc_now()
    count = actions.replay_span(
        webhook_id, first=now - span, last=now, actor=request.user.get_username(), now=now
    )
    messages.success(
        request,
        ngettext("已排队重新投递 %(n)s 个。", "已排队重新投递 %(n)s 个。", count) % {"n": count},
    )
    return redirect("integrations.webhook", webhook_id=webhook_id)


_MOVES: dict[str, Callable[[HttpRequest, int], HttpResponse]] = {
    "ping": _ping,
    "switch": _switch,
    "secret": _secret,
    "remove": _remove,
    "again": _replay_span,
}


@require_POST
@allowed("api.edit")
def replay(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """The same event once more."""
    actions.replay(webhook_id, delivery_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, gettext("已排队重新投递。"))
    return redirect("integrations.webhook", webhook_id=webhook_id)


def _once(request: HttpRequest, webhook_id: int, name: str, secret: str) -> HttpResponse:
    context = {
        "secret": secret,
        "name": name,
        "kind": "webhook",
        "back": reverse("integrations.webhook", args=[webhook_id]),
        "crumbs": crumbs(webhooks=True),
    }
    return render(request, "integrations/once.html", context)


def _shown(delivery: WebhookDelivery) -> dict[str, Any]:
    last = delivery.history[-1] if delivery.history else {}
    return {"one": delivery, "kind": kind_words(delivery.event.kind), "error": last.get("error", "")}


def _before(after: str) -> int | None:
    if not after:
        return None
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise InvalidInput("request.page")
    return int(after)
