"""The draft as the public will see it, by the very renderer that will write it; for the frame beside the builder."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from xinfeng.console.permissions import allowed
from xinfeng.forms import reads, rendering
from xinfeng.forms.design import Design, say
from xinfeng.forms.design import read as read_design

STEPS = ("form", "code", "result")


@require_safe
@allowed("form.view")
def page(request: HttpRequest, form_id: int) -> HttpResponse:
    """One step of the draft; nothing can be sent from here."""
    design = read_design(reads.form_of(form_id).draft)
    asked = request.GET.get("lang", "")
    language = asked if asked in design.languages else design.language
    answer = HttpResponse(_html(design, language, request.GET.get("step", "form"), form_id))
    answer["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "script-src 'none'",
            "style-src 'self'",
            "form-action 'none'",
            "frame-ancestors 'self'",
            "base-uri 'none'",
        )
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _html(design: Design, language: str, step: str, form_id: int) -> str:
    around = rendering.Surroundings(
        css=reverse("pages.asset", kwargs={"version": "preview", "name": "page.css"}),
        look=f"{reverse('forms.preview_look', args=[form_id])}?c={design.look.colour[1:]}",
        script="",
        preview=True,
    )
    if step == "code":
        return rendering.code_page(design, language, around, again="")
    if step == "result":
        return rendering.result_page(design, language, around, _sample(design, language))
    return rendering.form_page(design, language, around, token="", notices=reads.notice_texts(design))


def _sample(design: Design, language: str) -> rendering.Result:
    agreed = [one.purpose for one in design.boxes[:1]]
    if not design.incentive.prizes:
        return rendering.Result(agreed=agreed)
    first = design.incentive.prizes[0]
    code = f"{first.prefix}7KX2M9QPLT" if first.kind in ("pool", "generated") else ""
    prize = rendering.Prize(
        say(first.name, language), say(first.how, language), code, first.points, design.incentive.lottery
    )
    return rendering.Result(prize, agreed=agreed)


@require_safe
@allowed("form.view")
def look(request: HttpRequest, form_id: int) -> HttpResponse:
    """The draft's colours."""
    design = read_design(reads.form_of(form_id).draft)
    return HttpResponse(rendering.look_css(design), content_type="text/css; charset=utf-8")
