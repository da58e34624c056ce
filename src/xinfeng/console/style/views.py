"""The style page. It shows components only and changes nothing."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import Column, Crumb, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.middleware import with_toast
from xinfeng.console.permissions import allowed
from xinfeng.console.states import STATES
from xinfeng.console.style import samples
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("name", "活动", sortable=True),
    Column("state", "状态"),
    Column("audience", "受众", sortable=True, numeric=True),
    Column("delivered", "送达率", numeric=True),
    Column("cost_fen", "费用", sortable=True, numeric=True, hide_on_phone=True),
    Column("at", "更新", sortable=True, hide_on_phone=True),
)
FILTERS = (Filter("state", "状态", tuple((code, label) for code, (label, _) in STATES["campaign"].items())),)


class SampleForm(forms.Form):
    """One of each kind of field."""

    name = forms.CharField(label="活动名称", max_length=40, help_text="只有同事看得到。")
    kind = forms.ChoiceField(label="短信类型", choices=[("marketing", "营销"), ("service", "服务通知")])
    budget = forms.DecimalField(label="预算上限", required=False, min_value=0)
    when = forms.ChoiceField(
        label="发送时间",
        choices=[("now", "审核后立即"), ("later", "指定时间")],
        widget=forms.RadioSelect,
        initial="now",
    )
    text = forms.CharField(label="正文", widget=forms.Textarea, help_text="签名和退订说明会自动加上。")
    holdout = forms.BooleanField(
        label="留出 5% 不发送，用来比较效果", required=False, help_text="留出的客户在报告里单独列出。"
    )
    file = forms.FileField(label="客户文件", required=False)


@require_safe
@allowed("ui.view")
def page(request: HttpRequest) -> HttpResponse:
    """All components on one page."""
    now = utc_now()
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, sort="-at")
    wrong = SampleForm(
        {"name": "", "kind": "marketing", "budget": "-3", "when": "now", "text": "会员日立减30元"}
    )
    context = {
        "crumbs": [Crumb("活动", reverse("ui")), Crumb("11月会员日", reverse("ui"))],
        "stats": samples.stats(),
        "shares": samples.shares(),
        "steps": samples.steps(),
        "tabs": samples.tabs(),
        "timeline": samples.timeline(now),
        "phone": samples.phone(),
        "charts": samples.charts(),
        "form": SampleForm(initial={"name": "明前龙井到店提醒"}),
        "wrong": wrong,
        "empty": Empty(
            "还没有导入过客户",
            "上传 CSV 或 Excel 文件，并说明这些客户在哪里、凭什么同意接收短信。",
            "导入客户",
            reverse("ui"),
            "file-import",
        ),
        "states": [(kind, list(codes)) for kind, codes in STATES.items()],
        "now": now,
    }
    return answer_with_table(request, "style/page.html", _table(query, now), context)


def _table(query: Query, now) -> Table:
    rows = [row for row in samples.campaigns(now) if query.search.lower() in row.name.lower()]
    wanted = query.filters["state"]
    rows = [row for row in rows if not wanted or row.state == wanted]
    rows.sort(key=lambda row: getattr(row, query.sort), reverse=query.descending)
    return Table(
        id="campaigns",
        columns=COLUMNS,
        query=query,
        listing=Listing(rows, total=len(rows) if query.narrowed else 183),
        row_template="style/row.html",
        filters=FILTERS,
        search_label="搜索活动名称",
        empty=Empty(
            "还没有活动", "先选一个分群，再写第一条短信。", "新建活动", reverse("ui"), "speakerphone"
        ),
    )


@require_safe
@allowed("ui.view")
def progress(request: HttpRequest, done: int) -> HttpResponse:
    """A sample job that gets a step further each time it is asked."""
    done = min(20480, done + 1024)
    poll = reverse("ui.progress", args=[done]) if done < 20480 else ""
    return render(request, "style/progress.html", {"done": done, "poll": poll})


@require_POST
@allowed("ui.view")
def refuse(request: HttpRequest) -> HttpResponse:
    """Shows how a refusal and a success look to the reader."""
    if "fail" in request.POST:
        raise Conflict("sample.conflict")
    return with_toast(HttpResponse(status=204), "已保存为草稿。")
