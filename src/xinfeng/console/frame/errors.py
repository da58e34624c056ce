"""The pages for what went wrong. They need no database, because that may be what is gone."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from xinfeng.console.middleware import wants_fragment, with_toast
from xinfeng.foundation.busy import RETRY_AFTER_S, is_busy


@login_not_required
@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/404.html", 404, _("没有找到要看的内容。它可能已被删除。"))


@login_not_required
@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/403.html", 403, _("您不能这样做。什么都没有改变。"))


@login_not_required
@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/400.html", 400, _("这个请求看不懂。什么都没有改变。"))


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere; what was typed is lost unless the reader goes back."""
    return _page(request, "errors/csrf.html", 403, _("页面已经过期，什么都没有保存。请刷新后再试。"))


@login_not_required
@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors and user, because the database may be what failed; then it is 503."""
    if is_busy(sys.exception()):
        return _busy(request)
    if wants_fragment(request):
        return with_toast(HttpResponse(status=500), _("出错了，没有完成。错误已经记入日志。"), tone="danger")
    context: dict[str, Any] = {"xf_theme": "auto"}
    return HttpResponse(get_template("errors/500.html").render(context), status=500)


def _busy(request: HttpRequest) -> HttpResponse:
    if wants_fragment(request):
        short = _("数据库正忙，什么都没有保存。请稍后再试。")
        response = with_toast(HttpResponse(status=503), short, tone="danger")
    else:
        context: dict[str, Any] = {"xf_theme": "auto"}
        response = HttpResponse(get_template("errors/503.html").render(context), status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _page(request: HttpRequest, template: str, code: int, short: str) -> HttpResponse:
    if wants_fragment(request):
        return with_toast(HttpResponse(status=code), short, tone="danger")
    return render(request, template, status=code)
