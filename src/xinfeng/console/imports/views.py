"""The list of imports, and one import while it runs and after it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.consent.contracts import contract_of
from xinfeng.console.components import (
    Column,
    Crumb,
    Empty,
    Listing,
    Query,
    Stat,
    Table,
    answer_with_table,
)
from xinfeng.console.consents.labels import purposes
from xinfeng.console.imports.labels import IMPORT_KINDS
from xinfeng.console.imports.start import steps
from xinfeng.console.permissions import allowed, may, need_proof
from xinfeng.console.streaming import stream
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.console.words import sentence
from xinfeng.foundation import audit
from xinfeng.intake import actions, reads
from xinfeng.intake.models import ImportState
from xinfeng.intake.reads import ImportRow
from xinfeng.intake.reasons import in_summary
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("file", gettext_lazy("文件")),
    Column("state", gettext_lazy("状态")),
    Column("taken", gettext_lazy("新增 / 更新"), numeric=True),
    Column("rejected", gettext_lazy("未导入"), numeric=True),
    Column("purpose", gettext_lazy("授权"), hide_on_phone=True),
    Column("at", gettext_lazy("上传"), hide_on_phone=True),
)
REJECTED_COLUMNS = (
    Column("line", gettext_lazy("行"), numeric=True),
    Column("reason", gettext_lazy("原因")),
    Column("cells", gettext_lazy("这一行的内容")),
)


@require_safe
@allowed("import.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every import, newest first."""
    query = Query.read(request, columns=COLUMNS)
    found = reads.imports(before=_cursor(query.after), limit=query.per_page + 1)
    rows, more = found[: query.per_page], len(found) > query.per_page
    can_run = may(request.user, "import.run")
    named = purposes()
    table = Table(
        id="imports",
        columns=COLUMNS,
        query=query,
        listing=Listing(
            [(row, IMPORT_KINDS[row.kind], named.get(row.purpose, "")) for row in rows],
            next_after=str(rows[-1].id) if more else "",
        ),
        row_template="imports/row.html",
        empty=Empty(
            _("还没有导入过"),
            _("上传 CSV 或 Excel 文件，说明这些客户在哪里、凭什么同意接收短信。"),
            _("导入文件") if can_run else "",
            reverse("imports.new"),
            "file-import",
        ),
    )
    return answer_with_table(request, "imports/list.html", table)


def _cursor(after: str) -> int | None:
    if not after:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise InvalidInput("request.page")
    return int(after)


@require_safe
@allowed("import.view")
def detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """One import: its progress while it runs, its result afterwards."""
    job = reads.progress(job_id)
    if job.state == ImportState.MAPPING and may(request.user, "import.run"):
        return redirect("imports.columns", job_id)
    query = Query.read(request, columns=REJECTED_COLUMNS)
    table = _rejected_table(job, query) if job.rows_rejected else None
    context: dict[str, Any] = {
        "job": job,
        "kind": IMPORT_KINDS[job.kind],
        "purpose": purposes().get(job.purpose, ""),
        "contract": contract_of(job.contract_id) if job.contract_id else None,
        "steps": steps(),
        "stats": _stats(job),
        "fault": _fault(job),
        "reasons": _reasons(job_id) if job.rows_rejected else [],
        "crumbs": [Crumb(_("导入"), reverse("imports"))],
        "contacts_url": f"{reverse('contacts')}?{urlencode({'tag': job.source})}",
        **_progress(job),
    }
    if table is None:
        return render(request, "imports/detail.html", context)
    return answer_with_table(request, "imports/detail.html", table, context)


def _rejected_table(job: ImportRow, query: Query) -> Table:
    found = reads.rejections(job.id, after_line=_cursor(query.after) or 0, limit=query.per_page + 1)
    rows, more = found[: query.per_page], len(found) > query.per_page
    language = get_language() or ""
    return Table(
        id="rejected",
        columns=REJECTED_COLUMNS,
        query=query,
        listing=Listing(
            [(row, row.reason(language)) for row in rows], next_after=str(rows[-1].line) if more else ""
        ),
        row_template="imports/rejected_row.html",
        empty=Empty(_("没有未导入的行")),
    )


def _stats(job: ImportRow) -> list[Stat]:
    unit = _("行")
    return [
        Stat(_("新增"), num(job.rows_new), unit=unit, tone="good"),
        Stat(_("更新"), num(job.rows_changed), unit=unit, hint=_("只补充文件里写明的内容")),
        Stat(_("没有变化"), num(job.rows_same), unit=unit),
        Stat(
            _("未导入"),
            num(job.rows_rejected),
            unit=unit,
            tone="bad" if job.rows_rejected else "neutral",
            hint=_("每一行都留下了原因") if job.rows_rejected else "",
            url="#rejected" if job.rows_rejected else "",
        ),
    ]


def _reasons(job_id: int) -> list[tuple[str, int]]:
    language = get_language() or ""
    return [
        (in_summary(code, language=language), count) for code, count in reads.rejection_counts(job_id).items()
    ]


def _fault(job: ImportRow) -> str:
    return sentence(InvalidInput(job.fault, **job.fault_params)) if job.fault else ""


def _progress(job: ImportRow) -> dict[str, Any]:
    labels = {
        ImportState.QUEUED: _("排队中，马上开始"),
        ImportState.CHECKING: _("正在通读文件"),
        ImportState.RUNNING: _("正在导入"),
    }
    running = job.is_open and job.state != ImportState.MAPPING
    return {
        "running": running,
        "label": labels.get(ImportState(job.state), ""),
        "poll": reverse("imports.progress", args=[job.id]) if running else "",
        "rejected_so_far": job.rows_rejected,
    }


@require_safe
@allowed("import.view")
def progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """The bar while it runs; when it has ended the page reloads and shows the result."""
    job = reads.progress(job_id)
    answer = render(request, "imports/progress.html", {"job": job, **_progress(job)})
    if not job.is_open:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@allowed("import.run")
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop between two batches; what was taken stays."""
    actions.cancel_import(job_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, _("导入已取消。取消之前写入的行都保留着。"))
    return redirect("imports.detail", job_id)


@require_POST
@allowed("import.run")
def rejected(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """The rows that were refused, to correct and upload again. Holds full numbers, so it is audited and a POST."""
    need_proof(request)
    job = reads.progress(job_id)
    audit.record(
        actor=request.user.get_username(),
        action="import.rejected_downloaded",
        kind="import",
        subject=job_id,
        address=request.META.get("REMOTE_ADDR"),
        rows=job.rows_rejected,
    )
    return stream(
        reads.rejections_csv(job_id, language=get_language() or ""),
        name=f"import-{job_id}-rejected.csv",
        content_type="text/csv; charset=utf-8",
    )
