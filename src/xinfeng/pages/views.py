"""The public's pages: the form, the code, how it ended. Post, redirect, get; every page has an address."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.forms import actions, reads, rendering
from xinfeng.forms.actions import Attempt, Begun, Outcome
from xinfeng.forms.guards import TRAP
from xinfeng.forms.models import SubmissionState
from xinfeng.forms.rendering import Filled
from xinfeng.forms.submissions import Shown, page_token
from xinfeng.forms.words import word
from xinfeng.kernel.time import utc_now
from xinfeng.pages import sending
from xinfeng.pages.answers import address_of, language_of, public, say_plainly, seal, surroundings
from xinfeng.pages.answers import page as answer_page
from xinfeng.pages.sources import PARAMETERS, parameters, source_of

MOST_VALUES = 60


@public
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; sent in, it leads to the code or to the result."""
    found = reads.shown(slug)
    if request.method == "POST":
        return _take(request, found)
    if not found.is_open(utc_now()):
        return _not_open(request, found)
    if request.method == "GET":
        actions.note_view(found.form, now=utc_now())
    return _form(request, found, Filled())


def _form(
    request: HttpRequest, found: Shown, filled: Filled, *, token: str = "", status: int = 200
) -> HttpResponse:
    design, slug = found.design, found.form.slug
    html = rendering.form_page(
        design,
        language_of(request, design),
        surroundings(request, slug, design=design, action=_address("pages.form", request, slug), switch=True),
        token=token or page_token(found, now=utc_now()),
        notices=reads.notice_texts(design),
        filled=filled,
        hidden=parameters({**request.GET.dict(), **{name: request.POST.get(name, "") for name in PARAMETERS}})
        if request.method == "POST"
        else parameters(request.GET.dict()),
    )
    return answer_page(html, design=design, status=status)


def _take(request: HttpRequest, found: Shown) -> HttpResponse:
    now = utc_now()
    if not _from_here(request):
        actions.note_abuse(found.form, "origin", now=now)
        return answer_page(
            say_plainly(request, "refused", slug=found.form.slug, design=found.design), status=403
        )
    posted = request.POST
    where = parameters(posted.dict())
    attempt = Attempt(
        token=posted.get("token", ""),
        given={one.key: posted.getlist(one.key)[:MOST_VALUES] for one in found.design.fields},
        ticked=posted.getlist("agree")[:MOST_VALUES],
        language=language_of(request, found.design),
        trap=posted.get(TRAP, ""),
        source=source_of(where),
        parameters=where,
        address=address_of(request),
    )
    begun = actions.begin_submission(found, attempt, now=now)
    return _next(request, found, begun, attempt)


_SAY = {
    Outcome.FAULTS: "fix",
    Outcome.STALE: "stale",
    Outcome.USED: "used",
    Outcome.TOO_FAST: "too_fast",
}


def _next(request: HttpRequest, found: Shown, begun: Begun, attempt: Attempt) -> HttpResponse:
    outcome = begun.outcome
    if begun.send is not None:
        sending.send(begun.send)
    if outcome in (Outcome.CODE, Outcome.DONE) and begun.public_id is not None:
        name = "pages.code" if outcome is Outcome.CODE else "pages.result"
        return _go(request, name, found, begun.public_id)
    if outcome in _SAY:
        faults = begun.answers.faults if begun.answers else {}
        message = word(_SAY[outcome], attempt.language)
        filled = Filled(attempt.given, attempt.ticked, faults, message)
        token = "" if outcome in (Outcome.STALE, Outcome.USED) else attempt.token
        return _form(request, found, filled, token=token, status=422)
    if outcome is Outcome.NOT_OPEN:
        return _not_open(request, found)
    what, status = ("full", 409) if outcome is Outcome.FULL else ("flooded", 429)
    return answer_page(
        say_plainly(request, what, slug=found.form.slug, design=found.design),
        design=found.design,
        status=status,
    )


def _not_open(request: HttpRequest, found: Shown) -> HttpResponse:
    opens = found.design.opens_at
    soon = found.form.state == "published" and opens is not None and utc_now() < opens
    given = {"at": opens.astimezone()} if soon and opens is not None else {}
    html = say_plainly(
        request, "soon" if soon else "closed", slug=found.form.slug, design=found.design, **given
    )
    return answer_page(html, design=found.design, status=200 if soon else 410)


_CODE_SAYS = {
    Outcome.WRONG: "code_wrong",
    Outcome.EXPIRED: "code_expired",
    Outcome.FLOODED: "flooded",
    Outcome.FULL: "full",
}


@public
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, slug: str, public_id: uuid.UUID) -> HttpResponse:
    """Asking for the code. A submission that does not exist looks like one whose code is always wrong."""
    found = reads.shown(slug)
    if reads.submission_state(public_id, found.form.pk) == SubmissionState.DONE:
        return _go(request, "pages.result", found, public_id)
    if request.method != "POST":
        says = {"sent": "code_again_sent", "wait": "code_wait", "expired": "code_expired", "many": "flooded"}
        said = says.get(request.GET.get("said", ""))
        return _code(request, found, public_id, said or "", good=said == "code_again_sent")
    if not _from_here(request):
        return answer_page(say_plainly(request, "refused", slug=slug, design=found.design), status=403)
    begun = actions.confirm_submission(
        public_id,
        request.POST.get("code", "")[:40],
        address=address_of(request),
        now=utc_now(),
    )
    if begun.outcome is Outcome.DONE:
        return _go(request, "pages.result", found, public_id)
    return _code(request, found, public_id, _CODE_SAYS[begun.outcome], status=422)


def _code(
    request: HttpRequest,
    found: Shown,
    public_id: uuid.UUID,
    says: str,
    *,
    good: bool = False,
    status: int = 200,
) -> HttpResponse:
    design, slug = found.design, found.form.slug
    language = language_of(request, design)
    html = rendering.code_page(
        design,
        language,
        surroundings(request, slug, design=design, action=_address("pages.code", request, slug, public_id)),
        again=_address("pages.again", request, slug, public_id),
        message=word(says, language) if says else "",
        good=good,
    )
    return answer_page(html, design=design, status=status)


@public
@require_POST
def again(request: HttpRequest, slug: str, public_id: uuid.UUID) -> HttpResponse:
    """Another code."""
    found = reads.shown(slug)
    if not _from_here(request):
        return answer_page(say_plainly(request, "refused", slug=slug, design=found.design), status=403)
    begun = actions.send_again(public_id, address=address_of(request), now=utc_now())
    if begun.send is not None:
        sending.send(begun.send)
    if begun.outcome is Outcome.DONE:
        return _go(request, "pages.result", found, public_id)
    said = {Outcome.CODE: "sent", Outcome.WAIT: "wait", Outcome.EXPIRED: "expired"}.get(begun.outcome, "many")
    return _go(request, "pages.code", found, public_id, said=said)


@public
@require_safe
def result(request: HttpRequest, slug: str, public_id: uuid.UUID) -> HttpResponse:
    """How it ended. What does not exist looks like a submission that won nothing."""
    found = reads.shown(slug)
    if reads.submission_state(public_id, found.form.pk) == SubmissionState.AWAITING_CODE:
        return _go(request, "pages.code", found, public_id)
    ended = reads.result_of(public_id, found.form.pk)
    if ended is None:
        nothing = "nothing" if found.design.incentive.prizes else ""
        ended = (found.design, language_of(request, found.design), rendering.Result(None, nothing))
    design, language, how = ended
    html = rendering.result_page(design, language, surroundings(request, slug, design=design), how)
    return answer_page(html, design=found.design)


def _address(
    name: str, request: HttpRequest, slug: str, public_id: uuid.UUID | None = None, **said: str
) -> str:
    """An address that keeps the language, and that the page is in a frame."""
    kept = {
        key: request.GET[key]
        for key in ("lang", "embed")
        if request.GET.get(key, "") in ("en", "zh-hans", "1")
    }
    place = {"slug": slug} if public_id is None else {"slug": slug, "public_id": public_id}
    query = urlencode({**kept, **said})
    return reverse(name, kwargs=place) + (f"?{query}" if query else "")


def _go(request: HttpRequest, name: str, found: Shown, public_id: uuid.UUID, **said: str) -> HttpResponse:
    answer = HttpResponseRedirect(_address(name, request, found.form.slug, public_id, **said))
    answer.status_code = 303
    return seal(answer, found.design)


def _from_here(request: HttpRequest) -> bool:
    """Whether the browser says the page was ours. Older browsers and sandboxed frames say nothing, or `null`."""
    origin = request.headers.get("Origin", "")
    if origin in ("", "null"):
        return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == request.get_host()
